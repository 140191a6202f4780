use crate::types::Args;

use super::Sample;

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

/// Every rule, sorted by name.
pub static THRESHOLDS: &[ThresholdRule] = &[];

pub fn find_threshold(name: &str) -> Option<&'static ThresholdRule> {
    THRESHOLDS.iter().find(|r| r.name == name)
}

impl ThresholdRule {
    /// The best threshold for these rows, or why there is none.
    pub fn fit(&self, input: &ThresholdInput<'_>) -> Result<FittedThreshold, String> {
        input.sample.check()?;
        (self.fit)(input)
    }
}
