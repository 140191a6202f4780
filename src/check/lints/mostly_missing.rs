use crate::diag::{Diagnostic, codes};

use super::rows::{Rows, by_entry, listed};
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::MOSTLY_MISSING,
    reason: "most of what the model sees of it is the value that fills the gaps",
    source: "Little and Rubin 2002",
    find: Find::Rows(find),
};

/// The share of missing cells from which on it is reported.
const MOST: f64 = 0.5;

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    let found = look.pieces().filter_map(|(piece, column, span)| {
        if look.missing(column, look.sample.iter().copied()) < 0.8 * MOST {
            return None;
        }
        let share = look.missing(column, look.all());
        (share > MOST && share < 1.0).then(|| (span, &*piece.column, share))
    });
    by_entry(found)
        .into_iter()
        .map(|(span, names, share)| {
            let message = format!("{} is missing in {:.0}% of the rows", listed(&names), share * 100.0);
            lint.report(message, span, "a feature with more gaps than values").help(format!(
                "write `{}: drop`, or say why it may stay: `# allow {}: reason` above the entry",
                names.join(", "),
                codes::MOSTLY_MISSING.id
            ))
        })
        .collect()
}
