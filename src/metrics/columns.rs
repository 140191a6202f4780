//! Answers of several columns: a metric of them is the mean over the columns, as torchmetrics' macro average.

use super::bootstrap::{Replicates, percentile_interval};
use super::{Interval, Prepared, Resampling, Sample, Score};

/// Parts of a metric whose mean is the score; parts that are undefined are left out.
pub struct MeanOf(pub Vec<Box<dyn Prepared>>);

impl Prepared for MeanOf {
    fn score(&self, weight: &[f64]) -> Score {
        self.mean(|part| part.score(weight))
    }

    fn replicate(&self, weight: &[f64]) -> Score {
        self.mean(|part| part.replicate(weight))
    }
}

impl MeanOf {
    fn mean(&self, score: impl Fn(&dyn Prepared) -> Score) -> Score {
        let scores: Vec<Score> = self.0.iter().map(|part| score(&**part)).collect();
        let numbers: Vec<f64> = scores.iter().filter_map(Score::number).collect();
        match (numbers.len(), scores.into_iter().next()) {
            (0, Some(first)) => first,
            (0, None) => Score::Undefined("there are no columns"),
            (n, _) => Score::Number(numbers.iter().sum::<f64>() / n as f64),
        }
    }
}

/// Bootstrap intervals as [`intervals`](super::intervals) has them, of metrics that are ready for weights of `rows` rows.
pub fn intervals_of(
    rows: usize,
    weight: Option<&[f64]>,
    metrics: Vec<Option<Box<dyn Prepared>>>,
    how: &Resampling<'_>,
) -> Vec<Option<Interval>> {
    if rows == 0 || how.groups.is_some_and(|g| g.len() != rows) {
        return vec![None; metrics.len()];
    }
    let count = metrics.len();
    let target = vec![0.0; rows];
    let sample = Sample { weight, ..Sample::new(super::Predictions::Number { value: &target }, &target) };
    let replicates = Replicates::new(&sample, metrics, how).scores(how.replicates, how.threads);
    (0..count).map(|m| percentile_interval(replicates.iter().map(|scores| scores[m]).collect(), how.level)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Predictions, Request, find_metric, intervals};
    use crate::types::Args;

    #[test]
    fn the_mean_leaves_out_columns_without_a_score() {
        let metric = find_metric("roc_auc").unwrap();
        let (prob, one_class, both) = ([0.1, 0.9, 0.4], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
        let prepared = |target: &[f64]| {
            metric.prepared(&Sample::new(Predictions::Binary { prob: &prob }, target), &Args::default()).unwrap()
        };
        let score = |targets: &[&[f64]]| MeanOf(targets.iter().map(|t| prepared(t)).collect()).score(&[1.0; 3]);
        assert_eq!(score(&[&both, &one_class]), Score::Number(1.0));
        assert!(matches!(score(&[&one_class]), Score::Undefined(_)));
    }

    #[test]
    fn one_column_has_the_interval_of_the_plain_metric() {
        // In the order in which the plain intervals sort the rows, so that the draws are the same.
        let prob: Vec<f64> = (0..60).map(|i| f64::from(59 - i) / 60.0).collect();
        let target: Vec<f64> = (0..60).map(|i| f64::from(u8::from(i % 3 == 0 || i < 20))).collect();
        let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        let request = Request::plain(find_metric("accuracy").unwrap());
        let how = Resampling::default();
        let plain = intervals(&sample, std::slice::from_ref(&request), &how)[0].unwrap();
        let part = request.metric.prepared(&sample, &request.args).unwrap();
        let mean = intervals_of(60, None, vec![Some(Box::new(MeanOf(vec![part])))], &how)[0].unwrap();
        assert!((plain.low - mean.low).abs() < 0.03 && (plain.high - mean.high).abs() < 0.03, "{plain:?} {mean:?}");
    }
}
