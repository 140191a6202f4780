//! Text to tree, chunk by chunk: a mistake costs the smallest part around it.

use std::ops::Range;

use super::ast::{self, Entry, EntryKind, Expr, ExprKind, Item, ItemKind};
use super::build::{Builder, Built};
use super::clean::{Clean, clean};
use super::docs::{Docs, comments};
use super::grammar::{Rule, match_chunk};
use super::report::{self, MAX_KEPT};
use super::scan::{Fault, Skeleton, scan};
use super::signature::Signature;
use crate::diag::{Diagnostic, Problems};
use crate::text::{Source, Span};

/// A file's tree and what is wrong with its text.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub file: ast::File,
    pub problems: Problems,
}

/// Items longer than this are parsed entry by entry, to bound the memory of pest's token queue.
const LARGE: usize = 1 << 16;

/// Parses a file. Where the text makes no sense the tree has `Error` nodes and the problems say why.
pub fn parse(source: &Source) -> Parsed {
    let clean = clean(source);
    let mut parser = Parser::new(source, &clean);
    let mut file = ast::File { comments: comments(source, &parser.skeleton.remarks), ..ast::File::default() };
    for range in parser.skeleton.items.clone() {
        match parser.item(range) {
            Built::Item(item) => file.items.push(*item),
            Built::Edition(number, span) => file.edition = Some((number, span)),
        }
    }
    Parsed { file, problems: parser.problems() }
}

/// Parses one expression, as the interactive session reads them.
pub fn parse_expr(source: &Source) -> (Expr, Problems) {
    let clean = clean(source);
    let mut parser = Parser::new(source, &clean);
    let all = Span::new(source.id, 0, source.text.len());
    let mut expr = Expr { span: all, kind: ExprKind::Error };
    match &parser.skeleton.items.clone()[..] {
        [] => parser.reports.push(report::empty(all)),
        [range] if parser.is_too_deep(range) => {}
        [range] => {
            if let Some(found) = parser.chunk(Rule::one_expr, range, |builder, pair| builder.expr(pair)) {
                expr = found;
            }
        }
        [_, second, ..] => parser.reports.push(report::second_expr(Span::new(source.id, second.start, second.end))),
    }
    (expr, parser.problems())
}

/// Parses a header such as `clip(low: real, high: real = 1) -> real[*S]`; `None` if it is not one.
pub fn parse_signature(source: &Source) -> Option<Signature> {
    let clean = clean(source);
    let mut parser = Parser::new(source, &clean);
    let [range] = &parser.skeleton.items.clone()[..] else { return None };
    if parser.is_too_deep(range) {
        return None;
    }
    let found = parser.chunk(Rule::one_signature, range, |builder, pair| builder.signature(pair));
    found.filter(|_| parser.problems().is_empty())
}

struct Parser<'a> {
    source: &'a Source,
    /// What the grammar reads: the source's text with foreign characters replaced.
    text: &'a str,
    skeleton: Skeleton,
    docs: Docs,
    reports: Vec<Diagnostic>,
    /// Entries of blocks that were parsed on their own, by the block's start, until the tree takes them.
    ready: Vec<(usize, Vec<Entry>)>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a Source, clean: &'a Clean) -> Self {
        let places = clean.reports.iter().filter_map(Diagnostic::span);
        let known = places.map(|span| Fault::Reported { at: span.start as usize }).collect();
        let skeleton = scan(&clean.text, known);
        let docs = Docs::new(source, &skeleton.remarks);
        let faults = skeleton.faults.iter().filter_map(|fault| report::fault(source, &skeleton, fault));
        let reports = clean.reports.iter().cloned().chain(faults.take(MAX_KEPT)).collect();
        Parser { source, text: &clean.text, skeleton, docs, reports, ready: Vec::new() }
    }

    fn problems(&mut self) -> Problems {
        let mut problems = Problems::default();
        let mut reports = std::mem::take(&mut self.reports);
        reports.sort_by_key(|report| report.span().map(|span| span.start));
        report::limit(reports).into_iter().for_each(|report| problems.push(report));
        problems
    }

    fn text(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or("")
    }

    fn item(&mut self, range: Range<usize>) -> Built {
        let span = Span::new(self.source.id, range.start, range.end);
        let error = Item { doc: None, allows: Vec::new(), span, kind: ItemKind::Error };
        if self.is_too_deep(&range) {
            return Built::Item(Box::new(error));
        }
        self.chunk(Rule::one_item, &range, |builder, pair| builder.item(pair)).unwrap_or(Built::Item(Box::new(error)))
    }

    fn entry(&mut self, range: Range<usize>) -> Entry {
        let span = Span::new(self.source.id, range.start, range.end);
        let found = self.chunk(Rule::one_entry, &range, |builder, pair| builder.entry(pair));
        found.unwrap_or(Entry { doc: None, allows: Vec::new(), span, kind: EntryKind::Error })
    }

    /// Matches a chunk as a whole; if that fails, its blocks' entries one by one and then what is around them.
    fn chunk<T>(
        &mut self,
        rule: Rule,
        range: &Range<usize>,
        make: fn(&mut Builder, pest::iterators::Pair<Rule>) -> T,
    ) -> Option<T> {
        if range.len() <= LARGE
            && let Ok(pair) = match_chunk(rule, self.text(range))
        {
            return Some(self.with_builder(range, |builder| make(builder, pair)));
        }
        for block in self.outer_blocks(range) {
            let entries = self.skeleton.entries(block, self.text);
            let entries = entries.into_iter().map(|entry| self.entry(entry)).collect();
            self.ready.push((self.skeleton.brackets[block].open, entries));
        }
        let shell = self.shell(range);
        self.build(rule, &shell, range, make)
    }

    fn build<T>(
        &mut self,
        rule: Rule,
        chunk: &str,
        range: &Range<usize>,
        make: fn(&mut Builder, pest::iterators::Pair<Rule>) -> T,
    ) -> Option<T> {
        match match_chunk(rule, chunk) {
            Ok(pair) => Some(self.with_builder(range, |builder| make(builder, pair))),
            Err(stuck) => {
                if self.reports.len() < MAX_KEPT && !self.has_fault(range) {
                    self.reports.push(report::stuck(self.source, range, chunk, rule, &stuck));
                }
                None
            }
        }
    }

    fn with_builder<T>(&mut self, range: &Range<usize>, make: impl FnOnce(&mut Builder) -> T) -> T {
        let mut builder = Builder {
            source: self.source,
            base: range.start,
            end: range.end,
            docs: &self.docs,
            reports: Vec::new(),
            ready: std::mem::take(&mut self.ready),
        };
        let made = make(&mut builder);
        self.ready = builder.ready;
        self.reports.extend(builder.reports);
        made
    }

    /// The `{ }` in a range that are in no other `{ }` of it.
    fn outer_blocks(&self, range: &Range<usize>) -> Vec<usize> {
        let brackets = &self.skeleton.brackets;
        let first = brackets.partition_point(|b| b.open < range.start);
        let mut blocks = Vec::new();
        let mut end = range.start;
        for (index, bracket) in brackets.iter().enumerate().skip(first).take_while(|(_, b)| b.open < range.end) {
            if bracket.kind == b'{' && bracket.open >= end {
                blocks.push(index);
                end = bracket.close;
            }
        }
        blocks
    }

    /// The chunk with its blocks emptied and the closers it lacks put at its end; places stay what they are.
    fn shell(&self, range: &Range<usize>) -> String {
        let blocks = self.outer_blocks(range);
        let mut shell = String::with_capacity(range.len() + 8);
        let mut at = range.start;
        for block in &blocks {
            let bracket = &self.skeleton.brackets[*block];
            let (open, close) = (bracket.open + 1, bracket.close.clamp(bracket.open + 1, range.end));
            shell.push_str(self.text(&(at..open)));
            shell.extend(std::iter::repeat_n(' ', close - open));
            at = close;
        }
        shell.push_str(self.text(&(at..range.end)));
        shell.extend(self.missing_closers(range, &blocks));
        shell
    }

    fn missing_closers(&self, range: &Range<usize>, blocks: &[usize]) -> Vec<char> {
        let brackets = &self.skeleton.brackets;
        let inside = |at: usize| blocks.iter().any(|b| brackets[*b].open < at && at < brackets[*b].close);
        let first = brackets.partition_point(|b| b.open < range.start);
        let open = brackets[first..].iter().take_while(|b| b.open < range.end);
        let mut closers: Vec<char> = open.filter(|b| b.missing && !inside(b.open)).map(|b| closer(b.kind)).collect();
        closers.reverse();
        closers
    }

    fn is_too_deep(&self, range: &Range<usize>) -> bool {
        self.faults(range).iter().any(|fault| matches!(fault, Fault::TooDeep { .. }))
    }

    /// Something about this chunk, outside of its blocks, is reported already.
    fn has_fault(&self, range: &Range<usize>) -> bool {
        let blocks = self.outer_blocks(range);
        let inside =
            |at: usize| blocks.iter().map(|b| &self.skeleton.brackets[*b]).any(|b| b.open < at && at < b.close);
        self.faults(range).iter().any(|fault| !inside(fault.at(&self.skeleton)))
    }

    fn faults(&self, range: &Range<usize>) -> &[Fault] {
        let faults = &self.skeleton.faults;
        let first = faults.partition_point(|f| f.at(&self.skeleton) < range.start);
        let last = faults.partition_point(|f| f.at(&self.skeleton) < range.end);
        &faults[first..last]
    }
}

pub(super) fn closer(kind: u8) -> char {
    match kind {
        b'(' => ')',
        b'[' => ']',
        _ => '}',
    }
}
