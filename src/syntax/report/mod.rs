//! What is said about text that is not the language.

mod expected;
mod place;
mod slips;

pub(super) use place::Place;

use super::clean;
use super::lexeme::{Lexeme, lexeme};
use super::parse::closer;
use super::scan::{MAX_BRACKETS, MAX_DEPTH};
use super::skeleton::{Fault, Skeleton};
use crate::diag::{Diagnostic, codes};
use crate::text::{Source, Span};

/// More problems than this help nobody.
const MAX_REPORTS: usize = 100;

/// So many are made at most, to bound time and memory.
pub(super) const MAX_KEPT: usize = 1000;

pub(super) fn empty(all: Span) -> Diagnostic {
    Diagnostic::new(&codes::SYNTAX, "an expression is expected").at(all, "nothing to evaluate")
}

pub(super) fn second_expr(at: Span) -> Diagnostic {
    Diagnostic::new(&codes::SYNTAX, "one expression is expected").at(at, "a second one")
}

pub(super) fn indented(source: &Source, start: usize) -> Diagnostic {
    let line = source.text.get(..start).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
    let blanks = clean::place(source, line..start);
    Diagnostic::new(&codes::SYNTAX, "an item starts in column 1").at(blanks, "blanks before an item").fix(
        "remove the blanks",
        blanks,
        "",
    )
}

/// The first problems, and how many there are beside them.
pub(super) fn limit(mut reports: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = reports.len().saturating_sub(MAX_REPORTS);
    if let Some(first_left_out) = reports.get(MAX_REPORTS).and_then(Diagnostic::span) {
        reports.truncate(MAX_REPORTS);
        let message = format!("{more} more places are not the syntax of the language");
        reports.push(Diagnostic::new(&codes::SYNTAX, message).at(first_left_out, "the first of them"));
    }
    reports
}

pub(super) fn fault(source: &Source, skeleton: &Skeleton, fault: &Fault) -> Option<Diagnostic> {
    let span = |start: usize, end: usize| clean::place(source, start..end);
    Some(match *fault {
        Fault::Reported { .. } => return None,
        Fault::Unclosed { bracket, noticed } => {
            let bracket = &skeleton.brackets[bracket];
            let (open, close) = (bracket.kind as char, closer(bracket.kind));
            Diagnostic::new(&codes::UNCLOSED, format!("`{open}` is never closed"))
                .at(span(bracket.open, bracket.open + 1), "opened here")
                .at(token(source, noticed), format!("expected `{close}` before this"))
        }
        Fault::Stray { at } => {
            let found = source.slice(span(at, at + 1));
            Diagnostic::new(&codes::SYNTAX, format!("`{found}` closes nothing"))
                .at(span(at, at + 1), "no open bracket fits")
                .help("remove it, or write the bracket that it is to close")
        }
        Fault::WrongCloser { bracket, at } => {
            let bracket = &skeleton.brackets[bracket];
            let (open, close) = (bracket.kind as char, closer(bracket.kind));
            let found = source.slice(span(at, at + 1));
            Diagnostic::new(&codes::SYNTAX, format!("`{open}` is closed with `{found}`"))
                .at(span(at, at + 1), format!("expected `{close}`"))
                .at(span(bracket.open, bracket.open + 1), "opened here")
        }
        Fault::UnclosedString { at, end } => Diagnostic::new(&codes::UNCLOSED, "the string is not closed on its line")
            .at(span(at, end), "expected `\"` at its end"),
        Fault::TooDeep { at } => Diagnostic::new(&codes::TOO_DEEP, "this is nested or chained too deep")
            .at(
                span(at, at + 1),
                format!("at most {MAX_BRACKETS} open brackets, and {MAX_DEPTH} levels together with operators"),
            )
            .help("give a part of it a name with `let`, or make it a definition of its own"),
    })
}

/// The word or sign at a place.
fn token(source: &Source, at: usize) -> Span {
    let length = match lexeme(&source.text, at, false) {
        None | Some((Lexeme::Blank | Lexeme::LineBreak, _)) => 0,
        Some((_, length)) => length,
    };
    clean::place(source, at..at + length)
}

/// What is said where the grammar could not go on: a known slip if it is one, else what could stand there.
pub(super) fn stuck(place: &Place) -> Diagnostic {
    slips::find(place).unwrap_or_else(|| {
        let expected = expected::words(place);
        let message = format!("expected {expected}, found {}", place.found_words());
        place.help_form(place.error(message, format!("expected {expected}")))
    })
}
