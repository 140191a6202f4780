use serde::{Deserialize, Serialize};

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One yes/no answer.
    Binary,
    /// One class of several.
    Classes,
    /// A number.
    Regression,
}

/// What a model said of each row.
#[derive(Debug, Clone, Copy)]
pub enum Predictions<'a> {
    /// The probability of yes, in `0..1`, one a row.
    Binary { prob: &'a [f64] },
    /// The probabilities `[rows, classes]`, row by row.
    Classes { prob: &'a [f64], classes: usize },
    /// A number in the target's own units, one a row.
    Number { value: &'a [f64] },
}

/// Rows with what was predicted and what is true.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    pub predicted: Predictions<'a>,
    /// 0 or 1; the class as its number from 0; or a number in its own units.
    pub target: &'a [f64],
    /// At least 0, one a row; all 1 if there are none. A row with weight 0 does not count.
    pub weight: Option<&'a [f64]>,
    /// The decision on a binary target is yes where `prob >= threshold`.
    pub threshold: f64,
}

impl Predictions<'_> {
    pub fn task(&self) -> Task {
        match self {
            Predictions::Binary { .. } => Task::Binary,
            Predictions::Classes { .. } => Task::Classes,
            Predictions::Number { .. } => Task::Regression,
        }
    }
}

impl<'a> Sample<'a> {
    /// Rows without weights, decided at 0.5.
    pub fn new(predicted: Predictions<'a>, target: &'a [f64]) -> Self {
        Sample { predicted, target, weight: None, threshold: 0.5 }
    }

    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// Whether the lengths fit, everything is finite, targets and probabilities are what the task asks for, and any row counts.
    pub fn check(&self) -> Result<(), &'static str> {
        let rows = self.rows();
        let values = self.values();
        let expected = match self.predicted {
            Predictions::Classes { classes, .. } => rows.saturating_mul(classes),
            _ => rows,
        };
        if values.len() != expected || self.weight.is_some_and(|w| w.len() != rows) {
            return Err("predictions, targets and weights have different numbers of rows");
        }
        if values.iter().any(|p| !p.is_finite()) {
            return Err("a prediction is not finite");
        }
        if self.predicted.task() != Task::Regression && values.iter().any(|p| !(0.0..=1.0).contains(p)) {
            return Err("a prediction is not a probability");
        }
        let valid = |y: f64| match self.predicted {
            Predictions::Binary { .. } => y == 0.0 || y == 1.0,
            Predictions::Classes { classes, .. } => y >= 0.0 && y < classes as f64 && y.fract() == 0.0,
            Predictions::Number { .. } => y.is_finite(),
        };
        if !self.target.iter().all(|&y| valid(y)) {
            return Err("a target is not what the predictions are of");
        }
        match self.weight {
            Some(w) if w.iter().any(|w| !(w.is_finite() && *w >= 0.0)) => Err("a weight is negative or not finite"),
            Some(w) if w.iter().all(|w| *w == 0.0) => Err("no rows count"),
            None if rows == 0 => Err("there are no rows"),
            _ => Ok(()),
        }
    }

    /// What was predicted, as it lies in memory.
    pub(super) fn values(&self) -> &'a [f64] {
        match self.predicted {
            Predictions::Binary { prob } | Predictions::Classes { prob, .. } => prob,
            Predictions::Number { value } => value,
        }
    }

    /// The weight of each row.
    pub fn weights(&self) -> Vec<f64> {
        self.weight.map_or_else(|| vec![1.0; self.rows()], <[f64]>::to_vec)
    }
}

/// Some rows of a sample, copied: a slice of the data, or the rows in another order.
#[derive(Debug, Clone)]
pub struct Selected {
    values: Vec<f64>,
    target: Vec<f64>,
    weight: Option<Vec<f64>>,
    threshold: f64,
    task: Task,
    classes: usize,
}

impl Selected {
    /// The rows with these numbers, in this order; numbers beyond the last row are left out.
    pub fn new(sample: &Sample<'_>, rows: &[u32]) -> Self {
        let classes = match sample.predicted {
            Predictions::Classes { classes, .. } => classes,
            _ => 1,
        };
        let rows = || rows.iter().map(|&i| i as usize).filter(|&i| i < sample.rows());
        let of_row = |i: usize| sample.values().get(i * classes..(i + 1) * classes).unwrap_or(&[]).iter().copied();
        let pick = |values: &[f64]| rows().filter_map(|i| values.get(i).copied()).collect();
        Selected {
            values: rows().flat_map(of_row).collect(),
            target: pick(sample.target),
            weight: sample.weight.map(pick),
            threshold: sample.threshold,
            task: sample.predicted.task(),
            classes,
        }
    }

    pub fn sample(&self) -> Sample<'_> {
        let predicted = match self.task {
            Task::Binary => Predictions::Binary { prob: &self.values },
            Task::Classes => Predictions::Classes { prob: &self.values, classes: self.classes },
            Task::Regression => Predictions::Number { value: &self.values },
        };
        Sample { predicted, target: &self.target, weight: self.weight.as_deref(), threshold: self.threshold }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_sound_is_named() {
        let why = |prob: &[f64], target: &[f64], weight: Option<&[f64]>| {
            Sample { weight, ..Sample::new(Predictions::Binary { prob }, target) }.check().unwrap_err()
        };
        assert!(why(&[0.1], &[0.0, 1.0], None).contains("numbers of rows"));
        assert!(why(&[f64::NAN], &[0.0], None).contains("not finite"));
        assert!(why(&[1.5], &[0.0], None).contains("not a probability"));
        assert!(why(&[0.5], &[2.0], None).contains("target"));
        assert!(why(&[0.5], &[1.0], Some(&[-1.0])).contains("weight"));
        assert!(why(&[0.5], &[1.0], Some(&[0.0])).contains("no rows count"));
        assert!(why(&[], &[], None).contains("no rows"));
    }

    #[test]
    fn selected_rows_keep_what_belongs_to_them() {
        let prob = [0.2, 0.8, 0.6, 0.4, 0.5, 0.5];
        let sample = Sample {
            weight: Some(&[1.0, 2.0, 3.0]),
            ..Sample::new(Predictions::Classes { prob: &prob, classes: 2 }, &[1.0, 0.0, 1.0])
        };
        let selected = Selected::new(&sample, &[2, 0, 9]);
        let found = selected.sample();
        assert_eq!(found.values(), [0.5, 0.5, 0.2, 0.8]);
        assert_eq!((found.target, found.weight), ([1.0, 1.0].as_slice(), Some([3.0, 1.0].as_slice())));
        assert_eq!(found.check(), Ok(()));
    }
}
