//! What was fitted on the val rows for each result that is decided.

use std::collections::BTreeMap;

use crate::metrics::{Calibration, Task};
use crate::plan::Answer;

use super::forward::Answers;
use super::target::task_of;

/// Thresholds of yes and corrections of probabilities, by the result's name.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    pub thresholds: BTreeMap<String, f64>,
    pub calibrations: BTreeMap<String, Calibration>,
}

impl Decisions {
    /// Nothing was fitted.
    pub const NONE: Decisions = Decisions { thresholds: BTreeMap::new(), calibrations: BTreeMap::new() };

    /// From which probability on a result counts as yes: 0.5 if nothing was fitted, or there is no target to fit to.
    pub fn threshold(&self, answer: &Answer) -> f64 {
        self.fitted(answer).filter(|_| answer.target.is_some()).unwrap_or(0.5)
    }

    /// The threshold of a result, if it was fitted.
    pub fn fitted(&self, answer: &Answer) -> Option<f64> {
        self.thresholds.get(&*answer.name).copied()
    }

    /// Corrects the probabilities of the results that were calibrated.
    pub fn calibrate(&self, list: &[Answer], answers: &mut Answers) {
        for (answer, values) in list.iter().zip(&mut answers.values) {
            let Some(calibration) = self.calibrations.get(&*answer.name) else { continue };
            match task_of(answer) {
                Task::Binary => calibration.apply(values, 1),
                Task::Classes => calibration.apply(values, answer.width),
                Task::Regression => {}
            }
        }
    }
}
