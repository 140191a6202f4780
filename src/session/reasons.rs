//! Why a row was predicted as it was: each column replaced by what the training rows usually have in it.

use crate::data::{Block, Dataset, Decode, Fitted, Levels, RawColumn, RawTable};
use crate::diag::{Diagnostic, Problems, codes};
use crate::metrics::Task;
use crate::plan::Answer;
use crate::train::event::Reason;
use crate::train::{Answers, task_of};

use super::closer_look::{cell, columns, move_column};

/// What the training rows usually have in each column: the median of numbers and times, the commonest level of others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Typical {
    /// Column and cell, as a file would have it; an empty cell where no training row has one.
    cells: Vec<(String, String)>,
}

/// The rows whose predictions are explained.
pub(super) struct Inputs<'a> {
    pub fitted: &'a Fitted,
    pub typical: &'a Typical,
    pub table: &'a RawTable,
    pub blocks: &'a [Block],
}

impl Typical {
    pub fn of(data: &Dataset) -> Typical {
        let mut cells: Vec<(String, String)> = Vec::new();
        for piece in data.fitted.inputs.iter().flat_map(|i| &i.pieces) {
            for name in piece.reads() {
                let known = cells.iter().any(|(n, _)| n == name);
                let Some(column) = data.table.column(name).filter(|_| !known) else { continue };
                let cell = match &piece.decode {
                    Decode::Number => median(column, &data.split.train),
                    Decode::Time { .. } => middle(data, column),
                    Decode::Level | Decode::Binary { .. } | Decode::Cross { .. } => {
                        commonest(column, &data.split.train)
                    }
                };
                cells.push((name.to_string(), cell));
            }
        }
        Typical { cells }
    }

    /// The inputs of one row that is usual in every column.
    fn blocks(&self, fitted: &Fitted) -> Result<Vec<Block>, Diagnostic> {
        let table = RawTable::new(self.cells.iter().map(|(n, c)| RawColumn::texts(n.clone(), [c.as_str()])).collect());
        let mut problems = Problems::default();
        match fitted.bind(&table, &mut problems) {
            Some(bound) => Ok(bound.blocks(&[0]).0),
            None => Err(problems.sorted().into_iter().next().unwrap_or_else(|| {
                Diagnostic::new(&codes::MODEL_FILE, "what the training rows usually have can't be read")
            })),
        }
    }
}

fn median(column: &RawColumn, rows: &[u32]) -> String {
    let all = &column.numbers().values;
    let mut known: Vec<f64> =
        rows.iter().filter_map(|&r| all.get(r as usize).copied()).filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let half = known.len() / 2;
    match (known.get(half), half.checked_sub(1).and_then(|i| known.get(i))) {
        (Some(above), Some(below)) if known.len().is_multiple_of(2) => (below + (above - below) / 2.0).to_string(),
        (Some(middle), _) => middle.to_string(),
        (None, _) => String::new(),
    }
}

/// The cell of the row whose moment is in the middle.
fn middle(data: &Dataset, column: &RawColumn) -> String {
    let Some(moments) = data.raw_number(&column.name) else { return String::new() };
    let moment = |row: u32| moments.get(row as usize).copied().unwrap_or(f64::NAN);
    let mut known: Vec<u32> = data.split.train.iter().copied().filter(|&r| !moment(r).is_nan()).collect();
    known.sort_by(|a, b| moment(*a).total_cmp(&moment(*b)));
    known.get(known.len() / 2).map_or(String::new(), |&row| column.cell(row as usize).into_owned())
}

fn commonest(column: &RawColumn, rows: &[u32]) -> String {
    let levels = column.levels();
    let mut counts = vec![0u64; levels.names.len()];
    for &row in rows {
        match levels.codes.get(row as usize) {
            Some(&code) if code != Levels::MISSING => counts[code as usize] += 1,
            _ => {}
        }
    }
    let best = counts.iter().enumerate().fold(0, |best, (i, n)| if *n > counts[best] { i } else { best });
    levels.names.get(best).map_or(String::new(), |name| name.to_string())
}

/// The `count` columns of each row that move its prediction most, with `again` answering for changed inputs.
///
/// The change is in the probability of yes, in that of the class that was decided, or in the target's units. Columns
/// that change nothing are no reasons, so that a row may have fewer.
pub(super) fn reasons<E: From<Diagnostic>>(
    of: &Inputs<'_>,
    answers: &[Answer],
    base: &Answers,
    count: usize,
    mut again: impl FnMut(&[Block]) -> Result<Answers, E>,
) -> Result<Vec<Vec<Reason>>, E> {
    let rows = of.table.rows();
    let mut found: Vec<Vec<Reason>> = vec![Vec::new(); rows];
    let scored = answers.iter().position(|a| a.target.is_some()).unwrap_or(0);
    let (Some(answer), Some(before)) = (answers.get(scored), base.values.get(scored)) else { return Ok(found) };
    let usual = of.typical.blocks(of.fitted)?;
    let mut changed = of.blocks.to_vec();
    for name in columns(of.blocks) {
        move_column(&usual, &mut changed, &name, |_| 0);
        let after = again(&changed)?;
        move_column(of.blocks, &mut changed, &name, |row| row);
        let Some(after) = after.values.get(scored) else { continue };
        for (row, reasons) in found.iter_mut().enumerate() {
            let own = row * answer.width..(row + 1) * answer.width;
            let (Some(before), Some(after)) = (before.get(own.clone()), after.get(own)) else { continue };
            let change = change(answer, before, after);
            if change == 0.0 || !change.is_finite() {
                continue;
            }
            let place = reasons.partition_point(|r| r.change.abs() >= change.abs());
            if place >= count {
                continue;
            }
            let value = shown(of, &name, row as u32);
            reasons.insert(place, Reason { column: name.clone(), value, change });
            reasons.truncate(count);
        }
    }
    Ok(found)
}

/// The cell of a row, or the cells that a crossed column is made of; empty if it is missing.
fn shown(of: &Inputs<'_>, name: &str, row: u32) -> String {
    let piece = of.fitted.inputs.iter().flat_map(|i| &i.pieces).find(|p| p.column == name);
    let columns = piece.iter().flat_map(|p| p.reads()).filter_map(|name| of.table.column(name));
    let cells =
        columns.map(|c| if crate::data::is_missing(&c.cell(row as usize)) { String::new() } else { cell(c, row) });
    let cells: Vec<String> = cells.collect();
    if cells.iter().any(String::is_empty) { String::new() } else { cells.join(" × ") }
}

/// How much of what was said of a row is due to a column.
fn change(answer: &Answer, before: &[f64], after: &[f64]) -> f64 {
    let at = match task_of(answer) {
        Task::Classes => before.iter().enumerate().fold(0, |b, (i, x)| if *x > before[b] { i } else { b }),
        _ => 0,
    };
    match (before.get(at), after.get(at)) {
        (Some(before), Some(after)) => before - after,
        _ => 0.0,
    }
}
