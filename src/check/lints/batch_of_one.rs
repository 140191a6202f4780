use crate::diag::{Diagnostic, codes};

use super::{Find, Lint, Training};

pub(super) static LINT: Lint = Lint {
    code: &codes::BATCH_OF_ONE,
    reason: "the mean of a batch of one row is the row itself, and its deviation is 0: everything becomes 0",
    source: "Ioffe and Szegedy 2015; PyTorch refuses it",
    find: Find::Training(find),
};

fn find(lint: &Lint, look: &Training) -> Vec<Diagnostic> {
    let norm = look.flow.parts.iter().find(|p| p.is_batch_norm());
    let Some(norm) = norm.filter(|_| look.item.batch_size == 1) else { return vec![] };
    let message = format!("`{}` in a training with `batch_size = 1`", norm.written);
    vec![
        lint.report(message, norm.span, "has the statistics of one row")
            .at(look.item.span, "trains in batches of 1")
            .help("use batches of 16 rows or more, or `LayerNorm`, which looks at one row at a time"),
    ]
}
