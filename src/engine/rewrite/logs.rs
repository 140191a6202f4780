//! Stable forms: logarithms and powers of what is made of exponentials are computed without taking these exponentials.

use crate::engine::graph::{Map, NodeId, Op, Reduction};
use crate::types::Shape;

use super::movement::{Moves, behind_spread};
use super::rewriter::Rewriter;

/// How many factors, branches and nested powers are looked through.
const DEPTH: usize = 8;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], _: &Shape) -> Option<NodeId> {
    match (op, args) {
        (Op::Map(Map::Log | Map::SafeLog), &[x]) => stable_log(r, x, *op == Op::Map(Map::SafeLog), DEPTH),
        (Op::Map(Map::Log1p), &[x]) => stable_log1p(r, x),
        (Op::Map(Map::Exp), &[x]) => stable_exp(r, x),
        (Op::Map(Map::Pow), &[x, y]) => stable_power(r, x, y),
        _ => None,
    }
}

/// `log(x)` without the detour, if `x` is made of exponentials. With `safe` the clamp of `SafeLog` is not needed either:
/// that holds for sigmoids, softmaxes and their products, not for any quotient or sum.
fn stable_log(r: &mut Rewriter, x: NodeId, safe: bool, depth: usize) -> Option<NodeId> {
    if let Some(known) = r.logs.get(&(x, safe)) {
        return *known;
    }
    let found = find_stable_log(r, x, safe, depth.checked_sub(1)?);
    r.logs.insert((x, safe), found);
    found
}

fn find_stable_log(r: &mut Rewriter, x: NodeId, safe: bool, depth: usize) -> Option<NodeId> {
    let (moves, core) = Moves::strip(r, x);
    let args = r.args(core).to_vec();
    let log = match (r.op(core).clone(), args.as_slice()) {
        (Op::Map(Map::Sigmoid), &[z]) => log_sigmoid(r, z),
        (Op::Map(Map::Exp), &[a]) => a,
        (Op::Map(Map::Sub), &[one, p]) if r.is_constant(one, 1.0) => log_one_minus(r, p, safe, depth)?,
        (Op::Map(Map::Add), &[a, b]) if !safe => log_one_plus(r, a, b)?,
        (Op::Map(Map::Mul), &[a, b]) => {
            let (a, b) = (stable_log(r, a, safe, depth)?, stable_log(r, b, safe, depth)?);
            r.map(Map::Add, &[a, b])
        }
        (Op::Map(Map::Div), &[a, b]) => log_quotient(r, a, b, safe, depth)?,
        (Op::Map(Map::Pow), &[a, exponent]) => {
            let log = stable_log(r, a, safe, depth)?;
            r.mul(exponent, log)
        }
        (Op::Map(Map::Sqrt), &[a]) => {
            let (log, half) = (stable_log(r, a, safe, depth)?, r.constant(0.5));
            r.mul(half, log)
        }
        (Op::Map(Map::Where), &[c, a, b]) => {
            let [a, b] = logs_of_parts(r, &[a, b], safe, depth)?.try_into().ok()?;
            r.map(Map::Where, &[c, a, b])
        }
        (Op::Concat { axis }, parts) => {
            let parts = logs_of_parts(r, parts, safe, depth)?;
            let shape = r.shape(core).clone();
            r.add(Op::Concat { axis }, &parts, &shape)
        }
        (Op::Reduce(Reduction::Sum, axes), &[e]) if !safe => log_sum_exp(r, e, &axes)?,
        _ => return None,
    };
    let core_shape = r.shape(core).clone();
    let log = r.of_shape(log, &core_shape);
    Some(moves.apply(r, log))
}

/// The logarithm of each part, if one of them has a stable form.
fn logs_of_parts(r: &mut Rewriter, parts: &[NodeId], safe: bool, depth: usize) -> Option<Vec<NodeId>> {
    let stable: Vec<Option<NodeId>> = parts.iter().map(|&p| stable_log(r, p, safe, depth)).collect();
    stable.iter().any(Option::is_some).then_some(())?;
    let map = if safe { Map::SafeLog } else { Map::Log };
    Some(stable.into_iter().zip(parts).map(|(log, &p)| log.unwrap_or_else(|| r.map(map, &[p]))).collect())
}

/// `-softplus(-z)`
fn log_sigmoid(r: &mut Rewriter, z: NodeId) -> NodeId {
    let opposite = r.neg(z);
    let softplus = r.map(Map::Softplus, &[opposite]);
    r.neg(softplus)
}

/// `log(1 + e^a)`, if one summand is 1 and the other an exponential.
fn log_one_plus(r: &mut Rewriter, a: NodeId, b: NodeId) -> Option<NodeId> {
    let other = match () {
        () if r.is_constant(a, 1.0) => b,
        () if r.is_constant(b, 1.0) => a,
        () => return None,
    };
    let (moves, core) = Moves::strip(r, other);
    let exponent = r.arg_of(core, Map::Exp)?;
    let softplus = r.map(Map::Softplus, &[exponent]);
    Some(moves.apply(r, softplus))
}

fn stable_log1p(r: &mut Rewriter, x: NodeId) -> Option<NodeId> {
    let one = r.constant(1.0);
    if let Some(p) = r.arg_of(x, Map::Neg) {
        let rest = r.sub(one, p);
        return stable_log(r, rest, false, DEPTH);
    }
    log_one_plus(r, one, x)
}

fn log_quotient(r: &mut Rewriter, a: NodeId, b: NodeId, safe: bool, depth: usize) -> Option<NodeId> {
    if let Some(log) = log_softmax(r, a, b) {
        return Some(log);
    }
    if let Some(exponent) = r.arg_of(a, Map::Exp)
        && !safe
    {
        let log = r.map(Map::Log, &[b]);
        return Some(r.sub(exponent, log));
    }
    if safe {
        return None;
    }
    let (a, b) = (stable_log(r, a, false, depth)?, stable_log(r, b, false, depth)?);
    Some(r.sub(a, b))
}

/// `(a - max) - log Σ e^(a - max)` for a softmax `e / d`.
fn log_softmax(r: &mut Rewriter, e: NodeId, d: NodeId) -> Option<NodeId> {
    let axes = softmax_axes(r, e, d)?;
    let a = r.arg_of(e, Map::Exp)?;
    if is_shifted(r, a) {
        let log = r.map(Map::Log, &[d]);
        return Some(r.sub(a, log));
    }
    let (_, shifted, log) = shifted_log_sum(r, a, &axes);
    let (moves, _) = Moves::strip(r, d);
    let log = moves.apply(r, log);
    Some(r.sub(shifted, log))
}

/// Whether `e / d` is a softmax: `d` is the sum of `e` over axes.
fn is_softmax(r: &Rewriter, e: NodeId, d: NodeId) -> bool {
    softmax_axes(r, e, d).is_some()
}

/// The axes of the sum. It has to be spread over just these: over others of the same extent it would be another quotient.
fn softmax_axes(r: &Rewriter, e: NodeId, d: NodeId) -> Option<Vec<usize>> {
    r.arg_of(e, Map::Exp)?;
    let unstopped = |n: NodeId| if *r.op(n) == Op::StopGradient { r.args(n)[0] } else { n };
    let d = unstopped(d);
    let (sum, kept) = match r.op(d) {
        Op::Expand { new } => {
            (unstopped(r.args(d)[0]), (0..r.rank(d)).filter(|i| !new.contains(i)).collect::<Vec<_>>())
        }
        _ => (d, (0..r.rank(d)).collect()),
    };
    let Op::Reduce(Reduction::Sum, axes) = r.op(sum) else { return None };
    let own = (0..r.rank(e)).filter(|i| !axes.contains(i));
    let aligned = own.zip(&kept).zip(&r.shape(sum).0).all(|((own, kept), axis)| own == *kept || axis.dim.is(1));
    (r.args(sum) == [e] && aligned).then(|| axes.clone())
}

/// Whether all values lie in 0..1 because of how they are computed.
pub(super) fn is_probability(r: &Rewriter, n: NodeId) -> bool {
    let (_, core) = Moves::strip(r, n);
    r.arg_of(core, Map::Sigmoid).is_some() || r.args_of(core, Map::Div).is_some_and(|[e, d]| is_softmax(r, e, d))
}

/// `log Σ e^a`, with the largest exponent taken out unless that has been done.
fn log_sum_exp(r: &mut Rewriter, e: NodeId, axes: &[usize]) -> Option<NodeId> {
    let a = r.arg_of(e, Map::Exp)?;
    if is_shifted(r, a) {
        return None;
    }
    let (largest, _, log) = shifted_log_sum(r, a, axes);
    Some(r.map(Map::Add, &[largest, log]))
}

/// The maximum over the axes as a constant, `a - max`, and `log Σ e^(a - max)`.
fn shifted_log_sum(r: &mut Rewriter, a: NodeId, axes: &[usize]) -> (NodeId, NodeId, NodeId) {
    let largest = r.reduce(Reduction::Max, a, axes);
    let largest = finite_constant(r, largest);
    let shape = r.shape(a).clone();
    let repeated = r.expand(largest, axes, &shape);
    let shifted = r.sub(a, repeated);
    let powers = r.map(Map::Exp, &[shifted]);
    let sum = r.reduce(Reduction::Sum, powers, axes);
    let log = r.map(Map::Log, &[sum]);
    (largest, shifted, log)
}

/// Whether `a` is `x - max(x)`, the maximum over any axes.
fn is_shifted(r: &Rewriter, a: NodeId) -> bool {
    let Some([x, largest]) = r.args_of(a, Map::Sub) else { return false };
    let mut largest = behind_spread(r, largest);
    if let Some([finite, value, _]) = r.args_of(largest, Map::Where)
        && r.arg_of(finite, Map::IsFinite) == Some(value)
    {
        largest = behind_spread(r, value);
    }
    matches!(r.op(largest), Op::Reduce(Reduction::Max, _)) && r.args(largest) == [x]
}

/// A shift that changes no value: without gradient, and 0 where it is infinite.
fn finite_constant(r: &mut Rewriter, x: NodeId) -> NodeId {
    let shape = r.shape(x).clone();
    let stopped = r.add(Op::StopGradient, &[x], &shape);
    let zero = r.constant(0.0);
    let finite = r.map(Map::IsFinite, &[stopped]);
    r.map(Map::Where, &[finite, stopped, zero])
}

/// `log(1 - p)`; of a single sigmoid it does not come here, since `1 - sigmoid(z)` has been replaced.
fn log_one_minus(r: &mut Rewriter, p: NodeId, safe: bool, depth: usize) -> Option<NodeId> {
    let (moves, core) = Moves::strip(r, p);
    let log = match r.op(core) {
        Op::Map(Map::Div) => log_one_minus_softmax(r, core)?,
        Op::Concat { .. } | Op::Map(Map::Where) => {
            let rest = one_minus_parts(r, core);
            stable_log(r, rest, safe, depth)?
        }
        _ => return None,
    };
    Some(moves.apply(r, log))
}

/// `1 - p` for what is put together of parts, part by part.
fn one_minus_parts(r: &mut Rewriter, p: NodeId) -> NodeId {
    let (op, args, shape) = (r.op(p).clone(), r.args(p).to_vec(), r.shape(p).clone());
    let first = usize::from(op == Op::Map(Map::Where));
    let one = r.constant(1.0);
    let rest: Vec<NodeId> =
        args.iter().enumerate().map(|(i, &part)| if i < first { part } else { r.sub(one, part) }).collect();
    r.add(op, &rest, &shape)
}

/// `log(1 - p)` for the probabilities of a softmax over one axis.
fn log_one_minus_softmax(r: &mut Rewriter, p: NodeId) -> Option<NodeId> {
    let [e, d] = r.args_of(p, Map::Div)?;
    let axes = softmax_axes(r, e, d)?;
    let &[axis] = axes.as_slice() else { return None };
    let a = r.arg_of(e, Map::Exp)?;
    let others = log_sum_exp_of_others(r, a, axis);
    let log_sum = r.map(Map::Log, &[d]);
    Some(r.sub(others, log_sum))
}

/// For each position `i` of the axis `log Σ e^a[j]` over all `j` but `i`. The largest exponent is taken out, for its own
/// position the second largest, so that nothing cancels: what is subtracted elsewhere leaves at least 1.
fn log_sum_exp_of_others(r: &mut Rewriter, a: NodeId, axis: usize) -> NodeId {
    let shape = r.shape(a).clone();
    let axes = [axis];
    let lowest = r.constant(f64::NEG_INFINITY);
    let positions = r.add(Op::Iota { axis }, &[], &shape);
    let mut reduced = shape.clone();
    reduced.0.remove(axis);
    let best = r.add(Op::ArgMax { axis }, &[a], &reduced);
    let best = r.expand(best, &axes, &shape);
    let is_best = r.map(Map::Eq, &[positions, best]);

    let first = r.reduce(Reduction::Max, a, &axes);
    let first = finite_constant(r, first);
    let first = r.expand(first, &axes, &shape);
    let shifted = r.sub(a, first);
    let powers = r.map(Map::Exp, &[shifted]);
    let sum = r.reduce(Reduction::Sum, powers, &axes);
    let sum = r.expand(sum, &axes, &shape);
    let without = r.sub(sum, powers);
    let one = r.constant(1.0);
    // 1 at the position of the largest, where the other branch counts: keeps its gradient finite.
    let without = r.map(Map::Where, &[is_best, one, without]);
    let log_without = r.map(Map::Log, &[without]);
    let elsewhere = r.map(Map::Add, &[first, log_without]);

    let rest = r.map(Map::Where, &[is_best, lowest, a]);
    let second = r.reduce(Reduction::Max, rest, &axes);
    let second = finite_constant(r, second);
    let second = r.expand(second, &axes, &shape);
    let shifted = r.sub(rest, second);
    let powers = r.map(Map::Exp, &[shifted]);
    let sum = r.reduce(Reduction::Sum, powers, &axes);
    let log = r.map(Map::Log, &[sum]);
    let log = r.expand(log, &axes, &shape);
    let at_best = r.map(Map::Add, &[second, log]);
    r.map(Map::Where, &[is_best, at_best, elsewhere])
}

/// `e^(-softplus(u))` is `sigmoid(-u)`.
fn stable_exp(r: &mut Rewriter, x: NodeId) -> Option<NodeId> {
    let (moves, core) = Moves::strip(r, x);
    let softplus = r.arg_of(core, Map::Neg)?;
    let (inner, softplus) = Moves::strip(r, softplus);
    let u = r.arg_of(softplus, Map::Softplus)?;
    let opposite = r.neg(u);
    let sigmoid = r.map(Map::Sigmoid, &[opposite]);
    let moved = inner.apply(r, sigmoid);
    Some(moves.apply(r, moved))
}

/// `p^y` as `e^(y log p)` for probabilities, where the derivative `y p^(y-1)` could become `infinity * 0`: exponents that
/// are not whole, or not known.
fn stable_power(r: &mut Rewriter, x: NodeId, y: NodeId) -> Option<NodeId> {
    if r.constant_of(y).is_some_and(|y| y <= 0.0 || y.fract() == 0.0) || !is_probability(r, x) {
        return None;
    }
    let log = stable_log(r, x, false, DEPTH)?;
    let exponent = r.mul(y, log);
    Some(r.map(Map::Exp, &[exponent]))
}
