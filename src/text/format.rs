//! Numbers, counts, durations and sizes as people read them.

/// A number in running text: at most `digits` significant digits, no trailing zeros, the integer part never rounded.
///
/// `0.3`, `12345.7`, `1e-5`, `nan`, `inf`. Plain decimals from 1e-4 up to 1e15, powers of ten outside.
pub fn number(x: f64, digits: usize) -> String {
    if let Some(word) = not_finite(x) {
        return word.to_string();
    }
    if x == 0.0 {
        return "0".to_string();
    }
    let digits = digits.clamp(1, 17);
    if !(1e-4..1e15).contains(&x.abs()) {
        let text = format!("{x:.*e}", digits - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trim_zeros(mantissa));
    }
    trim_zeros(&format!("{x:.*}", decimals(x, digits))).to_string()
}

/// A loss or metric in a column: a fixed number of decimals for each magnitude, so that columns line up.
///
/// `0.6931`, `12.345`, `0.00512`, `5.12e-5`, `1,234.5`.
pub fn measure(x: f64) -> String {
    if let Some(word) = not_finite(x) {
        return word.to_string();
    }
    match x.abs() {
        0.0 => "0.0000".to_string(),
        a if a < 1e-4 => format!("{x:.2e}"),
        a if a < 0.00995 => format!("{x:.*}", decimals(x, 3)),
        a if a < 9.99995 => format!("{x:.4}"),
        a if a < 99.9995 => format!("{x:.3}"),
        a if a < 999.995 => format!("{x:.2}"),
        a if a < 1e9 => separated(&format!("{x:.1}")),
        _ => format!("{x:.4e}"),
    }
}

/// A count with thousands separators: `1,234,567`.
pub fn count(n: u64) -> String {
    separated(&n.to_string())
}

/// `1 row`, `1,200 rows`: a count and its noun, whose plural takes an `s`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A time span of so many seconds: `0.8s`, `12s`, `1m 12s`, `2h 05m`, `3d 04h`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_string();
    }
    if seconds < 9.95 {
        return format!("{seconds:.1}s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h {:02}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d {:02}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// A size in memory or on disk, in powers of 1000: `512 B`, `1.2 MB`.
pub fn bytes(n: u64) -> String {
    let mut size = n as f64;
    if size < 1000.0 {
        return format!("{n} B");
    }
    for unit in ["kB", "MB", "GB"] {
        size /= 1000.0;
        if size < 999.5 {
            return format!("{size:.*} {unit}", if size < 9.95 { 1 } else { 0 });
        }
    }
    format!("{:.1} TB", size / 1000.0)
}

fn not_finite(x: f64) -> Option<&'static str> {
    match x {
        x if x.is_nan() => Some("nan"),
        f64::INFINITY => Some("inf"),
        f64::NEG_INFINITY => Some("-inf"),
        _ => None,
    }
}

/// How many decimals give `digits` significant digits of `x`, a finite number that is not 0.
fn decimals(x: f64, digits: usize) -> usize {
    let magnitude = x.abs().log10().floor() as i64;
    (digits as i64 - 1 - magnitude).max(0) as usize
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Puts a comma before each group of three digits of the integer part.
fn separated(text: &str) -> String {
    let (sign, rest) = text.split_at(usize::from(text.starts_with('-')));
    let (whole, fraction) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_matters() {
        let cases = [
            (0.0, "0"),
            (0.3, "0.3"),
            (-2.5, "-2.5"),
            (1.0 / 3.0, "0.3333"),
            (12345.678, "12346"),
            (100.0, "100"),
            (1e-5, "1e-5"),
            (1.2344e-7, "1.234e-7"),
            (0.001, "0.001"),
            (1e300, "1e300"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (x, text) in cases {
            assert_eq!(number(x, 4), text);
        }
    }

    #[test]
    fn measures_of_one_magnitude_have_one_width() {
        let cases = [
            (0.0, "0.0000"),
            (0.6712, "0.6712"),
            (0.5, "0.5000"),
            (1.0, "1.0000"),
            (-0.25, "-0.2500"),
            (0.005, "0.00500"),
            (0.00996, "0.0100"),
            (5.12e-5, "5.12e-5"),
            (12.3456, "12.346"),
            (9.99999, "10.000"),
            (1234.56, "1,234.6"),
            (1e10, "1.0000e10"),
            (f64::INFINITY, "inf"),
        ];
        for (x, text) in cases {
            assert_eq!(measure(x), text);
        }
    }

    #[test]
    fn counts_and_sizes() {
        assert_eq!([0, 999, 1000, 1234567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 1200].map(|n| counted(n, "row")), ["1 row", "1,200 rows"]);
        assert_eq!([999, 1500, 12_345_678].map(bytes), ["999 B", "1.5 kB", "12 MB"]);
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn durations_round_to_what_is_read() {
        let cases = [0.04, 0.84, 9.96, 59.6, 72.0, 7500.0, 273_600.0, f64::NAN];
        let texts = ["0.0s", "0.8s", "10s", "1m 00s", "1m 12s", "2h 05m", "3d 04h", "?"];
        assert_eq!(cases.map(duration), texts);
    }
}
