use crate::types::Args;

use super::Sample;
use super::curves::{Cut, binary, cuts, sample_cuts};

/// A row of [`THRESHOLDS`]: a way to choose where yes begins.
#[derive(Debug)]
pub struct ThresholdRule {
    pub name: &'static str,
    /// A header in the language's syntax (see [`Args`]).
    pub signature: &'static str,
    pub doc: &'static str,
    /// Arguments that may be an expression over the row's columns, such as `miss = row.amount`.
    pub per_row: &'static [&'static str],
    pub(super) fit: fn(&ThresholdInput<'_>) -> Result<FittedThreshold, String>,
}

/// What a threshold is fitted on.
#[derive(Debug, Clone, Copy)]
pub struct ThresholdInput<'a> {
    /// Binary predictions; its own threshold does not matter.
    pub sample: &'a Sample<'a>,
    /// Arguments that are not in `per_row`, and those of them that are plain numbers.
    pub args: &'a Args,
    /// The values of `per_row` arguments that were given as an expression, by name, one a row.
    pub per_row: &'a [(&'a str, &'a [f64])],
}

/// A threshold, and what it reaches on the rows it was fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedThreshold {
    /// The decision is yes where `prob >= threshold`. Halfway between two neighbouring scores; 0 and 1 count as scores.
    pub threshold: f64,
    /// Names and numbers to report: `recall`, `precision`, `f1`, `cost`.
    pub reached: Vec<(&'static str, f64)>,
}

/// Every rule, sorted by name. Of thresholds that are equally good the highest is taken.
pub static THRESHOLDS: &[ThresholdRule] = &[
    ThresholdRule {
        name: "max_f1",
        signature: "max_f1",
        doc: "The threshold with the highest F1.",
        per_row: &[],
        fit: max_f1,
    },
    ThresholdRule {
        name: "min_cost",
        signature: "min_cost(miss: real, alarm: real)",
        doc: "The threshold with the lowest total cost: `miss` for each positive row decided no, `alarm` for each negative \
              row decided yes. Costs are at least 0 and may differ from row to row.",
        per_row: &["miss", "alarm"],
        fit: min_cost,
    },
    ThresholdRule {
        name: "precision_at_least",
        signature: "precision_at_least(precision: real in 0..1)",
        doc: "Of the thresholds with this precision, the one with the highest recall.",
        per_row: &[],
        fit: precision_at_least,
    },
    ThresholdRule {
        name: "recall_at_least",
        signature: "recall_at_least(recall: real in 0..1)",
        doc: "The highest threshold with this recall, so that alarms are fewest.",
        per_row: &[],
        fit: recall_at_least,
    },
];

pub fn find_threshold(name: &str) -> Option<&'static ThresholdRule> {
    THRESHOLDS.iter().find(|r| r.name == name)
}

impl ThresholdRule {
    /// The best threshold for these rows, or why there is none.
    pub fn fit(&self, input: &ThresholdInput<'_>) -> Result<FittedThreshold, String> {
        let sample = input.sample;
        binary(sample)?;
        let weight = sample.weights();
        let counts = |class: f64| sample.target.iter().zip(&weight).any(|(y, w)| *y == class && *w > 0.0);
        if !(counts(0.0) && counts(1.0)) {
            return Err("these rows have only one class, so that no threshold is better than another".into());
        }
        let mut fitted = (self.fit)(input)?;
        fitted.reached.extend(reached(sample, fitted.threshold));
        Ok(fitted)
    }
}

/// Sums that are this close, relative to the largest, count as equal.
const TIE: f64 = 1e-12;

/// The threshold at which the first `positive` of the cuts are decided yes.
fn threshold_after(cuts: &[Cut], positive: usize) -> f64 {
    let low = cuts.get(positive).map_or(0.0, |c| c.score);
    let high = match positive {
        // Above every probability, for a model that is certain somewhere, also after rounding to `f32`.
        0 if low >= 1.0 => return 1.0 + f64::from(f32::EPSILON),
        0 => 1.0,
        n => cuts[n - 1].score,
    };
    let middle = low + 0.5 * (high - low);
    if middle > low { middle } else { high }
}

/// The number of cuts decided yes with the best score; `score` of no cut means: none is. Higher thresholds go first.
fn best(cuts: &[Cut], tolerance: f64, score: impl Fn(Option<&Cut>) -> Option<f64>) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for positive in 0..=cuts.len() {
        let cut = positive.checked_sub(1).and_then(|last| cuts.get(last));
        if let Some(score) = score(cut)
            && best.is_none_or(|(highest, _)| score > highest + tolerance)
        {
            best = Some((score, positive));
        }
    }
    best.map(|(_, positive)| positive)
}

fn found(cuts: &[Cut], positive: Option<usize>) -> Result<FittedThreshold, String> {
    let positive = positive.ok_or("no threshold can be fitted on these rows")?;
    Ok(FittedThreshold { threshold: threshold_after(cuts, positive), reached: Vec::new() })
}

fn max_f1(input: &ThresholdInput<'_>) -> Result<FittedThreshold, String> {
    let cuts = sample_cuts(input.sample)?;
    let positives = cuts.last().map_or(0.0, |c| c.hits);
    found(&cuts, best(&cuts, TIE, |cut| cut.map(|c| 2.0 * c.hits / (c.hits + c.alarms + positives))))
}

fn recall_at_least(input: &ThresholdInput<'_>) -> Result<FittedThreshold, String> {
    let recall = input.args.real("recall").ok_or("`recall` is missing")?;
    let cuts = sample_cuts(input.sample)?;
    let positives = cuts.last().map_or(0.0, |c| c.hits);
    let enough = |hits: f64| hits >= (recall - TIE) * positives;
    found(&cuts, (0..=cuts.len()).find(|&n| enough(if n == 0 { 0.0 } else { cuts[n - 1].hits })))
}

fn precision_at_least(input: &ThresholdInput<'_>) -> Result<FittedThreshold, String> {
    let wanted = input.args.real("precision").ok_or("`precision` is missing")?;
    let cuts = sample_cuts(input.sample)?;
    let positives = cuts.last().map_or(0.0, |c| c.hits);
    let precision = |c: &Cut| c.hits / (c.hits + c.alarms);
    let reaching = |cut: Option<&Cut>| cut.filter(|c| precision(c) >= wanted - TIE).map(|c| c.hits);
    if let Some(positive) = best(&cuts, TIE * positives, reaching) {
        return found(&cuts, Some(positive));
    }
    let highest = best(&cuts, TIE, |cut| cut.map(precision)).and_then(|n| cuts.get(n.saturating_sub(1)));
    let reached = highest.map_or(String::new(), |c| {
        format!("; the highest is {:.4}, at a recall of {:.4}", precision(c), c.hits / positives)
    });
    Err(format!("no threshold has a precision of {wanted} on these rows{reached}"))
}

fn min_cost(input: &ThresholdInput<'_>) -> Result<FittedThreshold, String> {
    let sample = input.sample;
    let (miss, alarm) = (costs(input, "miss")?, costs(input, "alarm")?);
    let weight = sample.weights();
    let row = |i: usize| {
        if sample.target[i] > 0.5 { (weight[i] * miss[i], 0.0) } else { (0.0, weight[i] * alarm[i]) }
    };
    let cuts = cuts(binary(sample)?, row);
    let last = cuts.last().ok_or("all costs of these rows are 0")?;
    let (all_missed, largest) = (last.hits, last.hits.max(last.alarms));
    let cost = |cut: Option<&Cut>| cut.map_or(all_missed, |c| all_missed - c.hits + c.alarms);
    let positive = best(&cuts, TIE * largest, |cut| Some(-cost(cut))).unwrap_or(0);
    let total = cost(positive.checked_sub(1).and_then(|last| cuts.get(last)));
    Ok(FittedThreshold { threshold: threshold_after(&cuts, positive), reached: vec![("cost", total)] })
}

/// A cost for each row, from an expression or a plain number.
fn costs(input: &ThresholdInput<'_>, name: &str) -> Result<Vec<f64>, String> {
    let rows = input.sample.rows();
    let of_rows = input.per_row.iter().find(|(n, _)| *n == name).map(|(_, values)| values.to_vec());
    let costs = of_rows.or_else(|| input.args.real(name).map(|cost| vec![cost; rows]));
    let costs = costs.ok_or_else(|| format!("`{name}` is missing"))?;
    if costs.len() != rows {
        return Err(format!("`{name}` has {} values for {rows} rows", costs.len()));
    }
    match costs.iter().position(|c| !(c.is_finite() && *c >= 0.0)) {
        Some(row) => Err(format!("`{name}` must be a cost of at least 0; it is {} in row {}", costs[row], row + 1)),
        None => Ok(costs),
    }
}

/// What the threshold reaches; what is undefined is left out.
fn reached(sample: &Sample<'_>, threshold: f64) -> Vec<(&'static str, f64)> {
    let decided = Sample { threshold, ..*sample };
    let score = |name: &'static str| {
        let number = super::find_metric(name)?.score(&decided, &Args::default()).number()?;
        Some((name, number))
    };
    ["precision", "recall", "f1"].into_iter().filter_map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Predictions;
    use crate::types::ArgValue;

    const PROB: [f64; 6] = [0.1, 0.2, 0.4, 0.4, 0.8, 0.9];
    const TARGET: [f64; 6] = [0.0, 1.0, 0.0, 1.0, 1.0, 0.0];

    fn fit(rule: &str, arg: &[(&str, f64)], per_row: &[(&str, &[f64])]) -> Result<FittedThreshold, String> {
        let sample = Sample::new(Predictions::Binary { prob: &PROB }, &TARGET);
        let args = Args(arg.iter().map(|(n, x)| ((*n).into(), ArgValue::Real(*x))).collect());
        find_threshold(rule).unwrap().fit(&ThresholdInput { sample: &sample, args: &args, per_row })
    }

    fn threshold(rule: &str, arg: &[(&str, f64)]) -> f64 {
        fit(rule, arg, &[]).unwrap().threshold
    }

    #[test]
    fn recall_takes_the_highest_threshold_that_is_enough() {
        assert_eq!(threshold("recall_at_least", &[("recall", 1.0 / 3.0)]), 0.4 + 0.5 * (0.8 - 0.4));
        assert_eq!(threshold("recall_at_least", &[("recall", 0.34)]), 0.2 + 0.5 * (0.4 - 0.2));
        assert_eq!(threshold("recall_at_least", &[("recall", 1.0)]), 0.1 + 0.5 * (0.2 - 0.1));
        assert_eq!(threshold("recall_at_least", &[("recall", 0.0)]), 0.9 + 0.5 * (1.0 - 0.9));
    }

    #[test]
    fn precision_takes_the_highest_recall_or_says_what_is_possible() {
        assert_eq!(threshold("precision_at_least", &[("precision", 0.5)]), 0.1 + 0.5 * (0.2 - 0.1));
        let why = fit("precision_at_least", &[("precision", 0.95)], &[]).unwrap_err();
        assert!(why.contains("0.6000") && why.contains("1.0000"), "{why}");
    }

    #[test]
    fn the_best_f1_is_found_and_reported() {
        let fitted = fit("max_f1", &[], &[]).unwrap();
        assert_eq!(fitted.threshold, 0.1 + 0.5 * (0.2 - 0.1));
        assert_eq!(fitted.reached, [("precision", 0.6), ("recall", 1.0), ("f1", 0.75)]);
    }

    #[test]
    fn costs_of_rows_move_the_threshold() {
        // Misses are free but for the row at 0.8.
        let miss = [0.0, 0.0, 0.0, 0.0, 5.0, 0.0];
        let fitted = fit("min_cost", &[("alarm", 1.0)], &[("miss", &miss)]).unwrap();
        assert_eq!(fitted.threshold, 0.4 + 0.5 * (0.8 - 0.4));
        assert_eq!(fitted.reached[0], ("cost", 1.0));
        let cheap = fit("min_cost", &[("alarm", 10.0)], &[("miss", &miss)]).unwrap();
        assert!(cheap.threshold > 0.9, "an alarm costs more than all misses");
        let refused = fit("min_cost", &[("alarm", -1.0)], &[("miss", &miss)]).unwrap_err();
        assert!(refused.contains("`alarm`"), "{refused}");
    }

    #[test]
    fn every_threshold_has_the_cost_it_was_chosen_for() {
        for (miss, alarm) in [(1.0, 1.0), (3.0, 1.0), (1.0, 3.0), (0.0, 1.0), (1.0, 0.0)] {
            let fitted = fit("min_cost", &[("miss", miss), ("alarm", alarm)], &[]).unwrap();
            let cost_at = |t: f64| {
                let decided = PROB.iter().zip(TARGET).map(|(p, y)| match (*p >= t, y > 0.5) {
                    (true, false) => alarm,
                    (false, true) => miss,
                    _ => 0.0,
                });
                decided.sum::<f64>()
            };
            let lowest = (0..=101).map(|t| cost_at(f64::from(t) / 100.0)).fold(f64::INFINITY, f64::min);
            assert_eq!((cost_at(fitted.threshold), fitted.reached[0].1), (lowest, lowest), "{miss} {alarm}");
        }
    }

    #[test]
    fn certain_scores_and_close_neighbours_are_kept_apart() {
        let cut = |score| Cut { score, hits: 0.0, alarms: 0.0 };
        assert!(threshold_after(&[cut(1.0)], 0) as f32 > 1.0);
        assert_eq!(threshold_after(&[cut(0.0)], 1), 0.0);
        let next = f64::from_bits(0.5_f64.to_bits() + 1);
        assert_eq!(threshold_after(&[cut(next), cut(0.5)], 1), next);
    }

    #[test]
    fn one_class_is_refused() {
        let sample = Sample::new(Predictions::Binary { prob: &PROB }, &[1.0; 6]);
        for rule in THRESHOLDS {
            let args = Args(vec![("recall".into(), ArgValue::Real(0.5)), ("precision".into(), ArgValue::Real(0.5))]);
            let why = rule.fit(&ThresholdInput { sample: &sample, args: &args, per_row: &[] }).unwrap_err();
            assert!(why.contains("only one class"), "{why}");
        }
    }
}
