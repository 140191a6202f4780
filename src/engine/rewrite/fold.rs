//! Numbers that are known before the run.

use crate::engine::graph::{Map, NodeId, Op};
use crate::engine::ops::{self, Kernel};
use crate::types::Shape;

use super::rewriter::Rewriter;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
    match op {
        Op::Map(map) => fold_map(r, *map, args),
        Op::Literal(values) if shape.rank() == 0 => Some(r.constant(*values.first()?)),
        Op::Length { axis } => {
            let extent = r.shape(args[0]).0.get(*axis)?.dim.constant()?;
            Some(r.constant(extent as f64))
        }
        Op::StopGradient if r.drop_stops || r.constant_of(args[0]).is_some() => Some(args[0]),
        _ => None,
    }
}

fn fold_map(r: &mut Rewriter, map: Map, args: &[NodeId]) -> Option<NodeId> {
    let values: Vec<f64> = args.iter().map(|&a| r.constant_of(a)).collect::<Option<_>>()?;
    let value = match (&ops::of_map(map).kernel, values.as_slice()) {
        (Kernel::Unary(f), [x]) => f(*x),
        (Kernel::Binary(f), [x, y]) => f(*x, *y),
        (Kernel::Ternary(f), [x, y, z]) => f(*x, *y, *z),
        _ => return None,
    };
    Some(r.constant(value))
}
