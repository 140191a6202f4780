//! What is said about text that is not the language.

use std::ops::Range;

use super::grammar::{Rule, Stuck};
use super::parse::closer;
use super::scan::{Fault, MAX_DEPTH, Skeleton};
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
    let span = |start: usize, end: usize| Span::new(source.id, start, end.min(source.text.len()));
    Some(match *fault {
        Fault::Reported { .. } => return None,
        Fault::Unclosed { bracket, noticed } => {
            let bracket = &skeleton.brackets[bracket];
            let (open, close) = (bracket.kind as char, closer(bracket.kind));
            Diagnostic::new(&codes::UNCLOSED, format!("`{open}` is never closed"))
                .at(span(bracket.open, bracket.open + 1), "opened here")
                .at(span(noticed, noticed + 1), format!("expected `{close}` before this"))
        }
        Fault::Stray { at } => {
            let found = &source.text[at..at + 1];
            Diagnostic::new(&codes::SYNTAX, format!("`{found}` closes nothing"))
                .at(span(at, at + 1), "no open bracket fits")
        }
        Fault::WrongCloser { bracket, at } => {
            let bracket = &skeleton.brackets[bracket];
            let (open, close) = (bracket.kind as char, closer(bracket.kind));
            let found = &source.text[at..at + 1];
            Diagnostic::new(&codes::SYNTAX, format!("`{open}` is closed with `{found}`"))
                .at(span(at, at + 1), format!("expected `{close}`"))
                .at(span(bracket.open, bracket.open + 1), "opened here")
        }
        Fault::UnclosedString { at, end } => Diagnostic::new(&codes::UNCLOSED, "the string is not closed on its line")
            .at(span(at, end), "expected `\"` at its end"),
        Fault::TooDeep { at } => Diagnostic::new(&codes::TOO_DEEP, "this is nested or chained too deep")
            .at(span(at, at + 1), format!("more than {MAX_DEPTH} levels of brackets and operators"))
            .help("give a part of it a name with `let`, or make it a definition of its own"),
    })
}

pub(super) fn stuck(source: &Source, range: &Range<usize>, chunk: &str, _rule: Rule, stuck: &Stuck) -> Diagnostic {
    let at = (range.start + stuck.at).min(range.end);
    let found = chunk.get(stuck.at..).unwrap_or("").chars().next();
    let span = Span::new(source.id, at, at + found.map_or(0, char::len_utf8));
    let found = found.map_or("the end".to_string(), |c| format!("`{c}`"));
    Diagnostic::new(&codes::SYNTAX, format!("{found} is not expected here")).at(span, format!("{:?}", stuck.expected))
}
