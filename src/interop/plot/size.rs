use super::draw;
use super::figure::{Aspect, Figure, Layer, Ticks};
use super::look;

/// Width and height in CSS pixels (1/96 inch).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

impl Size {
    pub const fn new(width: f64, height: f64) -> Self {
        Size { width, height }
    }

    /// Sizes that can be drawn: 200 x 150 to 8000 x 8000.
    pub(super) fn clamped(self) -> Self {
        let within = |v: f64, least: f64| if v.is_finite() { v.clamp(least, 8000.0) } else { least };
        Size { width: within(self.width, 200.0), height: within(self.height, 150.0) }
    }
}

impl Figure {
    /// The size that suits the contents: more room for many rows, bars or classes.
    pub fn natural_size(&self) -> Size {
        let mut size = Size::new(720.0, 440.0);
        let (width, height) = self.natural_area();
        // Names of ticks take more or less room as the size changes; a few rounds settle it.
        for _ in 0..4 {
            let Some((now_width, now_height)) = draw::room(self, size) else { return size };
            let grown = |size: f64, wanted: Option<f64>, now: f64| wanted.map_or(size, |wanted| size + wanted - now);
            size.width = grown(size.width, width, now_width).clamp(320.0, 4000.0);
            size.height = grown(size.height, height, now_height).clamp(200.0, 4000.0);
        }
        Size::new(size.width.round(), size.height.round())
    }

    /// Width and height that the area within the axes should have, where it matters.
    fn natural_area(&self) -> (Option<f64>, Option<f64>) {
        for layer in &self.layers {
            match (layer, &self.y.ticks) {
                (Layer::Heatmap { rows }, _) => {
                    let columns = rows.first().map_or(0, Vec::len);
                    return (Some(cells(columns)), Some(cells(rows.len())));
                }
                (Layer::Bars { horizontal: true, .. }, Ticks::Categories(names)) => {
                    return (None, Some(names.len() as f64 * 20.0));
                }
                (Layer::Band { .. }, Ticks::Categories(names)) => return (None, Some(names.len() as f64 * 44.0)),
                _ => {}
            }
        }
        match self.aspect {
            Aspect::Square if look::entries(self).len() > 12 => (Some(480.0), Some(480.0)),
            Aspect::Square => (Some(420.0), Some(420.0)),
            Aspect::Free => (None, None),
        }
    }
}

/// Length of a side with that many cells: no less than shows their numbers, or, for very many, their shades.
fn cells(count: usize) -> f64 {
    let least = if count > 60 { 9.0 } else { 20.0 };
    (420.0 / count.max(1) as f64).clamp(least, 95.0) * count as f64
}
