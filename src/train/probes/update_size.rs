//! Steps that are too large or too small in proportion to the weights.
//!
//! Rule of thumb: about 1e-3 of the weights' norm a step (Karpathy, CS231n, "Ratio of weights:updates"). Adam's first steps are larger
//! by nature, and weights that pass by 0 look as if they leapt: so nothing is said before step 16, nor where the loss has fallen.
//! From half of the weights' size on, a step overwrites them. Too small is what can't move the weights by 5 % in all the steps that are planned: the model stays about the one that was drawn.

use crate::diag::{Diagnostic, codes};
use crate::plan::Rate;
use crate::text::format::number;

use super::story::rate_span;
use super::{Moved, Probe, When};

const LARGE_RATIO: f64 = 0.5;
const SMALL_TOTAL: f64 = 0.05;
const FROM_STEP: u64 = 16;

fn matrices(parameters: &[Moved]) -> impl Iterator<Item = &Moved> {
    parameters.iter().filter(|p| p.rank >= 2 && p.ratio().is_finite())
}

pub static LARGE: Probe = Probe {
    code: &codes::LARGE_UPDATES,
    when: When::Sample,
    look: |run, story, sample| {
        let Some(worst) = matrices(&sample.parameters).max_by(|a, b| a.ratio().total_cmp(&b.ratio())) else {
            return vec![];
        };
        if sample.step < FROM_STEP || worst.ratio() < LARGE_RATIO || story.recent() < 0.9 * story.start {
            return vec![];
        }
        let message = format!(
            "step {} moves `{}` by {} of its own size; about 0.001 is usual",
            sample.step,
            worst.path,
            number(worst.ratio(), 2)
        );
        let d = Diagnostic::new(&codes::LARGE_UPDATES, message)
            .at(rate_span(&run.setup.item), format!("the learning rate is {}", number(run.learning_rate(), 3)))
            .at(worst.span, "its weights are overwritten step by step");
        vec![d.help("try a tenth of the learning rate")]
    },
};

pub static SMALL: Probe = Probe {
    code: &codes::SMALL_UPDATES,
    when: When::Sample,
    look: |run, story, sample| {
        let largest = matrices(&sample.parameters).map(Moved::ratio).fold(f64::NAN, f64::max);
        let total = largest * story.planned as f64;
        let early = sample.step < 4 || sample.step > 64;
        // Small steps of a small rate don't raise the loss, and have a gradient.
        let other = story.recent() > 1.1 * story.start || sample.parameters.iter().any(|p| p.gradient == 0.0);
        let scheduled = !matches!(run.setup.plan.rate, Rate::Fixed(_));
        if early || other || scheduled || largest.is_nan() || total >= SMALL_TOTAL || story.recent() < 0.5 * story.start
        {
            return vec![];
        }
        let message = format!(
            "step {} moves the weights by {} of their size: in all {} planned steps that is {} %",
            sample.step,
            number(largest, 2),
            story.planned,
            number(100.0 * total, 2)
        );
        let d = Diagnostic::new(&codes::SMALL_UPDATES, message)
            .at(rate_span(&run.setup.item), format!("the learning rate is {}", number(run.learning_rate(), 3)));
        vec![d.help("try a learning rate ten times larger, or plan more epochs")]
    },
};
