use super::super::figure::Bar;
use super::super::font::{self, CAP_HEIGHT};
use super::super::look::Look;
use super::super::scene::{Anchor, Ink, Item, Path, Rect, Text};
use super::TICK_SIZE;
use super::frame::Frame;

/// Bars, their error bars and texts. Bars that are thinner than a pixel still show.
pub(super) fn draw(bars: &[Bar], horizontal: bool, look: Look, frame: &Frame, items: &mut Vec<Item>) {
    let (mut fills, mut errors) = (Path::default(), Path::default());
    let mut texts = Vec::new();
    // Either all texts of bars to the left stand left of them, or none: they line up.
    let left = bars.iter().filter(|bar| bar.to < bar.from).all(|bar| fits_left(bar, frame));
    for bar in bars {
        let Some(rect) = rect(bar, horizontal, frame) else { continue };
        fills.0.extend(rect.path().0);
        let error = bar.error.and_then(|(a, b)| error_places(a, b, horizontal, frame));
        if let Some(ends) = error {
            whisker(&mut errors, ends, rect, horizontal);
        }
        if has_room(bar, horizontal, frame) {
            texts.push(text(bar, rect, error, horizontal, left, frame));
        }
    }
    items.push(Item::Fill { path: fills, ink: Ink::Series(look.color), opacity: 0.85 });
    items.push(Item::Stroke { path: errors, ink: Ink::Text, width: 1.2, dash: &[] });
    items.extend(texts);
}

/// Whether the text of a bar stays within the bar's own stripe, so that it can't meet its neighbours'.
fn has_room(bar: &Bar, horizontal: bool, frame: &Frame) -> bool {
    let (column, row) = frame.cell();
    match horizontal {
        _ if bar.text.is_empty() => false,
        true => row * bar.width.max(1.0) >= TICK_SIZE,
        false => column * bar.width.max(1.0) >= font::width(&bar.text, TICK_SIZE),
    }
}

fn rect(bar: &Bar, horizontal: bool, frame: &Frame) -> Option<Rect> {
    let (along, across) = if horizontal { (&frame.x, &frame.y) } else { (&frame.y, &frame.x) };
    // On a logarithmic axis bars stand on its lower end.
    let from = along.place(bar.from).or(along.log.then_some(along.from))?;
    let to = along.place(bar.to)?;
    let (a, b) = (across.place(bar.at - bar.width / 2.0)?, across.place(bar.at + bar.width / 2.0)?);
    let gap = if (b - a).abs() > 4.0 { 0.5 } else { 0.0 };
    let (low, thick) = (a.min(b) + gap, ((b - a).abs() - 2.0 * gap).max(0.7));
    let (start, length) = (from.min(to), (to - from).abs());
    Some(if horizontal {
        Rect { x: start, y: low, width: length, height: thick }
    } else {
        Rect { x: low, y: start, width: thick, height: length }
    })
}

fn error_places(a: f64, b: f64, horizontal: bool, frame: &Frame) -> Option<(f64, f64)> {
    let along = if horizontal { &frame.x } else { &frame.y };
    Some((along.place(a)?, along.place(b)?))
}

fn whisker(path: &mut Path, (a, b): (f64, f64), bar: Rect, horizontal: bool) {
    if horizontal {
        let (y, cap) = (bar.y + bar.height / 2.0, (bar.height * 0.25).min(4.0));
        path.polyline(&[(a, y), (b, y)]);
        [a, b].into_iter().for_each(|x| path.polyline(&[(x, y - cap), (x, y + cap)]));
    } else {
        let (x, cap) = (bar.x + bar.width / 2.0, (bar.width * 0.25).min(4.0));
        path.polyline(&[(x, a), (x, b)]);
        [a, b].into_iter().for_each(|y| path.polyline(&[(x - cap, y), (x + cap, y)]));
    }
}

/// Whether there is room for a bar's text to the left of the bar and of its error bar.
fn fits_left(bar: &Bar, frame: &Frame) -> bool {
    let ends = [Some(bar.to), bar.error.map(|(a, _)| a), bar.error.map(|(_, b)| b)].into_iter().flatten();
    let left = ends.filter_map(|end| frame.x.place(end)).fold(f64::INFINITY, f64::min);
    left - 6.0 - font::width(&bar.text, TICK_SIZE) >= frame.area.x
}

fn text(bar: &Bar, rect: Rect, error: Option<(f64, f64)>, horizontal: bool, left_fits: bool, frame: &Frame) -> Item {
    let far = |least: f64, greatest: f64| match error {
        Some((a, b)) => (least.min(a).min(b), greatest.max(a).max(b)),
        None => (least, greatest),
    };
    let backward = bar.to < bar.from;
    let width = font::width(&bar.text, TICK_SIZE);
    let half = TICK_SIZE * CAP_HEIGHT / 2.0;
    let (x, y, anchor) = if horizontal {
        let (left, right) = far(rect.x, rect.right());
        let fits = right + 6.0 + width <= frame.area.right() + 2.0;
        let y = rect.y + rect.height / 2.0 + half;
        match (backward, fits) {
            (true, _) if left_fits => (left - 6.0, y, Anchor::End),
            (_, true) => (right + 6.0, y, Anchor::Start),
            (_, false) => (frame.area.right() - 4.0, y, Anchor::End),
        }
    } else {
        let (top, bottom) = far(rect.y, rect.bottom());
        let y = if backward { bottom + TICK_SIZE } else { (top - 4.0).max(frame.area.y + TICK_SIZE) };
        (rect.x + rect.width / 2.0, y, Anchor::Middle)
    };
    Item::Text(Text { text: bar.text.clone(), x, y, size: TICK_SIZE, anchor, turn: 0.0, ink: Ink::Text, halo: true })
}
