//! A CSV file in blocks of whole records, which threads can take apart each by itself.

use std::io::Read;
use std::mem;

use csv::StringRecord;

use crate::diag::Problems;

use super::csv_file::{builder, expand, open};
use super::csv_header::header;
use super::csv_scan::{NotPlain, has_quotes, scan, whole_records};
use super::fixed_point::Room;
use super::kernels::Decimals;
use super::plain_rows::PlainRows;
use super::plain_table::{Reading, plain_table};
use super::{CsvSource, RawTable};

/// No block is smaller because its file is.
const SMALLEST: usize = 1 << 13;
/// A record that is longer is left to the careful reader.
const LONGEST: usize = 1 << 28;

/// The records of one file. Whoever finds something that is not plain starts anew with [`super::read`], which says what
/// is wrong.
pub struct CsvBlocks {
    input: Box<dyn Read + Send>,
    /// What was read and not given yet.
    rest: Vec<u8>,
    ended: bool,
    given: usize,
    /// About how many bytes a block has.
    size: usize,
    source: CsvSource,
    pub names: Vec<String>,
}

/// Some records, in text.
#[derive(Debug, Default)]
pub struct CsvBlock {
    /// Blocks before it.
    pub index: usize,
    bytes: Vec<u8>,
    /// How many of the bytes are its records; the others are room for larger blocks.
    length: usize,
    quoted: bool,
}

/// Memory for the tables of one block after the other.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) ends: Vec<u32>,
    pub(super) numbers: Decimals,
    pub(super) room: Room,
}

impl CsvBlocks {
    /// Opens a single file and reads its header. Blocks are to have about `size` bytes: enough that what is done once a
    /// block does not count, few enough for the caches.
    pub fn open(source: &CsvSource, size: usize) -> Result<CsvBlocks, NotPlain> {
        let paths = expand(&source.path);
        let [path] = paths.as_slice() else { return Err(NotPlain) };
        let input = open(path).map_err(|_| NotPlain)?;
        let file = std::fs::metadata(path).map_or(usize::MAX, |file| file.len() as usize);
        let size = size.min(file.saturating_add(1).max(SMALLEST));
        let source = source.clone();
        let mut blocks = CsvBlocks { input, rest: Vec::new(), ended: false, given: 0, size, source, names: Vec::new() };
        let mut first = CsvBlock::default();
        blocks.fill(&mut first)?;
        let (names, end) = plain_header(&blocks.source, first.bytes())?;
        if first.bytes().iter().take(end).any(|byte| *byte == 0) {
            return Err(NotPlain);
        }
        blocks.names = names;
        // The records behind the header come first in the first block.
        blocks.rest.splice(..0, first.bytes().iter().skip(end).copied());
        Ok(blocks)
    }

    /// Puts the next records into `block`, whose memory is used again; `false` at the end.
    pub fn next_block(&mut self, block: &mut CsvBlock) -> Result<bool, NotPlain> {
        self.fill(block)?;
        block.index = self.given;
        self.given += 1;
        Ok(block.length > 0)
    }

    /// Whether all blocks but the next one were given.
    pub fn is_last(&self) -> bool {
        self.ended
    }

    /// Whole records, about a block of them.
    fn fill(&mut self, block: &mut CsvBlock) -> Result<(), NotPlain> {
        let mut filled = self.rest.len();
        let mut wanted = self.size;
        loop {
            if block.bytes.len() < filled.max(wanted) {
                block.bytes.resize(filled.max(wanted), 0);
            }
            // Once, since there is no rest afterwards.
            let rest = mem::take(&mut self.rest);
            block.bytes[..rest.len()].copy_from_slice(&rest);
            filled = self.read(&mut block.bytes, filled)?;
            let bytes = &block.bytes[..filled];
            block.quoted = has_quotes(bytes);
            let whole = whole_records(bytes, self.source.delimiter, self.ended, block.quoted);
            if whole > 0 || self.ended {
                self.rest = rest;
                self.rest.clear();
                self.rest.extend_from_slice(&bytes[whole..]);
                block.length = whole;
                return Ok(());
            }
            wanted *= 2;
            if wanted > LONGEST {
                return Err(NotPlain);
            }
        }
    }

    /// Fills the bytes behind the first `filled`, as far as the file goes; gives how many there are then.
    fn read(&mut self, bytes: &mut [u8], mut filled: usize) -> Result<usize, NotPlain> {
        while filled < bytes.len() && !self.ended {
            match self.input.read(&mut bytes[filled..]) {
                Ok(0) => self.ended = true,
                Ok(count) => filled += count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(NotPlain),
            }
        }
        Ok(filled)
    }
}

/// The names in the first record of a text, and where the others start.
pub fn plain_header(source: &CsvSource, text: &[u8]) -> Result<(Vec<String>, usize), NotPlain> {
    let mark = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut reader = builder(source.delimiter).from_reader(&text[mark..]);
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(|_| NotPlain)? {
        return Err(NotPlain);
    }
    let end = mark + usize::try_from(reader.position().byte()).map_err(|_| NotPlain)?;
    let mut problems = Problems::default();
    let names = header(source, &record, &mut problems).map_err(|_| NotPlain)?;
    if problems.is_empty() && end <= text.len() { Ok((names, end)) } else { Err(NotPlain) }
}

impl CsvBlock {
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// How many bytes its records have.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Its records, if they are UTF-8.
    pub fn text(&self) -> Result<&str, NotPlain> {
        std::str::from_utf8(self.bytes()).map_err(|_| NotPlain)
    }

    /// Whether some of its cells may have quotes.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Calls `f` with its records in order, as tables of at most about `most` rows.
    pub fn tables(
        &self,
        reading: &Reading,
        most: usize,
        scratch: &mut Scratch,
        mut f: impl FnMut(RawTable) -> Result<(), NotPlain>,
    ) -> Result<(), NotPlain> {
        let text = self.text()?;
        if self.quoted {
            return f(quoted_table(text, reading)?);
        }
        let ends = mem::take(&mut scratch.ends);
        let mut rows = PlainRows::new(text, reading.delimiter, reading.names.len(), ends);
        while let Some(some) = rows.next(most)? {
            f(plain_table(reading, some, &mut scratch.numbers)?)?;
        }
        scratch.ends = rows.into_ends();
        Ok(())
    }
}

/// Records some of which have quotes.
fn quoted_table(text: &str, reading: &Reading) -> Result<RawTable, NotPlain> {
    if text.contains('\0') {
        return Err(NotPlain);
    }
    let (columns, rows) = scan(text, reading.names, reading.uses, reading.delimiter, reading.decimal)?;
    // A table has as many rows as its shortest column, so it needs one.
    if columns.is_empty() && rows > 0 { Err(NotPlain) } else { Ok(RawTable::new(columns)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::csv_scan::Use;
    use super::*;

    fn block(text: &str) -> CsvBlock {
        CsvBlock { index: 0, bytes: text.as_bytes().to_vec(), length: text.len(), quoted: false }
    }

    /// Cells and bits of numbers of some tables, column by column.
    fn shown(tables: &[RawTable], uses: &[Use]) -> Vec<Vec<String>> {
        let kept = uses.iter().filter(|u| **u != Use::Skip);
        let of = |(column, of): (usize, &Use)| {
            let columns = tables.iter().map(move |table| &table.columns()[column]);
            let cells = columns.flat_map(|c| {
                (0..c.len()).map(|row| match of {
                    Use::Number => format!("{:x}", c.numbers().values[row].to_bits()),
                    _ => c.cell(row).into_owned(),
                })
            });
            cells.collect()
        };
        kept.enumerate().map(of).collect()
    }

    fn uses() -> impl Strategy<Value = Vec<Use>> {
        let one = prop_oneof![Just(Use::Number), Just(Use::Number), Just(Use::Text), Just(Use::Skip)];
        proptest::collection::vec(one, 1..4)
    }

    /// Cells that numbers, texts and line ends are likely to go wrong at.
    fn text() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            4 => Just(",".to_owned()),
            2 => prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")].prop_map(str::to_owned),
            3 => "-?[0-9]{1,6}([.][0-9]{0,6})?",
            1 => prop_oneof![Just("NA"), Just(" 1.5 "), Just("1e3"), Just("\u{e4}"), Just("a"), Just("")]
                .prop_map(str::to_owned),
        ];
        proptest::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn plain_rows_are_read_as_one_cell_after_the_other_is(text in text(), uses in uses(), most in 1usize..30) {
            let names: Vec<String> = (0..uses.len()).map(|i| i.to_string()).collect();
            let reading = Reading { names: &names, uses: &uses, delimiter: b',', decimal: b'.' };
            let mut tables = Vec::new();
            let keep = |table: RawTable| {
                tables.push(table);
                Ok(())
            };
            let quick = block(&text).tables(&reading, most, &mut Scratch::default(), keep);
            let careful = quoted_table(&text, &reading);
            prop_assert_eq!(quick.is_ok(), careful.is_ok(), "{:?}", text);
            if let (Ok(()), Ok(careful)) = (quick, careful) {
                prop_assert!(tables.iter().all(|t| (1..=most).contains(&t.rows())));
                prop_assert_eq!(tables.iter().map(RawTable::rows).sum::<usize>(), careful.rows());
                if careful.rows() > 0 {
                    prop_assert_eq!(shown(&tables, &uses), shown(&[careful], &uses), "{:?}", text);
                }
            }
        }
    }
}
