//! Operations that move elements: chains become one, and elementwise operations go before repetition.

use crate::engine::graph::{NodeId, Op, Reduction};
use crate::types::{Axis, Dim, Shape};

use super::rewriter::Rewriter;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
    if let (Op::Reshape | Op::Permute(_) | Op::Expand { .. } | Op::Slice { .. } | Op::Flip { .. }, &[x]) = (op, args)
        && let Some(scalar) = scalar_behind(r, x)
    {
        return Some(r.of_shape(scalar, shape));
    }
    match op {
        Op::Map(_) => before_repetition(r, op, args, shape),
        Op::Reshape => reshape(r, args[0], shape),
        Op::Permute(order) => permute(r, args[0], order, shape),
        Op::Expand { new } => expand(r, args[0], new, shape),
        Op::Slice { axis, start } => slice(r, args[0], *axis, *start, shape),
        Op::Pad { .. } if r.shape(args[0]) == shape => Some(args[0]),
        Op::Concat { .. } if args.len() == 1 => Some(args[0]),
        Op::Concat { axis } => joined(r, args, *axis, shape),
        Op::Flip { .. } if r.op(args[0]) == op => Some(r.args(args[0])[0]),
        Op::Reduce(_, axes) if axes.is_empty() => Some(args[0]),
        Op::Reduce(Reduction::Max | Reduction::Min | Reduction::Prod, axes) => {
            let single = axes.iter().all(|&a| r.shape(args[0]).0.get(a).is_some_and(|e| e.dim.is(1)));
            single.then(|| r.add(Op::Reshape, args, shape))
        }
        _ => None,
    }
}

fn reshape(r: &mut Rewriter, x: NodeId, shape: &Shape) -> Option<NodeId> {
    if r.shape(x) == shape {
        return Some(x);
    }
    if *r.op(x) == Op::Reshape {
        let inner = r.args(x)[0];
        return Some(r.add(Op::Reshape, &[inner], shape));
    }
    None
}

fn permute(r: &mut Rewriter, x: NodeId, order: &[usize], shape: &Shape) -> Option<NodeId> {
    // Axes of extent 1 can be anywhere: what matters is the order of the others.
    let long: Vec<usize> = order.iter().copied().filter(|&i| !r.shape(x).0[i].dim.is(1)).collect();
    if long.is_sorted() {
        return Some(r.add(Op::Reshape, &[x], shape));
    }
    if let Op::Permute(inner) = r.op(x) {
        let both: Vec<usize> = order.iter().map(|&i| inner[i]).collect();
        let source = r.args(x)[0];
        return Some(r.add(Op::Permute(both), &[source], shape));
    }
    None
}

fn expand(r: &mut Rewriter, x: NodeId, new: &[usize], shape: &Shape) -> Option<NodeId> {
    let from = r.shape(x).clone();
    let kept = (0..shape.rank()).filter(|i| !new.contains(i));
    let stretched = kept.zip(&from.0).any(|(i, axis)| shape.0[i] != *axis);
    if !stretched && new.iter().all(|&i| shape.0[i].dim.is(1)) {
        return Some(r.add(Op::Reshape, &[x], shape));
    }
    let inner_new = match r.op(x) {
        Op::Expand { new } => new.clone(),
        Op::Reshape => inserted_ones(r.shape(r.args(x)[0]), &from)?,
        _ => return None,
    };
    let source = r.args(x)[0];
    let mut kept = (0..shape.rank()).filter(|i| !new.contains(i));
    let inner: Vec<usize> =
        (0..from.rank()).zip(&mut kept).filter(|(i, _)| inner_new.contains(i)).map(|(_, k)| k).collect();
    let mut all: Vec<usize> = new.iter().copied().chain(inner).collect();
    all.sort_unstable();
    Some(r.add(Op::Expand { new: all }, &[source], shape))
}

/// The positions in `to` of axes of extent 1 that were put between the axes of `from`, if that is all that was done.
fn inserted_ones(from: &Shape, to: &Shape) -> Option<Vec<usize>> {
    let mut old = from.0.iter().peekable();
    let mut inserted = Vec::new();
    for (i, axis) in to.0.iter().enumerate() {
        if old.peek() == Some(&axis) {
            old.next();
        } else if axis.dim.is(1) {
            inserted.push(i);
        } else {
            return None;
        }
    }
    (old.next().is_none() && !inserted.is_empty()).then_some(inserted)
}

fn slice(r: &mut Rewriter, x: NodeId, axis: usize, start: usize, shape: &Shape) -> Option<NodeId> {
    if start == 0 && r.shape(x) == shape {
        return Some(x);
    }
    match *r.op(x) {
        Op::Slice { axis: inner, start: before } if inner == axis => {
            let source = r.args(x)[0];
            let start = start.checked_add(before)?;
            Some(r.add(Op::Slice { axis, start }, &[source], shape))
        }
        _ => None,
    }
}

/// Slices that follow each other in one node are one slice of it, or the node.
fn joined(r: &mut Rewriter, args: &[NodeId], axis: usize, shape: &Shape) -> Option<NodeId> {
    struct Run {
        first: NodeId,
        slice: Option<(NodeId, usize)>,
        axis: Axis,
        len: usize,
        count: usize,
    }
    let mut runs: Vec<Run> = Vec::new();
    for &first in args {
        let extent = r.shape(first).0.get(axis)?.clone();
        let len = usize::try_from(extent.dim.constant()?).ok()?;
        let slice = match *r.op(first) {
            Op::Slice { axis: a, start } if a == axis => Some((r.args(first)[0], start)),
            _ => None,
        };
        match runs.last_mut() {
            Some(run) if slice.is_some() && run.slice.map(|(n, start)| (n, start + run.len)) == slice => {
                run.len += len;
                run.count += 1;
            }
            _ => runs.push(Run { first, slice, axis: extent, len, count: 1 }),
        }
    }
    if runs.len() == args.len() {
        return None;
    }
    let single = runs.len() == 1;
    let mut parts = Vec::new();
    for run in runs {
        parts.push(match run.slice {
            Some((source, start)) if run.count > 1 => {
                let mut part = if single { shape.clone() } else { r.shape(run.first).clone() };
                if !single {
                    part.0[axis] = Axis { dim: Dim::from(run.len), ..run.axis };
                }
                let whole = start == 0 && r.shape(source).0.get(axis)?.dim.is(run.len as i64);
                match whole {
                    true => r.add(Op::Reshape, &[source], &part),
                    false => r.add(Op::Slice { axis, start }, &[source], &part),
                }
            }
            _ => run.first,
        });
    }
    match parts[..] {
        [one] => Some(one),
        _ => Some(r.add(Op::Concat { axis }, &parts, shape)),
    }
}

/// An elementwise operation on repeated arguments: done once, then repeated. A repeated scalar is used as a scalar.
fn before_repetition(r: &mut Rewriter, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
    let scalars: Vec<NodeId> = args.iter().map(|&a| scalar_behind(r, a).unwrap_or(a)).collect();
    if scalars != args {
        let rank = scalars.iter().map(|&a| r.rank(a)).max().unwrap_or_default();
        let inner_shape = if rank == 0 { Shape::scalar() } else { shape.clone() };
        let inner = r.add(op.clone(), &scalars, &inner_shape);
        return Some(r.of_shape(inner, shape));
    }
    let mut full = args.iter().copied().filter(|&a| r.rank(a) > 0);
    let first = full.next()?;
    let Op::Expand { new } = r.op(first).clone() else { return None };
    let small = r.shape(r.args(first)[0]).clone();
    let alike = |a: NodeId| *r.op(a) == Op::Expand { new: new.clone() } && *r.shape(r.args(a)[0]) == small;
    if !full.all(alike) {
        return None;
    }
    let inner: Vec<NodeId> = args.iter().map(|&a| if r.rank(a) > 0 { r.args(a)[0] } else { a }).collect();
    let inner = r.add(op.clone(), &inner, &small);
    Some(r.expand(inner, &new, shape))
}

/// The scalar that is repeated to make `n`.
fn scalar_behind(r: &Rewriter, n: NodeId) -> Option<NodeId> {
    let source = match r.op(n) {
        Op::Expand { .. } => r.args(n)[0],
        _ => return None,
    };
    (r.rank(source) == 0).then_some(source)
}

/// A chain of operations that move elements, from the outside in, each with its shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moves(Vec<(Op, Option<NodeId>, Shape)>);

impl Moves {
    /// Looks through everything that moves single elements and leaves them as they are.
    pub fn strip(r: &Rewriter, mut n: NodeId) -> (Moves, NodeId) {
        let mut moves = Vec::new();
        loop {
            let index = match r.op(n) {
                Op::Reshape | Op::Permute(_) | Op::Expand { .. } | Op::Slice { .. } | Op::Flip { .. } => None,
                Op::StopGradient => None,
                Op::Take => Some(r.args(n)[1]),
                _ => return (Moves(moves), n),
            };
            moves.push((r.op(n).clone(), index, r.shape(n).clone()));
            n = r.args(n)[0];
        }
    }

    /// The same moves of another node of the same shape.
    pub fn apply(&self, r: &mut Rewriter, mut n: NodeId) -> NodeId {
        for (op, index, shape) in self.0.iter().rev() {
            let args: Vec<NodeId> = std::iter::once(n).chain(*index).collect();
            n = r.add(op.clone(), &args, shape);
        }
        n
    }
}

/// Looks through what repeats or renames axes, so that a reduction can be compared with what it is spread over.
pub(super) fn behind_spread(r: &Rewriter, mut n: NodeId) -> NodeId {
    while let Op::Reshape | Op::Expand { .. } | Op::StopGradient = r.op(n) {
        n = r.args(n)[0];
    }
    n
}
