//! Plots: one model of a figure, drawn as SVG, as PNG and on a terminal.
//!
//! A [`Figure`] says what is shown. [`chart`] has a constructor for each plot of the language. Files go through a scene
//! of shapes with roles instead of colours, so that SVG and PNG look the same; text is drawn as outlines of the font
//! that comes along. The terminal has a layout of its own, in cells.

pub mod chart;
pub mod diagram;
mod downsample;
mod draw;
mod extent;
mod figure;
mod font;
mod look;
mod names;
mod png;
mod scale;
mod scene;
mod size;
mod svg;
mod terminal;
mod theme;
mod ticks;

pub use figure::{Aspect, AxisSpec, Bar, Cell, Dash, Figure, Layer, Legend, Mark, Marker, Point, Style, Ticks};
pub use size::Size;
pub use theme::Theme;

use crate::diag::{Diagnostic, codes};

/// Why a picture could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlotFault {
    #[error("a picture of {width} x {height} pixels is too large")]
    TooLarge { width: u32, height: u32 },
    #[error("the picture can't be encoded: {0}")]
    Encode(String),
}

impl From<PlotFault> for Diagnostic {
    fn from(fault: PlotFault) -> Diagnostic {
        Diagnostic::new(&codes::OUTPUT, fault.to_string()).help("save it as SVG, which has no limit")
    }
}

impl Figure {
    /// One SVG file, light or dark by the viewer's preference; text is outlined and needs no font.
    pub fn svg(&self, size: Size) -> String {
        svg::svg(&draw::scene(self, size))
    }

    /// One PNG file, two pixels for each unit of the size.
    ///
    /// # Errors
    /// The picture is too large for memory.
    pub fn png(&self, size: Size, theme: Theme) -> Result<Vec<u8>, PlotFault> {
        png::png(&draw::scene(self, size), theme)
    }

    /// Lines of text, none wider than `columns`, drawn with braille patterns; about `rows` lines for the plot and its
    /// axes, more for tables and for long legends. `color` adds ANSI escapes; without it letters tell lines apart.
    pub fn terminal(&self, columns: usize, rows: usize, color: bool) -> String {
        terminal::render(self, columns, rows, color)
    }
}

#[cfg(test)]
mod tests;
