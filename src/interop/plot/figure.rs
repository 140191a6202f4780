/// A point in the units of the axes. One that is not finite, or not positive on a logarithmic axis, is a gap.
pub type Point = (f64, f64);

/// One plot: what is shown, free of any size, colour or medium.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    pub title: String,
    /// A line below the title: the one number to take away, or what was left out.
    pub note: String,
    pub x: AxisSpec,
    pub y: AxisSpec,
    pub layers: Vec<Layer>,
    pub legend: Legend,
    pub aspect: Aspect,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxisSpec {
    pub label: String,
    /// Stands in parentheses behind the label.
    pub unit: Option<String>,
    /// Both ends; follows from the data if absent.
    pub range: Option<(f64, f64)>,
    pub log: bool,
    pub ticks: Ticks,
}

/// What stands along an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Ticks {
    /// Round numbers: 1, 2 or 5 times a power of ten.
    #[default]
    Auto,
    /// Round numbers, whole ones only: epochs, counts.
    Whole,
    /// Names at 0, 1, 2, …; on a y axis the first one is at the top.
    Categories(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legend {
    /// Shown when more than one layer has a name.
    #[default]
    Auto,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aspect {
    /// Fills the size it is given.
    #[default]
    Free,
    /// Both axes have the same length.
    Square,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dash {
    #[default]
    Solid,
    Dashed,
    Dotted,
    DashDot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// How a layer looks. What is absent follows from the layer's place among those with a name, and differs between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Number of the colour; a band and a line that belong together share it.
    pub color: Option<usize>,
    pub dash: Option<Dash>,
    pub marker: Option<Marker>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Middle of the bar on the axis that it stands on.
    pub at: f64,
    /// Thickness along that axis.
    pub width: f64,
    pub from: f64,
    pub to: f64,
    /// Ends of an error bar.
    pub error: Option<(f64, f64)>,
    /// Stands behind the end of the bar.
    pub text: String,
}

/// A place to point out.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub at: Point,
    pub label: String,
}

/// A cell of a heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// 0 is the background, 1 the strongest colour.
    pub shade: f64,
    pub text: String,
}

/// One thing drawn; later layers lie on top. Layers with a name are in the legend.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    Line {
        name: String,
        points: Vec<Point>,
        style: Style,
    },
    /// Keeps its value up to the next point.
    Step {
        name: String,
        points: Vec<Point>,
        style: Style,
    },
    Points {
        name: String,
        points: Vec<Point>,
        style: Style,
    },
    /// The area between two values at each x: `(x, lower, upper)`.
    Band {
        name: String,
        points: Vec<(f64, f64, f64)>,
        style: Style,
    },
    Bars {
        name: String,
        bars: Vec<Bar>,
        horizontal: bool,
        style: Style,
    },
    Marks {
        marks: Vec<Mark>,
        style: Style,
    },
    /// y = x.
    Diagonal {
        label: String,
    },
    VerticalLine {
        x: f64,
        label: String,
    },
    HorizontalLine {
        y: f64,
        label: String,
    },
    /// The cell in row r and column c is centred at (c, r); a row has as many cells as there are columns.
    Heatmap {
        rows: Vec<Vec<Cell>>,
    },
}

impl AxisSpec {
    pub fn new(label: impl Into<String>) -> Self {
        AxisSpec { label: label.into(), ..AxisSpec::default() }
    }

    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into()).filter(|u: &String| !u.is_empty());
        self
    }

    pub fn range(mut self, from: f64, to: f64) -> Self {
        self.range = Some((from, to));
        self
    }

    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    pub fn whole(mut self) -> Self {
        self.ticks = Ticks::Whole;
        self
    }

    pub fn categories(mut self, names: Vec<String>) -> Self {
        self.ticks = Ticks::Categories(names);
        self
    }

    /// Names stand at whole numbers, so they are never on a logarithmic axis.
    pub(super) fn is_log(&self) -> bool {
        self.log && !matches!(self.ticks, Ticks::Categories(_))
    }

    /// Label and unit, as shown.
    pub fn text(&self) -> String {
        match &self.unit {
            Some(unit) if self.label.is_empty() => unit.clone(),
            Some(unit) => format!("{} ({unit})", self.label),
            None => self.label.clone(),
        }
    }
}

impl Layer {
    pub fn name(&self) -> &str {
        match self {
            Layer::Line { name, .. }
            | Layer::Step { name, .. }
            | Layer::Points { name, .. }
            | Layer::Band { name, .. }
            | Layer::Bars { name, .. } => name,
            _ => "",
        }
    }

    pub fn style(&self) -> Style {
        match self {
            Layer::Line { style, .. }
            | Layer::Step { style, .. }
            | Layer::Points { style, .. }
            | Layer::Band { style, .. }
            | Layer::Bars { style, .. }
            | Layer::Marks { style, .. } => *style,
            _ => Style::default(),
        }
    }
}
