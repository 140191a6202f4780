use std::path::Path;

use crate::diag::{Diagnostic, Problems, codes};
use crate::text::Span;
use crate::types::Args;

use super::row::{Make, Row, Table};
use super::{CsvSource, RawTable, SourceSpec};

/// Where rows can come from, as `source = …` and `input = …` name it.
pub static SOURCES: Table<Make<SourceSpec>> = Table(&[
    Row {
        name: "csv",
        signature: "csv(path: text, delimiter: text = \",\", decimal: text = \".\")",
        doc: "Comma-separated values with a header line, UTF-8, quoted as in RFC 4180. Empty cells, NA, N/A, NaN, null, None and ? are missing, whatever their case. A path like `data/part-*.csv` reads all files of that name, which need the same first line; gzip is unpacked. `decimal = \",\"` reads 1,5 as a number.",
        example: "source = csv(\"data/churn.csv\")",
        make: |args, span| csv_source(args, span, b','),
    },
    Row {
        name: "tsv",
        signature: "tsv(path: text, decimal: text = \".\")",
        doc: "Like `csv`, with tabs between the cells.",
        example: "source = tsv(\"data/churn.tsv\")",
        make: |args, span| csv_source(args, span, b'\t'),
    },
]);

fn csv_source(args: &Args, span: Span, default: u8) -> Result<SourceSpec, Diagnostic> {
    let delimiter = single_byte(args, "delimiter", span, default)?;
    let decimal = single_byte(args, "decimal", span, b'.')?;
    let path = args.text("path").unwrap_or_default().into();
    Ok(SourceSpec::Csv(CsvSource { path, delimiter, decimal, span: Some(span) }))
}

fn single_byte(args: &Args, name: &str, span: Span, default: u8) -> Result<u8, Diagnostic> {
    match args.text(name).map(str::as_bytes) {
        None => Ok(default),
        Some(&[byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Ok(byte),
        Some(_) => Err(Diagnostic::new(&codes::OUT_OF_RANGE, format!("`{name}` must be one character"))
            .at(span, "one ASCII character, no quote and no line break")),
    }
}

impl SourceSpec {
    /// The same source, its path being relative to the folder `base`.
    pub fn relative_to(mut self, base: &Path) -> Self {
        if let SourceSpec::Csv(csv) = &mut self {
            csv.path = base.join(&csv.path);
        }
        self
    }
}

/// Reads all rows of a source; `None` if there is nothing to go on with.
pub fn read(source: &SourceSpec, problems: &mut Problems) -> Option<RawTable> {
    match source {
        SourceSpec::Csv(csv) => super::csv_file::read_csv(csv, problems),
        SourceSpec::Table(table) => Some(RawTable::clone(table)),
        SourceSpec::Sides(sides) => super::sides::read_sides(sides, problems),
    }
}
