//! `weights w = file("model.safetensors")`: trained models to start from, and to call in a loss.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::data::Fitted;
use crate::diag::{Diagnostic, Problems, codes};
use crate::interop::model_file;
use crate::syntax::ast::{self, Expr};
use crate::text::{Span, closest};
use crate::types::{Axis, Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::program::TrainItem;
use super::row_args::written;
use super::value::{Argument, Tensor, Value};
use super::world::World;

/// A trained model as losses see it.
#[derive(Debug, Clone)]
pub struct SavedView {
    pub span: Span,
    /// The file of `weights`; a training has none.
    pub path: Option<PathBuf>,
    /// What it gives for a row, as its model declares it; `None` if it is only numbers.
    pub results: Option<Vec<SavedResult>>,
}

#[derive(Debug, Clone)]
pub struct SavedResult {
    /// `out`, or the field's name.
    pub name: Arc<str>,
    pub domain: Domain,
    pub shape: Shape,
}

/// What of a model file's description is needed to know what the model gives.
#[derive(Deserialize)]
struct Description {
    program: String,
    #[serde(default)]
    library: BTreeMap<String, String>,
    #[serde(default)]
    uses: BTreeMap<String, String>,
    #[serde(default)]
    hypers: Vec<(String, String)>,
    train: String,
    data: String,
}

/// The results of a value that a model gave.
pub fn results(e: &Elaborator<'_>, out: &Value) -> Vec<SavedResult> {
    let fields: Vec<(Arc<str>, Value)> = match out {
        Value::Record(fields) => fields.clone(),
        other => vec![("out".into(), other.clone())],
    };
    let plain = |a: Axis| Axis::new(a.dim);
    fields
        .into_iter()
        .filter_map(|(name, value)| match value {
            Value::Tensor(t) => {
                let shape = Shape(e.visible(&t).into_iter().map(plain).collect());
                Some(SavedResult { name, domain: t.domain, shape })
            }
            _ => None,
        })
        .collect()
}

/// A training as later losses see it.
pub(super) fn of_training(e: &Elaborator<'_>, train: &TrainItem, out: &Value) -> SavedView {
    SavedView { span: train.span, path: None, results: Some(results(e, out)) }
}

/// `weights name = file("…")`
pub(super) fn weights(
    e: &mut Elaborator<'_>,
    name: &ast::Ident,
    value: &Expr,
    base: &Path,
    problems: &mut Problems,
) -> Option<SavedView> {
    let frame = Frame::default();
    let w = written(value).filter(|w| &*w.name.text == "file");
    let path = match w {
        Some(w) => e.row_args("file(path: text)", &w, &[], &[], &frame)?.text("path").map(str::to_string)?,
        None => {
            let d = Diagnostic::new(&codes::WRONG_KIND, "weights come from a file")
                .at(value.span, "expected `file(…)`")
                .help("for example `weights teacher = file(\"teacher.safetensors\")`");
            e.report(&frame, d);
            return None;
        }
    };
    if [".pth", ".pt", ".bin", ".ckpt"].iter().any(|end| path.ends_with(end)) {
        let d = Diagnostic::new(&codes::NOT_YET, "nnrun does not read PyTorch's pickled weights yet")
            .at(value.span, "kept for a later version")
            .help("in Python: `safetensors.torch.save_file(model.state_dict(), \"w.safetensors\")`");
        e.report(&frame, d);
        return None;
    }
    let full = base.join(&path);
    let file = match model_file::read(&full) {
        Ok(file) => file,
        Err(fault) => {
            problems.push(Diagnostic::from(fault).at(value.span, "paths are relative to the program"));
            return None;
        }
    };
    let results = match (file.metadata.get("nnrun.model"), file.metadata.get("nnrun.data")) {
        (Some(model), Some(data)) => {
            let found = opened(model, data);
            if found.is_none() {
                let d = Diagnostic::new(&codes::MODEL_FILE, format!("the program in `{path}` can't be opened again"))
                    .at(value.span, "written by another version of nnrun")
                    .help("its weights could be started from, were they in a file without a program");
                problems.push(d);
                return None;
            }
            found
        }
        // Weights from elsewhere: to start from, by their paths.
        _ => None,
    };
    Some(SavedView { span: name.span, path: Some(full), results })
}

/// What the model of a file gives.
fn opened(model: &str, data: &str) -> Option<Vec<SavedResult>> {
    let description: Description = serde_json::from_str(model).ok()?;
    let fitted: Fitted = serde_json::from_str(data).ok()?;
    let name: Arc<str> = description.data.as_str().into();
    let view = |span| super::data_item::fitted_view(&name, span, &fitted, vec![]);
    let kept = super::Kept { library: description.library, uses: description.uses };
    let (world, item) =
        super::reopen(&description.program, kept, &description.hypers, &view, &description.train).ok()?;
    let (e, out) = super::training::forward(&world, &item);
    (!e.problems.has_errors()).then_some(())?;
    Some(results(&e, &out?))
}

impl Elaborator<'_> {
    /// `teacher(row)`: what a trained model gives for the row, a constant to this training.
    pub(super) fn saved_call(&mut self, name: &Arc<str>, args: &[Argument], frame: &Frame, span: Span) -> Value {
        let Some(view) = self.world.saved.get(name).cloned() else { return Value::Error };
        self.applied.insert(name.clone());
        let Some(results) = view.results else {
            let message = format!("`{name}` holds weights without a model, so it can't be called");
            let d = Diagnostic::new(&codes::WRONG_KIND, message)
                .at(span, "called here")
                .help("models that nnrun saved can be called; others can be started from: `start = …`");
            return self.report(frame, d);
        };
        if !matches!(args, [Argument { value: Value::Row(_), name: None, .. }]) {
            let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{name}` prepares the row itself, so it takes `row`"))
                .at(args.first().map_or(span, |a| a.span), "not the row")
                .help(format!("write `{name}(row)`"));
            return self.report(frame, d);
        }
        let mut fields = Vec::new();
        for result in results {
            let key = format!("model.{name}.{}", result.name);
            let Some(node) = self.input(&key, result.shape, frame, span) else { return Value::Error };
            let t = Tensor { node, domain: result.domain, batched: !frame.names_batch };
            fields.push((result.name, Value::Tensor(t)));
        }
        match fields.as_slice() {
            [(name, only)] if &**name == "out" => only.clone(),
            _ => Value::Record(fields),
        }
    }
}

/// The training or weights that a training starts from.
pub(super) fn start(e: &mut Elaborator<'_>, name: &ast::Ident, trains: &[TrainItem]) -> Option<(Arc<str>, Span)> {
    let world: &World = e.world;
    if trains.iter().any(|t| t.name == name.text) || world.saved.contains_key(&name.text) {
        e.applied.insert(name.text.clone());
        return Some((name.text.clone(), name.span));
    }
    let known = trains.iter().map(|t| &*t.name).chain(world.saved.keys().map(|n| &**n));
    let close = closest(&name.text, known).map(str::to_string);
    let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no training `{}` before this", name.text))
        .at(name.span, "unknown training")
        .suggest(name.span, close.as_deref());
    let d = match close {
        None => d.help(format!("one that comes before gets the name so: `train {} {{ … }}`", name.text)),
        Some(_) => d,
    };
    e.report(&Frame::default(), d);
    None
}
