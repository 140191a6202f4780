//! A CSV file in which nothing is wrong, as a whole table: the quick way, block by block by several threads, in no more
//! memory than the columns need.
//!
//! It takes the same cells as `csv_file` does, and gives up where that one would have something to report.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::csv_blocks::{CsvBlock, CsvBlocks, Scratch};
use super::csv_scan::{NotPlain, Scanner};
use super::fixed_point::FixedPoint;
use super::kernels::{Mark, decimals};
use super::plain_rows::{PlainRows, Rows};
use super::raw::ColumnBuilder;
use super::{CsvSource, RawColumn, RawTable};
use crate::engine::kernels::Isa;

/// Bytes of a block. Tests are to see files of several blocks.
const BLOCK: usize = if cfg!(test) { 1 << 13 } else { 1 << 18 };
/// Cells that are read together, so that they stay in the caches.
const CELLS: usize = 1 << 14;
/// Rows that are read together where there are few columns.
const ROWS: usize = 1 << 10;
/// Rows have `u32` numbers.
const MOST_ROWS: usize = u32::MAX as usize;

/// The table in a file in which nothing is wrong, read by this many threads.
///
/// # Errors
/// If there is something to report, or no row.
pub fn read_columns(source: &CsvSource, threads: usize) -> Result<RawTable, NotPlain> {
    let blocks = CsvBlocks::open(source, BLOCK)?;
    let names = blocks.names.clone();
    let bytes = std::fs::metadata(&source.path).map_or(0, |file| file.len() as usize);
    let (columns, delimiter, decimal) = (names.len(), source.delimiter, source.decimal);
    let form = Form { columns, delimiter, decimal, blocks: bytes.div_ceil(BLOCK) };
    // A file of one block is not worth a thread.
    let columns =
        if blocks.is_last() || threads < 2 { one_by_one(form, blocks) } else { shared(form, blocks, threads) }?;
    let rows = columns.first().map_or(0, Column::len);
    if rows == 0 || rows > MOST_ROWS {
        return Err(NotPlain);
    }
    let columns = names.into_iter().zip(columns).map(|(name, column)| column.finish(name, source.decimal));
    Ok(RawTable::new(columns.collect()))
}

/// What a file looks like.
#[derive(Debug, Clone, Copy)]
struct Form {
    columns: usize,
    delimiter: u8,
    decimal: u8,
    /// About.
    blocks: usize,
}

fn one_by_one(form: Form, mut blocks: CsvBlocks) -> Result<Vec<Column>, NotPlain> {
    let (mut block, mut scratch) = (CsvBlock::default(), Scratch::default());
    let mut all = form.no_columns();
    while blocks.next_block(&mut block)? {
        let columns = form.read(&block, &mut scratch)?;
        append(&mut all, columns, form.blocks)?;
    }
    Ok(all)
}

type Message = (usize, Result<Vec<Column>, NotPlain>);

/// Blocks by threads that take one after the other; they are put together in their order.
fn shared(form: Form, blocks: CsvBlocks, threads: usize) -> Result<Vec<Column>, NotPlain> {
    let (blocks, stopped) = (Mutex::new(blocks), AtomicBool::new(false));
    // No more blocks wait than there are threads.
    let (sender, receiver) = sync_channel::<Message>(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, blocks, stopped) = (sender.clone(), &blocks, &stopped);
            scope.spawn(move || work(form, blocks, stopped, &sender));
        }
        drop(sender);
        let mut all = form.no_columns();
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let mut sound = Ok(());
        // After an error the others are let run out.
        for (index, columns) in receiver {
            let Ok(columns) = columns else {
                stopped.store(true, Ordering::Relaxed);
                sound = Err(NotPlain);
                continue;
            };
            waiting.insert(index, columns);
            while let Some(columns) = waiting.remove(&next).filter(|_| sound.is_ok()) {
                sound = append(&mut all, columns, form.blocks);
                next += 1;
            }
        }
        sound.map(|()| all)
    })
}

fn work(form: Form, blocks: &Mutex<CsvBlocks>, stopped: &AtomicBool, sender: &SyncSender<Message>) {
    let (mut block, mut scratch) = (CsvBlock::default(), Scratch::default());
    while !stopped.load(Ordering::Relaxed) {
        let more = match blocks.lock() {
            Ok(mut blocks) => blocks.next_block(&mut block),
            Err(_) => Err(NotPlain),
        };
        let columns = match more {
            Ok(false) => return,
            Ok(true) => form.read(&block, &mut scratch),
            Err(NotPlain) => Err(NotPlain),
        };
        let failed = columns.is_err();
        if sender.send((block.index, columns)).is_err() || failed {
            return;
        }
    }
}

/// Puts the columns of a block behind those of the ones before it, of which there are `blocks` in all.
fn append(all: &mut [Column], further: Vec<Column>, blocks: usize) -> Result<(), NotPlain> {
    if let (Some(0), Some(rows)) = (all.first().map(Column::len), further.first().map(Column::len)) {
        // A little more, so that rows that are shorter than these do not double it.
        let rows = rows * (blocks + blocks / 16 + 1);
        all.iter_mut().for_each(|column| column.reserve(rows));
    }
    all.iter_mut().zip(further).try_for_each(|(all, further)| all.append(further))
}

impl Form {
    fn no_columns(self) -> Vec<Column> {
        (0..self.columns).map(|_| Column::Fixed(FixedPoint::new(self.decimal))).collect()
    }

    /// The columns of a block.
    fn read(self, block: &CsvBlock, scratch: &mut Scratch) -> Result<Vec<Column>, NotPlain> {
        let text = block.text()?;
        match block.is_quoted() {
            true => self.read_quoted(text),
            false => self.read_plain(text, scratch),
        }
    }

    fn read_plain(self, text: &str, scratch: &mut Scratch) -> Result<Vec<Column>, NotPlain> {
        let mut columns = self.no_columns();
        let few = (CELLS / self.columns.max(1)).clamp(8, ROWS);
        let mut rows = PlainRows::new(text, self.delimiter, self.columns, mem::take(&mut scratch.ends));
        let (isa, mark) = (Isa::detect(), Mark::LeftOut(self.decimal));
        let Scratch { numbers, room, .. } = scratch;
        while let Some(some) = rows.next(few)? {
            decimals(isa, text.as_bytes(), mark, some.start, some.ends, numbers);
            if columns.first().is_some_and(|column| column.len() == 0) {
                // As many rows as there will be if they are about as long as these.
                let bytes = some.ended(some.ends.len() - 1).len().max(1);
                let rows = some.count() * text.len() / bytes + ROWS / 16;
                columns.iter_mut().for_each(|column| column.reserve(rows));
            }
            for (i, column) in columns.iter_mut().enumerate() {
                if let Column::Fixed(fixed) = column
                    && fixed.take(some, i, numbers, room)
                {
                    continue;
                }
                column.take_texts(some, i)?;
            }
        }
        scratch.ends = rows.into_ends();
        Ok(columns)
    }

    fn read_quoted(self, text: &str) -> Result<Vec<Column>, NotPlain> {
        if text.contains('\0') {
            return Err(NotPlain);
        }
        let mut columns = self.no_columns();
        let mut scanner = Scanner::new(text, self.delimiter, self.decimal);
        let last = self.columns.wrapping_sub(1);
        while scanner.next_record() {
            for (i, column) in columns.iter_mut().enumerate() {
                column.push(&scanner.cell())?;
                scanner.end_of_cell(i == last)?;
            }
        }
        Ok(columns)
    }
}

/// A column in the making.
enum Column {
    Fixed(FixedPoint),
    Text(ColumnBuilder),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Column::Fixed(fixed) => fixed.len(),
            Column::Text(builder) => builder.len(),
        }
    }

    fn reserve(&mut self, rows: usize) {
        if let Column::Fixed(fixed) = self {
            fixed.reserve(rows);
        }
    }

    fn push(&mut self, cell: &str) -> Result<(), NotPlain> {
        if let Column::Fixed(fixed) = self
            && fixed.push(cell)
        {
            return Ok(());
        }
        add(self.text()?, cell)
    }

    fn take_texts(&mut self, rows: Rows, column: usize) -> Result<(), NotPlain> {
        let builder = self.text()?;
        (0..rows.count()).try_for_each(|row| add(builder, rows.cell(row * rows.columns + column)))
    }

    fn append(&mut self, further: Column) -> Result<(), NotPlain> {
        if let (Column::Fixed(fixed), Column::Fixed(further)) = (&mut *self, &further)
            && fixed.append(further)
        {
            return Ok(());
        }
        let builder = self.text()?;
        match further {
            Column::Fixed(further) => (0..further.len()).try_for_each(|row| add(builder, &further.cell(row))),
            Column::Text(further) => further.cells().try_for_each(|cell| add(builder, cell)),
        }
    }

    /// The cells as texts from here on.
    fn text(&mut self) -> Result<&mut ColumnBuilder, NotPlain> {
        if let Column::Fixed(fixed) = self {
            let mut builder = ColumnBuilder::new("");
            (0..fixed.len()).try_for_each(|row| add(&mut builder, &fixed.cell(row)))?;
            *self = Column::Text(builder);
        }
        match self {
            Column::Text(builder) => Ok(builder),
            Column::Fixed(_) => Err(NotPlain),
        }
    }

    fn finish(self, name: String, decimal: u8) -> RawColumn {
        match self {
            Column::Fixed(mut fixed) => {
                fixed.shrink();
                RawColumn::fixed(name, fixed, decimal)
            }
            Column::Text(builder) => builder.named(name).finish(decimal),
        }
    }
}

fn add(builder: &mut ColumnBuilder, cell: &str) -> Result<(), NotPlain> {
    if builder.push(cell) { Ok(()) } else { Err(NotPlain) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::csv_file::read_records;
    use super::super::raw::Numbers;
    use super::*;
    use crate::diag::Problems;

    fn source(path: &std::path::Path) -> CsvSource {
        CsvSource { path: path.to_owned(), delimiter: b',', decimal: b'.', span: None }
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

    /// Long enough for several blocks; some columns change what they hold on the way.
    fn long_texts() -> impl Iterator<Item = String> {
        let cell = |kind: usize, i: usize| match kind {
            0 => format!("{}", i % 256),
            1 => format!("{:.3}", i as f64 / 7.0 - 1_000.0),
            2 => format!("{}", i as f64 / 16.0),
            3 if i > 1_500 => "x".to_owned(),
            4 if i.is_multiple_of(100) => String::new(),
            5 if i == 1_700 => "NA".to_owned(),
            5 if i == 3 => "?".to_owned(),
            6 if i > 1_000 => format!("{}", i * 100_000),
            7 if i > 1_000 => "\"q,\"".to_owned(),
            _ => format!("{i}"),
        };
        (0..4).map(move |pair| {
            let rows = (0..2_000).map(|i| format!("{},{}\n", cell(2 * pair, i), cell(2 * pair + 1, i)));
            format!("a,b\n{}", rows.collect::<String>())
        })
    }

    fn compare(quick: &RawTable, careful: &RawTable, shown: &str) {
        assert_eq!((quick.rows(), quick.columns().len()), (careful.rows(), careful.columns().len()), "{shown:?}");
        for (a, b) in quick.columns().iter().zip(careful.columns()) {
            assert_eq!(a.name, b.name);
            for row in 0..quick.rows() + 1 {
                assert_eq!(a.cell(row), b.cell(row), "{shown:?}, row {row} of {}", a.name);
                assert_eq!(a.number_at(row).map(f64::to_bits), b.number_at(row).map(f64::to_bits), "{shown:?}");
            }
            assert_eq!(a.levels(), b.levels(), "{shown:?}");
            let (a, b) = (a.numbers(), b.numbers());
            let bits = |n: &Numbers| n.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!((bits(&a), &a.bad, a.bad_count, a.missing), (bits(&b), &b.bad, b.bad_count, b.missing));
        }
    }

    #[test]
    fn the_table_is_that_of_the_careful_reader() {
        let mut read = 0;
        for text in texts().chain(long_texts()) {
            let mut problems = Problems::default();
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let source = source(file.path());
            let careful = read_records(&source, text.as_bytes(), &mut problems);
            let shown = text.get(..60).unwrap_or(&text);
            for threads in if text.len() > 1_000 { vec![1, 2, 3] } else { vec![2] } {
                let Ok(quick) = read_columns(&source, threads) else {
                    let regular = careful.as_ref().is_some_and(|t| t.rows() > 0) && problems.is_empty();
                    assert!(!regular, "{shown:?} was not read by {threads} threads");
                    continue;
                };
                read += 1;
                assert!(problems.is_empty(), "{shown:?}");
                compare(&quick, careful.as_ref().unwrap(), shown);
            }
        }
        assert!(read > 500, "{read}");
    }
}
