//! Which colour, dash and marker each layer gets, and what the legend lists.

use super::figure::{Dash, Figure, Layer, Legend, Marker};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub color: usize,
    pub dash: Dash,
    pub marker: Marker,
}

const DASHES: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDot];
const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];

/// One look a layer. Numbers of colours, dashes and markers have no common divisor, so 28 lines differ.
pub(super) fn looks(figure: &Figure) -> Vec<Look> {
    let mut next = 0;
    let looks = figure.layers.iter().map(|layer| {
        let style = layer.style();
        let number = style.color.unwrap_or(next);
        let takes_one = matches!(
            layer,
            Layer::Line { .. } | Layer::Step { .. } | Layer::Points { .. } | Layer::Band { .. } | Layer::Bars { .. }
        );
        if takes_one && style.color.is_none() {
            next += 1;
        }
        Look {
            color: number,
            dash: style.dash.unwrap_or(DASHES[number % DASHES.len()]),
            marker: style.marker.unwrap_or(MARKERS[number % MARKERS.len()]),
        }
    });
    looks.collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swatch {
    Line,
    Points,
    Area,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub name: String,
    pub look: Look,
    pub swatch: Swatch,
    /// Number of the layer.
    pub layer: usize,
}

/// What the legend lists: layers with a name, if there is more than one.
pub(super) fn entries(figure: &Figure) -> Vec<Entry> {
    if figure.legend == Legend::Never {
        return Vec::new();
    }
    let named = figure.layers.iter().zip(looks(figure)).enumerate().filter(|(_, (layer, _))| !layer.name().is_empty());
    let entries = named.map(|(i, (layer, look))| Entry {
        name: layer.name().to_string(),
        look,
        swatch: match layer {
            Layer::Points { .. } => Swatch::Points,
            Layer::Band { .. } | Layer::Bars { .. } => Swatch::Area,
            _ => Swatch::Line,
        },
        layer: i,
    });
    let entries: Vec<_> = entries.collect();
    if entries.len() > 1 { entries } else { Vec::new() }
}

pub(super) fn dash_lengths(dash: Dash) -> &'static [f64] {
    match dash {
        Dash::Solid => &[],
        Dash::Dashed => &[7.0, 4.0],
        Dash::Dotted => &[2.0, 3.0],
        Dash::DashDot => &[8.0, 3.0, 2.0, 3.0],
    }
}
