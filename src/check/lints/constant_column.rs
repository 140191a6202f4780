use crate::data::is_missing;
use crate::diag::{Diagnostic, codes};

use super::rows::{Rows, by_entry, listed};
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::CONSTANT_COLUMN,
    reason: "what is the same in every row tells nothing about any of them",
    source: "scikit-learn, VarianceThreshold",
    find: Find::Rows(find),
};

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    let found = look.pieces().filter_map(|(piece, column, span)| {
        let first = column.cell(0);
        let same = |row: &usize| column.cell(*row) == first;
        (!is_missing(&first) && look.sample.iter().all(same) && look.all().all(|r| same(&r)))
            .then(|| (span, &*piece.column, first.trim().to_string()))
    });
    // An entry for many columns, such as the pixels of images, may hold some that never change.
    let columns = |at: crate::text::Span| look.pieces().filter(|(.., span)| *span == at).count();
    by_entry(found)
        .into_iter()
        .filter(|(span, names, _)| names.len() * 2 >= columns(*span))
        .map(|(span, names, value)| {
            lint.report(format!("{} is `{value}` in every row", listed(&names)), span, "a feature that never changes")
                .help(format!("write `{}: drop`", names.join(", ")))
        })
        .collect()
}
