//! Entries of `train`, `evaluate` and `predict`: settings by key, each read by the kind of thing it holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::data::{CsvSource, SourceSpec};
use crate::diag::{Diagnostic, codes};
use crate::metrics;
use crate::syntax::ast::{self, EntryKind, Expr, ExprKind};
use crate::text::{Span, closest};

use super::data_item::{not_yet, unknown_setting};
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::measure::{self, Asking, Measure};
use super::program::{Rows, Side, Watched};
use super::row_args::written;
use super::value::Value;

/// The settings of one item, by key.
pub(super) struct Settings<'a> {
    pub item: &'static str,
    pub span: Span,
    values: BTreeMap<Arc<str>, (&'a ast::Ident, &'a Expr)>,
}

impl<'a> Settings<'a> {
    /// Collects the entries; unknown and repeated keys, and whatever is no setting, are reported.
    pub fn read(
        e: &mut Elaborator<'_>,
        item: &'static str,
        def: &'a ast::Def,
        known: &[&str],
        later: &[(&str, &str)],
    ) -> Self {
        let frame = Frame::default();
        let mut values: BTreeMap<Arc<str>, (&ast::Ident, &Expr)> = BTreeMap::new();
        for entry in &def.body.entries {
            match &entry.kind {
                EntryKind::Setting { key, value, .. } => {
                    let not_now = later.iter().find(|(k, _)| *k == &*key.text);
                    if let Some((_, what)) = not_now {
                        not_yet(e, entry.span, what, &frame);
                    } else if !known.contains(&&*key.text) {
                        let here = super::foreign::argument(&key.text).filter(|k| known.contains(k));
                        // What is meant is clear enough, so that it does not count as missing.
                        let meant = here.or_else(|| closest(&key.text, known.iter().copied()));
                        if let Some(meant) = meant.filter(|m| *m != "schedule") {
                            values.entry(meant.into()).or_insert((key, value));
                        }
                        match here {
                            _ if super::foreign::setting_advice(item, &key.text).is_some() => {
                                let message = format!("`{item}` has no setting `{}`", key.text);
                                let d = Diagnostic::new(&codes::UNKNOWN_KEY, message).at(key.span, "unknown setting");
                                let advice = super::foreign::setting_advice(item, &key.text).unwrap_or_default();
                                e.report(&frame, d.help(advice));
                            }
                            Some(here) => {
                                let message = format!("`{item}` has no setting `{}`", key.text);
                                let d = Diagnostic::new(&codes::UNKNOWN_KEY, message)
                                    .at(key.span, "unknown setting")
                                    .suggest(key.span, Some(here));
                                e.report(&frame, d);
                            }
                            None => unknown_setting(e, key, item, known, &[], &frame),
                        }
                    } else if let Some((first, _)) = values.insert(key.text.clone(), (key, value)) {
                        let d = Diagnostic::new(&codes::DUPLICATE, format!("`{}` is set twice", key.text))
                            .at(key.span, "set again here")
                            .at(first.span, "set first here")
                            .help("leave one of them out");
                        e.report(&frame, d);
                    }
                }
                EntryKind::Named { names, value, .. } => {
                    if let [ast::Selector::Name(name)] = names.as_slice() {
                        let colon = Span { start: name.span.end, end: value.span.start, ..entry.span };
                        let d = Diagnostic::new(
                            &codes::NOT_A_VALUE,
                            format!("`{}: …` names something; a setting is given with `=`", name.text),
                        )
                        .at(entry.span, "a colon here")
                        .fix("write `=`", colon, " = ");
                        e.report(&frame, d);
                        if known.contains(&&*name.text) {
                            values.entry(name.text.clone()).or_insert((name, value));
                        }
                    }
                }
                EntryKind::Each(_) | EntryKind::Group { .. } => {
                    not_yet(e, entry.span, "several optimizers in turn", &frame);
                }
                EntryKind::Error => {}
                EntryKind::Stage {
                    value: Expr { kind: ExprKind::Binary { op: ast::BinaryOp::Eq, left, right, .. }, .. },
                    ..
                } if matches!(&left.kind, ExprKind::Name(n) if known.contains(&&*n.text)) => {
                    let sign = Span { start: left.span.end, end: right.span.start, ..entry.span };
                    let d = Diagnostic::new(&codes::NOT_A_VALUE, "`==` compares, a setting is given with `=`")
                        .at(sign, "expected `=`")
                        .fix("write `=`", sign, " = ");
                    e.report(&frame, d);
                    if let ExprKind::Name(name) = &left.kind {
                        values.entry(name.text.clone()).or_insert((name, right));
                    }
                }
                _ => {
                    let d = Diagnostic::new(&codes::NOT_A_VALUE, format!("a `{item}` item holds settings"))
                        .at(entry.span, "not a setting")
                        .help(format!("its settings are {}", known.join(", ")));
                    e.report(&frame, d);
                }
            }
        }
        let span = def.name.as_ref().map_or(def.kind.span, |n| n.span);
        Settings { item, span, values }
    }

    pub fn get(&self, key: &str) -> Option<&'a Expr> {
        self.values.get(key).map(|(_, v)| *v)
    }

    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// A whole number of at least `least`.
    pub fn count(&self, e: &mut Elaborator<'_>, key: &str, least: u64) -> Option<u64> {
        let value = self.get(key)?;
        let frame = Frame::default();
        match e.eval(value, &frame) {
            Value::Int(d, _) => match d.constant() {
                Some(n) if n >= least as i64 => Some(n as u64),
                _ => {
                    let message = format!("`{key}` must be at least {least}, and this is {d}");
                    e.fail(&frame, &codes::OUT_OF_RANGE, value.span, message, "too small");
                    None
                }
            },
            Value::Error => None,
            other => {
                let found = match &other {
                    Value::Number(super::value::Known(Some(x))) => x.to_string(),
                    other => other.kind().to_string(),
                };
                let message = format!("`{key}` is a whole number, and this is {found}");
                e.fail(&frame, &codes::WRONG_KIND, value.span, message, "expected a whole number");
                None
            }
        }
    }

    /// A name.
    pub fn word(&self, e: &mut Elaborator<'_>, key: &str) -> Option<ast::Ident> {
        let value = self.get(key)?;
        match &value.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => {
                let d =
                    Diagnostic::new(&codes::WRONG_KIND, format!("`{key}` is a name")).at(value.span, "expected a name");
                let d = match &value.kind {
                    ExprKind::Str(text) => super::expr::unquoted(d, text, value.span),
                    _ => d,
                };
                e.report(&Frame::default(), d);
                None
            }
        }
    }
}

/// The elements of a list, or the one thing that stands in its place.
pub(super) fn each(e: &Expr) -> Vec<&Expr> {
    match &e.kind {
        ExprKind::List(items) => items.iter().collect(),
        _ => vec![e],
    }
}

/// `val.pr_auc`, `val.price.r2`
pub(super) fn watched(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Option<Watched> {
    let frame = Frame::default();
    let Some((side_name, rest)) = side_and_metric(value) else {
        let d = Diagnostic::new(&codes::WRONG_KIND, "a side and a metric are expected")
            .at(value.span, "which rows, and which metric?")
            .help("for example `val.roc_auc` or `val.loss`");
        e.report(&frame, d);
        return None;
    };
    let side = match &*side_name.text {
        "train" => Side::Train,
        "val" => Side::Val,
        "test" => {
            let d = Diagnostic::new(&codes::SPLIT, "the test rows decide nothing during training")
                .at(value.span, "looks at test rows")
                .help("what is chosen by the test rows is no longer tested by them; use `val`")
                .fix("look at the validation rows", side_name.span, "val");
            e.report(&frame, d);
            return None;
        }
        other => {
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no side `{other}` of a split"))
                .at(side_name.span, "expected `val` or `train`")
                .suggest(side_name.span, super::foreign::side(other).or(closest(other, ["train", "val"])));
            e.report(&frame, d);
            return None;
        }
    };
    let asked = measure::one(e, &rest, asking)?;
    if let Measure::Loss = asked.measure {
        return Some(Watched { side, metric: None, span: value.span });
    }
    if side == Side::Train {
        let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{}` is watched on the val rows only", asked.name()))
            .at(value.span, "of the training rows only the loss is known")
            .fix("look at the validation rows", side_name.span, "val");
        e.report(&frame, d);
        return None;
    }
    if asked.better() == metrics::Better::Neither {
        let message = format!("`{}` is a table, and can't be compared", asked.name());
        e.fail(&frame, &codes::WRONG_KIND, rest.span, message, "a number is needed");
        return None;
    }
    Some(Watched { side, metric: Some(asked), span: value.span })
}

/// Takes the side off the front of `val.price.r2` or `val.fbeta(beta = 2)`.
fn side_and_metric(value: &Expr) -> Option<(ast::Ident, Expr)> {
    match &value.kind {
        ExprKind::Call { callee, args } => {
            let (side, rest) = side_and_metric(callee)?;
            let kind = ExprKind::Call { callee: Box::new(rest), args: args.clone() };
            Some((side, Expr { kind, span: value.span }))
        }
        ExprKind::Field { base, name } => {
            let plain = Expr { kind: ExprKind::Name(name.clone()), span: name.span };
            match &base.kind {
                ExprKind::Name(side) => Some((side.clone(), plain)),
                ExprKind::Field { .. } => {
                    let (side, rest) = side_and_metric(base)?;
                    let span = rest.span.to(name.span);
                    Some((side, Expr { kind: ExprKind::Field { base: Box::new(rest), name: name.clone() }, span }))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// `customers.test`, or `csv("site_b.csv")`
pub(super) fn rows(e: &mut Elaborator<'_>, value: &Expr, base: &Path) -> Option<Rows> {
    let frame = Frame::default();
    if let Some(source) = csv_source(e, value, base) {
        return Some(Rows::Csv { source: source?, span: value.span });
    }
    let ExprKind::Field { base: data, name } = &value.kind else {
        let d = Diagnostic::new(&codes::WRONG_KIND, "rows are expected")
            .at(value.span, "which rows?")
            .help("for example `customers.test` or `csv(\"new.csv\")`");
        e.report(&frame, d);
        return None;
    };
    let ExprKind::Name(data) = &data.kind else { return None };
    if !e.world.data.contains_key(&data.text) {
        let known: Vec<Arc<str>> = e.world.data.keys().cloned().collect();
        let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no data item `{}`", data.text))
            .at(data.span, "unknown data")
            .suggest(data.span, closest(&data.text, known.iter().map(|k| &**k)));
        e.report(&frame, d);
        return None;
    }
    let side = match &*name.text {
        "train" => Side::Train,
        "val" => Side::Val,
        "test" => Side::Test,
        other => {
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("data has no side `{other}`"))
                .at(name.span, "expected train, val or test")
                .suggest(name.span, super::foreign::side(other).or(closest(other, ["train", "val", "test"])));
            e.report(&frame, d);
            return None;
        }
    };
    Some(Rows::Side { data: data.text.clone(), side })
}

/// `csv("path", …)` or `tsv(…)`: `None` if it is something else, `Some(None)` if it is wrong.
pub(super) fn csv_source(e: &mut Elaborator<'_>, value: &Expr, base: &Path) -> Option<Option<CsvSource>> {
    let w = written(value)?;
    if !matches!(&*w.name.text, "csv" | "tsv") || !matches!(value.kind, ExprKind::Call { .. }) {
        return None;
    }
    Some(match super::data_item::source(e, value, base, &Frame::default()) {
        Some(SourceSpec::Csv(source)) => Some(source),
        _ => None,
    })
}

/// A path below the run folder, for what the program writes.
pub(super) fn output_path(e: &mut Elaborator<'_>, written: &str, span: Span) -> Option<PathBuf> {
    let path = PathBuf::from(written);
    let inside = path.components().all(|c| matches!(c, std::path::Component::Normal(_) | std::path::Component::CurDir));
    if inside && is_own_file(&path) {
        let d = Diagnostic::new(&codes::OUTPUT, format!("`{written}` is a file that every run writes itself"))
            .at(span, "the run's own file")
            .help("choose another name, such as \"scored.csv\"");
        e.report(&Frame::default(), d);
        return None;
    }
    if inside && path.file_name().is_some() && !written.ends_with('/') {
        return Some(path);
    }
    if inside {
        let d = Diagnostic::new(&codes::OUTPUT, format!("`{written}` names no file"))
            .at(span, "the file to write")
            .help("write a plain relative path such as \"scored.csv\"");
        e.report(&Frame::default(), d);
        return None;
    }
    let d = Diagnostic::new(&codes::OUTPUT, format!("`{written}` leaves the run folder"))
        .at(span, "outputs stay in the folder of the run")
        .help("write a plain relative path such as \"scored.csv\"; `--out` chooses the folder");
    e.report(&Frame::default(), d);
    None
}

/// Whether the run keeps its program, events, models or checkpoints under this name.
fn is_own_file(path: &Path) -> bool {
    let below = path.components().filter(|c| matches!(c, std::path::Component::Normal(_))).count() > 1;
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    !below && (matches!(&*name, "program.nn" | "run.json" | "metrics.ndjson") || name.ends_with(".safetensors"))
}
