//! Gradients that have become very much larger than they were, while the loss rose.
//!
//! Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural networks". A thousand times the first gradient
//! is beyond the spread of batches; where the loss falls nothing is said.

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::{Probe, Sample, When};

const FACTOR: f64 = 1e3;

fn size(sample: &Sample) -> f64 {
    sample.parameters.iter().map(|p| p.gradient.powi(2)).sum::<f64>().sqrt()
}

pub static PROBE: Probe = Probe {
    code: &codes::EXPLODING,
    when: When::Sample,
    look: |run, story, sample| {
        let item = &run.setup.item;
        let Some(before) = &story.before else { return vec![] };
        let (then, now) = (size(before), size(sample));
        if item.clip.is_some() || then == 0.0 || now < FACTOR * then || sample.loss < story.start {
            return vec![];
        }
        let Some(largest) = sample.parameters.iter().max_by(|a, b| a.gradient.total_cmp(&b.gradient)) else {
            return vec![];
        };
        let message = format!(
            "the gradients grew from {} at step {} to {} at step {}",
            number(then, 3),
            before.step,
            number(now, 3),
            sample.step
        );
        let d = Diagnostic::new(&codes::EXPLODING, message)
            .at(super::story::rate_span(item), "each step overshoots by more")
            .at(largest.span, format!("`{}` has the largest", largest.path));
        vec![d.help("try a tenth of the learning rate, or bound the gradients: `clip = norm(1.0)`")]
    },
};
