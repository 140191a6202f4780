//! From pest's pairs to the tree, and what can only be said about a text that the grammar reads.

mod entry;
mod expr;
mod item;
mod operator;
mod token;
mod types;

pub(super) use item::Built;

use pest::iterators::Pair;

use super::ast::{Entry, Expr, ExprKind, Ident};
use super::clean;
use super::docs::Docs;
use super::grammar::Rule;
use crate::diag::{Diagnostic, codes};
use crate::text::{Source, Span};

/// Builds the tree of one chunk.
pub(super) struct Builder<'a> {
    pub source: &'a Source,
    /// Where the chunk starts in the source.
    pub base: usize,
    /// Where it ends there; pest may see closers behind it that the text lacks.
    pub end: usize,
    pub docs: &'a Docs,
    pub reports: Vec<Diagnostic>,
    /// Entries that are built already, by the start of their block.
    pub ready: Vec<(usize, Vec<Entry>)>,
}

impl Builder<'_> {
    fn span(&self, pair: &Pair<Rule>) -> Span {
        let start = self.base + pair.as_span().start();
        let end = self.base + end_of(pair.clone());
        clean::place(self.source, start.min(self.end)..end.min(self.end))
    }

    /// Reports something that the grammar reads although it is not the language.
    fn report(&mut self, message: impl Into<String>, span: Span, label: impl Into<String>) -> &mut Diagnostic {
        let index = self.reports.len();
        self.reports.push(Diagnostic::new(&codes::SYNTAX, message).at(span, label));
        &mut self.reports[index]
    }

    fn ident(&self, pair: &Pair<Rule>) -> Ident {
        let span = self.span(pair);
        Ident { text: self.source.slice(span).into(), span }
    }

    /// The next child as a name; a made-up empty one if the grammar gave none, which it never does.
    fn next_ident(&self, parts: &mut Parts, at: Span) -> Ident {
        parts.next().map_or(Ident { text: "".into(), span: at }, |pair| self.ident(&pair))
    }

    fn next_expr(&mut self, parts: &mut Parts, at: Span) -> Expr {
        match parts.next() {
            Some(pair) => self.expr(pair),
            None => Expr { span: at, kind: ExprKind::Error },
        }
    }
}

/// The children of a pair that carry meaning: no brackets, separators and keywords.
type Parts<'i> = std::iter::Peekable<std::vec::IntoIter<Pair<'i, Rule>>>;

fn parts(pair: Pair<'_, Rule>) -> Parts<'_> {
    let parts: Vec<_> = pair.into_inner().filter(|pair| !is_mark(pair.as_rule())).collect();
    parts.into_iter().peekable()
}

fn is_mark(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        lp | rp
            | lb
            | rb
            | lc
            | rc
            | comma
            | colon
            | equals
            | tilde
            | arrow
            | back_arrow
            | k_as
            | k_each
            | k_edition
            | k_else
            | k_hyper
            | k_if
            | k_in
            | k_let
            | k_of
            | k_on
            | k_over
            | k_plot
            | k_print
            | k_return
            | k_then
            | k_to
            | k_use
            | k_weights
            | k_when
            | k_with
    )
}

/// Where the last token of a pair ends: pest's own end may lie behind white space.
fn end_of(mut pair: Pair<Rule>) -> usize {
    while let Some(last) = pair.clone().into_inner().next_back() {
        pair = last;
    }
    pair.as_span().end()
}
