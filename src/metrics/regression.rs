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
        assert_eq!(score(r2, &[1e9 + 1.0, 1e9 + 3.0], &[1e9 + 2.0, 1e9 + 4.0]), Score::Number(0.0));
        assert_eq!(score(r2, &[1.0], &[1.0]), Score::Undefined("fewer than two rows"));
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(score(median_ae, &[1.0, 2.0, 3.0, 9.0], &[0.0; 4]), Score::Number(2.5));
        assert_eq!(score(median_ae, &[1.0, 2.0, 3.0], &[0.0; 3]), Score::Number(2.0));
    }
}
