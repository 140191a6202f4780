//! A training loss that rises.
//!
//! Means over 8, 16, 32, … steps are compared, so that single batches do not matter. Twice the least mean, and above the first loss:
//! neither occurs in a training whose steps are small enough (the loss of gradient descent falls, Nesterov 2004, section 1.2.3).

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::story::rate_span;
use super::{Probe, When, Window};

const FACTOR: f64 = 2.0;
/// Steps in a window that counts.
const LEAST: u64 = 8;

pub static PROBE: Probe =
    Probe {
        code: &codes::LOSS_RISES,
        when: When::Course,
        look: |run, story, _| {
            let long = |w: &&Window| w.steps.1 - w.steps.0 + 1 >= LEAST;
            let Some((last, earlier)) = story.windows.split_last() else { return vec![] };
            let Some(least) = earlier.iter().min_by(|a, b| a.mean.total_cmp(&b.mean)).filter(|_| long(&last)) else {
                return vec![];
            };
            if least.mean <= 0.0 || last.mean < FACTOR * least.mean || last.mean < 1.2 * story.start {
                return vec![];
            }
            let steps = |w: &Window| match w.steps {
                (a, b) if a == b => format!("step {a}"),
                (a, b) => format!("steps {a} to {b}"),
            };
            let (small, large) = (number(least.mean, 3), number(last.mean, 3));
            let message = format!("the loss rises: {small} in {}, {large} in {}", steps(least), steps(last));
            let d = Diagnostic::new(&codes::LOSS_RISES, message)
                .at(rate_span(&run.setup.item), format!("the learning rate is {}", number(run.learning_rate(), 3)));
            vec![d.help(
                "try a tenth of the learning rate; if columns or target are large numbers, scale them (`|> zscore`)",
            )]
        },
    };
