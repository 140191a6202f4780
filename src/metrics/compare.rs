use super::bootstrap::{Replicates, percentile_interval, prepared};
use super::{Better, Interval, Request, Resampling, Sample};

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
    let both = prepared(first, metrics).into_iter().chain(prepared(second, metrics)).collect();
    let replicates = Replicates::new(first, both, how).scores(how.replicates, how.threads);
    let weighted = Sample { weight: first.weight, ..*second };
    let of_metric = |(m, request): (usize, &Request)| {
        let difference = request.score(&weighted).number()? - request.score(first).number()?;
        let differences: Vec<f64> = replicates.iter().map(|scores| scores[metrics.len() + m] - scores[m]).collect();
        let second_better = share_better(&differences, request.metric.better);
        let interval = percentile_interval(differences, how.level)?;
        Some(Comparison { difference, interval, second_better })
    };
    Ok(metrics.iter().enumerate().map(of_metric).collect())
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
    use crate::metrics::{Predictions, find_metric, intervals};

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
