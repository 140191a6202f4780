//! At the end the loss is no better than that of an answer which is the same for all rows (than at the start, for losses of one's
//! own). Compared on the training rows, so noise in the data does not hide what was learned: Karpathy 2019, "input-independent baseline".

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::{Probe, When};

const SHARE: f64 = 0.99;
const STEPS: u64 = 30;

pub static PROBE: Probe = Probe {
    code: &codes::NO_PROGRESS,
    when: When::End,
    look: |run, story, sample| {
        let Some(loss) = run.state.history.epochs.iter().map(|e| e.loss).reduce(f64::min) else { return vec![] };
        let last = run.state.history.epochs.last().map_or(loss, |e| e.loss);
        let (limit, than) = match &story.constant {
            Some(c) => (c.loss, format!("{} has {}", c.answer, number(c.loss, 4))),
            None => (story.start, format!("it was {} before the first update", number(story.start, 4))),
        };
        if sample.step < STEPS || last < SHARE * limit || limit <= 0.0 {
            return vec![];
        }
        let message = format!("after {} steps the loss is {}; {than}", sample.step, number(last, 4));
        let d = Diagnostic::new(&codes::NO_PROGRESS, message)
            .at(run.setup.item.span, "this training has learned nothing from the features")
            .at(
                super::story::rate_span(&run.setup.item),
                format!("the learning rate is {}", number(run.learning_rate(), 3)),
            );
        vec![d.help("try ten times and a tenth of the learning rate, more epochs, scaled inputs (`|> zscore`); if nothing helps, the features may not tell the target")]
    },
};
