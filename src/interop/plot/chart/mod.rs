//! A constructor for each plot of the language: plain numbers in, a figure out.

mod calibration;
mod confusion;
mod curves;
mod function;
mod histogram;
mod importance;
mod regression;
mod schedule;
mod threshold;
mod training;

pub use calibration::{CalibrationBin, calibration};
pub use confusion::confusion;
pub use curves::{OperatingPoint, Ranking, pr, roc};
pub use function::{Function, function_plot};
pub use histogram::histogram;
pub use importance::{Importance, importance};
pub use regression::{predicted_vs_true, residuals};
pub use schedule::schedule;
pub use threshold::threshold_cost;
pub use training::training_curves;
