use super::super::downsample::{by_density, runs};
use super::super::figure::{Layer, Marker, Point};
use super::super::look::{Look, dash_lengths};
use super::super::scene::{Ink, Item, Path};
use super::frame::Frame;

const LINE_WIDTH: f64 = 2.0;
/// Pixels between the places that stand for a line where labels look for room.
const SPACING: f64 = 4.0;
const REFERENCE: &[f64] = &[4.0, 4.0];
/// Beyond this many points a scatter plot shows their density.
const MOST_MARKERS: usize = 4000;

pub(super) fn line(points: &[Point], look: Look, frame: &Frame, items: &mut Vec<Item>) {
    curve(points.iter().map(|&p| place(p, frame)), look, items);
}

pub(super) fn step(points: &[Point], look: Look, frame: &Frame, items: &mut Vec<Item>) {
    curve(corners(points, frame).into_iter(), look, items);
}

/// Each value holds up to the next point's x.
fn corners(points: &[Point], frame: &Frame) -> Vec<Option<(f64, f64)>> {
    let mut corners = Vec::with_capacity(points.len() * 2);
    let mut last: Option<(f64, f64)> = None;
    for point in points {
        let here = place(*point, frame);
        if let (Some(before), Some(here)) = (last, here) {
            corners.push(Some((here.0, before.1)));
        }
        corners.push(here);
        last = here;
    }
    corners
}

/// Places along the drawn lines, a few pixels apart, for labels to keep away from; at most some ten thousand.
pub(super) fn along_lines(layers: &[Layer], frame: &Frame) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for layer in layers {
        let runs = match layer {
            Layer::Line { points, .. } => runs(points.iter().map(|&p| place(p, frame))),
            Layer::Step { points, .. } => runs(corners(points, frame).into_iter()),
            _ => continue,
        };
        for pair in runs.iter().flat_map(|run| run.windows(2)) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = ((x1 - x0).hypot(y1 - y0) / SPACING).ceil().clamp(1.0, 200.0);
            out.extend((0..steps as usize).map(|i| i as f64 / steps).map(|t| (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)));
            if out.len() > 20_000 {
                return out;
            }
        }
    }
    out
}

fn curve(places: impl Iterator<Item = Option<(f64, f64)>>, look: Look, items: &mut Vec<Item>) {
    let ink = Ink::Series(look.color);
    let (mut path, mut dots) = (Path::default(), Path::default());
    for run in runs(places) {
        match run.as_slice() {
            // A point between two gaps has no line: it is a dot.
            [(x, y)] => dots.circle(*x, *y, LINE_WIDTH * 1.5),
            _ => path.polyline(&run),
        }
    }
    items.push(Item::Stroke { path, ink, width: LINE_WIDTH, dash: dash_lengths(look.dash) });
    items.push(Item::Fill { path: dots, ink, opacity: 1.0 });
}

pub(super) fn points(points: &[Point], look: Look, frame: &Frame, items: &mut Vec<Item>) {
    let places: Vec<_> = points.iter().filter_map(|&p| place(p, frame)).collect();
    let ink = Ink::Series(look.color);
    if places.len() > MOST_MARKERS {
        // Where points lie on points, strength of the colour says how many.
        for (group, opacity) in by_density(&places, 3.0, 4).into_iter().zip([0.25, 0.45, 0.7, 1.0]) {
            let mut path = Path::default();
            group.into_iter().for_each(|(x, y)| marker(&mut path, look.marker, x, y, 1.7));
            items.push(Item::Fill { path, ink, opacity });
        }
        return;
    }
    let (radius, opacity) = match places.len() {
        0..=100 => (4.0, 0.85),
        101..=1000 => (3.0, 0.6),
        _ => (2.0, 0.5),
    };
    let mut path = Path::default();
    places.into_iter().for_each(|(x, y)| marker(&mut path, look.marker, x, y, radius));
    items.push(Item::Fill { path, ink, opacity });
}

pub(super) fn band(points: &[(f64, f64, f64)], look: Look, frame: &Frame, items: &mut Vec<Item>) {
    let mut path = Path::default();
    let both = |&(x, lower, upper): &(f64, f64, f64)| place((x, lower), frame).zip(place((x, upper), frame));
    for part in points.split(|p| both(p).is_none()) {
        let lower = runs(part.iter().map(|p| both(p).map(|(lower, _)| lower))).concat();
        let upper = runs(part.iter().map(|p| both(p).map(|(_, upper)| upper))).concat();
        if lower.len() > 1 {
            path.polygon(&lower.into_iter().chain(upper.into_iter().rev()).collect::<Vec<_>>());
        }
    }
    items.push(Item::Fill { path, ink: Ink::Series(look.color), opacity: 0.2 });
}

pub(super) fn diagonal(frame: &Frame, items: &mut Vec<Item>) {
    let (lo, hi) = (frame.x.lo.max(frame.y.lo), frame.x.hi.min(frame.y.hi));
    let ends = [lo, hi].map(|v| place((v, v), frame));
    if let [Some(a), Some(b)] = ends
        && lo < hi
    {
        reference(&[a, b], items);
    }
}

pub(super) fn vertical(x: f64, frame: &Frame, items: &mut Vec<Item>) {
    if let Some(x) = frame.x.place(x) {
        reference(&[(x, frame.area.y), (x, frame.area.bottom())], items);
    }
}

pub(super) fn horizontal(y: f64, frame: &Frame, items: &mut Vec<Item>) {
    if let Some(y) = frame.y.place(y) {
        reference(&[(frame.area.x, y), (frame.area.right(), y)], items);
    }
}

fn reference(points: &[(f64, f64)], items: &mut Vec<Item>) {
    items.push(Item::Stroke { path: Path::line(points), ink: Ink::Muted, width: 1.2, dash: REFERENCE });
}

pub(super) fn place(point: Point, frame: &Frame) -> Option<(f64, f64)> {
    frame.x.place(point.0).zip(frame.y.place(point.1))
}

/// Adds a shape of about the same area whatever its kind.
pub(super) fn marker(path: &mut Path, marker: Marker, x: f64, y: f64, r: f64) {
    match marker {
        Marker::Circle => path.circle(x, y, r),
        Marker::Square => {
            let h = r * 0.88;
            path.polygon(&[(x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h)]);
        }
        Marker::Triangle => {
            let (w, h) = (r * 1.15, r * 0.95);
            path.polygon(&[(x, y - h * 1.25), (x + w, y + h * 0.75), (x - w, y + h * 0.75)]);
        }
        Marker::Diamond => {
            let h = r * 1.25;
            path.polygon(&[(x, y - h), (x + h, y), (x, y + h), (x - h, y)]);
        }
    }
}
