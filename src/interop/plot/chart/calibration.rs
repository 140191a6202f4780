use super::super::ticks::{count, score};
use super::super::{Aspect, AxisSpec, Figure, Layer, Mark, Style};

/// Rows whose predicted probabilities are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    /// Mean of the predicted probabilities.
    pub predicted: f64,
    /// Part of the rows that are positive.
    pub observed: f64,
    pub rows: usize,
}

/// Reliability diagram: on the diagonal, probabilities mean what they say.
///
/// The area is the 95 % interval of Wilson (1927) for the observed part; empty bins are left out.
pub fn calibration(bins: &[CalibrationBin], brier: Option<f64>) -> Figure {
    let bins: Vec<_> = bins.iter().filter(|b| b.rows > 0).collect();
    let style = Style { color: Some(0), ..Style::default() };
    let band = bins.iter().map(|b| {
        let (lower, upper) = wilson(b.observed, b.rows);
        (b.predicted, lower, upper)
    });
    let marks = bins.iter().map(|b| Mark { at: (b.predicted, b.observed), label: format!("n = {}", count(b.rows)) });
    let points = bins.iter().map(|b| (b.predicted, b.observed)).collect();
    let layers = vec![
        Layer::Diagonal { label: "calibrated".into() },
        Layer::Band { name: String::new(), points: band.collect(), style },
        Layer::Line { name: String::new(), points, style },
        Layer::Marks { marks: marks.collect(), style },
    ];
    Figure {
        title: "Calibration".into(),
        note: brier.map_or(String::new(), |b| format!("Brier score {}; shaded: 95 % interval", score(b))),
        x: AxisSpec::new("predicted probability").range(-0.015, 1.015),
        y: AxisSpec::new("observed share of positives").range(-0.015, 1.015),
        layers,
        aspect: Aspect::Square,
        ..Figure::default()
    }
}

/// Interval for a part of n, with z = 1.96.
fn wilson(part: f64, n: usize) -> (f64, f64) {
    let (n, z) = (n as f64, 1.959_964);
    let middle = part + z * z / (2.0 * n);
    let half = z * (part * (1.0 - part) / n + z * z / (4.0 * n * n)).max(0.0).sqrt();
    let scale = 1.0 + z * z / n;
    ((middle - half) / scale, (middle + half) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From statsmodels' `proportion_confint(3, 10, method="wilson")`: 0.10779, 0.60322.
    #[test]
    fn the_interval_is_wilsons() {
        let (lower, upper) = wilson(0.3, 10);
        assert!((lower - 0.107_789).abs() < 1e-5 && (upper - 0.603_222).abs() < 1e-5, "{lower} {upper}");
    }
}
