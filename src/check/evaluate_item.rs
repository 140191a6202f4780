//! `evaluate` items.

use std::path::Path;

use crate::diag::{Diagnostic, codes};
use crate::metrics::{self, Task};
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind};

use super::closer_look::closer_look;
use super::data_item::unknown_row;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::items::{Known, item_name, of};
use super::measure::{self, Asking};
use super::program::{EvaluateItem, Require, Rows, Side};
use super::row_args::written;
use super::settings::{Settings, each, rows};
use super::value::Value;

pub(super) fn evaluate_item(
    e: &mut Elaborator<'_>,
    def: &ast::Def,
    known: &Known,
    base: &Path,
) -> Option<EvaluateItem> {
    let frame = Frame::default();
    let keys = ["of", "on", "metrics", "baseline", "interval", "require", "slices", "by", "weight", "importance"];
    let s = Settings::read(e, "evaluate", def, &keys, &[]);
    let of = of(e, s.get("of"), (s.item, s.span), known)?;
    let train = known.trains.iter().find(|t| t.name == of[0])?;
    let on = match s.get("on") {
        Some(value) => rows(e, value, base)?,
        None => Rows::Side { data: train.data.clone(), side: Side::Test },
    };
    let asking = Asking::of_train(e, train);
    let requests = match s.get("metrics") {
        Some(value) => measure::asked(e, value, &asking),
        None => measure::defaults(&asking),
    };
    let mut baselines = Vec::new();
    for one in s.get("baseline").map(each).unwrap_or_default() {
        let Some(w) = written(one) else {
            e.fail(&frame, &codes::WRONG_KIND, one.span, "the name of a baseline is expected", "not a name");
            continue;
        };
        let Some(row) = metrics::find_baseline(&w.name.text) else {
            unknown_row(e, &w, metrics::BASELINES.iter().map(|b| b.name).collect(), "baseline", &frame);
            continue;
        };
        if let Some(args) = e.row_args(row.signature, &w, &[], &[], &frame) {
            let tasks: Vec<Task> = asking.questions.iter().map(|q| q.task()).collect();
            if !tasks.is_empty() && !tasks.iter().any(|t| row.fits(*t)) {
                let fitting: Vec<&str> =
                    metrics::BASELINES.iter().filter(|b| tasks.iter().any(|t| b.fits(*t))).map(|b| b.name).collect();
                let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{}` is for another kind of target", row.name))
                    .at(one.span, "does not fit the target")
                    .help(format!("for this target there are {}", fitting.join(", ")));
                e.report(&frame, d);
                continue;
            }
            baselines.push((row, args));
        }
    }
    let require = s.get("require").map(|v| each(v).into_iter().flat_map(|r| requires(e, r, &asking)).collect());
    let interval = match s.get("interval").map(|v| (v.span, e.eval(v, &frame))) {
        None => Some(0.95),
        Some((_, Value::Bool(Some(false)))) => None,
        Some((span, v)) => match v.as_number() {
            Some(x) if x > 0.0 && x < 1.0 => Some(x),
            _ => {
                let message = "`interval` is a level between 0 and 1, or `false`";
                e.fail(&frame, &codes::OUT_OF_RANGE, span, message, "for example `interval = 95%`");
                None
            }
        },
    };
    let closer = closer_look(e, &s, &requests, &asking);
    Some(EvaluateItem {
        closer,
        name: item_name(def),
        span: s.span,
        of,
        on,
        metrics: requests,
        baselines,
        require: require.unwrap_or_default(),
        interval,
    })
}

/// `roc_auc >= 0.85 and brier < 0.1`
fn requires(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Vec<Require> {
    let frame = Frame::default();
    match &value.kind {
        ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
            let mut all = requires(e, left, asking);
            all.extend(requires(e, right, asking));
            all
        }
        ExprKind::Binary { op, left, right, .. }
            if matches!(op, BinaryOp::Ge | BinaryOp::Gt | BinaryOp::Le | BinaryOp::Lt) =>
        {
            if matches!(left.kind, ExprKind::Number { .. }) {
                let sources = e.world.scope.sources();
                let sign = match op {
                    BinaryOp::Ge => "<=",
                    BinaryOp::Gt => "<",
                    BinaryOp::Le => ">=",
                    _ => ">",
                };
                let turned = format!("{} {sign} {}", sources.slice(right.span), sources.slice(left.span));
                let d = Diagnostic::new(&codes::WRONG_KIND, "in a requirement the metric stands in front")
                    .at(value.span, "the number comes first")
                    .fix(format!("write `{turned}`"), value.span, turned);
                e.report(&frame, d);
                return vec![];
            }
            let Some(metric) = measure::one(e, left, asking) else { return vec![] };
            match e.eval(right, &frame).as_number() {
                Some(bound) => {
                    let text = e.world.scope.sources().slice(value.span).to_string();
                    vec![Require { metric, op: *op, bound, span: value.span, text }]
                }
                None => {
                    e.fail(
                        &frame,
                        &codes::WRONG_KIND,
                        right.span,
                        "a requirement compares a metric with a number",
                        "not a number",
                    );
                    vec![]
                }
            }
        }
        _ => {
            let d = Diagnostic::new(&codes::WRONG_KIND, "`require` compares a metric with a number")
                .at(value.span, "not a comparison")
                .help("for example `require = roc_auc >= 0.85`");
            e.report(&frame, d);
            vec![]
        }
    }
}
