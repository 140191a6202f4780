use super::bootstrap::{Replicates, percentile_interval, prepared};
use super::{Better, Interval, Predictions, Prepared, Request, Resampling, Sample};

/// How two models differ on the same rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The second model's score less the first one's.
    pub difference: f64,
    pub interval: Interval,
    /// The share of replicates in which the second model is better; ties count half.
    pub second_better: f64,
}

/// Compares the predictions of two models on the same rows by a paired bootstrap, one comparison for each metric.
///
/// `None` for tables, and where a score or most of the replicates are undefined. Weights are those of `first`.
/// An error if the rows are not the same or not sound.
pub fn compare(
    first: &Sample<'_>,
    second: &Sample<'_>,
    metrics: &[Request],
    how: &Resampling<'_>,
) -> Result<Vec<Option<Comparison>>, &'static str> {
    first.check()?;
    second.check()?;
    if first.target != second.target {
        return Err("the two models were not evaluated on the same rows");
    }
    if how.groups.is_some_and(|g| g.len() != first.rows()) {
        return Err("groups and rows differ in number");
    }
    let (ones, others) = (prepared(first, metrics), prepared(second, metrics));
    let pair = |((request, first), second): ((&Request, _), _)| {
        Some(Pair { first: first?, second: second?, better: request.metric.better })
    };
    let pairs = metrics.iter().zip(ones).zip(others).map(pair).collect();
    Ok(compare_pairs(first.rows(), first.weight, pairs, how))
}

/// A metric of two models, ready for weights of the same rows.
pub struct Pair {
    pub first: Box<dyn Prepared>,
    pub second: Box<dyn Prepared>,
    pub better: Better,
}

/// As [`compare`], of metrics that are ready for weights of `rows` rows.
pub fn compare_pairs(
    rows: usize,
    weight: Option<&[f64]>,
    pairs: Vec<Option<Pair>>,
    how: &Resampling<'_>,
) -> Vec<Option<Comparison>> {
    if rows == 0 || how.groups.is_some_and(|g| g.len() != rows) {
        return vec![None; pairs.len()];
    }
    let plain = weight.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
    let known: Vec<Option<(f64, Better)>> = pairs
        .iter()
        .map(|pair| {
            let pair = pair.as_ref().filter(|p| p.better != Better::Neither)?;
            Some((pair.second.score(&plain).number()? - pair.first.score(&plain).number()?, pair.better))
        })
        .collect();
    let both = pairs.into_iter().flat_map(|pair| match pair {
        Some(pair) => [Some(pair.first), Some(pair.second)],
        None => [None, None],
    });
    let target = vec![0.0; rows];
    let sample = Sample { weight, ..Sample::new(Predictions::Number { value: &target }, &target) };
    let replicates = Replicates::new(&sample, both.collect(), how).scores(how.replicates, how.threads);
    let of_metric = |(m, known): (usize, Option<(f64, Better)>)| {
        let (difference, better) = known?;
        let differences: Vec<f64> = replicates.iter().map(|scores| scores[2 * m + 1] - scores[2 * m]).collect();
        let second_better = share_better(&differences, better);
        let interval = percentile_interval(differences, how.level)?;
        Some(Comparison { difference, interval, second_better })
    };
    known.into_iter().enumerate().map(of_metric).collect()
}

fn share_better(differences: &[f64], better: Better) -> f64 {
    let (mut sum, mut defined) = (0.0, 0.0);
    for &d in differences.iter().filter(|d| !d.is_nan()) {
        let gain = if better == Better::Lower { -d } else { d };
        sum += if gain > 0.0 {
            1.0
        } else if gain == 0.0 {
            0.5
        } else {
            0.0
        };
        defined += 1.0;
    }
    if defined > 0.0 { sum / defined } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Generator, Key};
    use crate::metrics::{find_metric, intervals};

    #[test]
    fn pairing_finds_a_difference_that_separate_intervals_hide() {
        let mut generator = Generator::new(Key(1));
        let target: Vec<f64> = (0..400).map(|_| 10.0 * generator.unit()).collect();
        let first: Vec<f64> = target.iter().map(|y| y + 4.0 * generator.unit() - 2.0).collect();
        let second: Vec<f64> = first.iter().zip(&target).map(|(p, y)| y + 0.95 * (p - y)).collect();
        let sample = |value| Sample::new(Predictions::Number { value }, &target);
        let metrics = [Request::plain(find_metric("mae").unwrap())];
        let how = Resampling::default();
        let apart = [&first, &second].map(|value| intervals(&sample(value), &metrics, &how)[0].unwrap());
        assert!(apart[1].high > apart[0].low, "the intervals overlap");
        let found = compare(&sample(&first), &sample(&second), &metrics, &how).unwrap()[0].unwrap();
        assert!(found.difference < 0.0 && found.interval.high < 0.0 && found.second_better == 1.0, "{found:?}");
        let same = compare(&sample(&first), &sample(&first), &metrics, &how).unwrap()[0].unwrap();
        assert_eq!((same.difference, same.interval.low, same.second_better), (0.0, 0.0, 0.5));
    }

    #[test]
    fn other_rows_are_refused() {
        let value = [1.0, 2.0];
        let of = |target| Sample::new(Predictions::Number { value: &value }, target);
        assert!(compare(&of(&[1.0, 2.0]), &of(&[2.0, 1.0]), &[], &Resampling::default()).is_err());
    }
}
