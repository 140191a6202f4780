//! A scene as SVG 1.1: one file, no font needed, light and dark by the viewer's preference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::font;
use super::scene::{Anchor, Ink, Item, Path, Rect, Scene, Segment, Text};
use super::theme::Theme;

pub(super) fn svg(scene: &Scene) -> String {
    let mut out = Writer::default();
    scene.items.iter().for_each(|item| out.item(item));
    let (w, h, title) = (short(scene.width), short(scene.height), escaped(&scene.title));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n\
         <title>{title}</title>\n{}",
        style(&out.inks)
    );
    svg.push_str("<defs>\n");
    for glyph in &out.glyphs {
        let _ = writeln!(svg, "<path id=\"g{glyph}\" d=\"{}\"/>", glyph_data(*glyph));
    }
    out.clips.values().for_each(|clip| svg.push_str(clip));
    svg.push_str("</defs>\n");
    svg.push_str(&out.body);
    svg.push_str("</svg>\n");
    svg
}

#[derive(Default)]
struct Writer {
    body: String,
    inks: BTreeSet<Ink>,
    glyphs: BTreeSet<u16>,
    clips: BTreeMap<String, String>,
}

impl Writer {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Fill { path, .. } | Item::Stroke { path, .. } if path.0.is_empty() => {}
            Item::Fill { path, ink, opacity } => {
                let class = self.class(*ink);
                let opacity = if *opacity < 1.0 { format!(" opacity=\"{}\"", short(*opacity)) } else { String::new() };
                let _ = writeln!(self.body, "<path class=\"{class}\"{opacity} d=\"{}\"/>", data(path));
            }
            Item::Stroke { path, ink, width, dash } => {
                let class = self.class(*ink);
                let dash = match *dash {
                    [] => String::new(),
                    lengths => {
                        let lengths: Vec<String> = lengths.iter().map(|l| short(*l)).collect();
                        format!(" stroke-dasharray=\"{}\"", lengths.join(" "))
                    }
                };
                let width = short(*width);
                let _ = writeln!(
                    self.body,
                    "<path class=\"{class} l\" stroke-width=\"{width}\"{dash} d=\"{}\"/>",
                    data(path)
                );
            }
            Item::Text(text) if font::covers(&text.text) => self.outlined(text),
            Item::Text(text) => self.written(text),
            Item::Clip(rect, items) => self.clipped(*rect, items),
        }
    }

    fn class(&mut self, ink: Ink) -> String {
        self.inks.insert(ink);
        class(ink)
    }

    fn clipped(&mut self, rect: Rect, items: &[Item]) {
        // The name says the rectangle, so that pictures in one page can't mix theirs up.
        let [x, y, w, h] = [rect.x, rect.y, rect.width, rect.height].map(short);
        let id = format!("c{x}-{y}-{w}-{h}").replace('.', "_");
        let clip = format!("<clipPath id=\"{id}\"><path d=\"{}\"/></clipPath>\n", data(&rect.path()));
        self.clips.insert(id.clone(), clip);
        let _ = writeln!(self.body, "<g clip-path=\"url(#{id})\">");
        items.iter().for_each(|item| self.item(item));
        self.body.push_str("</g>\n");
    }

    fn outlined(&mut self, text: &Text) {
        let class = self.class(text.ink);
        let shift = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::width(&text.text, 0.5),
            Anchor::End => font::width(&text.text, 1.0),
        };
        let halo = if text.halo { self.halo(3.0 / text.size * GLYPH_UNITS) } else { String::new() };
        let transform = transform(text, text.size / GLYPH_UNITS);
        let name = escaped(&text.text);
        let _ = write!(self.body, "<g class=\"{class}{}\" {transform} aria-label=\"{name}\">", halo);
        for placed in font::place(&text.text) {
            if font::outline(placed.glyph).0.is_empty() {
                continue;
            }
            self.glyphs.insert(placed.glyph);
            let x = ((placed.x - shift) * GLYPH_UNITS).round();
            let _ = write!(self.body, "<use href=\"#g{}\" x=\"{x}\"/>", placed.glyph);
        }
        self.body.push_str("</g>\n");
    }

    /// Letters that our font lacks are left to the viewer's fonts.
    fn written(&mut self, text: &Text) {
        let class = self.class(text.ink);
        let anchor = match text.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (size, halo) = (short(text.size), if text.halo { self.halo(3.0) } else { String::new() });
        let _ = writeln!(
            self.body,
            "<text class=\"{class}{halo}\" {} font-family=\"Inter, sans-serif\" font-size=\"{size}\" \
             text-anchor=\"{anchor}\">{}</text>",
            transform(text, 1.0),
            escaped(&text.text)
        );
    }

    /// The rest of the attribute `class`, and the width of the halo.
    fn halo(&mut self, width: f64) -> String {
        self.inks.insert(Ink::Background);
        format!(" halo\" stroke-width=\"{}", short(width))
    }
}

/// Letters are drawn on a grid of this many units for the font's size.
const GLYPH_UNITS: f64 = 1000.0;

fn glyph_data(glyph: u16) -> String {
    let scaled = font::outline(glyph).0.into_iter().map(|segment| {
        let grid = |v: f64| (v * GLYPH_UNITS).round();
        match segment {
            Segment::Move(x, y) => Segment::Move(grid(x), grid(y)),
            Segment::Line(x, y) => Segment::Line(grid(x), grid(y)),
            Segment::Cubic(c) => Segment::Cubic(c.map(grid)),
            Segment::Close => Segment::Close,
        }
    });
    data(&Path(scaled.collect()))
}

fn transform(text: &Text, scale: f64) -> String {
    let mut out = format!("transform=\"translate({} {})", short(text.x), short(text.y));
    if text.turn != 0.0 {
        let _ = write!(out, " rotate({})", short(text.turn));
    }
    if scale != 1.0 {
        let _ = write!(out, " scale({scale:.5})");
    }
    out + "\""
}

fn data(path: &Path) -> String {
    let mut out = String::new();
    for segment in &path.0 {
        match segment {
            Segment::Move(x, y) => pair(&mut out, 'M', &[*x, *y]),
            Segment::Line(x, y) => pair(&mut out, 'L', &[*x, *y]),
            Segment::Cubic(c) => pair(&mut out, 'C', c),
            Segment::Close => out.push('Z'),
        }
    }
    out
}

fn pair(out: &mut String, command: char, numbers: &[f64]) {
    out.push(command);
    for (i, number) in numbers.iter().enumerate() {
        let text = short(*number);
        if i > 0 && !text.starts_with('-') {
            out.push(' ');
        }
        out.push_str(&text);
    }
}

/// Two digits behind the point at most: a hundredth of a pixel.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

fn class(ink: Ink) -> String {
    match ink {
        Ink::Background => "bg".into(),
        Ink::Text => "tx".into(),
        Ink::Muted => "mu".into(),
        Ink::Axis => "ax".into(),
        Ink::Grid => "gr".into(),
        Ink::Series(i) => format!("s{}", i % super::theme::COLORS),
        Ink::Heat(level) => format!("h{level}"),
        Ink::OnHeat(level) => format!("o{level}"),
    }
}

fn style(inks: &BTreeSet<Ink>) -> String {
    let by_class: BTreeMap<String, Ink> = inks.iter().map(|ink| (class(*ink), *ink)).collect();
    let rules = |theme: Theme| {
        let rule = |(class, ink): (&String, &Ink)| {
            let [r, g, b] = theme.rgb(*ink);
            format!(".{class}{{fill:#{r:02x}{g:02x}{b:02x}}}.{class}.l{{stroke:#{r:02x}{g:02x}{b:02x}}}")
        };
        let [r, g, b] = theme.rgb(Ink::Background);
        by_class.iter().map(rule).collect::<String>() + &format!(".halo{{stroke:#{r:02x}{g:02x}{b:02x}}}")
    };
    format!(
        "<style>{}@media (prefers-color-scheme:dark){{{}}}\
         .l{{fill:none!important;stroke-linejoin:round;stroke-linecap:butt}}\
         .halo{{paint-order:stroke;stroke-linejoin:round}}</style>\n",
        rules(Theme::Light),
        rules(Theme::Dark)
    )
}

/// For text and attributes; characters that XML forbids become a replacement.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
