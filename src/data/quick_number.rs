//! Plain decimal numbers, eight digits at a time.

/// Powers of ten that are exact, as are whole numbers below 2^53: their quotient is the nearest number, as by the book
/// (Clinger 1990).
pub const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
const EXACT: u64 = 1 << 53;
const MOST_DIGITS: usize = 18;

/// The number that `bytes` start with, and how many bytes it takes: sign, digits and a fraction, no exponent. `None`
/// for all that is not so simple that the result is known to be the nearest number.
#[inline]
pub fn quick_number(bytes: &[u8], decimal: u8) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let (mut value, mut count) = (0, 0);
    digits(bytes, start, &mut value, &mut count)?;
    let mut at = start + count;
    let mut fraction = 0;
    if bytes.get(at) == Some(&decimal) {
        let whole = count;
        digits(bytes, at + 1, &mut value, &mut count)?;
        fraction = count - whole;
        at += 1 + fraction;
    }
    if count == 0 || value > EXACT {
        return None;
    }
    let number = value as f64 / TENS[fraction];
    Some((if negative { -number } else { number }, at))
}

/// Takes the digits from `at` on into `value` behind the `count` that it has; `None` if they are too many.
#[inline]
fn digits(bytes: &[u8], mut at: usize, value: &mut u64, count: &mut usize) -> Option<()> {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let (n, part) = eight(u64::from_le_bytes(*chunk));
        *count += n;
        if *count > MOST_DIGITS {
            return None;
        }
        *value = *value * [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000][n] + part;
        if n < 8 {
            return Some(());
        }
        at += 8;
    }
    while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
        *count += 1;
        if *count > MOST_DIGITS {
            return None;
        }
        *value = *value * 10 + u64::from(digit);
        at += 1;
    }
    Some(())
}

/// How many of eight characters, the first in the lowest byte, are digits up to the first that is none; and their value.
#[inline]
fn eight(chars: u64) -> (usize, u64) {
    let digits = chars ^ 0x3030_3030_3030_3030;
    // The high bit of each byte that is no digit; what a carry spoils lies behind the first of them.
    let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let count = (others.trailing_zeros() / 8) as usize;
    if count == 0 {
        return (0, 0);
    }
    // Zeros in front, so that there are always eight.
    let digits = digits << (64 - 8 * count);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let mask = 0x0000_00ff_0000_00ff;
    let high = (pairs & mask).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((pairs >> 16) & mask).wrapping_mul(0x0000_2710_0000_0001);
    (count, high.wrapping_add(low) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_the_standard_library_reads() {
        let mut state = 7u64;
        let mut next = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let mut read = 0;
        for _ in 0..200_000 {
            let digits = |n: u64, next: &mut dyn FnMut(u64) -> u64| {
                (0..n).map(|_| char::from(b'0' + next(10) as u8)).collect::<String>()
            };
            let sign = ["", "-"][next(2) as usize];
            let n = next(12);
            let whole = digits(n, &mut next);
            let n = next(12);
            let fraction = digits(n, &mut next);
            let tail = ["", ",", "\n", ",123456789", ",-1.5,2.25,9"][next(5) as usize];
            let text = if next(3) == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
            let line = format!("{text}{tail}");
            match (quick_number(line.as_bytes(), b'.'), text.parse::<f64>()) {
                (Some((x, at)), Ok(y)) => {
                    assert_eq!((x.to_bits(), at), (y.to_bits(), text.len()), "{line:?}");
                    read += 1;
                }
                (Some(_), Err(_)) => panic!("{line:?} is no number"),
                (None, _) => {}
            }
        }
        assert!(read > 100_000, "{read}");
        assert_eq!(quick_number(b"1,5;", b','), Some((1.5, 3)));
        assert_eq!(quick_number(b"-0.0", b'.').map(|x| x.0.to_bits()), Some((-0.0f64).to_bits()));
        // The rest is for the caller to judge.
        assert_eq!(quick_number(b"1e5", b'.'), Some((1.0, 1)));
        for none in [&b""[..], b"-", b".", b"-.", b"abc", b"123456789012345678901", b"99999999999999999"] {
            assert_eq!(quick_number(none, b'.'), None, "{none:?}");
        }
    }
}
