//! Every row of the batch is the same: there is nothing to tell apart. No threshold: they are equal to the bit.

use crate::diag::{Diagnostic, codes};

use super::{Probe, When};

/// Rows that are compared, and how many there must be.
const MOST: usize = 256;
const LEAST: usize = 8;

pub static PROBE: Probe = Probe {
    code: &codes::SAME_ROWS,
    when: When::First,
    look: |run, _, _| {
        let data = run.setup.data.clone();
        let rows = &data.split.train[..data.split.train.len().min(MOST)];
        let same = |width: usize, values: &[f32]| {
            let row = |r: u32| values.get(r as usize * width..(r as usize + 1) * width);
            rows.iter().all(|r| row(*r) == row(rows[0]))
        };
        if rows.len() < LEAST || data.blocks.is_empty() || !data.blocks.iter().all(|b| same(b.width, &b.values)) {
            return vec![];
        }
        let message = format!("the features of the first {} training rows are all the same", rows.len());
        let d = Diagnostic::new(&codes::SAME_ROWS, message)
            .at(run.setup.item.span, "every batch is the same, and no answer can depend on the row");
        vec![d.help(format!("look at the file of `{}`, and at which columns are features", run.setup.item.data))]
    },
};
