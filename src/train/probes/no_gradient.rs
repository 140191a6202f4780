//! Every gradient is exactly 0 although the loss is not small: nothing can be learned from here on. No threshold but that it is so
//! at two samples in a row: a hinge loss may be flat for one batch.

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::{Probe, Sample, When};

fn flat(sample: &Sample) -> bool {
    !sample.parameters.is_empty() && sample.parameters.iter().all(|p| p.gradient == 0.0)
}

pub static PROBE: Probe = Probe {
    code: &codes::NO_GRADIENT,
    when: When::Sample,
    look: |run, story, sample| {
        let twice = flat(sample) && story.before.as_ref().is_some_and(flat);
        if !twice || sample.loss.abs() < 0.01 * story.start.abs() {
            return vec![];
        }
        let item = &run.setup.item;
        let message =
            format!("step {}: every gradient is exactly 0, and the loss stays {}", sample.step, number(sample.loss, 4));
        let last = run.setup.plan.insight.layers().iter().rev().find(|l| !l.path.is_empty());
        let mut d =
            Diagnostic::new(&codes::NO_GRADIENT, message).at(item.loss.span, "does not depend on the weights here");
        if let Some(layer) = last {
            d = d.at(layer.span, format!("`{}` gives the result", layer.layer));
        }
        vec![d.help("the result is the same whatever the weights: a softmax over one unit, a ReLU at the end that is 0 for every row, a function with steps")]
    },
};
