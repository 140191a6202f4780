//! A CSV file in blocks of whole records, which threads can scan each by itself.

use std::io::Read;

use csv::StringRecord;

use crate::diag::Problems;

use super::csv_file::{builder, expand, open};
use super::csv_header::header;
use super::csv_scan::{NotPlain, Use, scan, whole_records};
use super::{CsvSource, RawTable};

/// Bytes of a block: enough that what is done once a block does not count, few enough for the caches.
const BLOCK: usize = 1 << 20;
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
    source: CsvSource,
    pub names: Vec<String>,
}

/// Some records, in text.
pub struct CsvBlock {
    /// Blocks before it.
    pub index: usize,
    bytes: Vec<u8>,
}

impl CsvBlocks {
    /// Opens a single file and reads its header.
    pub fn open(source: &CsvSource) -> Result<CsvBlocks, NotPlain> {
        let paths = expand(&source.path);
        let [path] = paths.as_slice() else { return Err(NotPlain) };
        let input = open(path).map_err(|_| NotPlain)?;
        let source = source.clone();
        let mut blocks = CsvBlocks { input, rest: Vec::new(), ended: false, given: 0, source, names: Vec::new() };
        let mut text = blocks.text()?;
        let (names, end) = plain_header(&blocks.source, &text)?;
        blocks.names = names;
        // The records behind the header come first in the first block.
        let mut records = text.split_off(end);
        records.append(&mut blocks.rest);
        blocks.rest = records;
        Ok(blocks)
    }

    /// The next records; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<CsvBlock>, NotPlain> {
        let bytes = self.text()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let index = self.given;
        self.given += 1;
        Ok(Some(CsvBlock { index, bytes }))
    }

    /// Whole records, about a block of them.
    fn text(&mut self) -> Result<Vec<u8>, NotPlain> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut wanted = BLOCK;
        loop {
            self.fill(&mut bytes, wanted)?;
            let whole = whole_records(&bytes, self.source.delimiter, self.ended);
            if whole > 0 || self.ended {
                self.rest = bytes.split_off(whole);
                return Ok(bytes);
            }
            wanted *= 2;
            if wanted > LONGEST {
                return Err(NotPlain);
            }
        }
    }

    fn fill(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> Result<(), NotPlain> {
        let mut filled = bytes.len();
        bytes.resize(filled.max(wanted), 0);
        while filled < bytes.len() && !self.ended {
            match self.input.read(&mut bytes[filled..]) {
                Ok(0) => self.ended = true,
                Ok(count) => filled += count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(NotPlain),
            }
        }
        bytes.truncate(filled);
        Ok(())
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
    /// Its records as a table of the columns that `uses` asks for, one for each name.
    pub fn table(&self, names: &[String], uses: &[Use], source: (u8, u8)) -> Result<RawTable, NotPlain> {
        if self.bytes.contains(&0) {
            return Err(NotPlain);
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| NotPlain)?;
        let (columns, rows) = scan(text, names, uses, source.0, source.1)?;
        // A table has as many rows as its shortest column, so it needs one.
        if columns.is_empty() && rows > 0 { Err(NotPlain) } else { Ok(RawTable::new(columns)) }
    }
}
