use serde::{Deserialize, Serialize};

use super::design::solve;
use super::logistic::{sigmoid, softmax, softplus};
use super::{Predictions, Sample, Task, isotonic};

/// A row of [`CALIBRATIONS`]: a way to correct probabilities on rows that were not trained on.
#[derive(Debug)]
pub struct CalibrationMethod {
    pub name: &'static str,
    pub doc: &'static str,
    pub tasks: &'static [Task],
    pub(super) fit: fn(&Sample<'_>) -> Result<Calibration, String>,
}

/// A fitted correction of probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Calibration {
    /// Log-odds, or log-probabilities of classes, times `inverse_temperature`.
    Temperature { inverse_temperature: f64 },
    /// `sigmoid(slope * logit(p) + intercept)`.
    Sigmoid { slope: f64, intercept: f64 },
    /// Straight lines between the points (`x`, `y`), constant outside of them.
    Isotonic { x: Vec<f64>, y: Vec<f64> },
}

/// Every method, sorted by name.
pub static CALIBRATIONS: &[CalibrationMethod] = &[
    CalibrationMethod {
        name: "isotonic",
        doc: "The best rising curve (pool adjacent violators), as scikit-learn's. Needs some thousand rows not to overfit.",
        tasks: &[Task::Binary],
        fit: isotonic::fit,
    },
    CalibrationMethod {
        name: "sigmoid",
        doc: "A sigmoid of the log-odds with slope and intercept (Platt 1999), as scikit-learn's.",
        tasks: &[Task::Binary],
        fit: sigmoid_fit,
    },
    CalibrationMethod {
        name: "temperature",
        doc: "All scores divided by one temperature (Guo et al. 2017), as scikit-learn's; changes no decision at 0.5.",
        tasks: &[Task::Binary, Task::Classes],
        fit: temperature_fit,
    },
];

/// Keeps logarithms of 0 finite, as in scikit-learn.
const EPSILON: f64 = 1e-12;

pub fn find_calibration(name: &str) -> Option<&'static CalibrationMethod> {
    CALIBRATIONS.iter().find(|c| c.name == name)
}

impl CalibrationMethod {
    /// Fits the correction, or says why it can't.
    pub fn fit(&self, sample: &Sample<'_>) -> Result<Calibration, String> {
        if !self.tasks.contains(&sample.predicted.task()) {
            return Err(format!("`{}` is for another kind of target", self.name));
        }
        sample.check()?;
        let weight = sample.weights();
        let mut counting = sample.target.iter().zip(&weight).filter(|(_, w)| **w > 0.0).map(|(y, _)| *y);
        let first = counting.next();
        if counting.all(|y| Some(y) == first) {
            return Err("these rows have only one class, so that there is nothing to correct by".into());
        }
        (self.fit)(sample)
    }
}

impl Calibration {
    /// Corrects probabilities in place: one a row (`classes` is 1), or `[rows, classes]`.
    ///
    /// What was fitted on a binary target leaves several classes as they are, but for the temperature.
    pub fn apply(&self, prob: &mut [f64], classes: usize) {
        match self {
            Calibration::Temperature { inverse_temperature } if classes > 1 => {
                for row in prob.chunks_mut(classes) {
                    row.iter_mut().for_each(|p| *p = inverse_temperature * (*p + EPSILON).ln());
                    softmax(row);
                }
            }
            _ if classes > 1 => {}
            Calibration::Temperature { inverse_temperature } => {
                prob.iter_mut().for_each(|p| *p = sigmoid(inverse_temperature * log_odds(*p)));
            }
            Calibration::Sigmoid { slope, intercept } => {
                prob.iter_mut().for_each(|p| *p = sigmoid(slope * log_odds(*p) + intercept));
            }
            Calibration::Isotonic { x, y } => prob.iter_mut().for_each(|p| *p = isotonic::interpolate(x, y, *p)),
        }
    }
}

fn log_odds(p: f64) -> f64 {
    (p + EPSILON).ln() - (1.0 - p + EPSILON).ln()
}

/// The inverse temperature at which the slope of the mean loss, which rises with it, is 0; within e^-10..e^10.
fn temperature_fit(sample: &Sample<'_>) -> Result<Calibration, String> {
    let classes = match sample.predicted {
        Predictions::Classes { classes, .. } => classes,
        _ => 2,
    };
    let scores: Vec<f64> = match sample.predicted {
        Predictions::Classes { prob, .. } => prob.iter().map(|p| (p + EPSILON).ln()).collect(),
        _ => sample.values().iter().flat_map(|p| [(1.0 - p + EPSILON).ln(), (p + EPSILON).ln()]).collect(),
    };
    let weight = sample.weights();
    let mut row = vec![0.0; classes];
    let mut slope = |inverse: f64| {
        let mut sum = 0.0;
        for ((scores, &y), w) in scores.chunks_exact(classes).zip(sample.target).zip(&weight) {
            row.iter_mut().zip(scores).for_each(|(r, s)| *r = inverse * s);
            softmax(&mut row);
            let expected: f64 = row.iter().zip(scores).map(|(p, s)| p * s).sum();
            sum += w * (expected - scores[y as usize]);
        }
        sum
    };
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..52 {
        let middle: f64 = 0.5 * (low + high);
        if slope(middle.exp()) > 0.0 { high = middle } else { low = middle }
    }
    Ok(Calibration::Temperature { inverse_temperature: f64::exp(0.5 * (low + high)) })
}

/// Platt's fit: targets drawn in from 0 and 1 by their counts, then logistic regression on one feature without penalty.
fn sigmoid_fit(sample: &Sample<'_>) -> Result<Calibration, String> {
    let weight = sample.weights();
    let total =
        |class: f64| sample.target.iter().zip(&weight).filter(|(y, _)| **y == class).map(|(_, w)| w).sum::<f64>();
    let (negatives, positives) = (total(0.0), total(1.0));
    let (low, high) = (1.0 / (negatives + 2.0), (positives + 1.0) / (positives + 2.0));
    let feature: Vec<f64> = sample.values().iter().map(|&p| log_odds(p)).collect();
    let target: Vec<f64> = sample.target.iter().map(|y| if *y > 0.5 { high } else { low }).collect();
    let start = [0.0, ((positives + 1.0) / (negatives + 1.0)).ln()];
    let [slope, intercept] = fit_line(&feature, &target, &weight, start);
    if slope.is_finite() && intercept.is_finite() {
        Ok(Calibration::Sigmoid { slope, intercept })
    } else {
        Err("no sigmoid fits these rows".into())
    }
}

/// Minimises the log loss of `sigmoid(slope * feature + intercept)` by Newton's method with halved steps.
fn fit_line(feature: &[f64], target: &[f64], weight: &[f64], start: [f64; 2]) -> [f64; 2] {
    let (mut point, mut step, mut best) = (start, [0.0; 2], f64::INFINITY);
    for _ in 0..200 {
        let (mut loss, mut gradient, mut curvature) = (0.0, [0.0; 2], [0.0; 3]);
        for ((x, t), w) in feature.iter().zip(target).zip(weight) {
            let z = point[0] * x + point[1];
            let p = sigmoid(z);
            loss += w * (softplus(z) - t * z);
            let (g, h) = (w * (p - t), w * p * (1.0 - p));
            (gradient[0], gradient[1]) = (gradient[0] + g * x, gradient[1] + g);
            (curvature[0], curvature[1], curvature[2]) =
                (curvature[0] + h * x * x, curvature[1] + h * x, curvature[2] + h);
        }
        if loss > best + 1e-13 * best.abs() {
            step = step.map(|s| 0.5 * s);
        } else {
            best = loss;
            let mut matrix = [curvature[0], 0.0, curvature[1], curvature[2]];
            let newton = solve(&mut matrix, vec![gradient[0], gradient[1]]);
            step = [-newton[0], -newton[1]];
            point = [point[0] + step[0], point[1] + step[1]];
            if step.iter().zip(&point).all(|(s, x)| s.abs() <= 1e-12 * x.abs().max(1.0)) {
                break;
            }
            continue;
        }
        point = [point[0] - step[0], point[1] - step[1]];
    }
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROB: [f64; 8] = [0.0, 0.05, 0.2, 0.3, 0.7, 0.8, 0.95, 1.0];
    const TARGET: [f64; 8] = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0];

    fn fitted(name: &str) -> Calibration {
        let sample = Sample::new(Predictions::Binary { prob: &PROB }, &TARGET);
        find_calibration(name).unwrap().fit(&sample).unwrap()
    }

    #[test]
    fn every_method_gives_rising_probabilities_and_survives_being_saved() {
        for method in CALIBRATIONS {
            let calibration = fitted(method.name);
            let mut prob = PROB;
            calibration.apply(&mut prob, 1);
            assert!(prob.is_sorted() && prob.iter().all(|p| (0.0..=1.0).contains(p)), "{} {prob:?}", method.name);
            let text = serde_json::to_string(&calibration).unwrap();
            assert_eq!(serde_json::from_str::<Calibration>(&text).unwrap(), calibration);
        }
    }

    #[test]
    fn overconfident_predictions_are_cooled() {
        let Calibration::Temperature { inverse_temperature } = fitted("temperature") else { panic!() };
        assert!((0.01..1.0).contains(&inverse_temperature), "{inverse_temperature}");
    }

    #[test]
    fn a_temperature_treats_a_binary_target_as_two_classes() {
        let both: Vec<f64> = PROB.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let sample = Sample::new(Predictions::Classes { prob: &both, classes: 2 }, &TARGET);
        let of_classes = find_calibration("temperature").unwrap().fit(&sample).unwrap();
        assert_eq!(of_classes, fitted("temperature"));
        let (mut one, mut two) = (PROB, both.clone());
        of_classes.apply(&mut one, 1);
        of_classes.apply(&mut two, 2);
        one.iter().zip(two.chunks(2)).for_each(|(p, q)| assert!((p - q[1]).abs() < 1e-12));
    }

    #[test]
    fn one_class_is_refused() {
        let sample = Sample::new(Predictions::Binary { prob: &PROB }, &[1.0; 8]);
        for method in CALIBRATIONS {
            assert!(method.fit(&sample).unwrap_err().contains("only one class"));
        }
    }
}
