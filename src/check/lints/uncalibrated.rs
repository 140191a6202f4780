use crate::check::measure::Asked;
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::Span;

use super::{Evaluation, Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::UNCALIBRATED,
    reason: "a loss that weights answers moves probabilities away from how often yes really is",
    source: "Guo et al. 2017, On Calibration; van den Goorbergh et al. 2022",
    find: Find::Evaluation(find),
};

/// Metrics that read probabilities as such.
const OF_PROBABILITIES: [&str; 4] = ["brier", "log_loss", "ece", "calibration"];

fn find(lint: &Lint, look: &Evaluation) -> Vec<Diagnostic> {
    let train = look.train;
    if !train.calibrate.is_empty() {
        return vec![];
    }
    let Some((what, span)) = weighting(look, &train.loss).or_else(|| {
        let weight = train.weight.as_ref()?;
        crate::check::training::balanced(weight).map(|_| ("`balanced` weights", weight.span))
    }) else {
        return vec![];
    };
    let measured = look.evaluations.iter().find_map(|v| {
        v.metrics.iter().map(Asked::name).find(|m| OF_PROBABILITIES.contains(&&**m)).map(|m| (v.span, m))
    });
    let reported = match measured {
        Some((at, m)) => Some((at, format!("`{m}` takes them for probabilities"))),
        None if look.predicts => None,
        None => return vec![],
    };
    let d = lint.report(format!("{what}, and probabilities are reported as they come"), span, "moves probabilities");
    let d = match reported {
        Some((at, label)) => d.at(at, label),
        None => d,
    };
    vec![
        d.help(
            "add `calibrate = temperature` (or `sigmoid`, `isotonic`) to the training; it is fitted on the val rows",
        ),
    ]
}

/// What in a loss weights answers.
fn weighting(look: &Evaluation, loss: &Expr) -> Option<(&'static str, Span)> {
    let (name, args) = match &loss.kind {
        ExprKind::Name(n) => (n, None),
        ExprKind::Call { callee, args } => match &callee.kind {
            ExprKind::Name(n) => (n, Some(args)),
            _ => return None,
        },
        _ => return None,
    };
    if look.world.scope.own().any(|d| d.name == name.text) {
        return None;
    }
    let weights = args.into_iter().flatten().find(|a| a.name.as_ref().is_some_and(|n| &*n.text == "pos_weight"));
    match (&*name.text, weights) {
        ("focal", _) => Some(("a focal loss", loss.span)),
        (_, Some(arg)) => Some(("a loss with `pos_weight`", arg.value.span)),
        _ => None,
    }
}
