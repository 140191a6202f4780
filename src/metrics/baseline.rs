use serde::{Deserialize, Serialize};

use crate::types::Args;

use super::Task;

/// A row of [`BASELINES`]: a simple model to compare with.
#[derive(Debug)]
pub struct Baseline {
    pub name: &'static str,
    /// A header in the language's syntax (see [`Args`]).
    pub signature: &'static str,
    pub doc: &'static str,
    pub tasks: &'static [Task],
    pub(super) fit: fn(&Training<'_>, &Args) -> Result<FittedBaseline, String>,
}

/// The rows that a baseline learns from.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// `[rows, columns]`, row by row.
    pub features: &'a [f32],
    pub columns: usize,
    /// As in [`Sample`](super::Sample).
    pub target: &'a [f64],
    pub weight: Option<&'a [f64]>,
    pub task: Task,
    /// The number of classes for [`Task::Classes`]; 2 or anything otherwise.
    pub classes: usize,
}

/// A fitted baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FittedBaseline {
    /// The same for each row: one probability, one for each class, or one number.
    Constant(Vec<f64>),
    /// `coefficients` is `[outputs, columns]`; one output for a number or a binary target (the log-odds), K for K classes.
    Linear { task: BaselineTask, coefficients: Vec<f64>, intercepts: Vec<f64>, columns: usize },
}

/// What the linear scores of a baseline stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BaselineTask {
    Binary,
    Classes,
    Regression,
}

/// Every baseline, sorted by name.
pub static BASELINES: &[Baseline] = &[];

pub fn find_baseline(name: &str) -> Option<&'static Baseline> {
    BASELINES.iter().find(|b| b.name == name)
}

impl Baseline {
    pub fn fits(&self, task: Task) -> bool {
        self.tasks.contains(&task)
    }

    /// Learns from training rows, or says why it can't.
    pub fn fit(&self, training: &Training<'_>, args: &Args) -> Result<FittedBaseline, String> {
        if !self.fits(training.task) {
            return Err(format!("`{}` is for another kind of target", self.name));
        }
        (self.fit)(training, args)
    }
}

impl FittedBaseline {
    /// What it predicts for `rows` rows of `features` `[rows, columns]`: one number a row, or `[rows, K]` probabilities.
    pub fn predict(&self, features: &[f32], rows: usize) -> Vec<f64> {
        let _ = (features, rows);
        Vec::new()
    }
}
