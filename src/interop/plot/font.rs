//! The font that comes with the program, as outlines, so that text looks the same everywhere.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::scene::{Path, Segment};

static FACE: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(include_bytes!("../../../assets/fonts/plot.otf"), 0).ok());

/// Height of a capital letter, as a part of the font's size.
pub(super) const CAP_HEIGHT: f64 = 0.727;

/// A letter of a text and its distance from the text's start, as a part of the font's size.
pub(super) struct Placed {
    pub glyph: u16,
    pub x: f64,
}

/// Width of a line of text in the units of `size`.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// Whether the font has every letter of the text.
pub(super) fn covers(text: &str) -> bool {
    FACE.as_ref().is_some_and(|face| text.chars().all(|c| face.glyph_index(c).is_some()))
}

pub(super) fn place(text: &str) -> Vec<Placed> {
    let mut x = 0.0;
    let mut placed = Vec::new();
    for c in text.chars() {
        placed.push(Placed { glyph: glyph(c).0, x });
        x += advance(c);
    }
    placed
}

/// The outline of a letter at size 1, y down, from the start of its baseline.
pub(super) fn outline(glyph: u16) -> Path {
    let Some(face) = FACE.as_ref() else { return Path::default() };
    let mut pen = Pen { path: Path::default(), scale: 1.0 / f64::from(face.units_per_em()) };
    face.outline_glyph(GlyphId(glyph), &mut pen);
    pen.path
}

/// The text, or as much of its start and end as fits `limit`, with an ellipsis between.
pub(super) fn shortened(text: &str, size: f64, limit: f64) -> String {
    if width(text, size) <= limit {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    for kept in (2..letters.len()).rev() {
        let head = kept.div_ceil(2);
        let short: String =
            letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - (kept - head)..]).collect();
        if width(&short, size) <= limit {
            return short;
        }
    }
    "…".to_string()
}

/// The text in lines no wider than `limit`, broken at spaces or else behind `_`, `.`, `/`, `-`, at most `lines` of them.
pub(super) fn wrapped(text: &str, size: f64, limit: f64, lines: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    for piece in text.split_inclusive([' ', '_', '.', '/', '-']) {
        let last = out.len() - 1;
        let longer = format!("{}{piece}", out[last]);
        if out[last].is_empty() || width(longer.trim_end(), size) <= limit || out.len() == lines {
            out[last] = longer;
        } else {
            out.push(piece.to_string());
        }
    }
    out.iter().map(|line| shortened(line.trim_end(), size, limit)).collect()
}

fn glyph(c: char) -> GlyphId {
    FACE.as_ref().and_then(|face| face.glyph_index(c)).unwrap_or(GlyphId(0))
}

fn advance(c: char) -> f64 {
    static ADVANCES: LazyLock<BTreeMap<char, f64>> = LazyLock::new(|| (' '..='~').map(|c| (c, measure(c))).collect());
    ADVANCES.get(&c).copied().unwrap_or_else(|| measure(c))
}

/// Letters the font lacks are drawn by the viewer's font, or as a box: East Asian ones are as wide as high.
fn measure(c: char) -> f64 {
    let known = FACE.as_ref().and_then(|face| {
        let advance = face.glyph_hor_advance(face.glyph_index(c)?)?;
        Some(f64::from(advance) / f64::from(face.units_per_em()))
    });
    known.unwrap_or_else(|| unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) as f64 * 0.52)
}

struct Pen {
    path: Path,
    scale: f64,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f64, f64) {
        (f64::from(x) * self.scale, -f64::from(y) * self.scale)
    }

    fn last(&self) -> (f64, f64) {
        match self.path.0.last() {
            Some(Segment::Move(x, y) | Segment::Line(x, y) | Segment::Cubic([.., x, y])) => (*x, *y),
            _ => (0.0, 0.0),
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.0.push(Segment::Move(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.0.push(Segment::Line(x, y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x0, y0), (x1, y1), (x, y)) = (self.last(), self.at(x1, y1), self.at(x, y));
        let toward = |from: f64, to: f64| from + (to - from) * 2.0 / 3.0;
        let cubic = [toward(x0, x1), toward(y0, y1), toward(x, x1), toward(y, y1), x, y];
        self.path.0.push(Segment::Cubic(cubic));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.0.push(Segment::Cubic([x1, y1, x2, y2, x, y]));
    }

    fn close(&mut self) {
        self.path.0.push(Segment::Close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_that_comes_along_has_what_plots_need() {
        assert!(covers("AZaz09 −+×·%′″ σθλπ Привет Łőß ≤≥≈∞√Σ∂ →… x² H₂O \u{202f}|"));
        assert!(!outline(glyph('g').0).0.is_empty());
        assert!(!covers("数"));
    }

    #[test]
    fn long_text_is_shortened_in_the_middle_and_fits() {
        let text = "distance_from_home_in_kilometres";
        let short = shortened(text, 12.0, 100.0);
        assert!(width(&short, 12.0) <= 100.0);
        assert!(short.starts_with("dist") && short.ends_with("tres") && short.contains('…'), "{short}");
        assert_eq!(shortened("age", 12.0, 100.0), "age");
        assert_eq!(shortened("age", 12.0, 0.0), "…");
    }

    #[test]
    fn lines_break_at_spaces_and_inside_names() {
        let lines = wrapped("feature_extractor.layer1.conv2 of the model", 12.0, 110.0, 4);
        assert!(lines.len() >= 3 && lines.iter().all(|l| width(l, 12.0) <= 110.0), "{lines:?}");
        assert_eq!(lines.join("").replace(' ', ""), "feature_extractor.layer1.conv2ofthemodel");
        assert_eq!(wrapped("", 12.0, 100.0, 2), [""]);
    }
}
