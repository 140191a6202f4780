//! Metrics of numbers that are not plain means.

use crate::types::Args;

use super::{Prepared, Sample, Score};

struct R2 {
    target: Vec<f64>,
    squared_error: Vec<f64>,
}

impl Prepared for R2 {
    fn score(&self, weight: &[f64]) -> Score {
        let counting = || weight.iter().zip(&self.target).filter(|(w, _)| **w > 0.0);
        let Some((_, first)) = counting().next() else { return Score::Undefined("no rows count") };
        if counting().nth(1).is_none() {
            return Score::Undefined("fewer than two rows");
        }
        let residual: f64 = weight.iter().zip(&self.squared_error).map(|(w, e)| w * e).sum();
        if counting().all(|(_, y)| y == first) {
            return Score::Number(if residual == 0.0 { 1.0 } else { 0.0 });
        }
        let total: f64 = weight.iter().sum();
        let mean = counting().map(|(w, y)| w * y).sum::<f64>() / total;
        let spread: f64 = counting().map(|(w, y)| w * (y - mean) * (y - mean)).sum();
        Score::Number(1.0 - residual / spread)
    }
}

pub(super) fn r2(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    let squared_error = sample.target.iter().zip(sample.values()).map(|(y, p)| (y - p) * (y - p)).collect();
    Box::new(R2 { target: sample.target.to_vec(), squared_error })
}

struct MedianError {
    /// Absolute errors, rising, and their rows.
    error: Vec<(f64, u32)>,
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
}

pub(super) fn median_ae(sample: &Sample<'_>, _: &Args) -> Box<dyn Prepared> {
    let errors = sample.target.iter().zip(sample.values()).zip(0..).map(|((y, p), row)| ((y - p).abs(), row));
    let mut error: Vec<(f64, u32)> = errors.collect();
    error.sort_by(|a, b| a.0.total_cmp(&b.0));
    Box::new(MedianError { error })
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
        assert_eq!(score(r2, &[1.0], &[1.0]), Score::Undefined("fewer than two rows"));
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(score(median_ae, &[1.0, 2.0, 3.0, 9.0], &[0.0; 4]), Score::Number(2.5));
        assert_eq!(score(median_ae, &[1.0, 2.0, 3.0], &[0.0; 3]), Score::Number(2.0));
    }
}
