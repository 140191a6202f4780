//! What is nothing as long as weights are finite.

use crate::engine::graph::{Map, NodeId, Op};
use crate::types::Shape;

use super::rewriter::Rewriter;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
    match (op, args) {
        (Op::Map(Map::Mul), &[a, b]) => {
            let nothing = [(a, b), (b, a)].into_iter().any(|(x, y)| is_zero(r, x) && matches!(r.op(y), Op::Slot(_)));
            let zero = nothing.then(|| r.constant(0.0))?;
            Some(r.of_shape(zero, shape))
        }
        (Op::Map(Map::Add), &[a, b]) => {
            [(a, b), (b, a)].into_iter().find(|(x, y)| is_zero(r, *y) && r.shape(*x) == shape).map(|(x, _)| x)
        }
        _ => None,
    }
}

/// Whether it is 0 everywhere, of either sign.
fn is_zero(r: &Rewriter, n: NodeId) -> bool {
    match r.op(n) {
        Op::Const(x) => *x == 0.0,
        Op::Expand { .. } => r.constant_of(r.args(n)[0]) == Some(0.0),
        _ => false,
    }
}
