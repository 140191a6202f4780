//! Rows of plain text as a table: the numbers of all columns are read together.

use crate::engine::kernels::Isa;

use super::csv_scan::{NotPlain, Use};
use super::kernels::{Decimals, Mark, decimals};
use super::plain_rows::Rows;
use super::raw::{ColumnBuilder, Numbers, is_missing, number};
use super::{RawColumn, RawTable};

/// Cells that are read together, so that they stay in the caches.
const CELLS: usize = 1 << 12;
/// Rows whose numbers are taken apart together.
const FEW: usize = 8;

/// How text is read as a table.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    pub names: &'a [String],
    /// What becomes of each column.
    pub uses: &'a [Use],
    pub delimiter: u8,
    pub decimal: u8,
}

/// A column in the making.
enum Store {
    Skip,
    Numbers(Numbers),
    Text(ColumnBuilder),
}

/// These rows as a table of the columns that are asked for; `numbers` is memory that is used again.
///
/// # Errors
/// If a cell that should be a number is something else, or no column is asked for.
pub fn plain_table(reading: &Reading, rows: Rows, numbers: &mut Decimals) -> Result<RawTable, NotPlain> {
    let mut stores: Vec<Store> =
        reading.names.iter().zip(reading.uses).map(|(n, u)| Store::new(n, *u, &rows)).collect();
    let many = (CELLS / rows.columns / FEW).max(1) * FEW;
    let mut done = 0;
    while done < rows.count() {
        let some = rows.part(done, many);
        decimals(Isa::detect(), rows.text.as_bytes(), Mark::At(reading.decimal), some.start, some.ends, numbers);
        take_numbers(&mut stores, numbers.values(), done);
        take_others(&mut stores, some, numbers, done, reading.decimal)?;
        take_texts(&mut stores, some)?;
        done += some.count();
    }
    let columns = reading.names.iter().zip(stores).filter_map(|(name, store)| match store {
        Store::Skip => None,
        Store::Numbers(numbers) => Some(RawColumn::read_as(name.clone(), numbers)),
        Store::Text(builder) => Some(builder.finish(reading.decimal)),
    });
    let columns: Vec<RawColumn> = columns.collect();
    // A table has as many rows as its shortest column, so it needs one.
    if columns.is_empty() { Err(NotPlain) } else { Ok(RawTable::new(columns)) }
}

impl Store {
    fn new(name: &str, of: Use, rows: &Rows) -> Store {
        match of {
            Use::Skip => Store::Skip,
            Use::Number => Store::Numbers(Numbers::finite(vec![0.0; rows.count()])),
            Use::Text => Store::Text(ColumnBuilder::new(name)),
        }
    }
}

/// Puts numbers that stand row by row into their columns, from row `done` on.
fn take_numbers(stores: &mut [Store], values: &[f64], done: usize) {
    let columns = stores.len();
    for (i, few) in values.chunks(FEW * columns).enumerate() {
        let from = done + FEW * i;
        let rows = few.len() / columns;
        for (c, store) in stores.iter_mut().enumerate() {
            let Store::Numbers(numbers) = store else { continue };
            let Some(out) = numbers.values.get_mut(from..from + rows) else { continue };
            let of_column = few.iter().skip(c).step_by(columns);
            out.iter_mut().zip(of_column).for_each(|(out, value)| *out = *value);
        }
    }
}

/// Reads what are no short decimal numbers.
fn take_others(stores: &mut [Store], rows: Rows, numbers: &Decimals, done: usize, decimal: u8) -> Result<(), NotPlain> {
    for cell in numbers.others() {
        let (row, column) = (cell / rows.columns, cell % rows.columns);
        let Some(Store::Numbers(numbers)) = stores.get_mut(column) else { continue };
        let text = rows.cell(cell);
        let value = match number(text, decimal) {
            Some(value) => value,
            None if is_missing(text) => {
                numbers.missing += 1;
                f64::NAN
            }
            None => return Err(NotPlain),
        };
        *numbers.values.get_mut(done + row).ok_or(NotPlain)? = value;
    }
    Ok(())
}

fn take_texts(stores: &mut [Store], rows: Rows) -> Result<(), NotPlain> {
    for (column, store) in stores.iter_mut().enumerate() {
        let Store::Text(builder) = store else { continue };
        for row in 0..rows.count() {
            if !builder.push(rows.cell(row * rows.columns + column)) {
                return Err(NotPlain);
            }
        }
    }
    Ok(())
}
