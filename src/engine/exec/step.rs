//! The steps of a plan, with all places in memory settled.

use std::fmt;
use std::ops::Range;

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
    /// Which of the plan's places are its own.
    pub places: Range<usize>,
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

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Pass(p) => {
                write!(f, "pass {:?} {} x {}, tile {} x {}", p.outer, p.rows, p.columns, p.tile.rows, p.tile.columns)?;
                let all = [("before", &p.before), ("each", &p.body), ("after", &p.after)];
                for (when, instructions) in all.iter().filter(|(_, i)| !i.is_empty()) {
                    write!(f, "; {when}:")?;
                    instructions.iter().try_for_each(|i| write!(f, " {i}"))?;
                }
                Ok(())
            }
            Step::MatMul(x) => {
                let Extents { m, n, k } = x.extents;
                write!(
                    f,
                    "product {m} x {k} x {n}, {} times, strides {:?} {:?}",
                    x.stack.len(),
                    x.a_strides,
                    x.b_strides
                )
            }
            Step::Move(x) => write!(f, "copy {:?}", x.axes),
            Step::Zero { len, .. } => write!(f, "zero {len}"),
            Step::ArgMax(x) => write!(f, "argmax {:?} {}", x.outer, x.len),
            Step::ArgSort(x) => write!(f, "argsort {:?} {}", x.outer, x.len),
            Step::CumSum(x) => write!(f, "cumsum {:?} {}", x.outer, x.len),
            Step::Take(x) => write!(f, "take {} of {} x {}", x.indices, x.count, x.width),
            Step::Scatter(x) => write!(f, "scatter {} to {} x {}", x.indices, x.count, x.width),
        }
    }
}
