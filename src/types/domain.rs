use std::fmt;

use super::Dim;

/// What the numbers of a tensor mean. Shape is apart: `logit(K)[h, w]` has this domain and the shape `[K, h, w]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Domain {
    /// Any number.
    Real,
    /// An unbounded score, the log-odds of one yes/no answer.
    Logit,
    /// A probability in `0..1` of one yes/no answer.
    Prob,
    /// 0 or 1.
    Binary,
    /// Scores of K exclusive answers along the first axis.
    LogitOf(Dim),
    /// Probabilities of K exclusive answers along the first axis, which sum to 1.
    ProbOf(Dim),
    /// Logarithms of such probabilities.
    LogProbOf(Dim),
    /// One answer of K, as its number from 0; has no class axis.
    LabelOf(Dim),
}

impl Domain {
    /// The number of classes, for the domains that have one.
    pub fn classes(&self) -> Option<&Dim> {
        match self {
            Domain::LogitOf(k) | Domain::ProbOf(k) | Domain::LogProbOf(k) | Domain::LabelOf(k) => Some(k),
            _ => None,
        }
    }

    /// Whether the first axis of a tensor of this domain is its class axis.
    pub fn has_class_axis(&self) -> bool {
        matches!(self, Domain::LogitOf(_) | Domain::ProbOf(_) | Domain::LogProbOf(_))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Real => f.write_str("real"),
            Domain::Logit => f.write_str("logit"),
            Domain::Prob => f.write_str("prob"),
            Domain::Binary => f.write_str("binary"),
            Domain::LogitOf(k) => write!(f, "logit({k})"),
            Domain::ProbOf(k) => write!(f, "prob({k})"),
            Domain::LogProbOf(k) => write!(f, "logprob({k})"),
            Domain::LabelOf(k) => write!(f, "label({k})"),
        }
    }
}
