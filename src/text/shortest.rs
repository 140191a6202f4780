//! The shortest decimal text of a number that reads back as the same number.

/// Appends a number as `Display` writes it: no exponent, no fraction where there is none. Of two last digits that are
/// equally near it may take the other.
pub fn push_shortest(out: &mut String, x: f64) {
    let mut buffer = zmij::Buffer::new();
    // A number that came from `f32` needs no more digits than that.
    let digits = match x as f32 {
        single if f64::from(single) == x => buffer.format(single),
        _ => buffer.format(x),
    };
    // An exponent takes no more bytes than `e-324` has.
    let tail = digits.len().saturating_sub(5);
    match digits.bytes().skip(tail).position(|byte| byte == b'e').and_then(|e| digits.split_at_checked(tail + e)) {
        None => out.push_str(digits.strip_suffix(".0").unwrap_or(digits)),
        Some((digits, exponent)) => push_expanded(out, digits, exponent[1..].parse().unwrap_or(0)),
    }
}

/// Appends `digits` (such as `-1.25`) times ten to the `exponent`.
fn push_expanded(out: &mut String, digits: &str, exponent: i32) {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = if fraction == "0" { "" } else { fraction };
    out.push_str(sign);
    let zeros = |out: &mut String, n: i32| out.extend(std::iter::repeat_n('0', n.max(0) as usize));
    if exponent < 0 {
        out.push_str("0.");
        zeros(out, -exponent - whole.len() as i32);
        out.push_str(whole);
        out.push_str(fraction);
    } else {
        out.push_str(whole);
        out.push_str(fraction);
        zeros(out, exponent - fraction.len() as i32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortest(x: f64) -> String {
        let mut out = String::new();
        push_shortest(&mut out, x);
        out
    }

    /// As `Display` has it, but for the last digit where two are equally near.
    #[track_caller]
    fn same(x: f64, display: &str) {
        let ours = shortest(x);
        assert_eq!(ours.len(), display.len(), "{ours} {display}");
        let reads = match f64::from(x as f32) == x {
            true => ours.parse::<f32>().map(f64::from),
            false => ours.parse::<f64>(),
        };
        assert_eq!(reads.map(f64::to_bits), Ok(x.to_bits()), "{ours}");
    }

    #[test]
    fn numbers_are_written_as_display_does() {
        let mut state = 3u64;
        for i in 0..300_000u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let single = match i % 3 {
                0 => f32::from_bits((state >> 32) as u32),
                1 => (state >> 40) as f32 / 16_777_216.0,
                _ => (state >> 45) as f32 * 0.125,
            };
            if single.is_finite() {
                same(f64::from(single), &single.to_string());
            }
            let double = f64::from_bits(state);
            if double.is_finite() && f64::from(double as f32) != double {
                same(double, &double.to_string());
            }
        }
        let known =
            [0.0, -0.0, 1.0, 0.1, 1e-7, 1.5e-9, 1e21, 123_456_789.0, 1e16, 1.25e17, 1e-45, f64::MAX, f64::MIN_POSITIVE];
        for x in known {
            let display = if f64::from(x as f32) == x { (x as f32).to_string() } else { x.to_string() };
            assert_eq!(shortest(x), display);
        }
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(shortest(x), x.to_string());
        }
    }
}
