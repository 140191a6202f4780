//! Predictions for new rows.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use crate::check::{PredictInput, PredictItem, is_allowed};
use crate::data::{self, CsvSource, Fitted, RawTable, SourceSpec, Unforeseen, Usual};
use crate::diag::{Diagnostic, Problems, Severity, codes};
use crate::interop::{appears_whole, atomic_write, atomic_write_with};
use crate::text::Sources;
use crate::train::Feeds;
use crate::train::event::{self, Event};

use super::Listener;
use super::execute::{Execution, Stop, fault};
use super::model::SavedModel;
use super::predicted::predicted;
use super::reasons::{Inputs, reasons};
use super::score::score;

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
            let blocks = blocks(&fitted, &table, self.sources, Some(span), &self.program.allowed, listener)?;
            let mut feeds = Feeds::of_blocks(&trained.run.setup.plan.forward_feeds, &blocks, &[]);
            let rows: Vec<u32> = (0..table.rows() as u32).collect();
            let train_item = trained.run.setup.item.clone();
            let mut answers = trained.run.answers_of(&mut feeds, &rows).map_err(|f| fault(f, &train_item))?;
            trained.calibrate(&mut answers);
            let shape = trained.run.forward.answers.clone();
            let mut predicted = predicted(&fitted, &table, &shape, &answers, &trained.decisions);
            if item.reasons > 0 {
                let usual = Usual::of(&trained.run.setup.data);
                let inputs = Inputs { fitted: &fitted, usual: &usual, table: &table, blocks: &blocks };
                let feeds = trained.run.setup.plan.forward_feeds.clone();
                let found = reasons(&inputs, &shape, &answers, item.reasons, |blocks| {
                    let mut feeds = Feeds::of_blocks(&feeds, blocks, &[]);
                    let mut answers = trained.run.answers_of(&mut feeds, &rows).map_err(|f| fault(f, &train_item))?;
                    trained.calibrate(&mut answers);
                    Ok::<_, Stop>(answers)
                })?;
                predicted.explain(found, item.reasons.min(usual.columns.len()));
            }
            Ok::<_, Stop>(predicted)
        })();
        self.trained.insert(item.of.clone(), trained);
        let mut predicted = result?;
        let mut output = None;
        if let (Some((path, _)), Some(folder)) = (&item.output, &self.folder) {
            let written = folder.write(path, predicted.csv().as_bytes())?;
            output = Some(written.display().to_string());
        }
        let reasons = std::mem::take(&mut predicted.reasons);
        let (columns, rows) = predicted.cells();
        let event = event::Predict { name: item.name.to_string(), columns, rows, reasons, output };
        self.tell(Event::Predict(event), listener)
    }
}

/// The inputs of a model from the rows of a table.
pub(super) fn blocks(
    fitted: &Fitted,
    table: &RawTable,
    sources: &Sources,
    span: Option<crate::text::Span>,
    allowed: &[(Arc<str>, crate::text::Span)],
    listener: &mut dyn Listener,
) -> Result<Vec<data::Block>, Diagnostic> {
    let mut problems = Problems::default();
    let bound = fitted.bind(table, &mut problems);
    let placed = |d: Diagnostic| match span {
        Some(span) if d.labels.is_empty() => d.at(span, "these rows"),
        _ => d,
    };
    let mut all: Vec<Diagnostic> = problems.sorted().into_iter().map(placed).collect();
    all.retain(|d| !is_allowed(d, allowed));
    let error = all.iter().find(|d| d.severity == Severity::Error).cloned();
    let (Some(bound), None) = (bound, error.clone()) else {
        return Err(error.unwrap_or_else(|| placed(Diagnostic::new(&codes::DATA, "these rows can't be used"))));
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

/// What `nnrun predict` is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PredictFile<'a> {
    pub model: &'a Path,
    pub input: &'a Path,
    /// Where the predictions go; without, they are given back.
    pub output: Option<&'a Path>,
    /// Of each row at most.
    pub reasons: usize,
    pub threads: usize,
}

/// `nnrun predict MODEL INPUT`: the rows of a file, as CSV text, which is given back unless it goes to a file.
///
/// # Errors
/// If the model or the rows can't be used, or the output can't be written.
pub fn predict_file(request: PredictFile, listener: &mut dyn Listener) -> Result<Option<String>, Diagnostic> {
    let mut model = SavedModel::open(request.model, request.threads)?;
    let source = model.fitted.source_of(request.input);
    if request.reasons == 0
        && let Some((text, unforeseen)) = quickly(&model, &source, request)
    {
        let mut problems = Problems::default();
        unforeseen.warn(&model.fitted, &mut problems);
        listener.diagnostics(&problems.sorted(), &Sources::default());
        return written(request.output, text);
    }
    let text = carefully(&mut model, source, request, listener)?;
    written(request.output, Some(text))
}

/// Blocks of rows by all threads. A file that appears whole is written on the way, so that there is no text; `None` if
/// something is not plain.
fn quickly(model: &SavedModel, source: &CsvSource, request: PredictFile) -> Option<(Option<String>, Unforeseen)> {
    let score = |out: &mut dyn Write| score(&model.parts, source, request.threads, out);
    if let Some(path) = request.output.filter(|path| appears_whole(path)) {
        let mut found = None;
        let written = atomic_write_with(path, |out| {
            let unforeseen = score(out);
            let result = if unforeseen.is_some() { Ok(()) } else { Err(ErrorKind::InvalidData.into()) };
            found = Some(unforeseen);
            result
        });
        match (written, found) {
            (Ok(()), Some(unforeseen)) => return Some((None, unforeseen?)),
            (Err(_), Some(None)) => return None,
            // What is wrong with the path is said when all else is right.
            _ => {}
        }
    }
    let mut text = Vec::new();
    let unforeseen = score(&mut text)?;
    Some((Some(String::from_utf8(text).ok()?), unforeseen))
}

fn written(output: Option<&Path>, text: Option<String>) -> Result<Option<String>, Diagnostic> {
    if let (Some(path), Some(text)) = (output, &text) {
        atomic_write(path, text.as_bytes())?;
        return Ok(None);
    }
    Ok(text)
}

/// The whole table at once, with all there is to say about it.
fn carefully(
    model: &mut SavedModel,
    source: CsvSource,
    request: PredictFile,
    listener: &mut dyn Listener,
) -> Result<String, Diagnostic> {
    let (input, count) = (request.input, request.reasons);
    let mut problems = Problems::default();
    let table = data::read(&SourceSpec::Csv(source), &mut problems);
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
    let blocks = blocks(&fitted, &table, &nothing, None, &[], listener)?;
    let answers = model.answers(&blocks, table.rows())?;
    let shape = model.forward.answers.clone();
    let mut predicted = predicted(&fitted, &table, &shape, &answers, model.decisions());
    if count > 0 {
        let Some(usual) = model.usual.clone() else { return Err(no_usual(request.model)) };
        let inputs = Inputs { fitted: &fitted, usual: &usual, table: &table, blocks: &blocks };
        let found = reasons(&inputs, &shape, &answers, count, |blocks| model.answers(blocks, table.rows()))?;
        predicted.explain(found, count.min(usual.columns.len()));
    }
    Ok(predicted.csv())
}

/// Models that were saved before there were reasons for files.
fn no_usual(path: &Path) -> Diagnostic {
    let message = format!("`{}` does not say what its training rows usually had", path.display());
    Diagnostic::new(&codes::MODEL_FILE, message).help("an older nnrun saved it: train again, or leave out `--reasons`")
}
