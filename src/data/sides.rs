//! One table from a source for each side of a split.

use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};

use super::raw::ColumnBuilder;
use super::{RawColumn, RawTable, SourceSpec, read};

/// Reads the sources of train, val and test one behind the other, by the names of the columns of the first. A column
/// that another lacks is an error; further ones are left out, which a note says.
pub fn read_sides(sides: &[Option<SourceSpec>; 3], problems: &mut Problems) -> Option<RawTable> {
    let mut tables = Vec::new();
    for side in sides {
        tables.push(match side {
            Some(source) => Some((source, read(source, problems)?)),
            None => None,
        });
    }
    let present: Vec<&(&SourceSpec, RawTable)> = tables.iter().flatten().collect();
    let (first, others) = present.split_first()?;
    let before = problems.len();
    for other in others {
        compare(first, other, problems);
    }
    if problems.iter().skip(before).any(|d| d.severity == crate::diag::Severity::Error) {
        return None;
    }
    let column = |of: &Arc<RawColumn>| {
        let parts: Vec<&RawColumn> =
            present.iter().filter_map(|(_, table)| table.column(&of.name).map(|c| &**c)).collect();
        joined(&of.name, &parts)
    };
    let columns = first.1.columns().iter().map(column).collect::<Option<Vec<_>>>();
    let Some(columns) = columns else {
        problems.push(Diagnostic::new(&codes::RESOURCE, "the sides of the split are too large for one table"));
        return None;
    };
    let rows = [0, 1, 2].map(|i: usize| tables[i].as_ref().map_or(0, |(_, table)| table.rows()));
    Some(RawTable::new(columns).on_sides(rows))
}

fn compare(first: &(&SourceSpec, RawTable), other: &(&SourceSpec, RawTable), problems: &mut Problems) {
    let (here, there) = (other.0.shown(), first.0.shown());
    let lacks = |a: &RawTable, b: &RawTable| -> Vec<String> {
        a.names().filter(|name| b.column(name).is_none()).map(|name| format!("`{name}`")).collect()
    };
    let at = |diagnostic: Diagnostic, label: &str| match other.0.span() {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic.help(label),
    };
    let missing = lacks(&first.1, &other.1);
    if !missing.is_empty() {
        let message = format!("{here} lacks columns that {there} has: {}", missing.join(", "));
        problems.push(at(Diagnostic::new(&codes::UNKNOWN_COLUMN, message), "every side needs the same columns"));
    }
    let further = lacks(&other.1, &first.1);
    if !further.is_empty() {
        let message = format!("columns of {here} are left out, since {there} lacks them: {}", further.join(", "));
        problems.push(at(Diagnostic::new(&codes::INFERRED, message), "the first side decides"));
    }
}

/// The cells of several columns one behind the other; `None` if they are more than a column can hold.
fn joined(name: &str, parts: &[&RawColumn]) -> Option<RawColumn> {
    let mut builder = ColumnBuilder::new(name);
    for part in parts {
        if !(0..part.len()).all(|row| builder.push(&part.cell(row))) {
            return None;
        }
    }
    let decimal = parts.first().map_or(b'.', |p| p.decimal());
    let column = builder.finish(decimal);
    // Sides may write their numbers in different ways.
    Some(if parts.iter().all(|p| p.decimal() == decimal) { column } else { column.with_numbers_of(parts) })
}
