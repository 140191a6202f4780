//! `threshold` and `calibrate` of a training: what is fitted on the val rows for results that are yes or no, or classes.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::metrics::{self, Task};
use crate::syntax::ast::{Expr, ExprKind};

use super::data_item::unknown_row;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::measure::{Asking, Question};
use super::program::{CalibrationItem, ThresholdItem};
use super::row_args::written;
use super::value::Value;

/// `max_f1` of every result that is yes or no, or `(risk = max_f1, theft = min_cost(miss = 100, alarm = 2))`.
pub(super) fn thresholds(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Vec<ThresholdItem> {
    let binary = |q: &Question| q.task() == Task::Binary;
    let each = by_result(e, ("threshold", "yes or no"), value, asking, binary);
    each.into_iter().filter_map(|(question, rule)| threshold(e, rule, question, asking)).collect()
}

/// `isotonic` of every result that is decided, or `(risk = sigmoid, kind = temperature)`.
pub(super) fn calibrations(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Vec<CalibrationItem> {
    let decided = |q: &Question| q.task() != Task::Regression;
    let each = by_result(e, ("calibrate", "yes or no, or of classes"), value, asking, decided);
    each.into_iter().filter_map(|(question, method)| calibration(e, method, question)).collect()
}

/// The results that a setting is for, each with what it says of it: a record names them, anything else is of all that fit.
fn by_result<'a>(
    e: &mut Elaborator<'_>,
    (key, what): (&str, &str),
    value: &'a Expr,
    asking: &'a Asking,
    fits: impl Fn(&Question) -> bool,
) -> Vec<(&'a Question, &'a Expr)> {
    let unfit = |at, label: &str| {
        Diagnostic::new(&codes::WRONG_KIND, format!("`{key}` is for results that are {what}"))
            .at(at, label)
            .help("leave it out: other results are not decided")
    };
    let ExprKind::Record(fields) = &value.kind else {
        let found: Vec<_> = asking.questions.iter().filter(|q| fits(q)).map(|q| (q, value)).collect();
        // Without a schema the targets are not known, which was reported.
        if found.is_empty() && !asking.questions.is_empty() {
            e.report(&Frame::default(), unfit(value.span, "this training has none"));
        }
        return found;
    };
    let mut out = Vec::new();
    for (name, one) in fields {
        let Some(question) = asking.find(e, name) else { continue };
        if fits(question) {
            out.push((question, one));
        } else {
            e.report(&Frame::default(), unfit(name.span, "this result is not"));
        }
    }
    out
}

fn threshold(e: &mut Elaborator<'_>, value: &Expr, of: &Question, asking: &Asking) -> Option<ThresholdItem> {
    let frame = Frame::default();
    let Some(w) = written(value) else {
        let d = Diagnostic::new(&codes::WRONG_KIND, "`threshold` names a rule by which the threshold is chosen")
            .at(value.span, "not a rule")
            .help("for example `threshold = max_f1` or `min_cost(miss = 100, alarm = 2)`");
        e.report(&frame, d);
        return None;
    };
    let Some(rule) = metrics::find_threshold(&w.name.text) else {
        unknown_row(e, &w, metrics::THRESHOLDS.iter().map(|r| r.name).collect(), "rule for a threshold", &frame);
        return None;
    };
    let args = e.row_args(rule.signature, &w, &[], rule.per_row, &frame)?;
    let per_row: Vec<(Arc<str>, Expr)> = w
        .args
        .iter()
        .filter_map(|a| a.name.as_ref().map(|n| (n.text.clone(), a.value.clone())))
        .filter(|(n, _)| rule.per_row.contains(&&**n) && *args.get(n) == crate::types::ArgValue::Absent)
        .collect();
    let mut probe = Elaborator::new(e.world, false);
    let mut row = Frame { has_batch: true, ..Frame::default() };
    row.values.insert("row".into(), Value::Row(asking.data.clone()));
    for (_, expr) in &per_row {
        let value = probe.eval(expr, &row);
        if probe.tensor_of(value.clone(), &row, expr.span).is_none() && !value.is_error() {
            probe.fail(&row, &codes::WRONG_KIND, expr.span, "a number for each row is expected", "not a number");
        }
    }
    let (problems, hypers) = (probe.problems, probe.hypers_read);
    e.problems.extend(problems);
    e.hypers_read.extend(hypers);
    Some(ThresholdItem { field: of.field.clone(), rule, args, per_row, span: value.span })
}

fn calibration(e: &mut Elaborator<'_>, value: &Expr, of: &Question) -> Option<CalibrationItem> {
    let frame = Frame::default();
    let known = || metrics::CALIBRATIONS.iter().map(|c| c.name).collect::<Vec<_>>();
    let Some(w) = written(value) else {
        let d = Diagnostic::new(&codes::WRONG_KIND, "`calibrate` names a way to correct probabilities")
            .at(value.span, "not a way to calibrate")
            .help(format!("there are {}", known().join(", ")));
        e.report(&frame, d);
        return None;
    };
    let Some(method) = metrics::find_calibration(&w.name.text) else {
        unknown_row(e, &w, known(), "way to calibrate", &frame);
        return None;
    };
    Some(CalibrationItem { field: of.field.clone(), method, span: value.span })
}
