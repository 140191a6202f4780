//! Metrics of the order that scores bring rows into.

use crate::types::Args;

use super::{Predictions, Prepared, Sample, Score};

/// Rows from the highest score to the lowest, of equal scores the positives first.
pub(super) struct Ranking {
    /// Row numbers in this order; `None` where the rows have it already.
    order: Option<Vec<u32>>,
    rows: usize,
    /// The runs of equal scores that have a positive, as places in the order.
    runs: Vec<Run>,
}

#[derive(Clone, Copy)]
struct Run {
    start: u32,
    positives_end: u32,
    end: u32,
}

/// Row numbers from the highest score to the lowest, of equal scores the positives first, then as they stand.
pub(super) fn rank(score: &[f64], positive: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut order: Vec<u32> = (0..score.len() as u32).collect();
    let place = |i: &u32| (score[*i as usize], positive(*i as usize));
    order.sort_by(|a, b| {
        let ((p, x), (q, y)) = (place(a), place(b));
        q.total_cmp(&p).then(y.cmp(&x))
    });
    order
}

impl Ranking {
    /// Scores must be finite.
    pub(super) fn new(score: &[f64], positive: impl Fn(usize) -> bool) -> Self {
        // 0 and -0 are the same score, which a total order would tell apart.
        let score: Vec<f64> = score.iter().map(|s| s + 0.0).collect();
        let order = rank(&score, &positive);
        let mut runs = Vec::new();
        let mut start = 0;
        while start < order.len() {
            let of = |place: usize| order[place] as usize;
            let mut end = start + 1;
            while end < order.len() && score[of(end)] == score[of(start)] {
                end += 1;
            }
            let positives_end = (start..end).find(|&place| !positive(of(place))).unwrap_or(end);
            if positives_end > start {
                runs.push(Run { start: start as u32, positives_end: positives_end as u32, end: end as u32 });
            }
            start = end;
        }
        let sorted = order.iter().enumerate().all(|(place, &row)| place == row as usize);
        Ranking { rows: order.len(), order: (!sorted).then_some(order), runs }
    }

    /// The weight of the first 0, 1, … rows of the order.
    fn cumulative(&self, weight: &[f64]) -> Vec<f64> {
        match &self.order {
            Some(order) => running_sums(&order.iter().map(|&row| weight[row as usize]).collect::<Vec<f64>>()),
            None => running_sums(weight),
        }
    }

    /// Calls `with(positives of the run, positives so far, all so far, negatives of the run)` for each run with positives.
    fn walk(&self, sums: &[f64], mut with: impl FnMut(f64, f64, f64, f64)) -> f64 {
        let mut positives = 0.0;
        for run in &self.runs {
            let (start, middle, end) =
                (sums[run.start as usize], sums[run.positives_end as usize], sums[run.end as usize]);
            positives += middle - start;
            with(middle - start, positives, end, end - middle);
        }
        positives
    }

    /// The area under the ROC curve by trapezoids, and the weight of the positives.
    pub(super) fn roc_auc(&self, weight: &[f64]) -> Result<(f64, f64), &'static str> {
        let sums = self.cumulative(weight);
        let mut above = 0.0;
        let mut positives = 0.0;
        // Pairs of a positive and a negative above it; ties count half.
        self.walk(&sums, |here, so_far, all, tied| {
            above += here * (all - so_far - 0.5 * tied);
            positives = so_far;
        });
        let negatives = sums[self.rows] - positives;
        if positives <= 0.0 || !self.any_negative(weight) {
            return Err("only one class in these rows");
        }
        Ok((1.0 - above / (positives * negatives), positives))
    }

    /// The sum over thresholds of precision times the gain in recall, and the weight of the positives.
    pub(super) fn average_precision(&self, weight: &[f64]) -> Result<(f64, f64), &'static str> {
        let sums = self.cumulative(weight);
        let mut sum = 0.0;
        let positives = self.walk(&sums, |here, so_far, all, _| {
            // Nothing so far is 0/0, which must count as 0; a branch would cost more than the division.
            sum += here * so_far / all.max(f64::MIN_POSITIVE);
        });
        if positives <= 0.0 {
            return Err("no positive rows");
        }
        Ok((sum / positives, positives))
    }

    /// Whether a row that is not positive has weight: a difference of rounded sums can't tell.
    fn any_negative(&self, weight: &[f64]) -> bool {
        let row = |place: usize| self.order.as_ref().map_or(place, |order| order[place] as usize);
        let mut place = 0;
        for run in &self.runs {
            if (place..run.start as usize).any(|p| weight[row(p)] > 0.0) {
                return true;
            }
            place = run.positives_end as usize;
        }
        (place..self.rows).any(|p| weight[row(p)] > 0.0)
    }
}

/// 0, then the sums of the first 1, 2, … values: four at a time, so that only one addition in four waits for the one before.
fn running_sums(values: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; values.len() + 1];
    let mut before = 0.0;
    let (fours, rest) = values.as_chunks::<4>();
    let (ends, ends_of_rest) = sums[1..].split_at_mut(4 * fours.len());
    for (end, &[a, b, c, d]) in ends.as_chunks_mut::<4>().0.iter_mut().zip(fours) {
        let (ab, cd) = (a + b, c + d);
        *end = [before + a, before + ab, before + (ab + c), before + (ab + cd)];
        before = end[3];
    }
    for (end, value) in ends_of_rest.iter_mut().zip(rest) {
        before += value;
        *end = before;
    }
    sums
}

type Area = fn(&Ranking, &[f64]) -> Result<(f64, f64), &'static str>;

struct Ranked {
    /// One; for classes one for each against the rest.
    rankings: Vec<Ranking>,
    /// Weigh the classes by their rows.
    by_rows: bool,
    area: Area,
}

impl Prepared for Ranked {
    fn score(&self, weight: &[f64]) -> Score {
        let areas: Result<Vec<_>, _> = self.rankings.iter().map(|r| (self.area)(r, weight)).collect();
        let average = areas.map(|areas| {
            let share = |positives: f64| if self.by_rows { positives } else { 1.0 };
            let (sum, total) = areas.iter().fold((0.0, 0.0), |(s, t), &(a, p)| (s + share(p) * a, t + share(p)));
            sum / total
        });
        let classes = self.rankings.len() > 1;
        average.map_err(|why| if classes { "a class has no rows here, or all of them" } else { why }).into()
    }
}

/// All probabilities in one ranking, each positive if it is of its row's class.
struct Pooled {
    ranking: Ranking,
    classes: usize,
    area: Area,
}

impl Prepared for Pooled {
    fn score(&self, weight: &[f64]) -> Score {
        let repeated: Vec<f64> = weight.iter().flat_map(|&w| std::iter::repeat_n(w, self.classes)).collect();
        (self.area)(&self.ranking, &repeated).map(|(area, _)| area).into()
    }
}

fn ranked(sample: &Sample<'_>, args: &Args, area: Area) -> Box<dyn Prepared> {
    let average = args.text("average").unwrap_or("auto");
    let target = sample.target;
    match sample.predicted {
        Predictions::Classes { prob, classes } if average == "micro" => {
            let ranking = Ranking::new(prob, |i| target[i / classes] as usize == i % classes);
            Box::new(Pooled { ranking, classes, area })
        }
        Predictions::Classes { prob, classes } => {
            let of_class = |k: usize| {
                let score: Vec<f64> = prob.iter().skip(k).step_by(classes).copied().collect();
                Ranking::new(&score, |i| target[i] as usize == k)
            };
            Box::new(Ranked { rankings: (0..classes).map(of_class).collect(), by_rows: average == "weighted", area })
        }
        _ => {
            let ranking = Ranking::new(sample.values(), |i| target[i] > 0.5);
            Box::new(Ranked { rankings: vec![ranking], by_rows: false, area })
        }
    }
}

pub(super) fn roc_auc(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    ranked(sample, args, Ranking::roc_auc)
}

pub(super) fn pr_auc(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    ranked(sample, args, Ranking::average_precision)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(score: &[f64], target: &[f64]) -> (Score, Score) {
        let sample = Sample::new(Predictions::Binary { prob: score }, target);
        let one = |prepared: Box<dyn Prepared>| prepared.score(&sample.weights());
        (one(roc_auc(&sample, &Args::default())), one(pr_auc(&sample, &Args::default())))
    }

    #[test]
    fn perfect_reversed_and_constant_scores() {
        let target = [0.0, 0.0, 1.0, 1.0];
        assert_eq!(areas(&[0.1, 0.2, 0.3, 0.4], &target), (Score::Number(1.0), Score::Number(1.0)));
        assert_eq!(areas(&[0.4, 0.3, 0.2, 0.1], &target).0, Score::Number(0.0));
        assert_eq!(areas(&[0.5; 4], &target), (Score::Number(0.5), Score::Number(0.5)));
        assert_eq!(areas(&[0.0, -0.0, 0.0, -0.0], &target).0, Score::Number(0.5));
    }

    #[test]
    fn one_class_is_undefined() {
        assert_eq!(
            areas(&[0.1, 0.2], &[1.0, 1.0]),
            (Score::Undefined("only one class in these rows"), Score::Number(1.0))
        );
        assert_eq!(areas(&[0.1, 0.2], &[0.0, 0.0]).1, Score::Undefined("no positive rows"));
    }
}
