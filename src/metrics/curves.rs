use super::ranking::rank;
use super::{Predictions, Sample};

/// Points of the ROC curve from (0, 0) to (1, 1), thresholds falling. The first threshold is infinite: nothing is positive.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RocCurve {
    pub false_positive_rate: Vec<f64>,
    pub true_positive_rate: Vec<f64>,
    pub threshold: Vec<f64>,
}

/// Points of the precision-recall curve, thresholds rising; ends with recall 0, precision 1, threshold infinite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PrCurve {
    pub precision: Vec<f64>,
    pub recall: Vec<f64>,
    pub threshold: Vec<f64>,
}

/// The rows whose prediction fell into the bin from `low`, excluded unless it is 0, to `high`, included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    pub low: f64,
    pub high: f64,
    pub mean_predicted: f64,
    /// The share of positives.
    pub observed: f64,
    /// The sum of the weights.
    pub weight: f64,
}

/// The total cost of deciding at each threshold, thresholds rising.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CostCurve {
    /// The distinct scores; infinite at last: nothing is positive.
    pub threshold: Vec<f64>,
    pub cost: Vec<f64>,
}

/// The decisions at one distinct score: everything from it upwards is positive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) score: f64,
    /// Weight of the positive rows decided yes.
    pub(super) hits: f64,
    /// Weight of the negative rows decided yes.
    pub(super) alarms: f64,
}

/// The cut at each distinct score, from the highest, with each row's weight as a positive or negative; rows with both 0 are left out.
pub(super) fn cuts(prob: &[f64], row: impl Fn(usize) -> (f64, f64)) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let (mut hits, mut alarms) = (0.0, 0.0);
    for i in rank(prob, |_| false) {
        let (positive, negative) = row(i as usize);
        if positive == 0.0 && negative == 0.0 {
            continue;
        }
        hits += positive;
        alarms += negative;
        let cut = Cut { score: prob[i as usize], hits, alarms };
        match cuts.last_mut() {
            Some(last) if last.score == cut.score => *last = cut,
            _ => cuts.push(cut),
        }
    }
    cuts
}

/// The probabilities of a sound sample with a binary target.
pub(super) fn binary<'a>(sample: &Sample<'a>) -> Result<&'a [f64], &'static str> {
    sample.check()?;
    match sample.predicted {
        Predictions::Binary { prob } => Ok(prob),
        _ => Err("this is for a binary target"),
    }
}

/// The cuts of a sample by its weights.
pub(super) fn sample_cuts(sample: &Sample<'_>) -> Result<Vec<Cut>, &'static str> {
    let prob = binary(sample)?;
    let weight = sample.weights();
    Ok(cuts(prob, |i| if sample.target[i] > 0.5 { (weight[i], 0.0) } else { (0.0, weight[i]) }))
}

/// As scikit-learn's `roc_curve(drop_intermediate=False)`. Needs a binary target with both classes.
pub fn roc_curve(sample: &Sample<'_>) -> Result<RocCurve, &'static str> {
    let cuts = sample_cuts(sample)?;
    let Some(all) = cuts.last().filter(|c| c.hits > 0.0 && c.alarms > 0.0) else {
        return Err("only one class in these rows");
    };
    let points = |of: fn(&Cut) -> f64, total: f64| {
        std::iter::once(0.0).chain(cuts.iter().map(move |c| of(c) / total)).collect::<Vec<f64>>()
    };
    Ok(RocCurve {
        false_positive_rate: points(|c| c.alarms, all.alarms),
        true_positive_rate: points(|c| c.hits, all.hits),
        threshold: std::iter::once(f64::INFINITY).chain(cuts.iter().map(|c| c.score)).collect(),
    })
}

/// As scikit-learn's `precision_recall_curve`. Needs a binary target with a positive row.
pub fn pr_curve(sample: &Sample<'_>) -> Result<PrCurve, &'static str> {
    let cuts = sample_cuts(sample)?;
    let Some(all) = cuts.last().filter(|c| c.hits > 0.0) else { return Err("no positive rows") };
    let rising = || cuts.iter().rev();
    Ok(PrCurve {
        precision: rising().map(|c| c.hits / (c.hits + c.alarms)).chain([1.0]).collect(),
        recall: rising().map(|c| c.hits / all.hits).chain([0.0]).collect(),
        threshold: rising().map(|c| c.score).chain([f64::INFINITY]).collect(),
    })
}

/// The bin of a probability among `bins` of equal width, closed above as scikit-learn's and Guo's.
pub(super) fn bin_of(p: f64, bins: usize) -> usize {
    let edge = |bin: usize| bin as f64 * (1.0 / bins as f64);
    let mut bin = ((p * bins as f64) as usize).min(bins - 1);
    while bin > 0 && p <= edge(bin) {
        bin -= 1;
    }
    while bin + 1 < bins && p > edge(bin + 1) {
        bin += 1;
    }
    bin
}

/// `bins` bins of equal width, as scikit-learn's `calibration_curve`; bins without rows are left out. Needs a binary target.
pub fn calibration_bins(sample: &Sample<'_>, bins: usize) -> Result<Vec<CalibrationBin>, &'static str> {
    let prob = binary(sample)?;
    if bins == 0 {
        return Err("there are no bins");
    }
    let mut sums = vec![[0.0; 3]; bins];
    for ((p, y), w) in prob.iter().zip(sample.target).zip(sample.weights()) {
        let [predicted, observed, weight] = &mut sums[bin_of(*p, bins)];
        *predicted += w * p;
        *observed += w * y;
        *weight += w;
    }
    let filled = sums.iter().enumerate().filter(|(_, s)| s[2] > 0.0);
    let bin = |(i, [predicted, observed, weight]): (usize, &[f64; 3])| CalibrationBin {
        low: i as f64 / bins as f64,
        high: (i + 1) as f64 / bins as f64,
        mean_predicted: predicted / weight,
        observed: observed / weight,
        weight: *weight,
    };
    Ok(filled.map(bin).collect())
}

/// What the decisions cost: `miss[i]` for a positive row decided no, `alarm[i]` for a negative one decided yes, times the row's weight.
pub fn cost_curve(sample: &Sample<'_>, miss: &[f64], alarm: &[f64]) -> Result<CostCurve, &'static str> {
    let prob = binary(sample)?;
    if miss.len() != sample.rows() || alarm.len() != sample.rows() {
        return Err("costs and rows differ in number");
    }
    let weight = sample.weights();
    let cuts =
        cuts(prob, |i| if sample.target[i] > 0.5 { (weight[i] * miss[i], 0.0) } else { (0.0, weight[i] * alarm[i]) });
    let all_missed = cuts.last().map_or(0.0, |c| c.hits);
    let rising = || cuts.iter().rev();
    Ok(CostCurve {
        threshold: rising().map(|c| c.score).chain([f64::INFINITY]).collect(),
        cost: rising().map(|c| all_missed - c.hits + c.alarms).chain([all_missed]).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_belong_to_the_bin_below() {
        assert_eq!([0.0, 0.1, 0.1001, 0.5, 1.0].map(|p| bin_of(p, 10)), [0, 0, 1, 4, 9]);
        assert_eq!([0.0, 0.7, 1.0].map(|p| bin_of(p, 1)), [0, 0, 0]);
    }

    #[test]
    fn costs_count_misses_above_and_alarms_below() {
        let (prob, target) = ([0.2, 0.4, 0.6, 0.8], [0.0, 1.0, 0.0, 1.0]);
        let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
        let curve = cost_curve(&sample, &[10.0; 4], &[1.0; 4]).unwrap();
        assert_eq!(curve.threshold, [0.2, 0.4, 0.6, 0.8, f64::INFINITY]);
        assert_eq!(curve.cost, [2.0, 1.0, 11.0, 10.0, 20.0]);
    }
}
