//! A column of decimal numbers as they were written, each as a whole number over a power of ten, in as few bytes as the
//! largest needs.

use std::ops::Range;

use super::kernels::Decimals;
use super::plain_rows::Rows;
use super::quick_number::TENS;
use super::raw::is_missing;

/// Cells that are taken together.
const MANY: usize = 512;
/// Whole numbers up to this one are exact.
const EXACT: u64 = 1 << 53;
/// Stands for a missing cell.
const MISSING: i64 = i64::MIN;

/// Only cells that can be written again to the byte are kept: digits with at most one mark between two of them, no zeros
/// in front but one before the mark, no sign but that of a number below zero. Missing cells must all be written alike.
#[derive(Debug, Clone)]
pub struct FixedPoint {
    decimal: u8,
    wholes: Wholes,
    fractions: Fractions,
    /// How a missing cell is written.
    missing: Option<String>,
    missing_count: usize,
}

/// The smallest number of the signed ones stands for a missing cell.
#[derive(Debug, Clone)]
enum Wholes {
    U8(Vec<u8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
}

/// How many digits stand behind the mark.
#[derive(Debug, Clone)]
enum Fractions {
    Same(u8),
    Each(Vec<u8>),
}

/// Calls a macro's arm with the vector, whatever it holds.
macro_rules! of_any {
    ($wholes:expr, $numbers:ident => $result:expr) => {
        match $wholes {
            Wholes::U8($numbers) => $result,
            Wholes::I16($numbers) => $result,
            Wholes::I32($numbers) => $result,
            Wholes::I64($numbers) => $result,
        }
    };
}

/// A type that whole numbers are kept in.
trait Narrow: Copy {
    /// Of a number that the type has room for, or `MISSING`.
    fn narrowed(whole: i64) -> Self;
    fn is_missing(self) -> bool;
    /// The number, or `MISSING`.
    fn whole(self) -> i64;
    fn number(self) -> f64;
}

impl Narrow for u8 {
    fn narrowed(whole: i64) -> u8 {
        whole as u8
    }
    fn is_missing(self) -> bool {
        false
    }
    fn whole(self) -> i64 {
        self.into()
    }
    fn number(self) -> f64 {
        self.into()
    }
}

/// A signed type, whose smallest number stands for a missing cell.
macro_rules! signed {
    ($type:ty) => {
        impl Narrow for $type {
            fn narrowed(whole: i64) -> $type {
                if whole == MISSING { <$type>::MIN } else { whole as $type }
            }
            fn is_missing(self) -> bool {
                self == <$type>::MIN
            }
            fn whole(self) -> i64 {
                if self.is_missing() { MISSING } else { i64::from(self) }
            }
            fn number(self) -> f64 {
                self as f64
            }
        }
    };
}
signed!(i16);
signed!(i32);
signed!(i64);

/// Memory that is used again from column to column.
#[derive(Debug, Default)]
pub struct Room {
    wholes: Vec<i64>,
    fractions: Vec<u8>,
}

impl FixedPoint {
    /// No cells yet.
    pub fn new(decimal: u8) -> Self {
        FixedPoint {
            decimal,
            wholes: Wholes::U8(Vec::new()),
            fractions: Fractions::Same(0),
            missing: None,
            missing_count: 0,
        }
    }

    pub fn len(&self) -> usize {
        of_any!(&self.wholes, x => x.len())
    }

    pub fn missing(&self) -> usize {
        self.missing_count
    }

    /// Makes room for `further` cells of the sort that there are.
    pub fn reserve(&mut self, further: usize) {
        of_any!(&mut self.wholes, x => x.reserve_exact(further));
        if let Fractions::Each(each) = &mut self.fractions {
            each.reserve_exact(further);
        }
    }

    /// Gives back memory for more cells, if it is much.
    pub fn shrink(&mut self) {
        of_any!(&mut self.wholes, x => shrink(x));
        if let Fractions::Each(each) = &mut self.fractions {
            shrink(each);
        }
    }

    /// The cell as it was written; empty for a row there is not.
    pub fn cell(&self, row: usize) -> String {
        let Some(whole) = self.whole(row) else { return String::new() };
        if whole == MISSING {
            return self.missing.clone().unwrap_or_default();
        }
        spell(whole, self.fraction(row).into(), self.decimal)
    }

    /// The same for cells that are written alike, and for no others; `None` for a missing one.
    pub fn key(&self, row: usize) -> Option<(i64, u8)> {
        self.whole(row).filter(|whole| *whole != MISSING).map(|whole| (whole, self.fraction(row)))
    }

    /// The number in a row; NaN if it is missing, or there is no such row.
    pub fn value(&self, row: usize) -> f64 {
        let (whole, fraction) = self.key(row).unwrap_or((MISSING, 0));
        if whole == MISSING { f64::NAN } else { whole as f64 / TENS[fraction as usize] }
    }

    /// The numbers of rows that follow each other; NaN for missing ones, and for rows that there are not.
    pub fn values(&self, rows: Range<usize>) -> Vec<f64> {
        let count = rows.len();
        let there = rows.start.min(self.len())..rows.end.min(self.len());
        let mut out = of_any!(&self.wholes, x => self.fractions.numbers(x, there));
        out.resize(count, f64::NAN);
        out
    }

    /// Appends a cell; `false` if it can't be kept, and nothing is changed.
    pub fn push(&mut self, cell: &str) -> bool {
        match written(cell.as_bytes(), self.decimal) {
            Some((whole, fraction)) => {
                self.extend(&[whole], &[fraction]);
                true
            }
            None => self.push_missing(cell),
        }
    }

    fn push_missing(&mut self, cell: &str) -> bool {
        if !is_missing(cell) || self.missing.as_ref().is_some_and(|before| before != cell) {
            return false;
        }
        let fraction = self.last_fraction();
        self.missing = Some(cell.to_owned());
        self.missing_count += 1;
        self.extend(&[MISSING], &[fraction]);
        true
    }

    /// Appends one column of some rows, whose short numbers are known as whole numbers; `false` if a cell can't be kept,
    /// and nothing is changed.
    pub fn take(&mut self, rows: Rows, column: usize, numbers: &Decimals, room: &mut Room) -> bool {
        room.wholes.clear();
        room.fractions.clear();
        let (mut spelled, mut missing) = (self.missing.as_deref(), 0);
        let mut fraction = self.last_fraction();
        for row in 0..rows.count() {
            let index = row * rows.columns + column;
            let found = match numbers.plain(index) {
                Some(value) => short(rows.ended(index), rows.length(index), value, fraction, self.decimal),
                None => written(rows.cell(index).as_bytes(), self.decimal),
            };
            let whole = match found {
                Some(found) => {
                    fraction = found.1;
                    found.0
                }
                None => {
                    let cell = rows.cell(index);
                    if !is_missing(cell) || spelled.is_some_and(|before| before != cell) {
                        return false;
                    }
                    spelled = Some(cell);
                    missing += 1;
                    MISSING
                }
            };
            room.wholes.push(whole);
            room.fractions.push(fraction);
        }
        if missing > 0 {
            self.missing = spelled.map(str::to_owned);
            self.missing_count += missing;
        }
        self.extend(&room.wholes, &room.fractions);
        true
    }

    /// Appends another column; `false` if its missing cells are written in another way, and nothing is changed.
    pub fn append(&mut self, other: &FixedPoint) -> bool {
        if let (Some(mine), Some(theirs)) = (&self.missing, &other.missing)
            && mine != theirs
        {
            return false;
        }
        self.missing = self.missing.take().or_else(|| other.missing.clone());
        self.missing_count += other.missing_count;
        let (mut wholes, mut fractions) = ([0; MANY], [0; MANY]);
        let mut row = 0;
        while row < other.len() {
            let count = MANY.min(other.len() - row);
            for (i, (whole, fraction)) in wholes.iter_mut().zip(&mut fractions).take(count).enumerate() {
                *whole = other.whole(row + i).unwrap_or(MISSING);
                *fraction = other.fraction(row + i);
            }
            self.extend(&wholes[..count], &fractions[..count]);
            row += count;
        }
        true
    }

    /// Appends cells, all that they need being changed before.
    fn extend(&mut self, wholes: &[i64], fractions: &[u8]) {
        self.fractions.extend(fractions, self.len());
        self.wholes.widen(wholes);
        of_any!(&mut self.wholes, x => extend_narrowed(x, wholes));
    }

    fn whole(&self, row: usize) -> Option<i64> {
        of_any!(&self.wholes, x => x.get(row).map(|whole| whole.whole()))
    }

    fn fraction(&self, row: usize) -> u8 {
        match &self.fractions {
            Fractions::Same(fraction) => *fraction,
            Fractions::Each(each) => each.get(row).copied().unwrap_or(0),
        }
    }

    /// Most cells have as many digits behind the mark as the one before.
    fn last_fraction(&self) -> u8 {
        self.fraction(self.len().wrapping_sub(1))
    }
}

impl Wholes {
    /// Goes over to the narrowest type that these have room in too.
    fn widen(&mut self, wholes: &[i64]) {
        let known = wholes.iter().filter(|whole| **whole != MISSING);
        let (least, most) = known.fold((0, 0), |(least, most), whole| (least.min(*whole), most.max(*whole)));
        let any_missing = wholes.contains(&MISSING);
        let holds = |low: i64, high: i64| low <= least && most <= high;
        if matches!(self, Wholes::U8(_)) && (any_missing || !holds(0, u8::MAX.into())) {
            *self = Wholes::I16(of_any!(&*self, x => all_narrowed(x)));
        }
        if matches!(self, Wholes::I16(_)) && !holds(-i64::from(i16::MAX), i16::MAX.into()) {
            *self = Wholes::I32(of_any!(&*self, x => all_narrowed(x)));
        }
        if matches!(self, Wholes::I32(_)) && !holds(-i64::from(i32::MAX), i32::MAX.into()) {
            *self = Wholes::I64(of_any!(&*self, x => all_narrowed(x)));
        }
    }
}

/// A whole number with its last digits, as many as `fraction`, behind the mark.
fn spell(whole: i64, fraction: usize, decimal: u8) -> String {
    // 18 digits, a mark and a sign.
    let mut bytes = [0; 24];
    let (mut at, mut rest, mut written) = (bytes.len(), whole.unsigned_abs(), 0);
    while at > 2 && (rest > 0 || written <= fraction) {
        if written == fraction && written > 0 {
            at -= 1;
            bytes[at] = decimal;
        }
        at -= 1;
        bytes[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    if whole < 0 {
        at -= 1;
        bytes[at] = b'-';
    }
    std::str::from_utf8(&bytes[at..]).unwrap_or("").to_owned()
}

fn shrink<T>(of: &mut Vec<T>) {
    if of.capacity() > of.len() + of.len() / 8 {
        of.shrink_to_fit();
    }
}

fn extend_narrowed<T: Narrow>(numbers: &mut Vec<T>, wholes: &[i64]) {
    numbers.extend(wholes.iter().map(|whole| T::narrowed(*whole)));
}

/// The same numbers in a wider type, with as much room.
fn all_narrowed<A: Narrow, B: Narrow>(numbers: &Vec<A>) -> Vec<B> {
    let mut out = Vec::with_capacity(numbers.capacity());
    out.extend(numbers.iter().map(|x| B::narrowed(x.whole())));
    out
}

impl Fractions {
    /// Appends those of further cells behind `count` that there are.
    fn extend(&mut self, fractions: &[u8], count: usize) {
        if let Fractions::Same(same) = self {
            let first = if count == 0 { fractions.first().copied().unwrap_or(0) } else { *same };
            if fractions.iter().all(|fraction| *fraction == first) {
                *same = first;
                return;
            }
            *self = Fractions::Each(vec![first; count]);
        }
        if let Fractions::Each(each) = self {
            each.extend_from_slice(fractions);
        }
    }

    fn numbers<T: Narrow>(&self, wholes: &[T], rows: Range<usize>) -> Vec<f64> {
        let of = wholes.get(rows.clone()).unwrap_or_default();
        let number = |whole: T, ten: f64| if whole.is_missing() { f64::NAN } else { whole.number() / ten };
        match self {
            Fractions::Same(0) => of.iter().map(|whole| number(*whole, 1.0)).collect(),
            Fractions::Same(fraction) => of.iter().map(|whole| number(*whole, TENS[*fraction as usize])).collect(),
            Fractions::Each(each) => {
                let each = each.get(rows).unwrap_or_default();
                of.iter().zip(each).map(|(whole, fraction)| number(*whole, TENS[*fraction as usize])).collect()
            }
        }
    }
}

/// A short number of which the digits are known as a whole number, and how many of them stand behind the mark: most
/// likely `likely`. `text` ends with its characters, `length` of them. `None` if it can't be written again.
#[inline]
fn short(text: &[u8], length: usize, value: f64, likely: u8, decimal: u8) -> Option<(i64, u8)> {
    let whole = value as i64;
    let negative = usize::from(value.is_sign_negative());
    if negative > 0 && whole == 0 {
        return None;
    }
    let digits = digits(whole.unsigned_abs() as u32);
    let is_written = |fraction: u8| {
        let behind = usize::from(fraction);
        let marked = usize::from(behind > 0);
        let mark = text.len().wrapping_sub(1 + behind);
        length == negative + digits.max(behind + 1) + marked && (behind == 0 || text.get(mark) == Some(&decimal))
    };
    if is_written(likely) {
        return Some((whole, likely));
    }
    let cell = text.get(text.len().saturating_sub(length)..).unwrap_or_default();
    let mark = cell.iter().position(|byte| *byte == decimal);
    let fraction = mark.map_or(0, |mark| cell.len() - 1 - mark) as u8;
    is_written(fraction).then_some((whole, fraction))
}

/// How many decimal digits a number below 10^9 has.
#[inline]
fn digits(x: u32) -> usize {
    const TENS: [u32; 10] = [0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
    // The logarithm to base 10 is that to base 2 by 0.301, or one less.
    let most = (((32 - (x | 1).leading_zeros()) * 1233) >> 12) as usize;
    most + usize::from(x >= TENS[most.min(9)])
}

/// A number by its characters, and how many digits stand behind the mark; `None` if it can't be written again.
fn written(cell: &[u8], decimal: u8) -> Option<(i64, u8)> {
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mark = digits.iter().position(|byte| *byte == decimal);
    let (before, behind) = digits.split_at(mark.unwrap_or(digits.len()));
    let behind = behind.get(1..).unwrap_or_default();
    let leading = before.len() > 1 && before[0] == b'0';
    if before.is_empty() || leading || mark.is_some() && behind.is_empty() || before.len() + behind.len() > 18 {
        return None;
    }
    let mut whole = 0u64;
    for byte in before.iter().chain(behind) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        whole = whole * 10 + u64::from(digit);
    }
    if whole > EXACT || negative && whole == 0 {
        return None;
    }
    let whole = whole as i64;
    Some((if negative { -whole } else { whole }, behind.len() as u8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::raw::number;
    use super::*;

    fn cells() -> impl Strategy<Value = Vec<String>> {
        let wide = prop_oneof![
            3 => "-?(0|[1-9][0-9]{0,2})",
            2 => "-?(0|[1-9][0-9]{0,5})[.][0-9]{2}",
            1 => "-?[0-9]{0,12}[.]?[0-9]{0,9}",
            1 => prop_oneof![Just(String::new()), Just("NA".to_owned()), Just("1e5".to_owned())],
        ];
        proptest::collection::vec(wide, 0..80)
    }

    proptest! {
        #[test]
        fn what_is_kept_is_written_and_read_as_before(cells in cells(), cut in 0usize..80) {
            let mut halves = [FixedPoint::new(b'.'), FixedPoint::new(b'.')];
            let mut kept = [Vec::new(), Vec::new()];
            for (i, cell) in cells.iter().enumerate() {
                let half = usize::from(i >= cut);
                let before = halves[half].len();
                if halves[half].push(cell) {
                    kept[half].push(cell.as_str());
                }
                prop_assert_eq!(halves[half].len(), before + usize::from(halves[half].len() > before));
            }
            let [mut all, other] = halves;
            let [mut kept, further] = kept;
            if all.append(&other) {
                kept.extend(further);
            }
            prop_assert_eq!(all.len(), kept.len());
            let values = all.values(0..kept.len() + 1);
            for (row, cell) in kept.iter().enumerate() {
                prop_assert_eq!(&all.cell(row), cell);
                let expected = number(cell, b'.').unwrap_or(f64::NAN);
                prop_assert_eq!(all.value(row).to_bits(), expected.to_bits(), "{}", cell);
                prop_assert_eq!(values[row].to_bits(), expected.to_bits(), "{}", cell);
            }
            prop_assert!(values[kept.len()].is_nan() && all.value(kept.len()).is_nan());
            prop_assert_eq!(all.missing(), kept.iter().filter(|cell| is_missing(cell)).count());
        }

        #[test]
        fn plain_whole_numbers_are_kept(cells in proptest::collection::vec(-300_000_000_000i64..300_000_000_000, 1..50)) {
            let mut all = FixedPoint::new(b'.');
            for cell in &cells {
                prop_assert!(all.push(&cell.to_string()));
            }
            let found: Vec<f64> = all.values(0..cells.len());
            prop_assert_eq!(found, cells.iter().map(|x| *x as f64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn digits_are_counted() {
        let mut x = 1u32;
        for count in 1..=9 {
            assert_eq!(digits(x), count, "{x}");
            assert_eq!(digits(x.saturating_mul(10) - 1), count, "{x}");
            x = x.saturating_mul(10);
        }
        assert_eq!(digits(0), 1);
    }
}
