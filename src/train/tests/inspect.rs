//! Looks inside a training: they change nothing, and what they see is what the step does.

use super::{csv, setup};
use crate::train::inspect::{Batch, Source, Stats, norms_below};
use crate::train::{Outcome, Run};

const PROGRAM: &str = "data d { source = csv(\"d.csv\"); target y: binary; columns(\"x*\"): number |> identity }
model M(x: d.features) -> logit {
  body: seq { Linear(6); BatchNorm1d; relu; Dropout(0.5) }
  Linear(1)
}
train { loss = bce_with_logits; optimizer = adam(lr = 0.01); batch_size = 16; epochs = 3; clip = norm(1.0) }";

fn rows() -> String {
    let xs: Vec<[f64; 2]> = (0..64).map(|i| [f64::from(i % 7) - 3.0, f64::from((i * 5) % 11) / 4.0 - 1.0]).collect();
    csv(xs.iter().map(|x| (&x[..], f64::from(u8::from(x[0] + x[1] > 0.0)))))
}

fn run(program: &str, csv: &str) -> Run {
    Run::new(setup(program, csv)).unwrap_or_else(|f| panic!("{f:?}"))
}

fn look_everywhere(run: &mut Run) {
    run.activations(Batch::Next).unwrap();
    run.activations(Batch::Rows(&[3, 1, 2])).unwrap();
    run.gradients(Batch::Next).unwrap();
    run.gradients(Batch::Rows(&[5, 9])).unwrap();
    run.loss_of(Batch::Next).unwrap();
    assert_eq!(run.origin(Batch::Next).unwrap(), None);
    run.weights();
    run.last_update();
}

#[test]
fn looking_changes_no_bit() {
    let (mut plain, mut watched) = (run(PROGRAM, &rows()), run(PROGRAM, &rows()));
    watched.remember_updates(true);
    loop {
        let before = watched.snapshot();
        look_everywhere(&mut watched);
        assert_eq!(watched.snapshot(), before);
        let (a, b) = (plain.advance().unwrap(), watched.advance().unwrap());
        assert_eq!(a, b);
        assert_eq!(plain.snapshot(), watched.snapshot());
        if a == Outcome::Finished {
            break;
        }
    }
    assert!(plain.state.step == 12);
}

/// The gradients that a look gives are those that the step leaves in its memory, dropout and batch norm included.
#[test]
fn gradients_are_those_of_the_next_step() {
    let mut run = run(PROGRAM, &rows());
    for _ in 0..3 {
        let seen = run.gradients(Batch::Next).unwrap();
        let loss = run.loss_of(Batch::Next).unwrap();
        let Outcome::Stepped(report) = run.advance().unwrap() else { panic!() };
        assert!((report.loss - loss).abs() <= 1e-6 * loss.abs(), "{} {loss}", report.loss);
        for g in &seen {
            let name = format!("{}.grad", g.path);
            let slot = run.setup.plan.slots.iter().find(|s| *s.path == *name).unwrap();
            let stored = &run.arena[slot.offset..slot.offset + slot.len()];
            for (a, b) in g.values.iter().zip(stored) {
                // The bias before a batch norm: rounding in one, nothing in the other.
                assert!((a - b).abs() <= 1e-5 * g.stats.norm.max(1e-1) as f32, "{}: {a} {b}", g.path);
            }
        }
        let norms = norms_below(&seen);
        let of = |p: &str| norms.iter().find(|(q, _)| q == p).map(|(_, x)| *x).unwrap();
        assert!((of("").powi(2) - of("body").powi(2) - of("1").powi(2)).abs() < 1e-6 * of("").powi(2));
    }
}

#[test]
fn every_layer_and_function_of_a_sequence_is_seen() {
    let mut run = run(PROGRAM, &rows());
    let seen = run.activations(Batch::Next).unwrap();
    let names: Vec<(&str, &str)> = seen.iter().map(|a| (&*a.path, &*a.layer)).collect();
    let expected = [
        ("body.0", "Linear"),
        ("body.1", "BatchNorm1d"),
        ("body.2", "relu"),
        ("body.3", "Dropout"),
        ("1", "Linear"),
        ("", "M"),
    ];
    assert_eq!(names, expected);
    let relu = &seen[2];
    assert_eq!((relu.shape.as_slice(), relu.batched), ([16usize, 6].as_slice(), true));
    assert!(relu.stats.min == 0.0 && relu.stats.zeros > 0.1 && relu.stats.zeros < 0.9, "{:?}", relu.stats);
    // Batch norm gives mean 0 and deviation 1 for each unit, so for all of them.
    let normed = &seen[1];
    assert!(normed.stats.mean.abs() < 1e-5 && (normed.stats.std - 1.0).abs() < 1e-2, "{:?}", normed.stats);
    // Half is dropped, on top of what is 0 already.
    assert!(seen[3].stats.zeros > relu.stats.zeros + 0.1);
    assert!(seen.iter().all(|a| a.gradient.is_some()));
}

#[test]
fn updates_are_told_in_proportion_to_the_weights() {
    let mut run = run(PROGRAM, &rows());
    assert_eq!(run.last_update(), None);
    run.remember_updates(true);
    run.advance().unwrap();
    let before = run.weights();
    run.advance().unwrap();
    let after = run.weights();
    for u in run.last_update().unwrap() {
        let find = |w: &[crate::train::inspect::Weight]| w.iter().find(|w| w.path == u.path).unwrap().values.clone();
        let (a, b) = (find(&before), find(&after));
        let moved: Vec<f32> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
        assert!((Stats::of(&moved).norm - u.update).abs() <= 1e-5 * u.update);
        assert!((Stats::of(&a).norm - u.weight).abs() <= 1e-9 + 1e-5 * u.weight);
    }
}

#[test]
fn the_origin_of_a_bad_number_is_found() {
    let own = "fn own(p: real, y: binary) -> real { return -(y * log(p) + (1 - y) * log(1 - p)) }
data d { source = csv(\"d.csv\"); target y: binary; columns(\"x*\"): number |> identity }
model M(x: d.features) -> real { Linear(1); relu }
train { loss = own; optimizer = sgd(lr = 0.1); batch_size = 16; steps = 5 }";
    let mut run = run(own, &rows());
    let origin = run.origin(Batch::Next).unwrap().unwrap();
    assert_eq!(origin.source, Source::Operation("log"), "{origin:?}");
    assert_eq!(origin.operands[0].value, Some(0.0), "{origin:?}");
    assert!(!origin.rows.is_empty() && !origin.backward && origin.place.span.is_some(), "{origin:?}");
}
