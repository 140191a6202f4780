//! Columns made of several: `cross(a, b)`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};
use crate::text::Span;

use super::raw::{Levels, sort_levels};
use super::schema::unknown_column;
use super::{ColumnSelector, DataSpec, RawColumn, RawTable};

/// Between the levels that a crossed level is made of.
const BETWEEN: &str = " × ";

/// What a crossed column is called: `a_x_b`.
pub fn crossed_name(columns: &[String]) -> String {
    columns.join("_x_")
}

/// The levels of each row side by side; a row that lacks one of them lacks the crossed one.
pub fn crossed_levels(columns: &[&RawColumn]) -> Levels {
    let levels: Vec<&Levels> = columns.iter().map(|c| c.levels()).collect();
    let rows = levels.iter().map(|l| l.codes.len()).min().unwrap_or(0);
    let mut seen: HashMap<Vec<u32>, u32> = HashMap::new();
    let (mut codes, mut missing) = (Vec::with_capacity(rows), 0);
    let mut of_row = Vec::new();
    for row in 0..rows {
        of_row.clear();
        of_row.extend(levels.iter().map(|l| l.codes[row]));
        codes.push(match seen.get(&of_row) {
            _ if of_row.contains(&Levels::MISSING) => {
                missing += 1;
                Levels::MISSING
            }
            Some(&code) => code,
            None => {
                let code = seen.len() as u32;
                seen.insert(of_row.clone(), code);
                code
            }
        });
    }
    let name = |of: &[u32]| {
        let parts = of.iter().zip(&levels).map(|(code, levels)| spelled(&levels.names[*code as usize]));
        parts.collect::<Vec<_>>().join(BETWEEN)
    };
    let mut names: Vec<(Arc<str>, u32)> = seen.iter().map(|(of, code)| (name(of).into(), *code)).collect();
    sort_levels(&mut names, |n| &n.0);
    let mut rank = vec![0; names.len()];
    names.iter().enumerate().for_each(|(new, (_, old))| rank[*old as usize] = new as u32);
    codes.iter_mut().filter(|c| **c != Levels::MISSING).for_each(|c| *c = rank[*c as usize]);
    Levels { names: names.into_iter().map(|n| n.0).collect(), codes, missing }
}

/// In quotes where it could be taken for two.
fn spelled(level: &str) -> String {
    if level.contains('×') { format!("{level:?}") } else { level.to_owned() }
}

/// The table with the columns that the program's `cross(…)` entries make of it.
pub fn with_crosses(spec: &DataSpec, table: &RawTable, problems: &mut Problems) -> RawTable {
    let entries = spec.columns.iter().chain(spec.inputs.iter().flat_map(|input| &input.columns));
    let mut table = table.clone();
    for selector in entries.flat_map(|entry| &entry.columns) {
        let ColumnSelector::Cross(columns, span) = selector else { continue };
        let name = crossed_name(columns);
        match table.column(&name) {
            Some(column) if column.crossed() == Some(columns.as_slice()) => {}
            Some(_) => problems.push(taken(&name, *span)),
            None => {
                if let Some(column) = crossed(name, columns, *span, &table, problems) {
                    table = table.with(column);
                }
            }
        }
    }
    table
}

fn crossed(
    name: String,
    columns: &[String],
    span: Span,
    table: &RawTable,
    problems: &mut Problems,
) -> Option<RawColumn> {
    let found: Vec<&RawColumn> = columns.iter().filter_map(|c| table.column(c).map(|c| &**c)).collect();
    if found.len() == columns.len() {
        return Some(RawColumn::crossed_of(name, columns.to_vec(), crossed_levels(&found)));
    }
    for missing in columns.iter().filter(|c| table.column(c).is_none()) {
        problems.push(unknown_column(missing, span, table));
    }
    None
}

fn taken(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&codes::DUPLICATE, format!("the data has a column `{name}` already"))
        .at(span, "the crossed column would be called so")
        .help("rename that column in the file")
}
