//! Model files and checkpoints: one safetensors file, its metadata, and a digest over both.
//!
//! The layout is safetensors' own (<https://github.com/huggingface/safetensors#format>), so any of its readers opens the
//! weights. Two metadata entries are ours: `nnrun.file`, the version of these rules, and `nnrun.digest`. A file with
//! either must have both; files from elsewhere have neither and are read without a check of their contents.

mod digest;
mod numbers;
mod read;
mod write;

use std::collections::BTreeMap;

pub use read::{from_bytes, read};
pub use write::{Precision, to_bytes, write, write_as};

const DIGEST: &str = "nnrun.digest";
const VERSION: &str = "nnrun.file";

/// A named array. `data` is in row-major order and has as many numbers as `shape` says (one for an empty shape).
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The parameter's path, such as `classifier.0.weight`.
    pub name: String,
    /// As PyTorch stores it: a Linear's weight is `[out_features, in_features]`.
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

/// What one file holds: tensors in the order of the file, and texts by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelFile {
    pub tensors: Vec<Tensor>,
    /// Without the entries that the file format itself adds.
    pub metadata: BTreeMap<String, String>,
}

impl ModelFile {
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|t| t.name == name)
    }
}

#[cfg(test)]
mod tests;
