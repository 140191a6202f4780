//! Where the cells of text without quotes end.

use crate::engine::kernels::Isa;

/// Bytes that are looked at together.
const WORD: usize = 64;

/// Walks over a text once and finds what ends a cell: a delimiter, or the first of some line ends.
#[derive(Debug)]
pub struct Separators {
    isa: Isa,
    delimiter: u8,
    /// Bytes that were looked at.
    at: usize,
    /// Whether the byte before `at` is a line end: 0 or 1.
    after_line_end: u64,
    /// Line ends among the separators.
    lines: usize,
    /// Whether there was a quote or a zero byte.
    odd: bool,
}

/// What is in some bytes, a bit for each, the first in the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    delimiters: u64,
    line_ends: u64,
    /// Quotes and zero bytes.
    odd: u64,
}

impl Separators {
    /// From the byte `at` of a text on, which follows a line end or has a text of its own.
    pub fn new(isa: Isa, delimiter: u8, at: usize) -> Self {
        Separators { isa, delimiter, at, after_line_end: 1, lines: 0, odd: false }
    }

    /// Whether the whole of `text` was looked at.
    pub fn ended(&self, text: &[u8]) -> bool {
        self.at >= text.len()
    }

    /// Whether there was a quote or a zero byte, so that what was found means nothing.
    pub fn odd(&self) -> bool {
        self.odd
    }

    /// How many of the ends that were found are line ends.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Looks at further bytes of `text`, the same in each call, until `ends` has `wanted` places or the text ends.
    pub fn find(&mut self, text: &[u8], ends: &mut Vec<u32>, wanted: usize) {
        match self.isa {
            // SAFETY: a value of `Isa` is the promise that the processor has the set, and the others were looked for.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 if has_bit_counts() => unsafe { avx512::find(self, text, ends, wanted) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 if has_bit_counts() => unsafe { avx2::find(self, text, ends, wanted) },
            _ => self.find_by(portable, text, ends, wanted),
        }
    }

    #[inline(always)]
    fn find_by(&mut self, look: impl Fn(&[u8; WORD], u8) -> Found, text: &[u8], ends: &mut Vec<u32>, wanted: usize) {
        while ends.len() < wanted
            && let Some(rest) = text.get(self.at..).filter(|rest| !rest.is_empty())
        {
            let found = match rest.first_chunk::<WORD>() {
                Some(word) => look(word, self.delimiter),
                None => {
                    // Filled up with what ends no cell.
                    let mut word = [b'0'; WORD];
                    word[..rest.len()].copy_from_slice(rest);
                    look(&word, self.delimiter)
                }
            };
            self.odd |= found.odd != 0;
            let first = found.line_ends & !(found.line_ends << 1 | self.after_line_end);
            self.lines += first.count_ones() as usize;
            self.after_line_end = found.line_ends >> (WORD - 1);
            push(ends, self.at as u32, found.delimiters | first);
            self.at += WORD;
        }
    }
}

/// Appends the places of the bits behind `base`. Takes whole eights, so that there are few branches to guess.
#[inline(always)]
fn push(ends: &mut Vec<u32>, base: u32, mut bits: u64) {
    let length = ends.len() + bits.count_ones() as usize;
    loop {
        let eight: [u32; 8] = std::array::from_fn(|_| {
            let place = base.wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
            place
        });
        ends.extend_from_slice(&eight);
        if ends.len() >= length {
            return ends.truncate(length);
        }
    }
}

/// Eight bytes at a time.
fn portable(word: &[u8; WORD], delimiter: u8) -> Found {
    let mut found = Found { delimiters: 0, line_ends: 0, odd: 0 };
    for (i, eight) in word.as_chunks::<8>().0.iter().enumerate() {
        let bytes = u64::from_le_bytes(*eight);
        let equal = |byte: u8| u64::from(equal_bytes(bytes, byte)) << (8 * i);
        found.delimiters |= equal(delimiter);
        found.line_ends |= equal(b'\n') | equal(b'\r');
        found.odd |= equal(b'"') | equal(0);
    }
    found
}

/// A bit for each of eight bytes that is this one.
fn equal_bytes(bytes: u64, byte: u8) -> u8 {
    let low = 0x7f7f_7f7f_7f7f_7f7f;
    let other = bytes ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    // The high bit of each byte that is zero.
    let zero = !(((other & low) + low) | other | low);
    // Gathers the high bits in the top byte.
    ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

#[cfg(target_arch = "x86_64")]
fn has_bit_counts() -> bool {
    is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("popcnt")
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::*;

    use super::{Found, Separators, WORD};

    #[target_feature(enable = "avx512f,avx512bw,bmi1,popcnt")]
    pub fn find(separators: &mut Separators, text: &[u8], ends: &mut Vec<u32>, wanted: usize) {
        separators.find_by(|word, delimiter| look(word, delimiter), text, ends, wanted);
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn look(word: &[u8; WORD], delimiter: u8) -> Found {
        // SAFETY: the word has the 64 bytes that are read.
        let bytes = unsafe { _mm512_loadu_si512(word.as_ptr().cast()) };
        let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
        Found {
            delimiters: equal(delimiter),
            line_ends: equal(b'\n') | equal(b'\r'),
            odd: equal(b'"') | _mm512_testn_epi8_mask(bytes, bytes),
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Found, Separators, WORD};

    #[target_feature(enable = "avx2,bmi1,popcnt")]
    pub fn find(separators: &mut Separators, text: &[u8], ends: &mut Vec<u32>, wanted: usize) {
        separators.find_by(|word, delimiter| look(word, delimiter), text, ends, wanted);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn look(word: &[u8; WORD], delimiter: u8) -> Found {
        // SAFETY: the word has twice the 32 bytes that are read.
        let (low, high) = unsafe {
            let at = word.as_ptr();
            (_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(32).cast()))
        };
        let equal = |byte: u8| {
            let byte = _mm256_set1_epi8(byte as i8);
            let half = |bytes| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, byte)) as u32);
            half(low) | half(high) << 32
        };
        Found { delimiters: equal(delimiter), line_ends: equal(b'\n') | equal(b'\r'), odd: equal(b'"') | equal(0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte by byte.
    fn expected(text: &[u8], delimiter: u8) -> Vec<u32> {
        let is_line_end = |b: &u8| matches!(b, b'\n' | b'\r');
        let first = |i: usize| i > 0 && !text.get(i - 1).is_some_and(is_line_end);
        let ends = |(i, b): &(usize, &u8)| **b == delimiter || is_line_end(b) && first(*i);
        text.iter().enumerate().filter(ends).map(|(i, _)| i as u32).collect()
    }

    proptest! {
        #[test]
        fn every_set_finds_what_a_loop_over_the_bytes_finds(
            text in proptest::collection::vec(
                prop_oneof![Just(b','), Just(b'\n'), Just(b'\r'), Just(b';'), 1u8..=255, Just(b'7')], 0..300),
            step in 1usize..200,
        ) {
            for isa in Isa::available() {
                for delimiter in [b',', b';'] {
                    let mut separators = Separators::new(isa, delimiter, 0);
                    let mut ends = Vec::new();
                    while !separators.ended(&text) {
                        let wanted = ends.len() + step;
                        separators.find(&text, &mut ends, wanted);
                        prop_assert!(ends.len() >= wanted || separators.ended(&text));
                    }
                    prop_assert_eq!(&ends, &expected(&text, delimiter), "{:?}", isa);
                    let lines = ends.iter().filter(|end| text[**end as usize] != delimiter).count();
                    prop_assert_eq!(separators.lines(), lines, "{:?}", isa);
                    prop_assert_eq!(separators.odd(), text.contains(&b'"'), "{:?}", isa);
                }
            }
        }
    }

    #[test]
    fn a_zero_byte_is_odd_wherever_it_stands() {
        for isa in Isa::available() {
            for length in 1..140 {
                for at in [0, length / 2, length - 1] {
                    let mut text = vec![b'1'; length];
                    text[at] = 0;
                    let mut separators = Separators::new(isa, b',', 0);
                    separators.find(&text, &mut Vec::new(), usize::MAX);
                    assert!(separators.odd(), "{isa:?} {length} {at}");
                }
            }
        }
    }
}
