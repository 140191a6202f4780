//! Cells of new rows of a sort that the training rows did not have.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};

use super::cells::Cells;
use super::fitted::{Fill, Fitted, FittedPiece};
use super::raw::{number, sort_levels};

/// Levels that are named.
const SHOWN: usize = 5;

/// What was found in some rows; that of more rows can be added.
#[derive(Debug, Default)]
pub struct Unforeseen {
    rows: usize,
    /// For each piece of each input.
    pieces: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    missing: usize,
    levels: HashMap<Arc<str>, usize>,
    /// Whether all levels, also those that are known, are numbers.
    numeric: bool,
}

impl Unforeseen {
    pub fn of(fitted: &Fitted, cells: &[Vec<Cells>], rows: usize) -> Unforeseen {
        let pieces = fitted.inputs.iter().zip(cells).flat_map(|(input, cells)| input.pieces.iter().zip(cells));
        Unforeseen { rows, pieces: pieces.map(|(piece, cells)| found(piece, cells)).collect() }
    }

    pub fn add(&mut self, other: Unforeseen) {
        self.rows += other.rows;
        if self.pieces.is_empty() {
            self.pieces = other.pieces;
            return;
        }
        for (mine, theirs) in self.pieces.iter_mut().zip(other.pieces) {
            mine.missing += theirs.missing;
            mine.numeric &= theirs.numeric;
            for (level, count) in theirs.levels {
                *mine.levels.entry(level).or_insert(0) += count;
            }
        }
    }

    pub fn warn(&self, fitted: &Fitted, problems: &mut Problems) {
        let pieces = fitted.inputs.iter().flat_map(|input| &input.pieces);
        for (piece, found) in pieces.zip(&self.pieces) {
            self.warn_missing(piece, found, problems);
            self.warn_unseen(piece, found, problems);
        }
    }

    fn warn_missing(&self, piece: &FittedPiece, found: &Found, problems: &mut Problems) {
        let Fill::Number { value, .. } = &piece.fill else { return };
        if found.missing > 0 {
            let message = format!(
                "{} of {} cells of `{}` are missing, but no training row's was: they count as {}",
                found.missing,
                self.rows,
                piece.column,
                crate::text::format::number(*value, 6)
            );
            problems.push(
                Diagnostic::new(&codes::UNFORESEEN, message)
                    .help("the model could not learn what a missing cell means; train it with rows that have some"),
            );
        }
    }

    fn warn_unseen(&self, piece: &FittedPiece, found: &Found, problems: &mut Problems) {
        if found.levels.is_empty() {
            return;
        }
        let mut levels: Vec<(&Arc<str>, &usize)> = found.levels.iter().collect();
        match found.numeric {
            true => sort_levels(&mut levels, |level| level.0),
            false => levels.sort(),
        }
        let total: usize = levels.iter().map(|(_, n)| **n).sum();
        let shown: Vec<String> = levels.iter().take(SHOWN).map(|(name, n)| format!("`{name}` ({n})")).collect();
        let more = if levels.len() > SHOWN { format!(" and {} more", levels.len() - SHOWN) } else { String::new() };
        let message = format!(
            "{total} of {} cells of `{}` hold levels that the training rows did not have: {}{more}",
            self.rows,
            piece.column,
            shown.join(", ")
        );
        problems.push(Diagnostic::new(&codes::UNFORESEEN, message).help("they share one slot, for unseen levels"));
    }
}

fn found(piece: &FittedPiece, cells: &Cells) -> Found {
    let mut found = Found { missing: 0, levels: HashMap::new(), numeric: true };
    match (&piece.fill, cells) {
        (Fill::Number { flag: false, wanted: true, .. }, Cells::Numbers(x)) => {
            found.missing = x.iter().filter(|x| x.is_nan()).count();
        }
        (Fill::Number { flag: false, wanted: true, .. }, Cells::Fixed(fixed)) => found.missing = fixed.missing(),
        (_, Cells::Levels { names, codes }) => {
            found.numeric = names.iter().all(|name| number(name, b'.').is_some());
            let Some(unseen) = piece.steps.first().map(|s| s.transform.unseen(names)) else { return found };
            let mut counts = vec![0usize; names.len()];
            codes.iter().filter_map(|c| counts.get_mut(*c as usize).map(|n| *n += 1)).for_each(drop);
            let levels = names.iter().zip(counts).zip(unseen).filter(|((_, count), unseen)| *unseen && *count > 0);
            found.levels = levels.map(|((name, count), _)| (name.clone(), count)).collect();
        }
        _ => {}
    }
    found
}
