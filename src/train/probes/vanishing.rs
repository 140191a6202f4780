//! The first layer gets hardly any gradient compared with the last one.
//!
//! Hochreiter 1991; Bengio, Simard, Frasconi 1994; Glorot, Bengio 2010. Compared are gradients in proportion to their weights.
//! A ReLU layer with PyTorch's initial weights passes on about 0.41 of a gradient (its variance falls to a sixth), so nine of them are
//! within a factor of 10 000: reported from there on, at two samples.

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::{Moved, Probe, Sample, When};

const FACTOR: f64 = 1e4;

fn relative(p: &Moved) -> f64 {
    p.gradient / p.weight.max(1e-12)
}

/// First and last weight matrix, and how much larger the last one's gradient is.
fn fall(sample: &Sample) -> Option<(&Moved, &Moved, f64)> {
    let matrices: Vec<&Moved> = sample.parameters.iter().filter(|p| p.rank >= 2).collect();
    let (first, last) = (matrices.first()?, matrices.last()?);
    (matrices.len() >= 3 && relative(last) > 0.0).then(|| (*first, *last, relative(last) / relative(first)))
}

pub static PROBE: Probe = Probe {
    code: &codes::VANISHING,
    when: When::Sample,
    look: |_, story, sample| {
        let before = story.before.as_ref().and_then(fall);
        let (Some((.., earlier)), Some((first, last, factor))) = (before, fall(sample)) else { return vec![] };
        if earlier < FACTOR || factor < FACTOR {
            return vec![];
        }
        let message = format!(
            "step {}: the gradient of `{}` is {}, that of `{}` is {}: {} times less in proportion to the weights",
            sample.step,
            first.path,
            number(first.gradient, 3),
            last.path,
            number(last.gradient, 3),
            number(factor, 2)
        );
        let d = Diagnostic::new(&codes::VANISHING, message)
            .at(first.span, "hardly learns")
            .at(last.span, "gets most of the gradient");
        vec![d.help(
            "use fewer layers, `ReLU` in place of `Sigmoid` or `Tanh`, `Residual { … }`, or a norm between the layers",
        )]
    },
};
