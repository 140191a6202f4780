use serde::{Deserialize, Serialize};

use crate::types::Args;

use super::{Task, least_squares, logistic};

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
    /// The number of classes for [`Task::Classes`]; does not matter otherwise.
    pub classes: usize,
}

/// A fitted baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FittedBaseline {
    /// The same for each row: one probability, one for each class, or one number.
    Constant(Vec<f64>),
    /// Scores `features . coefficients + intercept`; `coefficients` is `[outputs, columns]`. One output for a number or a
    /// binary target (the log-odds), K for K classes (softmax).
    Linear { task: Task, columns: usize, coefficients: Vec<f64>, intercepts: Vec<f64> },
}

/// Every baseline, sorted by name.
pub static BASELINES: &[Baseline] = &[
    Baseline {
        name: "linear",
        signature: "linear",
        doc: "Least squares with an intercept, as scikit-learn's LinearRegression.",
        tasks: &[Task::Regression],
        fit: |training, _| least_squares::fit(training),
    },
    Baseline {
        name: "logistic",
        signature: "logistic(C: real in 1e-9..1e9 = 1)",
        doc: "Logistic regression with a penalty of 1/2 w^2 against C times the summed loss, the intercept free, as \
              scikit-learn's LogisticRegression; for classes multinomial.",
        tasks: &[Task::Binary, Task::Classes],
        fit: |training, args| logistic::fit(training, args.real("C").unwrap_or(1.0)),
    },
    Baseline {
        name: "mean",
        signature: "mean",
        doc: "The training rows' mean for every row.",
        tasks: &[Task::Regression],
        fit: |training, _| Ok(FittedBaseline::Constant(vec![training.mean()])),
    },
    Baseline {
        name: "prevalence",
        signature: "prevalence",
        doc: "The training rows' share of positives, or of each class, for every row.",
        tasks: &[Task::Binary, Task::Classes],
        fit: |training, _| Ok(FittedBaseline::Constant(training.shares())),
    },
];

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
        training.check()?;
        (self.fit)(training, args)
    }
}

impl Training<'_> {
    fn check(&self) -> Result<(), String> {
        let rows = self.target.len();
        if self.features.len() != rows.saturating_mul(self.columns) || self.weight.is_some_and(|w| w.len() != rows) {
            return Err("features, targets and weights have different numbers of rows".into());
        }
        if self.features.iter().any(|x| !x.is_finite()) {
            return Err("a feature is not finite".into());
        }
        let valid = |y: f64| match self.task {
            Task::Binary => y == 0.0 || y == 1.0,
            Task::Classes => y >= 0.0 && y < self.classes as f64 && y.fract() == 0.0,
            Task::Regression => y.is_finite(),
        };
        if !self.target.iter().all(|&y| valid(y)) {
            return Err("a target is not of its kind".into());
        }
        let weights = self.weights();
        if weights.iter().any(|w| !(w.is_finite() && *w >= 0.0)) {
            return Err("a weight is negative or not finite".into());
        }
        if weights.iter().all(|w| *w == 0.0) { Err("no rows count".into()) } else { Ok(()) }
    }

    pub(super) fn weights(&self) -> Vec<f64> {
        self.weight.map_or_else(|| vec![1.0; self.target.len()], <[f64]>::to_vec)
    }

    pub(super) fn mean(&self) -> f64 {
        let weights = self.weights();
        let sum: f64 = self.target.iter().zip(&weights).map(|(y, w)| y * w).sum();
        sum / weights.iter().sum::<f64>()
    }

    /// The share of positives, or of each class.
    fn shares(&self) -> Vec<f64> {
        if self.task == Task::Binary {
            return vec![self.mean()];
        }
        let (weights, mut shares) = (self.weights(), vec![0.0; self.classes]);
        self.target.iter().zip(&weights).for_each(|(&y, w)| shares[y as usize] += w);
        let total: f64 = shares.iter().sum();
        shares.iter().map(|s| s / total).collect()
    }
}

impl FittedBaseline {
    /// What it predicts for `rows` rows of `features` `[rows, columns]`: one number a row, or `[rows, K]` probabilities.
    pub fn predict(&self, features: &[f32], rows: usize) -> Vec<f64> {
        match self {
            FittedBaseline::Constant(values) => values.repeat(rows),
            FittedBaseline::Linear { task, columns, coefficients, intercepts } => {
                let mut scores = Vec::with_capacity(rows * intercepts.len());
                for i in 0..rows {
                    let row = features.get(i * columns..(i + 1) * columns).unwrap_or(&[]);
                    let first = scores.len();
                    scores.extend(intercepts.iter().enumerate().map(|(k, b)| {
                        let weights = coefficients.get(k * columns..(k + 1) * columns).unwrap_or(&[]);
                        b + row.iter().zip(weights).map(|(&x, w)| f64::from(x) * w).sum::<f64>()
                    }));
                    to_predictions(*task, &mut scores[first..]);
                }
                scores
            }
        }
    }
}

fn to_predictions(task: Task, scores: &mut [f64]) {
    match task {
        Task::Regression => {}
        Task::Binary => scores.iter_mut().for_each(|z| *z = logistic::sigmoid(*z)),
        Task::Classes => {
            logistic::softmax(scores);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training<'a>(task: Task, features: &'a [f32], target: &'a [f64]) -> Training<'a> {
        Training { features, columns: features.len() / target.len(), target, weight: None, task, classes: 3 }
    }

    #[test]
    fn constants_are_the_shares_of_the_training_rows() {
        let shares = |task, target: &[f64]| {
            let fitted = find_baseline("prevalence").unwrap().fit(&training(task, &[], target), &Args::default());
            fitted.unwrap().predict(&[], 1)
        };
        assert_eq!(shares(Task::Binary, &[1.0, 0.0, 0.0, 0.0]), [0.25]);
        assert_eq!(shares(Task::Classes, &[2.0, 0.0, 0.0, 2.0]), [0.5, 0.0, 0.5]);
    }

    #[test]
    fn what_can_not_be_learned_is_refused_with_its_reason() {
        let fit = |name: &str, t: Training<'_>| find_baseline(name).unwrap().fit(&t, &Args::default());
        let one_class = fit("logistic", training(Task::Binary, &[1.0, 2.0], &[1.0, 1.0]));
        assert!(one_class.unwrap_err().contains("only one class"));
        let not_finite = fit("linear", training(Task::Regression, &[1.0, f32::NAN], &[1.0, 2.0]));
        assert!(not_finite.unwrap_err().contains("not finite"));
        let other_task = fit("linear", training(Task::Binary, &[1.0, 2.0], &[1.0, 0.0]));
        assert!(other_task.unwrap_err().contains("another kind"));
        let ragged = Training { columns: 2, ..training(Task::Regression, &[1.0, 2.0, 3.0], &[1.0, 2.0]) };
        assert!(fit("linear", ragged).is_err());
    }
}
