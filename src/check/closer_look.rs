//! What `evaluate` and `predict` items ask for beside their figures: slices, weights, groups, importance, reasons.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::metrics::Better;
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::Span;
use crate::types::Domain;

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::measure::{self, Asked, Asking, Measure};
use super::settings::{Settings, each};
use super::value::{Tensor, Value};

/// The settings of an `evaluate` item that look closer at its rows.
#[derive(Debug, Clone, Default)]
pub struct CloserLook {
    pub slices: Vec<Slicing>,
    /// The column whose equal cells make a group, for intervals that draw whole groups.
    pub by: Option<(Arc<str>, Span)>,
    /// The weight of a row in every metric.
    pub weight: Option<Expr>,
    /// The metric by which the columns' importance is measured.
    pub importance: Option<(Asked, Span)>,
}

/// One way to cut rows into slices.
#[derive(Debug, Clone)]
pub enum Slicing {
    /// By the cells of a column.
    Column { name: Arc<str>, span: Span },
    /// Rows for which it holds, and the others.
    Condition { expr: Expr, text: String },
}

/// Reasons that inline rows get without being asked for.
const INLINE_REASONS: usize = 3;
/// More than this nobody reads.
const MOST_REASONS: u64 = 100;

pub(super) fn closer_look(e: &mut Elaborator<'_>, s: &Settings<'_>, metrics: &[Asked], asking: &Asking) -> CloserLook {
    let data = &asking.data;
    let slices = s.get("slices").map(each).unwrap_or_default();
    CloserLook {
        slices: slices.into_iter().filter_map(|one| slicing(e, one, data)).collect(),
        by: s.get("by").and_then(|value| by(e, value, data)),
        weight: s.get("weight").and_then(|value| weight(e, value, metrics, data)),
        importance: s.get("importance").and_then(|value| importance(e, value, metrics, asking)),
    }
}

/// `country`, or `row.amount > 500`.
fn slicing(e: &mut Elaborator<'_>, value: &Expr, data: &Arc<str>) -> Option<Slicing> {
    if let Some((name, span)) = column(value) {
        return known_column(e, name, span, data).map(|name| Slicing::Column { name, span });
    }
    let t = for_each_row(e, value, data)?;
    if t.domain != Domain::Binary || !t.batched {
        let d = Diagnostic::new(&codes::WRONG_KIND, "a slice is a column, or a condition on the row")
            .at(value.span, if t.batched { "a number, not a condition" } else { "the same for every row" })
            .help("for example `slices = [country, row.amount > 500]`");
        e.report(&Frame::default(), d);
        return None;
    }
    let text = e.world.scope.sources().slice(value.span).split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Slicing::Condition { expr: value.clone(), text })
}

fn by(e: &mut Elaborator<'_>, value: &Expr, data: &Arc<str>) -> Option<(Arc<str>, Span)> {
    match column(value) {
        Some((name, span)) => known_column(e, name, span, data).map(|name| (name, span)),
        None => {
            let d = Diagnostic::new(&codes::WRONG_KIND, "`by` names the column whose equal cells are one group")
                .at(value.span, "not a column")
                .help("for example `by = customer_id`: intervals then draw customers, not rows");
            e.report(&Frame::default(), d);
            None
        }
    }
}

fn weight(e: &mut Elaborator<'_>, value: &Expr, metrics: &[Asked], data: &Arc<str>) -> Option<Expr> {
    let own = metrics.iter().find_map(|m| match &m.measure {
        Measure::Own(own) => Some(own),
        _ => None,
    });
    if let Some(own) = own {
        let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{}` sees rows, and no weights of them", own.name))
            .at(own.span, "a metric of the file")
            .at(value.span, "weights of rows")
            .help("weigh the rows in the metric itself: `sum(row.w * …) / sum(row.w)`, or leave out `weight`");
        e.report(&Frame::default(), d);
        return None;
    }
    for_each_row(e, value, data).map(|_| value.clone())
}

/// A metric, or `true` for the first one of the item.
fn importance(e: &mut Elaborator<'_>, value: &Expr, metrics: &[Asked], asking: &Asking) -> Option<(Asked, Span)> {
    let found = match &value.kind {
        ExprKind::Bool(false) => return None,
        ExprKind::Bool(true) => {
            let usual = measure::defaults(asking);
            metrics.iter().chain(&usual).find(|m| m.better() != Better::Neither).cloned()?
        }
        _ => measure::one(e, value, asking)?,
    };
    if found.better() == Better::Neither {
        let message = format!("`{}` is a table, and importance is a change of a number", found.name());
        e.fail(&Frame::default(), &codes::WRONG_KIND, value.span, message, "a number is needed, such as `roc_auc`");
        return None;
    }
    Some((found, value.span))
}

/// `reasons = 3`; inline rows have reasons without being asked.
pub(super) fn reasons(e: &mut Elaborator<'_>, s: &Settings<'_>, inline: bool) -> usize {
    let usual = if inline { INLINE_REASONS } else { 0 };
    let Some(value) = s.get("reasons") else { return usual };
    if matches!(value.kind, ExprKind::Bool(false)) {
        return 0;
    }
    match s.count(e, "reasons", 0) {
        Some(n) if n <= MOST_REASONS => n as usize,
        Some(n) => {
            let message = format!("`reasons` is at most {MOST_REASONS}, and this is {n}");
            e.fail(&Frame::default(), &codes::OUT_OF_RANGE, value.span, message, "how many for each row");
            usual
        }
        None => usual,
    }
}

/// `country`, `"body mass"` or `row.country`.
fn column(value: &Expr) -> Option<(Arc<str>, Span)> {
    match &value.kind {
        ExprKind::Name(n) => Some((n.text.clone(), n.span)),
        ExprKind::Str(text) => Some((text.clone(), value.span)),
        ExprKind::Field { base, name } => match &base.kind {
            ExprKind::Name(row) if &*row.text == "row" => Some((name.text.clone(), name.span)),
            _ => None,
        },
        _ => None,
    }
}

fn known_column(e: &mut Elaborator<'_>, name: Arc<str>, span: Span, data: &Arc<str>) -> Option<Arc<str>> {
    let view = e.world.data.get(data)?;
    // Nothing is known of a file that could not be read, which was reported.
    if view.columns.is_empty() || view.column(&name).is_some() || view.target(&name).is_some() {
        return Some(name);
    }
    let d = view.unknown_column(&name, span);
    e.report(&Frame::default(), d);
    None
}

/// An expression over the row that is a number for each.
fn for_each_row(e: &mut Elaborator<'_>, expr: &Expr, data: &Arc<str>) -> Option<Tensor> {
    let mut probe = Elaborator::new(e.world, false);
    let mut frame = Frame { has_batch: true, ..Frame::default() };
    frame.values.insert("row".into(), Value::Row(data.clone()));
    let value = probe.eval(expr, &frame);
    let wrong = value.is_error();
    let found = probe.tensor_of(value, &frame, expr.span).filter(|t| probe.visible(t).is_empty());
    if found.is_none() && !wrong {
        probe.fail(&frame, &codes::WRONG_KIND, expr.span, "a number for each row is expected", "not a number");
    }
    e.hypers_read.extend(std::mem::take(&mut probe.hypers_read));
    e.problems.extend(std::mem::take(&mut probe.problems));
    found
}
