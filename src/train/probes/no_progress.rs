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
        let Some(last) = run.state.history.epochs.last().map(|e| e.loss) else { return vec![] };
        let limit = story.constant.as_ref().map_or(story.start, |c| c.loss);
        if sample.step < STEPS || last < SHARE * limit || limit <= 0.0 {
            return vec![];
        }
        let than = match &story.constant {
            Some(c) => format!("{} has {}", c.answer, number(c.loss, 4)),
            None => format!("it was {} before the first update", number(story.start, 4)),
        };
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
