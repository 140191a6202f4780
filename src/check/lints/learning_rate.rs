use crate::check::program::{DataItem, TrainItem};
use crate::check::training::UpdatePass;
use crate::check::value::Value;
use crate::diag::{Diagnostic, codes};
use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::engine::reference::{self, Call};
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::{Span, format};

use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::LEARNING_RATE,
    reason: "far above its usual range a training runs away, far below it hardly moves",
    source: "defaults of PyTorch; Goodfellow et al. 2016, 8.3 and 11.4.1",
    find: Find::Optimizer(find),
};

/// Optimizers with the least and the largest rate that are usual.
const USUAL: [(&str, f64, f64); 11] = [
    ("sgd", 1e-3, 1.0),
    ("adam", 1e-5, 1e-2),
    ("adamw", 1e-5, 1e-2),
    ("nadam", 1e-5, 1e-2),
    ("radam", 1e-5, 1e-2),
    ("adamax", 1e-5, 1e-2),
    ("rmsprop", 1e-5, 1e-2),
    ("adagrad", 1e-3, 1e-1),
    ("adadelta", 1e-2, 1.0),
    ("rprop", 1e-4, 1e-1),
    ("lion", 1e-6, 1e-3),
];

/// How many times beyond the usual range is far.
const FAR: f64 = 10.0;

/// Moments of a training at which a schedule is looked at.
const MOMENTS: u32 = 64;

/// An optimizer as it is written, with its update.
pub(in crate::check) struct Optimizer<'a> {
    pub written: &'a Expr,
    pub update: &'a UpdatePass<'a>,
    /// About how many steps the training has.
    pub steps: f64,
    pub epochs: f64,
}

impl<'a> Optimizer<'a> {
    pub fn of(written: &'a Expr, update: &'a UpdatePass<'a>, train: &TrainItem, data: Option<&DataItem>) -> Self {
        let rows = data.and_then(|d| d.table.as_deref()).map_or(1000, |t| t.rows()) as f64;
        let per_epoch = (rows / train.batch_size as f64).ceil().max(1.0);
        let steps = match (train.steps, train.epochs) {
            (Some(steps), _) => steps as f64,
            (None, epochs) => epochs.unwrap_or(1) as f64 * per_epoch,
        };
        Optimizer { written, update, steps, epochs: (steps / per_epoch).ceil() }
    }
}

fn find(lint: &Lint, look: &Optimizer) -> Vec<Diagnostic> {
    let Some((name, span)) = named(look.written) else { return vec![] };
    let Some(&(_, low, high)) = USUAL.iter().find(|(n, ..)| *n == name) else { return vec![] };
    if look.update.elaborator.world.scope.own().any(|d| &*d.name == name) {
        return vec![];
    }
    let Some(peak) = peak(look) else { return vec![] };
    let far = match peak {
        x if x > high * FAR * (1.0 + 1e-9) => "above",
        x if x > 0.0 && x < low / FAR * (1.0 - 1e-9) => "below",
        _ => return vec![],
    };
    let shown = format::number(peak, 3);
    let scheduled = matches!(look.update.lr, Some(Value::Tensor(_)));
    let what = if scheduled { "goes up to" } else { "is" };
    let message = format!("the learning rate {what} {shown}, far {far} what is usual for `{name}`");
    vec![
        lint.report(message, span, format!("usual are {} to {}", format::number(low, 3), format::number(high, 3)))
            .help(format!("try {}", format::number((low * high).sqrt(), 1))),
    ]
}

/// The optimizer's name and where its rate is written.
fn named(written: &Expr) -> Option<(&str, Span)> {
    match &written.kind {
        ExprKind::Name(n) => Some((&n.text, n.span)),
        ExprKind::Call { callee, args } => {
            let ExprKind::Name(n) = &callee.kind else { return None };
            let rate = args.iter().find(|a| a.name.as_ref().is_some_and(|n| &*n.text == "lr"));
            let rate = rate.or(args.first().filter(|a| a.name.is_none()));
            Some((&n.text, rate.map_or(written.span, |a| a.value.span)))
        }
        _ => None,
    }
}

/// The largest rate of the training; of a schedule by its values at moments of it.
fn peak(look: &Optimizer) -> Option<f64> {
    let lr = look.update.lr.as_ref()?;
    if let Some(rate) = lr.as_number() {
        return Some(rate);
    }
    let Value::Tensor(rate) = lr else { return None };
    let e = &look.update.elaborator;
    let program =
        Program { graph: e.graph.clone(), outputs: vec![rate.node], scalars: e.scalars.clone(), ..Program::default() };
    let mut peak: Option<f64> = None;
    for i in 0..MOMENTS {
        let progress = f64::from(i) / f64::from(MOMENTS - 1);
        let scalars = e
            .scalars
            .iter()
            .map(|s| match &**s {
                "step" => Some((progress * look.steps).floor()),
                "epoch" => Some((progress * look.epochs).floor()),
                "progress" => Some(progress),
                _ => None,
            })
            .collect::<Option<Vec<f64>>>()?;
        let mut call = Call::<f64> { rows: 1, key: Key(0), inputs: &[], scalars: &scalars, arena: &mut [] };
        let rate = reference::run(&program, &mut call).ok()?.outputs.first()?.iter().next().copied()?;
        peak = Some(peak.map_or(rate, |p| p.max(rate)));
    }
    peak.filter(|p| p.is_finite())
}
