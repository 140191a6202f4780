use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use crate::diag::{Diagnostic, codes};
use crate::text::Span;

use super::raw::Levels;
use super::{DataSpec, RawColumn, RawTable, Role, Schema, Split};

/// Tables in which fewer training rows differ have few possible rows: equal ones mean nothing there.
const MOSTLY_DIFFERENT: f64 = 0.9;

/// Warns of groups that have rows on two sides.
pub fn groups(column: &RawColumn, split: &Split, span: Span) -> Option<Diagnostic> {
    let levels = column.levels();
    let of = |rows: &[u32]| -> HashSet<u32> {
        let codes = rows.iter().filter_map(|row| levels.codes.get(*row as usize).copied());
        codes.filter(|code| *code != Levels::MISSING).collect()
    };
    let train = of(&split.train);
    let shared: Vec<u32> = of(&split.val).union(&of(&split.test)).filter(|c| train.contains(c)).copied().collect();
    let first = shared.iter().min().and_then(|code| levels.names.get(*code as usize))?;
    let message = format!("{} values of `{}` have rows for training and on another side", shared.len(), column.name);
    Some(
        Diagnostic::new(&codes::OVERLAP, message)
            .at(span, format!("the first is `{first}`"))
            .help("metrics will be too good: keep all rows of one origin in one file"),
    )
}

/// Warns of val and test rows that are equal to a training row in every feature and target.
pub fn overlap(spec: &DataSpec, schema: &Schema, table: &RawTable, split: &Split) -> Option<Diagnostic> {
    if split.val.is_empty() && split.test.is_empty() {
        return None;
    }
    let used = schema.columns.iter().filter(|c| matches!(c.role, Role::Feature | Role::Target));
    let columns: Vec<_> = used.filter_map(|c| table.column(&c.name)).collect();
    let digest = |row: &u32| {
        let mut hasher = DefaultHasher::new();
        columns.iter().for_each(|column| column.hash_cell(*row as usize, &mut hasher));
        hasher.finish()
    };
    let train: HashSet<u64> = split.train.iter().map(digest).collect();
    if (train.len() as f64) < MOSTLY_DIFFERENT * split.train.len() as f64 {
        return None;
    }
    let known = |side: &[u32]| side.iter().filter(|row| train.contains(&digest(row))).copied().collect::<Vec<u32>>();
    let (val, test) = (known(&split.val), known(&split.test));
    let first = val.first().or(test.first())?;
    let sides = [(val.len(), split.val.len(), "val"), (test.len(), split.test.len(), "test")];
    let found = sides.iter().filter(|(copies, ..)| *copies > 0);
    let found: Vec<String> = found.map(|(copies, all, side)| format!("{copies} of {all} {side} rows")).collect();
    let is = if val.len() + test.len() == 1 { "is" } else { "are" };
    let message = format!("{} {is} equal to a training row in every feature and target", found.join(" and "));
    let span = spec.split.as_ref().map_or(spec.span, |choice| choice.span);
    Some(
        Diagnostic::new(&codes::OVERLAP, message)
            .at(span, format!("the first is row {}", first + 1))
            .help("metrics will be too good: remove the copies, or keep those of one origin together with `group = …`"),
    )
}
