//! Identities that hold for every number, infinities, -0 and not-a-number included.

use crate::engine::graph::{Map, NodeId, Op};
use crate::types::Shape;

use super::movement::Moves;
use super::rewriter::Rewriter;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
    match (op, args) {
        (Op::Map(map), &[x]) => unary(r, *map, x),
        (Op::Map(map), &[x, y]) => binary(r, *map, x, y, shape),
        (Op::Map(Map::Where), &[c, a, b]) => choice(r, c, a, b, shape),
        (Op::StopGradient, &[x]) if *r.op(x) == Op::StopGradient => Some(x),
        (Op::Checked { low, high, whole: false }, &[x]) if *low <= 0.0 && *high >= 1.0 => {
            super::logs::is_probability(r, x).then_some(x)
        }
        _ => None,
    }
}

fn unary(r: &mut Rewriter, map: Map, x: NodeId) -> Option<NodeId> {
    let negated = r.arg_of(x, Map::Neg);
    match map {
        Map::Neg => negated,
        Map::Abs if r.arg_of(x, Map::Abs).is_some() => Some(x),
        Map::Abs | Map::Cos | Map::Cosh => negated.map(|y| r.map(map, &[y])),
        _ => None,
    }
}

fn binary(r: &mut Rewriter, map: Map, x: NodeId, y: NodeId, shape: &Shape) -> Option<NodeId> {
    let one = |r: &Rewriter, n| r.is_constant(n, 1.0);
    let minus_one = |r: &Rewriter, n| r.is_constant(n, -1.0);
    match map {
        Map::Add => sum(r, x, y),
        Map::Sub => difference(r, x, y),
        Map::Mul if one(r, x) => Some(y),
        Map::Mul if one(r, y) => Some(x),
        Map::Mul if minus_one(r, x) => Some(r.neg(y)),
        Map::Mul if minus_one(r, y) => Some(r.neg(x)),
        Map::Mul => product(r, x, y, shape),
        Map::Div if one(r, y) => Some(x),
        Map::Div if minus_one(r, y) => Some(r.neg(x)),
        Map::Div => both_negated(r, x, y).map(|(x, y)| r.map(Map::Div, &[x, y])),
        Map::Pow => power(r, x, y, shape),
        Map::Max | Map::Min if x == y => Some(x),
        _ => None,
    }
}

fn both_negated(r: &Rewriter, x: NodeId, y: NodeId) -> Option<(NodeId, NodeId)> {
    Some((r.arg_of(x, Map::Neg)?, r.arg_of(y, Map::Neg)?))
}

fn sum(r: &mut Rewriter, x: NodeId, y: NodeId) -> Option<NodeId> {
    for (x, y) in [(x, y), (y, x)] {
        // x + 0 is 0, not -0, for x = -0.
        if r.is_constant(y, -0.0) || r.is_constant(y, 0.0) && never_minus_zero(r, x) {
            return Some(x);
        }
        if let Some(y) = r.arg_of(y, Map::Neg) {
            return Some(r.sub(x, y));
        }
    }
    None
}

fn difference(r: &mut Rewriter, x: NodeId, y: NodeId) -> Option<NodeId> {
    if r.is_constant(y, 0.0) || r.is_constant(y, -0.0) && never_minus_zero(r, x) {
        return Some(x);
    }
    if let Some((x, y)) = both_negated(r, x, y) {
        return Some(r.sub(y, x));
    }
    if let Some(y) = r.arg_of(y, Map::Neg) {
        return Some(r.map(Map::Add, &[x, y]));
    }
    let (moves, core_x) = Moves::strip(r, x);
    let (moves_y, core_y) = Moves::strip(r, y);
    if moves == moves_y
        && let (Some(a), Some(b)) = (r.arg_of(core_x, Map::Softplus), r.arg_of(core_y, Map::Softplus))
        && r.are_opposite(a, b)
    {
        // log(1 + e^a) - log(1 + e^-a) = a: the log-odds of a sigmoid.
        return Some(moves.apply(r, a));
    }
    if r.is_constant(x, 1.0)
        && let Some(z) = r.arg_of(core_y, Map::Sigmoid)
    {
        let opposite = r.neg(z);
        let rest = r.map(Map::Sigmoid, &[opposite]);
        return Some(moves_y.apply(r, rest));
    }
    None
}

fn product(r: &mut Rewriter, x: NodeId, y: NodeId, shape: &Shape) -> Option<NodeId> {
    if let Some((x, y)) = both_negated(r, x, y) {
        return Some(r.mul(x, y));
    }
    // sigmoid(-z) * sigmoid(z) is the derivative of sigmoid(z): back to (1 - p) * p, which takes one sigmoid.
    let (a, b) = (r.arg_of(x, Map::Sigmoid)?, r.arg_of(y, Map::Sigmoid)?);
    if r.arg_of(a, Map::Neg) != Some(b) {
        return None;
    }
    let one = r.constant(1.0);
    let rest = r.add_as_is(Op::Map(Map::Sub), &[one, y], shape);
    Some(r.add_as_is(Op::Map(Map::Mul), &[rest, y], shape))
}

fn power(r: &mut Rewriter, x: NodeId, y: NodeId, shape: &Shape) -> Option<NodeId> {
    let exponent = r.constant_of(y)?;
    if exponent == 0.0 {
        let one = r.constant(1.0);
        return Some(r.of_shape(one, shape));
    }
    if exponent == 1.0 {
        return Some(x);
    }
    if exponent == 2.0 {
        return Some(r.mul(x, x));
    }
    if exponent == -1.0 {
        let one = r.constant(1.0);
        return Some(r.map(Map::Div, &[one, x]));
    }
    None
}

fn choice(r: &mut Rewriter, c: NodeId, a: NodeId, b: NodeId, shape: &Shape) -> Option<NodeId> {
    if a == b {
        return Some(r.of_shape(a, shape));
    }
    let chosen = if r.constant_of(c)? == 0.0 { b } else { a };
    Some(r.of_shape(chosen, shape))
}

/// Whether -0 can't be among the values.
fn never_minus_zero(r: &Rewriter, n: NodeId) -> bool {
    match r.op(n) {
        Op::Const(value) => value.to_bits() != (-0.0f64).to_bits(),
        Op::Length { .. } | Op::Iota { .. } | Op::Uniform { .. } | Op::Lots { .. } => true,
        Op::Map(map) => match map {
            Map::Exp | Map::Sigmoid | Map::Softplus | Map::Abs | Map::Cosh | Map::Not | Map::IsFinite => true,
            Map::Lt | Map::Le | Map::Eq | Map::And | Map::Or => true,
            Map::Add => r.args(n).iter().any(|&a| shallow_never_minus_zero(r, a)),
            _ => false,
        },
        _ => false,
    }
}

/// Without looking at arguments, so that long sums cost nothing.
fn shallow_never_minus_zero(r: &Rewriter, n: NodeId) -> bool {
    !matches!(r.op(n), Op::Map(Map::Add)) && never_minus_zero(r, n)
}
