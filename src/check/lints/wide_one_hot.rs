use std::collections::HashSet;

use crate::diag::{Diagnostic, codes};

use super::rows::Rows;
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::WIDE_ONE_HOT,
    reason: "each level becomes a column of its own with a few rows to learn from",
    source: "Guo and Berkhahn 2016, Entity Embeddings of Categorical Variables",
    find: Find::Rows(find),
};

/// Levels of a `one_hot` that are many.
const MANY: usize = 100;

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    let wide = look.pieces().filter(|(p, ..)| p.transforms.iter().any(|t| t.row.name == "one_hot"));
    wide.filter_map(|(piece, column, span)| {
        // Rare levels may be missing in the sample; all rows are read only where it has many.
        let sampled: HashSet<_> = look.sample.iter().map(|r| column.cell(*r)).collect();
        let levels = if sampled.len() * 2 <= MANY { 0 } else { column.levels().names.len() };
        if levels <= MANY {
            return None;
        }
        let dim = (1.6 * (levels as f64).powf(0.56)).round().clamp(4.0, 32.0);
        let message = format!("`{}` becomes {levels} columns, one for each level", piece.column);
        Some(
            lint.report(message, span, format!("`one_hot` of {levels} levels")).help(format!(
                "write `{}: category |> embed({dim})`: {dim} learned numbers for each level",
                piece.column
            )),
        )
    })
    .collect()
}
