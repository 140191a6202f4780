//! Runs the program of a pass, tile by tile.

use std::ops::Range;

use crate::engine::kernels::MAX_LANES;
use crate::engine::kernels::by_column::ByColumnArgs;
use crate::engine::kernels::draw::DrawArgs;
use crate::engine::kernels::layout::{Strided, copy_dense};
use crate::engine::kernels::map::{MapArgs, Step};
use crate::engine::kernels::moments::MomentsArgs;
use crate::engine::kernels::reduce::{ReduceArgs, WHOLE_LANES, fold_whole};
use crate::engine::random::{Key, normal};

use super::Fault;
use super::pass::{Instruction, Level, Operand, Place};
use super::step::LinkedPass;

/// What passes run on.
pub struct Machine<'a> {
    /// The base pointers of the run.
    pub bases: &'a [*mut f32],
    pub scratch: *mut f32,
    /// Addresses of all passes' places, where they begin; see [`link`].
    pub starts: &'a [usize],
    /// How far, in bytes, this part's scratch memory is from that of the first part.
    pub shift: usize,
    /// Room for a pass's places, where they are in the tile at hand.
    pub places: &'a mut [usize],
    pub key: Key,
}

/// The addresses at which the places of a pass begin: streams, then temporaries.
pub fn link(pass: &LinkedPass, bases: &[*mut f32], scratch: *mut f32, starts: &mut [usize]) {
    let streams = pass.streams.iter().map(|s| bases[s.start.base.0 as usize].wrapping_add(s.start.offset));
    let temporaries = pass.temporaries.iter().map(|&offset| scratch.wrapping_add(offset));
    for (start, place) in starts[pass.places.clone()].iter_mut().zip(streams.chain(temporaries)) {
        *start = place.addr();
    }
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
    /// The plan that the pass is of fits the memory behind the base pointers and the scratch memory, all of which is
    /// exposed; the pass was linked to it.
    pub unsafe fn run(&mut self, pass: &LinkedPass, range: Range<usize>) -> Result<(), Fault> {
        let starts = &self.starts[pass.places.clone()];
        let first = Part { rows: pass.tile.rows.min(pass.rows), columns: pass.columns, element: 0, row: 0 };
        let whole = pass.rows <= pass.tile.rows && pass.columns <= pass.tile.columns && pass.outer.is_empty();
        if whole && self.shift == 0 && range == (0..pass.rows) && pass.rows > 0 {
            // Most passes of small networks: the places are where they begin.
            let here = Here { places: starts, part: first, key: self.key };
            // SAFETY: passed on.
            return unsafe { [&pass.before, &pass.body, &pass.after].into_iter().try_for_each(|x| here.run(x)) };
        }
        let (streams, count) = (pass.streams.len(), pass.outer.iter().product::<usize>());
        self.places[..starts.len()].copy_from_slice(starts);
        self.places[streams..starts.len()].iter_mut().for_each(|place| *place = place.wrapping_add(self.shift));
        // SAFETY: passed on.
        unsafe {
            Here { places: self.places, part: first, key: self.key }.run(&pass.before)?;
            for outer in 0..count {
                self.tiles(pass, outer, range.clone())?;
            }
            if !pass.after.is_empty() {
                self.places[..streams].copy_from_slice(&self.starts[pass.places.clone()][..streams]);
            }
            Here { places: self.places, part: first, key: self.key }.run(&pass.after)
        }
    }

    /// All tiles at one position of the outer axes.
    ///
    /// # Safety
    /// As [`Machine::run`].
    unsafe fn tiles(&mut self, pass: &LinkedPass, outer: usize, range: Range<usize>) -> Result<(), Fault> {
        let starts = &self.starts[pass.places.clone()];
        let mut row = range.start;
        while row < range.end {
            let rows = pass.tile.rows.min(range.end - row);
            let mut column = 0;
            while column < pass.columns {
                let columns = pass.tile.columns.min(pass.columns - column);
                for ((place, start), stream) in self.places.iter_mut().zip(starts).zip(&pass.streams) {
                    let mut at = row as isize * stream.row + column as isize * stream.column;
                    if outer > 0 {
                        at += outer_offset(&pass.outer, &stream.outer, outer);
                    }
                    *place = start.wrapping_add_signed(at * size_of::<f32>() as isize);
                }
                let first = outer * pass.rows + row;
                let part = Part { rows, columns, element: first * pass.columns + column, row: first };
                // SAFETY: passed on.
                unsafe { Here { places: self.places, part, key: self.key }.run(&pass.body)? };
                column += columns;
            }
            row += rows;
        }
        Ok(())
    }
}

/// Where instructions find their places, and which tile they are for.
#[derive(Clone, Copy)]
struct Here<'a> {
    places: &'a [usize],
    part: Part,
    key: Key,
}

impl Here<'_> {
    #[inline(always)]
    fn at(&self, place: Place) -> *mut f32 {
        std::ptr::with_exposed_provenance_mut(self.places[place as usize])
    }

    #[inline(always)]
    fn args(&self, out: Place, args: &[Operand; 3], level: Level) -> MapArgs {
        MapArgs {
            out: self.at(out),
            args: args.map(|a| self.at(a.place).cast_const()),
            steps: args.map(|a| a.step),
            len: self.part.len(level),
            width: self.part.columns,
        }
    }

    /// # Safety
    /// As [`Machine::run`].
    unsafe fn run(self, instructions: &[Instruction]) -> Result<(), Fault> {
        for x in instructions {
            // SAFETY: passed on; places are those of the pass, and each has room for the tile's numbers at its level.
            unsafe {
                match x {
                    // By far the most, and no fault to hand over.
                    Instruction::Map { kernel, out, args, level, .. } => kernel(&self.args(*out, args, *level)),
                    _ => self.instruction(x)?,
                }
            }
        }
        Ok(())
    }

    /// # Safety
    /// As [`Machine::run`].
    unsafe fn instruction(&self, x: &Instruction) -> Result<(), Fault> {
        let part = self.part;
        // SAFETY: passed on; every place has room for the tile's numbers at its level.
        unsafe {
            match x {
                Instruction::Map { kernel, out, args, level, .. } => kernel(&self.args(*out, args, *level)),
                Instruction::Moments { kernel, out, gradient, old, scalars } => kernel(&MomentsArgs {
                    out: out.map(|p| self.at(p)),
                    gradient: self.at(*gradient),
                    old: old.map(|p| self.at(p).cast_const()),
                    scalars: scalars.map(|p| *self.at(p)),
                    len: part.len(Level::Full),
                }),
                Instruction::ByColumn { kernel, out, each, columns, .. } => kernel(&ByColumnArgs {
                    out: self.at(*out),
                    each: each.map(|p| self.at(p).cast_const()),
                    columns: columns.map(|p| self.at(p).cast_const()),
                    rows: part.rows,
                    width: part.columns,
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
                    kernel(&self.draws(*stream, *out, *level));
                }
                Instruction::Keep { kernel, arg, stream, below, scale, out, level } => {
                    let from = arg.map_or(std::ptr::null(), |a| self.at(a).cast_const());
                    kernel(&self.draws(*stream, *out, *level), *below, *scale, from);
                }
                Instruction::Normal { stream, out, level } => {
                    let words = self.key.words(*stream);
                    for i in 0..part.len(*level) {
                        *self.at(*out).add(i) = normal(words, (part.index(*level) + i) as u32) as f32;
                    }
                }
                Instruction::Rows { kernel, arg, out } => kernel(&self.reduction(*arg, *out)),
                Instruction::Columns { kernel, arg, shift, factor, out } => {
                    let shift_in_rows = shift.is_some_and(|s| s.step == Step::Each);
                    let [shift, factor] = [shift.map(|s| s.place), *factor]
                        .map(|place| place.map_or(std::ptr::null(), |p| self.at(p).cast_const()));
                    let args = self.reduction(*arg, *out);
                    kernel(&ReduceArgs { factor, shift, shift_in_rows, ..args });
                }
                Instruction::Whole { kernel, arg, lanes, level } => {
                    let (width, index) = (part.len(*level), part.index(*level));
                    kernel(&ReduceArgs { rows: 1, width, index, ..self.reduction(*arg, *lanes) });
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

    fn draws(&self, stream: u64, out: Place, level: Level) -> DrawArgs {
        let index = self.part.index(level) as u32;
        DrawArgs { out: self.at(out), words: self.key.words(stream), index, len: self.part.len(level) }
    }

    fn reduction(&self, arg: Place, out: Place) -> ReduceArgs {
        ReduceArgs::new(self.at(out), self.at(arg), self.part.rows, self.part.columns)
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
