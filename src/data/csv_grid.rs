//! A CSV file kept as it was read, with the place of every cell: the quick way to a whole table.
//!
//! It takes the same cells as `csv_file` does, and gives up where that one would have something to report.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use super::csv_blocks::plain_header;
use super::csv_scan::{NotPlain, Scanner, has_quotes, whole_records};
use super::raw::Numbers;
use super::{CsvSource, RawColumn, RawTable};

/// A larger file is read record by record, so that its text is not in memory twice while it is taken apart.
const LARGEST: u64 = 1 << 30;
/// Text for which a thread of its own pays.
const FOR_A_THREAD: usize = 1 << 18;

/// The text of a file and where its cells are.
#[derive(Debug)]
pub struct CsvGrid {
    text: String,
    /// Where each cell ends, row by row; the next one starts one byte behind.
    ends: Vec<u32>,
    /// Where the first cell starts.
    start: u32,
    columns: usize,
    delimiter: u8,
}

impl CsvGrid {
    pub fn rows(&self) -> usize {
        self.ends.len() / self.columns.max(1)
    }

    /// The cell without its quotes; empty for a row there is not.
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> Cow<'_, str> {
        let index = row * self.columns + column;
        let Some(&end) = self.ends.get(index) else { return Cow::Borrowed("") };
        let start = match index.checked_sub(1) {
            None => self.start,
            Some(before) => self.ends[before] + 1,
        };
        let mut written = self.text.get(start as usize..end as usize).unwrap_or("");
        if column == 0 {
            // What is left of the line end before, and blank lines.
            written = written.trim_start_matches(['\r', '\n']);
        }
        if !written.starts_with('"') {
            return Cow::Borrowed(written);
        }
        Scanner::new(written, self.delimiter, b'.').cell()
    }
}

/// The table in a file in which nothing is wrong.
pub fn read_grid(source: &CsvSource, path: &Path) -> Result<RawTable, NotPlain> {
    let mut file = File::open(path).map_err(|_| NotPlain)?;
    let length = file.metadata().ok().filter(|m| m.is_file()).map(|m| m.len());
    let length = length.filter(|n| *n <= LARGEST).ok_or(NotPlain)?;
    let mut bytes = Vec::with_capacity(length as usize + 1);
    file.read_to_end(&mut bytes).map_err(|_| NotPlain)?;
    let text = String::from_utf8(bytes).map_err(|_| NotPlain)?;
    let threads = thread::available_parallelism().map_or(1, |n| n.get()).min(text.len() / FOR_A_THREAD + 1);
    table(source, text, threads)
}

fn table(source: &CsvSource, text: String, threads: usize) -> Result<RawTable, NotPlain> {
    if text.len() as u64 > LARGEST {
        return Err(NotPlain);
    }
    let (names, start) = plain_header(source, text.as_bytes())?;
    if text.as_bytes()[..start].contains(&0) {
        return Err(NotPlain);
    }
    let parts = parts(&text, start, source.delimiter, threads);
    let mut whole = scan_parts(&text, parts, names.len(), source)?.into_iter();
    let Part { mut ends, mut numbers } = whole.next().ok_or(NotPlain)?;
    for part in whole {
        ends.extend_from_slice(&part.ends);
        for (all, further) in numbers.iter_mut().zip(part.numbers) {
            match (all.as_mut(), further) {
                (Some(all), Some(further)) => all.append(&further),
                _ => *all = None,
            }
        }
    }
    if ends.is_empty() {
        return Err(NotPlain);
    }
    let (columns, delimiter) = (names.len(), source.delimiter);
    let grid = Arc::new(CsvGrid { text, ends, start: start as u32, columns, delimiter });
    let of = |(i, (name, numbers))| RawColumn::of_grid(name, grid.clone(), i, numbers, source.decimal);
    Ok(RawTable::new(names.into_iter().zip(numbers).enumerate().map(of).collect()))
}

/// Cuts the records from `start` on into about equal parts, no record in two.
fn parts(text: &str, start: usize, delimiter: u8, count: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = start;
    for i in 1..count {
        let wanted = start + (text.len() - start) * i / count;
        let part = text.as_bytes().get(from..wanted).unwrap_or_default();
        let whole = whole_records(part, delimiter, false, has_quotes(part));
        parts.push(from..from + whole);
        from += whole;
    }
    parts.push(from..text.len());
    parts
}

/// What was found in a part of the text.
struct Part {
    /// From the start of the text.
    ends: Vec<u32>,
    /// For each column its numbers, if it holds nothing else.
    numbers: Vec<Option<Numbers>>,
}

fn scan_parts(text: &str, parts: Vec<Range<usize>>, columns: usize, source: &CsvSource) -> Result<Vec<Part>, NotPlain> {
    let scan = |part: Range<usize>, room| scan_part(text, part, room, columns, (source.delimiter, source.decimal));
    thread::scope(|scope| {
        let mut parts = parts.into_iter();
        let first = parts.next().ok_or(NotPlain)?;
        let others: Vec<_> = parts.map(|part| scope.spawn(move || scan(part.clone(), part.len()))).collect();
        // What the others find goes behind what the first has.
        let first = scan(first, text.len());
        let others = others.into_iter().map(|thread| thread.join().unwrap_or(Err(NotPlain)));
        std::iter::once(first).chain(others).collect()
    })
}

/// Scans one part; there is to be room for the cells of `room` bytes.
fn scan_part(
    text: &str,
    part: Range<usize>,
    room: usize,
    columns: usize,
    (delimiter, decimal): (u8, u8),
) -> Result<Part, NotPlain> {
    let (start, text) = (part.start, text.get(part.clone()).ok_or(NotPlain)?);
    if text.as_bytes().contains(&0) {
        return Err(NotPlain);
    }
    let rows = room / (6 * columns.max(1)) + 16;
    let none = || Numbers { values: Vec::with_capacity(rows), bad: Vec::new(), bad_count: 0, missing: 0 };
    let mut numbers: Vec<Option<Numbers>> = (0..columns).map(|_| Some(none())).collect();
    let mut ends = Vec::with_capacity(rows * columns);
    let mut scanner = Scanner::new(text, delimiter, decimal);
    let last = columns.wrapping_sub(1);
    while scanner.next_record() {
        for (i, column) in numbers.iter_mut().enumerate() {
            match column {
                Some(known) => match scanner.number() {
                    Some(value) => {
                        known.missing += usize::from(value.is_nan());
                        known.values.push(value);
                    }
                    None => *column = None,
                },
                None => {
                    scanner.cell();
                }
            }
            ends.push((start + scanner.place()) as u32);
            scanner.end_of_cell(i == last)?;
        }
    }
    Ok(Part { ends, numbers })
}

#[cfg(test)]
mod tests {
    use super::super::csv_file::read_records;
    use super::*;
    use crate::diag::Problems;

    fn source() -> CsvSource {
        CsvSource { path: "x.csv".into(), delimiter: b',', decimal: b'.', span: None }
    }

    /// Texts of a few pieces that matter, in any order, behind a header.
    fn texts() -> impl Iterator<Item = String> {
        let parts = ["a", ",", "\"", "\n", "\r\n", "\"\"", "1.5", " ", "ä", ",\"", "NA", "-3,", "2\n", "1e5", "inf"];
        let mut state = 5u64;
        (0..6_000).map(move |_| {
            let mut next = |n: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % n
            };
            let (header, length) = (["a\n", "a,b\n", "\u{feff}a,\"b\"\r\n"][next(3) as usize], next(16));
            (0..length).fold(header.to_owned(), |text, _| text + parts[next(15) as usize])
        })
    }

    #[test]
    fn the_table_is_that_of_the_careful_reader() {
        let mut read = 0;
        for text in texts() {
            let mut problems = Problems::default();
            let careful = read_records(&source(), text.as_bytes(), &mut problems);
            for threads in [1, 2, 3] {
                let Ok(quick) = table(&source(), text.clone(), threads) else {
                    let regular = careful.as_ref().is_some_and(|t| t.rows() > 0) && problems.is_empty();
                    assert!(!regular, "{text:?} was not read by {threads} threads");
                    continue;
                };
                read += 1;
                let careful = careful.as_ref().unwrap_or_else(|| panic!("{text:?}"));
                assert!(problems.is_empty(), "{text:?}");
                assert_eq!(
                    (quick.rows(), quick.columns().len()),
                    (careful.rows(), careful.columns().len()),
                    "{text:?}"
                );
                for (a, b) in quick.columns().iter().zip(careful.columns()) {
                    assert_eq!(a.name, b.name);
                    for row in 0..quick.rows() + 1 {
                        assert_eq!(a.cell(row), b.cell(row), "{text:?}, row {row} of {} by {threads} threads", a.name);
                        assert_eq!(a.number_at(row).map(f64::to_bits), b.number_at(row).map(f64::to_bits), "{text:?}");
                    }
                    let (a, b) = (a.numbers(), b.numbers());
                    let bits = |n: &Numbers| n.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                    assert_eq!((bits(a), &a.bad, a.bad_count, a.missing), (bits(b), &b.bad, b.bad_count, b.missing));
                }
            }
        }
        assert!(read > 1_000, "{read}");
    }
}
