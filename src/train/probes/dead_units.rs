//! ReLU units that are 0 for every row: their weights get no gradient and never come back.
//!
//! Lu, Shin, Su, Karniadakis 2019, "Dying ReLU and Initialization". Some dead units are normal; from nine in ten on, of a training
//! that gets nowhere, they are the reason. Such units leave gradients that are exactly 0 in the weights in front of them: only
//! then the model's inside is looked at.

use crate::diag::{Diagnostic, codes};

use super::inside::{activations, has, suspicious, units};
use super::{Probe, When};

const RECTIFIERS: &[&str] = &["relu", "ReLU", "relu6", "ReLU6"];
const SHARE: f64 = 0.9;

pub static PROBE: Probe = Probe {
    code: &codes::DEAD_UNITS,
    when: When::Sample,
    look: |run, story, sample| {
        // Sums over several batches are not there any more: then it is not known.
        let known = !sample.parameters.is_empty();
        let starved = !known || sample.parameters.iter().any(|p| p.rank >= 2 && p.idle as f64 >= SHARE * p.rows as f64);
        if !starved || !has(run, RECTIFIERS) || !suspicious(story) {
            return vec![];
        }
        let mut out = Vec::new();
        for a in activations(run).iter().filter(|a| a.batched && RECTIFIERS.contains(&&*a.layer)) {
            let n = units(a);
            let dead = (0..n).filter(|u| a.values.iter().skip(*u).step_by(n).all(|x| *x <= 0.0)).count();
            if (dead as f64) < SHARE * n as f64 {
                continue;
            }
            let rows = a.values.len() / n;
            let message = format!(
                "step {}: {dead} of {n} units of `{}` are 0 for all of {rows} rows, and the loss does not fall",
                sample.step, a.path
            );
            let d =
                Diagnostic::new(&codes::DEAD_UNITS, message).at(a.span, "a unit that is never active gets no gradient");
            out.push(d.help("lower the learning rate, scale the inputs (`|> zscore`), or use `LeakyReLU`; a ReLU that gives the model's result can't say anything below 0"));
        }
        out
    },
};
