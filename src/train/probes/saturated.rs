//! Hidden sigmoid and tanh units at their limits, where they are flat.
//!
//! Glorot, Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks". A unit within 1 % of its
//! limits passes on less than 4 % of the largest gradient; reported from nine in ten results on.

use crate::diag::{Diagnostic, codes};

use super::inside::{activations, hidden, suspicious};
use super::{Probe, When};

const SHARE: f64 = 0.9;

/// The limits of an activation.
fn limits(layer: &str) -> Option<(f32, f32)> {
    match layer {
        "sigmoid" | "Sigmoid" | "hardsigmoid" | "Hardsigmoid" => Some((0.0, 1.0)),
        "tanh" | "Tanh" | "hardtanh" | "Hardtanh" => Some((-1.0, 1.0)),
        _ => None,
    }
}

pub static PROBE: Probe = Probe {
    code: &codes::SATURATED,
    when: When::Sample,
    look: |run, story, sample| {
        if !suspicious(story) {
            return vec![];
        }
        let paths = hidden(run, |layer| limits(layer).is_some());
        if paths.is_empty() {
            return vec![];
        }
        let mut out = Vec::new();
        for a in activations(run).iter().filter(|a| paths.contains(&a.path)) {
            let Some((low, high)) = limits(&a.layer) else { continue };
            let near = 0.01 * (high - low);
            let flat = a.values.iter().filter(|x| **x < low + near || **x > high - near).count();
            let share = flat as f64 / a.values.len().max(1) as f64;
            if share < SHARE {
                continue;
            }
            let message = format!(
                "step {}: {:.0} % of what `{}` gives is within 1 % of its limits, and the loss does not fall",
                sample.step,
                100.0 * share,
                a.path
            );
            let d = Diagnostic::new(&codes::SATURATED, message)
                .at(a.span, "flat there, so hardly any gradient gets through");
            out.push(d.help("scale the inputs (`|> zscore`), lower the learning rate, or put a `LayerNorm` in front"));
        }
        out
    },
};
