use std::collections::HashSet;

use crate::data::{Kind, is_missing};
use crate::diag::{Diagnostic, codes};

use super::rows::Rows;
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::LATER_TIME,
    reason: "the model learns from rows that are later than those it is tested on, which it will never have",
    source: "Kaufman et al. 2012; Hyndman and Athanasopoulos 2021, Forecasting, 5.8",
    find: Find::Rows(find),
};

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    let Some((plan, span)) = look.is_split_by_chance() else { return vec![] };
    if plan.fractions[0] >= 1.0 {
        return vec![];
    }
    // A file in the order of its times is a record of what happened, a date of birth is none.
    let times = look.schema.columns.iter().filter(|c| c.kind == Kind::Time { format: None });
    times
        .filter_map(|c| {
            let column = look.table.column(&c.name)?;
            let in_order = |rows: &[usize]| {
                let rises = |w: &[usize]| !is_missing(&column.cell(w[0])) && column.cell(w[0]) <= column.cell(w[1]);
                rows.windows(2).all(rises)
            };
            let moments: HashSet<_> = look.sample.iter().map(|r| column.cell(*r)).collect();
            if moments.len() < 15 || !in_order(&look.sample) || !in_order(&look.all().collect::<Vec<_>>()) {
                return None;
            }
            let place = c.span.unwrap_or(look.item.span);
            let message = format!("`{}` goes on from row to row, and the split takes rows by chance", c.name);
            Some(
                lint.report(message, span, "training rows from after the test rows")
                    .at(place, "the rows are in the order of this")
                    .help(format!("split by time: `split = by_time({}, train = 70%, val = 15%, test = 15%)`", c.name)),
            )
        })
        .take(1)
        .collect()
}
