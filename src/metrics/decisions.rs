//! Metrics of the confusion matrix.

use crate::types::Args;

use super::counts::{Confusion, counted};
use super::{Axis, Labels, Prepared, Sample, Score, Table};

/// A ratio, undefined for a reason where nothing is divided.
fn ratio(part: f64, whole: f64, why: &'static str) -> Result<f64, &'static str> {
    if whole > 0.0 { Ok(part / whole) } else { Err(why) }
}

/// What a class's precision, recall and F-scores are made of.
#[derive(Clone, Copy, Default)]
struct Tally {
    hit: f64,
    decided: f64,
    actual: f64,
}

impl Tally {
    fn of(confusion: &Confusion<'_>, class: usize) -> Tally {
        Tally { hit: confusion.hit[class], decided: confusion.decided[class], actual: confusion.actual[class] }
    }

    fn precision(self) -> Result<f64, &'static str> {
        ratio(self.hit, self.decided, "nothing was decided as this class")
    }

    fn recall(self) -> Result<f64, &'static str> {
        ratio(self.hit, self.actual, "no row is of this class")
    }

    fn fbeta(self, beta: f64) -> Result<f64, &'static str> {
        let b = beta * beta;
        let why = "no row is of this class, and none was decided so";
        ratio((1.0 + b) * self.hit, b * self.actual + self.decided, why)
    }
}

/// The positive class's score, or an average over classes; of classes that occur, in truth or decided, an undefined score counts as 0.
fn averaged(
    confusion: &Confusion<'_>,
    args: &Args,
    score: impl Fn(Tally) -> Result<f64, &'static str>,
) -> Result<f64, &'static str> {
    let tallies = || (0..confusion.classes).map(|class| Tally::of(confusion, class));
    let (mut sum, mut total) = (0.0, 0.0);
    match args.text("average").unwrap_or("auto") {
        "auto" if confusion.binary => return score(Tally::of(confusion, 1)),
        "micro" => {
            let add = |a: Tally, b: Tally| Tally {
                hit: a.hit + b.hit,
                decided: a.decided + b.decided,
                actual: a.actual + b.actual,
            };
            return score(tallies().fold(Tally::default(), add));
        }
        "weighted" => {
            for tally in tallies().filter(|t| t.actual > 0.0) {
                sum += tally.actual * score(tally).unwrap_or(0.0);
                total += tally.actual;
            }
        }
        _ => {
            for tally in tallies().filter(|t| t.actual > 0.0 || t.decided > 0.0) {
                sum += score(tally).unwrap_or(0.0);
                total += 1.0;
            }
        }
    }
    ratio(sum, total, "no rows count")
}

pub(super) fn precision(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, args| averaged(c, args, Tally::precision).into())
}

pub(super) fn recall(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, args| averaged(c, args, Tally::recall).into())
}

pub(super) fn f1(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, args| averaged(c, args, |t| t.fbeta(1.0)).into())
}

pub(super) fn fbeta(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, args| {
        let beta = args.real("beta").unwrap_or(1.0);
        averaged(c, args, |t| t.fbeta(beta)).into()
    })
}

pub(super) fn specificity(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, _| ratio(c.hit[0], c.actual[0], "no row is negative").into())
}

pub(super) fn balanced_accuracy(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, _| {
        let recalls: Vec<f64> = (0..c.classes).filter_map(|k| Tally::of(c, k).recall().ok()).collect();
        ratio(recalls.iter().sum(), recalls.len() as f64, "no rows count").into()
    })
}

/// Gorodkin 2004, equation 8; for two classes Matthews 1975.
pub(super) fn mcc(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, _| {
        let single = |weights: &[f64]| weights.iter().filter(|&&w| w > 0.0).count() < 2;
        if single(&c.actual) || single(&c.decided) {
            return Score::Number(0.0);
        }
        let squared = c.total * c.total;
        let covariance = c.hit.iter().sum::<f64>() * c.total - dot(&c.actual, &c.decided);
        let spread = (squared - dot(&c.actual, &c.actual)) * (squared - dot(&c.decided, &c.decided));
        Score::Number(covariance / spread.sqrt())
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Cohen 1960; with weights Cohen 1968.
pub(super) fn kappa(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, args| {
        let distance: fn(usize, usize) -> f64 = match args.text("weights") {
            Some("linear") => |i, j| i.abs_diff(j) as f64,
            Some("quadratic") => |i, j| (i.abs_diff(j) as f64).powi(2),
            _ => |i, j| f64::from(u8::from(i != j)),
        };
        let observed: f64 = c.cells().map(|(truth, decided, w)| w * distance(truth, decided)).sum();
        let occurring = |weights: &[f64]| -> Vec<(usize, f64)> {
            weights.iter().copied().enumerate().filter(|(_, w)| *w > 0.0).collect()
        };
        let decided = occurring(&c.decided);
        let of_class = |(i, a): (usize, f64)| a * decided.iter().map(|&(j, d)| d * distance(i, j)).sum::<f64>();
        let expected: f64 = occurring(&c.actual).into_iter().map(of_class).sum();
        ratio(observed * c.total, expected, "all rows are of one class and were decided so").map(|k| 1.0 - k).into()
    })
}

pub(super) fn per_class(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, _| {
        let row = |class| {
            let tally = Tally::of(c, class);
            let scores = [tally.precision(), tally.recall(), tally.fbeta(1.0), Ok(tally.actual)];
            scores.map(|score| score.unwrap_or(f64::NAN))
        };
        Score::Table(Table {
            rows: Axis { title: "class", labels: Labels::Classes(c.classes) },
            columns: Axis { title: "", labels: Labels::Words(&["precision", "recall", "f1", "support"]) },
            cells: (0..c.classes).flat_map(row).collect(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Predictions;

    fn binary(prepare: fn(&Sample<'_>, &Args) -> Box<dyn Prepared>, prob: &[f64], target: &[f64]) -> Score {
        let sample = Sample::new(Predictions::Binary { prob }, target);
        prepare(&sample, &Args::default()).score(&sample.weights())
    }

    #[test]
    fn what_divides_by_nothing_is_undefined_with_its_reason() {
        assert_eq!(binary(precision, &[0.1, 0.2], &[0.0, 1.0]), Score::Undefined("nothing was decided as this class"));
        assert_eq!(binary(recall, &[0.9, 0.2], &[0.0, 0.0]), Score::Undefined("no row is of this class"));
        assert_eq!(binary(specificity, &[0.9, 0.2], &[1.0, 1.0]), Score::Undefined("no row is negative"));
        assert!(matches!(binary(f1, &[0.1, 0.2], &[0.0, 0.0]), Score::Undefined(_)));
        assert!(matches!(binary(kappa, &[0.9], &[1.0]), Score::Undefined(_)));
    }

    #[test]
    fn what_is_bad_rather_than_undefined_is_zero() {
        assert_eq!(binary(f1, &[0.1, 0.2], &[0.0, 1.0]), Score::Number(0.0));
        assert_eq!(binary(mcc, &[0.1, 0.2], &[0.0, 1.0]), Score::Number(0.0));
    }
}
