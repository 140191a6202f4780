//! A pass: a short program that is run for tile after tile of a tensor, so that what lies between its instructions
//! stays in the first cache.

use crate::engine::graph::{NodeId, Reduction};
use crate::engine::kernels::draw::{DrawKernel, DropoutKernel};
use crate::engine::kernels::map::MapKernel;
use crate::engine::kernels::reduce::ReduceKernel;

use super::view::ValueId;

/// Index of a place in the pass: first its streams, then its temporaries.
pub type Place = u16;

/// How many numbers of a tile an instruction works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// All of them.
    Full,
    /// One a row.
    Row,
}

/// Where a pass reads or writes memory.
#[derive(Debug, Clone)]
pub struct Stream {
    pub value: ValueId,
    pub offset: isize,
    pub walk: Walk,
}

/// How a stream moves from tile to tile.
#[derive(Debug, Clone, PartialEq)]
pub enum Walk {
    /// With the tile's first element, or first row.
    Along(Level),
    /// By strides: outer axes, rows, columns.
    Strided { outer: Vec<isize>, row: isize, column: isize },
    /// Not at all.
    Fixed,
}

/// An operand of an elementwise kernel: step 0 repeats a block of equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    pub place: Place,
    pub step: u8,
}

#[derive(Debug, Clone, Copy)]
pub enum Instruction {
    Map { kernel: MapKernel, out: Place, args: [Operand; 3], level: Level },
    /// A strided part of memory, made dense.
    Load { from: Place, row: isize, column: isize, out: Place, level: Level },
    /// A block of equal numbers.
    Block { from: Place, out: Place },
    /// A number a row, repeated along the row.
    Spread { from: Place, out: Place },
    Uniform { kernel: DrawKernel, stream: u64, out: Place, level: Level },
    Dropout { kernel: DropoutKernel, stream: u64, out: Place, args: [Operand; 3] },
    Normal { stream: u64, out: Place, level: Level },
    Rows { kernel: ReduceKernel, arg: Place, out: Place },
    Columns { kernel: ReduceKernel, arg: Place, factor: Option<Place>, out: Place },
    Whole { kernel: ReduceKernel, arg: Place, lanes: Place, level: Level },
    Check { arg: Operand, low: f32, high: f32, whole: bool, node: NodeId, level: Level },
    /// Before the first tile.
    Start { out: Place, len: usize, value: f32 },
    /// After the last tile.
    Finish { reduction: Reduction, lanes: Place, out: Place },
}

/// The program of a pass.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    /// Lengths of the axes around the rows.
    pub outer: Vec<usize>,
    pub rows: usize,
    pub columns: usize,
    pub tile: Tile,
    pub streams: Vec<Stream>,
    /// Where each temporary begins in the scratch memory.
    pub temporaries: Vec<usize>,
    pub scratch: usize,
    pub before: Vec<Instruction>,
    pub body: Vec<Instruction>,
    pub after: Vec<Instruction>,
}

/// The largest tile: whole rows, or a part of one row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tile {
    pub rows: usize,
    pub columns: usize,
}

/// Numbers in a tile, if rows are no longer.
const TILE: usize = 1024;

impl Tile {
    /// `whole_rows`: rows may not be cut.
    pub fn of(columns: usize, whole_rows: bool) -> Tile {
        if columns <= TILE || whole_rows {
            Tile { rows: (TILE / columns.max(1)).max(1), columns }
        } else {
            Tile { rows: 1, columns: TILE }
        }
    }

    pub fn len(self) -> usize {
        self.rows * self.columns
    }
}

impl Instruction {
    /// Changes all its places.
    pub fn places_mut(&mut self, mut f: impl FnMut(&mut Place)) {
        match self {
            Instruction::Map { out, args, .. } | Instruction::Dropout { out, args, .. } => {
                f(out);
                args.iter_mut().for_each(|a| f(&mut a.place));
            }
            Instruction::Load { from, out, .. }
            | Instruction::Block { from, out }
            | Instruction::Spread { from, out } => {
                f(from);
                f(out);
            }
            Instruction::Uniform { out, .. } | Instruction::Normal { out, .. } | Instruction::Start { out, .. } => f(out),
            Instruction::Rows { arg, out, .. } => {
                f(arg);
                f(out);
            }
            Instruction::Columns { arg, factor, out, .. } => {
                f(arg);
                factor.iter_mut().for_each(&mut f);
                f(out);
            }
            Instruction::Whole { arg, lanes, .. } => {
                f(arg);
                f(lanes);
            }
            Instruction::Check { arg, .. } => f(&mut arg.place),
            Instruction::Finish { lanes, out, .. } => {
                f(lanes);
                f(out);
            }
        }
    }
}
