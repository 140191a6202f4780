use std::collections::BTreeMap;

use super::super::figure::Cell;
use super::super::font::{self, CAP_HEIGHT};
use super::super::scene::{Anchor, Ink, Item, Path, Rect};
use super::frame::Frame;
use super::{LINE, label};

/// Cells as rectangles, each with as much of its text as fits.
pub(super) fn draw(rows: &[Vec<Cell>], frame: &Frame, items: &mut Vec<Item>) {
    let (width, height) = frame.cell();
    let gap = if width.min(height) > 12.0 { 1.0 } else { 0.0 };
    let size = text_size(rows, width - 6.0, height - 4.0);
    let mut areas: BTreeMap<u8, Path> = BTreeMap::new();
    let mut texts = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            let Some((x, y)) = frame.x.place(c as f64).zip(frame.y.place(r as f64)) else { continue };
            let area = Rect {
                x: x - width / 2.0 + gap / 2.0,
                y: y - height / 2.0 + gap / 2.0,
                width: width - gap,
                height: height - gap,
            };
            let level = level(cell.shade);
            areas.entry(level).or_default().0.extend(area.path().0);
            let ink = if cell.shade > 0.0 { Ink::OnHeat(level) } else { Ink::Muted };
            if let Some((size, lines)) = size {
                write(cell, (x, y), size, lines, ink, &mut texts);
            }
        }
    }
    items.extend(areas.into_iter().map(|(level, path)| Item::Fill { path, ink: Ink::Heat(level), opacity: 1.0 }));
    items.extend(texts);
}

fn level(shade: f64) -> u8 {
    if shade.is_nan() { 0 } else { (shade.clamp(0.0, 1.0) * f64::from(Ink::LEVELS)).round() as u8 }
}

/// The greatest size at which every cell's text fits, all of its lines or just the first.
fn text_size(rows: &[Vec<Cell>], width: f64, height: f64) -> Option<(f64, usize)> {
    let most = rows.iter().flatten().map(|c| c.text.lines().count()).max()?;
    let fits = |size: f64, lines: usize| {
        let mut texts = rows.iter().flatten().flat_map(|c| c.text.lines().take(lines));
        size * LINE * lines as f64 <= height && texts.all(|t| font::width(t, size) <= width)
    };
    let sizes = [14.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0];
    let all = sizes.into_iter().filter(|s| *s >= 10.0).find(|&s| fits(s, most)).map(|s| (s, most));
    all.or_else(|| sizes.into_iter().find(|&s| fits(s, 1)).map(|s| (s, 1)))
}

fn write(cell: &Cell, (x, y): (f64, f64), size: f64, lines: usize, ink: Ink, items: &mut Vec<Item>) {
    let lines: Vec<&str> = cell.text.lines().take(lines).collect();
    let top = y - (lines.len() as f64 - 1.0) * size * LINE / 2.0 + size * CAP_HEIGHT / 2.0;
    for (i, line) in lines.into_iter().enumerate() {
        items.push(label(line, x, top + i as f64 * size * LINE, size, Anchor::Middle, ink));
    }
}
