//! Shape rules: what a node's shape is, given its arguments' shapes and, where it does not follow, its own.

use crate::engine::graph::{Op, ShapeFault};
use crate::types::{Axis, Dim, Shape};

/// The node's shape from the operation, the arguments' shapes and the shape it was given, if it was.
pub type ShapeRule = fn(&Op, &[&Shape], Option<&Shape>) -> Result<Shape, ShapeFault>;

pub fn fault<T>(what: impl Into<String>) -> Result<T, ShapeFault> {
    Err(ShapeFault::Other { what: what.into() })
}

/// Exactly `N` arguments.
pub fn arguments<'a, const N: usize>(op: &Op, args: &[&'a Shape]) -> Result<[&'a Shape; N], ShapeFault> {
    args.try_into().map_err(|_| ShapeFault::Other {
        what: format!("{} takes {N} arguments, here are {}", super::row(op).name, args.len()),
    })
}

/// The shape that the caller has to give.
pub fn given<'a>(op: &Op, given: Option<&'a Shape>) -> Result<&'a Shape, ShapeFault> {
    given.ok_or_else(|| ShapeFault::Other { what: format!("the shape of {} has to be given", super::row(op).name) })
}

pub fn axis<'a>(op: &Op, shape: &'a Shape, axis: usize) -> Result<&'a Axis, ShapeFault> {
    shape.0.get(axis).ok_or_else(|| ShapeFault::Other {
        what: format!("{}: there is no axis {axis} in {shape}", super::row(op).name),
    })
}

/// `axes` rise and are axes of `shape`.
pub fn rising_axes(op: &Op, axes: &[usize], rank: usize) -> Result<(), ShapeFault> {
    let rising = axes.windows(2).all(|w| w[0] < w[1]);
    if rising && axes.last().is_none_or(|&last| last < rank) {
        return Ok(());
    }
    fault(format!("{}: {axes:?} are not axes of a tensor with {rank} axes, in rising order", super::row(op).name))
}

/// `axis` with another extent: the name stays, the origin was that of the old extent.
pub fn resized(axis: &Axis, dim: Dim) -> Axis {
    Axis { dim, name: axis.name.clone(), origin: None }
}

/// A position or a count as an extent.
pub fn dim(n: usize) -> Dim {
    Dim::from(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Rank 0, no arguments.
pub fn scalar(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    arguments::<0>(op, args)?;
    Ok(Shape::scalar())
}

/// Any given shape, no arguments.
pub fn as_given(op: &Op, args: &[&Shape], shape: Option<&Shape>) -> Result<Shape, ShapeFault> {
    arguments::<0>(op, args)?;
    given(op, shape).cloned()
}

/// That of the only argument.
pub fn same(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    arguments::<1>(op, args).map(|[x]| x.clone())
}

/// `N` arguments of one shape, or scalars.
pub fn elementwise<const N: usize>(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    arguments::<N>(op, args)?;
    let mut shapes = args.iter().filter(|s| s.rank() > 0);
    let Some(first) = shapes.next() else { return Ok(Shape::scalar()) };
    let mut shape = (*first).clone();
    for other in shapes {
        if **other != shape {
            return Err(ShapeFault::Differ { left: (*first).clone(), right: (*other).clone() });
        }
        for (axis, more) in shape.0.iter_mut().zip(&other.0) {
            if axis.name.is_none() {
                axis.name.clone_from(&more.name);
            }
            if axis.origin.is_none() {
                axis.origin.clone_from(&more.origin);
            }
        }
    }
    Ok(shape)
}

pub fn literal(op: &Op, args: &[&Shape], shape: Option<&Shape>) -> Result<Shape, ShapeFault> {
    arguments::<0>(op, args)?;
    let shape = given(op, shape)?;
    let Op::Literal(values) = op else { return fault("not a literal") };
    if shape.count() != dim(values.len()) {
        return fault(format!("{} numbers do not fill the shape {shape}", values.len()));
    }
    Ok(shape.clone())
}

pub fn length(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let Op::Length { axis: i } = op else { return fault("not a length") };
    axis(op, x, *i)?;
    Ok(Shape::scalar())
}

pub fn iota(op: &Op, args: &[&Shape], shape: Option<&Shape>) -> Result<Shape, ShapeFault> {
    arguments::<0>(op, args)?;
    let shape = given(op, shape)?;
    let Op::Iota { axis: i } = op else { return fault("not an iota") };
    axis(op, shape, *i)?;
    Ok(shape.clone())
}

pub fn reduce(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let Op::Reduce(_, axes) = op else { return fault("not a reduction") };
    rising_axes(op, axes, x.rank())?;
    Ok(Shape(x.0.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, a)| a.clone()).collect()))
}

/// The attribute `axis` of the operations that have one.
pub fn axis_of(op: &Op) -> Option<usize> {
    match op {
        Op::Length { axis }
        | Op::ArgMax { axis }
        | Op::ArgSort { axis }
        | Op::CumSum { axis }
        | Op::Slice { axis, .. }
        | Op::Pad { axis, .. }
        | Op::Concat { axis }
        | Op::Flip { axis }
        | Op::Iota { axis } => Some(*axis),
        _ => None,
    }
}

/// The argument's shape without the axis.
pub fn without_axis(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let i = axis_of(op).unwrap_or(usize::MAX);
    axis(op, x, i)?;
    let mut shape = x.clone();
    shape.0.remove(i);
    Ok(shape)
}

/// The argument's shape; the operation works along one of its axes.
pub fn along_axis(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    axis(op, x, axis_of(op).unwrap_or(usize::MAX))?;
    Ok(x.clone())
}

pub fn matmul(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [a, b] = arguments(op, args)?;
    let (Some((lead_a, [m, k])), Some((lead_b, [l, n]))) = (a.0.split_last_chunk(), b.0.split_last_chunk()) else {
        return fault(format!("a matrix product takes tensors with at least 2 axes, here are {a} and {b}"));
    };
    if k != l {
        return Err(ShapeFault::Axis {
            left: a.clone(),
            left_axis: a.rank() - 1,
            right: b.clone(),
            right_axis: b.rank() - 2,
        });
    }
    if lead_a != lead_b {
        return Err(ShapeFault::Differ { left: a.clone(), right: b.clone() });
    }
    Ok(Shape(lead_a.iter().chain([m, n]).cloned().collect()))
}

pub fn reshape(op: &Op, args: &[&Shape], shape: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let shape = given(op, shape)?;
    if x.count() != shape.count() {
        return fault(format!("{x} has {} elements, {shape} has {}", x.count(), shape.count()));
    }
    Ok(shape.clone())
}

pub fn permute(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let Op::Permute(order) = op else { return fault("not a permutation") };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..x.rank()) {
        return fault(format!("{order:?} is not an order of the axes of {x}"));
    }
    Ok(Shape(order.iter().filter_map(|&i| x.0.get(i).cloned()).collect()))
}

pub fn expand(op: &Op, args: &[&Shape], shape: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let shape = given(op, shape)?;
    let Op::Expand { new } = op else { return fault("not an expansion") };
    rising_axes(op, new, shape.rank())?;
    let kept: Vec<usize> = (0..shape.rank()).filter(|i| !new.contains(i)).collect();
    if kept.len() != x.rank() {
        return fault(format!("{x} with {} more axes does not become {shape}", new.len()));
    }
    for (left_axis, (axis, &right_axis)) in x.0.iter().zip(&kept).enumerate() {
        if !axis.dim.is(1) && shape.0.get(right_axis) != Some(axis) {
            return Err(ShapeFault::Axis { left: x.clone(), left_axis, right: shape.clone(), right_axis });
        }
    }
    Ok(shape.clone())
}

pub fn slice(op: &Op, args: &[&Shape], shape: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let shape = given(op, shape)?;
    let Op::Slice { axis: i, start } = op else { return fault("not a slice") };
    let (whole, part) = (axis(op, x, *i)?, axis(op, shape, *i)?);
    let others_equal =
        x.rank() == shape.rank() && x.0.iter().zip(&shape.0).enumerate().all(|(j, (a, b))| j == *i || a == b);
    if !others_equal {
        return Err(ShapeFault::Differ { left: x.clone(), right: shape.clone() });
    }
    let end = &dim(*start) + &part.dim;
    if (&whole.dim - &end).constant().is_some_and(|rest| rest < 0) {
        return fault(format!("the slice {start}..{end} reaches beyond axis {i} of {x}"));
    }
    Ok(shape.clone())
}

pub fn pad(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [x] = arguments(op, args)?;
    let Op::Pad { axis: i, before, after } = op else { return fault("not a padding") };
    let old = axis(op, x, *i)?;
    let new = resized(old, &(&old.dim + &dim(*before)) + &dim(*after));
    let mut shape = x.clone();
    shape.0[*i] = new;
    Ok(shape)
}

pub fn concat(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [first, rest @ ..] = args else { return fault("nothing to concatenate") };
    let i = axis_of(op).unwrap_or(usize::MAX);
    let mut total = axis(op, first, i)?.dim.clone();
    for other in rest {
        let same_rank = other.rank() == first.rank();
        if !same_rank || first.0.iter().zip(&other.0).enumerate().any(|(j, (a, b))| j != i && a != b) {
            return Err(ShapeFault::Differ { left: (*first).clone(), right: (*other).clone() });
        }
        total = &total + &axis(op, other, i)?.dim;
    }
    let mut shape = (*first).clone();
    if !rest.is_empty() {
        shape.0[i] = resized(&first.0[i], total);
    }
    Ok(shape)
}

pub fn take(op: &Op, args: &[&Shape], _: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [table, index] = arguments(op, args)?;
    let Some((_, rest)) = table.0.split_first() else { return fault("there is no axis to take from") };
    Ok(Shape(index.0.iter().chain(rest).cloned().collect()))
}

pub fn scatter_add(op: &Op, args: &[&Shape], shape: Option<&Shape>) -> Result<Shape, ShapeFault> {
    let [index, values] = arguments(op, args)?;
    let shape = given(op, shape)?;
    let Some((_, rest)) = shape.0.split_first() else { return fault("there is no axis to scatter to") };
    if !index.0.iter().chain(rest).eq(&values.0) {
        let expected = Shape(index.0.iter().chain(rest).cloned().collect());
        return Err(ShapeFault::Differ { left: values.clone(), right: expected });
    }
    Ok(shape.clone())
}
