use serde::{Deserialize, Serialize};

use super::{Sample, Task};

/// A row of [`CALIBRATIONS`]: a way to correct probabilities on rows that were not trained on.
#[derive(Debug)]
pub struct CalibrationMethod {
    pub name: &'static str,
    pub doc: &'static str,
    pub tasks: &'static [Task],
    pub(super) fit: fn(&Sample<'_>) -> Result<Calibration, String>,
}

/// A fitted correction of probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Calibration {
    /// Log-odds, or log-probabilities of classes, times `inverse_temperature`.
    Temperature { inverse_temperature: f64 },
    /// `sigmoid(slope * logit(p) + intercept)`.
    Sigmoid { slope: f64, intercept: f64 },
    /// Straight lines between the points (`x`, `y`), constant outside of them.
    Isotonic { x: Vec<f64>, y: Vec<f64> },
}

/// Every method, sorted by name.
pub static CALIBRATIONS: &[CalibrationMethod] = &[];

pub fn find_calibration(name: &str) -> Option<&'static CalibrationMethod> {
    CALIBRATIONS.iter().find(|c| c.name == name)
}

impl CalibrationMethod {
    /// Fits the correction, or says why it can't.
    pub fn fit(&self, sample: &Sample<'_>) -> Result<Calibration, String> {
        if !self.tasks.contains(&sample.predicted.task()) {
            return Err(format!("`{}` is for another kind of target", self.name));
        }
        sample.check()?;
        (self.fit)(sample)
    }
}

impl Calibration {
    /// Corrects probabilities in place: one a row (`classes` is 1), or `[rows, classes]`.
    pub fn apply(&self, prob: &mut [f64], classes: usize) {
        let _ = (prob, classes);
    }
}
