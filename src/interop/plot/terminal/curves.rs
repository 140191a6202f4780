use super::super::downsample::runs;
use super::super::extent::Extent;
use super::super::figure::{Bar, Figure, Layer, Mark, Point, Ticks};
use super::super::look::{entries, looks};
use super::super::scale::Scale;
use super::axes;
use super::canvas::Canvas;
use super::letter;
use super::text::{Ink, clean, shortened};

/// Up to so many places where there are points, each is a sign; more are dots.
const FEW_PLACES: usize = 30;

/// The plot with its axes, about `rows` lines.
pub(super) fn lines(figure: &Figure, extent: Extent, columns: usize, rows: usize, color: bool) -> Vec<String> {
    let y_label = shortened(&clean(&figure.y.text()), columns);
    let below = if figure.x.text().is_empty() { 2 } else { 3 };
    let height = rows.saturating_sub(below + usize::from(!y_label.is_empty())).max(5);
    let (bottom, top) = (height as f64 * 4.0 - 1e-6, 0.0);
    let down = matches!(figure.y.ticks, Ticks::Categories(_));
    let (from, to) = if down { (top, bottom) } else { (bottom, top) };
    let y = Scale { log: figure.y.is_log(), lo: extent.y.0, hi: extent.y.1, from, to };
    let (y_ticks, left) = axes::y_ticks(&figure.y, &y, height, columns / 3);
    let width = columns.saturating_sub(left + 2).max(10);
    let x = Scale { log: figure.x.is_log(), lo: extent.x.0, hi: extent.x.1, from: 0.0, to: width as f64 * 2.0 - 1e-6 };
    let mut plot = Plot { canvas: Canvas::new(width, height), x, y };
    plot.draw(figure, color);
    let mut out = Vec::new();
    if !y_label.is_empty() {
        out.push(y_label);
    }
    let drawn = plot.canvas.lines(color).into_iter().enumerate();
    out.extend(drawn.map(|(row, line)| axes::left_of(row, &y_ticks, left, color) + &line));
    out.extend(axes::x_axis(&figure.x, &x, width, left + 1, color));
    out
}

struct Plot {
    canvas: Canvas,
    x: Scale,
    y: Scale,
}

impl Plot {
    fn draw(&mut self, figure: &Figure, color: bool) {
        let looks = looks(figure);
        // Reference lines first: data lie over them.
        for layer in &figure.layers {
            self.reference(layer);
        }
        for (layer, look) in figure.layers.iter().zip(&looks) {
            let ink = Ink::Series(look.color);
            match layer {
                Layer::Line { points, .. } => self.curve(points.iter().copied(), ink),
                Layer::Step { points, .. } => self.curve(stairs(points).into_iter(), ink),
                Layer::Points { points, .. } => self.scatter(points, ink),
                Layer::Band { points, .. } if matches!(figure.y.ticks, Ticks::Categories(_)) => {
                    self.filled(points, ink)
                }
                Layer::Band { points, .. } => self.band(points, ink),
                Layer::Bars { bars, horizontal, .. } => bars.iter().for_each(|b| self.bar(b, *horizontal, ink)),
                _ => {}
            }
        }
        if !color {
            self.letters(figure);
        }
        for (layer, look) in figure.layers.iter().zip(&looks) {
            if let Layer::Marks { marks, .. } = layer {
                self.marks(marks, Ink::Series(look.color));
            }
        }
        figure.layers.iter().for_each(|layer| self.labels(layer));
    }

    fn place(&self, (x, y): Point) -> Option<(f64, f64)> {
        self.x.place(x).zip(self.y.place(y))
    }

    fn curve(&mut self, points: impl Iterator<Item = Point>, ink: Ink) {
        let places: Vec<_> = points.map(|p| self.place(p)).collect();
        for run in runs(places.into_iter()) {
            // A point between two gaps has no line.
            if let [(x, y)] = run.as_slice() {
                self.sign((x / 2.0).floor() as i64, (y / 4.0).floor() as i64, ink);
            }
            run.windows(2).for_each(|pair| self.canvas.line(pair[0], pair[1], 1, ink));
        }
    }

    fn dot(&mut self, point: Point, ink: Ink) {
        if let Some((x, y)) = self.place(point) {
            self.canvas.dot(x.floor() as i64, y.floor() as i64, ink);
        }
    }

    /// A few places are signs, which are larger than dots.
    fn scatter(&mut self, points: &[Point], ink: Ink) {
        let place = |p: &Point| self.place(*p).map(|(x, y)| ((x / 2.0).floor() as i64, (y / 4.0).floor() as i64));
        let mut cells: Vec<(i64, i64)> = Vec::new();
        for cell in points.iter().filter_map(place) {
            if !cells.contains(&cell) {
                cells.push(cell);
            }
            if cells.len() > FEW_PLACES {
                return points.iter().for_each(|p| self.dot(*p, ink));
            }
        }
        cells.iter().for_each(|(column, row)| self.sign(*column, *row, ink));
    }

    fn sign(&mut self, column: i64, row: i64, ink: Ink) {
        self.canvas.write(column, row, "•", ink);
    }

    /// Upper and lower end, dotted.
    fn band(&mut self, points: &[(f64, f64, f64)], ink: Ink) {
        for end in [|p: &(f64, f64, f64)| (p.0, p.1), |p: &(f64, f64, f64)| (p.0, p.2)] {
            let places: Vec<_> = points.iter().map(|p| self.place(end(p))).collect();
            for run in runs(places.into_iter()) {
                run.windows(2).for_each(|pair| self.canvas.line(pair[0], pair[1], 3, ink));
            }
        }
    }

    /// All between the two ends: where names stand along the axis, the shape counts and nothing lies behind it.
    fn filled(&mut self, points: &[(f64, f64, f64)], ink: Ink) {
        for pair in points.windows(2) {
            let ((x0, lower, upper), (x1, ..)) = (pair[0], pair[1]);
            let at = self.place((x0, lower)).zip(self.place((x1, upper)));
            let Some(((left, bottom), (right, top))) = at.filter(|(a, b)| b.0 > a.0) else { continue };
            let (left, right) = (left.round() as i64, (right.round() as i64).max(left.round() as i64 + 1));
            for x in left.max(0)..right.min(self.canvas.columns as i64 * 2) {
                for y in (top.round() as i64).max(0)..(bottom.round() as i64).min(self.canvas.rows as i64 * 4) {
                    self.canvas.dot(x, y, ink);
                }
            }
        }
    }

    fn bar(&mut self, bar: &Bar, horizontal: bool, ink: Ink) {
        let ends = [bar.at - bar.width / 2.0, bar.at + bar.width / 2.0];
        let corner = |at: f64, value: f64| if horizontal { (value, at) } else { (at, value) };
        let Some(b) = self.place(corner(ends[1], bar.to)) else { return };
        let foot = if bar.from > 0.0 || !(self.x.log || self.y.log) { bar.from } else { bar.to.min(self.y.lo) };
        let Some(a) = self.place(corner(ends[0], foot)) else { return };
        let range =
            |a: f64, b: f64| (a.min(b).round() as i64, (a.max(b).round() as i64).max(a.min(b).round() as i64 + 1));
        let ((left, right), (top, bottom)) = (range(a.0, b.0), range(a.1, b.1));
        if bar.from == bar.to {
            return;
        }
        for x in left.max(0)..right.min(self.canvas.columns as i64 * 2) {
            for y in top.max(0)..bottom.min(self.canvas.rows as i64 * 4) {
                self.canvas.dot(x, y, ink);
            }
        }
    }

    fn reference(&mut self, layer: &Layer) {
        let (right, bottom) = (self.canvas.columns as f64 * 2.0, self.canvas.rows as f64 * 4.0);
        let (lo, hi) = (self.x.lo.max(self.y.lo), self.x.hi.min(self.y.hi));
        let ends = match layer {
            Layer::VerticalLine { x, .. } => self.x.place(*x).map(|x| ((x, 0.0), (x, bottom))),
            Layer::HorizontalLine { y, .. } => self.y.place(*y).map(|y| ((0.0, y), (right, y))),
            Layer::Diagonal { .. } if lo < hi => self.place((lo, lo)).zip(self.place((hi, hi))),
            _ => None,
        };
        if let Some((from, to)) = ends {
            self.canvas.line(from, to, 3, Ink::Muted);
        }
    }

    /// Letters on the lines, where there are no colours: every so many columns, each series at others.
    fn letters(&mut self, figure: &Figure) {
        let entries = entries(figure);
        let apart = (entries.len() * 3).clamp(16, self.canvas.columns.max(16));
        for (i, entry) in entries.iter().enumerate() {
            let ink = Ink::Series(entry.look.color);
            let first = 3 + i * apart / entries.len().max(1);
            for column in (first..self.canvas.columns).step_by(apart) {
                if let Some(row) = self.canvas.row_of(column, ink) {
                    self.canvas.write(column as i64, row as i64, &letter(i).to_string(), ink);
                }
            }
        }
    }

    fn marks(&mut self, marks: &[Mark], ink: Ink) {
        let places: Vec<_> = marks.iter().filter_map(|m| Some((self.place(m.at)?, clean(&m.label)))).collect();
        let cell = |(x, y): (f64, f64)| ((x / 2.0).floor() as i64, (y / 4.0).floor() as i64);
        for (at, _) in &places {
            let (column, row) = cell(*at);
            self.canvas.write(column, row, "●", ink);
        }
        for (at, label) in &places {
            let (column, row) = cell(*at);
            let width = super::text::width(label) as i64;
            let rows = [row, row - 1, row + 1, row - 2, row + 2, row - 3, row + 3];
            let places: Vec<_> = rows
                .into_iter()
                .flat_map(|r| [(column + 2, r), (column - 1 - width, r), (column - width / 2, r)])
                .collect();
            self.put(label, &places, Ink::Plain);
        }
    }

    fn labels(&mut self, layer: &Layer) {
        let last = |text: &str| self.canvas.columns as i64 - super::text::width(text) as i64 - 1;
        let (text, places) = match layer {
            Layer::VerticalLine { x, label } => {
                let Some(x) = self.x.place(*x) else { return };
                let (text, column) = (clean(label), (x / 2.0).floor() as i64);
                let width = super::text::width(&text) as i64;
                let rows = 0..self.canvas.rows.min(6) as i64;
                (text, rows.flat_map(|r| [(column + 2, r), (column - 1 - width, r)]).collect())
            }
            Layer::HorizontalLine { y, label } => {
                let Some(y) = self.y.place(*y) else { return };
                let (text, row) = (clean(label), (y / 4.0).floor() as i64);
                let columns = [last(&text), 1, last(&text) / 2];
                (text, columns.into_iter().flat_map(|c| [(c, row - 1), (c, row + 1)]).collect::<Vec<_>>())
            }
            Layer::Diagonal { label } => {
                let (lo, hi) = (self.x.lo.max(self.y.lo), self.x.hi.min(self.y.hi));
                let at = |part: f64| self.place((lo + (hi - lo) * part, lo + (hi - lo) * part));
                let places = [0.75, 0.5, 0.25].into_iter().filter_map(at);
                (clean(label), places.map(|(x, y)| ((x / 2.0) as i64 + 3, (y / 4.0) as i64 + 1)).collect())
            }
            _ => return,
        };
        self.put(&text, &places, Ink::Muted);
    }

    /// Writes at the place that covers least; a text that fits nowhere is left out.
    fn put(&mut self, text: &str, places: &[(i64, i64)], ink: Ink) {
        let free = places.iter().filter_map(|&(c, r)| Some((self.canvas.covered(c, r, text)?, c, r)));
        if let Some((cost, column, row)) = free.min_by_key(|(cost, ..)| *cost)
            && cost < 1000
            && !text.is_empty()
        {
            self.canvas.write(column, row, text, ink);
        }
    }
}

fn stairs(points: &[Point]) -> Vec<Point> {
    let mut out = Vec::with_capacity(points.len() * 2);
    let mut last: Option<f64> = None;
    for &(x, y) in points {
        if let Some(before) = last.filter(|_| y.is_finite()) {
            out.push((x, before));
        }
        out.push((x, y));
        last = Some(y).filter(|y| y.is_finite());
    }
    out
}
