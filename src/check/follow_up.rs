//! One cause, one report: what follows from another mistake of the file is not said beside it.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Severity, codes};
use crate::syntax::ast;
use crate::text::Span;

/// Takes out what is certain to follow from another report. `text` is the file's.
pub(super) fn remove(diagnostics: &mut Vec<Diagnostic>, file: &ast::File, text: &str) {
    let errors: Vec<(Span, bool)> = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .filter_map(|d| Some((d.span()?, d.code.id.starts_with("E1"))))
        .collect();
    let broken: Vec<Span> = errors.iter().filter(|(_, syntax)| *syntax).map(|(span, _)| *span).collect();
    // An item of an unknown kind defines a name all the same.
    let unknown_item = diagnostics.iter().any(|d| d.message.starts_with("there is no item "));
    let written = if broken.is_empty() && !unknown_item { BTreeSet::new() } else { headed(text) };
    let nameless = diagnostics.iter().any(|d| d.message == "a `data` item needs a name");
    // Names that a `use` was to bring.
    let lost: BTreeSet<&str> = file
        .items
        .iter()
        .filter_map(|i| match &i.kind {
            ast::ItemKind::Use(used) => Some((i.span, used)),
            _ => None,
        })
        .filter(|(at, _)| errors.iter().any(|(e, _)| e.file == at.file && at.start <= e.start && e.end <= at.end))
        .flat_map(|(_, used)| used.names.iter().map(|n| &*n.text))
        .collect();
    let items: Vec<Span> = file.items.iter().map(|i| i.span).collect();
    let item_of = |at: Span| {
        let next = items.partition_point(|i| i.start <= at.start);
        items[..next].last().filter(|i| at.start <= i.end)
    };
    let is_broken = |at: Span| broken.iter().any(|b| item_of(*b).is_some() && item_of(*b) == item_of(at));
    diagnostics.retain(|d| {
        let Some(at) = d.span() else { return true };
        match d.code.id {
            // An entry that could not be read is not missing, nor is an item.
            "E205" => {
                let of_data = d.labels.get(1).is_some_and(|l| {
                    d.message.contains("has no target") && errors.iter().any(|(e, _)| item_of(*e) == item_of(l.span))
                });
                !is_broken(at) && !of_data && (broken.is_empty() || !d.message.starts_with("there is no "))
            }
            "E301" if nameless => !d.message.ends_with("and this trains on `data`"),
            "E201" if nameless && d.message.starts_with("there is no data ") => false,
            "E201" => !quoted(&d.message).is_some_and(|name| written.contains(name) || lost.contains(name)),
            _ => true,
        }
    });
    // What could not be read is of no kind.
    diagnostics.retain(|d| {
        let starts_there = |at: Span| broken.iter().any(|b| (b.file, b.start) == (at.file, at.start));
        d.severity != Severity::Error || d.code.id.starts_with("E1") || !d.span().is_some_and(starts_there)
    });
    // The same place again, in other words or for another use of the definition.
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    diagnostics.retain(|d| match d.span() {
        Some(at) if d.severity == Severity::Error && d.code != &codes::MISSING => seen.insert(at),
        _ => true,
    });
}

/// Names that stand in the head of an item, be it sound or not.
fn headed(text: &str) -> BTreeSet<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let starts = text.lines().filter(|line| line.starts_with(|c: char| c.is_alphabetic()));
    starts
        .filter_map(|line| {
            let mut words = line.split(|c: char| !is_word(c)).filter(|w| !w.is_empty());
            let (first, second) = (words.next()?, words.next());
            let rest = line[first.len()..].trim_start();
            if rest.starts_with(['=', ':']) { Some(first) } else { second }
        })
        .collect()
}

/// The first thing in backquotes.
fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}
