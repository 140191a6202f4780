//! Numbers that are added to all rows before their mean is taken away again.

use crate::engine::graph::{Map, NodeId, Op, Reduction};
use crate::types::Shape;

use super::rewriter::Rewriter;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], _: &Shape) -> Option<NodeId> {
    match (op, args) {
        (Op::Map(Map::Div), &[sum, count]) => mean(r, sum, count),
        (Op::Map(Map::Sub), &[x, mean]) => centred(r, x, mean),
        _ => None,
    }
}

/// `mean(z + b)` is `mean(z) + b`.
fn mean(r: &mut Rewriter, sum: NodeId, count: NodeId) -> Option<NodeId> {
    let Op::Reduce(Reduction::Sum, axes) = r.op(sum).clone() else { return None };
    let x = r.args(sum)[0];
    if !r.is_count(count, x, &axes) {
        return None;
    }
    let (z, b) = shifted(r, x, &axes)?;
    let sum = r.reduce(Reduction::Sum, z, &axes);
    let mean = r.map(Map::Div, &[sum, count]);
    Some(r.map(Map::Add, &[mean, b]))
}

/// `(z + b) - (mean(z) + b)` is `z - mean(z)`.
fn centred(r: &mut Rewriter, x: NodeId, mean: NodeId) -> Option<NodeId> {
    let Op::Expand { new: axes } = r.op(mean).clone() else { return None };
    let source = r.repeated(mean, &axes)?;
    let [a, b] = r.args_of(source, Map::Add)?;
    let (z, shift) = shifted(r, x, &axes)?;
    let mean = [(a, b), (b, a)].into_iter().find(|(m, s)| *s == shift && r.mean_of(*m, &axes) == Some(z))?.0;
    let shape = r.shape(z).clone();
    let wide = r.expand(mean, &axes, &shape);
    Some(r.sub(z, wide))
}

/// `z` and `b` of `z + b`, where `b` is the same along the axes.
fn shifted(r: &Rewriter, x: NodeId, axes: &[usize]) -> Option<(NodeId, NodeId)> {
    let [a, b] = r.args_of(x, Map::Add)?;
    let full = |n| r.rank(n) == r.rank(x);
    [(a, b), (b, a)].into_iter().find_map(|(z, e)| full(z).then(|| Some((z, r.repeated(e, axes)?))).flatten())
}
