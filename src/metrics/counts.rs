use crate::types::Args;

use super::mean::weighted_sums;
use super::{Axis, Labels, Predictions, Prepared, Sample, Score, Table};

/// The most classes of a table that is worth its memory.
const LARGEST_TABLE: usize = 2000;

/// The class that is decided for a row: yes at the threshold, or the most probable one, of equals the first.
pub fn decision(sample: &Sample<'_>, row: usize) -> usize {
    match sample.predicted {
        Predictions::Binary { prob } => usize::from(prob[row] >= sample.threshold),
        Predictions::Classes { prob, classes } => argmax(&prob[row * classes..(row + 1) * classes]),
        Predictions::Number { .. } => 0,
    }
}

pub(super) fn argmax(row: &[f64]) -> usize {
    let mut best = 0;
    for (k, p) in row.iter().enumerate() {
        if *p > row[best] {
            best = k;
        }
    }
    best
}

/// The weight of the rows by true and decided class.
#[derive(Debug, Clone)]
pub(super) struct Confusion<'a> {
    pub(super) classes: usize,
    /// There is one positive class, 1, rather than several equal ones.
    pub(super) binary: bool,
    /// True and decided class, and the weight of their rows; pairs that do not occur are left out.
    pub(super) pairs: &'a [(u32, u32)],
    pub(super) weight: &'a [f64],
    /// By class.
    pub(super) hit: Vec<f64>,
    pub(super) actual: Vec<f64>,
    pub(super) decided: Vec<f64>,
    pub(super) total: f64,
}

impl<'a> Confusion<'a> {
    fn new(classes: usize, binary: bool, pairs: &'a [(u32, u32)], weight: &'a [f64]) -> Self {
        let zeros = || vec![0.0; classes];
        let mut all = Confusion {
            classes,
            binary,
            pairs,
            weight,
            hit: zeros(),
            actual: zeros(),
            decided: zeros(),
            total: weight.iter().sum(),
        };
        for (truth, decided, w) in all.cells() {
            all.actual[truth] += w;
            all.decided[decided] += w;
            if truth == decided {
                all.hit[truth] += w;
            }
        }
        all
    }

    /// True class, decided class, weight.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, usize, f64)> + use<'a> {
        self.pairs.iter().zip(self.weight).map(|(&(truth, decided), &w)| (truth as usize, decided as usize, w))
    }

    fn table(&self) -> Score {
        if self.classes > LARGEST_TABLE {
            return Score::Undefined("too many classes for a table");
        }
        let axis = |title| Axis { title, labels: Labels::Classes(self.classes) };
        let mut cells = vec![0.0; self.classes * self.classes];
        self.cells().for_each(|(truth, decided, w)| cells[truth * self.classes + decided] = w);
        Score::Table(Table { rows: axis("true"), columns: axis("predicted"), cells })
    }
}

/// A metric of the confusion matrix.
struct Counted {
    cells: Cells,
    classes: usize,
    args: Args,
    finish: Finish,
}

/// How the weights of the pairs of true and decided class are summed.
enum Cells {
    /// Yes is decided for the first rows and no for the rest: sums straight on. Holds the binary target.
    Split { yes: usize, target: Vec<f64> },
    /// The pairs that occur, and the pair of each row.
    Listed { pairs: Vec<(u32, u32)>, pair: Vec<u32>, binary: bool },
}

type Finish = fn(&Confusion<'_>, &Args) -> Score;

impl Prepared for Counted {
    fn score(&self, weight: &[f64]) -> Score {
        match &self.cells {
            Cells::Split { yes, target } => {
                let yes = (*yes).min(weight.len());
                let (hits, decided) = weighted_sums(&target[..yes], &weight[..yes]);
                let (misses, rest) = weighted_sums(&target[yes..], &weight[yes..]);
                let sums = [rest - misses, decided - hits, misses, hits].map(|w| w.max(0.0));
                self.finish(true, &[(0, 0), (0, 1), (1, 0), (1, 1)], &sums)
            }
            Cells::Listed { pairs, pair, binary } => {
                let mut sums = vec![0.0; pairs.len()];
                pair.iter().zip(weight).for_each(|(&pair, w)| sums[pair as usize] += w);
                self.finish(*binary, pairs, &sums)
            }
        }
    }
}

impl Counted {
    fn finish(&self, binary: bool, pairs: &[(u32, u32)], weight: &[f64]) -> Score {
        let confusion = Confusion::new(self.classes, binary, pairs, weight);
        if confusion.total > 0.0 { (self.finish)(&confusion, &self.args) } else { Score::Undefined("no rows count") }
    }
}

/// A metric that is `finish` of the confusion matrix.
pub(super) fn counted(sample: &Sample<'_>, args: &Args, finish: Finish) -> Box<dyn Prepared> {
    let (classes, binary) = match sample.predicted {
        Predictions::Classes { classes, .. } => (classes, false),
        _ => (2, true),
    };
    let decided: Vec<u32> = (0..sample.rows()).map(|i| decision(sample, i) as u32).collect();
    let cells = if binary && sample.weight.is_none() && decided.is_sorted_by(|a, b| a >= b) {
        Cells::Split { yes: decided.partition_point(|&d| d == 1), target: sample.target.to_vec() }
    } else {
        listed(sample.target, &decided, binary)
    };
    Box::new(Counted { cells, classes, args: args.clone(), finish })
}

fn listed(target: &[f64], decided: &[u32], binary: bool) -> Cells {
    let of_row: Vec<(u32, u32)> = target.iter().map(|&y| y as u32).zip(decided.iter().copied()).collect();
    let mut pairs = of_row.clone();
    pairs.sort_unstable();
    pairs.dedup();
    let pair = of_row.iter().map(|p| pairs.binary_search(p).unwrap_or(0) as u32).collect();
    Cells::Listed { pairs, pair, binary }
}

pub(super) fn confusion(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    counted(sample, args, |c, _| c.table())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_is_a_yes_and_the_first_of_equal_classes_is_taken() {
        let (prob, target) = ([0.3, 0.7, 0.5], [0.0, 1.0, 1.0]);
        let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        assert_eq!([0, 1, 2].map(|i| decision(&sample, i)), [0, 1, 1]);
        assert_eq!(argmax(&[0.2, 0.4, 0.4]), 1);
    }

    #[test]
    fn the_matrix_has_the_truth_in_rows() {
        let (prob, target, weight) = ([0.9, 0.9, 0.1, 0.8, 0.2], [0.0, 1.0, 1.0, 0.0, 0.0], [1.0, 2.0, 4.0, 8.0, 16.0]);
        let mut sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        sample.weight = Some(&weight);
        let Score::Table(table) = confusion(&sample, &Args::default()).score(&weight) else { panic!("no table") };
        assert_eq!(table.cells, [16.0, 9.0, 4.0, 2.0]);
        assert_eq!(table.cell(1, 0), Some(4.0));
        assert_eq!(table.cell(0, 2), None);
    }
}
