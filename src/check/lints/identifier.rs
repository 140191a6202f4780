use std::collections::HashSet;

use crate::data::{Kind, RawColumn};
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
            let rows = look.sample.len();
            let is_identifier = match piece.kind {
                // A number says so by its name, or by counting the rows.
                Kind::Number => {
                    let is_whole = |row: &usize| column.number_at(*row).is_some_and(|x| x.fract() == 0.0);
                    look.sample.iter().all(is_whole) && {
                        let numbers = look.numbers(column, &look.sample);
                        let step = look.sample.get(1).copied().unwrap_or(1) as f64;
                        let counts = numbers.windows(2).all(|w| w[1] - w[0] == step);
                        (counts || is_id_name(&piece.column)) && again(column, &look.sample, 0) == 0
                    }
                }
                _ => (rows - again(column, &look.sample, rows / 10)) * 10 > rows * 9,
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

/// Rows whose cell stands in an earlier one too; not all of them are counted where there are more than `most`.
fn again(column: &RawColumn, rows: &[usize], most: usize) -> usize {
    let mut seen = HashSet::new();
    let mut count = 0;
    for row in rows {
        count += usize::from(!seen.insert(column.cell(*row)));
        if count > most {
            break;
        }
    }
    count
}

/// `id`, `user_id`, `orderId`.
pub(super) fn is_id_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower == "id" || lower.ends_with("_id") || name.ends_with("Id") || name.ends_with("ID") || lower == "index"
}
