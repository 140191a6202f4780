//! Operations that move elements and compute nothing.

use ndarray::{ArrayD, Axis, IxDyn, Slice as Range};

use crate::engine::graph::{At, NodeId, Op};
use crate::types::{Axis as Extent, Dim};

use super::primitive::{Kernel, Primitive, Site, Step};
use super::sample::{Sample, some};
use super::shape;

pub static RESHAPE: Primitive = Primitive::new("reshape", shape::reshape, Kernel::Array(reshape))
    .doc("The elements in row-major order, in another shape of the same count.")
    .derivative(|at, s, _| {
        let shape = at.shape(s.args[0]).clone();
        Some(at.reshape(s.gradient, &shape))
    })
    .samples_from(|| {
        let cases: [[&[usize]; 2]; 4] = [[&[2, 6], &[3, 4]], [&[6], &[2, 1, 3]], [&[1, 1], &[]], [&[2, 3], &[6]]];
        cases.iter().map(|[from, to]| Sample::shaped(Op::Reshape, vec![some(from)], to)).collect()
    })
    .plain(|| Op::Reshape);

pub static PERMUTE: Primitive = Primitive::new("permute", shape::permute, Kernel::Array(permute))
    .doc("The axes in another order.")
    .derivative(|at, s, _| {
        let Op::Permute(order) = s.op else { return None };
        let inverse = (0..order.len()).map(|i| order.iter().position(|&o| o == i)).collect::<Option<Vec<_>>>()?;
        Some(at.permute(s.gradient, inverse))
    })
    .samples_from(|| {
        let orders: [&[usize]; 4] = [&[1, 2, 0], &[0, 2, 1], &[2, 1, 0], &[0, 1, 2]];
        orders.iter().map(|o| Sample::new(Op::Permute(o.to_vec()), vec![some(&[2, 3, 4])])).collect()
    });

pub static EXPAND: Primitive = Primitive::new("expand", shape::expand, Kernel::Array(expand))
    .doc("Repeats along new axes, and along axes of extent 1.")
    .derivative(|at, s, _| {
        let Op::Expand { new } = s.op else { return None };
        let shape = at.shape(s.args[0]).clone();
        Some(at.sum_to(s.gradient, new, &shape))
    })
    .samples_from(|| {
        let cases: [(&[usize], &[usize], &[usize]); 6] = [
            (&[], &[0, 1], &[2, 3]),
            (&[3], &[0], &[2, 3]),
            (&[3], &[1], &[3, 2]),
            (&[2, 1], &[], &[2, 4]),
            (&[1, 3], &[1], &[2, 4, 3]),
            (&[1], &[0], &[2, 1]),
        ];
        let expand = |new: &[usize]| Op::Expand { new: new.to_vec() };
        cases.iter().map(|(from, new, to)| Sample::shaped(expand(new), vec![some(from)], to)).collect()
    });

pub static SLICE: Primitive = Primitive::new("slice", shape::slice, Kernel::Array(slice))
    .doc("Consecutive positions of one axis.")
    .derivative(slice_derivative)
    .samples_from(|| {
        let cases: [(usize, usize, &[usize]); 5] =
            [(0, 0, &[2, 4]), (0, 1, &[2, 4]), (1, 1, &[3, 2]), (1, 3, &[3, 1]), (1, 4, &[3, 0])];
        cases
            .iter()
            .map(|&(axis, start, to)| Sample::shaped(Op::Slice { axis, start }, vec![some(&[3, 4])], to))
            .collect()
    });

pub static PAD: Primitive = Primitive::new("pad", shape::pad, Kernel::Array(pad))
    .doc("Zeros before and after along one axis.")
    .derivative(|at, s, _| {
        let Op::Pad { axis, before, .. } = *s.op else { return None };
        let extent = at.shape(s.args[0]).0.get(axis)?.clone();
        Some(at.slice(s.gradient, axis, before, extent))
    })
    .samples_from(|| {
        let cases = [(0, 1, 2), (1, 0, 3), (1, 2, 0), (0, 0, 0)];
        cases
            .iter()
            .map(|&(axis, before, after)| Sample::new(Op::Pad { axis, before, after }, vec![some(&[2, 3])]))
            .collect()
    });

pub static CONCAT: Primitive = Primitive::new("concat", shape::concat, Kernel::Array(concat))
    .doc("Tensors one behind the other along one axis.")
    .derivative(concat_derivative)
    .samples_from(|| {
        vec![
            Sample::new(Op::Concat { axis: 0 }, vec![some(&[2, 3]), some(&[1, 3]), some(&[2, 3])]),
            Sample::new(Op::Concat { axis: 1 }, vec![some(&[2, 1]), some(&[2, 2])]),
            Sample::new(Op::Concat { axis: 0 }, vec![some(&[4])]),
        ]
    });

pub static FLIP: Primitive = Primitive::new("flip", shape::along_axis, Kernel::Array(flip))
    .doc("One axis in reverse order.")
    .derivative(|at, s, _| Some(at.flip(s.gradient, shape::axis_of(s.op)?)))
    .samples_from(|| (0..2).map(|axis| Sample::new(Op::Flip { axis }, vec![some(&[2, 3])])).collect());

/// The gradient with zeros on both sides. Where the extent is a symbol, so can be the number of zeros behind.
fn slice_derivative(at: &mut At, s: &Step, _: usize) -> Option<NodeId> {
    let Op::Slice { axis, start } = *s.op else { return None };
    let whole = at.shape(s.args[0]).clone();
    let old = whole.0.get(axis)?;
    let part = &at.shape(s.node).0.get(axis)?.dim;
    let rest = &(&old.dim - part) - &shape::dim(start);
    if let Some(after) = rest.constant().and_then(|n| usize::try_from(n).ok()) {
        return Some(at.node_shaped(Op::Pad { axis, before: start, after }, &[s.gradient], whole));
    }
    let zeros = |at: &mut At, dim: Dim| {
        let mut shape = whole.clone();
        shape.0[axis] = Extent::new(dim);
        at.full(0.0, &shape)
    };
    let before = zeros(at, shape::dim(start));
    let after = zeros(at, rest);
    Some(at.node_shaped(Op::Concat { axis }, &[before, s.gradient, after], whole.clone()))
}

/// The part that argument `i` became. Its start may be a symbol, which a slice can't have: then the last positions up to
/// its end are taken by flipping twice.
fn concat_derivative(at: &mut At, s: &Step, i: usize) -> Option<NodeId> {
    let axis = shape::axis_of(s.op)?;
    let extents: Vec<Extent> = s.args.iter().map(|&a| at.shape(a).0.get(axis).cloned()).collect::<Option<_>>()?;
    let before = extents.iter().take(i).fold(Dim::from(0), |sum, e| &sum + &e.dim);
    if let Some(start) = before.constant().and_then(|n| usize::try_from(n).ok()) {
        return Some(at.slice(s.gradient, axis, start, extents[i].clone()));
    }
    let up_to_end = at.slice(s.gradient, axis, 0, Extent::new(&before + &extents[i].dim));
    let reversed = at.flip(up_to_end, axis);
    let part = at.slice(reversed, axis, 0, extents[i].clone());
    Some(at.flip(part, axis))
}

fn owned(view: ndarray::ArrayViewD<f64>) -> ArrayD<f64> {
    view.as_standard_layout().into_owned()
}

fn reshape(site: &Site) -> Result<ArrayD<f64>, String> {
    site.args[0].view().into_shape_with_order(IxDyn(site.shape)).map(owned).map_err(|e| e.to_string())
}

fn permute(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Permute(order) = site.op else { return Err("not a permutation".into()) };
    Ok(owned(site.args[0].view().permuted_axes(IxDyn(order))))
}

fn expand(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Expand { new } = site.op else { return Err("not an expansion".into()) };
    let mut x = site.args[0].view();
    for &axis in new {
        x = x.insert_axis(Axis(axis));
    }
    x.broadcast(IxDyn(site.shape)).map(owned).ok_or_else(|| format!("{:?} does not become {:?}", x.shape(), site.shape))
}

fn slice(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Slice { axis, start } = *site.op else { return Err("not a slice".into()) };
    let (whole, end) = (site.args[0].shape()[axis], start.saturating_add(site.shape[axis]));
    if end > whole {
        return Err(format!("the slice {start}..{end} reaches beyond the {whole} positions of axis {axis}"));
    }
    Ok(owned(site.args[0].slice_axis(Axis(axis), Range::from(start..end))))
}

fn pad(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Pad { axis, before, .. } = *site.op else { return Err("not a padding".into()) };
    let mut result = ArrayD::zeros(IxDyn(site.shape));
    let end = before + site.args[0].shape()[axis];
    result.slice_axis_mut(Axis(axis), Range::from(before..end)).assign(site.args[0]);
    Ok(result)
}

fn concat(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Concat { axis } = *site.op else { return Err("not a concatenation".into()) };
    let parts: Vec<_> = site.args.iter().map(|a| a.view()).collect();
    ndarray::concatenate(Axis(axis), &parts).map(|x| owned(x.view())).map_err(|e| e.to_string())
}

fn flip(site: &Site) -> Result<ArrayD<f64>, String> {
    let mut x = site.args[0].view();
    x.invert_axis(Axis(shape::axis_of(site.op).unwrap_or_default()));
    Ok(owned(x))
}
