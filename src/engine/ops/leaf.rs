//! Nodes without arguments, and the length of an axis.

use ndarray::{ArrayD, Axis, IxDyn, arr0};

use crate::engine::graph::{InputId, Op, ScalarId, SlotId};

use super::primitive::{Kernel, Primitive, Site};
use super::sample::{Sample, some};
use super::shape;

pub static CONST: Primitive = Primitive::new("const", shape::scalar, Kernel::Array(constant))
    .doc("A number.")
    .not_differentiable()
    .samples_from(|| vec![Sample::new(Op::Const(0.1), vec![])]);

pub static LITERAL: Primitive = Primitive::new("literal", shape::literal, Kernel::Array(literal))
    .doc("Numbers in row-major order.")
    .not_differentiable()
    .samples_from(|| vec![Sample::shaped(Op::Literal([1.0, 0.1, -3.0, 4.0].into()), vec![], &[2, 2])]);

pub static INPUT: Primitive = Primitive::new("input", shape::as_given, Kernel::Array(input))
    .doc("A column block of the batch.")
    .not_differentiable()
    .samples_from(|| vec![Sample::new(Op::Input(InputId(0)), vec![])]);

pub static SLOT: Primitive = Primitive::new("slot", shape::as_given, Kernel::Array(slot))
    .doc("A parameter, buffer or state, as it was before the run.")
    .not_differentiable()
    .samples_from(|| vec![Sample::shaped(Op::Slot(SlotId(0)), vec![], &[2, 3])]);

pub static SCALAR: Primitive = Primitive::new("scalar", shape::scalar, Kernel::Array(scalar))
    .doc("A number that is given anew for each run.")
    .not_differentiable()
    .samples_from(|| vec![Sample::new(Op::Scalar(ScalarId(0)), vec![])]);

pub static LENGTH: Primitive = Primitive::new("length", shape::length, Kernel::Array(length))
    .doc("The length of an axis.")
    .not_differentiable()
    .samples_from(|| (0..2).map(|axis| Sample::new(Op::Length { axis }, vec![some(&[2, 3])])).collect());

pub static IOTA: Primitive = Primitive::new("iota", shape::iota, Kernel::Array(iota))
    .doc("0, 1, 2, … along an axis.")
    .not_differentiable()
    .samples_from(|| (0..2).map(|axis| Sample::shaped(Op::Iota { axis }, vec![], &[2, 3])).collect());

fn constant(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Const(value) = site.op else { return Err("not a constant".into()) };
    Ok(arr0(*value).into_dyn())
}

fn literal(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Literal(values) = site.op else { return Err("not a literal".into()) };
    ArrayD::from_shape_vec(IxDyn(site.shape), values.to_vec()).map_err(|e| e.to_string())
}

fn input(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Input(InputId(i)) = *site.op else { return Err("not an input".into()) };
    let found = site.memory.input(i as usize, site.shape);
    found.ok_or_else(|| format!("there is no input {i} with the shape {:?}", site.shape))
}

fn slot(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Slot(SlotId(i)) = *site.op else { return Err("not a slot".into()) };
    let found = site.memory.slot(i as usize, site.shape);
    found.ok_or_else(|| format!("there is no slot {i} with the shape {:?}", site.shape))
}

fn scalar(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Scalar(ScalarId(i)) = *site.op else { return Err("not a scalar".into()) };
    let found = site.memory.scalar(i as usize).ok_or_else(|| format!("there is no scalar {i}"))?;
    Ok(arr0(found).into_dyn())
}

fn length(site: &Site) -> Result<ArrayD<f64>, String> {
    let axis = shape::axis_of(site.op).unwrap_or_default();
    Ok(arr0(site.args[0].len_of(Axis(axis)) as f64).into_dyn())
}

fn iota(site: &Site) -> Result<ArrayD<f64>, String> {
    let axis = shape::axis_of(site.op).unwrap_or_default();
    Ok(ArrayD::from_shape_fn(IxDyn(site.shape), |index| index[axis] as f64))
}
