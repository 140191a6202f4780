//! Which comments belong to which item, entry or parameter.

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Allow, Comment, Doc, Ident};
use super::skeleton::Remark;
use crate::text::{Source, Span};

/// Documentation and `# allow` lines by the place of the code they belong to.
#[derive(Debug, Default)]
pub(super) struct Docs {
    /// By where the code below starts.
    above: HashMap<usize, Vec<String>>,
    /// By where the code before it on the line ends.
    behind: HashMap<usize, String>,
    allows: HashMap<usize, Vec<Allow>>,
    /// The file's own.
    pub file: Doc,
}

impl Docs {
    pub fn new(source: &Source, remarks: &[Remark]) -> Docs {
        let (head, remarks) = remarks.split_at(head(source, remarks));
        let lines: Vec<String> = head.iter().map(|r| clean(source.text.get(r.range.clone()).unwrap_or(""))).collect();
        let mut docs = Docs { file: join(lines.iter()), ..Docs::default() };
        for remark in remarks {
            let text = source.text.get(remark.range.clone()).unwrap_or("");
            match text.strip_prefix("##") {
                Some(_) if remark.own_line => docs.above.entry(remark.before).or_default().push(clean(text)),
                Some(_) => drop(docs.behind.insert(remark.behind, clean(text))),
                None if remark.own_line => {
                    if let Some(allow) = allow(source, remark.range.start, text) {
                        docs.allows.entry(remark.before).or_default().push(allow);
                    }
                }
                None => {}
            }
        }
        docs
    }

    /// The documentation above a node and behind its end.
    pub fn of(&self, span: Span) -> Doc {
        let above = self.above.get(&(span.start as usize)).into_iter().flatten();
        join(above.chain(self.behind.get(&(span.end as usize))))
    }

    /// Adds what stands behind the `{` of the node's block.
    pub fn with_opener(&self, doc: Doc, block: Span) -> Doc {
        let Some(behind) = self.behind.get(&(block.start as usize + 1)) else { return doc };
        let before = doc.map(|doc| doc.to_string());
        join(before.iter().chain(std::iter::once(behind)))
    }

    pub fn allows(&self, span: Span) -> Vec<Allow> {
        self.allows.get(&(span.start as usize)).cloned().unwrap_or_default()
    }
}

/// How many of the remarks are the file's documentation: the first block of `##` lines, if a blank line follows it.
fn head(source: &Source, remarks: &[Remark]) -> usize {
    let is_doc = |r: &&Remark| r.own_line && source.text.get(r.range.clone()).is_some_and(|t| t.starts_with("##"));
    let line_below = |r: &Remark| source.text.get(r.range.end..).and_then(|rest| rest.lines().nth(1));
    let parted = |r: &Remark| line_below(r).is_some_and(|line| line.trim().is_empty());
    let starts = remarks.first().is_some_and(|r| source.text.get(..r.range.start).is_some_and(|t| t.trim().is_empty()));
    let lines = remarks.iter().take_while(is_doc);
    let end = lines.take_while(|r| r.before == remarks[0].before).position(parted);
    if starts { end.map_or(0, |i| i + 1) } else { 0 }
}

/// All comments, as the tree keeps them.
pub(super) fn comments(source: &Source, remarks: &[Remark]) -> Vec<Comment> {
    let comment = |remark: &Remark| {
        let span = Span::new(source.id, remark.range.start, remark.range.end);
        Comment { text: source.slice(span).trim_end().into(), span, own_line: remark.own_line }
    };
    remarks.iter().map(comment).collect()
}

fn join<'a>(lines: impl Iterator<Item = &'a String>) -> Doc {
    let lines: Vec<&str> = lines.map(String::as_str).collect();
    (!lines.is_empty()).then(|| Arc::from(lines.join("\n")))
}

/// A `##` line without its marks.
fn clean(text: &str) -> String {
    let text = text.trim_start_matches('#');
    text.strip_prefix(' ').unwrap_or(text).trim_end().to_string()
}

/// `# allow CODE: reason`; a code is a letter and digits, so that prose may begin with `allow` too.
fn allow(source: &Source, start: usize, text: &str) -> Option<Allow> {
    let rest = text.strip_prefix('#')?.trim_start().strip_prefix("allow")?;
    let rest = rest.starts_with([' ', '\t']).then(|| rest.trim_start())?;
    let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (code, reason) = rest.split_at(length);
    let digits = code.strip_prefix(|c: char| c.is_ascii_alphabetic())?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let at = start + text.len() - rest.len();
    let span = Span::new(source.id, at, at + length);
    let reason = reason.trim().trim_start_matches(':').trim();
    Some(Allow { code: Ident { text: code.into(), span }, reason: reason.into() })
}
