//! Val rows that are much easier than the training rows: the same rows on both sides, or a feature that gives the answer away.
//!
//! Without dropout and statistics of the batch, which handicap training, the training loss is the lower one on average. Half of it on the val rows, in each of the
//! last three epochs and with fifty rows or more, is beyond the noise of a split; so is a val loss of a thousandth of the constant
//! answer's after the first epoch. Kaufman et al. 2012, "Leakage in Data Mining".

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::{Probe, When};

const SHARE: f64 = 0.5;
const ROWS: usize = 50;
const EPOCHS: usize = 5;

pub static PROBE: Probe = Probe {
    code: &codes::LEAK,
    when: When::End,
    look: |run, story, _| {
        let epochs = &run.state.history.epochs;
        let rows = run.setup.data.split.val.len();
        let drops = run.setup.plan.insight.layers().iter().any(|l| l.layer.contains("ropout"));
        let noisy = drops || run.setup.plan.needs_two_rows;
        if rows < ROWS || noisy || epochs.len() < EPOCHS || run.setup.item.weight.is_some() {
            return vec![];
        }
        let val = |e: &crate::train::EpochRecord| e.val.iter().find(|(n, _)| n == "loss").map(|(_, x)| *x);
        let tail = &epochs[epochs.len() - 3..];
        let easier = tail.iter().all(|e| val(e).is_some_and(|v| v > 0.0 && v < SHARE * e.loss));
        let first = val(&epochs[0]);
        let at_once = story.constant.as_ref().zip(first).is_some_and(|(c, v)| v < 1e-3 * c.loss);
        let floor = story.constant.as_ref().map_or(0.0, |c| 0.02 * c.loss);
        let message = match (easier && tail.iter().all(|e| e.loss > floor), at_once, first) {
            (true, ..) => {
                let pairs: Vec<String> = tail
                    .iter()
                    .map(|e| format!("{} against {}", number(val(e).unwrap_or(f64::NAN), 3), number(e.loss, 3)))
                    .collect();
                format!("the loss is much lower on the val rows than on those it trains on: {}", pairs.join(", "))
            }
            (_, true, Some(v)) => {
                format!("after one epoch the val loss is {} already: the features give the target away", number(v, 3))
            }
            _ => return vec![],
        };
        let d = Diagnostic::new(&codes::LEAK, message).at(run.setup.item.span, "better than it can be");
        vec![d.help("look for rows that are on both sides of the split (`group`), and for a feature that is made from the target")]
    },
};
