//! Short decimal numbers, eight cells at a time.
//!
//! A cell of at most eight characters behind its sign, digits with at most one decimal mark, is a whole number below
//! 10^8 over a power of ten of at most 10^7. Both are exact, so that their quotient is the nearest number, as by the book
//! (Clinger 1990).

use crate::engine::kernels::Isa;

/// Cells that are worked on together.
const MANY: usize = 512;

/// The numbers in some cells.
#[derive(Debug, Default)]
pub struct Decimals {
    cells: usize,
    /// Of each cell, filled up to whole eights; meaningless for one that is not plain.
    values: Vec<f64>,
    /// Of each eight cells a bit for each, the first in the lowest: whether it is a short decimal number.
    plain: Vec<u8>,
}

impl Decimals {
    /// The number in each cell; meaningless for [`Decimals::others`].
    pub fn values(&self) -> &[f64] {
        self.values.get(..self.cells).unwrap_or_default()
    }

    /// The number in a cell that is a short decimal number.
    #[inline]
    pub fn plain(&self, cell: usize) -> Option<f64> {
        let plain = self.plain.get(cell / 8)? >> (cell % 8) & 1 == 1;
        self.values.get(cell).copied().filter(|_| plain)
    }

    /// Cells that are something else than a short decimal number.
    pub fn others(&self) -> impl Iterator<Item = usize> {
        let cells = self.cells;
        let eights = self.plain.iter().enumerate().filter(|(_, plain)| **plain != u8::MAX);
        let of = |(i, plain): (usize, &u8)| {
            let plain = *plain;
            (0..8).filter(move |bit| plain >> bit & 1 == 0).map(move |bit| 8 * i + bit)
        };
        eights.flat_map(of).filter(move |cell| *cell < cells)
    }
}

/// Cells in the making.
struct Batch {
    /// The last eight bytes up to the end of each cell, its last one the highest.
    words: [u64; MANY],
    /// The first byte of each.
    first: [u8; MANY],
    /// Where each cell ends, behind where the one before the first ends.
    ends: [u32; MANY + 8],
    plain: [u8; MANY / 8],
}

/// What becomes of the mark in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// This byte, with as much of the number behind it as there is.
    At(u8),
    /// This byte, left out: 1.25 is 125.
    LeftOut(u8),
}

/// Reads the cells that end at `ends`, each of which starts one byte behind the end of the one before, and the first
/// at `start`.
pub fn decimals(isa: Isa, text: &[u8], mark: Mark, start: u32, ends: &[u32], out: &mut Decimals) {
    let (mark, tens) = match mark {
        Mark::At(mark) => (mark, &TENS),
        Mark::LeftOut(mark) => (mark, &[1.0; 8]),
    };
    out.cells = ends.len();
    out.values.resize(ends.len().next_multiple_of(8), 0.0);
    out.plain.clear();
    let mut batch = Batch { words: [0; MANY], first: [0; MANY], ends: [0; MANY + 8], plain: [0; MANY / 8] };
    let mut start = start;
    for (ends, values) in ends.chunks(MANY).zip(out.values.chunks_mut(MANY)) {
        batch.fill(text, start, ends);
        batch.read(isa, mark, tens, values);
        out.plain.extend_from_slice(&batch.plain[..values.len() / 8]);
        start = ends.last().map_or(start, |end| end.wrapping_add(1));
    }
}

impl Batch {
    /// Takes what the cells end and start with.
    fn fill(&mut self, text: &[u8], start: u32, ends: &[u32]) {
        self.ends[0] = start.wrapping_sub(1);
        self.ends[1..=ends.len()].copy_from_slice(ends);
        let mut from = start as usize;
        for ((&end, word), first) in ends.iter().zip(&mut self.words).zip(&mut self.first) {
            let end = end as usize;
            *first = text.get(from).copied().unwrap_or(0);
            *word = match end.checked_sub(8).and_then(|at| text.get(at..end)).and_then(|w| w.first_chunk()) {
                Some(word) => u64::from_le_bytes(*word),
                None => word_at_the_start(text, end),
            };
            from = end + 1;
        }
    }

    /// Reads as many cells as there are values, which are whole eights.
    fn read(&mut self, isa: Isa, decimal: u8, tens: &Tens, values: &mut [f64]) {
        match isa {
            // SAFETY: a value of `Isa` is the promise that the processor has the set.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { avx512::read(self, decimal, tens, values) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2::read(self, decimal, tens, values) },
            _ => self.read_one_by_one(decimal, tens, values),
        }
    }

    fn read_one_by_one(&mut self, decimal: u8, tens: &Tens, values: &mut [f64]) {
        self.plain = [0; MANY / 8];
        for (i, out) in values.iter_mut().enumerate().take(MANY) {
            let length = self.ends[i + 1].wrapping_sub(self.ends[i]).wrapping_sub(1);
            let (value, plain) = one(self.words[i], self.first[i], length, decimal, tens);
            *out = value;
            self.plain[i / 8] |= u8::from(plain) << (i % 8);
        }
    }
}

/// What stands before `end` where there are no eight bytes.
#[cold]
fn word_at_the_start(text: &[u8], end: usize) -> u64 {
    text.iter().take(end).fold(0, |word, byte| word >> 8 | u64::from(*byte) << 56)
}

/// What a number is divided by, by the count of digits behind its mark.
type Tens = [f64; 8];
const TENS: Tens = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
/// All bytes 1.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The number in one cell of `length` characters, and whether it is a short decimal number.
#[inline(always)]
fn one(word: u64, first: u8, length: u32, decimal: u8, tens: &Tens) -> (f64, bool) {
    let negative = first == b'-';
    let length = length.wrapping_sub(u32::from(negative));
    if length.wrapping_sub(1) >= 8 {
        return (0.0, false);
    }
    // Digits as their values, and zeros in front.
    let digits = (word ^ (ONES * u64::from(b'0'))) & (u64::MAX << (64 - 8 * length));
    let low = ONES * 0x7f;
    let other = digits ^ (ONES * u64::from(decimal ^ b'0'));
    // 1 in the byte of each mark.
    let marks = !(((other & low) + low) | other | low) >> 7;
    let below = marks.wrapping_sub(1) & !marks;
    let above = !(below | marks.wrapping_mul(255));
    let whole = (digits & below) << if marks == 0 { 0 } else { 8 };
    let digits = digits & above | whole;
    // The high bit of each byte that is no digit; what a carry spoils lies behind the first of them.
    let others = (digits.wrapping_add(ONES * 0x76) | digits) & (ONES * 0x80);
    let fraction = (above & ONES).wrapping_mul(ONES) >> 56;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let mask = 0x0000_00ff_0000_00ff;
    let high = (pairs & mask).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((pairs >> 16) & mask).wrapping_mul(0x0000_2710_0000_0001);
    let value = (high.wrapping_add(low) >> 32) as f64 / tens[(fraction & 7) as usize];
    let only_mark = marks != 0 && length == 1;
    let plain = others == 0 && marks & marks.wrapping_sub(1) == 0 && !only_mark;
    (if negative { -value } else { value }, plain)
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::*;

    use super::{Batch, MANY, Tens};

    /// As `one`, in eight lanes.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2")]
    pub fn read(batch: &mut Batch, decimal: u8, tens: &Tens, values: &mut [f64]) {
        // SAFETY: the array has eight numbers.
        let tens = unsafe { _mm512_loadu_pd(tens.as_ptr()) };
        let mark = _mm512_set1_epi8((decimal ^ b'0') as i8);
        for (i, out) in values.as_chunks_mut::<8>().0.iter_mut().enumerate().take(MANY / 8) {
            let at = 8 * i;
            // SAFETY: `at + 8 <= MANY`, and `ends` has eight more.
            let (words, starts, ends, first) = unsafe {
                (
                    _mm512_loadu_si512(batch.words.as_ptr().add(at).cast()),
                    _mm256_loadu_si256(batch.ends.as_ptr().add(at).cast()),
                    _mm256_loadu_si256(batch.ends.as_ptr().add(at + 1).cast()),
                    _mm_loadl_epi64(batch.first.as_ptr().add(at).cast()),
                )
            };
            let negative = _mm_cmpeq_epi8_mask(first, _mm_set1_epi8(b'-' as i8)) as u8;
            // One more than the characters behind the sign.
            let length = _mm512_cvtepu32_epi64(_mm256_sub_epi32(ends, starts));
            let length = _mm512_mask_sub_epi64(length, negative, length, _mm512_set1_epi64(1));
            let short = _mm512_cmplt_epu64_mask(_mm512_sub_epi64(length, _mm512_set1_epi64(2)), _mm512_set1_epi64(8));
            let shift = _mm512_sub_epi64(_mm512_set1_epi64(72), _mm512_slli_epi64::<3>(length));
            let inside = _mm512_sllv_epi64(_mm512_set1_epi64(-1), shift);
            let digits = _mm512_and_si512(_mm512_xor_si512(words, _mm512_set1_epi8(b'0' as i8)), inside);
            let is_mark = _mm512_cmpeq_epi8_mask(digits, mark);
            let marks = _mm512_maskz_set1_epi8(is_mark, 1);
            let before = _mm512_sub_epi64(marks, _mm512_set1_epi64(1));
            let marked = _mm512_test_epi64_mask(marks, marks);
            let twice = _mm512_test_epi64_mask(marks, before);
            let below = _mm512_andnot_si512(marks, before);
            let not_above = _mm512_mask_set1_epi8(below, is_mark, -1);
            let whole = _mm512_and_si512(digits, below);
            let whole = _mm512_mask_slli_epi64::<8>(whole, marked, whole);
            let digits = _mm512_or_si512(whole, _mm512_andnot_si512(not_above, digits));
            let others = _mm512_movm_epi8(_mm512_cmpgt_epu8_mask(digits, _mm512_set1_epi8(9)));
            let others = _mm512_test_epi64_mask(others, others);
            let fraction = _mm512_andnot_si512(not_above, _mm512_set1_epi8(1));
            let fraction = _mm512_sad_epu8(fraction, _mm512_setzero_si512());
            // Pairs, fours, and all eight.
            let pairs = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(0x010a));
            let fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x0001_0064));
            let high = _mm512_mul_epu32(fours, _mm512_set1_epi64(10_000));
            let whole = _mm512_add_epi64(high, _mm512_srli_epi64::<32>(fours));
            let value = _mm512_div_pd(_mm512_cvtepi64_pd(whole), _mm512_permutexvar_pd(fraction, tens));
            let value = _mm512_mask_xor_pd(value, negative, value, _mm512_set1_pd(-0.0));
            // SAFETY: there is room for eight.
            unsafe { _mm512_storeu_pd(out.as_mut_ptr(), value) };
            let only_mark = marked & _mm512_cmpeq_epi64_mask(length, _mm512_set1_epi64(2));
            batch.plain[i] = short & !twice & !others & !only_mark;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Batch, MANY, Tens};

    /// As `one`, in four lanes.
    #[target_feature(enable = "avx2")]
    pub fn read(batch: &mut Batch, decimal: u8, tens: &Tens, values: &mut [f64]) {
        for (i, out) in values.as_chunks_mut::<8>().0.iter_mut().enumerate().take(MANY / 8) {
            let mut plain = 0;
            for (half, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                plain |= four(batch, decimal, tens, 8 * i + 4 * half, out) << (4 * half);
            }
            batch.plain[i] = plain;
        }
    }

    /// The four cells from `at` on, at most `MANY - 4`; gives a bit for each that is plain.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn four(batch: &Batch, decimal: u8, tens: &Tens, at: usize, out: &mut [f64; 4]) -> u8 {
        let mark = _mm256_set1_epi8((decimal ^ b'0') as i8);
        let one = _mm256_set1_epi64x(1);
        let zero = _mm256_setzero_si256();
        // SAFETY: `at + 4 <= MANY`, and `ends` has eight more.
        let (words, starts, ends) = unsafe {
            (
                _mm256_loadu_si256(batch.words.as_ptr().add(at).cast()),
                _mm_loadu_si128(batch.ends.as_ptr().add(at).cast()),
                _mm_loadu_si128(batch.ends.as_ptr().add(at + 1).cast()),
            )
        };
        let first = batch.first.get(at..at + 4).and_then(|f| f.first_chunk()).map_or(0, |f| i32::from_le_bytes(*f));
        let first = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(first));
        // All bits where it is.
        let negative = _mm256_cmpeq_epi64(first, _mm256_set1_epi64x(i64::from(b'-')));
        // One more than the characters behind the sign.
        let length = _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm_sub_epi32(ends, starts)), negative);
        let short =
            _mm256_and_si256(_mm256_cmpgt_epi64(length, one), _mm256_cmpgt_epi64(_mm256_set1_epi64x(10), length));
        let shift = _mm256_sub_epi64(_mm256_set1_epi64x(72), _mm256_slli_epi64::<3>(length));
        let inside = _mm256_sllv_epi64(_mm256_set1_epi64x(-1), shift);
        let digits = _mm256_and_si256(_mm256_xor_si256(words, _mm256_set1_epi8(b'0' as i8)), inside);
        let is_mark = _mm256_cmpeq_epi8(digits, mark);
        let marks = _mm256_and_si256(is_mark, _mm256_set1_epi8(1));
        let before = _mm256_sub_epi64(marks, one);
        let unmarked = _mm256_cmpeq_epi64(marks, zero);
        let once = _mm256_cmpeq_epi64(_mm256_and_si256(marks, before), zero);
        let below = _mm256_andnot_si256(marks, before);
        let not_above = _mm256_or_si256(below, is_mark);
        let whole = _mm256_and_si256(digits, below);
        let whole = _mm256_blendv_epi8(_mm256_slli_epi64::<8>(whole), whole, unmarked);
        let digits = _mm256_or_si256(whole, _mm256_andnot_si256(not_above, digits));
        let is_digit = _mm256_cmpeq_epi8(_mm256_max_epu8(digits, _mm256_set1_epi8(9)), _mm256_set1_epi8(9));
        let all_digits = _mm256_cmpeq_epi64(is_digit, _mm256_set1_epi64x(-1));
        let fraction = _mm256_sad_epu8(_mm256_andnot_si256(not_above, _mm256_set1_epi8(1)), zero);
        // Pairs, fours, and all eight.
        let pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010a));
        let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x0001_0064));
        let high = _mm256_mul_epu32(fours, _mm256_set1_epi64x(10_000));
        let whole = _mm256_add_epi64(high, _mm256_srli_epi64::<32>(fours));
        // Whole numbers below 2^52 as the low bits of 2^52.
        let two_52 = _mm256_set1_pd(4_503_599_627_370_496.0);
        let whole = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(whole, _mm256_castpd_si256(two_52))), two_52);
        // SAFETY: a fraction has at most seven digits, since where there are more there is no mark.
        let tens =
            unsafe { _mm256_i64gather_pd::<8>(tens.as_ptr(), _mm256_and_si256(fraction, _mm256_set1_epi64x(7))) };
        let sign = _mm256_and_pd(_mm256_castsi256_pd(negative), _mm256_set1_pd(-0.0));
        let value = _mm256_xor_pd(_mm256_div_pd(whole, tens), sign);
        // SAFETY: there is room for four.
        unsafe { _mm256_storeu_pd(out.as_mut_ptr(), value) };
        let only_mark = _mm256_andnot_si256(unmarked, _mm256_cmpeq_epi64(length, _mm256_set1_epi64x(2)));
        let plain = _mm256_and_si256(_mm256_and_si256(short, once), _mm256_andnot_si256(only_mark, all_digits));
        _mm256_movemask_pd(_mm256_castsi256_pd(plain)) as u8
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads cells that stand in one line.
    fn read(isa: Isa, cells: &[String], mark: Mark) -> (Vec<f64>, Vec<usize>) {
        let text = cells.join(";");
        let mut ends: Vec<u32> = text.match_indices(';').map(|(at, _)| at as u32).collect();
        ends.push(text.len() as u32);
        let mut out = Decimals::default();
        decimals(isa, text.as_bytes(), mark, 0, &ends, &mut out);
        let others = out.others().collect();
        (out.values().to_vec(), others)
    }

    /// What makes a cell plain, said another way.
    fn is_plain(cell: &str, decimal: char) -> bool {
        let cell = cell.strip_prefix('-').unwrap_or(cell);
        let digits = cell.chars().filter(char::is_ascii_digit).count();
        let marks = cell.chars().filter(|c| *c == decimal).count();
        cell.len() <= 8 && digits > 0 && marks <= 1 && digits + marks == cell.len()
    }

    fn check(cells: &[String], decimal: char) {
        for isa in Isa::available() {
            let (values, others) = read(isa, cells, Mark::At(decimal as u8));
            let (wholes, _) = read(isa, cells, Mark::LeftOut(decimal as u8));
            for (i, (cell, (value, whole))) in cells.iter().zip(values.into_iter().zip(wholes)).enumerate() {
                assert_eq!(!others.contains(&i), is_plain(cell, decimal), "{isa:?} {cell:?}");
                if is_plain(cell, decimal) {
                    let expected: f64 = cell.replace(decimal, ".").parse().unwrap();
                    assert_eq!(value.to_bits(), expected.to_bits(), "{isa:?} {cell:?}");
                    let expected: f64 = cell.replace(decimal, "").parse().unwrap();
                    assert_eq!(whole.to_bits(), expected.to_bits(), "{isa:?} {cell:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_set_reads_what_the_standard_library_reads(
            cells in proptest::collection::vec("-?[0-9]{0,5}[.]?[0-9]{0,5}", 1..40),
            commas in proptest::collection::vec("-?[0-9]{0,5},?[0-9]{0,5}", 1..40),
        ) {
            check(&cells, '.');
            check(&commas, ',');
        }

        #[test]
        fn what_is_no_short_number_is_left(
            cells in proptest::collection::vec("[-+.0-9a-f:/ \u{e4}\r\n]{0,10}", 1..40),
        ) {
            check(&cells, '.');
        }
    }

    #[test]
    fn many_cells_are_read_as_few_are() {
        let cells: Vec<String> = (0..3_000).map(|i| format!("{}", f64::from(i - 1_500) / 64.0)).collect();
        check(&cells, '.');
    }
}
