//! Where each value lies: memory is given again as soon as its last reader is through.

use crate::engine::kernels::MAX_LANES;

use super::fuse::Fusion;
use super::schedule::Schedule;
use super::values::{Def, Values};
use super::view::ValueId;

/// What an address is relative to: an index into the table of base pointers of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Base(pub u16);

impl Base {
    pub const ARENA: Base = Base(0);
    pub const SLOTS: Base = Base(1);
    pub const CONSTANTS: Base = Base(2);
    pub const SCALARS: Base = Base(3);

    pub fn input(index: usize) -> Base {
        Base(4 + index as u16)
    }
}

/// A place in memory, in numbers from its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    pub base: Base,
    pub offset: usize,
}

/// Numbers in a cache line: everything in the arena begins at one.
const LINE: usize = 16;

#[derive(Debug, Default)]
pub struct Memory {
    /// Of each value that has memory.
    pub addresses: Vec<Option<Address>>,
    /// Numbers known beforehand.
    pub constants: Vec<f32>,
    /// Numbers of the arena.
    pub len: usize,
}

/// A value that lies within another one's memory.
#[derive(Debug, Clone, Copy)]
struct Part {
    of: ValueId,
    offset: usize,
}

impl Memory {
    pub fn new(values: &Values, fusion: &Fusion, schedule: &Schedule) -> Memory {
        let mut memory = Memory { addresses: vec![None; values.all.len()], ..Memory::default() };
        memory.place_given(values);
        for (&(offset, value), &in_place) in values.updates.iter().zip(&schedule.in_place) {
            if in_place {
                memory.addresses[value.0] = Some(Address { base: Base::SLOTS, offset });
            }
        }
        let parts = parts(values, fusion, &memory.addresses);
        memory.place_computed(values, fusion, schedule, &parts);
        memory
    }

    pub fn get(&self, value: ValueId) -> Option<Address> {
        self.addresses[value.0]
    }

    fn place_given(&mut self, values: &Values) {
        for (value, address) in values.all.iter().zip(&mut self.addresses) {
            let (base, offset) = match &value.def {
                Def::Input(i) => (Base::input(*i), 0),
                Def::Slot(offset) => (Base::SLOTS, *offset),
                Def::Scalar(i) => (Base::SCALARS, *i),
                Def::Constant(_) | Def::Data(_) => {
                    let offset = self.constants.len();
                    match &value.def {
                        Def::Data(numbers) => self.constants.extend(numbers),
                        // As a block: elementwise kernels read a vector of it.
                        Def::Constant(x) => self.constants.extend([*x; MAX_LANES]),
                        _ => {}
                    }
                    self.constants.resize(self.constants.len().next_multiple_of(LINE), 0.0);
                    (Base::CONSTANTS, offset)
                }
                _ => continue,
            };
            *address = Some(Address { base, offset });
        }
    }

    fn place_computed(&mut self, values: &Values, fusion: &Fusion, schedule: &Schedule, parts: &[Option<Part>]) {
        let lives = lives(values, fusion, schedule, parts);
        let mut order: Vec<usize> =
            (0..values.all.len()).filter(|&i| lives[i].is_some() && parts[i].is_none()).collect();
        order.retain(|&i| self.addresses[i].is_none());
        order.sort_by_key(|&i| (lives[i].map(|l| l.0), i));
        let mut taken: Vec<(usize, usize, usize)> = Vec::new();
        for i in order {
            let Some((first, last)) = lives[i] else { continue };
            taken.retain(|&(_, _, end)| end >= first);
            taken.sort_unstable();
            let len = values.all[i].len.next_multiple_of(LINE).max(LINE);
            let mut offset = 0;
            for &(start, end, _) in &taken {
                if offset + len <= start {
                    break;
                }
                offset = offset.max(end);
            }
            taken.push((offset, offset + len, last));
            self.len = self.len.max(offset + len);
            self.addresses[i] = Some(Address { base: Base::ARENA, offset });
        }
        // Parts come before what they are parts of, so addresses are settled from the end.
        for i in (0..parts.len()).rev() {
            if let Some(part) = parts[i]
                && let Some(whole) = self.addresses[part.of.0]
            {
                self.addresses[i] = Some(Address { offset: whole.offset + part.offset, ..whole });
            }
        }
    }
}

/// The values that can be computed where they are to stand in a larger one.
fn parts(values: &Values, fusion: &Fusion, addresses: &[Option<Address>]) -> Vec<Option<Part>> {
    let mut result: Vec<Option<Part>> = vec![None; values.all.len()];
    for (i, value) in values.all.iter().enumerate() {
        let Def::Assemble { axis, parts } = &value.def else { continue };
        if !fusion.stored[i] || value.dims[..*axis].iter().product::<usize>() != 1 {
            continue;
        }
        let inner: usize = value.dims[axis + 1..].iter().product();
        for (start, view) in parts {
            let root = values.get(view.root);
            let free = !root.is_given()
                && addresses[view.root.0].is_none()
                && result[view.root.0].is_none()
                && fusion.stored[view.root.0]
                && !values.outputs.contains(&view.root);
            if free && view.is_dense() && view.len() == root.len && root.len > 0 {
                result[view.root.0] = Some(Part { of: ValueId(i), offset: start * inner });
            }
        }
    }
    result
}

/// The first and last step at which each stored value is in memory; that of a part counts for the whole.
fn lives(values: &Values, fusion: &Fusion, schedule: &Schedule, parts: &[Option<Part>]) -> Vec<Option<(usize, usize)>> {
    let mut lives: Vec<Option<(usize, usize)>> = vec![None; values.all.len()];
    let mut touch = |value: ValueId, step: usize| {
        let mut id = Some(value);
        while let Some(v) = id {
            let life = lives[v.0].get_or_insert((step, step));
            *life = (life.0.min(step), life.1.max(step));
            id = parts[v.0].map(|p| p.of);
        }
    };
    for (step, &g) in schedule.order.iter().enumerate() {
        for &m in &fusion.groups[g].members {
            if fusion.stored[m.0] {
                touch(m, step);
            }
            for view in values.get(m).views() {
                if fusion.stored[view.root.0] {
                    touch(view.root, step);
                }
            }
        }
    }
    let end = schedule.order.len();
    values.outputs.iter().for_each(|&v| touch(v, end));
    values.updates.iter().for_each(|&(_, v)| touch(v, end));
    lives
}
