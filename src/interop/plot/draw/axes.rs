use super::super::figure::{Figure, Ticks};
use super::super::font::CAP_HEIGHT;
use super::super::scene::{Anchor, Ink, Item, Path, Text};
use super::frame::{Frame, TICK_GAP};
use super::{LABEL_SIZE, LINE, TICK_SIZE, label};

/// Lines at the ticks, and the two axes.
pub(super) fn grid(figure: &Figure, frame: &Frame, items: &mut Vec<Item>) {
    if !Frame::has_grid(figure) {
        return;
    }
    let area = frame.area;
    let mut lines = Path::default();
    if !matches!(figure.y.ticks, Ticks::Categories(_)) {
        for y in frame.y_ticks.iter().filter_map(|t| frame.y.place(t.value)) {
            lines.polyline(&[(area.x, y), (area.right(), y)]);
        }
    }
    if !matches!(figure.x.ticks, Ticks::Categories(_)) {
        for x in frame.x_ticks.iter().filter_map(|t| frame.x.place(t.value)) {
            lines.polyline(&[(x, area.y), (x, area.bottom())]);
        }
    }
    items.push(Item::Stroke { path: lines, ink: Ink::Grid, width: 1.0, dash: &[] });
    let axes = Path::line(&[(area.x, area.y), (area.x, area.bottom()), (area.right(), area.bottom())]);
    items.push(Item::Stroke { path: axes, ink: Ink::Axis, width: 1.0, dash: &[] });
}

/// Names of the ticks and of the axes.
pub(super) fn labels(figure: &Figure, frame: &Frame, items: &mut Vec<Item>) {
    let area = frame.area;
    for tick in &frame.y_ticks {
        let Some(y) = frame.y.place(tick.value) else { continue };
        let y = y + TICK_SIZE * CAP_HEIGHT / 2.0;
        items.push(label(tick.text.clone(), area.x - TICK_GAP, y, TICK_SIZE, Anchor::End, Ink::Muted));
    }
    for tick in &frame.x_ticks {
        let Some(x) = frame.x.place(tick.value) else { continue };
        items.push(x_name(&tick.text, x, frame));
    }
    let middle = area.x + area.width / 2.0;
    let mut y = area.bottom() + TICK_GAP + frame.x_room + 7.0 + LABEL_SIZE * 0.9;
    for line in &frame.x_label {
        items.push(label(line.clone(), middle, y, LABEL_SIZE, Anchor::Middle, Ink::Text));
        y += LABEL_SIZE * LINE;
    }
    y_label(figure, frame, items);
}

fn x_name(text: &str, x: f64, frame: &Frame) -> Item {
    let top = frame.area.bottom() + TICK_GAP;
    let cap = TICK_SIZE * CAP_HEIGHT;
    let (x, y, anchor) = match frame.x_turn {
        0.0 => (x, top + TICK_SIZE * 0.85, Anchor::Middle),
        45.0 => (x + cap / 2.0, top + cap / 2.0 + 1.0, Anchor::End),
        _ => (x + cap / 2.0, top - 1.0, Anchor::End),
    };
    let text = text.to_string();
    Item::Text(Text { text, x, y, size: TICK_SIZE, anchor, turn: -frame.x_turn, ink: Ink::Muted, halo: false })
}

fn y_label(figure: &Figure, frame: &Frame, items: &mut Vec<Item>) {
    if figure.y.text().is_empty() {
        return;
    }
    let area = frame.area;
    let lines = frame.y_label.len();
    for (i, line) in frame.y_label.iter().enumerate() {
        let x = area.x - TICK_GAP - frame.y_room - 10.0 - (lines - 1 - i) as f64 * LABEL_SIZE * LINE;
        items.push(Item::Text(Text {
            text: line.clone(),
            x,
            y: area.y + area.height / 2.0,
            size: LABEL_SIZE,
            anchor: Anchor::Middle,
            turn: -90.0,
            ink: Ink::Text,
            halo: false,
        }));
    }
}
