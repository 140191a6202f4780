//! What kind of answer a model gives, and its predictions as metrics take them.

use crate::data::{FittedTarget, TargetKind};
use crate::metrics::Predictions;
use crate::plan::Answer;
use crate::types::Domain;

pub use crate::metrics::Task;

/// The kind of answer.
pub fn task_of(answer: &Answer) -> Task {
    match answer.domain {
        Domain::Logit | Domain::Prob | Domain::Binary => Task::Binary,
        Domain::LogitOf(_) | Domain::ProbOf(_) | Domain::LogProbOf(_) | Domain::LabelOf(_) => Task::Classes,
        Domain::Real => Task::Regression,
    }
}

/// Values of an answer, `[rows, width]`, as predictions; numbers must be in their own units.
pub fn predictions<'a>(answer: &Answer, values: &'a [f64]) -> Predictions<'a> {
    match task_of(answer) {
        Task::Binary => Predictions::Binary { prob: values },
        Task::Classes => Predictions::Classes { prob: values, classes: answer.width },
        Task::Regression => Predictions::Number { value: values },
    }
}

/// Numbers back in the units of their column.
pub fn in_own_units(values: &mut [f64], target: Option<&FittedTarget>) {
    if let Some(target) = target.filter(|t| t.kind == TargetKind::Number) {
        values.iter_mut().for_each(|x| *x = target.undo(*x));
    }
}
