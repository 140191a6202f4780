mod comments;
mod page;
mod recovery;
mod robust;
mod show;
mod slips;
mod tree;

use crate::syntax::{Parsed, parse};
use crate::text::{FileId, Source};

fn source(text: &str) -> Source {
    Source::new(FileId(0), "test.nn", text)
}

fn parsed(text: &str) -> Parsed {
    parse(&source(text))
}

/// The problems, one line each: `line:column code message`.
fn problems(text: &str) -> Vec<String> {
    let source = source(text);
    let place = |d: &crate::diag::Diagnostic| d.span().map(|s| source.line_column(s.start)).unwrap_or_default();
    let line = |d: crate::diag::Diagnostic| format!("{}:{} {} {}", place(&d).0, place(&d).1, d.code.id, d.message);
    parse(&source).problems.sorted().into_iter().map(line).collect()
}
