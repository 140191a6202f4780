use super::Better::{Higher, Lower, Neither};
use super::Needs::{Decisions, Scores};
use super::Task::{Binary, Classes, Regression};
use super::{Metric, Task, decisions, ece, mean, ranking, regression};

const YES_NO: &[Task] = &[Binary];
const CLASSES: &[Task] = &[Classes];
const ANSWERS: &[Task] = &[Binary, Classes];
const NUMBERS: &[Task] = &[Regression];

/// Every metric, sorted by name.
pub static METRICS: &[Metric] = &[
    Metric {
        name: "accuracy",
        signature: "accuracy",
        doc: "The share of rows decided rightly, 0..1.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: mean::accuracy,
    },
    Metric {
        name: "balanced_accuracy",
        signature: "balanced_accuracy",
        doc: "The mean of the classes' recalls, 0..1; classes without rows are left out.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: decisions::balanced_accuracy,
    },
    Metric {
        name: "brier",
        signature: "brier",
        doc: "The mean of (p - y)^2, 0..1. For classes the squares are summed over the classes, 0..2.",
        tasks: ANSWERS,
        better: Lower,
        needs: Scores,
        prepare: mean::brier,
    },
    Metric {
        name: "confusion",
        signature: "confusion",
        doc: "A table of the rows (their weight) by true class, down, and decided class, across.",
        tasks: ANSWERS,
        better: Neither,
        needs: Decisions,
        prepare: super::counts::confusion,
    },
    Metric {
        name: "ece",
        signature: "ece(bins: int in 1..1_000 = 15)",
        doc: "Expected calibration error, 0..1: the mean distance between probability and observed share, in bins of equal \
              width. For classes, of the class that was decided (Guo et al. 2017).",
        tasks: ANSWERS,
        better: Lower,
        needs: Scores,
        prepare: ece::ece,
    },
    Metric {
        name: "f1",
        signature: "f1(average: word(auto, macro, micro, weighted) = auto)",
        doc: "2 precision recall / (precision + recall), 0..1; undefined if no row is positive and none was decided so. \
              Averages as in `precision`.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: decisions::f1,
    },
    Metric {
        name: "fbeta",
        signature: "fbeta(beta: real in 0..1_000 = 1, average: word(auto, macro, micro, weighted) = auto)",
        doc: "(1 + beta^2) precision recall / (beta^2 precision + recall), 0..1: recall counts `beta` times as much as \
              precision. Averages as in `precision`.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: decisions::fbeta,
    },
    Metric {
        name: "kappa",
        signature: "kappa(weights: word(none, linear, quadratic) = none)",
        doc: "Cohen's kappa, -1..1: agreement beyond chance. With weights, mistakes between distant classes count more. \
              Undefined if all rows are of one class and were decided so.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: decisions::kappa,
    },
    Metric {
        name: "log_loss",
        signature: "log_loss",
        doc: "The mean of -log(p of the true class), at least 0; p is kept 2.2e-16 away from 0 and 1.",
        tasks: ANSWERS,
        better: Lower,
        needs: Scores,
        prepare: mean::log_loss,
    },
    Metric {
        name: "mae",
        signature: "mae",
        doc: "The mean of |y - p|, in the target's units.",
        tasks: NUMBERS,
        better: Lower,
        needs: Scores,
        prepare: mean::mae,
    },
    Metric {
        name: "mape",
        signature: "mape",
        doc: "The mean of |y - p| / |y|, at least 0, as a share, not in percent. A target of 0 is taken for 2.2e-16, which \
              makes the score huge.",
        tasks: NUMBERS,
        better: Lower,
        needs: Scores,
        prepare: mean::mape,
    },
    Metric {
        name: "mcc",
        signature: "mcc",
        doc: "Matthews correlation coefficient, -1..1; 0 if the truth or the decisions have only one class.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: decisions::mcc,
    },
    Metric {
        name: "median_ae",
        signature: "median_ae",
        doc: "The median of |y - p|, in the target's units.",
        tasks: NUMBERS,
        better: Lower,
        needs: Scores,
        prepare: regression::median_ae,
    },
    Metric {
        name: "mse",
        signature: "mse",
        doc: "The mean of (y - p)^2, in the target's units squared.",
        tasks: NUMBERS,
        better: Lower,
        needs: Scores,
        prepare: mean::mse,
    },
    Metric {
        name: "per_class",
        signature: "per_class",
        doc: "A table of precision, recall, f1 and rows (their weight) of each class; empty where undefined.",
        tasks: ANSWERS,
        better: Neither,
        needs: Decisions,
        prepare: decisions::per_class,
    },
    Metric {
        name: "pinball",
        signature: "pinball(q: real in 0..1 = 0.5)",
        doc: "The mean of q (y - p) where y >= p, else (1 - q) (p - y): the loss of the quantile `q`.",
        tasks: NUMBERS,
        better: Lower,
        needs: Scores,
        prepare: mean::pinball,
    },
    Metric {
        name: "pr_auc",
        signature: "pr_auc(average: word(auto, macro, micro, weighted) = auto)",
        doc: "Average precision, 0..1: the sum over thresholds of precision times the gain in recall, without \
              interpolation; its level for chance is the share of positives. Undefined without positive rows. For \
              classes, each against the rest; `auto` is `macro`.",
        tasks: ANSWERS,
        better: Higher,
        needs: Scores,
        prepare: ranking::pr_auc,
    },
    Metric {
        name: "precision",
        signature: "precision(average: word(auto, macro, micro, weighted) = auto)",
        doc: "Of the rows decided positive, the share that is, 0..1; undefined if nothing was decided positive. `macro` is \
              the mean over the classes that occur, where an undefined one counts as 0; `weighted` weighs them by their \
              rows; `micro` pools all decisions. `auto` is the positive class, for several classes `macro`.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: decisions::precision,
    },
    Metric {
        name: "r2",
        signature: "r2",
        doc: "1 - sum (y - p)^2 / sum (y - mean y)^2, at most 1; 0 predicts as well as the mean. Undefined for fewer than \
              two rows; for a constant target 1 if all is right, else 0.",
        tasks: NUMBERS,
        better: Higher,
        needs: Scores,
        prepare: regression::r2,
    },
    Metric {
        name: "recall",
        signature: "recall(average: word(auto, macro, micro, weighted) = auto)",
        doc: "Of the positive rows, the share decided so, 0..1; undefined without positive rows. Averages as in \
              `precision`.",
        tasks: ANSWERS,
        better: Higher,
        needs: Decisions,
        prepare: decisions::recall,
    },
    Metric {
        name: "rmse",
        signature: "rmse",
        doc: "The square root of `mse`, in the target's units.",
        tasks: NUMBERS,
        better: Lower,
        needs: Scores,
        prepare: mean::rmse,
    },
    Metric {
        name: "roc_auc",
        signature: "roc_auc(average: word(auto, macro, micro, weighted) = auto)",
        doc: "The area under the ROC curve, 0..1: how often a positive row scores above a negative one, ties counting half; \
              chance is 0.5. Undefined with only one class. For classes, each against the rest; `auto` is `macro`.",
        tasks: ANSWERS,
        better: Higher,
        needs: Scores,
        prepare: ranking::roc_auc,
    },
    Metric {
        name: "specificity",
        signature: "specificity",
        doc: "Of the negative rows, the share decided so, 0..1; undefined without negative rows.",
        tasks: YES_NO,
        better: Higher,
        needs: Decisions,
        prepare: decisions::specificity,
    },
    Metric {
        name: "top",
        signature: "top(k: int in 1..1_000_000 = 5)",
        doc: "The share of rows whose class is among the `k` most probable ones, 0..1.",
        tasks: CLASSES,
        better: Higher,
        needs: Scores,
        prepare: mean::top,
    },
];

pub fn find_metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_signatures_bear_their_names() {
        assert!(METRICS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(METRICS.iter().all(|m| m.signature.split('(').next() == Some(m.name)));
    }
}
