use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use serde_json::{Map, Value};

use crate::interop::{FaultKind, FileFault, atomic_write_with};

use super::digest::{Stored, digest};
use super::{DIGEST, ModelFile, Tensor, VERSION};

/// The type of the numbers in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    #[default]
    F32,
    F64,
}

/// Writes a model file in f32, all of it or nothing. The same model gives the same bytes.
///
/// # Errors
/// What [`atomic_write_with`] reports, and tensors that contradict themselves: a name twice, a shape of another size.
pub fn write(path: &Path, model: &ModelFile) -> Result<(), FileFault> {
    write_as(path, model, Precision::F32)
}

/// As [`write()`], with a choice of precision.
pub fn write_as(path: &Path, model: &ModelFile, precision: Precision) -> Result<(), FileFault> {
    let layout = Layout::new(model, precision).map_err(|kind| FileFault::new(path, kind))?;
    atomic_write_with(path, |out| layout.write(out))
}

/// The bytes that [`write()`] writes.
///
/// # Errors
/// Tensors that contradict themselves.
pub fn to_bytes(model: &ModelFile, precision: Precision) -> Result<Vec<u8>, FaultKind> {
    let mut bytes = Vec::new();
    let layout = Layout::new(model, precision)?;
    layout.write(&mut bytes).map_err(|e| FaultKind::Unwritable(e.to_string()))?;
    Ok(bytes)
}

/// The header, padded, and the tensors' bytes in order.
struct Layout {
    header: Vec<u8>,
    tensors: Vec<Vec<u8>>,
}

impl Layout {
    fn new(model: &ModelFile, precision: Precision) -> Result<Self, FaultKind> {
        check(&model.tensors)?;
        let dtype = match precision {
            Precision::F32 => Dtype::F32,
            Precision::F64 => Dtype::F64,
        };
        let tensors: Vec<Vec<u8>> = model.tensors.iter().map(|t| bytes_of(&t.data, precision)).collect();
        let mut metadata = model.metadata.clone();
        metadata.insert(VERSION.into(), "1".into());
        let stored = model.tensors.iter().zip(&tensors);
        let stored = stored.map(|(t, bytes)| Stored { name: &t.name, dtype, shape: &t.shape, bytes });
        metadata.insert(DIGEST.into(), digest(&metadata, stored));
        let header = header(&metadata, &model.tensors, dtype).map_err(|e| FaultKind::Invalid(e.to_string()))?;
        Ok(Layout { header, tensors })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&(self.header.len() as u64).to_le_bytes())?;
        out.write_all(&self.header)?;
        self.tensors.iter().try_for_each(|bytes| out.write_all(bytes))
    }
}

fn check(tensors: &[Tensor]) -> Result<(), FaultKind> {
    let mut names = BTreeSet::from(["__metadata__"]);
    for tensor in tensors {
        if !names.insert(&tensor.name) {
            return Err(FaultKind::Invalid(format!("two tensors would be called `{}`", tensor.name)));
        }
        let size = tensor.shape.iter().try_fold(1usize, |n, &extent| n.checked_mul(extent));
        if size != Some(tensor.data.len()) {
            let (name, shape, n) = (&tensor.name, &tensor.shape, tensor.data.len());
            return Err(FaultKind::Invalid(format!("`{name}` of shape {shape:?} has {n} numbers")));
        }
    }
    Ok(())
}

fn bytes_of(data: &[f32], precision: Precision) -> Vec<u8> {
    match precision {
        Precision::F32 => data.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Precision::F64 => data.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect(),
    }
}

/// The crate's own writer keeps the metadata in a hash map, whose order changes from run to run; this one is sorted.
fn header(metadata: &BTreeMap<String, String>, tensors: &[Tensor], dtype: Dtype) -> serde_json::Result<Vec<u8>> {
    let mut entries = Map::new();
    entries.insert("__metadata__".into(), serde_json::to_value(metadata)?);
    let mut end = 0;
    for tensor in tensors {
        let start = end;
        end += tensor.data.len() * dtype.bitsize() / 8;
        let info = TensorInfo { dtype, shape: tensor.shape.clone(), data_offsets: (start, end) };
        entries.insert(tensor.name.clone(), serde_json::to_value(info)?);
    }
    let mut header = serde_json::to_vec(&Value::Object(entries))?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}
