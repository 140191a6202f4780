//! A pass: a short program that is run for tile after tile of a tensor, so that what lies between its instructions
//! stays in the first cache.

use std::fmt;

use crate::engine::graph::{NodeId, Reduction};
use crate::engine::kernels::by_column::{self, ByColumn, ByColumnKernel};
use crate::engine::kernels::draw::{DrawKernel, KeepKernel};
use crate::engine::kernels::map::{Function, MapKernel, Step};
use crate::engine::kernels::moments::{MomentsKernel, SCALARS};
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

/// An operand of an elementwise kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    pub place: Place,
    pub step: Step,
}

#[derive(Debug, Clone, Copy)]
pub enum Instruction {
    Map {
        function: Function,
        kernel: MapKernel,
        out: Place,
        args: [Operand; 3],
        level: Level,
    },
    /// An update: value, first and second mean, each new and old.
    Moments {
        kernel: MomentsKernel,
        out: [Place; 3],
        gradient: Place,
        old: [Place; 3],
        scalars: [Place; SCALARS],
    },
    /// A function of numbers and of what is the same in all rows, at all of a tile's numbers.
    ByColumn {
        function: ByColumn,
        kernel: ByColumnKernel,
        out: Place,
        each: [Place; by_column::EACH],
        columns: [Place; by_column::COLUMNS],
    },
    /// A strided part of memory, made dense.
    Load {
        from: Place,
        row: isize,
        column: isize,
        out: Place,
        level: Level,
    },
    /// A block of equal numbers.
    Block {
        from: Place,
        out: Place,
    },
    /// A number a row, repeated along the row.
    Spread {
        from: Place,
        out: Place,
    },
    Uniform {
        kernel: DrawKernel,
        stream: u64,
        out: Place,
        level: Level,
    },
    /// What dropout keeps, or what it leaves of `arg`.
    Keep {
        kernel: KeepKernel,
        arg: Option<Place>,
        stream: u64,
        below: f32,
        scale: f32,
        out: Place,
        level: Level,
    },
    Normal {
        stream: u64,
        out: Place,
        level: Level,
    },
    Rows {
        kernel: ReduceKernel,
        arg: Place,
        out: Place,
    },
    Columns {
        kernel: ReduceKernel,
        arg: Place,
        /// What is taken from each number of `arg` first.
        shift: Option<Operand>,
        factor: Option<Place>,
        out: Place,
    },
    Whole {
        kernel: ReduceKernel,
        arg: Place,
        lanes: Place,
        level: Level,
    },
    Check {
        arg: Operand,
        low: f32,
        high: f32,
        whole: bool,
        node: NodeId,
        level: Level,
    },
    /// Before the first tile.
    Start {
        out: Place,
        len: usize,
        value: f32,
    },
    /// After the last tile.
    Finish {
        reduction: Reduction,
        lanes: Place,
        out: Place,
    },
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

/// Numbers that all places of a tile have together: three quarters of the smallest first cache.
const ALL_PLACES: usize = 10 * 1024;
/// Numbers in a tile, if rows are no longer.
const TILES: std::ops::RangeInclusive<usize> = 512..=2048;

impl Tile {
    /// For a pass that reads and writes so many places in each tile. `whole_rows`: rows may not be cut.
    pub fn of(columns: usize, places: usize, whole_rows: bool) -> Tile {
        let most = (ALL_PLACES / places.max(1)).clamp(*TILES.start(), *TILES.end());
        if columns <= most || whole_rows {
            Tile { rows: (most / columns.max(1)).max(1), columns }
        } else {
            Tile { rows: 1, columns: most }
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
            Instruction::Map { out, args, .. } => {
                f(out);
                args.iter_mut().for_each(|a| f(&mut a.place));
            }
            Instruction::Moments { out, gradient, old, scalars, .. } => {
                out.iter_mut().chain([gradient]).chain(old).chain(scalars).for_each(f);
            }
            Instruction::ByColumn { out, each, columns, .. } => {
                [out].into_iter().chain(each).chain(columns).for_each(f);
            }
            Instruction::Load { from, out, .. }
            | Instruction::Block { from, out }
            | Instruction::Spread { from, out } => {
                f(from);
                f(out);
            }
            Instruction::Uniform { out, .. } | Instruction::Normal { out, .. } | Instruction::Start { out, .. } => {
                f(out)
            }
            Instruction::Keep { arg, out, .. } => {
                arg.iter_mut().for_each(&mut f);
                f(out);
            }
            Instruction::Rows { arg, out, .. } => {
                f(arg);
                f(out);
            }
            Instruction::Columns { arg, shift, factor, out, .. } => {
                f(arg);
                shift.iter_mut().for_each(|s| f(&mut s.place));
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

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Instruction::Map { function: Function::Map(map), out, args, level, .. } => {
                write!(f, "{map:?}{}{}", operands(&args[..Function::Map(*map).arity()], *out), mark(*level))
            }
            Instruction::Map { function, out, args, level, .. } => {
                write!(f, "{function:?}{}{}", operands(&args[..function.arity()], *out), mark(*level))
            }
            Instruction::Moments { out, gradient, old, .. } => write!(f, "Moments({gradient},{old:?})>{out:?}"),
            Instruction::ByColumn { function, out, each, columns, .. } => {
                let (n, m) = function.arguments();
                write!(f, "{function:?}({:?},{:?}|)>{out}", &each[..n], &columns[..m])
            }
            Instruction::Load { from, row, column, out, .. } => write!(f, "Load({from}:{row},{column})>{out}"),
            Instruction::Block { from, out } => write!(f, "Block({from})>{out}"),
            Instruction::Spread { from, out } => write!(f, "Spread({from})>{out}"),
            Instruction::Uniform { out, .. } => write!(f, "Uniform>{out}"),
            Instruction::Keep { arg: None, out, .. } => write!(f, "Keep>{out}"),
            Instruction::Keep { arg: Some(arg), out, .. } => write!(f, "Drop({arg})>{out}"),
            Instruction::Normal { out, .. } => write!(f, "Normal>{out}"),
            Instruction::Rows { arg, out, .. } => write!(f, "Rows({arg})>{out}"),
            Instruction::Columns { arg, shift: None, factor, out, .. } => write!(f, "Columns({arg},{factor:?})>{out}"),
            Instruction::Columns { arg, shift: Some(shift), factor, out, .. } => {
                let by = if shift.step == Step::Columns { "|" } else { "" };
                write!(f, "Columns({arg}-{}{by},{factor:?})>{out}", shift.place)
            }
            Instruction::Whole { arg, lanes, .. } => write!(f, "Whole({arg})>{lanes}"),
            Instruction::Check { arg, .. } => write!(f, "Check({})", arg.place),
            Instruction::Start { out, len, .. } => write!(f, "Start({len})>{out}"),
            Instruction::Finish { lanes, out, .. } => write!(f, "Finish({lanes})>{out}"),
        }
    }
}

fn operands(args: &[Operand], out: Place) -> String {
    let step = |step: Step| match step {
        Step::Block => "=",
        Step::Each => "",
        Step::Columns => "|",
    };
    let args: Vec<String> = args.iter().map(|a| format!("{}{}", a.place, step(a.step))).collect();
    format!("({})>{out}", args.join(","))
}

fn mark(level: Level) -> &'static str {
    if level == Level::Row { "'" } else { "" }
}
