//! Schedules with a state: `plateau` against PyTorch's ReduceLROnPlateau: `tests/goldens/torch_plateau.json`, which `torch_plateau.py` describes.

use serde_json::Value as Json;

use super::super::plateau::Plateau;
use super::super::{Outcome, Run, Setup};
use super::{csv, setup};

/// Forty rows, whose target is whether the first column is above 0.
fn rows() -> String {
    let rows: Vec<([f64; 2], f64)> =
        (0..40).map(|i| ([f64::from(i % 7) - 3.0, f64::from(i % 5) / 4.0], f64::from(u8::from(i % 7 > 3)))).collect();
    csv(rows.iter().map(|(x, y)| (x.as_slice(), *y)))
}

/// A training whose settings stand at `{train}`.
const PROGRAM: &str = "data d { source = csv(\"d.csv\"); target y: binary; columns(\"x*\"): number |> identity; split = random(train = 50%, val = 50%) }
model M(x: d.features) -> logit { Linear(4); Tanh; Linear(1) }
train { loss = bce_with_logits; {train} }";

fn training(rate: &str) -> Setup {
    setup(&PROGRAM.replace("{train}", &format!("optimizer = sgd(lr = {rate}); epochs = 12")), &rows())
}

#[test]
fn the_factor_is_pytorchs() {
    let path = format!("{}/tests/goldens/torch_plateau.json", env!("CARGO_MANIFEST_DIR"));
    let file: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let setup = training(name);
        let item = &setup.item.plateaus[0];
        let mut plateau = Plateau::default();
        let numbers = |key: &str| case[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
        for (epoch, (value, factor)) in numbers("values").into_iter().zip(numbers("factors")).enumerate() {
            plateau.observe(item, value);
            assert!((plateau.factor - factor).abs() <= 1e-12, "{name}: epoch {epoch}: {} for {factor}", plateau.factor);
        }
    }
}

fn finish(run: &mut Run) -> Vec<f64> {
    while let Outcome::Stepped(_) = run.advance().unwrap() {}
    run.state.history.epochs.iter().map(|e| e.lr).collect()
}

/// The rate falls in the run itself, and a run that goes on from a snapshot is the same to the bit.
#[test]
fn a_training_keeps_the_factor_in_its_state() {
    // Nothing is progress, so that the factor falls after every second epoch.
    let rate = "0.1 * plateau(val.loss, factor = 0.5, patience = 1, threshold = 10, min = 0.125)";
    let mut whole = Run::new(training(rate)).unwrap();
    let rates = finish(&mut whole);
    let expected = [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125, 0.0125, 0.0125, 0.0125];
    for (rate, expected) in rates.iter().zip(expected) {
        assert!((rate - expected).abs() < 1e-9, "{rates:?}");
    }
    let mut first = Run::new(training(rate)).unwrap();
    while first.state.epoch < 6 {
        first.advance().unwrap();
    }
    let mut second = Run::new(training(rate)).unwrap();
    assert!(second.restore(&first.snapshot()));
    finish(&mut second);
    assert_eq!(second.snapshot(), whole.snapshot());
}

/// A state may start as the rate is at the first step.
#[test]
fn a_state_that_starts_as_the_rate_reads_the_schedule() {
    let own = "optimizer mine(lr: real)(value: real[*P], grad: real[*P]) { state first: real[*P] = lr; value <- value - first * grad }";
    let program = PROGRAM.replace("{train}", "optimizer = mine(lr = 0.1 * warmup(step, 5)); epochs = 1");
    let with = setup(&format!("{own}\n{program}"), &rows());
    let run = Run::new(with).unwrap();
    let state = run.setup.plan.parts.iter().find(|p| p.path.ends_with("first")).unwrap();
    assert!(run.numbers(state.range()).iter().all(|x| (x - 0.02).abs() < 1e-7));
}
