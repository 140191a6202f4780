//! Why a row was predicted as it was: each column replaced by what the training rows usually have in it.

use crate::data::{Block, Fitted, RawTable, Usual, UsualColumn};
use crate::diag::Diagnostic;
use crate::metrics::Task;
use crate::plan::Answer;
use crate::train::event::Reason;
use crate::train::{Answers, task_of};

use super::closer_look::cell;

/// The rows whose predictions are explained.
pub(super) struct Inputs<'a> {
    pub fitted: &'a Fitted,
    pub usual: &'a Usual,
    pub table: &'a RawTable,
    pub blocks: &'a [Block],
}

/// The `count` columns of each row that move its prediction most, with `again` answering for changed inputs.
///
/// The change is in the probability of yes, in that of the class that was decided, or in the target's units; where
/// several cells stand for a column, against the mean over them. Columns that change nothing are no reasons, so that a
/// row may have fewer.
pub(super) fn reasons<E: From<Diagnostic>>(
    of: &Inputs<'_>,
    answers: &[Answer],
    base: &Answers,
    count: usize,
    mut again: impl FnMut(&[Block]) -> Result<Answers, E>,
) -> Result<Vec<Vec<Reason>>, E> {
    let mut found: Vec<Vec<Reason>> = vec![Vec::new(); of.table.rows()];
    let scored = answers.iter().position(|a| a.target.is_some()).unwrap_or(0);
    let (Some(answer), Some(before)) = (answers.get(scored), base.values.get(scored)) else { return Ok(found) };
    for usual in &of.usual.columns {
        let after = without(of, usual, before.len(), |blocks| {
            Ok::<_, E>(again(blocks)?.values.into_iter().nth(scored).unwrap_or_default())
        })?;
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
            let value = shown(of.table, &usual.column, row as u32);
            reasons.insert(place, Reason { column: usual.column.clone(), value, change });
            reasons.truncate(count);
        }
    }
    Ok(found)
}

/// The answers with the usual cells of a column in every row: their mean.
fn without<E: From<Diagnostic>>(
    of: &Inputs<'_>,
    usual: &UsualColumn,
    values: usize,
    mut again: impl FnMut(&[Block]) -> Result<Vec<f64>, E>,
) -> Result<Vec<f64>, E> {
    let beside = of.fitted.read_with(&usual.column);
    let mut changed = of.blocks.to_vec();
    let mut sum = vec![0.0; values];
    for cell in &usual.cells {
        of.fitted.refill(&mut changed, &usual.column, &usual.table(cell, of.table, &beside))?;
        sum.iter_mut().zip(again(&changed)?).for_each(|(sum, x)| *sum += x);
    }
    sum.iter_mut().for_each(|sum| *sum /= usual.cells.len() as f64);
    Ok(sum)
}

/// The cell of a row; empty if it is missing.
fn shown(table: &RawTable, name: &str, row: u32) -> String {
    let of = |column: &crate::data::RawColumn| match crate::data::is_missing(&column.cell(row as usize)) {
        true => String::new(),
        false => cell(column, row),
    };
    table.column(name).map_or(String::new(), |column| of(column))
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
