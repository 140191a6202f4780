//! `plateau(val.loss, …)` in the arguments of an optimizer: a factor with a state of its own, so it is no function.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast;
use crate::text::Span;
use crate::types::Domain;

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::program::Watched;
use super::value::{Tensor, Value};

/// A factor that falls when what it watches gets no better.
#[derive(Debug, Clone)]
pub struct PlateauItem {
    pub watched: Watched,
    pub rule: PlateauRule,
}

/// When the factor falls, and how far; `torch.optim.lr_scheduler.ReduceLROnPlateau`.
#[derive(Debug, Clone)]
pub struct PlateauRule {
    /// The scalar by which programs read the factor.
    pub scalar: Arc<str>,
    /// What the factor is multiplied by, in 0..1.
    pub factor: f64,
    /// Epochs without progress that are borne.
    pub patience: u64,
    /// What counts as progress: this share of the best value, or this much if `absolute`.
    pub threshold: f64,
    pub absolute: bool,
    /// Epochs after a fall in which nothing is counted.
    pub cooldown: u64,
    /// The factor's least value.
    pub least: f64,
}

/// Arguments besides what is watched: name, default, least and largest value, and whether it is a whole number.
const NUMBERS: [(&str, f64, (f64, f64), bool); 5] = [
    ("factor", 0.1, (0.0, 1.0), false),
    ("patience", 10.0, (0.0, f64::INFINITY), true),
    ("threshold", 1e-4, (0.0, f64::INFINITY), false),
    ("cooldown", 0.0, (0.0, f64::INFINITY), true),
    ("min", 0.0, (0.0, 1.0), false),
];

impl Elaborator<'_> {
    /// The call as a value: a scalar that the trainer gives.
    pub(super) fn plateau(&mut self, args: &[ast::Arg], frame: &Frame, span: Span) -> Value {
        if self.plateaus.is_none() {
            let d = Diagnostic::new(&codes::NOT_A_VALUE, "`plateau` has a state, which only a training keeps")
                .at(span, "read outside of an optimizer's arguments")
                .help("write it where the rate stands: `optimizer = adam(lr = 1e-3 * plateau(val.loss))`");
            return self.report(frame, d);
        }
        let Some((watched, rule)) = self.plateau_rule(args, frame, span) else { return Value::Error };
        let scalar = rule.scalar.clone();
        if let Some(known) = &mut self.plateaus
            && known.iter().all(|(_, p)| p.scalar != scalar)
        {
            known.push((watched, rule));
        }
        match self.scalar(&scalar, frame, span) {
            Some(node) => Value::Tensor(Tensor { node, domain: Domain::Real, batched: false }),
            None => Value::Error,
        }
    }

    /// What is watched, as it is written, and the rest.
    fn plateau_rule(&mut self, args: &[ast::Arg], frame: &Frame, span: Span) -> Option<(ast::Expr, PlateauRule)> {
        let mut watch = None;
        let mut numbers = NUMBERS.map(|(_, default, ..)| default);
        let mut absolute = false;
        for arg in args {
            let at = arg.value.span;
            let name = arg.name.as_ref().map(|n| &*n.text);
            let row = NUMBERS.iter().position(|(n, ..)| Some(*n) == name);
            match (name, row) {
                (None, _) if watch.is_none() => watch = Some(arg.value.clone()),
                (Some("absolute"), _) => match self.eval(&arg.value, frame) {
                    Value::Bool(Some(b)) => absolute = b,
                    Value::Error => return None,
                    _ => {
                        self.fail(frame, &codes::WRONG_KIND, at, "`absolute` must be true or false", "not one of them");
                        return None;
                    }
                },
                (Some(name), Some(i)) => {
                    let (_, _, (low, high), whole) = NUMBERS[i];
                    match self.eval(&arg.value, frame) {
                        Value::Error => return None,
                        value => match value.as_number() {
                            Some(x) if (low..=high).contains(&x) && (!whole || x.fract() == 0.0) => numbers[i] = x,
                            _ => {
                                let kind = if whole { "a whole number" } else { "a number" };
                                let bound = match high.is_finite() {
                                    true => format!("in {low}..{high}"),
                                    false => format!("of at least {low}"),
                                };
                                let message = format!("`{name}` of `plateau` is {kind} {bound}");
                                self.fail(frame, &codes::OUT_OF_RANGE, at, message, "not such a number");
                                return None;
                            }
                        },
                    }
                }
                _ => {
                    let known: Vec<&str> = NUMBERS.iter().map(|(n, ..)| *n).chain(["absolute"]).collect();
                    let place = arg.name.as_ref().map_or(at, |n| n.span);
                    let d =
                        Diagnostic::new(&codes::UNKNOWN_ARGUMENT, "`plateau` takes what to watch, and options by name")
                            .at(place, "not one of them")
                            .suggest(place, crate::text::closest(name.unwrap_or_default(), known.iter().copied()))
                            .help(format!("its options are {}", known.join(", ")));
                    self.report(frame, d);
                    return None;
                }
            }
        }
        let Some(watched) = watch else {
            self.fail(frame, &codes::MISSING, span, "`plateau` needs what to watch", "for example `plateau(val.loss)`");
            return None;
        };
        let [factor, patience, threshold, cooldown, least] = numbers;
        // Each place in the file has a state of its own.
        let scalar = format!("plateau.{}", span.start).into();
        let (patience, cooldown) = (patience as u64, cooldown as u64);
        Some((watched, PlateauRule { scalar, factor, patience, threshold, absolute, cooldown, least }))
    }
}
