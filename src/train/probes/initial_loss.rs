//! A first loss far above that of an answer which is the same for all rows: the target or the inputs have another size than the
//! initial weights expect.
//!
//! An untrained model answers about 0, so its loss is that of the answer 0 (of equal shares, for classes): Karpathy 2019, "A
//! Recipe for Training Neural Networks", verify loss @ init. Four times that (25 times for a squared error, five times the
//! deviation) is more than the noise of initial weights and of a small first batch.

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::story::loss_name;
use super::{Probe, When};

const CLASSES: f64 = 4.0;
const SQUARED: f64 = 25.0;

pub static PROBE: Probe = Probe {
    code: &codes::INITIAL_LOSS,
    when: When::First,
    look: |run, story, _| {
        let Some(constant) = &story.constant else { return vec![] };
        let item = &run.setup.item;
        let squared = matches!(loss_name(item), Some("mse"));
        let limit = if squared { SQUARED * constant.loss } else { CLASSES * constant.untrained.max(constant.loss) };
        if run.setup.item.start.is_some() || story.start <= limit {
            return vec![];
        }
        let (start, best) = (number(story.start, 3), number(constant.loss, 3));
        let message = format!("before the first update the loss is {start}; {} would have {best}", constant.answer);
        let help = match squared {
            true => {
                "the target's mean or size is far from what an untrained model answers: give it `|> zscore` (it is undone for metrics and predictions)"
            }
            false => {
                "the scores start far too large: scale the inputs (`|> zscore`), and leave the initial weights as the library has them"
            }
        };
        let d = Diagnostic::new(&codes::INITIAL_LOSS, message)
            .at(item.loss.span, "most of the training will go into undoing this");
        vec![d.help(help)]
    },
};
