//! Figures as lines of text: braille for curves, block elements for bars, a table for matrices.

mod axes;
mod bars;
mod canvas;
mod curves;
mod matrix;
mod text;

use super::extent::Extent;
use super::figure::{Figure, Layer, Ticks};
use super::look::{Entry, Swatch, entries};

use text::wrapped;
pub(super) use text::{Ink, clean, padded, painted, shortened, width};

const LEGEND_LINES: usize = 4;
/// Widths a figure can be drawn in, in columns.
const COLUMNS: std::ops::RangeInclusive<usize> = 30..=500;

pub(super) fn render(figure: &Figure, columns: usize, rows: usize, color: bool) -> String {
    let columns = columns.clamp(*COLUMNS.start(), *COLUMNS.end());
    let rows = rows.clamp(8, 300);
    let mut lines = header(figure, columns, color);
    match Extent::of(figure) {
        Err(why) => lines.push(painted(&format!("  ({why})"), Ink::Muted, color)),
        Ok(extent) => lines.extend(body(figure, extent, columns, rows.saturating_sub(lines.len()), color)),
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn header(figure: &Figure, columns: usize, color: bool) -> Vec<String> {
    let title = wrapped(&figure.title, columns).into_iter().map(|l| painted(&l, Ink::Strong, color));
    let note = wrapped(&figure.note, columns).into_iter().map(|l| painted(&l, Ink::Muted, color));
    title.chain(note).collect()
}

fn body(figure: &Figure, extent: Extent, columns: usize, rows: usize, color: bool) -> Vec<String> {
    for layer in &figure.layers {
        match (layer, &figure.x.ticks, &figure.y.ticks) {
            (Layer::Heatmap { rows }, x, y) => {
                return matrix::lines(figure, rows, [names(x), names(y)], columns, color);
            }
            (Layer::Bars { bars, horizontal: true, .. }, _, Ticks::Categories(names)) => {
                return bars::lines(figure, bars, names, columns, color);
            }
            _ => {}
        }
    }
    let legend = legend(figure, columns, color);
    let mut lines = curves::lines(figure, extent, columns, rows.saturating_sub(legend.len()), color);
    lines.extend(legend);
    lines
}

fn names(ticks: &Ticks) -> &[String] {
    if let Ticks::Categories(names) = ticks { names } else { &[] }
}

/// As many entries a line as fit, and at most a few lines.
fn legend(figure: &Figure, columns: usize, color: bool) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    let entries = entries(figure);
    let names: Vec<String> = entries.iter().map(|e| text::clean(&e.name)).collect();
    let names = text::distinct(&names, columns.saturating_sub(6));
    for (i, (entry, name)) in entries.iter().zip(names).enumerate() {
        let width = text::width(&name) + 3;
        if used > 0 && used + 2 + width > columns {
            if lines.len() == LEGEND_LINES {
                lines.push(painted(&format!(" and {} more", entries.len() - i), Ink::Muted, color));
                break;
            }
            lines.push(String::new());
            used = 0;
        }
        let gap = if used > 0 { 2 } else { 0 };
        let sign = painted(&sign(entry, i, color), Ink::Series(entry.look.color), color);
        if let Some(line) = lines.last_mut() {
            line.push_str(&format!("{}{sign} {name}", padded("", gap)));
        }
        used += gap + width;
    }
    lines.retain(|l| !l.is_empty());
    lines
}

fn sign(entry: &Entry, number: usize, color: bool) -> String {
    if !color {
        return format!(" {}", letter(number));
    }
    match entry.swatch {
        Swatch::Line => "⠤⠤".into(),
        Swatch::Points => " ⢸".into(),
        Swatch::Area => "██".into(),
    }
}

/// What marks the entry with this number where there are no colours.
fn letter(number: usize) -> char {
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    letters.get(number % letters.len()).map_or('?', |b| char::from(*b))
}
