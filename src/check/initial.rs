//! Initial values that are not drawn number by number: truncated, orthogonal and sparse ones.

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::{Map, NodeId, Op, Place};
use crate::engine::ops::{self, Kernel};
use crate::engine::random::mix64;
use crate::text::Span;
use crate::types::{Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::signature::Reading;
use super::value::{Argument, Distribution, DistributionKind, Tensor, Value};

/// How often the singular values of a draw are pulled towards 1: first strongly (3.44 times for the smallest), then exactly.
const PULLS: (usize, usize) = (18, 8);

/// Coefficients of the strong pull, which brings all of `1e-9..1` into `0.68..1.13`: Jordan et al. 2024, "Muon".
const STRONG: (f64, f64, f64) = (3.4445, -4.7750, 2.0315);

impl Elaborator<'_> {
    /// A distribution with the bounds that it was given.
    pub(super) fn bounded(
        &mut self,
        drawn: Value,
        low: Option<&Argument>,
        high: Option<&Argument>,
        frame: &Frame,
    ) -> Option<Value> {
        if !matches!(&drawn, Value::Distribution(d) if d.kind == DistributionKind::TruncatedNormal) {
            return Some(drawn);
        }
        let (low, high) = match (low, high) {
            (Some(low), Some(high)) => (low, high),
            (None, None) => return Some(drawn),
            (Some(one), None) | (None, Some(one)) => {
                let message = "`low` and `high` are given together";
                self.fail(frame, &codes::MISSING, one.span, message, "the other one is missing");
                return None;
            }
        };
        let Value::Distribution(d) = drawn else { return Some(drawn) };
        let (Some(a), Some(b)) = (low.value.as_number(), high.value.as_number()) else {
            return Some(Value::Distribution(d));
        };
        if a.is_nan() || b.is_nan() || a >= b {
            let d = Diagnostic::new(&codes::OUT_OF_RANGE, format!("nothing lies between {a} and {b}"))
                .at(high.span, "must be above `low`");
            self.report(frame, d);
            return None;
        }
        Some(Value::Distribution(Distribution { bounds: Some((a, b)), ..d }))
    }

    /// A normal draw between bounds, by the quantile function: `first` is uniform.
    pub(super) fn between(
        &mut self,
        first: Tensor,
        mean: &Value,
        std: &Value,
        (low, high): (f64, f64),
        frame: &Frame,
        span: Span,
    ) -> Option<Tensor> {
        let (Some(mean), Some(std)) = (mean.as_number(), std.as_number()) else {
            // Configuration without a value yet: any draw has the shape.
            return Some(first);
        };
        // Tails are exact near 0 only, so that the draw is made on the lower side.
        let side = if low + high > 2.0 * mean { -1.0 } else { 1.0 };
        let of = |x: f64| lower_tail(side * (x - mean) / std);
        let (from, to) = if side > 0.0 { (of(low), of(high)) } else { (of(high), of(low)) };
        if !(to - from).is_normal() {
            let message =
                format!("a normal number of mean {mean} and deviation {std} is never between {low} and {high}");
            self.fail(frame, &codes::OUT_OF_RANGE, span, message, "too far from the mean");
            return None;
        }
        let place = self.place(frame, span);
        let mut at = self.graph.at_place(&place);
        // The draw is from 0 on: half a step of it keeps the quantile finite.
        let (width, half) = (at.constant(to - from), at.constant(from + 1e-9 * (to - from)));
        let part = at.mul(first.node, width);
        let node = at.add(part, half);
        let p = Tensor { node, domain: Domain::Real, batched: first.batched };
        let quantile = Value::Definition(self.world.scope.library("ndtri")?);
        let arg = Argument { name: None, value: Value::Tensor(p), span };
        let Value::Tensor(z) = self.call_value(quantile, vec![arg], frame, span, Reading::Free) else { return None };
        let mut at = self.graph.at_place(&place);
        let (std, mean) = (at.constant(side * std), at.constant(mean));
        let scaled = at.mul(z.node, std);
        let moved = at.add(scaled, mean);
        // Rounding may step over a bound.
        let (low, high) = (at.constant(low), at.constant(high));
        let cut = at.map(Map::Max, &[moved, low]);
        let node = at.map(Map::Min, &[cut, high]);
        Some(Tensor { node, ..z })
    }

    /// Whether a shape is that of a matrix of parameters; reports it if not.
    fn is_matrix(&mut self, shape: &Shape, batched: bool, frame: &Frame, span: Span) -> bool {
        let fits = shape.rank() == 2 && !batched;
        if !fits {
            let d = Diagnostic::new(&codes::SHAPE, "this draws a matrix of initial values")
                .at(span, format!("and {shape} is none"))
                .help("write it as the initial value of a parameter: `parameter weight: real[out, n] = orthogonal()`");
            self.report(frame, d);
        }
        fits
    }

    /// The orthogonal factor of a normal matrix, which is as likely as any other (Stewart 1980; Higham 1986): by iteration, so that
    /// only matrix products are needed.
    pub(super) fn orthogonal(
        &mut self,
        shape: Shape,
        gain: Tensor,
        batched: bool,
        stream: u64,
        frame: &Frame,
        span: Span,
    ) -> Option<Tensor> {
        if !self.is_matrix(&shape, batched, frame, span) {
            return None;
        }
        let place = self.place(frame, span);
        let drawn = self.graph.node_shaped(Op::Normal { stream }, &[], shape.clone(), &place).ok()?;
        let extent = |i: usize| shape.0[i].dim.constant();
        let wide = matches!((extent(0), extent(1)), (Some(rows), Some(columns)) if rows <= columns);
        let mut at = self.graph.at_place(&place);
        let flat = if wide { drawn } else { at.transpose(drawn) };
        let square = at.mul(flat, flat);
        let sum = at.sum_all(square);
        let length = at.map(Map::Sqrt, &[sum]);
        let mut x = at.div(flat, length);
        for i in 0..PULLS.0 + PULLS.1 {
            x = if i < PULLS.0 { pull(self, &place, x, STRONG) } else { pull(self, &place, x, (1.5, -0.5, 0.0)) };
        }
        let mut at = self.graph.at_place(&place);
        let x = if wide { x } else { at.transpose(x) };
        let node = at.mul(x, gain.node);
        Some(Tensor { node, domain: Domain::Real, batched: false })
    }

    /// Normal numbers, of which the places of the smallest draws in each column are zero.
    pub(super) fn sparse(
        &mut self,
        shape: Shape,
        [share, std]: [Tensor; 2],
        batched: bool,
        stream: u64,
        frame: &Frame,
        span: Span,
    ) -> Option<Tensor> {
        if !self.is_matrix(&shape, batched, frame, span) {
            return None;
        }
        let place = self.place(frame, span);
        let numbers = self.graph.node_shaped(Op::Normal { stream }, &[], shape.clone(), &place).ok()?;
        let lots = Op::Uniform { stream: mix64(stream) };
        let lots = self.graph.node_shaped(lots, &[], shape, &place).ok()?;
        let mut at = self.graph.at_place(&place);
        let order = at.node(Op::ArgSort { axis: 0 }, &[lots]);
        let rank = at.node(Op::ArgSort { axis: 0 }, &[order]);
        let rows = at.node(Op::Length { axis: 0 }, &[numbers]);
        let zeros = at.mul(share.node, rows);
        let zeros = at.map(Map::Ceil, &[zeros]);
        let kept = at.map(Map::Le, &[zeros, rank]);
        let scaled = at.mul(numbers, std.node);
        let node = at.mul(kept, scaled);
        Some(Tensor { node, domain: Domain::Real, batched: false })
    }
}

/// `a x + (b (x xᵀ) + c (x xᵀ)²) x`: each singular value s becomes `a s + b s³ + c s⁵`, and nothing else changes.
fn pull(e: &mut Elaborator<'_>, place: &Place, x: NodeId, (a, b, c): (f64, f64, f64)) -> NodeId {
    let mut at = e.graph.at_place(place);
    let across = at.transpose(x);
    let square = at.matmul(x, across);
    let mut inner = at.scale(square, b);
    if c != 0.0 {
        let fourth = at.matmul(square, square);
        let fourth = at.scale(fourth, c);
        inner = at.add(inner, fourth);
    }
    let moved = at.matmul(inner, x);
    let same = at.scale(x, a);
    at.add(same, moved)
}

/// The probability of a standard normal number below `z`, for `z` that is not far above 0.
fn lower_tail(z: f64) -> f64 {
    match ops::of_map(Map::Erf).kernel {
        Kernel::Unary(erf) => 0.5 * (1.0 + erf(z / std::f64::consts::SQRT_2)),
        _ => f64::NAN,
    }
}
