use std::collections::HashMap;

use crate::data::{Kind, RawColumn, TargetKind};
use crate::diag::{Diagnostic, codes};

use super::rows::{Rows, moments};
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::DETERMINES_TARGET,
    reason: "such a column is often written after the fact or made from the target, and is not there for new rows",
    source: "Kaufman et al. 2012, Leakage in Data Mining",
    find: Find::Rows(find),
};

/// Rows below which a perfect rule may be chance.
const ROWS: usize = 30;

/// Rows that a level or class must have.
const EACH: usize = 5;

/// A correlation that is one but for rounding.
const EXACT: f64 = 0.999_999;

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    let Some((kind, target, place)) = look.target() else { return vec![] };
    let mut columns: Vec<&str> = look.pieces().map(|(p, ..)| &*p.column).collect();
    columns.dedup();
    // With one feature there is nothing else to learn from.
    if look.sample.len() < ROWS || columns.len() < 2 {
        return vec![];
    }
    let mut found: Vec<Diagnostic> = Vec::new();
    for (piece, column, span) in look.pieces() {
        let holds = |rows: &[usize]| match (kind, &piece.kind) {
            (TargetKind::Number, Kind::Number) => correlates(column, target, rows),
            (TargetKind::Number, _) => false,
            (_, Kind::Number) => separates(column, target, rows) || decides(column, target, rows),
            _ => decides(column, target, rows),
        };
        if holds(&look.sample) && holds(&look.all().collect::<Vec<_>>()) {
            let message = format!("`{}` alone tells the target of every row", piece.column);
            let d = lint.report(message, span, "too good to be a feature").at(place, "the target");
            found.push(d.help(format!(
                "write `{}: drop`, unless it is known before the target is: then `# allow {}: reason`",
                piece.column,
                codes::DETERMINES_TARGET.id
            )));
        }
    }
    found
}

/// Each level, and there are few of them, has one class.
fn decides(column: &RawColumn, target: &RawColumn, rows: &[usize]) -> bool {
    let mut classes: HashMap<_, (usize, _)> = HashMap::new();
    for &r in rows {
        let class = target.cell(r);
        let entry = classes.entry(column.cell(r)).or_insert_with(|| (0, class.clone()));
        if entry.1 != class {
            return false;
        }
        entry.0 += 1;
        if classes.len() * EACH > rows.len() {
            return false;
        }
    }
    let mut sizes: HashMap<_, usize> = HashMap::new();
    classes.values().for_each(|(n, class)| *sizes.entry(class.clone()).or_default() += n);
    sizes.len() > 1 && sizes.values().all(|n| *n >= EACH)
}

/// One threshold parts the two classes.
fn separates(column: &RawColumn, target: &RawColumn, rows: &[usize]) -> bool {
    let mut ranges: HashMap<_, (f64, f64, usize)> = HashMap::new();
    for &r in rows {
        let Some(x) = column.number_at(r) else { continue };
        let range = ranges.entry(target.cell(r)).or_insert((x, x, 0));
        *range = (range.0.min(x), range.1.max(x), range.2 + 1);
        // Once two classes overlap, they always will.
        let parted = match ranges.values().collect::<Vec<_>>().as_slice() {
            [_] => true,
            [a, b] => a.1 < b.0 || b.1 < a.0,
            _ => false,
        };
        if !parted {
            return false;
        }
    }
    match ranges.values().collect::<Vec<_>>().as_slice() {
        [a, b] => a.2.min(b.2) >= EACH,
        _ => false,
    }
}

/// The target is a multiple of the column, but for a constant.
fn correlates(column: &RawColumn, target: &RawColumn, rows: &[usize]) -> bool {
    let pairs: Vec<(f64, f64)> = rows.iter().filter_map(|r| column.number_at(*r).zip(target.number_at(*r))).collect();
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    if x.len() < ROWS {
        return false;
    }
    let ((mx, sx), (my, sy)) = (moments(&x), moments(&y));
    let together = x.iter().zip(&y).map(|(a, b)| (a - mx) * (b - my)).sum::<f64>() / x.len() as f64;
    sx > 0.0 && sy > 0.0 && (together / (sx * sy)).abs() > EXACT
}
