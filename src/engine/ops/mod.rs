//! The primitive operations.

pub mod shape;

use super::graph::{Map, Op};
use shape::ShapeRule;

/// The operation's name in messages.
pub fn name(op: &Op) -> String {
    format!("{op:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_lowercase()
}

/// The operation's shape rule.
pub fn shape_rule(op: &Op) -> ShapeRule {
    match op {
        Op::Const(_) | Op::Scalar(_) => shape::scalar,
        Op::Literal(_) => shape::literal,
        Op::Input(_) | Op::Slot(_) | Op::Uniform { .. } | Op::Normal { .. } => shape::as_given,
        Op::Length { .. } => shape::length,
        Op::Map(map) => match map {
            Map::Where => shape::elementwise::<3>,
            map if *map >= Map::Add => shape::elementwise::<2>,
            _ => shape::elementwise::<1>,
        },
        Op::Reduce(..) => shape::reduce,
        Op::ArgMax { .. } => shape::without_axis,
        Op::ArgSort { .. } | Op::CumSum { .. } | Op::Flip { .. } => shape::along_axis,
        Op::MatMul => shape::matmul,
        Op::Reshape => shape::reshape,
        Op::Permute(_) => shape::permute,
        Op::Expand { .. } => shape::expand,
        Op::Slice { .. } => shape::slice,
        Op::Pad { .. } => shape::pad,
        Op::Concat { .. } => shape::concat,
        Op::Take => shape::take,
        Op::ScatterAdd => shape::scatter_add,
        Op::Iota { .. } => shape::iota,
        Op::StopGradient | Op::Checked { .. } => shape::same,
    }
}
