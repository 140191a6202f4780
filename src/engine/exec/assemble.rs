//! From terms to the instructions of a pass: operands, temporaries, stores.

use crate::engine::kernels::by_column::{ByColumn, ByColumnKernel};
use crate::engine::kernels::map::{Function, Step, kernel};
use crate::engine::kernels::moments::{self, Moments};
use crate::engine::kernels::reduce::{
    WHOLE_LANES, columns_kernel, identity, product_columns_kernel, rows_kernel, shifted_columns_kernel, whole_kernel,
};
use crate::engine::kernels::{Isa, MAX_LANES, by_column, draw};

use super::pass::{Instruction, Level, Operand, Pass, Place, Stream, Tile, Walk};
use super::terms::{Kind, TermId, Terms};
use super::values::Values;
use super::view::ValueId;

/// Makes the program of a pass. `overwrites` says whether storing a value destroys what another stands for.
pub fn assemble(
    values: &Values,
    terms: &Terms,
    whole_rows: bool,
    isa: Isa,
    overwrites: &dyn Fn(ValueId, ValueId) -> bool,
) -> Pass {
    let with = |tile: Tile| {
        let pass =
            Pass { outer: terms.outer.clone(), rows: terms.rows, columns: terms.columns, tile, ..Pass::default() };
        let mut assembler = Assembler {
            values,
            terms,
            isa,
            overwrites,
            pass,
            places: vec![None; terms.all.len()],
            last_use: last_uses(terms),
            temporaries: Vec::new(),
            free: Vec::new(),
            late: Vec::new(),
        };
        (0..terms.all.len()).for_each(|term| assembler.term(term));
        assembler.finish()
    };
    // How many places there are shows only when it is assembled; so is the size of their tiles.
    let first = with(Tile::of(terms.columns, 1, whole_rows));
    let moving = first.streams.iter().filter(|s| s.walk != Walk::Fixed).count();
    let large = first.temporaries.len();
    with(Tile::of(terms.columns, moving + large, whole_rows))
}

/// Of each term, the last that has it as an argument.
fn last_uses(terms: &Terms) -> Vec<usize> {
    let mut last = vec![0; terms.all.len()];
    for (i, term) in terms.all.iter().enumerate() {
        for &a in &term.args {
            last[a] = i;
        }
    }
    last
}

/// A place whose index is settled when the number of streams is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Stream(usize),
    Temporary(usize),
}

struct Assembler<'a> {
    values: &'a Values,
    terms: &'a Terms,
    isa: Isa,
    overwrites: &'a dyn Fn(ValueId, ValueId) -> bool,
    pass: Pass,
    /// Of each term: where it is, and its step.
    places: Vec<Option<(Slot, Step)>>,
    last_use: Vec<usize>,
    /// Lengths of the temporaries.
    temporaries: Vec<usize>,
    /// Temporaries for tiles that are not in use, by level.
    free: Vec<(Level, usize)>,
    /// Copies from temporaries to memory at the end of a tile.
    late: Vec<Instruction>,
}

/// Temporaries are numbered from here until the streams are counted.
const TEMPORARY: Place = 1 << 15;

impl Assembler<'_> {
    fn place(slot: Slot) -> Place {
        match slot {
            Slot::Stream(i) => i as Place,
            Slot::Temporary(i) => TEMPORARY | i as Place,
        }
    }

    fn stream(&mut self, value: ValueId, offset: isize, walk: Walk) -> Slot {
        let same = |s: &Stream| s.value == value && s.offset == offset && s.walk == walk;
        let found = self.pass.streams.iter().position(same);
        Slot::Stream(found.unwrap_or_else(|| {
            self.pass.streams.push(Stream { value, offset, walk });
            self.pass.streams.len() - 1
        }))
    }

    fn temporary(&mut self, level: Level) -> Slot {
        if let Some(i) = self.free.iter().position(|(l, _)| *l == level) {
            return Slot::Temporary(self.free.swap_remove(i).1);
        }
        let len = match level {
            Level::Full => self.pass.tile.len(),
            Level::Row => self.pass.tile.rows,
        };
        self.lasting(len)
    }

    /// A temporary that is not used for anything else.
    fn lasting(&mut self, len: usize) -> Slot {
        self.temporaries.push(len);
        Slot::Temporary(self.temporaries.len() - 1)
    }

    fn operand(&self, term: TermId) -> Operand {
        let (slot, step) = self.places[term].unwrap_or((Slot::Stream(0), Step::Block));
        Operand { place: Self::place(slot), step }
    }

    fn operands(&self, args: &[TermId]) -> [Operand; 3] {
        let first = args.first().map_or(Operand { place: 0, step: Step::Block }, |&a| self.operand(a));
        std::array::from_fn(|i| args.get(i).map_or(first, |&a| self.operand(a)))
    }

    fn term(&mut self, id: TermId) {
        let term = &self.terms.all[id];
        match &term.kind {
            Kind::Gone => {}
            Kind::Leaf { value, offset, walk } => {
                let stream = self.stream(*value, *offset, walk.clone());
                self.leaf(id, stream, walk);
            }
            Kind::Number { value, offset } => {
                let from = Self::place(self.stream(*value, *offset, Walk::Fixed));
                let block = self.lasting(MAX_LANES);
                self.pass.before.push(Instruction::Block { from, out: Self::place(block) });
                self.places[id] = Some((block, Step::Block));
            }
            Kind::Constant { value } => self.places[id] = Some((self.stream(*value, 0, Walk::Fixed), Step::Block)),
            Kind::Columns(_)
            | Kind::ProductColumns
            | Kind::ShiftedColumns(_)
            | Kind::ByColumnSums(_)
            | Kind::Whole(_) => self.reduction(id),
            Kind::Check { low, high, whole, node } => {
                let arg = self.operand(term.args[0]);
                let (low, high, whole, node) = (*low, *high, *whole, *node);
                self.pass.body.push(Instruction::Check { arg, low, high, whole, node, level: term.level });
                self.places[id] = self.places[term.args[0]];
                // The argument lives as long as the checked value.
                self.last_use[term.args[0]] = self.last_use[term.args[0]].max(self.last_use[id]);
                for &value in &term.stores {
                    self.store(id, value);
                }
            }
            Kind::Moments { form, means } => self.moments(id, *form, *means),
            _ => self.computed(id),
        }
        self.release(id);
    }

    /// Memory is read in place where it lies densely, else through a temporary.
    fn leaf(&mut self, id: TermId, stream: Slot, walk: &Walk) {
        let level = self.terms.all[id].level;
        let Walk::Strided { outer, row, column } = walk else {
            self.places[id] = Some((stream, Step::Each));
            return;
        };
        if self.terms.stays_in_registers(id) {
            self.places[id] = Some((stream, Step::Columns));
            return;
        }
        let fixed = *row == 0 && outer.iter().all(|&s| s == 0) && self.pass.tile.columns == self.pass.columns;
        let out = if fixed { self.lasting(self.pass.tile.len()) } else { self.temporary(level) };
        let (from, row, column) = (Self::place(stream), *row, *column);
        let load = Instruction::Load { from, row, column, out: Self::place(out), level };
        if fixed {
            self.pass.before.push(load);
        } else {
            self.pass.body.push(load);
        }
        self.places[id] = Some((out, Step::Each));
    }

    fn computed(&mut self, id: TermId) {
        let term = &self.terms.all[id];
        let args = self.operands(&term.args);
        // An argument that ends here leaves its place to the result.
        for &a in &term.args {
            if self.last_use[a] == id {
                self.give_back(a);
            }
        }
        let direct = term.stores.iter().copied().find(|&v| !self.is_read_later(id, v));
        let slot = match direct {
            Some(value) => self.stream(value, 0, Walk::Along(term.level)),
            None => self.temporary(term.level),
        };
        self.places[id] = Some((slot, Step::Each));
        let (out, level) = (Self::place(slot), term.level);
        self.pass.body.push(match term.kind {
            Kind::Map(function) => Instruction::Map { function, kernel: kernel(function, self.isa), out, args, level },
            Kind::Uniform(stream) => {
                Instruction::Uniform { kernel: draw::uniform_kernel(self.isa), stream, out, level }
            }
            Kind::Lots(stream) => Instruction::Uniform { kernel: draw::lots_kernel(self.isa), stream, out, level },
            Kind::Keep { stream, below, scale } => {
                let arg = term.args.first().map(|_| args[0].place);
                Instruction::Keep { kernel: draw::keep_kernel(self.isa), arg, stream, below, scale, out, level }
            }
            Kind::ByColumn(function) => self.by_column(id, function, by_column::kernel(function, self.isa), out),
            Kind::Normal(stream) => Instruction::Normal { stream, out, level },
            Kind::Rows(reduction) => {
                Instruction::Rows { kernel: rows_kernel(reduction, self.isa), arg: args[0].place, out }
            }
            _ => Instruction::Spread { from: args[0].place, out },
        });
        for &value in &term.stores {
            if Some(value) != direct {
                self.store(id, value);
            }
        }
    }

    fn by_column(&self, id: TermId, function: ByColumn, kernel: ByColumnKernel, out: Place) -> Instruction {
        let (each, columns) = function.arguments();
        let place = |i: usize| self.operand(self.terms.all[id].args[i]).place;
        let columns = std::array::from_fn(|i| place(each + i.min(columns - 1)));
        Instruction::ByColumn { function, kernel, out, each: std::array::from_fn(|i| place(i.min(each - 1))), columns }
    }

    fn moments(&mut self, id: TermId, form: Moments, means: [ValueId; 2]) {
        let term = &self.terms.all[id];
        let places: Vec<Place> = term.args.iter().map(|&a| self.operand(a).place).collect();
        let (&[gradient, value, first, second], scalars) = places.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let slot = match term.stores.first() {
            Some(&value) => self.written(id, value),
            None => self.temporary(Level::Full),
        };
        self.places[id] = Some((slot, Step::Each));
        let out = [slot, self.written(id, means[0]), self.written(id, means[1])].map(Self::place);
        self.pass.body.push(Instruction::Moments {
            kernel: moments::kernel(form, self.isa),
            out,
            gradient,
            old: [value, first, second],
            scalars: std::array::from_fn(|i| scalars.get(i).copied().unwrap_or(0)),
        });
        for &value in term.stores.iter().skip(1) {
            self.store(id, value);
        }
    }

    /// Where a value is written that goes to its memory at once, or at the end of the tile if that memory is still read.
    fn written(&mut self, id: TermId, value: ValueId) -> Slot {
        let memory = self.stream(value, 0, Walk::Along(Level::Full));
        if !self.is_read_later(id, value) {
            return memory;
        }
        let slot = self.lasting(self.pass.tile.len());
        let (function, level) = (Function::Identity, Level::Full);
        let args = [Operand { place: Self::place(slot), step: Step::Each }; 3];
        let out = Self::place(memory);
        self.late.push(Instruction::Map { function, kernel: kernel(function, self.isa), out, args, level });
        slot
    }

    /// Copies a term to a value's memory, at the end of the tile where that memory is still read.
    fn store(&mut self, id: TermId, value: ValueId) {
        let level = self.terms.all[id].level;
        let operand = self.operand(id);
        let out = Self::place(self.stream(value, 0, Walk::Along(level)));
        let function = Function::Identity;
        let copy = Instruction::Map { function, kernel: kernel(function, self.isa), out, args: [operand; 3], level };
        if self.is_read_later(id, value) {
            self.late.push(copy);
            self.last_use[id] = usize::MAX;
        } else {
            self.pass.body.push(copy);
        }
    }

    /// Whether memory that storing the value destroys is read by a later term.
    fn is_read_later(&self, id: TermId, value: ValueId) -> bool {
        let destroyed = |t: TermId| match &self.terms.all[t].kind {
            Kind::Leaf { value: read, .. } => (self.overwrites)(value, *read),
            _ => false,
        };
        (id + 1..self.terms.all.len()).any(|later| {
            let term = &self.terms.all[later];
            destroyed(later) || term.args.iter().any(|&a| destroyed(a))
        })
    }

    fn reduction(&mut self, id: TermId) {
        let term = &self.terms.all[id];
        let arg = self.operand(term.args[0]).place;
        let Some(&value) = term.stores.first() else { return };
        let out = Self::place(self.stream(value, 0, Walk::Fixed));
        match term.kind {
            Kind::Whole(reduction) => {
                let lanes = Self::place(self.lasting(WHOLE_LANES));
                let value = identity(reduction);
                self.pass.before.push(Instruction::Start { out: lanes, len: WHOLE_LANES, value });
                let kernel = whole_kernel(reduction, self.isa);
                self.pass.body.push(Instruction::Whole { kernel, arg, lanes, level: term.level });
                self.pass.after.push(Instruction::Finish { reduction, lanes, out });
            }
            Kind::Columns(reduction) => {
                let len = self.values.get(value).len;
                self.pass.before.push(Instruction::Start { out, len, value: identity(reduction) });
                let kernel = columns_kernel(reduction, self.isa);
                self.pass.body.push(Instruction::Columns { kernel, arg, shift: None, factor: None, out });
            }
            Kind::ByColumnSums(function) => {
                let len = self.values.get(value).len;
                self.pass.before.push(Instruction::Start { out, len, value: 0.0 });
                let sums = self.by_column(id, function, by_column::sums_kernel(function, self.isa), out);
                self.pass.body.push(sums);
            }
            Kind::ShiftedColumns(form) => {
                let len = self.values.get(value).len;
                self.pass.before.push(Instruction::Start { out, len, value: 0.0 });
                let shift = Some(self.operand(term.args[1]));
                let factor = term.args.get(2).map(|&f| self.operand(f).place);
                let kernel = shifted_columns_kernel(form, self.isa);
                self.pass.body.push(Instruction::Columns { kernel, arg, shift, factor, out });
            }
            _ => {
                let len = self.values.get(value).len;
                self.pass.before.push(Instruction::Start { out, len, value: 0.0 });
                let factor = Some(self.operand(term.args[1]).place);
                let kernel = product_columns_kernel(self.isa);
                self.pass.body.push(Instruction::Columns { kernel, arg, shift: None, factor, out });
            }
        }
    }

    /// Gives back the temporaries of arguments that are not used any more.
    fn release(&mut self, id: TermId) {
        for &a in &self.terms.all[id].args {
            if self.last_use[a] == id {
                self.give_back(a);
            }
        }
        if self.last_use[id] == 0 && !matches!(self.terms.all[id].kind, Kind::Check { .. }) {
            self.give_back(id);
        }
    }

    fn give_back(&mut self, term: TermId) {
        let level = self.terms.all[term].level;
        let Some((Slot::Temporary(i), Step::Each)) = self.places[term] else { return };
        let lasting = self
            .pass
            .before
            .iter()
            .any(|x| matches!(x, Instruction::Load { out, .. } if *out == Self::place(Slot::Temporary(i))));
        // A checked value and its argument share a place: it is given back with the last of them.
        let shared = self.places.iter().enumerate().any(|(t, p)| {
            t != term && *p == Some((Slot::Temporary(i), Step::Each)) && self.last_use[t] > self.last_use[term]
        });
        if !lasting && !shared && !self.free.iter().any(|(_, f)| *f == i) {
            self.free.push((level, i));
        }
    }

    /// Numbers the places and lays out the temporaries.
    fn finish(mut self) -> Pass {
        let late = std::mem::take(&mut self.late);
        self.pass.body.extend(late);
        let streams = self.pass.streams.len() as Place;
        let settle = |p: &mut Place| {
            if *p & TEMPORARY != 0 {
                *p = streams + (*p & !TEMPORARY);
            }
        };
        let all = self.pass.before.iter_mut().chain(&mut self.pass.body).chain(&mut self.pass.after);
        all.for_each(|x| x.places_mut(settle));
        let mut at = 0;
        for len in &self.temporaries {
            self.pass.temporaries.push(at);
            // One line more, or temporaries a page apart would all fall into the same sets of the cache.
            at += len.next_multiple_of(MAX_LANES) + MAX_LANES;
        }
        self.pass.scratch = at;
        self.pass
    }
}
