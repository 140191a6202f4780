use crate::data::Kind;
use crate::diag::{Diagnostic, codes};
use crate::text::format;

use super::rows::{Rows, by_entry, listed, moments};
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::UNSCALED,
    reason: "layers start as if all inputs had a size of about 1; a large one drowns the others and makes steps jump",
    source: "LeCun et al. 1998, Efficient BackProp, 4.3",
    find: Find::Rows(find),
};

/// Mean or deviation that is large for an input.
const LARGE: f64 = 10.0;

/// Deviations that are so many times apart are of different scales.
const APART: f64 = 100.0;

const LEAVES_SCALE: [&str; 3] = ["identity", "clip", "log1p"];

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    if look.normalised {
        return vec![];
    }
    let plain = look.pieces().filter(|(p, ..)| {
        let kept = p.transforms.iter().all(|t| LEAVES_SCALE.contains(&t.row.name));
        // Without a transform of its own a number gets `zscore`.
        p.kind == Kind::Number && kept
    });
    let found: Vec<_> = plain
        .map(|(piece, column, span)| {
            let mut numbers = look.numbers(column, &look.sample);
            if piece.transforms.iter().any(|t| t.row.name == "log1p") {
                numbers.iter_mut().for_each(|x| *x = x.ln_1p());
                numbers.retain(|x| x.is_finite());
            }
            (span, &*piece.column, moments(&numbers))
        })
        .filter(|(.., (_, deviation))| *deviation > 0.0)
        .collect();
    let deviations = || found.iter().map(|(.., (_, d))| *d);
    let (least, most) = (deviations().fold(f64::INFINITY, f64::min), deviations().fold(0.0, f64::max));
    let apart = found.len() > 1 && most > APART * least;
    let large = |(mean, deviation): (f64, f64)| mean.abs() > LARGE || deviation > LARGE || (apart && deviation == most);
    by_entry(found.iter().copied().filter(|(.., m)| large(*m)))
        .into_iter()
        .map(|(span, names, (mean, deviation))| {
            let message = format!("{} reaches the model unscaled", listed(&names));
            let label = format!("around {}, give or take {}", format::number(mean, 3), format::number(deviation, 3));
            let d = lint.report(message, span, label);
            match apart {
                true => d.help(format!(
                    "inputs differ {} times in size: end the entry with `|> zscore`",
                    format::number((most / least).round(), 3)
                )),
                false => d.help("end the entry with `|> zscore` (or `robust`, if there are outliers)"),
            }
        })
        .collect()
}
