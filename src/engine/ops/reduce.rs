//! Reductions of axes, and operations along one axis.

use std::cmp::Ordering;

use ndarray::{ArrayD, Axis};

use crate::engine::graph::{At, NodeId, Op, Reduction};

use super::primitive::{Kernel, Primitive, Site, Step};
use super::sample::{Sample, given, some};
use super::shape;

const fn reduction(name: &'static str) -> Primitive {
    Primitive::new(name, shape::reduce, Kernel::Array(reduce))
}

pub static SUM: Primitive = reduction("sum")
    .doc("The sum over axes; 0 over an empty axis.")
    .derivative(|at, s, _| Some(spread(at, s, s.gradient)))
    .samples_from(|| samples(Reduction::Sum));

pub static PROD: Primitive = reduction("prod")
    .doc("The product over axes; 1 over an empty axis.")
    .derivative(prod_derivative)
    .samples_from(|| {
        let mut all = samples(Reduction::Prod);
        for zeros in [[0.0, 2.0, -3.0], [0.0, 2.0, 0.0]] {
            all.push(Sample::new(Op::Reduce(Reduction::Prod, vec![0]), vec![given(&[3], &zeros)]).first_only());
        }
        all
    });

pub static AMAX: Primitive = reduction("amax")
    .doc("The largest element over axes; not a number if one is. At a tie the gradient is shared evenly.")
    .derivative(extreme_derivative)
    .samples_from(|| samples(Reduction::Max));

pub static AMIN: Primitive = reduction("amin")
    .doc("The smallest element over axes; not a number if one is. At a tie the gradient is shared evenly.")
    .derivative(extreme_derivative)
    .samples_from(|| samples(Reduction::Min));

pub static ARGMAX: Primitive = Primitive::new("argmax", shape::without_axis, Kernel::Array(argmax))
    .doc("The position of the first largest element along an axis. Not a number counts as the largest.")
    .not_differentiable()
    .samples_from(|| (0..2).map(|axis| Sample::new(Op::ArgMax { axis }, vec![some(&[3, 5])])).collect());

pub static ARGSORT: Primitive = Primitive::new("argsort", shape::along_axis, Kernel::Array(argsort))
    .doc("The positions that sort along an axis: stable, rising, not a number last.")
    .not_differentiable()
    .samples_from(|| (0..2).map(|axis| Sample::new(Op::ArgSort { axis }, vec![some(&[3, 5])])).collect());

pub static CUMSUM: Primitive = Primitive::new("cumsum", shape::along_axis, Kernel::Array(cumsum))
    .doc("The sum of each element and all before it along an axis.")
    .derivative(|at, s, _| {
        let axis = shape::axis_of(s.op)?;
        let reversed = at.flip(s.gradient, axis);
        let summed = at.node(s.op.clone(), &[reversed]);
        Some(at.flip(summed, axis))
    })
    .samples_from(|| (0..3).map(|axis| Sample::new(Op::CumSum { axis }, vec![some(&[2, 3, 4])])).collect());

fn samples(reduction: Reduction) -> Vec<Sample> {
    let cases: [(&[usize], &[usize]); 6] =
        [(&[5], &[0]), (&[3, 4], &[0]), (&[3, 4], &[1]), (&[2, 3, 4], &[0, 2]), (&[2, 3], &[0, 1]), (&[4, 1], &[1])];
    cases.iter().map(|(shape, axes)| Sample::new(Op::Reduce(reduction, axes.to_vec()), vec![some(shape)])).collect()
}

/// `x`, of the reduced shape, for each element of the argument.
fn spread(at: &mut At, s: &Step, x: NodeId) -> NodeId {
    let Op::Reduce(_, axes) = s.op else { return x };
    let shape = at.shape(s.args[0]).clone();
    at.expand_to(x, axes, &shape)
}

/// An equal share of the gradient for each element that equals the result.
fn extreme_derivative(at: &mut At, s: &Step, _: usize) -> Option<NodeId> {
    let Op::Reduce(_, axes) = s.op else { return None };
    let result = spread(at, s, s.node);
    let ties = at.equal(s.args[0], result);
    let count = at.sum(ties, axes);
    let share = at.div(s.gradient, count);
    let share = spread(at, s, share);
    let zero = at.constant(0.0);
    Some(at.where_(ties, share, zero))
}

/// The product of the others: the result over the element where there is no zero; with a single zero, that one alone
/// gets the product of the rest. Second derivatives are right only where there is no zero.
fn prod_derivative(at: &mut At, s: &Step, _: usize) -> Option<NodeId> {
    let Op::Reduce(_, axes) = s.op else { return None };
    let x = s.args[0];
    let (zero, one) = (at.constant(0.0), at.constant(1.0));
    let is_zero = at.equal(x, zero);
    let zeros = at.sum(is_zero, axes);
    let nonzero = at.where_(is_zero, one, x);
    let product = at.reduce(Reduction::Prod, nonzero, axes);
    let others_zero = {
        let all = spread(at, s, zeros);
        let others = at.sub(all, is_zero);
        at.less(zero, others)
    };
    let product = at.mul(s.gradient, product);
    let product = spread(at, s, product);
    let others = at.div(product, nonzero);
    Some(at.where_(others_zero, zero, others))
}

/// Axis by axis, the last one first, elements in order.
fn reduce(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Reduce(reduction, axes) = site.op else { return Err("not a reduction".into()) };
    let (start, combine): (f64, fn(f64, f64) -> f64) = match reduction {
        Reduction::Sum => (0.0, |a, b| a + b),
        Reduction::Prod => (1.0, |a, b| a * b),
        Reduction::Max => (f64::NEG_INFINITY, |a, b| if b > a || b.is_nan() { b } else { a }),
        Reduction::Min => (f64::INFINITY, |a, b| if b < a || b.is_nan() { b } else { a }),
    };
    let mut x = site.args[0].clone();
    for &axis in axes.iter().rev() {
        x = x.fold_axis(Axis(axis), start, |&a, &b| combine(a, b));
    }
    Ok(x)
}

fn argmax(site: &Site) -> Result<ArrayD<f64>, String> {
    let axis = Axis(shape::axis_of(site.op).unwrap_or_default());
    if site.args[0].len_of(axis) == 0 {
        return Err("argmax along an axis without elements".into());
    }
    let position = |lane: ndarray::ArrayView1<f64>| {
        let mut best = 0;
        for (i, &x) in lane.iter().enumerate() {
            if x > lane[best] || x.is_nan() && !lane[best].is_nan() {
                best = i;
            }
        }
        best as f64
    };
    Ok(site.args[0].map_axis(axis, position))
}

fn argsort(site: &Site) -> Result<ArrayD<f64>, String> {
    let axis = Axis(shape::axis_of(site.op).unwrap_or_default());
    let mut result = site.args[0].clone();
    for mut lane in result.lanes_mut(axis) {
        let values = lane.to_vec();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&i, &j| rising(values[i], values[j]));
        lane.iter_mut().zip(order).for_each(|(to, i)| *to = i as f64);
    }
    Ok(result)
}

/// NaN behind all others.
fn rising(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn cumsum(site: &Site) -> Result<ArrayD<f64>, String> {
    let mut result = site.args[0].clone();
    let axis = Axis(shape::axis_of(site.op).unwrap_or_default());
    result.accumulate_axis_inplace(axis, |&before, x| *x += before);
    Ok(result)
}
