use crate::check::value::{Tensor, Value};
use crate::diag::{Diagnostic, codes};
use crate::types::Domain;

use super::{Find, Lint, Training};

pub(super) static LINT: Lint = Lint {
    code: &codes::AFTER_LAST,
    reason: "scores and predictions may be any number; what cuts or drops them makes some answers impossible, without a gradient",
    source: "Goodfellow et al. 2016, Deep Learning, 6.2.2",
    find: Find::Training(find),
};

fn find(lint: &Lint, look: &Training) -> Vec<Diagnostic> {
    results(look.out).into_iter().filter_map(|t| one(lint, look, &t)).collect()
}

/// The tensors that a model gives.
pub(super) fn results(out: Option<&Value>) -> Vec<Tensor> {
    match out {
        Some(Value::Tensor(t)) => vec![t.clone()],
        Some(Value::Record(fields)) => fields.iter().flat_map(|(_, v)| results(Some(v))).collect(),
        _ => vec![],
    }
}

fn one(lint: &Lint, look: &Training, t: &Tensor) -> Option<Diagnostic> {
    let part = look.flow.part(t.node)?;
    if part.is_dropout() {
        let message = format!("`{}` after the last layer drops answers", part.written);
        return Some(lint.report(message, part.span, "nothing learns behind it").help("leave it out"));
    }
    let is_score = matches!(t.domain, Domain::Real | Domain::Logit | Domain::LogitOf(_));
    if !is_score || !part.is_bent() || part.name == "threshold" {
        return None;
    }
    // Behind another activation or a sum of one's own it is no end of a layer.
    let before = look.flow.behind(part.input?, |p| p.is_dropout() || p.is_norm(), |_| false)?;
    if before.name != "linear" && before.name != "bilinear" {
        return None;
    }
    let message = format!("`{}` after the last layer", part.written);
    Some(
        lint.report(message, part.span, "cuts what the model may answer")
            .at(before.span, "the last layer")
            .help("leave it out; for answers that are positive end with `Softplus`"),
    )
}
