//! Where the plot's area lies once its ticks and labels have their room.

use super::super::extent::Extent;
use super::super::figure::{Aspect, AxisSpec, Figure, Layer, Ticks};
use super::super::font;
use super::super::names::distinct;
use super::super::scale::Scale;
use super::super::scene::Rect;
use super::super::ticks::{self, TickList};
use super::{LABEL_SIZE, LINE, TICK_SIZE};

/// The name of a tick at a place, and how it stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub text: String,
}

pub(super) struct Frame {
    pub area: Rect,
    /// The area before it was made square.
    pub room: Rect,
    pub x: Scale,
    pub y: Scale,
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<Tick>,
    /// 0, 45 or 90 degrees.
    pub x_turn: f64,
    /// Room below the area for the names of the ticks.
    pub x_room: f64,
    /// Room to the left for the names of the ticks.
    pub y_room: f64,
    pub x_label: Vec<String>,
    pub y_label: Vec<String>,
}

pub(super) const TICK_GAP: f64 = 7.0;

impl Frame {
    pub fn fit(figure: &Figure, extent: Extent, free: Rect) -> Frame {
        let mut frame = Frame {
            area: free,
            room: free,
            x: Scale { log: figure.x.is_log(), lo: extent.x.0, hi: extent.x.1, from: 0.0, to: 1.0 },
            y: Scale { log: figure.y.is_log(), lo: extent.y.0, hi: extent.y.1, from: 1.0, to: 0.0 },
            x_ticks: Vec::new(),
            y_ticks: Vec::new(),
            x_turn: 0.0,
            x_room: TICK_SIZE,
            y_room: 30.0,
            x_label: font::wrapped(&figure.x.text(), LABEL_SIZE, free.width * 0.9, 2),
            y_label: Vec::new(),
        };
        // Room depends on the ticks, they depend on the room that is left: two rounds settle it.
        for _ in 0..2 {
            frame.place(figure, free);
            frame.ticks(figure, free);
        }
        frame.place(figure, free);
        frame
    }

    fn place(&mut self, figure: &Figure, free: Rect) {
        self.y_label = font::wrapped(&figure.y.text(), LABEL_SIZE, (free.height - self.x_room) * 0.95, 2);
        let lines = |text: &[String]| match text {
            [only] if only.is_empty() => 0.0,
            _ => text.len() as f64 * LABEL_SIZE * LINE + 5.0,
        };
        let left = self.y_room + TICK_GAP + lines(&self.y_label);
        let bottom = self.x_room + TICK_GAP + lines(&self.x_label);
        // Half of the name of a tick at the right end.
        let right = if self.x_turn == 0.0 { self.last_overhang(free) } else { 4.0 };
        self.area = Rect {
            x: free.x + left.max(self.first_overhang()),
            y: free.y + TICK_SIZE / 2.0,
            width: (free.width - left.max(self.first_overhang()) - right).max(40.0),
            height: (free.height - TICK_SIZE / 2.0 - bottom).max(30.0),
        };
        self.room = self.area;
        if figure.aspect == Aspect::Square {
            let side = self.area.width.min(self.area.height);
            self.area = Rect { width: side, height: side, ..self.area };
        }
        (self.x.from, self.x.to) = (self.area.x, self.area.right());
        let down = matches!(figure.y.ticks, Ticks::Categories(_));
        (self.y.from, self.y.to) =
            if down { (self.area.y, self.area.bottom()) } else { (self.area.bottom(), self.area.y) };
    }

    fn last_overhang(&self, free: Rect) -> f64 {
        let over = self.x_ticks.iter().filter_map(|t| {
            let end = self.x.place(t.value)? + font::width(&t.text, TICK_SIZE) / 2.0;
            Some(end - self.area.right())
        });
        over.fold(4.0, f64::max).min(free.width / 4.0)
    }

    /// How far slanted names reach left of the area.
    fn first_overhang(&self) -> f64 {
        if self.x_turn != 45.0 {
            return 0.0;
        }
        let over = self.x_ticks.iter().filter_map(|t| {
            Some(font::width(&t.text, TICK_SIZE) * 0.71 + 4.0 - (self.x.place(t.value)? - self.area.x))
        });
        over.fold(0.0, f64::max)
    }

    fn ticks(&mut self, figure: &Figure, free: Rect) {
        self.y_ticks = match &figure.y.ticks {
            Ticks::Categories(names) => {
                let every = every(names.len(), self.area.height, TICK_SIZE * 1.1);
                named(names, every, free.width * 0.35)
            }
            _ => numbers(&figure.y, &self.y, (self.area.height / 36.0) as usize),
        };
        self.y_room = self.y_ticks.iter().map(|t| font::width(&t.text, TICK_SIZE)).fold(0.0, f64::max);
        match &figure.x.ticks {
            Ticks::Categories(names) => self.x_names(names, free),
            _ => {
                (self.x_turn, self.x_room) = (0.0, TICK_SIZE);
                let fits = |most: &usize| self.fit_beside(&numbers(&figure.x, &self.x, *most));
                let most = (1..=(self.area.width / 40.0) as usize).rev().find(fits).unwrap_or(1);
                self.x_ticks = numbers(&figure.x, &self.x, most);
            }
        }
    }

    fn fit_beside(&self, ticks: &[Tick]) -> bool {
        let ends = |t: &Tick| self.x.place(t.value).map(|x| (x, font::width(&t.text, TICK_SIZE) / 2.0));
        let pairs = ticks.windows(2).filter_map(|pair| Some((ends(&pair[0])?, ends(&pair[1])?)));
        pairs.into_iter().all(|((a, half_a), (b, half_b))| b - a >= half_a + half_b + 14.0)
    }

    /// Names below, level if there is room, else slanted, else upright.
    fn x_names(&mut self, names: &[String], free: Rect) {
        let band = self.area.width / names.len().max(1) as f64;
        let widest = names.iter().map(|n| font::width(n, TICK_SIZE)).fold(0.0, f64::max);
        let limit = free.height * 0.35;
        if widest + 6.0 <= band {
            (self.x_turn, self.x_room) = (0.0, TICK_SIZE);
            self.x_ticks = named(names, 1, band);
        } else if band >= TICK_SIZE * 1.6 {
            self.x_turn = 45.0;
            self.x_ticks = named(names, 1, (limit / 0.71).min(free.width * 0.4));
            let widest = self.x_ticks.iter().map(|t| font::width(&t.text, TICK_SIZE)).fold(0.0, f64::max);
            self.x_room = widest * 0.71 + TICK_SIZE * 0.7;
        } else {
            self.x_turn = 90.0;
            self.x_ticks = named(names, every(names.len(), self.area.width, TICK_SIZE * 1.1), limit);
            self.x_room = self.x_ticks.iter().map(|t| font::width(&t.text, TICK_SIZE)).fold(0.0, f64::max);
        }
    }

    /// Extent of one unit, for cells.
    pub fn cell(&self) -> (f64, f64) {
        let unit = |s: &Scale| ((s.to - s.from) / (s.hi - s.lo)).abs();
        (unit(&self.x), unit(&self.y))
    }

    pub fn has_grid(figure: &Figure) -> bool {
        !figure.layers.iter().any(|l| matches!(l, Layer::Heatmap { .. }))
    }
}

/// How many names share one place: every how many-th is written.
fn every(names: usize, room: f64, height: f64) -> usize {
    ((names as f64 * height / room.max(1.0)).ceil() as usize).max(1)
}

fn named(names: &[String], every: usize, limit: f64) -> Vec<Tick> {
    let kept: Vec<String> = names.iter().step_by(every).cloned().collect();
    let texts = distinct(&kept, limit, |t| font::width(t, TICK_SIZE), |t, limit| font::shortened(t, TICK_SIZE, limit));
    texts.into_iter().enumerate().map(|(i, text)| Tick { value: (i * every) as f64, text }).collect()
}

fn numbers(axis: &AxisSpec, scale: &Scale, most: usize) -> Vec<Tick> {
    let TickList(ticks) = if scale.log {
        ticks::logarithmic(scale.lo, scale.hi, most.max(2))
    } else {
        ticks::linear(scale.lo, scale.hi, most.clamp(1, 10), axis.ticks == Ticks::Whole)
    };
    ticks.into_iter().map(|(value, text)| Tick { value, text }).collect()
}
