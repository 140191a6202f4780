//! Text to tree, chunk by chunk: a mistake costs the smallest part around it.

use std::ops::Range;

use super::ast::{self, Entry, EntryKind, Expr, ExprKind, Item, ItemKind};
use super::build::{Builder, Built};
use super::clean::{self, Clean, clean};
use super::docs::{Docs, comments};
use super::grammar::{Rule, match_chunk};
use super::report::{self, MAX_KEPT, Place};
use super::scan::scan;
use super::signature::Signature;
use super::skeleton::{Fault, Skeleton};
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
    let comments = comments(source, &parser.skeleton.remarks);
    let mut file = ast::File { doc: parser.docs.file.clone(), comments, ..ast::File::default() };
    let mut broken = false;
    for range in parser.skeleton.items.clone() {
        let indented = parser.is_indented(&range);
        if indented && broken {
            continue;
        }
        let built = parser.item(range.clone());
        if indented && !matches!(&built, Built::Item(item) if matches!(item.kind, ItemKind::Error)) {
            parser.reports.push(report::indented(source, range.start));
        }
        broken =
            parser.lacks_closer(&range) || matches!(&built, Built::Item(item) if matches!(item.kind, ItemKind::Error));
        match built {
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
        [_, second, ..] => parser.reports.push(report::second_expr(clean::place(source, second.clone()))),
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
        let span = clean::place(self.source, range.clone());
        let error = Item { doc: None, allows: Vec::new(), span, kind: ItemKind::Error };
        if self.is_too_deep(&range) {
            return Built::Item(Box::new(error));
        }
        self.chunk(Rule::one_item, &range, |builder, pair| builder.item(pair)).unwrap_or(Built::Item(Box::new(error)))
    }

    fn entry(&mut self, range: Range<usize>) -> Entry {
        let span = clean::place(self.source, range.clone());
        let found = self.chunk(Rule::one_entry, &range, |builder, pair| builder.entry(pair));
        found.unwrap_or(Entry { doc: None, allows: Vec::new(), span, kind: EntryKind::Error })
    }

    /// The entries of a block. Where a bracket is not closed, the deeper lines that follow were meant to be in it.
    fn entries(&mut self, block: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut open = None;
        for range in self.skeleton.entries(block, self.text) {
            let indent = self.indent(range.start);
            if open.is_some_and(|open| indent > open) {
                continue;
            }
            open = self.lacks_closer(&range).then_some(indent);
            entries.push(self.entry(range));
        }
        entries
    }

    /// Does a `(` or `[` outside of its blocks lack its closer, in a chunk whose last line breaks off?
    fn lacks_closer(&self, range: &Range<usize>) -> bool {
        let breaks_off = self.text(range).ends_with(['(', '[', ',']);
        breaks_off && !self.missing_closers(range, &self.outer_blocks(range)).is_empty()
    }

    /// How far the line of this place is indented.
    fn indent(&self, at: usize) -> usize {
        let line = self.text.get(..at).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
        let start = self.source.text.as_bytes().get(line..at).unwrap_or_default();
        start.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    /// The item is the first on its line, but not in column 1.
    fn is_indented(&self, range: &Range<usize>) -> bool {
        let blanks = self.indent(range.start);
        blanks > 0 && (range.start == blanks || self.text.as_bytes()[range.start - blanks - 1] == b'\n')
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
            let entries = self.entries(block);
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
                if self.reports.len() < MAX_KEPT && self.outer_faults(range).is_empty() {
                    let place = Place::new(self.source, range.clone(), chunk, rule, stuck);
                    self.forget_what_follows(&place, range);
                    self.reports.push(report::stuck(&place));
                }
                None
            }
        }
    }

    /// Braces that are no block hold no entries, and a reserved word is one wherever it is read.
    fn forget_what_follows(&mut self, place: &Place, range: &Range<usize>) {
        let Some(found) = &place.found else { return };
        let word = place.text(found);
        let at = range.start + found.range.start;
        let braces = self.skeleton.brackets.iter().find(|b| word == "{" && b.open == at).map(|b| b.open..b.close);
        let again = format!("found the reserved word `{word}`");
        self.reports.retain(|report| {
            let start = report.span().map_or(0, |span| span.start as usize);
            let in_braces = place.expects_value() && braces.as_ref().is_some_and(|b| b.contains(&start));
            let repeated = range.contains(&start) && report.message.ends_with(&again);
            !in_braces && !repeated
        });
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

    /// The chunk with its blocks emptied, wrong closers put right, and those it lacks put where they are missed or at its
    /// end; places stay what they are.
    fn shell(&self, range: &Range<usize>) -> String {
        let blocks = self.outer_blocks(range);
        let mut shell = self.text(range).as_bytes().to_vec();
        for block in blocks.iter().map(|block| &self.skeleton.brackets[*block]) {
            let inside = block.open + 1..block.close.clamp(block.open + 1, range.end);
            shell[inside.start - range.start..inside.end - range.start].fill(b' ');
        }
        for fault in self.outer_faults(range) {
            match *fault {
                Fault::Stray { at } => shell[at - range.start] = b' ',
                Fault::WrongCloser { bracket, at } => {
                    shell[at - range.start] = closer(self.skeleton.brackets[bracket].kind) as u8;
                }
                Fault::UnclosedString { end, .. } if end == range.end => shell.push(b'"'),
                _ => {}
            }
        }
        for (kind, at) in self.missing_closers(range, &blocks) {
            match shell.get_mut(at - range.start) {
                Some(blank) if *blank == b' ' => *blank = closer(kind) as u8,
                _ => shell.push(closer(kind) as u8),
            }
        }
        String::from_utf8(shell).unwrap_or_default()
    }

    /// The brackets that are not closed, innermost first, and where they should be.
    fn missing_closers(&self, range: &Range<usize>, blocks: &[usize]) -> Vec<(u8, usize)> {
        let brackets = &self.skeleton.brackets;
        let inside = |at: usize| blocks.iter().any(|b| brackets[*b].open < at && at < brackets[*b].close);
        let first = brackets.partition_point(|b| b.open < range.start);
        let open = brackets[first..].iter().take_while(|b| b.open < range.end);
        let missing = open.filter(|b| b.missing && !inside(b.open));
        let mut closers: Vec<_> = missing.map(|b| (b.kind, b.close.clamp(range.start, range.end))).collect();
        closers.reverse();
        closers
    }

    fn is_too_deep(&self, range: &Range<usize>) -> bool {
        self.faults(range).iter().any(|fault| matches!(fault, Fault::TooDeep { .. }))
    }

    /// What is reported already about this chunk, outside of its blocks.
    fn outer_faults(&self, range: &Range<usize>) -> Vec<&Fault> {
        let blocks = self.outer_blocks(range);
        let inside =
            |at: usize| blocks.iter().map(|b| &self.skeleton.brackets[*b]).any(|b| b.open < at && at < b.close);
        self.faults(range).iter().filter(|fault| !inside(fault.at(&self.skeleton))).collect()
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
