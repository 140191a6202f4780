//! Predictions for new rows.

use std::path::Path;
use std::sync::Arc;

use crate::check::{PredictInput, PredictItem};
use crate::data::{self, Fitted, FittedTarget, RawTable, SourceSpec};
use crate::diag::{Diagnostic, Problems, Severity, codes};
use crate::metrics::Task;
use crate::plan::Answer;
use crate::text::Sources;
use crate::train::event::{self, Cell, Event};
use crate::train::scoring::classes_of;
use crate::train::{Answers, Feeds, task_of};

use super::Listener;
use super::execute::{Execution, Stop, fault};
use super::model::SavedModel;

/// Rows of a prediction as a table.
pub(super) struct Predicted {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Execution<'_> {
    pub(super) fn predict(&mut self, item: &PredictItem, listener: &mut dyn Listener) -> Result<(), Stop> {
        let (table, span) = match &item.input {
            PredictInput::Rows { table, span } => (table.clone(), *span),
            PredictInput::Csv { source, span } => {
                let mut problems = Problems::default();
                let table = data::read(&SourceSpec::Csv(source.clone()), &mut problems);
                match table {
                    Some(table) if !problems.has_errors() => (Arc::new(table), *span),
                    _ => return Err(super::execute::first_error(problems, *span).into()),
                }
            }
        };
        let Some(mut trained) = self.trained.remove(&item.of) else { return Ok(()) };
        let result = (|| {
            let fitted = trained.run.setup.data.fitted.clone();
            let blocks = blocks(&fitted, &table, self.sources, Some(span), listener)?;
            let mut feeds = Feeds::of_blocks(&trained.run.setup.plan.forward_feeds, &blocks, &[]);
            let rows: Vec<u32> = (0..table.rows() as u32).collect();
            let train_item = trained.run.setup.item.clone();
            let mut answers = trained.run.answers_of(&mut feeds, &rows).map_err(|f| fault(f, &train_item))?;
            trained.calibrate(&mut answers);
            Ok::<_, Stop>(predicted(&fitted, &table, &trained.run.forward.answers, &answers, trained.threshold()))
        })();
        self.trained.insert(item.of.clone(), trained);
        let predicted = result?;
        let mut output = None;
        if let (Some((path, _)), Some(folder)) = (&item.output, &self.folder) {
            let written = folder.write(path, csv_text(&predicted).as_bytes())?;
            output = Some(written.display().to_string());
        }
        let event =
            event::Predict { name: item.name.to_string(), columns: predicted.columns, rows: predicted.rows, output };
        self.tell(Event::Predict(event), listener)
    }
}

/// The inputs of a model from the rows of a table.
pub(super) fn blocks(
    fitted: &Fitted,
    table: &RawTable,
    sources: &Sources,
    span: Option<crate::text::Span>,
    listener: &mut dyn Listener,
) -> Result<Vec<data::Block>, Diagnostic> {
    let mut problems = Problems::default();
    let bound = fitted.bind(table, &mut problems);
    let all = problems.sorted();
    let error = all.iter().find(|d| d.severity == Severity::Error).cloned();
    let (Some(bound), None) = (bound, error.clone()) else {
        let mut d = error.unwrap_or_else(|| Diagnostic::new(&codes::DATA, "these rows can't be used"));
        if let (Some(span), true) = (span, d.labels.is_empty()) {
            d = d.at(span, "these rows");
        }
        return Err(d);
    };
    listener.diagnostics(&all, sources);
    let rows: Vec<u32> = (0..table.rows() as u32).collect();
    let (blocks, bad) = bound.blocks(&rows);
    if let Some(first) = bad.first() {
        let more = if bad.len() > 1 { format!(" ({} such rows)", bad.len()) } else { String::new() };
        let message = format!("row {}, column `{}`: {}{more}", first.row + 1, first.column, first.message);
        let d = Diagnostic::new(&codes::DATA_CELL, message);
        return Err(match span {
            Some(span) => d.at(span, "these rows"),
            None => d,
        });
    }
    Ok(blocks)
}

/// Ids, then probabilities and decisions, or values in their units.
pub(super) fn predicted(
    fitted: &Fitted,
    table: &RawTable,
    answers: &[Answer],
    values: &Answers,
    threshold: f64,
) -> Predicted {
    let rows: Vec<u32> = (0..table.rows() as u32).collect();
    let mut columns = Vec::new();
    let mut cells: Vec<Vec<Cell>> = vec![Vec::new(); rows.len()];
    for (name, ids) in data::ids(table, fitted, &rows) {
        columns.push(name);
        cells.iter_mut().zip(ids).for_each(|(row, id)| row.push(Cell::Text(id)));
    }
    for (answer, numbers) in answers.iter().zip(&values.values) {
        let target = answer.target.as_ref().and_then(|t| fitted.target(t));
        let prefix = if answers.len() > 1 { format!("{}_", answer.name) } else { String::new() };
        one_answer(answer, numbers, target, &prefix, threshold, &mut columns, &mut cells);
    }
    Predicted { columns, rows: cells }
}

fn one_answer(
    answer: &Answer,
    numbers: &[f64],
    target: Option<&FittedTarget>,
    prefix: &str,
    threshold: f64,
    columns: &mut Vec<String>,
    cells: &mut [Vec<Cell>],
) {
    let row = |r: usize| &numbers[r * answer.width..(r + 1) * answer.width];
    // Without a target nothing was fitted, and there are no words for the answers.
    let threshold = if target.is_some() { threshold } else { 0.5 };
    let classes = |column: usize| target.map_or(Vec::new(), |t| classes_of(&t.kind, column));
    match task_of(answer) {
        Task::Binary => {
            let words: Vec<Vec<String>> = (0..answer.width).map(classes).collect();
            for column in 0..answer.width {
                let end = match answer.width {
                    1 => String::new(),
                    _ => format!("_{}", part_name(target, column)),
                };
                columns.extend([format!("{prefix}prob{end}"), format!("{prefix}decision{end}")]);
            }
            for (r, out) in cells.iter_mut().enumerate() {
                for (p, words) in row(r).iter().zip(&words) {
                    out.extend([Cell::Number(*p), decision(*p >= threshold, words)]);
                }
            }
        }
        Task::Classes => {
            let classes = classes(0);
            let name = |i: usize| classes.get(i).cloned().unwrap_or_else(|| i.to_string());
            columns.extend((0..answer.width).map(|i| format!("{prefix}prob_{}", name(i))));
            columns.push(format!("{prefix}decision"));
            for (r, out) in cells.iter_mut().enumerate() {
                let p = row(r);
                out.extend(p.iter().map(|x| Cell::Number(*x)));
                let best = p.iter().enumerate().fold(0, |b, (i, x)| if *x > p[b] { i } else { b });
                out.push(Cell::Text(name(best)));
            }
        }
        Task::Regression => {
            // A result among several goes by its own name.
            let name = match (prefix.is_empty(), target) {
                (true, Some(t)) => t.name.as_str(),
                _ => &*answer.name,
            };
            match answer.width {
                1 => columns.push(name.to_string()),
                n => columns.extend((0..n).map(|i| match target.is_some() {
                    true => format!("{prefix}{}", part_name(target, i)),
                    false => format!("{name}_{i}"),
                })),
            }
            for (r, out) in cells.iter_mut().enumerate() {
                out.extend(row(r).iter().map(|x| Cell::Number(*x)));
            }
        }
    }
}

/// The name of one column of a target of several.
fn part_name(target: Option<&FittedTarget>, column: usize) -> String {
    target.and_then(|t| t.columns.get(column)).cloned().unwrap_or_else(|| column.to_string())
}

/// The decision in the words of the data.
fn decision(yes: bool, classes: &[String]) -> Cell {
    match classes.get(usize::from(yes)) {
        Some(word) => Cell::Text(word.clone()),
        None => Cell::Yes(yes),
    }
}

/// One line a row, in order; numbers as short as they can be without losing a bit of what the model gave.
pub(super) fn csv_text(predicted: &Predicted) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail.
    let _ = writer.write_record(&predicted.columns);
    for row in &predicted.rows {
        let _ = writer.write_record(row.iter().map(text));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Yes(b) => b.to_string(),
        Cell::Whole(n) => n.to_string(),
        Cell::Number(x) if f64::from(*x as f32) == *x => (*x as f32).to_string(),
        Cell::Number(x) => x.to_string(),
        Cell::Text(t) => t.clone(),
    }
}

/// `nnrun predict MODEL INPUT`: the rows of a file, as CSV text.
pub fn predict_file(
    model: &Path,
    input: &Path,
    threads: usize,
    listener: &mut dyn Listener,
) -> Result<String, Diagnostic> {
    let mut model = SavedModel::open(model, threads)?;
    let mut problems = Problems::default();
    let source = SourceSpec::Csv(model.fitted.source_of(input));
    let table = data::read(&source, &mut problems);
    let all = problems.sorted();
    if let Some(error) = all.iter().find(|d| d.severity == Severity::Error) {
        return Err(error.clone());
    }
    let Some(table) = table else {
        return Err(Diagnostic::new(&codes::DATA, format!("`{}` can't be used", input.display())));
    };
    let nothing = Sources::default();
    listener.diagnostics(&all, &nothing);
    let fitted = model.fitted.clone();
    let blocks = blocks(&fitted, &table, &nothing, None, listener)?;
    let answers = model.answers(&blocks, table.rows())?;
    let predicted = predicted(&fitted, &table, &model.forward.answers, &answers, model.threshold());
    Ok(csv_text(&predicted))
}
