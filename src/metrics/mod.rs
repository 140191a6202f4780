//! How good predictions are: metrics, curves, thresholds, intervals, baselines and calibration.
//!
//! Plain numbers in, plain numbers out: nothing here knows models, files or the language. Rows with weight 0 never count.
//! Where scikit-learn raises or warns, a score is [`Score::Undefined`] and says why.

mod balance;
mod baseline;
mod bootstrap;
mod calibration;
mod columns;
mod compare;
mod counts;
mod curves;
mod decisions;
mod design;
mod ece;
mod importance;
mod isotonic;
mod lbfgs;
mod least_squares;
mod logistic;
mod mean;
mod metric;
mod ranking;
mod regression;
mod sample;
mod score;
mod table;
mod threshold;

pub use balance::balanced_weights;
pub use baseline::{BASELINES, Baseline, FittedBaseline, Training, find_baseline};
pub use bootstrap::{Interval, Resampling, intervals};
pub use calibration::{CALIBRATIONS, Calibration, CalibrationMethod, find_calibration};
pub use columns::{MeanOf, intervals_of};
pub use compare::{Comparison, Pair, compare, compare_pairs};
pub use counts::decision;
pub use curves::{CalibrationBin, CostCurve, PrCurve, RocCurve, calibration_bins, cost_curve, pr_curve, roc_curve};
pub use importance::{Importance, permutation_importance};
pub use metric::{Better, Metric, Needs, Prepared, Request};
pub use sample::{Predictions, Sample, Selected, Task};
pub use score::{Axis, Labels, Score, Table};
pub use table::{METRICS, find_metric};
pub use threshold::{FittedThreshold, THRESHOLDS, ThresholdInput, ThresholdRule, find_threshold};
