//! Rows of CSV text that has no quotes, some at a time, with the places of their cells.

use crate::engine::kernels::Isa;

use super::csv_scan::NotPlain;
use super::kernels::Separators;

/// Walks over the rows of a text.
pub struct PlainRows<'a> {
    text: &'a str,
    columns: usize,
    separators: Separators,
    /// Where the cells of the rows at hand end, and further ones.
    ends: Vec<u32>,
    /// How many of these were given.
    given: usize,
    /// Line ends among all that were given.
    lines: usize,
    /// Where the next row starts.
    start: u32,
}

/// Some rows.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub text: &'a str,
    /// At least one.
    pub columns: usize,
    /// Where the first cell starts.
    pub start: u32,
    /// Where each cell ends, row by row. The next one starts one byte behind, but for further line ends before a row.
    pub ends: &'a [u32],
}

impl<'a> PlainRows<'a> {
    /// All rows of a text of less than 4 GiB; `ends` is memory that is used again.
    pub fn new(text: &'a str, delimiter: u8, columns: usize, mut ends: Vec<u32>) -> Self {
        ends.clear();
        let start = text.bytes().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        let separators = Separators::new(Isa::detect(), delimiter, start);
        PlainRows { text, columns: columns.max(1), separators, ends, given: 0, lines: 0, start: start as u32 }
    }

    /// The next rows, at most `most`; none at the end.
    ///
    /// # Errors
    /// If there is a quote or a zero byte, or a row has more or fewer cells than there are columns.
    pub fn next(&mut self, most: usize) -> Result<Option<Rows<'_>>, NotPlain> {
        let text = self.text.as_bytes();
        self.ends.drain(..self.given);
        self.separators.find(text, &mut self.ends, most.max(1).saturating_mul(self.columns));
        let ended = self.separators.ended(text);
        if ended {
            self.end_last_row();
        }
        let rows = (self.ends.len() / self.columns).min(most.max(1));
        self.given = rows * self.columns;
        if self.separators.odd() || ended && rows < most && self.given != self.ends.len() {
            return Err(NotPlain);
        }
        let (ends, further) = self.ends.split_at(self.given);
        let lines = self.separators.lines() - further.iter().filter(|end| is_line_end(text, **end)).count();
        if !is_regular(text, ends, self.columns, lines - self.lines) {
            return Err(NotPlain);
        }
        self.lines = lines;
        let Some(&last) = ends.last() else { return Ok(None) };
        let rows = Rows { text: self.text, columns: self.columns, start: self.start, ends };
        self.start = last.wrapping_add(1);
        Ok(Some(rows))
    }

    /// The memory, to be used again.
    pub fn into_ends(self) -> Vec<u32> {
        self.ends
    }

    /// The last row of a file may lack its line end.
    fn end_last_row(&mut self) {
        let length = self.text.len() as u32;
        let open = !self.text.is_empty() && !self.text.ends_with(['\n', '\r']);
        if open && self.start < length && self.ends.last() != Some(&length) {
            self.ends.push(length);
        }
    }
}

fn is_line_end(text: &[u8], end: u32) -> bool {
    matches!(text.get(end as usize), Some(b'\n' | b'\r'))
}

/// Whether the last cells of the rows, and only they, end with one of these line ends, or with the text.
fn is_regular(text: &[u8], ends: &[u32], columns: usize, lines: usize) -> bool {
    let mut last = ends.iter().skip(columns - 1).step_by(columns);
    let open = ends.last().is_some_and(|end| *end as usize == text.len());
    last.all(|end| is_line_end(text, *end) || *end as usize == text.len())
        && lines + usize::from(open) == ends.len() / columns
}

impl<'a> Rows<'a> {
    pub fn count(&self) -> usize {
        self.ends.len() / self.columns
    }

    /// At most `most` of the rows, from one of them on.
    pub fn part(&self, from: usize, most: usize) -> Rows<'a> {
        let from = from.min(self.count());
        let to = (from + most).min(self.count());
        let (from, to) = (from * self.columns, to * self.columns);
        Rows { start: self.start_of(from), ends: self.ends.get(from..to).unwrap_or_default(), ..*self }
    }

    /// A cell, counted row by row.
    #[inline]
    pub fn cell(&self, cell: usize) -> &'a str {
        let end = self.ends.get(cell).map_or(0, |end| *end as usize);
        let written = self.text.get(self.start_of(cell) as usize..end).unwrap_or("");
        match cell.is_multiple_of(self.columns) {
            // What is left of the line end before, and blank lines.
            true => written.trim_start_matches(['\r', '\n']),
            false => written,
        }
    }

    /// All bytes up to the end of a cell.
    #[inline]
    pub fn ended(&self, cell: usize) -> &'a [u8] {
        let end = self.ends.get(cell).map_or(0, |end| *end as usize);
        self.text.as_bytes().get(..end).unwrap_or_default()
    }

    /// How many bytes of these belong to the cell, or are line ends before a row.
    #[inline]
    pub fn length(&self, cell: usize) -> usize {
        self.ends.get(cell).map_or(0, |end| end.saturating_sub(self.start_of(cell)) as usize)
    }

    #[inline]
    fn start_of(&self, cell: usize) -> u32 {
        let before = cell.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(self.start, |end| end.wrapping_add(1))
    }
}
