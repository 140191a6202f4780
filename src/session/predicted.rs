//! Predictions as a table: ids, then probabilities and decisions, or values in their units.

use crate::data::{self, Fitted, RawTable, TargetKind};
use crate::metrics::Task;
use crate::plan::Answer;
use crate::text::shortest::push_shortest;
use crate::train::event::Cell;
use crate::train::{Answers, task_of};

/// Predictions for some rows, column by column.
pub(super) struct Predicted {
    rows: usize,
    columns: Vec<(String, Column)>,
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
    threshold: f64,
) -> Predicted {
    let rows: Vec<u32> = (0..values.rows as u32).collect();
    let ids = data::ids(table, fitted, &rows).into_iter();
    let mut columns: Vec<(String, Column)> = ids.map(|(name, ids)| (name, Column::Texts(ids))).collect();
    for (answer, numbers) in answers.iter().zip(&values.values) {
        let target = answer.target.as_ref().and_then(|t| fitted.target(t)).map(|t| (&t.kind, t.name.as_str()));
        let prefix = if answers.len() > 1 { format!("{}_", answer.name) } else { String::new() };
        let columns_of = one_answer(answer, numbers, target, threshold);
        columns.extend(columns_of.into_iter().map(|(name, column)| (format!("{prefix}{name}"), column)));
    }
    Predicted { rows: rows.len(), columns }
}

fn one_answer(
    answer: &Answer,
    numbers: &[f64],
    target: Option<(&TargetKind, &str)>,
    threshold: f64,
) -> Vec<(String, Column)> {
    let classes = target.map(|(kind, _)| kind.classes()).unwrap_or_default();
    let width = answer.width;
    let column = |i: usize| Column::Numbers(numbers.iter().skip(i).step_by(width.max(1)).copied().collect());
    match task_of(answer) {
        Task::Binary if width == 1 => {
            let decision = match classes.as_slice() {
                [_, _, ..] => {
                    Column::Words { words: classes, of: numbers.iter().map(|p| usize::from(*p >= threshold)).collect() }
                }
                _ => Column::Yes(numbers.iter().map(|p| *p >= threshold).collect()),
            };
            vec![("prob".into(), column(0)), ("decision".into(), decision)]
        }
        Task::Classes => {
            let words: Vec<String> =
                (0..width).map(|i| classes.get(i).cloned().unwrap_or_else(|| i.to_string())).collect();
            let best = |p: &[f64]| p.iter().enumerate().fold(0, |b, (i, x)| if *x > p[b] { i } else { b });
            let of = numbers.chunks_exact(width.max(1)).map(best).collect();
            let probs = words.iter().enumerate().map(|(i, word)| (format!("prob_{word}"), column(i)));
            let mut all: Vec<_> = probs.collect();
            all.push(("decision".into(), Column::Words { words, of }));
            all
        }
        _ => {
            let head = target.map_or(answer.name.to_string(), |(_, n)| n.to_string());
            match width {
                1 => vec![(head, column(0))],
                n => (0..n).map(|i| (format!("{head}_{i}"), column(i))).collect(),
            }
        }
    }
}

impl Predicted {
    /// The names of the columns, and the cells row by row.
    pub(super) fn cells(self) -> (Vec<String>, Vec<Vec<Cell>>) {
        let row = |row: usize| self.columns.iter().map(|(_, column)| column.cell(row)).collect();
        let rows = (0..self.rows).map(row).collect();
        (self.columns.into_iter().map(|(name, _)| name).collect(), rows)
    }

    /// One line a row, in order, below the names if `head`; numbers as short as they can be without losing a bit of
    /// what the model gave.
    pub(super) fn csv(&self, head: bool) -> String {
        let mut writer = csv::Writer::from_writer(Vec::with_capacity(16 * self.rows * self.columns.len()));
        // Writing into memory does not fail.
        if head {
            let _ = writer.write_record(self.columns.iter().map(|(name, _)| name));
        }
        let mut number = String::new();
        for row in 0..self.rows {
            for (_, column) in &self.columns {
                let _ = match column {
                    Column::Texts(texts) => writer.write_field(texts.get(row).map_or("", String::as_str)),
                    Column::Words { words, of } => {
                        writer.write_field(of.get(row).and_then(|i| words.get(*i)).map_or("", String::as_str))
                    }
                    Column::Yes(yes) => writer.write_field(if yes.get(row) == Some(&true) { "true" } else { "false" }),
                    Column::Numbers(numbers) => {
                        number.clear();
                        push_shortest(&mut number, numbers.get(row).copied().unwrap_or(f64::NAN));
                        writer.write_field(&number)
                    }
                };
            }
            let _ = writer.write_record(None::<&[u8]>);
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }
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
