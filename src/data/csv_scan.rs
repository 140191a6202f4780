//! Whole records of CSV text into columns: the quick way, for text in which nothing is wrong.
//!
//! It reads the same cells as `csv_file` does (RFC 4180, any line end, blank lines left out), and gives up where that
//! one would have something to report, so that there is one place that says it.

use std::borrow::Cow;

use super::RawColumn;
use super::quick_number::quick_number;
use super::raw::{ColumnBuilder, is_missing, number};

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Skip,
    /// Only its numbers are wanted.
    Number,
    /// Its cells as they are written.
    Text,
}

/// Something that the careful reader has to look at.
#[derive(Debug, PartialEq, Eq)]
pub struct NotPlain;

/// A column in the making.
enum Store {
    Skip,
    Numbers(Vec<f64>),
    Text(ColumnBuilder),
}

/// The columns of the records in `text`, in their order, without those that are skipped; and the number of records.
pub fn scan(
    text: &str,
    names: &[String],
    uses: &[Use],
    delimiter: u8,
    decimal: u8,
) -> Result<(Vec<RawColumn>, usize), NotPlain> {
    let lines = text.len() / (8 * uses.len().max(1)) + 16;
    let mut stores: Vec<Store> = names
        .iter()
        .zip(uses)
        .map(|(name, of)| match of {
            Use::Skip => Store::Skip,
            Use::Number => Store::Numbers(Vec::with_capacity(lines)),
            Use::Text => Store::Text(ColumnBuilder::new(name.as_str())),
        })
        .collect();
    let mut scanner = Scanner::new(text, delimiter, decimal);
    let mut rows = 0;
    while scanner.next_record() {
        let last = stores.len().wrapping_sub(1);
        for (i, store) in stores.iter_mut().enumerate() {
            match store {
                Store::Skip => {
                    scanner.cell();
                }
                Store::Numbers(values) => values.push(scanner.number().ok_or(NotPlain)?),
                Store::Text(builder) => {
                    if !builder.push(&scanner.cell()) {
                        return Err(NotPlain);
                    }
                }
            }
            scanner.end_of_cell(i == last)?;
        }
        rows += 1;
    }
    let columns = names.iter().zip(stores).filter_map(|(name, store)| match store {
        Store::Skip => None,
        Store::Numbers(values) => Some(RawColumn::numbers_of(name.clone(), values)),
        Store::Text(builder) => Some(builder.finish(decimal)),
    });
    Ok((columns.collect(), rows))
}

pub struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
    decimal: u8,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str, delimiter: u8, decimal: u8) -> Self {
        Scanner { text, bytes: text.as_bytes(), at: 0, delimiter, decimal }
    }

    /// Goes to the start of the next record; `false` at the end.
    #[inline]
    pub fn next_record(&mut self) -> bool {
        while let Some(b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.at < self.bytes.len()
    }

    /// Goes over what ends a cell.
    #[inline]
    pub fn end_of_cell(&mut self, last: bool) -> Result<(), NotPlain> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte == self.delimiter => {
                self.at += 1;
                if last { Err(NotPlain) } else { Ok(()) }
            }
            // The line end itself is left to `next_record`.
            _ if last => Ok(()),
            _ => Err(NotPlain),
        }
    }

    #[inline]
    fn ends(&self, at: usize) -> bool {
        self.bytes.get(at).is_none_or(|&b| b == self.delimiter || b == b'\n' || b == b'\r')
    }

    /// Goes over a cell; gives its number, NaN if it is missing, nothing if it is something else.
    #[inline]
    pub fn number(&mut self) -> Option<f64> {
        if let Some((value, length)) = quick_number(self.bytes.get(self.at..).unwrap_or(&[]), self.decimal)
            && self.ends(self.at + length)
        {
            self.at += length;
            return Some(value);
        }
        let decimal = self.decimal;
        let cell = self.cell();
        number(&cell, decimal).or_else(|| is_missing(&cell).then_some(f64::NAN))
    }

    /// A cell without its quotes.
    #[inline]
    pub fn cell(&mut self) -> Cow<'a, str> {
        let start = self.at;
        if self.bytes.get(start) == Some(&b'"') {
            return Cow::Owned(self.quoted());
        }
        while !self.ends(self.at) {
            self.at += 1;
        }
        Cow::Borrowed(self.text.get(start..self.at).unwrap_or(""))
    }

    /// A cell that starts with a quote; what follows the closing one belongs to it too.
    fn quoted(&mut self) -> String {
        self.at += 1;
        let mut cell = String::new();
        let mut from = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'"' {
                cell.push_str(self.text.get(from..self.at).unwrap_or(""));
                let doubled = self.bytes.get(self.at + 1) == Some(&b'"');
                if !doubled {
                    self.at += 1;
                    from = self.at;
                    while !self.ends(self.at) {
                        self.at += 1;
                    }
                    break;
                }
                from = self.at + 1;
                self.at += 1;
            }
            self.at += 1;
        }
        cell.push_str(self.text.get(from..self.at).unwrap_or(""));
        cell
    }
}

pub fn has_quotes(text: &[u8]) -> bool {
    memchr::memchr(b'"', text).is_some()
}

/// How much of `text` is whole records, which is all if it is the end of the file. `quoted`: whether it has quotes.
pub fn whole_records(text: &[u8], delimiter: u8, end: bool, quoted: bool) -> usize {
    if end {
        return text.len();
    }
    if !quoted {
        return text.iter().rposition(|&b| b == b'\n' || b == b'\r').map_or(0, |at| at + 1);
    }
    let mut place = Place::Start;
    let mut whole = 0;
    for (i, &byte) in text.iter().enumerate() {
        let ends = byte == b'\n' || byte == b'\r';
        place = match (place, byte) {
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Quoted, _) => Place::Quoted,
            (Place::Start | Place::Closed, b'"') => Place::Quoted,
            _ if ends || byte == delimiter => Place::Start,
            _ => Place::Plain,
        };
        if ends && place == Place::Start {
            whole = i + 1;
        }
    }
    whole
}

/// Where in a record a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Of a cell.
    Start,
    Plain,
    Quoted,
    /// Behind a quote that closes, unless another follows.
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv::ReaderBuilder;

    /// The records as the csv crate reads them.
    fn expected(text: &str) -> Vec<Vec<String>> {
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.into_records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn scanned(text: &str, width: usize) -> Result<Vec<Vec<String>>, NotPlain> {
        let names: Vec<String> = (0..width).map(|i| i.to_string()).collect();
        let (columns, rows) = scan(text, &names, &vec![Use::Text; width], b',', b'.')?;
        Ok((0..rows).map(|row| columns.iter().map(|c| c.cell(row).into_owned()).collect()).collect())
    }

    /// Texts of a few characters that matter, in any order.
    fn texts() -> impl Iterator<Item = String> {
        let parts = ["a", ",", "\"", "\n", "\r\n", "\"\"", "1.5", " ", "ä", ",\""];
        let mut state = 11u64;
        (0..60_000).map(move |_| {
            let mut next = |n: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % n
            };
            let length = next(14);
            (0..length).map(|_| parts[next(10) as usize]).collect()
        })
    }

    #[test]
    fn cells_are_those_of_the_careful_reader() {
        let mut read = 0;
        for text in texts() {
            let expected = expected(&text);
            for width in 1..4 {
                let regular = expected.iter().all(|record| record.len() == width);
                match scanned(&text, width) {
                    Ok(found) => {
                        assert_eq!(found, expected, "{text:?}");
                        read += 1;
                    }
                    Err(NotPlain) => assert!(!regular, "{text:?} has {width} cells in each record"),
                }
            }
        }
        assert!(read > 10_000, "{read}");
    }

    #[test]
    fn a_cut_never_goes_through_a_record() {
        for text in texts() {
            let cut = whole_records(text.as_bytes(), b',', false, has_quotes(text.as_bytes()));
            let (front, back) = text.split_at(cut);
            assert_eq!([expected(front), expected(back)].concat(), expected(&text), "{text:?} at {cut}");
            // As late as can be: what is left is one record at most.
            assert!(expected(back).len() <= 1, "{text:?} at {cut}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_careful_reader() {
        let cells = ["1.5", "-2", "", "NA", " 7 ", "1e3", "\"3\"", "+4", "0.1", "123456789.123456789", "1e-400", "-0"];
        let text: String = cells.iter().map(|cell| format!("{cell},x\n")).collect();
        let names = ["a".to_owned(), "b".to_owned()];
        let (columns, _) = scan(&text, &names, &[Use::Number, Use::Skip], b',', b'.').unwrap();
        let plain = RawColumn::texts("a", cells.iter().map(|cell| cell.trim_matches('"')));
        let bits = |column: &RawColumn| column.numbers().values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&columns[0]), bits(&plain));
        for bad in ["x", "inf", "1.5.2", "1,5"] {
            assert!(scan(&format!("{bad},x\n"), &names, &[Use::Number, Use::Skip], b',', b'.').is_err(), "{bad}");
        }
    }
}
