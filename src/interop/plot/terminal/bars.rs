use super::super::figure::{Bar, Figure};
use super::super::look::looks;
use super::super::ticks::number;
use super::text::{Ink, clean, distinct, padded, painted, right, shortened, width};

/// A line for each bar: its name, the bar, its value.
pub(super) fn lines(figure: &Figure, bars: &[Bar], names: &[String], columns: usize, color: bool) -> Vec<String> {
    let name_of = |bar: &Bar| names.get(bar.at.round().max(0.0) as usize).map_or(String::new(), |n| clean(n));
    let texts: Vec<String> = bars.iter().map(value).collect();
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let names_take = widest(&mut bars.iter().map(|b| width(&name_of(b)))).min(columns / 3);
    let texts_take = widest(&mut texts.iter().map(|t| width(t))).min(columns / 3);
    let room = columns.saturating_sub(names_take + texts_take + 4).max(4);
    let ends = bars.iter().flat_map(|b| [b.from, b.to]).filter(|v| v.is_finite());
    let (lo, hi) = ends.fold((0.0f64, 0.0f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let unit = if hi > lo { room as f64 / (hi - lo) } else { 0.0 };
    let zero = (-lo * unit).round() as usize;
    let ink = Ink::Series(looks(figure).first().map_or(0, |l| l.color));
    let mut out = Vec::new();
    let names = distinct(&bars.iter().map(name_of).collect::<Vec<_>>(), names_take);
    for ((bar, text), name) in bars.iter().zip(&texts).zip(names) {
        let name = right(&name, names_take);
        let drawn = painted(&blocks(bar.to, unit, zero, room), ink, color);
        out.push(format!("{name} {} {drawn} {}", painted("│", Ink::Muted, color), right(text, texts_take)));
    }
    let label = clean(&figure.x.text());
    out.push(" ".repeat(names_take + 3) + &painted(&shortened(&label, room + texts_take), Ink::Muted, color));
    out
}

fn value(bar: &Bar) -> String {
    let text = if bar.text.is_empty() { clean(&number(bar.to, 3)) } else { clean(&bar.text) };
    match bar.error {
        Some((a, b)) => format!("{text} ± {}", clean(&number((b - a).abs() / 2.0, 2))),
        None => text,
    }
}

/// A bar from the column `zero`, to an eighth of a column; what reaches left, to half a column.
fn blocks(value: f64, unit: f64, zero: usize, room: usize) -> String {
    if !value.is_finite() {
        return padded("", room);
    }
    let length = value.abs() * unit;
    if value < 0.0 {
        let halves = ((length * 2.0).round() as usize).min(zero * 2);
        let bar = format!("{}{}", if halves % 2 == 1 { "▐" } else { "" }, "█".repeat(halves / 2));
        return padded(&right(&bar, zero), room);
    }
    let eighths = ((length * 8.0).round() as usize).min(room.saturating_sub(zero) * 8);
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    padded(&format!("{}{}{part}", " ".repeat(zero), "█".repeat(eighths / 8)), room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_values() {
        assert_eq!(blocks(1.0, 8.0, 0, 10), "████████  ");
        assert_eq!(blocks(0.3, 8.0, 0, 10), "██▍       ");
        assert_eq!(blocks(-0.25, 8.0, 4, 10), "  ██      ");
        assert_eq!(blocks(f64::NAN, 8.0, 4, 3), "   ");
    }
}
