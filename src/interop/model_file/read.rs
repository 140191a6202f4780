use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Metadata, TensorInfo};

use crate::interop::{FaultKind, FileFault};

use super::digest::{Stored, digest};
use super::numbers::to_f32;
use super::{DIGEST, ModelFile, Tensor, VERSION};

/// The limit that safetensors itself sets, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// Reads a model file; numbers of any float or integer type come as f32.
///
/// Memory is bounded by a small multiple of the file's size, whatever its header says.
///
/// # Errors
/// Each a kind of its own: unreadable, not a safetensors file, cut short, damaged (the digest, if the file has one, does
/// not fit), or with numbers that are not f32's.
pub fn read(path: &Path) -> Result<ModelFile, FileFault> {
    let fault = |kind| FileFault::new(path, kind);
    let info = fs::metadata(path).map_err(|e| FileFault::reading(path, &e))?;
    if info.is_dir() {
        return Err(fault(FaultKind::IsFolder));
    }
    if !info.is_file() {
        return Err(fault(FaultKind::NotAFile));
    }
    let bytes = fs::read(path).map_err(|e| FileFault::reading(path, &e))?;
    from_bytes(&bytes).map_err(fault)
}

/// As [`read`], from the contents of a file.
pub fn from_bytes(bytes: &[u8]) -> Result<ModelFile, FaultKind> {
    let (header, data) = split(bytes)?;
    let metadata: Metadata =
        serde_json::from_slice(header).map_err(|e| FaultKind::NotSafetensors(format!("its header is wrong: {e}")))?;
    check_length(bytes.len(), header.len(), metadata.data_len())?;
    let infos = in_file_order(&metadata)?;
    let mut texts: BTreeMap<String, String> =
        metadata.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    check_digest(&texts, &infos, data)?;
    texts.retain(|key, _| key != DIGEST && key != VERSION);
    let tensors = infos.iter().map(|(name, info)| tensor(name, info, data)).collect::<Result<_, _>>()?;
    Ok(ModelFile { tensors, metadata: texts })
}

/// Header and data, from the header's length in the first eight bytes.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), FaultKind> {
    let found = bytes.len() as u64;
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(FaultKind::CutShort { found, expected: 10 });
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER || rest.first().is_some_and(|&b| b != b'{') {
        return Err(FaultKind::NotSafetensors("it does not begin with a header".into()));
    }
    rest.split_at_checked(length as usize).ok_or(FaultKind::CutShort { found, expected: 8 + length })
}

fn check_length(found: usize, header: usize, data: usize) -> Result<(), FaultKind> {
    let expected = 8 + header as u64 + data as u64;
    match (found as u64).cmp(&expected) {
        std::cmp::Ordering::Less => Err(FaultKind::CutShort { found: found as u64, expected }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => {
            Err(FaultKind::Damaged(format!("there are {} bytes too many", found as u64 - expected)))
        }
    }
}

/// By offset, then name: empty tensors share an offset.
fn in_file_order(metadata: &Metadata) -> Result<Vec<(String, TensorInfo)>, FaultKind> {
    let infos = metadata.offset_keys().into_iter().map(|name| {
        let info = metadata.info(&name).cloned();
        info.map(|info| (name, info)).ok_or_else(|| FaultKind::NotSafetensors("its header is wrong".into()))
    });
    let mut infos = infos.collect::<Result<Vec<_>, _>>()?;
    infos.sort_by(|(a_name, a), (b_name, b)| a.data_offsets.cmp(&b.data_offsets).then(a_name.cmp(b_name)));
    Ok(infos)
}

fn check_digest(
    texts: &BTreeMap<String, String>,
    infos: &[(String, TensorInfo)],
    data: &[u8],
) -> Result<(), FaultKind> {
    let (version, stored) = match (texts.get(VERSION), texts.get(DIGEST)) {
        (None, None) => return Ok(()),
        (Some(version), Some(stored)) => (version, stored),
        _ => return Err(FaultKind::Damaged(format!("`{VERSION}` or `{DIGEST}` is missing from its metadata"))),
    };
    let tensors = infos.iter().map(|(name, info)| Stored {
        name,
        dtype: info.dtype,
        shape: &info.shape,
        bytes: bytes_of(info, data),
    });
    if digest(texts, tensors) != *stored {
        return Err(FaultKind::Damaged("its contents do not fit its digest".into()));
    }
    if version != "1" {
        return Err(FaultKind::Unusable(format!("it follows version {version} of the rules for model files, not 1")));
    }
    Ok(())
}

fn bytes_of<'a>(info: &TensorInfo, data: &'a [u8]) -> &'a [u8] {
    let (start, end) = info.data_offsets;
    data.get(start..end).unwrap_or_default()
}

fn tensor(name: &str, info: &TensorInfo, data: &[u8]) -> Result<Tensor, FaultKind> {
    let numbers = to_f32(info.dtype, bytes_of(info, data));
    let data = numbers.map_err(|why| FaultKind::Unusable(format!("tensor `{name}` {why}")))?;
    Ok(Tensor { name: name.to_string(), shape: info.shape.clone(), data })
}
