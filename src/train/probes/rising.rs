//! A training loss that rises.
//!
//! Means over 8, 16, 32, … steps are compared, so that single batches do not matter. Twice the least mean, and above the first loss:
//! neither occurs in a training whose steps are small enough (the loss of gradient descent falls, Nesterov 2004, section 1.2.3).

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::story::rate_span;
use super::{Probe, When};

const FACTOR: f64 = 2.0;
/// The window of steps 8..15.
const FIRST: usize = 3;

pub static PROBE: Probe =
    Probe {
        code: &codes::LOSS_RISES,
        when: When::Sample,
        look: |run, story, _| {
            let windows = &story.windows;
            let Some(last) = windows.last().filter(|_| windows.len() > FIRST) else { return vec![] };
            let (at, least) = windows[..windows.len() - 1]
                .iter()
                .enumerate()
                .fold((0, f64::INFINITY), |best, (i, w)| if *w < best.1 { (i, *w) } else { best });
            if least <= 0.0 || *last < FACTOR * least || *last < 1.2 * story.start {
                return vec![];
            }
            let steps = |i: usize| format!("{} to {}", 1u64 << i, (1u64 << (i + 1)) - 1);
            let message = format!(
                "the loss rises: {} in steps {}, {} in steps {}",
                number(least, 3),
                steps(at),
                number(*last, 3),
                steps(windows.len() - 1)
            );
            let d = Diagnostic::new(&codes::LOSS_RISES, message)
                .at(rate_span(&run.setup.item), format!("the learning rate is {}", number(run.learning_rate(), 3)));
            vec![d.help(
                "try a tenth of the learning rate; if columns or target are large numbers, scale them (`|> zscore`)",
            )]
        },
    };
