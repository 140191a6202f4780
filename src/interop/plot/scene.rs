//! Shapes with roles instead of colours: what both file formats draw. Units are CSS pixels, y points down.

/// The role of a colour; the theme knows the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ink {
    Background,
    Text,
    Muted,
    Axis,
    Grid,
    Series(usize),
    /// A cell of a heat map, 0 to [`Ink::LEVELS`].
    Heat(u8),
    /// Text that can be read on such a cell.
    OnHeat(u8),
}

impl Ink {
    pub const LEVELS: u8 = 32;
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The area that both cover.
    pub fn overlap(&self, other: &Rect) -> f64 {
        let width = self.right().min(other.right()) - self.x.max(other.x);
        let height = self.bottom().min(other.bottom()) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    pub fn path(&self) -> Path {
        let mut path = Path::default();
        path.polygon(&[
            (self.x, self.y),
            (self.right(), self.y),
            (self.right(), self.bottom()),
            (self.x, self.bottom()),
        ]);
        path
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Segment {
    Move(f64, f64),
    Line(f64, f64),
    Cubic([f64; 6]),
    Close,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Path(pub Vec<Segment>);

impl Path {
    pub fn line(points: &[(f64, f64)]) -> Path {
        let mut path = Path::default();
        path.polyline(points);
        path
    }

    pub fn polyline(&mut self, points: &[(f64, f64)]) {
        for (i, &(x, y)) in points.iter().enumerate() {
            self.0.push(if i == 0 { Segment::Move(x, y) } else { Segment::Line(x, y) });
        }
    }

    pub fn polygon(&mut self, points: &[(f64, f64)]) {
        self.polyline(points);
        self.0.push(Segment::Close);
    }

    pub fn circle(&mut self, x: f64, y: f64, r: f64) {
        // The distance of the control points that makes four cubic arcs the best circle.
        let k = 0.5523 * r;
        self.0.push(Segment::Move(x + r, y));
        self.0.push(Segment::Cubic([x + r, y + k, x + k, y + r, x, y + r]));
        self.0.push(Segment::Cubic([x - k, y + r, x - r, y + k, x - r, y]));
        self.0.push(Segment::Cubic([x - r, y - k, x - k, y - r, x, y - r]));
        self.0.push(Segment::Cubic([x + k, y - r, x + r, y - k, x + r, y]));
        self.0.push(Segment::Close);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text; `x`, `y` is where its baseline starts, has its middle or ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub text: String,
    pub x: f64,
    pub y: f64,
    pub size: f64,
    pub anchor: Anchor,
    /// Clockwise, in degrees, around (x, y).
    pub turn: f64,
    pub ink: Ink,
    /// A line in the colour of the background around the letters.
    pub halo: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Fill {
        path: Path,
        ink: Ink,
        opacity: f64,
    },
    Stroke {
        path: Path,
        ink: Ink,
        width: f64,
        dash: &'static [f64],
    },
    Text(Text),
    /// Items of which only what lies in the rectangle is seen.
    Clip(Rect, Vec<Item>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub width: f64,
    pub height: f64,
    /// Read out by screen readers.
    pub title: String,
    pub items: Vec<Item>,
}
