use super::clean::clean;
use super::scan::scan;
use super::skeleton::Fault;
use crate::text::{FileId, Source};

/// Whether an interactive session should wait for more lines before it reads what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    Complete,
    /// A bracket is open at the end. An operator at the end is no reason to wait: a line goes on only in a line that
    /// *starts* with one.
    Incomplete,
}

/// Is this the whole of an item or expression, as far as its brackets say?
pub fn complete(text: &str) -> Completeness {
    let source = Source::new(FileId::default(), "", text);
    let clean = clean(&source);
    let skeleton = scan(&clean.text, Vec::new());
    let end = skeleton.items.last().map_or(0, |item| item.end);
    let open = |fault: &Fault| matches!(fault, Fault::Unclosed { noticed, .. } if *noticed >= end);
    match skeleton.faults.iter().any(open) {
        true => Completeness::Incomplete,
        false => Completeness::Complete,
    }
}
