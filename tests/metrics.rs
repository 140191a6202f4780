//! Metrics and curves against scikit-learn; `tests/goldens/metrics.py` writes the numbers.

use std::sync::Arc;

use nnrun::metrics::{Predictions, Sample, Score, calibration_bins, find_metric, pr_curve, roc_curve};
use nnrun::types::{ArgValue, Args};
use serde_json::Value;

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn args(value: &Value) -> Args {
    let one = |v: &Value| match v {
        Value::String(word) => ArgValue::Word(word.as_str().into()),
        Value::Number(n) => n.as_i64().map_or_else(|| ArgValue::Real(n.as_f64().unwrap()), ArgValue::Int),
        other => panic!("{other}"),
    };
    Args(value.as_object().unwrap().iter().map(|(k, v)| (Arc::from(k.as_str()), one(v))).collect())
}

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        let near = (f - e).abs() <= 1e-9 * e.abs().max(1.0) || (f.is_nan() && e.is_nan());
        assert!(near, "{what}: {f}, expected {e}");
    }
}

fn assert_scores(case: &Value, sample: &Sample<'_>) {
    for row in case["scores"].as_array().unwrap() {
        let what = format!("{}: {} {}", case["name"], row["metric"], row["args"]);
        let metric = find_metric(row["metric"].as_str().unwrap()).unwrap();
        match (metric.score(sample, &args(&row["args"])), &row["value"]) {
            (Score::Undefined(_), Value::Null) => {}
            (Score::Number(found), Value::Number(expected)) => {
                assert_near(&[found], &[expected.as_f64().unwrap()], &what);
            }
            (Score::Table(table), expected @ Value::Array(_)) => assert_near(&table.cells, &numbers(expected), &what),
            (found, expected) => panic!("{what}: {found:?}, expected {expected}"),
        }
    }
}

#[test]
fn binary_metrics_are_those_of_scikit_learn() {
    for case in cases(include_str!("goldens/metrics/binary.json")) {
        let (prob, target) = (numbers(&case["prob"]), numbers(&case["target"]));
        let weight = case["weight"].as_array().map(|_| numbers(&case["weight"]));
        let threshold = case["threshold"].as_f64().unwrap();
        let predicted = Predictions::Binary { prob: &prob };
        assert_scores(&case, &Sample { predicted, target: &target, weight: weight.as_deref(), threshold });
    }
}

#[test]
fn binary_curves_are_those_of_scikit_learn() {
    let mut seen = 0;
    for case in cases(include_str!("goldens/metrics/binary.json")) {
        let (prob, target) = (numbers(&case["prob"]), numbers(&case["target"]));
        let weight = case["weight"].as_array().map(|_| numbers(&case["weight"]));
        let sample = Sample { weight: weight.as_deref(), ..Sample::new(Predictions::Binary { prob: &prob }, &target) };
        let what = case["name"].as_str().unwrap();
        if let Some(expected) = case.get("roc") {
            let roc = roc_curve(&sample).unwrap();
            assert_near(&roc.false_positive_rate, &numbers(&expected[0]), what);
            assert_near(&roc.true_positive_rate, &numbers(&expected[1]), what);
            assert_near(&roc.threshold[1..], &numbers(&expected[2]), what);
            let pr = pr_curve(&sample).unwrap();
            assert_near(&pr.precision, &numbers(&case["pr"][0]), what);
            assert_near(&pr.recall, &numbers(&case["pr"][1]), what);
            assert_near(&pr.threshold[..pr.threshold.len() - 1], &numbers(&case["pr"][2]), what);
            seen += 1;
        }
        if let Some(expected) = case.get("calibration") {
            let bins = calibration_bins(&sample, 10).unwrap();
            let of = |f: fn(&nnrun::metrics::CalibrationBin) -> f64| bins.iter().map(f).collect::<Vec<_>>();
            assert_near(&of(|b| b.observed), &numbers(&expected[0]), what);
            assert_near(&of(|b| b.mean_predicted), &numbers(&expected[1]), what);
        }
    }
    assert!(seen >= 5, "only {seen} cases have curves");
}

#[test]
fn metrics_of_classes_are_those_of_scikit_learn() {
    for case in cases(include_str!("goldens/metrics/classes.json")) {
        let (prob, target) = (numbers(&case["prob"]), numbers(&case["target"]));
        let weight = case["weight"].as_array().map(|_| numbers(&case["weight"]));
        let classes = case["classes"].as_u64().unwrap() as usize;
        let predicted = Predictions::Classes { prob: &prob, classes };
        assert_scores(&case, &Sample { weight: weight.as_deref(), ..Sample::new(predicted, &target) });
    }
}

#[test]
fn regression_metrics_are_those_of_scikit_learn() {
    for case in cases(include_str!("goldens/metrics/regression.json")) {
        let (value, target) = (numbers(&case["value"]), numbers(&case["target"]));
        let weight = case["weight"].as_array().map(|_| numbers(&case["weight"]));
        let predicted = Predictions::Number { value: &value };
        assert_scores(&case, &Sample { weight: weight.as_deref(), ..Sample::new(predicted, &target) });
    }
}

/// A metric, or a word that one of its arguments may be, without numbers of scikit-learn to compare with.
#[test]
fn every_metric_and_every_choice_is_compared_with_and_without_weights() {
    use nnrun::metrics::{METRICS, Task};
    let files = [
        (Task::Binary, include_str!("goldens/metrics/binary.json")),
        (Task::Classes, include_str!("goldens/metrics/classes.json")),
        (Task::Regression, include_str!("goldens/metrics/regression.json")),
    ];
    let files = files.map(|(task, text)| (task, cases(text)));
    let compared = |task: Task, weighted: bool, of: &dyn Fn(&Value) -> bool| {
        let rows = files.iter().filter(|(t, _)| *t == task).flat_map(|(_, cases)| cases);
        rows.filter(|case| case["weight"].is_array() == weighted)
            .flat_map(|case| case["scores"].as_array().unwrap())
            .any(|row| !row["value"].is_null() && of(row))
    };
    for metric in METRICS {
        for weighted in [false, true] {
            for task in metric.tasks {
                let found = compared(*task, weighted, &|row| row["metric"] == metric.name);
                assert!(found, "{} of {task:?}, weighted: {weighted}", metric.name);
            }
            let words = metric.signature.split("word(").nth(1).and_then(|rest| rest.split(')').next()).unwrap_or("");
            for word in words.split(", ").filter(|word| !["", "auto"].contains(word)) {
                let named = |row: &Value| {
                    let args = row["args"].as_object().unwrap();
                    row["metric"] == metric.name && args.values().any(|v| v == word)
                };
                let found = metric.tasks.iter().any(|task| compared(*task, weighted, &named));
                assert!(found, "{} {word}, weighted: {weighted}", metric.name);
            }
        }
    }
}

#[test]
fn every_signature_is_one_of_the_language() {
    use nnrun::metrics::{BASELINES, METRICS, THRESHOLDS};
    use nnrun::text::{FileId, Source};
    let metrics = METRICS.iter().map(|m| (m.name, m.signature));
    let others =
        THRESHOLDS.iter().map(|t| (t.name, t.signature)).chain(BASELINES.iter().map(|b| (b.name, b.signature)));
    for (name, signature) in metrics.chain(others) {
        let source = Source::new(FileId(0), "signature", signature);
        let parsed = nnrun::syntax::parse_signature(&source).unwrap_or_else(|| panic!("{signature}"));
        let written = signature.matches(": ").count();
        assert_eq!((&*parsed.name.text, parsed.params.len()), (name, written), "{signature}");
    }
}
