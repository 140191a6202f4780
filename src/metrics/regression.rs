//! Metrics of numbers that are not plain means.

use crate::types::Args;

use super::mean::weighted_sums;
use super::{Prepared, Sample, Score};

struct R2 {
    /// The target less its mean, so that the sums below lose nothing, and its square.
    centred: Vec<f64>,
    squared: Vec<f64>,
    squared_error: Vec<f64>,
}

impl Prepared for R2 {
    fn score(&self, weight: &[f64]) -> Score {
        let mut counting = weight.iter().zip(&self.centred).filter(|(w, _)| **w > 0.0).map(|(_, y)| y);
        let (Some(first), Some(second)) = (counting.next(), counting.next()) else {
            return Score::Undefined("fewer than two rows");
        };
        let (residual, total) = weighted_sums(&self.squared_error, weight);
        if first == second && counting.all(|y| y == first) {
            return Score::Number(if residual == 0.0 { 1.0 } else { 0.0 });
        }
        let (sum, _) = weighted_sums(&self.centred, weight);
        let (squares, _) = weighted_sums(&self.squared, weight);
        Score::Number(1.0 - residual / (squares - sum * sum / total))
    }
}

pub(super) fn r2(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    let (sum, total) = weighted_sums(sample.target, &sample.weights());
    let centred: Vec<f64> = sample.target.iter().map(|y| y - sum / total).collect();
    let squared = centred.iter().map(|y| y * y).collect();
    let squared_error = sample.target.iter().zip(sample.values()).map(|(y, p)| (y - p) * (y - p)).collect();
    Box::new(R2 { centred, squared, squared_error })
}

struct MedianError {
    /// Absolute errors, rising, and their rows.
    error: Vec<(f64, u32)>,
    /// How far from the middle of the cumulative weight errors still count in a smooth median, as a share of all.
    reach: f64,
}

impl Prepared for MedianError {
    /// The value where the cumulative weight passes one half; where it stops at one half, the mean of the two around
    /// (`averaged_inverted_cdf` of Hyndman and Fan 1996).
    fn score(&self, weight: &[f64]) -> Score {
        let mut counting = self.error.iter().map(|&(e, row)| (e, weight[row as usize])).filter(|(_, w)| *w > 0.0);
        let half = 0.5 * counting.clone().map(|(_, w)| w).sum::<f64>();
        let mut sum = 0.0;
        let Some((middle, _)) = counting.find(|(_, w)| {
            sum += w;
            sum >= half
        }) else {
            return Score::Undefined("no rows count");
        };
        let next = if sum - half > f64::EPSILON { None } else { counting.next() };
        Score::Number(next.map_or(middle, |(above, _)| 0.5 * (middle + above)))
    }

    /// The mean of the quantiles around one half, weighted by a kernel (Sheather and Marron 1990). Percentiles of the
    /// median itself, which is always one of a few errors, cover differences too often.
    fn replicate(&self, weight: &[f64]) -> Score {
        let total: f64 = weight.iter().sum();
        if total <= 0.0 {
            return Score::Undefined("no rows count");
        }
        let (mut below, mut sum, mut mass) = (0.0, 0.0, 0.0);
        let share = |cumulative: f64| triweight((cumulative / total - 0.5) / self.reach);
        for (error, row) in &self.error {
            let above = below + weight[*row as usize];
            if above / total > 0.5 - self.reach {
                let part = share(above) - share(below);
                sum += part * error;
                mass += part;
            }
            below = above;
            if below / total > 0.5 + self.reach {
                break;
            }
        }
        Score::Number(sum / mass)
    }
}

/// The share of a triweight kernel on -1..1 that lies below `x`.
fn triweight(x: f64) -> f64 {
    let x = x.clamp(-1.0, 1.0);
    let square = x * x;
    0.5 + 35.0 / 32.0 * x * (1.0 - square * (1.0 - square * (0.6 - square / 7.0)))
}

pub(super) fn median_ae(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    let errors = sample.target.iter().zip(sample.values()).zip(0..).map(|((y, p), row)| ((y - p).abs(), row));
    let mut error: Vec<(f64, u32)> = errors.collect();
    error.sort_by(|a, b| a.0.total_cmp(&b.0));
    // As wide as the weights of Harrell and Davis (1982), whose deviation is 1 / (2 sqrt(n + 2)); the kernel's is a third
    // of its reach. Weighted rows count as Kish (1965) has it.
    let weight = sample.weights();
    let (sum, squares) = weight.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    let reach = 1.5 / (sum * sum / squares + 2.0).sqrt();
    Box::new(MedianError { error, reach })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Predictions;

    fn score(prepare: fn(&Sample<'_>, &Args) -> Box<dyn Prepared>, value: &[f64], target: &[f64]) -> Score {
        let sample = Sample::new(Predictions::Number { value }, target);
        prepare(&sample, &Args::default()).score(&sample.weights())
    }

    #[test]
    fn r2_of_constant_targets_and_single_rows() {
        assert_eq!(score(r2, &[0.1, 0.1, 0.1], &[0.1, 0.1, 0.1]), Score::Number(1.0));
        assert_eq!(score(r2, &[0.1, 0.1, 0.2], &[0.1, 0.1, 0.1]), Score::Number(0.0));
        assert_eq!(score(r2, &[1e9 + 1.0, 1e9 + 3.0], &[1e9 + 2.0, 1e9 + 4.0]), Score::Number(0.0));
        assert_eq!(score(r2, &[1.0], &[1.0]), Score::Undefined("fewer than two rows"));
    }

    #[test]
    fn a_replicate_s_median_is_smooth_and_lies_at_the_median() {
        let prepared = |errors: &[f64], weight: Option<&[f64]>| {
            let target = vec![0.0; errors.len()];
            median_ae(
                &Sample { weight, ..Sample::new(Predictions::Number { value: errors }, &target) },
                &Args::default(),
            )
        };
        let number = |score: Score| score.number().unwrap();
        // Of evenly spread errors it is the median, however the rows are ordered.
        let errors: Vec<f64> = (0..101).map(|i| f64::from((i * 37) % 101)).collect();
        let even = prepared(&errors, None);
        assert!((number(even.replicate(&[1.0; 101])) - 50.0).abs() < 1e-9);
        // A little weight moves it a little, where the median itself stays or jumps.
        let mut weight = vec![1.0; 101];
        weight[errors.iter().position(|e| *e == 90.0).unwrap()] += 0.01;
        let moved = number(even.replicate(&weight));
        assert!(moved > 50.0 && moved < 50.02, "{moved}");
        assert_eq!(number(even.score(&weight)), 50.0);
        // One row, rows of no weight, and a repeated row that is two rows.
        assert!((number(prepared(&[3.0], None).replicate(&[1.0])) - 3.0).abs() < 1e-12);
        assert!((number(prepared(&[3.0, 9.0, 9.0], None).replicate(&[2.0, 0.0, 0.0])) - 3.0).abs() < 1e-12);
        assert!(matches!(prepared(&[3.0], None).replicate(&[0.0]), Score::Undefined(_)));
        let (twice, once) = (prepared(&[1.0, 2.0, 2.0, 7.0], None), prepared(&[1.0, 2.0, 7.0, 9.0], None));
        let (twice, once) = (twice.replicate(&[1.0; 4]), once.replicate(&[1.0, 2.0, 1.0, 0.0]));
        assert!((number(twice) - number(once)).abs() < 1e-12);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(score(median_ae, &[1.0, 2.0, 3.0, 9.0], &[0.0; 4]), Score::Number(2.5));
        assert_eq!(score(median_ae, &[1.0, 2.0, 3.0], &[0.0; 3]), Score::Number(2.0));
    }
}
