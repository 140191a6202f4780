use std::thread;

use crate::engine::random::{Generator, Key};

use super::ranking::rank;
use super::{Better, Predictions, Prepared, Request, Sample, Selected};

/// How to draw again.
#[derive(Debug, Clone, Copy)]
pub struct Resampling<'a> {
    pub replicates: usize,
    /// The share of replicates inside the interval, such as 0.95.
    pub level: f64,
    pub seed: u64,
    /// The group of each row: groups are drawn whole. Without groups rows are drawn.
    pub groups: Option<&'a [u32]>,
    /// Changes the time, never the result.
    pub threads: usize,
}

/// A percentile interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    pub level: f64,
    /// The replicates in which the metric was defined.
    pub replicates: usize,
}

impl Default for Resampling<'_> {
    fn default() -> Self {
        Resampling { replicates: 1000, level: 0.95, seed: 0, groups: None, threads: 1 }
    }
}

/// Bootstrap percentile intervals (Efron 1979), one for each metric, all from the same draws, of
/// [`Prepared::replicate`].
///
/// `None` for tables, and where fewer than half of the replicates have a score.
pub fn intervals(sample: &Sample<'_>, metrics: &[Request], how: &Resampling<'_>) -> Vec<Option<Interval>> {
    let replicates = replicate_scores(sample, metrics, how);
    let of_metric = |m: usize| replicates.iter().map(|scores| scores[m]).collect();
    (0..metrics.len()).map(|m| percentile_interval(of_metric(m), how.level)).collect()
}

/// The scores of each replicate, in the order of `metrics`; NaN where undefined. Empty if the sample is not sound.
fn replicate_scores(sample: &Sample<'_>, metrics: &[Request], how: &Resampling<'_>) -> Vec<Vec<f64>> {
    if sample.check().is_err() || how.groups.is_some_and(|g| g.len() != sample.rows()) {
        return Vec::new();
    }
    // With the rows in the order of their scores the metrics of that order read memory straight on.
    let order = match sample.predicted {
        Predictions::Binary { prob } => rank(prob, |i| sample.target[i] > 0.5),
        _ => (0..sample.rows() as u32).collect(),
    };
    let sorted = Selected::new(sample, &order);
    let groups: Option<Vec<u32>> = how.groups.map(|g| order.iter().map(|&i| g[i as usize]).collect());
    let how = Resampling { groups: groups.as_deref(), ..*how };
    Replicates::new(&sorted.sample(), prepared(&sorted.sample(), metrics), &how).scores(how.replicates, how.threads)
}

/// What scores each metric of a sound sample; `None` for tables and metrics of another task.
pub(super) fn prepared(sample: &Sample<'_>, metrics: &[Request]) -> Vec<Option<Box<dyn Prepared>>> {
    let prepare = |request: &Request| match request.metric.better {
        Better::Neither => None,
        _ => request.metric.prepared(sample, &request.args).ok(),
    };
    metrics.iter().map(prepare).collect()
}

/// Metrics and what is drawn for them.
pub(super) struct Replicates {
    metrics: Vec<Option<Box<dyn Prepared>>>,
    weight: Option<Vec<f64>>,
    rows: usize,
    /// The group of each row as a number from 0, and how many there are.
    groups: Option<(Vec<u32>, usize)>,
    key: Key,
}

impl Replicates {
    /// `metrics` are of rows in the order of `sample`, and so are the groups.
    pub(super) fn new(sample: &Sample<'_>, metrics: Vec<Option<Box<dyn Prepared>>>, how: &Resampling<'_>) -> Self {
        Replicates {
            metrics,
            weight: sample.weight.map(<[f64]>::to_vec),
            rows: sample.rows(),
            groups: how.groups.map(numbered),
            key: Key(how.seed).named("bootstrap"),
        }
    }

    /// The scores of each replicate, in the order of the metrics; NaN where undefined.
    pub(super) fn scores(&self, replicates: usize, threads: usize) -> Vec<Vec<f64>> {
        let threads = threads.clamp(1, replicates.max(1));
        let part = |t: usize| {
            let mut draw = Draw::default();
            let mine = replicates * t / threads..replicates * (t + 1) / threads;
            mine.map(|r| self.one(r as u64, &mut draw)).collect::<Vec<_>>()
        };
        if threads == 1 {
            return part(0);
        }
        thread::scope(|scope| {
            let workers: Vec<_> = (1..threads).map(|t| scope.spawn(move || part(t))).collect();
            let mut all = part(0);
            for worker in workers {
                match worker.join() {
                    Ok(scores) => all.extend(scores),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        })
    }

    fn one(&self, replicate: u64, draw: &mut Draw) -> Vec<f64> {
        let units = self.groups.as_ref().map_or(self.rows, |(_, count)| *count);
        draw.count(self.key.derive(replicate), units);
        draw.weigh(self.groups.as_ref().map(|(of_row, _)| of_row.as_slice()), self.weight.as_deref());
        let score = |m: &Option<Box<dyn Prepared>>| m.as_ref().and_then(|m| m.replicate(&draw.weight).number());
        self.metrics.iter().map(|m| score(m).unwrap_or(f64::NAN)).collect()
    }
}

/// How often each row was drawn, and its weight for that.
#[derive(Default)]
struct Draw {
    counts: Vec<u8>,
    weight: Vec<f64>,
}

impl Draw {
    /// Draws as many units as there are, with replacement.
    ///
    /// A count fits a byte: no unit of fewer than 256 can be drawn more often, and of more none ever is (chance below 1e-500).
    fn count(&mut self, key: Key, units: usize) {
        self.counts.clear();
        self.counts.resize(units, 0);
        let mut generator = Generator::new(key);
        let mut take = |half: u64| {
            let unit = (half * units as u64) >> 32;
            self.counts[unit as usize] = self.counts[unit as usize].wrapping_add(1);
        };
        // Two draws from one word; the bias of rounding is below units / 2^32.
        for _ in 0..units / 2 {
            let word = generator.next_u64();
            take(word >> 32);
            take(word & 0xFFFF_FFFF);
        }
        if units % 2 == 1 {
            take(generator.next_u64() >> 32);
        }
    }

    fn weigh(&mut self, group_of_row: Option<&[u32]>, weight: Option<&[f64]>) {
        self.weight.clear();
        match group_of_row {
            Some(groups) => self.weight.extend(groups.iter().map(|&g| f64::from(self.counts[g as usize]))),
            None => self.weight.extend(self.counts.iter().map(|&count| f64::from(count))),
        }
        if let Some(weight) = weight {
            self.weight.iter_mut().zip(weight).for_each(|(count, w)| *count *= w);
        }
    }
}

/// Numbers the groups from 0.
fn numbered(groups: &[u32]) -> (Vec<u32>, usize) {
    let mut distinct = groups.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let number = |g: &u32| distinct.binary_search(g).unwrap_or(0) as u32;
    (groups.iter().map(number).collect(), distinct.len())
}

/// The middle share `level` of the defined scores, linear between neighbours.
pub(super) fn percentile_interval(mut scores: Vec<f64>, level: f64) -> Option<Interval> {
    let drawn = scores.len();
    scores.retain(|s| !s.is_nan());
    if scores.is_empty() || scores.len() * 2 < drawn || !(0.0..=1.0).contains(&level) {
        return None;
    }
    scores.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (scores.len() - 1) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        scores[below] + (place - place.floor()) * (scores[above] - scores[below])
    };
    let tail = (1.0 - level) / 2.0;
    Some(Interval { low: at(tail), high: at(1.0 - tail), level, replicates: scores.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{METRICS, find_metric};

    fn data(rows: usize) -> (Vec<f64>, Vec<f64>) {
        let mut generator = Generator::new(Key(5));
        let target: Vec<f64> = (0..rows).map(|_| f64::from(u8::from(generator.unit() < 0.3))).collect();
        let prob = target.iter().map(|y| (0.3 * y + 0.7 * generator.unit()).clamp(0.0, 1.0)).collect();
        (prob, target)
    }

    fn requests(names: &[&str]) -> Vec<Request> {
        names.iter().map(|n| Request::plain(find_metric(n).unwrap())).collect()
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_distribution() {
        let (prob, target) = data(2000);
        let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        let metrics = requests(&["accuracy"]);
        let p = metrics[0].score(&sample).number().unwrap();
        let half = 1.959_964 * (p * (1.0 - p) / 2000.0).sqrt();
        let how = Resampling { replicates: 4000, ..Resampling::default() };
        let interval = intervals(&sample, &metrics, &how)[0].unwrap();
        assert!((interval.low - (p - half)).abs() < 0.1 * half, "{interval:?} around {p} by {half}");
        assert!((interval.high - (p + half)).abs() < 0.1 * half, "{interval:?} around {p} by {half}");
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let (prob, target) = data(300);
        let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        let fitting: Vec<Request> =
            METRICS.iter().filter(|m| m.fits(sample.predicted.task())).map(Request::plain).collect();
        let with = |threads| {
            intervals(&sample, &fitting, &Resampling { replicates: 101, seed: 3, threads, ..Resampling::default() })
        };
        assert_eq!(with(1), with(2));
        assert_eq!(with(1), with(7));
    }

    #[test]
    fn groups_of_equal_rows_widen_the_interval() {
        let (prob, target) = data(200);
        let repeat = |values: &[f64]| values.iter().flat_map(|v| [*v; 9]).collect::<Vec<f64>>();
        let (prob, target) = (repeat(&prob), repeat(&target));
        let groups: Vec<u32> = (0..prob.len() as u32).map(|i| 7 + i / 9).collect();
        let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        let width = |groups| {
            let how = Resampling { groups, ..Resampling::default() };
            let interval = intervals(&sample, &requests(&["roc_auc"]), &how)[0].unwrap();
            interval.high - interval.low
        };
        // Nine equal rows say no more than one: the width falls by 3 if they are taken for nine.
        let ratio = width(Some(groups.as_slice())) / width(None);
        assert!((2.5..3.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn tables_and_unsound_samples_have_no_interval() {
        let (prob, target) = ([0.2, 0.8], [0.0, 1.0]);
        let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        let found = intervals(&sample, &requests(&["confusion", "mse", "accuracy"]), &Resampling::default());
        assert!(found[0].is_none() && found[1].is_none() && found[2].is_some());
        let unsound = Sample::new(Predictions::Binary { prob: &prob }, &target[..1]);
        assert_eq!(intervals(&unsound, &requests(&["accuracy"]), &Resampling::default()), [None]);
    }

    #[test]
    fn percentiles_are_linear_between_scores() {
        let interval = percentile_interval((0..=100).map(f64::from).collect(), 0.9).unwrap();
        assert!((interval.low - 5.0).abs() < 1e-9 && (interval.high - 95.0).abs() < 1e-9);
        assert!(percentile_interval(vec![1.0, f64::NAN, f64::NAN], 0.9).is_none());
    }
}
