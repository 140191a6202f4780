//! Reading and adding at positions that are themselves computed; marks that leave the numbers alone.

use ndarray::{ArrayD, Axis, IxDyn};

use crate::engine::graph::Op;

use super::primitive::{Kernel, Primitive, Site};
use super::sample::{Sample, index, range, some};
use super::shape;

pub static TAKE: Primitive = Primitive::new("take", shape::take, Kernel::Array(take))
    .signature("take(table: real[v, n], index: label(v)[*S]) -> real[*S, n]")
    .doc("The rows of a table at the given positions, which are whole numbers from 0.")
    .derivative(|at, s, i| {
        if i == 1 {
            return None;
        }
        let shape = at.shape(s.args[0]).clone();
        Some(at.node_shaped(Op::ScatterAdd, &[s.args[1], s.gradient], shape))
    })
    .samples_from(|| {
        vec![
            Sample::new(Op::Take, vec![some(&[4, 3]), index(&[5], 4)]),
            Sample::new(Op::Take, vec![some(&[4]), index(&[2, 3], 4)]),
            Sample::new(Op::Take, vec![some(&[2, 2, 3]), index(&[], 2)]),
        ]
    })
    .plain(|| Op::Take);

pub static SCATTER_ADD: Primitive = Primitive::new("scatter_add", shape::scatter_add, Kernel::Array(scatter_add))
    .doc("Adds rows to the rows of a table of zeros at the given positions, in order of position.")
    .derivative(|at, s, i| (i == 1).then(|| at.take(s.gradient, s.args[0])))
    .samples_from(|| {
        vec![
            Sample::shaped(Op::ScatterAdd, vec![index(&[5], 4), some(&[5, 3])], &[4, 3]),
            Sample::shaped(Op::ScatterAdd, vec![index(&[2, 3], 4), some(&[2, 3])], &[4]),
        ]
    })
    .plain(|| Op::ScatterAdd);

pub static STOP_GRADIENT: Primitive =
    Primitive::new("stop_gradient", shape::same, Kernel::Array(|site| Ok(site.args[0].clone())))
        .signature("stop_gradient(x: any[*S]) -> any[*S]")
        .doc("`x` itself, which counts as a constant for derivatives.")
        .not_differentiable()
        .samples_from(|| vec![Sample::new(Op::StopGradient, vec![some(&[2, 3])])])
        .plain(|| Op::StopGradient);

pub static CHECKED: Primitive = Primitive::new("checked", shape::same, Kernel::Array(checked))
    .doc("`x` itself; the run stops where an element is out of range.")
    .derivative(|_, s, _| Some(s.gradient))
    .samples_from(|| {
        let within = |low: f64, high: f64, whole: bool| Op::Checked { low, high, whole };
        vec![
            Sample::new(within(0.0, 1.0, false), vec![range(&[2, 3], 0.1, 0.9)]),
            Sample::new(within(0.0, 3.0, true), vec![index(&[5], 4)]),
        ]
    });

/// The positions as numbers, all of them below `bound`.
fn positions(index: &ArrayD<f64>, bound: usize) -> Result<Vec<usize>, String> {
    let position = |&i: &f64| {
        let inside = i >= 0.0 && i < bound as f64 && i.fract() == 0.0;
        inside.then_some(i as usize).ok_or_else(|| format!("{i} is not a position among {bound} (they count from 0)"))
    };
    index.iter().map(position).collect()
}

fn take(site: &Site) -> Result<ArrayD<f64>, String> {
    let positions = positions(site.args[1], site.args[0].shape().first().copied().unwrap_or_default())?;
    let rows = site.args[0].select(Axis(0), &positions);
    rows.into_shape_with_order(IxDyn(site.shape)).map_err(|e| e.to_string())
}

fn scatter_add(site: &Site) -> Result<ArrayD<f64>, String> {
    let [index, values] = [site.args[0], site.args[1]];
    let mut result = ArrayD::zeros(IxDyn(site.shape));
    let [count, rest @ ..] = site.shape else { return Err("there is no axis to scatter to".into()) };
    let positions = positions(index, *count)?;
    let rows: Vec<usize> = std::iter::once(positions.len()).chain(rest.iter().copied()).collect();
    let rows = values.view().into_shape_with_order(IxDyn(&rows)).map_err(|e| e.to_string())?;
    for (row, &position) in rows.outer_iter().zip(&positions) {
        let mut sum = result.index_axis_mut(Axis(0), position);
        sum += &row;
    }
    Ok(result)
}

fn checked(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Checked { low, high, whole } = *site.op else { return Err("not a check".into()) };
    let bad = |x: f64| !(low <= x && x <= high) || (whole && x.fract() != 0.0);
    match site.args[0].iter().position(|&x| bad(x)) {
        None => Ok(site.args[0].clone()),
        Some(i) => {
            let kind = if whole { "a whole number" } else { "a number" };
            let x = site.args[0].iter().nth(i).copied().unwrap_or_default();
            Err(format!("{x} is not {kind} in {low}..{high}"))
        }
    }
}
