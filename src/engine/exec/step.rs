//! The steps of a plan, with all places in memory settled.

use crate::engine::graph::NodeId;
use crate::engine::kernels::gemm::Extents;

use super::memory::Address;
use super::pass::{Instruction, Tile};

/// One kernel call, or one pass.
#[derive(Debug, Clone)]
pub enum Step {
    Pass(LinkedPass),
    MatMul(MatMul),
    Move(Move),
    Zero { to: Address, len: usize },
    ArgMax(Lanes),
    ArgSort(Lanes),
    CumSum(Lanes),
    Take(Positions),
    Scatter(Positions),
}

/// A pass over tiles: see [`super::pass::Pass`].
#[derive(Debug, Clone, Default)]
pub struct LinkedPass {
    pub outer: Vec<usize>,
    pub rows: usize,
    pub columns: usize,
    pub tile: Tile,
    pub streams: Vec<LinkedStream>,
    pub temporaries: Vec<usize>,
    pub before: Vec<Instruction>,
    pub body: Vec<Instruction>,
    pub after: Vec<Instruction>,
}

/// A place in memory that moves by strides: outer axes, rows, columns.
#[derive(Debug, Clone)]
pub struct LinkedStream {
    pub start: Address,
    pub outer: Vec<isize>,
    pub row: isize,
    pub column: isize,
}


/// A stack of products of matrices.
#[derive(Debug, Clone)]
pub struct MatMul {
    pub extents: Extents,
    pub a: Address,
    pub a_strides: (isize, isize),
    pub b: Address,
    pub b_strides: (isize, isize),
    pub c: Address,
    /// Of each product of the stack: how far its operands and result begin behind the first.
    pub stack: Vec<[isize; 3]>,
}

/// A strided copy: lengths of axes, strides from and to.
#[derive(Debug, Clone)]
pub struct Move {
    pub from: Address,
    pub to: Address,
    pub axes: Vec<(usize, isize, isize)>,
}

/// Vectors along a last axis; the results lie densely.
#[derive(Debug, Clone)]
pub struct Lanes {
    pub from: Address,
    pub to: Address,
    /// Lengths and strides of the axes around.
    pub outer: Vec<(usize, isize)>,
    pub len: usize,
    pub stride: isize,
}

/// Rows of a table at positions that are computed.
#[derive(Debug, Clone, Copy)]
pub struct Positions {
    pub table: Address,
    pub count: usize,
    pub width: usize,
    pub index: Address,
    pub indices: usize,
    pub rows: Address,
    pub node: NodeId,
}
