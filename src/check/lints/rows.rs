//! The rows of a data item as lints see them.

use std::sync::Arc;

use crate::check::program::DataItem;
use crate::data::{PieceSchema, RawColumn, RawTable, Schema, SplitKind, SplitPlan, TargetKind, is_missing};
use crate::text::Span;

/// So many rows are looked at first; only what holds for them is tried on all.
const SAMPLE: usize = 1000;

pub(in crate::check) struct Rows<'a> {
    pub item: &'a DataItem,
    pub schema: &'a Schema,
    pub table: &'a RawTable,
    /// Rows spread evenly over the table.
    pub sample: Vec<usize>,
    /// A model that trains on it normalises what it reads.
    pub normalised: bool,
}

impl<'a> Rows<'a> {
    /// `None` if the rows are not there, or are too few to say anything.
    pub fn of(item: &'a DataItem, normalised: bool) -> Option<Self> {
        let (schema, table) = (item.schema.as_ref()?, item.table.as_deref()?);
        if table.rows() < 20 {
            return None;
        }
        let step = table.rows().div_ceil(SAMPLE);
        let sample = (0..table.rows()).step_by(step).collect();
        Some(Rows { item, schema, table, sample, normalised })
    }

    /// What the inputs are made of, each column once for each input, with the place to speak of it.
    pub fn pieces(&self) -> impl Iterator<Item = (&'a PieceSchema, &'a Arc<RawColumn>, Span)> {
        let (schema, table, span) = (self.schema, self.table, self.item.span);
        schema
            .inputs
            .iter()
            .flat_map(|i| &i.pieces)
            .filter_map(move |p| Some((p, table.column(&p.column)?, p.span.unwrap_or(span))))
    }

    /// Numbers of a column in some rows, missing and bad cells left out.
    pub fn numbers(&self, column: &RawColumn, rows: &[usize]) -> Vec<f64> {
        rows.iter().filter_map(|r| column.number_at(*r)).collect()
    }

    /// The share of missing cells.
    pub fn missing(&self, column: &RawColumn, rows: impl ExactSizeIterator<Item = usize>) -> f64 {
        let n = rows.len().max(1) as f64;
        rows.filter(|r| is_missing(&column.cell(*r))).count() as f64 / n
    }

    pub fn all(&self) -> std::ops::Range<usize> {
        0..self.table.rows()
    }

    /// The only target, with its column.
    pub fn target(&self) -> Option<(&'a TargetKind, &'a Arc<RawColumn>, Span)> {
        match self.schema.targets.as_slice() {
            [one] if one.columns.len() == 1 => Some((&one.kind, self.table.column(&one.columns[0])?, one.span)),
            _ => None,
        }
    }

    pub fn split(&self) -> Option<(SplitPlan, Span)> {
        let choice = self.item.spec.split.as_ref()?;
        Some((choice.make().ok()?, choice.span))
    }

    /// Rows are assigned to sides by chance.
    pub fn is_split_by_chance(&self) -> Option<(SplitPlan, Span)> {
        self.split().filter(|(plan, _)| matches!(plan.kind, SplitKind::Random | SplitKind::Stratified))
    }
}

/// Mean and deviation.
pub(super) fn moments(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

/// Names of columns that share one entry: `a`, `b` and 3 more.
pub(super) fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(3).map(|n| format!("`{n}`")).collect();
    match names.len().saturating_sub(3) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Findings by the entry they are in, in order.
pub(super) fn by_entry<'a, T>(found: impl IntoIterator<Item = (Span, &'a str, T)>) -> Vec<(Span, Vec<&'a str>, T)> {
    let mut out: Vec<(Span, Vec<&'a str>, T)> = Vec::new();
    for (span, name, what) in found {
        match out.iter_mut().find(|(s, ..)| *s == span) {
            Some((_, names, _)) if !names.contains(&name) => names.push(name),
            Some(_) => {}
            None => out.push((span, vec![name], what)),
        }
    }
    out
}
