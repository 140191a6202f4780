use crate::types::Args;

use super::{Sample, Score, Task};

/// Which scores are better ones: for `keep = best(…)` and `stop = early(…)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
    /// A table, which is not compared.
    Neither,
}

/// What of the predictions a metric looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The probabilities or values themselves; the threshold does not matter.
    Scores,
    /// The decisions: yes or no at the threshold, or the class with the greatest probability.
    Decisions,
}

/// A row of the table [`METRICS`](super::METRICS).
#[derive(Debug)]
pub struct Metric {
    pub name: &'static str,
    /// A header in the language's syntax (see [`Args`]); a metric without arguments is only its name.
    pub signature: &'static str,
    /// Formula, range, edge cases.
    pub doc: &'static str,
    pub tasks: &'static [Task],
    pub better: Better,
    pub needs: Needs,
    /// Looks once at a sample that [`Sample::check`] has passed, of a task that `tasks` lists.
    pub(super) prepare: fn(&Sample<'_>, &Args) -> Box<dyn Prepared>,
}

/// A metric of one sample, ready for any weights: a bootstrap replicate is nothing but other weights.
pub trait Prepared: Send + Sync {
    /// `weight` has one number a row, none negative.
    fn score(&self, weight: &[f64]) -> Score;

    /// The score of a bootstrap replicate, whose spread makes the interval. Metrics that jump from row to row, which the
    /// bootstrap judges badly, give a smooth score that estimates the same.
    fn replicate(&self, weight: &[f64]) -> Score {
        self.score(weight)
    }
}

/// A metric and its arguments, as an `evaluate` lists them.
#[derive(Debug, Clone)]
pub struct Request {
    pub metric: &'static Metric,
    pub args: Args,
}

impl Metric {
    pub fn fits(&self, task: Task) -> bool {
        self.tasks.contains(&task)
    }

    /// The score of a sample. Arguments that `args` leaves out have the signature's defaults.
    pub fn score(&self, sample: &Sample<'_>, args: &Args) -> Score {
        match self.prepared(sample, args) {
            Ok(prepared) => match prepared.score(&sample.weights()) {
                Score::Number(x) if !x.is_finite() => Score::Undefined("the numbers are too large"),
                score => score,
            },
            Err(why) => Score::Undefined(why),
        }
    }

    /// What scores this sample under any weights; the reason if the sample is not sound or of another task.
    pub fn prepared(&self, sample: &Sample<'_>, args: &Args) -> Result<Box<dyn Prepared>, &'static str> {
        if !self.fits(sample.predicted.task()) {
            return Err("this metric is for another kind of target");
        }
        sample.check()?;
        Ok((self.prepare)(sample, args))
    }
}

impl Request {
    /// A metric with its defaults.
    pub fn plain(metric: &'static Metric) -> Self {
        Request { metric, args: Args::default() }
    }

    pub fn score(&self, sample: &Sample<'_>) -> Score {
        self.metric.score(sample, &self.args)
    }
}
