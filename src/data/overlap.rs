use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::diag::{Diagnostic, codes};

use super::{DataSpec, RawTable, Role, Schema, Split};

/// Tables in which fewer training rows differ have few possible rows: equal ones mean nothing there.
const MOSTLY_DIFFERENT: f64 = 0.9;

/// Warns of val and test rows that are equal to a training row in every feature and target.
pub fn overlap(spec: &DataSpec, schema: &Schema, table: &RawTable, split: &Split) -> Option<Diagnostic> {
    if split.val.is_empty() && split.test.is_empty() {
        return None;
    }
    let used = schema.columns.iter().filter(|c| matches!(c.role, Role::Feature | Role::Target));
    let columns: Vec<_> = used.filter_map(|c| table.column(&c.name)).collect();
    let digest = |row: &u32| {
        let mut hasher = DefaultHasher::new();
        columns.iter().for_each(|column| column.cell(*row as usize).hash(&mut hasher));
        hasher.finish()
    };
    let train: HashSet<u64> = split.train.iter().map(digest).collect();
    if (train.len() as f64) < MOSTLY_DIFFERENT * split.train.len() as f64 {
        return None;
    }
    let known = |side: &[u32]| side.iter().filter(|row| train.contains(&digest(row))).copied().collect::<Vec<u32>>();
    let (val, test) = (known(&split.val), known(&split.test));
    let first = val.first().or(test.first())?;
    let message = format!(
        "{} of {} val rows and {} of {} test rows are equal to a training row in every feature and target",
        val.len(),
        split.val.len(),
        test.len(),
        split.test.len()
    );
    let span = spec.split.as_ref().map_or(spec.span, |choice| choice.span);
    Some(
        Diagnostic::new(&codes::OVERLAP, message)
            .at(span, format!("the first is row {}", first + 1))
            .help("metrics will be too good: remove the copies, or keep those of one origin together with `group = …`"),
    )
}
