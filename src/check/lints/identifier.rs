use std::collections::HashSet;

use crate::data::Kind;
use crate::diag::{Diagnostic, codes};

use super::rows::Rows;
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::IDENTIFIER,
    reason: "it names the row, so the model can learn the training rows by heart and knows nothing of new ones",
    source: "Kaufman et al. 2012, Leakage in Data Mining",
    find: Find::Rows(find),
};

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    let features = look.pieces().filter(|(p, ..)| matches!(p.kind, Kind::Number | Kind::Category));
    features
        .filter_map(|(piece, column, span)| {
            let cells: HashSet<_> = look.sample.iter().map(|r| column.cell(*r)).collect();
            let different = cells.len() == look.sample.len();
            let is_identifier = match piece.kind {
                // A number says so by its name, or by counting the rows.
                Kind::Number => {
                    let numbers = look.numbers(column, &look.sample);
                    let whole = numbers.len() == look.sample.len() && numbers.iter().all(|x| x.fract() == 0.0);
                    let step = look.sample.get(1).copied().unwrap_or(1) as f64;
                    let counts = numbers.windows(2).all(|w| w[1] - w[0] == step);
                    different && whole && (counts || is_id_name(&piece.column))
                }
                _ => cells.len() * 10 > look.sample.len() * 9,
            };
            is_identifier.then(|| {
                lint.report(
                    format!("`{}` is different in every row", piece.column),
                    span,
                    "an identifier, not a feature",
                )
                .help(format!("write `{}: id`, and it is carried to the predictions", piece.column))
            })
        })
        .collect()
}

/// `id`, `user_id`, `orderId`.
pub(super) fn is_id_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower == "id" || lower.ends_with("_id") || name.ends_with("Id") || name.ends_with("ID") || lower == "index"
}
