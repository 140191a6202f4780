//! Folds of the training rows, for fits that look at the target.

use crate::engine::random::{Generator, Key};

use super::RawTable;
use super::group::units;
use super::{DataSpec, TargetKind};

pub const FOLDS: u8 = 5;
/// Of a row that is not for training.
pub const NO_FOLD: u8 = u8::MAX;

/// For each row of the table its fold: the training rows in random order, those of one group in one fold, each class
/// spread evenly. It depends on the rows alone, never on the training's seed.
pub fn folds(spec: &DataSpec, table: &RawTable, train: &[u32], target: &[f64], kind: Option<&TargetKind>) -> Vec<u8> {
    let group = spec.split.as_ref().and_then(|s| s.args.text("group")).and_then(|name| table.column(name));
    let mut units = units(train.to_vec(), group.map(|column| &**column));
    Generator::new(Key(0).named("folds")).shuffle(&mut units);
    if let Some(classes) = kind.map(|kind| kind.classes().len()).filter(|n| *n > 0) {
        let of = |row: u32| target.get(row as usize).copied().unwrap_or(f64::NAN);
        units.sort_by_key(|unit| unit.majority(classes, of));
    }
    let mut folds = vec![NO_FOLD; table.rows()];
    for (i, unit) in units.iter().enumerate() {
        for &row in &unit.rows {
            if let Some(fold) = folds.get_mut(row as usize) {
                *fold = (i % usize::from(FOLDS)) as u8;
            }
        }
    }
    folds
}
