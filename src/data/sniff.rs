//! How a file for a saved model is written.

use std::path::Path;

use super::csv_file::first_line;
use super::{CsvSource, Fitted};

impl Fitted {
    /// A file of new rows: `.tsv` has tabs, others are written like the training rows' file, unless their first line
    /// names the needed columns only with another delimiter.
    pub fn source_of(&self, path: &Path) -> CsvSource {
        let source = |(delimiter, decimal)| CsvSource { path: path.to_path_buf(), delimiter, decimal, span: None };
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let tabs = name.trim_end_matches(".gz").ends_with(".tsv");
        let first = match tabs {
            true if self.marks.0 != b'\t' => (b'\t', b'.'),
            _ => self.marks,
        };
        let others = [b',', b';', b'\t', b'|'].into_iter().filter(|d| *d != first.0).map(|d| (d, b'.'));
        let fits = |marks: &(u8, u8)| {
            first_line(&source(*marks)).is_some_and(|names| self.columns().all(|name| names.iter().any(|n| n == name)))
        };
        let found = std::iter::once(first).chain(others).find(fits);
        source(found.unwrap_or(first))
    }

    /// The columns that the model reads.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().flat_map(|input| &input.pieces).flat_map(|piece| piece.reads())
    }
}
