//! Sums of products with what is the same for all summands.

use crate::engine::graph::{Map, NodeId, Op, Reduction};
use crate::types::Shape;

use super::rewriter::Rewriter;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
    let (Op::Reduce(Reduction::Sum, axes), &[x]) = (op, args) else { return None };
    let mut outside = Outside::default();
    let core = strip(r, x, axes, &mut outside);
    // Sums of terms stay: where they cancel (the derivative of a mean), only the sum of what was rounded does.
    if is_centred(r, core, axes) {
        let zero = r.constant(0.0);
        return Some(r.of_shape(zero, shape));
    }
    if core == x {
        return None;
    }
    let mut value = r.reduce(Reduction::Sum, core, axes);
    for (factor, divides) in outside.factors {
        value = r.map(if divides { Map::Div } else { Map::Mul }, &[value, factor]);
    }
    Some(if outside.negative { r.neg(value) } else { value })
}

/// What is the same for all summands.
#[derive(Debug, Default)]
struct Outside {
    negative: bool,
    /// Each with whether it divides.
    factors: Vec<(NodeId, bool)>,
}

/// What is left of a product when all that is the same along the axes has gone outside.
fn strip(r: &mut Rewriter, x: NodeId, axes: &[usize], outside: &mut Outside) -> NodeId {
    let same = |r: &Rewriter, n: NodeId| if r.rank(n) == 0 { Some(n) } else { r.repeated(n, axes) };
    match (r.op(x).clone(), r.args(x)) {
        (Op::Map(Map::Neg), &[a]) => {
            outside.negative = !outside.negative;
            strip(r, a, axes, outside)
        }
        (Op::Map(Map::Mul), &[a, b]) => {
            for (factor, rest) in [(a, b), (b, a)] {
                if r.rank(rest) == r.rank(x)
                    && let Some(factor) = same(r, factor)
                {
                    outside.factors.push((factor, false));
                    return strip(r, rest, axes, outside);
                }
            }
            if r.rank(a) != r.rank(b) {
                return x;
            }
            let (c, d) = (strip(r, a, axes, outside), strip(r, b, axes, outside));
            if (c, d) == (a, b) { x } else { r.mul(c, d) }
        }
        (Op::Map(Map::Div), &[a, b]) if r.rank(a) == r.rank(x) => match same(r, b) {
            Some(factor) => {
                outside.factors.push((factor, true));
                strip(r, a, axes, outside)
            }
            None => x,
        },
        _ => x,
    }
}

/// Whether it is something less its own mean along the axes: the sum is 0.
fn is_centred(r: &Rewriter, x: NodeId, axes: &[usize]) -> bool {
    let Some([z, mean]) = r.args_of(x, Map::Sub) else { return false };
    r.repeated(mean, axes).is_some_and(|m| r.mean_of(m, axes) == Some(z))
}
