use super::Sample;

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

/// The rows whose prediction fell into `low..high`; bins without rows are left out.
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
    pub threshold: Vec<f64>,
    pub cost: Vec<f64>,
}

/// As scikit-learn's `roc_curve(drop_intermediate=False)`. Needs a binary target with both classes.
pub fn roc_curve(sample: &Sample<'_>) -> Result<RocCurve, &'static str> {
    let _ = sample;
    Err("not computed yet")
}

/// As scikit-learn's `precision_recall_curve`. Needs a binary target with a positive row.
pub fn pr_curve(sample: &Sample<'_>) -> Result<PrCurve, &'static str> {
    let _ = sample;
    Err("not computed yet")
}

/// `bins` bins of equal width, as scikit-learn's `calibration_curve`. Needs a binary target.
pub fn calibration_bins(sample: &Sample<'_>, bins: usize) -> Result<Vec<CalibrationBin>, &'static str> {
    let _ = (sample, bins);
    Err("not computed yet")
}

/// What the decisions cost: `miss[i]` for a positive row decided no, `alarm[i]` for a negative one decided yes.
pub fn cost_curve(sample: &Sample<'_>, miss: &[f64], alarm: &[f64]) -> Result<CostCurve, &'static str> {
    let _ = (sample, miss, alarm);
    Err("not computed yet")
}
