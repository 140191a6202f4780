//! The loss was still falling fast when the training ended.
//!
//! Reported if each of the last three epochs, or all if there are two, brought at least half of what an epoch brought on average. Of a loss that approaches its
//! limit exponentially this holds for the first 71 % of the way.

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::{Probe, When};

const SHARE: f64 = 0.5;
/// What must have been gained, of the first loss.
const GAINED: f64 = 0.01;
const EPOCHS: usize = 2;

pub static PROBE: Probe = Probe {
    code: &codes::STILL_FALLING,
    when: When::End,
    look: |run, story, _| {
        let item = &run.setup.item;
        let epochs = &run.state.history.epochs;
        if epochs.len() < EPOCHS || item.stop.is_some() || item.epochs.is_none() {
            return vec![];
        }
        let n = epochs.len();
        let last = epochs[n - 1].loss;
        let previous = epochs[n - 2].loss;
        let before = if n > 2 { epochs[n - 3].loss } else { story.start };
        // One lucky batch order must not decide.
        let earlier = if n > 3 { epochs[n - 4].loss } else { story.start };
        let gained = story.start - last;
        let each = SHARE * gained / n as f64;
        let small = story.constant.as_ref().is_some_and(|c| last < 0.05 * c.loss);
        if gained < GAINED * story.start.abs()
            || small
            || previous - last < each
            || before - previous < each
            || (n > 2 && earlier - before < each)
        {
            return vec![];
        }
        let message = format!(
            "the loss was still falling when the training ended: {} before the first step, {} and {} in the last two epochs",
            number(story.start, 3),
            number(previous, 3),
            number(last, 3)
        );
        let d = Diagnostic::new(&codes::STILL_FALLING, message).at(item.span, format!("ends after {n} epochs"));
        vec![d.help("plan more epochs, with `stop = early(val.loss)` to end in time; or try a larger learning rate")]
    },
};
