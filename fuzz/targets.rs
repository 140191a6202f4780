//! What the fuzz targets do with a text; `benches/mutations` does the same without cargo-fuzz.

use std::path::Path;

use nnrun::diag::{Look, Severity, fix, terminal};
use nnrun::text::{FileId, Source, Sources};

/// No text makes the parser panic, and every problem it reports has its place in the text.
pub fn parse(text: &str) {
    let source = Source::new(FileId(0), "fuzz.nn", text);
    for problem in nnrun::syntax::parse(&source).problems.iter() {
        for label in &problem.labels {
            assert!(text.get(label.span.range()).is_some(), "a place outside of the text");
        }
    }
    nnrun::syntax::parse_expr(&source);
    nnrun::syntax::parse_signature(&source);
    nnrun::syntax::complete(text);
}

/// No text makes the check panic; its messages can be shown, its fixes applied, and have their places in the text.
pub fn check(text: &str) {
    let mut sources = Sources::default();
    let source = sources.add("fuzz.nn", text);
    let checked = nnrun::check::check(sources, &source, Path::new("/nowhere"), &[]);
    for d in checked.diagnostics.iter().filter(|d| d.severity != Severity::Note) {
        for label in &d.labels {
            let place = checked.sources.get(label.span.file).and_then(|s| s.text.get(label.span.range()));
            assert!(place.is_some(), "a place outside of the text: {}", d.message);
        }
        assert!(!terminal::one(d, &checked.sources, Look::PLAIN).is_empty());
    }
    fix::apply(text, checked.program.file, &checked.diagnostics);
}
