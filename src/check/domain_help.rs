//! What to do where numbers mean something else than expected.

use crate::types::Domain;

/// Advice for a value of domain `have` where `wanted` (as shown) is asked for.
pub(super) fn help(wanted: &str, have: &Domain) -> Option<String> {
    let advice = match (wanted.split([' ', '(']).next().unwrap_or(""), have) {
        ("logit", Domain::Prob) => {
            "these numbers went through a Sigmoid already: remove the Sigmoid, or use what takes probabilities (`bce` in place of `bce_with_logits`)"
        }
        ("logit", Domain::ProbOf(_)) => {
            "these numbers went through a Softmax already: remove the Softmax (`cross_entropy` applies it itself), or use `nll`"
        }
        ("logit", Domain::LogProbOf(_)) => "these are logarithms of probabilities already: use `nll`",
        ("logit", Domain::Logit) if wanted.starts_with("logit of") => {
            "one score is the answer to one yes/no question: use `bce_with_logits`, or give one score for each class"
        }
        ("logit", Domain::LogitOf(_)) => "scores of exclusive classes go with `cross_entropy`",
        ("prob", Domain::Logit | Domain::Real) if !wanted.contains("of several") && !wanted.contains('(') => {
            "add a Sigmoid, or use `bce_with_logits`, which takes the score itself"
        }
        ("prob", Domain::LogitOf(_) | Domain::Real) => "add a Softmax, or use `cross_entropy`, which takes the scores",
        ("prob", Domain::Prob) => "independent probabilities are not one distribution: use Softmax in place of Sigmoid",
        ("prob", Domain::ProbOf(k)) if k.is(1) => {
            "a Softmax of one number is always 1: use Sigmoid, which makes a probability of one score"
        }
        ("prob", Domain::Binary) | ("binary", Domain::Prob) => {
            "the model's result comes first, then the target: `bce(out, row.target)`"
        }
        ("prob", Domain::ProbOf(_)) => {
            "one distribution is not several independent probabilities: use Sigmoid in place of Softmax"
        }
        ("logprob", Domain::LogitOf(_) | Domain::Real) => "add a LogSoftmax, or use `cross_entropy`",
        ("real", Domain::Prob | Domain::ProbOf(_)) => {
            "for probabilities use `brier` (the squared error of a probability) or `bce`; `e as real` drops the meaning"
        }
        ("real", Domain::Binary | Domain::LabelOf(_)) => {
            "a class is not a quantity: use a loss for classes (`bce`, `cross_entropy`)"
        }
        ("real", Domain::Logit | Domain::LogitOf(_)) => {
            "a score is not a quantity: use `bce_with_logits` or `cross_entropy`, or declare the model's result `-> real`"
        }
        ("binary", Domain::LabelOf(_)) => {
            "the target is one of several classes: leave out the Sigmoid and use `cross_entropy`, or end with a Softmax and use `nll`"
        }
        ("binary", Domain::Real) => {
            "the target is a number: use a loss for numbers (`mse`, `huber`), or declare the target `binary`"
        }
        ("label", Domain::LabelOf(_)) => {
            "the target has another number of classes than the model gives: `classes(data.target)` is that number"
        }
        ("logprob", Domain::ProbOf(_)) => {
            "use LogSoftmax in place of Softmax, or `nll_prob`, which takes the probabilities themselves"
        }
        ("label", Domain::Binary) => "the target is yes or no: use `bce` or `bce_with_logits`, or declare it `label`",
        ("label", Domain::Real) => "declare the target `label` in `data`",
        _ => return None,
    };
    Some(advice.into())
}
