//! Signs stand outside of products and sums, where they meet others and cancel, or become a difference.

use crate::engine::graph::{Map, NodeId, Op, Reduction};
use crate::types::Shape;

use super::movement::Moves;
use super::rewriter::Rewriter;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], _: &Shape) -> Option<NodeId> {
    match (op, args) {
        (Op::Map(Map::Neg), &[x]) => negated(r, x),
        (Op::Map(map), &[x, y]) => pair(r, *map, x, y),
        (Op::Reduce(Reduction::Sum, axes), &[x]) => {
            let a = negated(r, x)?;
            let sum = r.reduce(Reduction::Sum, a, axes);
            Some(r.neg(sum))
        }
        _ => None,
    }
}

fn pair(r: &mut Rewriter, map: Map, x: NodeId, y: NodeId) -> Option<NodeId> {
    if !matches!(map, Map::Add | Map::Sub | Map::Mul | Map::Div) {
        return None;
    }
    let (negative, map, args) = match (map, negated(r, x), negated(r, y)) {
        (Map::Mul | Map::Div, Some(a), Some(b)) => (false, map, [a, b]),
        (Map::Mul | Map::Div, Some(a), None) => (true, map, [a, y]),
        (Map::Mul | Map::Div, None, Some(b)) => (true, map, [x, b]),
        (Map::Add, Some(a), Some(b)) => (true, Map::Add, [a, b]),
        (Map::Add, Some(a), None) => (false, Map::Sub, [y, a]),
        (Map::Add, None, Some(b)) => (false, Map::Sub, [x, b]),
        (Map::Sub, Some(a), Some(b)) => (false, Map::Sub, [b, a]),
        (Map::Sub, Some(a), None) => (true, Map::Add, [a, y]),
        (Map::Sub, None, Some(b)) => (false, Map::Add, [x, b]),
        _ => return None,
    };
    let value = r.map(map, &args);
    Some(if negative { r.neg(value) } else { value })
}

/// `a`, moved as `x` is, if `x` is `-a` but for moves.
fn negated(r: &mut Rewriter, x: NodeId) -> Option<NodeId> {
    let (moves, core) = Moves::strip(r, x);
    let a = r.arg_of(core, Map::Neg)?;
    Some(moves.apply(r, a))
}
