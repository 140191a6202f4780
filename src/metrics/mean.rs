use crate::types::Args;

use super::counts::decision;
use super::{Predictions, Prepared, Sample, Score};

/// A metric that is a weighted mean over the rows, perhaps with a function of it.
struct Mean {
    of_row: Vec<f64>,
    finish: fn(f64) -> f64,
}

impl Prepared for Mean {
    fn score(&self, weight: &[f64]) -> Score {
        let (sum, total) = weighted_sums(&self.of_row, weight);
        if total > 0.0 { Score::Number((self.finish)(sum / total)) } else { Score::Undefined("no rows count") }
    }
}

/// `sum(weight * value)` and `sum(weight)`, in eight interleaved partial sums: a fixed order that runs in vector lanes.
pub(super) fn weighted_sums(value: &[f64], weight: &[f64]) -> (f64, f64) {
    const LANES: usize = 8;
    let (mut sum, mut total) = ([0.0; LANES], [0.0; LANES]);
    let (values, weights) = (value.chunks_exact(LANES), weight.chunks_exact(LANES));
    let rest = values.remainder().iter().zip(weights.remainder()).map(|(v, w)| (v * w, *w));
    let rest = rest.fold((0.0, 0.0), |(a, b), (x, w)| (a + x, b + w));
    for (v, w) in values.zip(weights) {
        for lane in 0..LANES {
            sum[lane] += v[lane] * w[lane];
            total[lane] += w[lane];
        }
    }
    (sum.iter().sum::<f64>() + rest.0, total.iter().sum::<f64>() + rest.1)
}

fn mean_of(sample: &Sample<'_>, of_row: impl FnMut(usize) -> f64) -> Box<dyn Prepared> {
    Box::new(Mean { of_row: (0..sample.rows()).map(of_row).collect(), finish: |mean| mean })
}

/// The mean over rows of `loss(target, predicted)`.
fn mean_loss(sample: &Sample<'_>, loss: impl Fn(f64, f64) -> f64) -> Box<dyn Prepared> {
    let value = sample.values();
    mean_of(sample, |i| loss(sample.target[i], value[i]))
}

pub(super) fn mse(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    mean_loss(sample, |y, p| (y - p) * (y - p))
}

pub(super) fn rmse(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    let squared = sample.target.iter().zip(sample.values()).map(|(y, p)| (y - p) * (y - p));
    Box::new(Mean { of_row: squared.collect(), finish: f64::sqrt })
}

pub(super) fn mae(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    mean_loss(sample, |y, p| (y - p).abs())
}

pub(super) fn mape(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    mean_loss(sample, |y, p| (y - p).abs() / y.abs().max(f64::EPSILON))
}

pub(super) fn pinball(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    let q = args.real("q").unwrap_or(0.5);
    mean_loss(sample, |y, p| if y >= p { q * (y - p) } else { (1.0 - q) * (p - y) })
}

pub(super) fn brier(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    match sample.predicted {
        Predictions::Classes { prob, classes } => mean_of(sample, |i| {
            let truth = sample.target[i] as usize;
            let row = prob[i * classes..(i + 1) * classes].iter().enumerate();
            row.map(|(k, p)| (p - f64::from(u8::from(k == truth))).powi(2)).sum()
        }),
        _ => mse(sample, &Args::default()),
    }
}

pub(super) fn log_loss(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    let surprise = |p: f64| -p.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln();
    match sample.predicted {
        Predictions::Classes { prob, classes } => {
            mean_of(sample, |i| surprise(prob[i * classes + sample.target[i] as usize]))
        }
        _ => mean_loss(sample, |y, p| surprise(if y > 0.5 { p } else { 1.0 - p })),
    }
}

pub(super) fn accuracy(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    mean_of(sample, |i| f64::from(u8::from(decision(sample, i) == sample.target[i] as usize)))
}

pub(super) fn top(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    let k = usize::try_from(args.int("k").unwrap_or(5)).unwrap_or(1);
    let Predictions::Classes { prob, classes } = sample.predicted else { return accuracy(sample, args) };
    mean_of(sample, |i| {
        let (row, truth) = (&prob[i * classes..(i + 1) * classes], sample.target[i] as usize);
        // Of equal probabilities the later class comes first, as in scikit-learn.
        let before =
            row.iter().enumerate().filter(|&(j, p)| *p > row[truth] || (*p == row[truth] && j > truth)).count();
        f64::from(u8::from(before < k))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_counts_once_whatever_their_number() {
        for rows in [1, 7, 8, 9, 16, 29] {
            let value: Vec<f64> = (0..rows).map(f64::from).collect();
            let (sum, total) = weighted_sums(&value, &vec![2.0; rows as usize]);
            assert_eq!((sum, total), (f64::from(rows * (rows - 1)), f64::from(2 * rows)));
        }
    }
}
