use std::collections::BTreeMap;

use safetensors::Dtype;
use sha2::{Digest, Sha256};

use super::DIGEST;

/// One tensor as it lies in the file: numbers are little-endian.
pub(super) struct Stored<'a> {
    pub name: &'a str,
    pub dtype: Dtype,
    pub shape: &'a [usize],
    pub bytes: &'a [u8],
}

/// SHA-256, in hexadecimal, over metadata (its own entry aside) and tensors.
///
/// Both are taken in the order of their names and every part is preceded by its length, so that tools which only reorder
/// a file keep its digest, and no two contents look alike.
pub(super) fn digest<'a>(metadata: &BTreeMap<String, String>, tensors: impl Iterator<Item = Stored<'a>>) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for (key, value) in metadata.iter().filter(|(key, _)| *key != DIGEST) {
        part(key.as_bytes());
        part(value.as_bytes());
    }
    part(b"tensors");
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_by_key(|t| t.name);
    for tensor in tensors {
        part(tensor.name.as_bytes());
        part(format!("{} {:?}", tensor.dtype, tensor.shape).as_bytes());
        part(tensor.bytes);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
