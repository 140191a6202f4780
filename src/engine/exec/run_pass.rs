//! Runs the program of a pass, tile by tile.

use std::ops::Range;

use crate::engine::kernels::MAX_LANES;
use crate::engine::kernels::draw::DrawArgs;
use crate::engine::kernels::layout::{Strided, copy_dense};
use crate::engine::kernels::map::MapArgs;
use crate::engine::kernels::moments::MomentsArgs;
use crate::engine::kernels::reduce::{ReduceArgs, WHOLE_LANES, fold_whole};
use crate::engine::random::{Key, normal};

use super::Fault;
use super::pass::{Instruction, Level, Operand, Place};
use super::step::LinkedPass;

/// What a pass runs on.
pub struct Machine<'a> {
    /// The base pointers of the run.
    pub bases: &'a [*mut f32],
    pub scratch: *mut f32,
    /// Room for the pass's places, twice: where each begins, and where it is in the tile at hand.
    pub starts: &'a mut [*mut f32],
    pub places: &'a mut [*mut f32],
    pub key: Key,
}

/// The tile at hand.
#[derive(Debug, Clone, Copy)]
struct Part {
    rows: usize,
    columns: usize,
    /// Position of the first element, and of its row.
    element: usize,
    row: usize,
}

impl Part {
    fn len(self, level: Level) -> usize {
        match level {
            Level::Full => self.rows * self.columns,
            Level::Row => self.rows,
        }
    }

    fn index(self, level: Level) -> usize {
        match level {
            Level::Full => self.element,
            Level::Row => self.row,
        }
    }
}

impl Machine<'_> {
    /// The rows `range` of a pass; all of them, unless it is one that `split` divides.
    ///
    /// # Safety
    /// The plan that the pass is of fits the memory behind the base pointers and the scratch memory.
    pub unsafe fn run(&mut self, pass: &LinkedPass, range: Range<usize>) -> Result<(), Fault> {
        let count = pass.outer.iter().product::<usize>();
        let streams = pass.streams.len();
        for (i, &offset) in pass.temporaries.iter().enumerate() {
            self.places[streams + i] = self.scratch.wrapping_add(offset);
        }
        for (i, stream) in pass.streams.iter().enumerate() {
            self.starts[i] = self.bases[stream.start.base.0 as usize].wrapping_add(stream.start.offset);
            self.places[i] = self.starts[i];
        }
        let first = Part { rows: pass.tile.rows.min(pass.rows), columns: pass.columns, element: 0, row: 0 };
        // SAFETY: passed on.
        unsafe {
            self.instructions(&pass.before, first)?;
            for outer in 0..count {
                self.tiles(pass, outer, range.clone())?;
            }
            if !pass.after.is_empty() {
                self.places[..streams].copy_from_slice(&self.starts[..streams]);
            }
            self.instructions(&pass.after, first)
        }
    }

    /// All tiles at one position of the outer axes.
    ///
    /// # Safety
    /// As [`Machine::run`].
    unsafe fn tiles(&mut self, pass: &LinkedPass, outer: usize, range: Range<usize>) -> Result<(), Fault> {
        let mut row = range.start;
        while row < range.end {
            let rows = pass.tile.rows.min(range.end - row);
            let mut column = 0;
            while column < pass.columns {
                let columns = pass.tile.columns.min(pass.columns - column);
                for (i, stream) in pass.streams.iter().enumerate() {
                    let mut at = row as isize * stream.row + column as isize * stream.column;
                    if outer > 0 {
                        at += outer_offset(&pass.outer, &stream.outer, outer);
                    }
                    self.places[i] = self.starts[i].wrapping_offset(at);
                }
                let first = outer * pass.rows + row;
                let part = Part { rows, columns, element: first * pass.columns + column, row: first };
                // SAFETY: passed on.
                unsafe { self.instructions(&pass.body, part)? };
                column += columns;
            }
            row += rows;
        }
        Ok(())
    }

    fn at(&self, place: Place) -> *mut f32 {
        self.places[place as usize]
    }

    fn args(&self, out: Place, args: &[Operand; 3], part: Part, level: Level) -> MapArgs {
        MapArgs {
            out: self.at(out),
            args: args.map(|a| self.at(a.place).cast_const()),
            steps: args.map(|a| a.step),
            len: part.len(level),
            width: part.columns,
        }
    }

    /// # Safety
    /// As [`Machine::run`].
    unsafe fn instructions(&mut self, instructions: &[Instruction], part: Part) -> Result<(), Fault> {
        for x in instructions {
            // SAFETY: passed on; places are those of the pass, and each has room for the tile's numbers at its level.
            unsafe {
                match x {
                    // By far the most, and no fault to hand over.
                    Instruction::Map { kernel, out, args, level, .. } => {
                        kernel(&self.args(*out, args, part, *level));
                    }
                    _ => self.instruction(x, part)?,
                }
            }
        }
        Ok(())
    }

    /// # Safety
    /// As [`Machine::run`].
    unsafe fn instruction(&mut self, x: &Instruction, part: Part) -> Result<(), Fault> {
        // SAFETY: passed on; every place has room for the tile's numbers at its level.
        unsafe {
            match x {
                Instruction::Map { kernel, out, args, level, .. } => kernel(&self.args(*out, args, part, *level)),
                Instruction::Moments { kernel, out, gradient, old, scalars } => kernel(&MomentsArgs {
                    out: out.map(|p| self.at(p)),
                    gradient: self.at(*gradient),
                    old: old.map(|p| self.at(p).cast_const()),
                    scalars: scalars.map(|p| *self.at(p)),
                    len: part.len(Level::Full),
                }),
                Instruction::Load { from, row, column, out, level } => {
                    let view = Strided { from: self.at(*from), row_stride: *row, column_stride: *column };
                    let columns = if *level == Level::Full { part.columns } else { 1 };
                    copy_dense(view, part.rows, columns, self.at(*out));
                }
                Instruction::Block { from, out } => fill(self.at(*out), MAX_LANES, *self.at(*from)),
                Instruction::Spread { from, out } => {
                    let view = Strided { from: self.at(*from), row_stride: 1, column_stride: 0 };
                    copy_dense(view, part.rows, part.columns, self.at(*out));
                }
                Instruction::Uniform { kernel, stream, out, level } => {
                    kernel(&self.draws(*stream, *out, part, *level));
                }
                Instruction::Keep { kernel, stream, below, scale, out, level } => {
                    kernel(&self.draws(*stream, *out, part, *level), *below, *scale);
                }
                Instruction::Normal { stream, out, level } => {
                    let words = self.key.words(*stream);
                    for i in 0..part.len(*level) {
                        *self.at(*out).add(i) = normal(words, (part.index(*level) + i) as u32) as f32;
                    }
                }
                Instruction::Rows { kernel, arg, out } => kernel(&self.reduction(*arg, None, *out, part)),
                Instruction::Columns { kernel, arg, factor, out } => kernel(&self.reduction(*arg, *factor, *out, part)),
                Instruction::Whole { kernel, arg, lanes, level } => {
                    let (width, index) = (part.len(*level), part.index(*level));
                    kernel(&ReduceArgs { rows: 1, width, index, ..self.reduction(*arg, None, *lanes, part) });
                }
                Instruction::Check { arg, low, high, whole, node, level } => {
                    let numbers = std::slice::from_raw_parts(self.at(arg.place), part.len(*level));
                    if let Some(value) = out_of_range(numbers, *low, *high, *whole) {
                        return Err(Fault::Range { node: *node, value, low: *low, high: *high, whole: *whole });
                    }
                }
                Instruction::Start { out, len, value } => fill(self.at(*out), *len, *value),
                Instruction::Finish { reduction, lanes, out } => {
                    let mut numbers = [0.0; WHOLE_LANES];
                    numbers.copy_from_slice(std::slice::from_raw_parts(self.at(*lanes), WHOLE_LANES));
                    *self.at(*out) = fold_whole(*reduction, &mut numbers);
                }
            }
        }
        Ok(())
    }

    fn draws(&self, stream: u64, out: Place, part: Part, level: Level) -> DrawArgs {
        let index = part.index(level) as u32;
        DrawArgs { out: self.at(out), words: self.key.words(stream), index, len: part.len(level) }
    }

    fn reduction(&self, arg: Place, factor: Option<Place>, out: Place, part: Part) -> ReduceArgs {
        let factor = factor.map_or(std::ptr::null(), |f| self.at(f).cast_const());
        ReduceArgs { out: self.at(out), a: self.at(arg), factor, rows: part.rows, width: part.columns, index: 0 }
    }
}

/// # Safety
/// `len` numbers are writable.
unsafe fn fill(to: *mut f32, len: usize, value: f32) {
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts_mut(to, len) }.fill(value);
}

/// How far a position of the outer axes, counted through all of them, is from their start.
fn outer_offset(lens: &[usize], strides: &[isize], mut position: usize) -> isize {
    let mut at = 0;
    for (&len, &stride) in lens.iter().zip(strides).rev() {
        at += (position % len) as isize * stride;
        position /= len;
    }
    at
}

/// The first number that is not in `low..=high`, or not whole though it should be.
fn out_of_range(numbers: &[f32], low: f32, high: f32, whole: bool) -> Option<f32> {
    let bad = |x: f32| !(low <= x && x <= high) || (whole && x.fract() != 0.0);
    numbers.iter().copied().find(|&x| bad(x))
}
