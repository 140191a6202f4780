//! The val loss is far above its own best while the training loss fell on.
//!
//! Prechelt 1998, "Early Stopping – But When?": generalisation loss, `100 (val / best - 1)`; reported from 50 on, and only if neither
//! `keep`, `stop` nor `average` guards against it. It must be so in each of the last three epochs, and the val loss as far above the
//! training loss: a loss that goes up and down is another matter.

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::{Probe, When};

const LOSS: f64 = 1.5;
const EPOCHS: usize = 5;

pub static PROBE: Probe = Probe {
    code: &codes::OVERFITS,
    when: When::End,
    look: |run, _, _| {
        let item = &run.setup.item;
        let epochs = &run.state.history.epochs;
        let guarded = item.keep.is_some() || item.stop.is_some() || item.average.is_some();
        let val = |i: usize| epochs[i].val.iter().find(|(n, _)| n == "loss").map(|(_, x)| *x);
        let Some(last) = epochs.len().checked_sub(1).filter(|_| !guarded && epochs.len() >= EPOCHS) else {
            return vec![];
        };
        let Some(end) = val(last) else { return vec![] };
        let best = (0..=last).filter_map(|i| Some((i, val(i)?))).min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((at, best)) = best else { return vec![] };
        let apart = |i: usize| val(i).is_some_and(|v| v >= LOSS * best && v >= LOSS * epochs[i].loss);
        if best <= 0.0 || !(last - 2..=last).all(apart) || epochs[last].loss >= epochs[at].loss {
            return vec![];
        }
        let message = format!(
            "the val loss was best in epoch {}, {}, and ended at {}, while the training loss fell from {} to {}",
            epochs[at].epoch,
            number(best, 3),
            number(end, 3),
            number(epochs[at].loss, 3),
            number(epochs[last].loss, 3)
        );
        let d = Diagnostic::new(&codes::OVERFITS, message).at(item.span, "the training rows were learned by heart");
        vec![d.help("`keep = best(val.loss)`, or `stop = early(val.loss, patience = 5)`; a smaller model, `Dropout` or weight decay narrow the gap")]
    },
};
