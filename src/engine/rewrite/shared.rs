//! Finding a node that is there already: common subexpressions.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::engine::graph::{Graph, Map, NodeId, Op};
use crate::types::Shape;

/// Nodes by what they compute.
#[derive(Debug, Default)]
pub(super) struct Shared(HashMap<u64, Vec<NodeId>>);

impl Shared {
    pub fn find(&self, graph: &Graph, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
        let candidates = self.0.get(&fingerprint(op, args, shape))?;
        candidates.iter().copied().find(|&n| {
            let node = graph.get(n);
            same_op(&node.op, op) && same_args(op, &node.args, args) && node.shape == *shape
        })
    }

    pub fn insert(&mut self, n: NodeId, op: &Op, args: &[NodeId], shape: &Shape) {
        self.0.entry(fingerprint(op, args, shape)).or_default().push(n);
    }
}

/// Whether the order of the two arguments makes no difference.
fn commutes(op: &Op) -> bool {
    matches!(op, Op::Map(Map::Add | Map::Mul | Map::Eq | Map::And | Map::Or))
}

fn same_args(op: &Op, a: &[NodeId], b: &[NodeId]) -> bool {
    a == b || commutes(op) && a.iter().rev().eq(b)
}

/// Equality in which 0 and -0 differ, and not a number is equal to itself.
fn same_op(a: &Op, b: &Op) -> bool {
    match (a, b) {
        (Op::Const(a), Op::Const(b)) => a.to_bits() == b.to_bits(),
        (Op::Literal(a), Op::Literal(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        _ => a == b,
    }
}

fn fingerprint(op: &Op, args: &[NodeId], shape: &Shape) -> u64 {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(op).hash(&mut hasher);
    match op {
        Op::Const(x) => x.to_bits().hash(&mut hasher),
        Op::Literal(values) => values.iter().for_each(|x| x.to_bits().hash(&mut hasher)),
        Op::Map(map) => map.hash(&mut hasher),
        Op::Reduce(reduction, axes) => (reduction, axes).hash(&mut hasher),
        Op::Permute(order) => order.hash(&mut hasher),
        Op::Slice { axis, start } => (axis, start).hash(&mut hasher),
        _ => {}
    }
    if commutes(op) {
        let mut sorted = args.to_vec();
        sorted.sort_unstable();
        sorted.hash(&mut hasher);
    } else {
        args.hash(&mut hasher);
    }
    shape.dims().for_each(|d| d.hash(&mut hasher));
    hasher.finish()
}
