//! From a figure to a scene of a given size: header, legend, axes, then the layers.

mod axes;
mod bars;
mod frame;
mod header;
mod heatmap;
mod labels;
mod legend;
mod series;

use super::extent::Extent;
use super::figure::{Figure, Layer};
use super::font;
use super::look::{self, Look};
use super::scene::{Anchor, Ink, Item, Rect, Scene, Text};
use super::size::Size;

use frame::Frame;

pub(super) const TITLE_SIZE: f64 = 15.0;
pub(super) const LABEL_SIZE: f64 = 12.5;
pub(super) const TICK_SIZE: f64 = 11.5;
pub(super) const LINE: f64 = 1.3;
/// Free space at the border.
pub(super) const MARGIN: f64 = 14.0;

pub(super) fn scene(figure: &Figure, size: Size) -> Scene {
    let size = size.clamped();
    let whole = Rect { x: 0.0, y: 0.0, width: size.width, height: size.height };
    let mut items = vec![Item::Fill { path: whole.path(), ink: Ink::Background, opacity: 1.0 }];
    let free = below_header(figure, size, &mut items);
    match Extent::of(figure) {
        Ok(extent) => body(figure, extent, free, &mut items),
        Err(why) => items.push(centred(why, free)),
    }
    Scene { width: size.width, height: size.height, title: spoken(figure), items }
}

/// Width and height that are left for the plot's area at a size.
pub(super) fn room(figure: &Figure, size: Size) -> Option<(f64, f64)> {
    let free = below_header(figure, size, &mut Vec::new());
    let (free, _) = legend::Legend::fit(figure, free).take(free);
    let room = Frame::fit(figure, Extent::of(figure).ok()?, free).room;
    Some((room.width, room.height))
}

fn below_header(figure: &Figure, size: Size, items: &mut Vec<Item>) -> Rect {
    let top = header::draw(figure, size.width, items);
    Rect { x: MARGIN, y: top, width: size.width - 2.0 * MARGIN, height: size.height - top - MARGIN }
}

fn body(figure: &Figure, extent: Extent, free: Rect, items: &mut Vec<Item>) {
    let legend = legend::Legend::fit(figure, free);
    let (free, legend_at) = legend.take(free);
    let frame = Frame::fit(figure, extent, free);
    axes::grid(figure, &frame, items);
    let looks = look::looks(figure);
    let mut inside = Vec::new();
    for (layer, look) in figure.layers.iter().zip(&looks) {
        draw(layer, *look, &frame, &mut inside);
    }
    let area = frame.area;
    // Lines that run along the border keep their whole width.
    let clip = Rect { x: area.x - 2.0, y: area.y - 2.0, width: area.width + 4.0, height: area.height + 4.0 };
    items.push(Item::Clip(clip, inside));
    axes::labels(figure, &frame, items);
    labels::draw(figure, &looks, &frame, items);
    legend.draw(legend_at, &frame, items);
}

fn draw(layer: &Layer, look: Look, frame: &Frame, items: &mut Vec<Item>) {
    match layer {
        Layer::Line { points, .. } => series::line(points, look, frame, items),
        Layer::Step { points, .. } => series::step(points, look, frame, items),
        Layer::Points { points, .. } => series::points(points, look, frame, items),
        Layer::Band { points, .. } => series::band(points, look, frame, items),
        Layer::Bars { bars, horizontal, .. } => bars::draw(bars, *horizontal, look, frame, items),
        Layer::Diagonal { .. } => series::diagonal(frame, items),
        Layer::VerticalLine { x, .. } => series::vertical(*x, frame, items),
        Layer::HorizontalLine { y, .. } => series::horizontal(*y, frame, items),
        Layer::Heatmap { rows } => heatmap::draw(rows, frame, items),
        Layer::Marks { .. } => {}
    }
}

fn spoken(figure: &Figure) -> String {
    [figure.title.as_str(), figure.note.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(". ")
}

fn centred(text: &str, area: Rect) -> Item {
    let (x, y) = (area.x + area.width / 2.0, area.y + area.height / 2.0);
    let text = font::shortened(text, LABEL_SIZE, area.width);
    Item::Text(Text { text, x, y, size: LABEL_SIZE, anchor: Anchor::Middle, turn: 0.0, ink: Ink::Muted, halo: false })
}

/// A plain line of text.
fn label(text: impl Into<String>, x: f64, y: f64, size: f64, anchor: Anchor, ink: Ink) -> Item {
    Item::Text(Text { text: text.into(), x, y, size, anchor, turn: 0.0, ink, halo: false })
}
