//! Marks and the texts of marks and reference lines, placed so that they don't cover each other.

use super::super::figure::{Figure, Layer};
use super::super::font;
use super::super::look::Look;
use super::super::scene::{Anchor, Ink, Item, Path, Rect, Text};
use super::TICK_SIZE;
use super::frame::Frame;
use super::series::{along_lines, marker, place};

pub(super) fn draw(figure: &Figure, looks: &[Look], frame: &Frame, items: &mut Vec<Item>) {
    let mut taken = Taken { boxes: Vec::new(), lines: along_lines(&figure.layers, frame) };
    let marked = marks(figure, looks, frame);
    for (mark, (x, y)) in marked.iter().map(|m| (m, m.at)) {
        let mut path = Path::default();
        let (shape, color) = (mark.look.marker, mark.look.color);
        marker(&mut path, shape, x, y, 4.5);
        items.push(Item::Fill { path: path.clone(), ink: Ink::Series(color), opacity: 1.0 });
        items.push(Item::Stroke { path, ink: Ink::Background, width: 1.2, dash: &[] });
        taken.boxes.push(Rect { x: x - 5.0, y: y - 5.0, width: 10.0, height: 10.0 });
    }
    for mark in &marked {
        put(mark.label, &around(mark.at, font::width(mark.label, TICK_SIZE)), Ink::Text, frame, &mut taken, items);
    }
    for layer in &figure.layers {
        match layer {
            Layer::VerticalLine { x, label } => vertical(*x, label, frame, &mut taken, items),
            Layer::HorizontalLine { y, label } => horizontal(*y, label, frame, &mut taken, items),
            Layer::Diagonal { label } => diagonal(label, frame, &mut taken, items),
            _ => {}
        }
    }
}

/// What labels should not cover.
struct Taken {
    boxes: Vec<Rect>,
    lines: Vec<(f64, f64)>,
}

impl Taken {
    /// Covered area in square pixels; a covered place of a line counts less than a covered label.
    fn cost(&self, wanted: &Rect) -> f64 {
        let on = |&&(x, y): &&(f64, f64)| {
            x > wanted.x - 2.0 && x < wanted.right() + 2.0 && y > wanted.y - 2.0 && y < wanted.bottom() + 2.0
        };
        self.boxes.iter().map(|b| b.overlap(wanted)).sum::<f64>() + self.lines.iter().filter(on).count() as f64 * 12.0
    }
}

struct Placed<'a> {
    at: (f64, f64),
    label: &'a str,
    look: Look,
}

fn marks<'a>(figure: &'a Figure, looks: &[Look], frame: &Frame) -> Vec<Placed<'a>> {
    let mut out = Vec::new();
    for (layer, look) in figure.layers.iter().zip(looks) {
        if let Layer::Marks { marks, .. } = layer {
            let places = marks.iter().filter_map(|m| Some((place(m.at, frame)?, m.label.as_str())));
            let inside = |(x, y): (f64, f64)| {
                let area = frame.area;
                x >= area.x - 1.0 && x <= area.right() + 1.0 && y >= area.y - 1.0 && y <= area.bottom() + 1.0
            };
            out.extend(places.filter(|(at, _)| inside(*at)).map(|(at, label)| Placed { at, label, look: *look }));
        }
    }
    out
}

/// Left ends of the baseline around a point, the best first.
fn around((x, y): (f64, f64), width: f64) -> Vec<(f64, f64)> {
    let (near, far, up, down) = (8.0, 14.0, 8.0, 8.0 + TICK_SIZE * 0.75);
    let level = TICK_SIZE * 0.36;
    let mut all = Vec::new();
    for (dx, dy) in [(near, level), (near, -up + 2.0), (near, down), (far, -up - 14.0), (far, down + 14.0)] {
        all.push((x + dx, y + dy));
        all.push((x - dx - width, y + dy));
    }
    all.extend([(x - width / 2.0, y - up - 3.0), (x - width / 2.0, y + down + 3.0)]);
    all.extend([(x - width / 2.0, y - up - 18.0), (x - width / 2.0, y + down + 18.0)]);
    all
}

fn vertical(x: f64, text: &str, frame: &Frame, taken: &mut Taken, items: &mut Vec<Item>) {
    let Some(x) = frame.x.place(x) else { return };
    let width = font::width(text, TICK_SIZE);
    let rows = (0..4).map(|i| frame.area.y + TICK_SIZE + f64::from(i) * TICK_SIZE * 1.4);
    let places: Vec<_> = rows.flat_map(|y| [(x + 5.0, y), (x - 5.0 - width, y)]).collect();
    put(text, &places, Ink::Muted, frame, taken, items);
}

fn horizontal(y: f64, text: &str, frame: &Frame, taken: &mut Taken, items: &mut Vec<Item>) {
    let Some(y) = frame.y.place(y) else { return };
    let width = font::width(text, TICK_SIZE);
    let (right, left) = (frame.area.right() - width - 4.0, frame.area.x + 6.0);
    let middle = (right + left) / 2.0;
    let columns = [right, left, middle];
    let places: Vec<_> = columns.into_iter().flat_map(|x| [(x, y - 5.0), (x, y + TICK_SIZE + 2.0)]).collect();
    put(text, &places, Ink::Muted, frame, taken, items);
}

fn diagonal(text: &str, frame: &Frame, taken: &mut Taken, items: &mut Vec<Item>) {
    let width = font::width(text, TICK_SIZE);
    let value = |part: f64| {
        let (lo, hi) = (frame.x.lo.max(frame.y.lo), frame.x.hi.min(frame.y.hi));
        lo + (hi - lo) * part
    };
    let at = |part: f64| place((value(part), value(part)), frame);
    let places = [0.75, 0.5, 0.25].into_iter().filter_map(at);
    let places: Vec<_> = places.flat_map(|(x, y)| [(x + 12.0, y + 12.0), (x - 12.0 - width, y - 4.0)]).collect();
    put(text, &places, Ink::Muted, frame, taken, items);
}

/// Writes the text at the first of the places that is free, or at the least covered one, pulled inside the area.
fn put(text: &str, places: &[(f64, f64)], ink: Ink, frame: &Frame, taken: &mut Taken, items: &mut Vec<Item>) {
    if text.is_empty() {
        return;
    }
    let area = frame.area;
    let text = font::shortened(text, TICK_SIZE, area.width);
    let width = font::width(&text, TICK_SIZE);
    let boxed = |(x, y): (f64, f64)| Rect { x, y: y - TICK_SIZE * 0.8, width, height: TICK_SIZE };
    let pulled = |(x, y): (f64, f64)| {
        let x = x.clamp(area.x + 2.0, (area.right() - width - 2.0).max(area.x + 2.0));
        (x, y.clamp(area.y + TICK_SIZE * 0.8, area.bottom() - 3.0))
    };
    let cost = |place: (f64, f64)| {
        let inside = pulled(place);
        let moved = (inside.0 - place.0).abs() + (inside.1 - place.1).abs();
        taken.cost(&boxed(inside)) + moved * 4.0
    };
    let Some(best) = places.iter().copied().min_by(|a, b| cost(*a).total_cmp(&cost(*b))) else { return };
    let (x, y) = pulled(best);
    taken.boxes.push(boxed((x, y)));
    items.push(Item::Text(Text { text, x, y, size: TICK_SIZE, anchor: Anchor::Start, turn: 0.0, ink, halo: true }));
}
