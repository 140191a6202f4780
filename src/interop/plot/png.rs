//! A scene as PNG, with tiny-skia.

use tiny_skia::{Color, FillRule, Mask, Paint, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

use super::PlotFault;
use super::font;
use super::scene::{Anchor, Ink, Item, Path, Scene, Segment, Text};
use super::theme::Theme;

/// Device pixels in a CSS pixel: sharp on today's screens.
const DENSITY: f64 = 2.0;

pub(super) fn png(scene: &Scene, theme: Theme) -> Result<Vec<u8>, PlotFault> {
    let [width, height] = [scene.width, scene.height].map(|v| (v * DENSITY).ceil() as u32);
    let pixmap = Pixmap::new(width, height).ok_or(PlotFault::TooLarge { width, height })?;
    let transform = Transform::from_scale(DENSITY as f32, DENSITY as f32);
    let mut painter = Painter { pixmap, theme, transform, mask: None };
    scene.items.iter().for_each(|item| painter.item(item));
    painter.pixmap.encode_png().map_err(|e| PlotFault::Encode(e.to_string()))
}

struct Painter {
    pixmap: Pixmap,
    theme: Theme,
    transform: Transform,
    mask: Option<Mask>,
}

impl Painter {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Fill { path, ink, opacity } => self.fill(path, *ink, *opacity, self.transform),
            Item::Stroke { path, ink, width, dash } => self.stroke(path, *ink, *width, dash, self.transform),
            Item::Text(text) => self.text(text),
            Item::Clip(rect, items) => {
                let mask = build(&rect.path()).and_then(|path| {
                    let mut mask = Mask::new(self.pixmap.width(), self.pixmap.height())?;
                    mask.fill_path(&path, FillRule::Winding, true, self.transform);
                    Some(mask)
                });
                let outer = std::mem::replace(&mut self.mask, mask);
                items.iter().for_each(|item| self.item(item));
                self.mask = outer;
            }
        }
    }

    fn fill(&mut self, path: &Path, ink: Ink, opacity: f64, transform: Transform) {
        let Some(path) = build(path) else { return };
        let paint = self.paint(ink, opacity);
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, transform, self.mask.as_ref());
    }

    fn stroke(&mut self, path: &Path, ink: Ink, width: f64, dash: &[f64], transform: Transform) {
        let Some(path) = build(path) else { return };
        let lengths = dash.iter().map(|l| *l as f32).collect();
        let stroke = Stroke {
            width: width as f32,
            line_join: tiny_skia::LineJoin::Round,
            dash: StrokeDash::new(lengths, 0.0),
            ..Stroke::default()
        };
        let paint = self.paint(ink, 1.0);
        self.pixmap.stroke_path(&path, &paint, &stroke, transform, self.mask.as_ref());
    }

    fn text(&mut self, text: &Text) {
        let shift = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::width(&text.text, 0.5),
            Anchor::End => font::width(&text.text, 1.0),
        };
        let mut letters = Path::default();
        for placed in font::place(&text.text) {
            let dx = placed.x - shift;
            letters.0.extend(font::outline(placed.glyph).0.into_iter().map(|s| moved(s, dx)));
        }
        let size = text.size as f32;
        let transform = self
            .transform
            .pre_translate(text.x as f32, text.y as f32)
            .pre_concat(Transform::from_rotate(text.turn as f32))
            .pre_scale(size, size);
        if text.halo {
            self.stroke(&letters, Ink::Background, 3.0 / text.size, &[], transform);
        }
        self.fill(&letters, text.ink, 1.0, transform);
    }

    fn paint(&self, ink: Ink, opacity: f64) -> Paint<'static> {
        let [r, g, b] = self.theme.rgb(ink);
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(Color::from_rgba8(r, g, b, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8));
        paint
    }
}

fn moved(segment: Segment, dx: f64) -> Segment {
    match segment {
        Segment::Move(x, y) => Segment::Move(x + dx, y),
        Segment::Line(x, y) => Segment::Line(x + dx, y),
        Segment::Cubic([a, b, c, d, e, f]) => Segment::Cubic([a + dx, b, c + dx, d, e + dx, f]),
        Segment::Close => Segment::Close,
    }
}

fn build(path: &Path) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    for segment in &path.0 {
        match *segment {
            Segment::Move(x, y) => builder.move_to(x as f32, y as f32),
            Segment::Line(x, y) => builder.line_to(x as f32, y as f32),
            Segment::Cubic(c) => {
                let [a, b, c, d, e, f] = c.map(|v| v as f32);
                builder.cubic_to(a, b, c, d, e, f);
            }
            Segment::Close => builder.close(),
        }
    }
    builder.finish()
}
