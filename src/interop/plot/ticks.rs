//! Round numbers along an axis, and how numbers are written.

/// Places of ticks and what stands there.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TickList(pub Vec<(f64, String)>);

/// At most `most` round numbers in `lo..=hi`: 1, 2 or 5 times a power of ten apart.
pub(super) fn linear(lo: f64, hi: f64, most: usize, whole: bool) -> TickList {
    let Some((step, mut power)) = step(hi - lo, most) else { return TickList::default() };
    let mut factor = step;
    if whole && power < 0 {
        (factor, power) = (1, 0);
    }
    // Dividing by a power of ten is exact to the last bit, multiplying by a negative one is not.
    let scale = 10f64.powi(power.abs());
    let value = |i: f64| if power < 0 { i * f64::from(factor) / scale } else { i * f64::from(factor) * scale };
    let width = value(1.0);
    let slack = (hi - lo) * 1e-9;
    let (first, last) = (((lo - slack) / width).ceil(), ((hi + slack) / width).floor());
    let count = (last - first).clamp(0.0, most as f64 + 1.0) as usize;
    let values: Vec<f64> = (0..=count).map(|i| value(first + i as f64)).filter(|v| *v <= hi + slack).collect();
    let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    TickList(values.into_iter().map(|v| (v, written(v, power, largest))).collect())
}

/// The smallest step, as (1, 2 or 5) and a power of ten, that is taken at most `most` times in `span`.
fn step(span: f64, most: usize) -> Option<(u8, i32)> {
    let least = span / most.max(1) as f64;
    if !(least.is_finite() && least > 0.0) {
        return None;
    }
    let start = least.log10().floor() as i32 - 1;
    let all = (start..start + 4).flat_map(|power| [1, 2, 5].map(|factor| (factor, power)));
    all.into_iter().find(|&(factor, power)| f64::from(factor) * 10f64.powi(power) >= least * (1.0 - 1e-9))
}

/// Powers of ten in `lo..=hi` (both positive), all, some, or with their double and fivefold, as room allows.
pub(super) fn logarithmic(lo: f64, hi: f64, most: usize) -> TickList {
    let (first, last) = ((lo.log10() - 1e-9).ceil() as i32, (hi.log10() + 1e-9).floor() as i32);
    let decades = (last - first + 1).max(0) as usize;
    let power = |e: i32| if e < 0 { 1.0 / 10f64.powi(-e) } else { 10f64.powi(e) };
    if decades >= 3 || decades == most {
        let every = decades.div_ceil(most.max(1)).max(1);
        let exponents = (first..=last).filter(|e| e.rem_euclid(every as i32) == 0);
        return TickList(exponents.map(|e| (power(e), plain(power(e), e))).collect());
    }
    let within = |v: f64| v >= lo * (1.0 - 1e-9) && v <= hi * (1.0 + 1e-9);
    let fine = (first - 1..=last).flat_map(|e| [1.0, 2.0, 5.0].map(|m| (m, e)));
    let fine = fine.map(|(m, e)| (if e < 0 { m / power(-e) } else { m * power(e) }, e)).filter(|(v, _)| within(*v));
    let fine: Vec<_> = fine.map(|(v, e)| (v, plain(v, e))).collect();
    if fine.len() >= 2 { TickList(fine) } else { linear(lo, hi, most.min(4), false) }
}

/// A number of 1, 2 or 5 times 10^exponent, in full if that is short.
fn plain(value: f64, exponent: i32) -> String {
    if (-3..=5).contains(&exponent) {
        grouped(&format!("{value:.*}", (-exponent).max(0) as usize))
    } else {
        signed(&format!("{value:.0e}"))
    }
}

/// A multiple of 10^power, beside others up to `largest`.
fn written(value: f64, power: i32, largest: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if largest >= 1e7 || power < -6 {
        let digits = (value.abs().log10().floor() as i32 - power).clamp(0, 15) as usize;
        let text = format!("{value:.digits$e}");
        return signed(&without_zeros(&text));
    }
    grouped(&format!("{value:.*}", (-power).max(0) as usize))
}

/// A number with `digits` significant digits, for labels: `0.934`, `12 300`, `1.2e−7`.
pub(super) fn number(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "not a number".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    if value == 0.0 {
        return "0".into();
    }
    let exponent = value.abs().log10().floor() as i32;
    if !(-4..7).contains(&exponent) {
        return signed(&without_zeros(&format!("{value:.*e}", digits.saturating_sub(1))));
    }
    let text = format!("{value:.*}", (digits as i32 - 1 - exponent).max(0) as usize);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    grouped(text)
}

/// A score between 0 and 1, with three digits behind the point.
pub(super) fn score(value: f64) -> String {
    if value.is_finite() { signed(&format!("{value:.3}")) } else { number(value, 3) }
}

/// A whole number, with its digits in groups.
pub(super) fn count(value: usize) -> String {
    grouped(&value.to_string())
}

fn without_zeros(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => {
            format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text.to_string(),
    }
}

fn signed(text: &str) -> String {
    text.replace('-', "−")
}

/// Narrow spaces between groups of three digits, from five digits on (ISO 80000-1, 7.3.1).
fn grouped(text: &str) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.trim_start_matches('-');
    if digits.len() < 5 {
        return signed(text);
    }
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    format!("{}{out}{rest}", if whole.starts_with('-') { "−" } else { "" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(ticks: TickList) -> Vec<String> {
        ticks.0.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn steps_are_one_two_or_five() {
        assert_eq!(
            texts(linear(0.0, 1.0, 5, false)),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(|t| if t == "0.0" { "0" } else { t })
        );
        assert_eq!(texts(linear(-0.3, 0.3, 4, false)), ["−0.2", "0", "0.2"]);
        assert_eq!(
            texts(linear(0.0, 43_000.0, 5, false)),
            ["0", "10\u{202f}000", "20\u{202f}000", "30\u{202f}000", "40\u{202f}000"]
        );
        assert_eq!(texts(linear(0.0, 2.5e9, 5, false)), ["0", "5e8", "1e9", "1.5e9", "2e9", "2.5e9"]);
        assert_eq!(texts(linear(0.0, 3e-8, 3, false)), ["0", "1e−8", "2e−8", "3e−8"]);
        assert_eq!(texts(linear(1.0, 3.0, 8, true)), ["1", "2", "3"]);
    }

    #[test]
    fn logarithmic_axes_show_what_there_is_room_for() {
        assert_eq!(texts(logarithmic(1e-6, 1.0, 7)), ["1e−6", "1e−5", "1e−4", "0.001", "0.01", "0.1", "1"]);
        assert_eq!(texts(logarithmic(1e-6, 1.0, 4)), ["1e−6", "1e−4", "0.01", "1"]);
        assert_eq!(texts(logarithmic(0.01, 0.1, 6)), ["0.01", "0.02", "0.05", "0.1"]);
        assert_eq!(texts(logarithmic(2.1, 3.9, 6)), ["2.5", "3", "3.5"].map(|t| if t == "3" { "3.0" } else { t }));
    }

    #[test]
    fn numbers_are_short() {
        let all = [0.93444, 12_345.6, 1e-7, -2.0, 0.0, 1234.0, f64::INFINITY].map(|v| number(v, 3));
        assert_eq!(all, ["0.934", "12\u{202f}346", "1e−7", "−2", "0", "1234", "∞"]);
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }

    proptest! {
        #[test]
        fn ticks_lie_in_the_range_and_differ(lo in -1e12f64..1e12, exponent in -6i32..13, most in 1usize..12) {
            let hi = lo + 10f64.powi(exponent).max(lo.abs() * 1e-9);
            let ticks = linear(lo, hi, most, false);
            let slack = (hi - lo) * 1e-6;
            prop_assert!(ticks.0.len() <= most + 1);
            prop_assert!(ticks.0.iter().all(|(v, _)| *v >= lo - slack && *v <= hi + slack));
            let mut names = texts(ticks);
            names.dedup();
            prop_assert!(names.len() == linear(lo, hi, most, false).0.len(), "{:?}", names);
        }
    }
}
