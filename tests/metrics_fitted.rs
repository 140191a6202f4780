//! What is fitted, baselines, calibrations and class weights, against scikit-learn; `tests/goldens/metrics.py` writes the numbers.

use nnrun::metrics::{Predictions, Sample, Task, Training, balanced_weights, find_baseline, find_calibration};
use nnrun::types::Args;
use serde_json::Value;

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{what}: {f}, expected {e}");
    }
}

#[test]
fn calibrations_are_those_of_scikit_learn() {
    for case in cases(include_str!("goldens/metrics/calibration.json")) {
        let (prob, target) = (numbers(&case["prob"]), numbers(&case["target"]));
        let weight = case["weight"].as_array().map(|_| numbers(&case["weight"]));
        let classes = case["classes"].as_u64().unwrap() as usize;
        let predicted = match classes {
            1 => Predictions::Binary { prob: &prob },
            _ => Predictions::Classes { prob: &prob, classes },
        };
        let sample = Sample { weight: weight.as_deref(), ..Sample::new(predicted, &target) };
        for (method, expected) in case["applied"].as_object().unwrap() {
            let mut new = numbers(&case["new"]);
            find_calibration(method).unwrap().fit(&sample).unwrap().apply(&mut new, classes);
            assert_near(&new, &numbers(expected), 1e-6, &format!("{} {method}", case["name"]));
        }
    }
}

#[test]
fn baselines_are_those_of_scikit_learn() {
    for case in cases(include_str!("goldens/metrics/baselines.json")) {
        let features: Vec<f32> = numbers(&case["features"]).iter().map(|x| *x as f32).collect();
        let target = numbers(&case["target"]);
        let weight = case["weight"].as_array().map(|_| numbers(&case["weight"]));
        let (task, name) = match case["task"].as_str().unwrap() {
            "binary" => (Task::Binary, "logistic"),
            "classes" => (Task::Classes, "logistic"),
            _ => (Task::Regression, "linear"),
        };
        let training = Training {
            features: &features,
            columns: case["columns"].as_u64().unwrap() as usize,
            target: &target,
            weight: weight.as_deref(),
            task,
            classes: case["classes"].as_u64().unwrap() as usize,
        };
        let fitted = find_baseline(name).unwrap().fit(&training, &Args::default()).unwrap();
        let found = fitted.predict(&features, target.len());
        assert_near(&found, &numbers(&case["predicted"]), 1e-5, case["name"].as_str().unwrap());
    }
}

#[test]
fn class_weights_are_those_of_scikit_learn() {
    for case in cases(include_str!("goldens/metrics/balanced.json")) {
        let found = balanced_weights(&numbers(&case["target"]), case["classes"].as_u64().unwrap() as usize);
        assert_near(&found, &numbers(&case["weights"]), 1e-12, "balanced");
    }
}
