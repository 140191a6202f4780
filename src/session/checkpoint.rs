//! Checkpoints of a training: numbers and state in one file.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::data::Dataset;
use crate::diag::{Diagnostic, codes};
use crate::interop::model_file::{self, ModelFile, Tensor};
use crate::train::{Snapshot, State};

/// What a checkpoint holds beside the snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub snapshot: Snapshot,
    /// Of the data that the training was on.
    pub data: String,
    /// Bytes of the run's events when it was written.
    pub recorded: u64,
}

/// Writes a checkpoint, whose numbers are not copied for it.
pub fn write(path: &Path, checkpoint: Checkpoint) -> Result<(), Diagnostic> {
    let s = checkpoint.snapshot;
    let mut tensors = vec![vector("numbers", s.numbers)];
    tensors.extend((!s.gradients.is_empty()).then(|| vector("gradients", s.gradients)));
    tensors.extend(s.best.map(|v| vector("best", v)));
    tensors.extend(s.average.map(|v| vector("average", v)));
    let metadata = BTreeMap::from([
        ("state".to_string(), serde_json::to_string(&s.state).unwrap_or_default()),
        ("data".to_string(), checkpoint.data),
        ("recorded".to_string(), checkpoint.recorded.to_string()),
    ]);
    model_file::write(path, &ModelFile { tensors, metadata }).map_err(Diagnostic::from)
}

fn vector(name: &str, data: Vec<f32>) -> Tensor {
    Tensor { name: name.into(), shape: vec![data.len()], data }
}

/// The checkpoint at a path; `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Checkpoint>, Diagnostic> {
    if !path.exists() {
        return Ok(None);
    }
    let file = model_file::read(path).map_err(Diagnostic::from)?;
    let unsound =
        || Diagnostic::new(&codes::MODEL_FILE, format!("`{}` is not a checkpoint of this version", path.display()));
    let state: State = file.metadata.get("state").and_then(|s| serde_json::from_str(s).ok()).ok_or_else(unsound)?;
    let numbers = |name: &str| file.tensor(name).map(|t| t.data.clone());
    Ok(Some(Checkpoint {
        snapshot: Snapshot {
            state,
            numbers: numbers("numbers").ok_or_else(unsound)?,
            gradients: numbers("gradients").unwrap_or_default(),
            best: numbers("best"),
            average: numbers("average"),
        },
        data: file.metadata.get("data").cloned().unwrap_or_default(),
        recorded: file.metadata.get("recorded").and_then(|n| n.parse().ok()).unwrap_or(0),
    }))
}

/// A digest of everything that a training reads of its data.
pub fn digest(data: &Dataset) -> String {
    let mut hash = Sha256::new();
    for block in &data.blocks {
        hash.update(block.name.as_bytes());
        add(&mut hash, &block.values);
    }
    for target in &data.targets {
        hash.update(target.name.as_bytes());
        add(&mut hash, &target.values);
    }
    for side in [&data.split.train, &data.split.val, &data.split.test] {
        hash.update((side.len() as u64).to_le_bytes());
        side.iter().for_each(|r| hash.update(r.to_le_bytes()));
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Adds the bits of numbers, many at a time.
fn add(hash: &mut Sha256, numbers: &[f32]) {
    const MANY: usize = 1 << 10;
    let mut bytes = Vec::with_capacity(4 * MANY);
    for some in numbers.chunks(MANY) {
        bytes.clear();
        some.iter().for_each(|x| bytes.extend_from_slice(&x.to_bits().to_le_bytes()));
        hash.update(&bytes);
    }
}
