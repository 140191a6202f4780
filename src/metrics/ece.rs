use crate::types::Args;

use super::counts::argmax;
use super::curves::bin_of;
use super::{Predictions, Prepared, Sample, Score};

struct Ece {
    bins: usize,
    bin: Vec<u32>,
    /// Confidence less correctness, for each row.
    gap: Vec<f64>,
}

impl Prepared for Ece {
    fn score(&self, weight: &[f64]) -> Score {
        let mut gaps = vec![0.0; self.bins];
        let mut total = 0.0;
        for ((&bin, gap), w) in self.bin.iter().zip(&self.gap).zip(weight) {
            gaps[bin as usize] += w * gap;
            total += w;
        }
        if total > 0.0 {
            Score::Number(gaps.iter().map(|g| g.abs()).sum::<f64>() / total)
        } else {
            Score::Undefined("no rows count")
        }
    }
}

/// Expected calibration error (Guo et al. 2017).
pub(super) fn ece(sample: &Sample<'_>, args: &Args) -> Box<dyn Prepared> {
    let bins = usize::try_from(args.int("bins").unwrap_or(15)).unwrap_or(15).clamp(1, 1_000_000);
    let row = |i: usize| match sample.predicted {
        Predictions::Classes { prob, classes } => {
            let row = &prob[i * classes..(i + 1) * classes];
            let top = argmax(row);
            (row[top], f64::from(u8::from(top == sample.target[i] as usize)))
        }
        _ => (sample.values()[i], sample.target[i]),
    };
    let (bin, gap) = (0..sample.rows()).map(row).map(|(p, y)| (bin_of(p, bins) as u32, p - y)).unzip();
    Box::new(Ece { bins, bin, gap })
}
