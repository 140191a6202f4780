use crate::text::{Source, Sources, Span};

/// A span as lines and columns, from 1, columns in characters; the end is the column behind the last character.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub source: &'a Source,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl<'a> Place<'a> {
    /// Where the span is; none if its text is not among the sources.
    pub fn of(span: Span, sources: &'a Sources) -> Option<Place<'a>> {
        let source = sources.get(span.file)?;
        let (line, column) = source.line_column(span.start);
        let (end_line, end_column) = source.line_column(span.end.max(span.start));
        Some(Place { source, line, column, end_line, end_column })
    }
}

/// The severity as a word: `error`, `warning`, `note`.
pub fn word(severity: super::Severity) -> &'static str {
    match severity {
        super::Severity::Error => "error",
        super::Severity::Warning => "warning",
        super::Severity::Note => "note",
    }
}
