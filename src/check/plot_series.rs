//! What `plot … of train` can draw.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::metrics::Task::{self, Binary, Classes, Regression};
use crate::metrics::find_metric;
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::{Span, closest};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::measure::Asking;
use super::program::TrainItem;

/// One plot by its name.
struct Series {
    name: &'static str,
    /// Whether it looks at rows, those of `on`.
    rows: bool,
    /// The targets that it is for.
    tasks: &'static [Task],
}

const ANY: &[Task] = &[Binary, Classes, Regression];

const SERIES: [Series; 13] = [
    Series { name: "loss", rows: false, tasks: ANY },
    Series { name: "lr", rows: false, tasks: ANY },
    Series { name: "network", rows: false, tasks: ANY },
    Series { name: "weights", rows: false, tasks: ANY },
    Series { name: "activations", rows: true, tasks: ANY },
    Series { name: "importance", rows: true, tasks: ANY },
    Series { name: "roc", rows: true, tasks: &[Binary, Classes] },
    Series { name: "pr", rows: true, tasks: &[Binary, Classes] },
    Series { name: "confusion", rows: true, tasks: &[Binary, Classes] },
    Series { name: "calibration", rows: true, tasks: &[Binary] },
    Series { name: "cost", rows: true, tasks: &[Binary] },
    Series { name: "predicted", rows: true, tasks: &[Regression] },
    Series { name: "residuals", rows: true, tasks: &[Regression] },
];

/// Whether a plot looks at rows. The curve of a metric does not: it shows what was measured in the training.
pub(super) fn looks_at_rows(name: &str) -> bool {
    SERIES.iter().any(|s| s.name == name && s.rows)
}

/// A plot's name is one that a training has, and fits its target.
pub(super) fn series(
    e: &mut Elaborator<'_>,
    value: &Expr,
    train: &TrainItem,
    task: Option<Task>,
) -> Option<(Arc<str>, Span)> {
    let frame = Frame::default();
    let n = match &value.kind {
        ExprKind::Name(n) => n.clone(),
        // `price.r2` of a model with several results.
        ExprKind::Field { base, name } => match &base.kind {
            ExprKind::Name(field) => {
                let name: Arc<str> = format!("{}.{}", field.text, name.text).into();
                return watched_curve(e, &name, value.span, train);
            }
            _ => return not_a_name(e, value.span),
        },
        _ => return not_a_name(e, value.span),
    };
    let Some(found) = SERIES.iter().find(|s| s.name == &*n.text) else {
        if find_metric(&n.text).is_some() || watches(train, &n.text) {
            return watched_curve(e, &n.text, n.span, train);
        }
        let names = names(task);
        let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("a training has no plot `{}`", n.text))
            .at(n.span, "unknown plot")
            .suggest(n.span, closest(&n.text, names.iter().copied()))
            .help(format!("there are {}; and metrics that the training watches", names.join(", ")));
        e.report(&frame, d);
        return None;
    };
    if task.is_some_and(|t| !found.tasks.contains(&t)) {
        let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{}` is for another kind of target", n.text))
            .at(n.span, "does not fit the target")
            .help(format!("for this target there are {}", names(task).join(", ")));
        e.report(&frame, d);
        return None;
    }
    let costs = train.threshold.iter().any(|t| t.rule.per_row.contains(&"miss"));
    if found.name == "cost" && !costs {
        let d = Diagnostic::new(&codes::MISSING, "this training does not say what mistakes cost")
            .at(n.span, "which costs?")
            .help("add to the `train` item, for example: `threshold = min_cost(miss = 100, alarm = 2)`");
        e.report(&frame, d);
        return None;
    }
    Some((n.text.clone(), n.span))
}

/// A metric by epoch, which exists if the training looked at it.
fn watched_curve(e: &mut Elaborator<'_>, name: &Arc<str>, span: Span, train: &TrainItem) -> Option<(Arc<str>, Span)> {
    if watches(train, name) {
        return Some((name.clone(), span));
    }
    let d = Diagnostic::new(&codes::MISSING, format!("the training does not look at `{name}` while it trains"))
        .at(span, "nothing to draw by epoch")
        .help(format!("add to the `train` item: `keep = best(val.{name})`; or print it in an `evaluate` item"));
    e.report(&Frame::default(), d);
    None
}

fn watches(train: &TrainItem, name: &str) -> bool {
    let mut watched = train.stop.iter().map(|(w, ..)| w).chain(&train.keep);
    watched.any(|w| w.metric_name() == name)
}

fn not_a_name(e: &mut Elaborator<'_>, span: Span) -> Option<(Arc<str>, Span)> {
    e.fail(&Frame::default(), &codes::WRONG_KIND, span, "the name of a plot is expected", "for example `loss`");
    None
}

/// What kind of target the result has that is drawn: the first of classes, or the first.
pub(super) fn drawn_task(e: &Elaborator<'_>, train: &TrainItem) -> Option<Task> {
    let questions = Asking::of(e, &train.model, &train.data).questions;
    let decided = questions.iter().find(|q| q.task() != Regression);
    decided.or(questions.first()).map(|q| q.task())
}

/// Without `of`, whatever is no plot of a training is a function that lacks its range.
pub(super) fn ranges(e: &mut Elaborator<'_>, what: &[Expr]) -> Option<()> {
    let known = |one: &Expr| match &one.kind {
        ExprKind::Name(n) => SERIES.iter().any(|s| s.name == &*n.text) || find_metric(&n.text).is_some(),
        ExprKind::Field { name, .. } => find_metric(&name.text).is_some(),
        _ => false,
    };
    let Some(one) = what.iter().find(|one| !known(one)) else { return Some(()) };
    let d = Diagnostic::new(&codes::MISSING, "over which range?")
        .at(one.span, "a function is plotted over a range")
        .help("for example `plot sigmoid over -6..6`; or what a training has: `plot loss of train`");
    e.report(&Frame::default(), d);
    None
}

fn names(task: Option<Task>) -> Vec<&'static str> {
    SERIES.iter().filter(|s| task.is_none_or(|t| s.tasks.contains(&t))).map(|s| s.name).collect()
}
