//! Models that are sure of themselves: scores of 1000 and -1000, where probabilities are 0 and 1 in `f32`, still have the
//! right losses and gradients.

use std::collections::BTreeMap;

use super::{csv, run_from, setup};

/// Trains one step at rate 1 on the rows `(x, y)`; gives the loss, and the gradients of weight and bias.
fn step(model: &str, target: &str, loss: &str, rows: &[(f64, f64)], weight: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    let xs: Vec<[f64; 1]> = rows.iter().map(|r| [r.0]).collect();
    let csv = csv(xs.iter().zip(rows).map(|(x, r)| (&x[..], r.1)));
    let program = format!(
        "data d {{ source = csv(\"d.csv\"); target y: {target}; x0: number |> identity }}
fn own(p: prob, y: binary) -> real {{ return -(y * log(p) + (1 - y) * log(1 - p)) }}
model M(x: d.features) {model}
train {{ loss = {loss}; optimizer = sgd(lr = 1); batch_size = {}; steps = 1 }}",
        rows.len()
    );
    let k = weight.len();
    let weights = BTreeMap::from([
        ("0.weight".to_string(), (vec![k, 1], weight.to_vec())),
        ("0.bias".to_string(), (vec![k], vec![0.0; k])),
    ]);
    let mut run = run_from(setup(&program, &csv), &weights);
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let loss = run.train_on(&all).unwrap();
    let tensors = run.tensors();
    let gradient = |path: &str, before: &[f64]| -> Vec<f64> {
        let (.., after) = tensors.iter().find(|(p, ..)| &**p == path).unwrap();
        before.iter().zip(after).map(|(b, a)| b - f64::from(*a)).collect()
    };
    (loss, gradient("0.weight", weight), gradient("0.bias", &vec![0.0; k]))
}

/// Right and wrong, sure and unsure: `z` is 1000, 1000, -1000, 0.
const BINARY: [(f64, f64); 4] = [(1.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (0.0, 1.0)];

/// Mean of 0, 1000, 1000 and log 2; `(sigmoid(z) - y) x` is 0, 1, 1, 0 and `sigmoid(z) - y` is 0, 1, -1, -1/2.
fn check_binary(model: &str, loss: &str) {
    let (value, weight, bias) = step(model, "binary", loss, &BINARY, &[1000.0]);
    let exact = (2000.0 + std::f64::consts::LN_2) / 4.0;
    assert!((value - exact).abs() <= 1e-6 * exact, "{loss}: {value} where {exact} is right");
    assert_eq!((weight, bias), (vec![0.5], vec![-0.125]), "{loss}");
}

#[test]
fn binary_losses_of_sure_models_are_right() {
    check_binary("-> prob { Linear(1); Sigmoid }", "bce");
    check_binary("-> logit { Linear(1) }", "bce_with_logits");
    check_binary("-> prob { Linear(1); Sigmoid }", "own");
}

#[test]
fn focal_loss_of_sure_models_is_right() {
    // alpha_t (1 - p_t)^2 (-log p_t): 0, 0.75 * 1000, 0.25 * 1000, 0.25 * log(2) / 4.
    let (value, weight, bias) = step("-> logit { Linear(1) }", "binary", "focal", &BINARY, &[1000.0]);
    let exact = (1000.0 + std::f64::consts::LN_2 / 16.0) / 4.0;
    assert!((value - exact).abs() <= 1e-6 * exact, "{value} where {exact} is right");
    // By the score: 0, 0.75, -0.25, and at 0: 0.25 * (-(1 - p)^2 p' / p - 2 (1 - p) p' log(1/p)) with p = 1/2, p' = 1/4.
    let at_zero = 0.25 * (-0.125 - 0.25 * std::f64::consts::LN_2);
    assert_eq!(weight, [0.25]);
    assert!((bias[0] - (0.5 + at_zero) / 4.0).abs() < 1e-7, "{bias:?}");
}

/// Scores are 1000, -1000 and 0 where x is 1.
fn check_classes(model: &str, loss: &str) {
    let rows = [(1.0, 0.0), (1.0, 1.0), (1.0, 2.0), (-1.0, 1.0)];
    let (value, weight, bias) = step(model, "label", loss, &rows, &[1000.0, -1000.0, 0.0]);
    assert_eq!(value, (0.0 + 2000.0 + 1000.0 + 0.0) / 4.0, "{loss}");
    assert_eq!((weight, bias), (vec![0.5, -0.25, -0.25], vec![0.5, -0.25, -0.25]), "{loss}");
}

#[test]
fn losses_of_sure_models_of_several_classes_are_right() {
    check_classes("-> logit(d.y) { Linear(3) }", "cross_entropy");
    check_classes("-> logprob(d.y) { Linear(3); LogSoftmax }", "nll");
    check_classes("-> prob(d.y) { Linear(3); Softmax }", "nll");
}
