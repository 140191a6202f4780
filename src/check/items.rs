//! `train` and `predict` items.

use std::path::Path;
use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::text::{Span, closest};

use super::closer_look::reasons;
use super::data_item::unknown_row;
use super::deciding;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::measure::{self, Asking};
use super::program::{Average, Clip, OptimizerItem, PredictInput, PredictItem, TrainItem, Watched};
use super::row_args::written;
use super::scope::{Definition, DefinitionKind};
use super::settings::{Settings, csv_source, each, output_path, watched};

/// What the file has, for items that need not name it again.
pub(super) struct Known {
    pub models: Vec<Arc<Definition>>,
    pub trains: Vec<TrainItem>,
}

/// The settings of `train`.
pub(super) const TRAIN: [&str; 21] = [
    "model",
    "data",
    "loss",
    "optimizer",
    "batch_size",
    "epochs",
    "steps",
    "accumulate",
    "clip",
    "weight",
    "freeze",
    "start",
    "stop",
    "keep",
    "average",
    "threshold",
    "calibrate",
    "seed",
    "report_every",
    "checkpoint_every",
    "schedule",
];

/// The name of an item, or what its kind calls it.
pub(super) fn item_name(def: &ast::Def) -> Arc<str> {
    def.name.as_ref().map_or_else(|| def.kind.text.clone(), |n| n.text.clone())
}

pub(super) fn train_item(e: &mut Elaborator<'_>, def: &ast::Def, known: &Known) -> Option<TrainItem> {
    let frame = Frame::default();
    let s =
        Settings::read(e, "train", def, &TRAIN, &[("cache", "a cache of frozen parts"), ("kfold", "cross-validation")]);
    if let Some(value) = s.get("schedule") {
        let d = Diagnostic::new(&codes::UNKNOWN_KEY, "a schedule is part of the learning rate")
            .at(value.span, "no setting of its own")
            .help("write it where the rate stands: `optimizer = adam(lr = 1e-3 * cosine(progress))`");
        e.report(&frame, d);
    }
    required(e, &s);
    let epochs = s.count(e, "epochs", 1);
    let steps = s.count(e, "steps", 1);
    let (model, model_args) = model_of(e, &s, known)?;
    let data = data_of(e, &s)?;
    let optimizer = s.get("optimizer");
    let optimizers = optimizer.map(|o| optimizers(e, o)).unwrap_or_default();
    let asking = Asking::of(e, &model, &data);
    let stop = s.get("stop").and_then(|v| early(e, v, &asking));
    let keep = s.get("keep").and_then(|v| best(e, v, &asking));
    let plateaus = optimizers.iter().flat_map(|(_, o)| plateaus(e, o, &asking)).collect();
    if let (Some(keep), Some(average), Some(_)) = (s.get("keep"), s.get("average"), &keep) {
        let d =
            Diagnostic::new(&codes::DUPLICATE, "`keep` and `average` each say which weights the training ends with")
                .at(average.span, "the averaged ones")
                .at(keep.span, "the best ones")
                .help("leave one of them out");
        e.report(&frame, d);
    }
    let threshold = s.get("threshold").map(|v| deciding::thresholds(e, v, &asking)).unwrap_or_default();
    let calibrate = s.get("calibrate").map(|v| deciding::calibrations(e, v, &asking)).unwrap_or_default();
    Some(TrainItem {
        name: item_name(def),
        span: s.span,
        model,
        model_args,
        data,
        loss: s.get("loss")?.clone(),
        optimizers,
        batch_size: s.count(e, "batch_size", 1).unwrap_or(32) as usize,
        epochs,
        steps,
        accumulate: s.count(e, "accumulate", 1).unwrap_or(1) as usize,
        clip: s.get("clip").and_then(|v| clip(e, v)),
        weight: s.get("weight").cloned(),
        freeze: s.get("freeze").map(|v| each(v).into_iter().filter_map(|p| path(e, p)).collect()).unwrap_or_default(),
        start: s.word(e, "start").and_then(|n| super::saved::start(e, &n, &known.trains)),
        stop,
        keep,
        plateaus,
        average: s.get("average").and_then(|v| average(e, v)),
        threshold,
        calibrate,
        seed: s.count(e, "seed", 0),
        report_every: s.count(e, "report_every", 1),
        checkpoint_every: s.count(e, "checkpoint_every", 1),
    })
}

/// What a training can't do without, in one report.
fn required(e: &mut Elaborator<'_>, s: &Settings<'_>) {
    let all = [("loss", "loss = bce"), ("optimizer", "optimizer = adam(lr = 1e-3)"), ("epochs", "epochs = 20")];
    let missing = all.iter().filter(|(key, _)| !(s.has(key) || *key == "epochs" && s.has("steps")));
    let (keys, examples): (Vec<String>, Vec<&str>) =
        missing.map(|(key, example)| (format!("`{key}`"), *example)).unzip();
    let keys = match keys.as_slice() {
        [] => return,
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let d = Diagnostic::new(&codes::MISSING, format!("`{}` needs {keys}", s.item))
        .at(s.span, "not set")
        .help(format!("for example `{}`", examples.join("; ")));
    e.report(&Frame::default(), d);
}

fn model_of(e: &mut Elaborator<'_>, s: &Settings<'_>, known: &Known) -> Option<(Arc<Definition>, Option<Expr>)> {
    let frame = Frame::default();
    let Some(value) = s.get("model") else {
        return match known.models.as_slice() {
            [one] => Some((one.clone(), None)),
            [] => {
                let d = Diagnostic::new(&codes::MISSING, "there is no model to train")
                    .at(s.span, "trained here")
                    .help("define one: `model Net(x: data.features) -> prob { Linear(1); Sigmoid }`");
                e.report(&frame, d);
                None
            }
            several => {
                let names: Vec<String> = several.iter().map(|m| format!("`{}`", m.name)).collect();
                let message = format!("which model? there are {}", names.join(", "));
                let d = Diagnostic::new(&codes::MISSING, message)
                    .at(s.span, "`model` is not set")
                    .help(format!("add `model = {}`", several[0].name));
                e.report(&frame, d);
                None
            }
        };
    };
    let Some(w) = written(value) else {
        e.fail(&frame, &codes::WRONG_KIND, value.span, "`model` names a model", "not a name");
        return None;
    };
    let found = e.world.scope.lookup(&w.name.text).filter(|d| d.kind == DefinitionKind::Model);
    if found.is_none() {
        let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no model `{}`", w.name.text))
            .at(w.name.span, "unknown model")
            .suggest(w.name.span, closest(&w.name.text, known.models.iter().map(|m| &*m.name)));
        e.report(&frame, d);
    }
    let args = matches!(value.kind, ExprKind::Call { .. }).then(|| value.clone());
    Some((found?, args))
}

fn data_of(e: &mut Elaborator<'_>, s: &Settings<'_>) -> Option<Arc<str>> {
    let frame = Frame::default();
    let all: Vec<Arc<str>> = e.world.data.keys().cloned().collect();
    match (s.word(e, "data"), all.as_slice()) {
        (Some(name), _) if all.contains(&name.text) => Some(name.text),
        (Some(name), _) => {
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no data item `{}`", name.text))
                .at(name.span, "unknown data")
                .suggest(name.span, closest(&name.text, all.iter().map(|k| &**k)));
            e.report(&frame, d);
            None
        }
        (None, [one]) => Some(one.clone()),
        (None, []) => {
            let d = Diagnostic::new(&codes::MISSING, "there is no data to train on").at(s.span, "trained here").help(
                "add a `data` item: `data customers { source = csv(\"customers.csv\"); target churned: binary }`",
            );
            e.report(&frame, d);
            None
        }
        (None, several) => {
            let names: Vec<String> = several.iter().map(|m| format!("`{m}`")).collect();
            let d = Diagnostic::new(&codes::MISSING, format!("which data? there are {}", names.join(", ")))
                .at(s.span, "`data` is not set")
                .help(format!("add `data = {}`", several[0]));
            e.report(&frame, d);
            None
        }
    }
}

/// One optimizer for all, or a record of them by path.
fn optimizers(e: &mut Elaborator<'_>, value: &Expr) -> Vec<OptimizerItem> {
    let _ = &e;
    match &value.kind {
        ExprKind::Record(fields) => fields.iter().map(|(n, v)| (Some((n.text.clone(), n.span)), v.clone())).collect(),
        _ => vec![(None, value.clone())],
    }
}

/// The schedules with a state in an optimizer's arguments; what else is wrong with these is told where the training is checked.
fn plateaus(e: &mut Elaborator<'_>, optimizer: &Expr, asking: &Asking) -> Vec<super::PlateauItem> {
    let pass = super::training::update_pass(e.world, optimizer, crate::types::Shape::of([1]));
    let rules = pass.and_then(|p| p.elaborator.plateaus).unwrap_or_default();
    let item = |(watch, rule): (Expr, _)| Some(super::PlateauItem { watched: watched(e, &watch, asking)?, rule });
    rules.into_iter().filter_map(item).collect()
}

/// `backbone.layer1` as text.
pub(super) fn path(e: &mut Elaborator<'_>, value: &Expr) -> Option<(Arc<str>, Span)> {
    fn parts(e: &Expr) -> Option<String> {
        match &e.kind {
            ExprKind::Name(n) => Some(n.text.to_string()),
            ExprKind::Str(s) => Some(s.to_string()),
            ExprKind::Number { value, integer: true, .. } => Some(format!("{value}")),
            ExprKind::Field { base, name } => Some(format!("{}.{}", parts(base)?, name.text)),
            _ => None,
        }
    }
    let found = parts(value);
    if found.is_none() {
        e.fail(
            &Frame::default(),
            &codes::WRONG_KIND,
            value.span,
            "a path is expected",
            "for example `backbone.layer1`",
        );
    }
    Some((found?.into(), value.span))
}

/// Number arguments of a small call such as `norm(1.0)`.
fn call_args(
    e: &mut Elaborator<'_>,
    value: &Expr,
    rows: &[(&str, &str)],
    what: &str,
) -> Option<(String, crate::types::Args)> {
    let frame = Frame::default();
    let Some(w) = written(value) else {
        let known: Vec<String> = rows.iter().map(|(n, _)| format!("`{n}(…)`")).collect();
        let message = format!("a {what} is expected: {}", known.join(" or "));
        e.fail(&frame, &codes::WRONG_KIND, value.span, message, "not one of them");
        return None;
    };
    let Some((name, signature)) = rows.iter().find(|(n, _)| *n == &*w.name.text) else {
        unknown_row(e, &w, rows.iter().map(|(n, _)| *n).collect(), what, &frame);
        return None;
    };
    let args = e.row_args(signature, &w, &[], &[], &frame)?;
    Some((name.to_string(), args))
}

fn clip(e: &mut Elaborator<'_>, value: &Expr) -> Option<Clip> {
    let rows = [("norm", "norm(max: real in 0..inf)"), ("value", "value(max: real in 0..inf)")];
    if matches!(value.kind, ExprKind::Number { .. }) {
        let norm = format!("norm({})", e.world.scope.sources().slice(value.span));
        let d = Diagnostic::new(&codes::WRONG_KIND, "`clip` says by what gradients are cut: `norm(…)` or `value(…)`")
            .at(value.span, "the norm of all, or each value?")
            .help(format!("usual is the norm of all gradients together: `clip = {norm}`"));
        e.report(&Frame::default(), d);
        return None;
    }
    let (name, args) = call_args(e, value, &rows, "way to clip gradients")?;
    let max = args.real("max")?;
    Some(if name == "norm" { Clip::Norm(max) } else { Clip::Value(max) })
}

fn average(e: &mut Elaborator<'_>, value: &Expr) -> Option<Average> {
    let rows = [("ema", "ema(decay: real in 0..1)"), ("swa", "swa(from: real in 0..1 = 0.75)")];
    let (name, args) = call_args(e, value, &rows, "way to average weights")?;
    Some(if name == "ema" { Average::Ema(args.real("decay")?) } else { Average::Swa(args.real("from")?) })
}

/// `early(val.pr_auc, patience = 5)`
fn early(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Option<(Watched, u64, f64)> {
    let frame = Frame::default();
    let Some(w) = written(value).filter(|w| &*w.name.text == "early") else {
        let d = Diagnostic::new(&codes::WRONG_KIND, "`stop` says when to stop early")
            .at(value.span, "expected `early(…)`")
            .help("for example `stop = early(val.loss, patience = 5)`");
        e.report(&frame, d);
        return None;
    };
    let mut watch = None;
    let mut patience = 5;
    let mut min_delta = 0.0;
    for arg in w.args {
        match arg.name.as_ref().map(|n| &*n.text) {
            None if watch.is_none() => watch = Some(watched(e, &arg.value, asking)?),
            Some("better") if watch.is_some() => watch = Some(directed(e, watch.take()?, &arg.value)?),
            Some("patience") => match e.eval(&arg.value, &frame).as_number() {
                Some(n) if n >= 1.0 && n.fract() == 0.0 => patience = n as u64,
                _ => {
                    let message = "`patience` is a number of epochs, at least 1";
                    e.fail(&frame, &codes::OUT_OF_RANGE, arg.value.span, message, "not such a number");
                }
            },
            Some("min_delta") => match e.eval(&arg.value, &frame).as_number() {
                Some(x) if x >= 0.0 => min_delta = x,
                _ => {
                    e.fail(
                        &frame,
                        &codes::OUT_OF_RANGE,
                        arg.value.span,
                        "`min_delta` is a number of at least 0",
                        "here",
                    );
                }
            },
            _ => {
                let d = Diagnostic::new(
                    &codes::UNKNOWN_ARGUMENT,
                    "`early` takes what to watch, `patience`, `min_delta` and `better`",
                )
                .at(arg.value.span, "not one of them");
                e.report(&frame, d);
            }
        }
    }
    let Some(watch) = watch else {
        e.fail(&frame, &codes::MISSING, value.span, "`early` needs what to watch", "for example `early(val.loss)`");
        return None;
    };
    Some((watch, patience, min_delta))
}

/// A watched metric of one's own, of which less may be better.
fn directed(e: &mut Elaborator<'_>, watch: Watched, value: &Expr) -> Option<Watched> {
    let Some(asked) = watch.metric else {
        let message = "of the loss less is better";
        e.fail(&Frame::default(), &codes::UNKNOWN_ARGUMENT, value.span, message, "leave it out");
        return None;
    };
    Some(Watched { metric: Some(measure::direction(e, asked, value)?), ..watch })
}

/// `best(val.pr_auc)`
fn best(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Option<Watched> {
    let better = |a: &ast::Arg| a.name.as_ref().is_some_and(|n| &*n.text == "better");
    match written(value) {
        Some(w) if &*w.name.text == "best" && w.args.len() == 1 => watched(e, &w.args[0].value, asking),
        Some(w) if &*w.name.text == "best" && w.args.len() == 2 && better(&w.args[1]) => {
            let watch = watched(e, &w.args[0].value, asking)?;
            directed(e, watch, &w.args[1].value)
        }
        Some(w) if &*w.name.text == "last" && w.args.is_empty() => None,
        _ => {
            let d = Diagnostic::new(&codes::WRONG_KIND, "`keep` says which weights are kept")
                .at(value.span, "expected `best(…)` or `last`")
                .help("for example `keep = best(val.loss)`; without it the last weights are kept");
            e.report(&Frame::default(), d);
            None
        }
    }
}

pub(super) fn find_train<'k>(e: &mut Elaborator<'_>, name: &ast::Ident, known: &'k Known) -> Option<&'k TrainItem> {
    let found = known.trains.iter().find(|t| t.name == name.text);
    if found.is_none() {
        let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no training `{}` before this", name.text))
            .at(name.span, "unknown training")
            .suggest(name.span, closest(&name.text, known.trains.iter().map(|t| &*t.name)));
        let names: Vec<String> = known.trains.iter().map(|t| format!("`{}`", t.name)).collect();
        let d = match names.is_empty() || !d.fixes.is_empty() {
            true => d,
            false => d.help(format!("there {} {}", if names.len() == 1 { "is" } else { "are" }, names.join(", "))),
        };
        e.report(&Frame::default(), d);
    }
    found
}

/// The trainings an item is about: those that are named, or the last one before it.
pub(super) fn of(
    e: &mut Elaborator<'_>,
    named: Option<&Expr>,
    (item, span): (&str, Span),
    known: &Known,
) -> Option<Vec<Arc<str>>> {
    if let Some(value) = named {
        let mut out = Vec::new();
        for one in each(value) {
            match &one.kind {
                ExprKind::Name(name) => out.push(find_train(e, name, known)?.name.clone()),
                _ => {
                    e.fail(&Frame::default(), &codes::WRONG_KIND, one.span, "`of` names trainings", "not a name");
                    return None;
                }
            }
        }
        if out.is_empty() {
            let d = Diagnostic::new(&codes::MISSING, "`of` names no training")
                .at(value.span, "an empty list")
                .help("name one, or leave `of` out: then it is the last training before this");
            e.report(&Frame::default(), d);
            return None;
        }
        return Some(out);
    }
    match known.trains.last() {
        Some(last) => Some(vec![last.name.clone()]),
        None => {
            let d = Diagnostic::new(&codes::MISSING, format!("there is no training before this `{item}`"))
                .at(span, "of which training?")
                .help("a `train { … }` item comes first");
            e.report(&Frame::default(), d);
            None
        }
    }
}

pub(super) fn predict_item(e: &mut Elaborator<'_>, def: &ast::Def, known: &Known, base: &Path) -> Option<PredictItem> {
    let frame = Frame::default();
    let s = Settings::read(e, "predict", def, &["of", "input", "rows", "output", "reasons"], &[]);
    let of = of(e, s.get("of"), (s.item, s.span), known)?;
    if of.len() > 1 {
        e.fail(&frame, &codes::ARITY, s.span, "`predict` is of one training", "name one in `of`");
    }
    let input = match (s.get("input"), s.get("rows")) {
        (Some(value), None) => match csv_source(e, value, base) {
            Some(source) => {
                let source = source?;
                if !source.is_there() {
                    let shown = source.path.strip_prefix(base).unwrap_or(&source.path).display().to_string();
                    let d = Diagnostic::new(&codes::DATA_FILE, format!("there is no file `{shown}`"))
                        .at(value.span, "paths are relative to the program");
                    e.report(&frame, d);
                }
                PredictInput::Csv { source, span: value.span }
            }
            None => {
                e.fail(&frame, &codes::WRONG_KIND, value.span, "`input` is a file", "for example `csv(\"new.csv\")`");
                return None;
            }
        },
        (None, Some(value)) => match &value.kind {
            ExprKind::List(items) => {
                let table = super::data_item::rows_table(e, items, &frame)?;
                predict_columns(e, items, &of[0], known);
                PredictInput::Rows { table: Arc::new(table), span: value.span }
            }
            _ => {
                let d = Diagnostic::new(&codes::WRONG_KIND, "`rows` is a list of records")
                    .at(value.span, "for example `[(age = 31)]`");
                let d = match &value.kind {
                    ExprKind::Record(_) => {
                        let list = format!("[{}]", e.world.scope.sources().slice(value.span));
                        d.fix("put it into a list", value.span, list)
                    }
                    _ => d,
                };
                e.report(&frame, d);
                return None;
            }
        },
        (Some(_), Some(v)) => {
            e.fail(&frame, &codes::DUPLICATE, v.span, "`predict` takes `input` or `rows`, not both", "the second one");
            return None;
        }
        (None, None) => {
            let d = Diagnostic::new(&codes::MISSING, "`predict` needs rows")
                .at(s.span, "of which rows?")
                .help("add `input = csv(\"new.csv\")` or `rows = [(…), …]`");
            e.report(&frame, d);
            return None;
        }
    };
    let output = match s.get("output") {
        None => None,
        Some(value) => {
            let w = written(value).filter(|w| &*w.name.text == "csv");
            let args = w.and_then(|w| e.row_args("csv(path: text)", &w, &[], &[], &frame));
            match args.as_ref().and_then(|a| a.text("path")) {
                Some(p) => Some((output_path(e, p, value.span)?, value.span)),
                None => {
                    e.fail(
                        &frame,
                        &codes::WRONG_KIND,
                        value.span,
                        "`output` is a file",
                        "for example `csv(\"scored.csv\")`",
                    );
                    return None;
                }
            }
        }
    };
    let reasons = reasons(e, &s, matches!(input, PredictInput::Rows { .. }));
    Some(PredictItem { name: item_name(def), span: s.span, of: of[0].clone(), input, output, reasons })
}

/// The fields of written rows against the columns of the data that was trained on.
fn predict_columns(e: &mut Elaborator<'_>, rows: &[Expr], of: &str, known: &Known) {
    let Some(train) = known.trains.iter().find(|t| &*t.name == of) else { return };
    let Some(view) = e.world.data.get(&train.data).filter(|v| !v.columns.is_empty()).cloned() else { return };
    for row in rows {
        let ExprKind::Record(fields) = &row.kind else { continue };
        for (name, _) in fields {
            let first = format!("{}[0]", name.text);
            if view.column(&name.text).is_some() || view.column(&first).is_some() || view.target(&name.text).is_some() {
                continue;
            }
            e.report(&Frame::default(), view.unknown_column(&name.text, name.span));
        }
    }
}
