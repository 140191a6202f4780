//! The ranges of the axes, from what is drawn.

use super::figure::{AxisSpec, Figure, Layer, Ticks};
use super::scale::is_shown;

/// The ends of both axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    pub x: (f64, f64),
    pub y: (f64, f64),
}

/// Why a figure has nothing to draw.
pub(super) const NO_DATA: &str = "no data to show";
const NONE_POSITIVE: &str = "no positive values to show on a logarithmic axis";
const NONE_FINITE: &str = "no finite values to show";

impl Extent {
    /// # Errors
    /// There is nothing to draw; the text says why.
    pub fn of(figure: &Figure) -> Result<Extent, &'static str> {
        let mut seen = Seen::new(figure);
        figure.layers.iter().for_each(|layer| seen.layer(layer));
        if !seen.any_shown && !figure.layers.iter().any(is_heatmap) {
            return Err(match (seen.any, seen.any_finite) {
                (false, _) => NO_DATA,
                (true, false) => NONE_FINITE,
                (true, true) => NONE_POSITIVE,
            });
        }
        let lines_only = figure.layers.iter().all(|l| !matches!(l, Layer::Points { .. } | Layer::Marks { .. }));
        let beside = figure.layers.iter().any(|l| has_texts(l, true));
        let above = figure.layers.iter().any(|l| has_texts(l, false));
        Ok(Extent {
            x: ends(
                &figure.x,
                seen.x,
                if beside {
                    0.12
                } else if lines_only {
                    0.015
                } else {
                    0.04
                },
            ),
            y: ends(&figure.y, seen.y, if above { 0.08 } else { 0.05 }),
        })
    }
}

fn is_heatmap(layer: &Layer) -> bool {
    matches!(layer, Layer::Heatmap { rows } if rows.iter().any(|row| !row.is_empty()))
}

/// Whether bars that lie (or stand) have texts at their ends, which need room.
fn has_texts(layer: &Layer, lying: bool) -> bool {
    matches!(layer, Layer::Bars { bars, horizontal, .. } if *horizontal == lying && bars.iter().any(|b| !b.text.is_empty()))
}

/// Least and greatest value, and whether the least or greatest is the foot of bars, which needs no room below.
#[derive(Debug, Clone, Copy)]
struct Span {
    lo: f64,
    hi: f64,
    foot: Option<f64>,
}

struct Seen<'a> {
    figure: &'a Figure,
    x: Span,
    y: Span,
    any: bool,
    any_finite: bool,
    any_shown: bool,
}

impl<'a> Seen<'a> {
    fn new(figure: &'a Figure) -> Self {
        let nothing = Span { lo: f64::INFINITY, hi: f64::NEG_INFINITY, foot: None };
        Seen { figure, x: nothing, y: nothing, any: false, any_finite: false, any_shown: false }
    }

    fn point(&mut self, x: f64, y: f64) {
        self.any = true;
        self.any_finite |= x.is_finite() && y.is_finite();
        if is_shown(x, self.figure.x.is_log()) && is_shown(y, self.figure.y.is_log()) {
            self.any_shown = true;
            self.x.add(x);
            self.y.add(y);
        }
    }

    fn layer(&mut self, layer: &Layer) {
        match layer {
            Layer::Line { points, .. } | Layer::Step { points, .. } | Layer::Points { points, .. } => {
                points.iter().for_each(|&(x, y)| self.point(x, y));
            }
            Layer::Band { points, .. } => points.iter().for_each(|&(x, lower, upper)| {
                self.point(x, lower);
                self.point(x, upper);
            }),
            Layer::Marks { marks, .. } => marks.iter().for_each(|m| self.point(m.at.0, m.at.1)),
            Layer::Bars { bars, horizontal, .. } => self.bars(bars, *horizontal),
            Layer::VerticalLine { x, .. } if is_shown(*x, self.figure.x.is_log()) => self.x.add(*x),
            Layer::HorizontalLine { y, .. } if is_shown(*y, self.figure.y.is_log()) => self.y.add(*y),
            _ => {}
        }
    }

    fn bars(&mut self, bars: &[super::figure::Bar], horizontal: bool) {
        for bar in bars {
            for at in [bar.at - bar.width / 2.0, bar.at + bar.width / 2.0] {
                let ends = [bar.from, bar.to].into_iter().chain(bar.error.into_iter().flat_map(|(a, b)| [a, b]));
                ends.for_each(|end| if horizontal { self.point(end, at) } else { self.point(at, end) });
            }
        }
        let feet = if horizontal { &mut self.x } else { &mut self.y };
        feet.foot = bars.first().map(|b| b.from).filter(|f| f.is_finite()).or(feet.foot);
    }
}

impl Span {
    fn add(&mut self, value: f64) {
        self.lo = self.lo.min(value);
        self.hi = self.hi.max(value);
    }
}

fn ends(axis: &AxisSpec, span: Span, pad: f64) -> (f64, f64) {
    if let Ticks::Categories(names) = &axis.ticks {
        return (-0.5, names.len().max(1) as f64 - 0.5);
    }
    if let Some((a, b)) = axis.range
        && is_shown(a, axis.is_log())
        && is_shown(b, axis.is_log())
        && a != b
    {
        return (a.min(b), a.max(b));
    }
    if span.lo > span.hi {
        return if axis.is_log() { (0.1, 1.0) } else { (0.0, 1.0) };
    }
    if axis.is_log() { around_log(span, pad) } else { around(span, pad) }
}

fn around(span: Span, pad: f64) -> (f64, f64) {
    let (lo, hi) = (span.lo, span.hi);
    let largest = lo.abs().max(hi.abs());
    if hi - lo <= largest * 1e-9 {
        let half = if largest == 0.0 { 0.5 } else { largest * 0.1 };
        return if span.foot.is_some() && lo >= 0.0 { (0.0, hi.max(half)) } else { (lo - half, hi + half) };
    }
    let room = (hi - lo) * pad;
    let is_foot = |end: f64| span.foot == Some(end);
    (if is_foot(lo) { lo } else { lo - room }, if is_foot(hi) { hi } else { hi + room })
}

fn around_log(span: Span, pad: f64) -> (f64, f64) {
    let (lo, hi) = (span.lo.log10(), span.hi.log10());
    let room = if hi - lo < 1e-9 { 0.5 } else { (hi - lo) * pad };
    (10f64.powf((lo - room).max(-300.0)), 10f64.powf((hi + room).min(300.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], axis: AxisSpec) -> Result<(f64, f64), &'static str> {
        let points = values.iter().enumerate().map(|(i, &v)| (i as f64, v)).collect();
        let layer = Layer::Line { name: String::new(), points, style: Default::default() };
        Extent::of(&Figure { y: axis, layers: vec![layer], ..Figure::default() }).map(|e| e.y)
    }

    #[test]
    fn gaps_do_not_count_and_constants_get_room() {
        let (lo, hi) = of(&[0.0, f64::NAN, 10.0, f64::INFINITY, f64::MAX], AxisSpec::default()).unwrap();
        assert_eq!((lo, hi), (-0.5, 10.5));
        assert_eq!(of(&[0.0, 0.0], AxisSpec::default()), Ok((-0.5, 0.5)));
        let (lo, hi) = of(&[1e9, 1e9], AxisSpec::default()).unwrap();
        assert!(lo < 1e9 && hi > 1e9);
        let (lo, hi) = of(&[-1.0, 0.01, 0.01], AxisSpec::default().log()).unwrap();
        assert!(lo > 0.0 && lo < 0.01 && hi > 0.01);
    }

    #[test]
    fn figures_without_data_say_why() {
        assert_eq!(of(&[], AxisSpec::default()), Err(NO_DATA));
        assert_eq!(of(&[f64::NAN], AxisSpec::default()), Err(NONE_FINITE));
        assert_eq!(of(&[0.0, -3.0], AxisSpec::default().log()), Err(NONE_POSITIVE));
    }

    #[test]
    fn a_given_range_is_kept_unless_it_is_none() {
        assert_eq!(of(&[5.0, 6.0], AxisSpec::default().range(1.0, 0.0)), Ok((0.0, 1.0)));
        assert!(of(&[5.0, 6.0], AxisSpec::default().range(f64::NAN, 0.0)).unwrap().0 > 4.0);
    }
}
