//! Predictions as a table: ids, then probabilities and decisions, or values in their units.

use crate::data::{self, Fitted, FittedTarget, RawTable};
use crate::metrics::Task;
use crate::plan::Answer;
use crate::text::shortest::push_shortest;
use crate::train::event::{Cell, Reason};
use crate::train::scoring::classes_of;
use crate::train::{Answers, Decisions, task_of};

/// Predictions for some rows, column by column.
pub(super) struct Predicted {
    rows: usize,
    columns: Vec<(String, Column)>,
    /// For each row, or none at all.
    pub(super) reasons: Vec<Vec<Reason>>,
    /// How many columns of a file they are.
    reason_columns: usize,
}

enum Column {
    Texts(Vec<String>),
    Numbers(Vec<f64>),
    /// Which of a few words.
    Words {
        words: Vec<String>,
        of: Vec<usize>,
    },
    Yes(Vec<bool>),
}

/// What the model answered for the rows of a table.
pub(super) fn predicted(
    fitted: &Fitted,
    table: &RawTable,
    answers: &[Answer],
    values: &Answers,
    decisions: &Decisions,
) -> Predicted {
    let rows: Vec<u32> = (0..values.rows as u32).collect();
    let ids = data::ids(table, fitted, &rows).into_iter();
    let mut columns: Vec<(String, Column)> = ids.map(|(name, ids)| (name, Column::Texts(ids))).collect();
    for (answer, numbers) in answers.iter().zip(&values.values) {
        let target = answer.target.as_ref().and_then(|t| fitted.target(t));
        let prefix = if answers.len() > 1 { format!("{}_", answer.name) } else { String::new() };
        one_answer(answer, numbers, target, &prefix, decisions.threshold(answer), &mut columns);
    }
    Predicted { rows: rows.len(), columns, reasons: vec![], reason_columns: 0 }
}

fn one_answer(
    answer: &Answer,
    numbers: &[f64],
    target: Option<&FittedTarget>,
    prefix: &str,
    threshold: f64,
    columns: &mut Vec<(String, Column)>,
) {
    let width = answer.width;
    let of = |i: usize| numbers.iter().skip(i).step_by(width.max(1)).copied();
    let classes = |column: usize| target.map_or(Vec::new(), |t| classes_of(&t.kind, column));
    match task_of(answer) {
        Task::Binary => {
            for column in 0..width {
                let end = match width {
                    1 => String::new(),
                    _ => format!("_{}", part_name(target, column)),
                };
                let yes = of(column).map(|p| p >= threshold);
                let words = classes(column);
                let decision = match words.len() {
                    0 | 1 => Column::Yes(yes.collect()),
                    _ => Column::Words { words, of: yes.map(usize::from).collect() },
                };
                columns.push((format!("{prefix}prob{end}"), Column::Numbers(of(column).collect())));
                columns.push((format!("{prefix}decision{end}"), decision));
            }
        }
        Task::Classes => {
            let classes = classes(0);
            let name = |i: usize| classes.get(i).cloned().unwrap_or_else(|| i.to_string());
            let words: Vec<String> = (0..width).map(name).collect();
            for (i, word) in words.iter().enumerate() {
                columns.push((format!("{prefix}prob_{word}"), Column::Numbers(of(i).collect())));
            }
            let best = |p: &[f64]| p.iter().enumerate().fold(0, |b, (i, x)| if *x > p[b] { i } else { b });
            let of = numbers.chunks_exact(width.max(1)).map(best).collect();
            columns.push((format!("{prefix}decision"), Column::Words { words, of }));
        }
        Task::Regression => {
            // A result among several goes by its own name.
            let name = match (prefix.is_empty(), target) {
                (true, Some(t)) => t.name.as_str(),
                _ => &*answer.name,
            };
            for i in 0..width {
                let name = match (width, target.is_some()) {
                    (1, _) => name.to_string(),
                    (_, true) => format!("{prefix}{}", part_name(target, i)),
                    (_, false) => format!("{name}_{i}"),
                };
                columns.push((name, Column::Numbers(of(i).collect())));
            }
        }
    }
}

/// The name of one column of a target of several.
fn part_name(target: Option<&FittedTarget>, column: usize) -> String {
    target.and_then(|t| t.columns.get(column)).cloned().unwrap_or_else(|| column.to_string())
}

impl Predicted {
    /// Gives each row its reasons, of which a file has `columns`.
    pub(super) fn explain(&mut self, reasons: Vec<Vec<Reason>>, columns: usize) {
        (self.reasons, self.reason_columns) = (reasons, columns);
    }

    /// The names of the columns, and the cells row by row.
    pub(super) fn cells(self) -> (Vec<String>, Vec<Vec<Cell>>) {
        let row = |row: usize| self.columns.iter().map(|(_, column)| column.cell(row)).collect();
        let rows = (0..self.rows).map(row).collect();
        (self.columns.into_iter().map(|(name, _)| name).collect(), rows)
    }

    /// One line a row, in order, below the names; numbers as short as they can be without losing a bit of what the
    /// model gave.
    pub(super) fn csv(&self) -> String {
        let mut out = String::new();
        self.push_csv(true, &mut out);
        out
    }

    /// Appends the same to a text, with the names if `head`.
    pub(super) fn push_csv(&self, head: bool, out: &mut String) {
        let reasons = self.reason_columns;
        if head {
            let names = self.columns.iter().map(|(name, _)| name.clone());
            let names = names.chain((1..=reasons).map(|i| format!("reason_{i}")));
            push_record(out, names, |out, name| push_field(out, &name));
        }
        let columns: Vec<Written> = self.columns.iter().map(|(_, column)| Written::of(column)).collect();
        out.reserve(16 * self.rows * (columns.len() + reasons));
        for row in 0..self.rows {
            let given = self.reasons.get(row).map(Vec::as_slice).unwrap_or_default();
            let cells = columns.iter().map(Ok).chain((0..reasons).map(Err));
            push_record(out, cells, |out, cell| match cell {
                Ok(column) => column.push(row, out),
                Err(k) => push_field(out, &given.get(k).map_or(String::new(), Reason::text)),
            });
        }
    }
}

/// A column whose words are spelled as a CSV file does.
enum Written<'a> {
    Texts(&'a [String]),
    Numbers(&'a [f64]),
    Words { words: Vec<String>, of: &'a [usize] },
    Yes(&'a [bool]),
}

impl Written<'_> {
    fn of(column: &Column) -> Written<'_> {
        match column {
            Column::Texts(texts) => Written::Texts(texts),
            Column::Numbers(numbers) => Written::Numbers(numbers),
            Column::Words { words, of } => {
                let spelled = |word: &String| {
                    let mut out = String::new();
                    push_field(&mut out, word);
                    out
                };
                Written::Words { words: words.iter().map(spelled).collect(), of }
            }
            Column::Yes(yes) => Written::Yes(yes),
        }
    }

    fn push(&self, row: usize, out: &mut String) {
        match self {
            Written::Texts(texts) => push_field(out, texts.get(row).map_or("", String::as_str)),
            Written::Numbers(numbers) => push_shortest(out, numbers.get(row).copied().unwrap_or(f64::NAN)),
            Written::Words { words, of } => {
                out.push_str(of.get(row).and_then(|i| words.get(*i)).map_or("", String::as_str));
            }
            Written::Yes(yes) => out.push_str(if yes.get(row) == Some(&true) { "true" } else { "false" }),
        }
    }
}

/// A line of fields with commas between them. One that would be empty has quotes, so that it is a record.
fn push_record<T>(out: &mut String, fields: impl Iterator<Item = T>, mut push: impl FnMut(&mut String, T)) {
    let start = out.len();
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        push(out, field);
    }
    out.push_str(if out.len() == start { "\"\"\n" } else { "\n" });
}

/// A field, in quotes where it needs them (RFC 4180).
fn push_field(out: &mut String, field: &str) {
    if !field.contains([',', '"', '\n', '\r']) {
        return out.push_str(field);
    }
    out.push('"');
    out.push_str(&field.replace('"', "\"\""));
    out.push('"');
}

impl Column {
    fn cell(&self, row: usize) -> Cell {
        let found = match self {
            Column::Texts(texts) => texts.get(row).map(|text| Cell::Text(text.clone())),
            Column::Numbers(numbers) => numbers.get(row).map(|x| Cell::Number(*x)),
            Column::Words { words, of } => of.get(row).and_then(|i| words.get(*i)).map(|word| Cell::Text(word.clone())),
            Column::Yes(yes) => yes.get(row).map(|yes| Cell::Yes(*yes)),
        };
        found.unwrap_or(Cell::Missing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(
            rows in proptest::collection::vec(proptest::collection::vec("[a ,\"\r\n#\u{e4}]{0,4}", 2), 0..6),
            width in 1usize..3,
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            let mut out = String::new();
            for row in &rows {
                writer.write_record(&row[..width]).unwrap();
                push_record(&mut out, row[..width].iter(), |out, field| push_field(out, field));
            }
            prop_assert_eq!(out, String::from_utf8(writer.into_inner().unwrap()).unwrap());
        }
    }
}
