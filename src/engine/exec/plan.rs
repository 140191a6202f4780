//! A program compiled for a number of rows.

use std::time::Duration;

use crate::engine::graph::NodeId;
use crate::engine::kernels::Isa;
use crate::engine::kernels::gemm::{Extents, Gemm};
use crate::engine::program::Program;

use super::assemble::assemble;
use super::by_column::by_column;
use super::fuse::{Fusion, Group, fuse};
use super::memory::{Address, Base, Memory};
use super::moments::moments;
use super::pass::{Level, Pass, Stream, Walk};
use super::peephole::peephole;
use super::rewrite::rewrite;
use super::run_pass::link;
use super::schedule::Schedule;
use super::split;
use super::step::{Lanes, LinkedPass, LinkedStream, MatMul, Move, Positions, Step};
use super::terms::Terms;
use super::values::{Def, Value, Values};
use super::view::{Axis, ValueId, View, dense};
use super::{CompileFault, Options};

#[derive(Debug)]
pub struct Plan {
    pub rows: usize,
    pub steps: Vec<Step>,
    /// Of each step, the parts that it is divided into among threads.
    pub parts: Vec<usize>,
    /// Of each step, the nodes whose values it computes.
    pub nodes: Vec<Vec<NodeId>>,
    /// Of each step, the time it took, where that is measured.
    pub times: Vec<Duration>,
    pub constants: Vec<f32>,
    /// Numbers of the arena and of the scratch memory of one thread.
    pub arena: usize,
    pub scratch: usize,
    /// The most places of a pass.
    pub places: usize,
    /// Addresses of the places of all passes, for base pointers and scratch memory at the addresses `linked_to`.
    pub starts: Vec<usize>,
    pub linked_to: Vec<usize>,
    pub outputs: Vec<(Address, usize)>,
    /// Numbers that each input has to have.
    pub inputs: Vec<usize>,
    pub scalars: usize,
    /// Numbers of the arena of slots that are touched.
    pub slots: usize,
}

impl Plan {
    pub fn new(program: &Program, rows: usize, options: &Options) -> Result<Plan, CompileFault> {
        let Options { isa, fuse: fused, threads, .. } = *options;
        let values = Values::new(program, rows)?;
        let values = if fused { rewrite(values, program, rows) } else { values };
        let is_fixed = |value: &Value| {
            let shape = program.graph.shape(value.node);
            shape.0.iter().all(|axis| axis.dim.constant().is_some())
                && shape.concrete(rows).is_some_and(|dims| dims.iter().product::<usize>() == value.len)
        };
        let fusion = fuse(&values, fused, &is_fixed);
        let schedule = Schedule::new(&values, &fusion);
        let memory = Memory::new(&values, &fusion, &schedule);
        let mut linker = Linker {
            values: &values,
            fusion: &fusion,
            schedule: &schedule,
            memory: &memory,
            isa,
            fused,
            gemm: Gemm::new(isa),
            steps: Vec::new(),
            nodes: Vec::new(),
            scratch: 0,
            places: 0,
            all_places: 0,
        };
        for &g in &schedule.order {
            let group = &fusion.groups[g];
            linker.group(group)?;
            let nodes: Vec<NodeId> = group.members.iter().map(|&m| values.get(m).node).collect();
            linker.nodes.resize(linker.steps.len(), nodes);
        }
        linker.copy_updates()?;
        linker.nodes.resize(linker.steps.len(), Vec::new());
        let outputs = values.outputs.iter().map(|&v| Ok((linker.address(v)?, values.get(v).len)));
        let outputs = outputs.collect::<Result<_, CompileFault>>()?;
        let starts = vec![0; linker.all_places];
        let (steps, nodes, scratch, places) = (linker.steps, linker.nodes, linker.scratch, linker.places);
        let times = vec![Duration::ZERO; steps.len()];
        let parts = steps.iter().map(|s| split::parts(s, threads)).collect();
        let inputs = program.inputs.iter().map(|i| rows * i.shape.iter().product::<usize>()).collect();
        let slots = touched_slots(&values);
        let scalars = program.scalars.len();
        let (constants, arena) = (memory.constants, memory.len);
        Ok(Plan {
            rows,
            steps,
            parts,
            nodes,
            times,
            constants,
            arena,
            scratch,
            places,
            starts,
            linked_to: Vec::new(),
            outputs,
            inputs,
            scalars,
            slots,
        })
    }
}

impl Plan {
    /// Settles the places of all passes for this memory, unless they are.
    pub fn link(&mut self, bases: &[*mut f32], scratch: *mut f32) {
        let all = || bases.iter().chain([&scratch]).map(|p| p.addr());
        if self.linked_to.iter().copied().eq(all()) {
            return;
        }
        for step in &self.steps {
            if let Step::Pass(pass) = step {
                link(pass, bases, scratch, &mut self.starts);
            }
        }
        self.linked_to.clear();
        self.linked_to.extend(all());
    }
}

/// The end of the last slot that is read or written.
fn touched_slots(values: &Values) -> usize {
    let read = values.all.iter().filter_map(|v| match v.def {
        Def::Slot(offset) => Some(offset + v.len),
        _ => None,
    });
    let written = values.updates.iter().map(|&(offset, v)| offset + values.get(v).len);
    read.chain(written).max().unwrap_or(0)
}

struct Linker<'a> {
    values: &'a Values,
    fusion: &'a Fusion,
    schedule: &'a Schedule,
    memory: &'a Memory,
    isa: Isa,
    fused: bool,
    gemm: Gemm,
    steps: Vec<Step>,
    nodes: Vec<Vec<NodeId>>,
    scratch: usize,
    /// The most places of a pass, and those of all.
    places: usize,
    all_places: usize,
}

impl Linker<'_> {
    fn address(&self, value: ValueId) -> Result<Address, CompileFault> {
        self.memory.get(value).ok_or(CompileFault::Order(self.values.get(value).node))
    }

    /// The address of a view's first element.
    fn start(&self, view: &View) -> Result<Address, CompileFault> {
        let root = self.address(view.root)?;
        Ok(Address { offset: root.offset.wrapping_add_signed(view.offset), ..root })
    }

    fn group(&mut self, group: &Group) -> Result<(), CompileFault> {
        if group.full.is_some() {
            return self.pass(group);
        }
        for &m in &group.members {
            self.kernel(m)?;
        }
        Ok(())
    }

    fn pass(&mut self, group: &Group) -> Result<(), CompileFault> {
        let mut terms = Terms::new(self.values, group, &self.fusion.stored)?;
        if self.fused {
            peephole(&mut terms);
            by_column(&mut terms);
            moments(&mut terms);
        }
        // Whether the memory of two values overlaps: so it is with a slot's new and old value.
        let overwrites = |new: ValueId, old: ValueId| match (self.memory.get(new), self.memory.get(old)) {
            (Some(a), Some(b)) if new != old && a.base == b.base => {
                let (len_a, len_b) = (self.values.get(new).len, self.values.get(old).len);
                a.offset < b.offset + len_b && b.offset < a.offset + len_a
            }
            _ => false,
        };
        let pass = assemble(self.values, &terms, group.width.is_some(), self.isa, &overwrites);
        self.scratch = self.scratch.max(pass.scratch);
        let places = pass.streams.len() + pass.temporaries.len();
        self.places = self.places.max(places);
        self.all_places += places;
        let linked = self.link(pass)?;
        self.steps.push(Step::Pass(linked));
        Ok(())
    }

    fn link(&self, pass: Pass) -> Result<LinkedPass, CompileFault> {
        let streams = pass.streams.iter().map(|s| self.stream(&pass, s)).collect::<Result<_, _>>()?;
        let places = self.all_places - pass.streams.len() - pass.temporaries.len()..self.all_places;
        let Pass { outer, rows, columns, tile, temporaries, before, body, after, .. } = pass;
        Ok(LinkedPass { outer, rows, columns, tile, streams, temporaries, places, before, body, after })
    }

    fn stream(&self, pass: &Pass, stream: &Stream) -> Result<LinkedStream, CompileFault> {
        let root = self.address(stream.value)?;
        let start = Address { offset: root.offset.wrapping_add_signed(stream.offset), ..root };
        let along = |row: usize, column: isize| {
            let mut dims = pass.outer.clone();
            dims.push(pass.rows * row);
            let outer = dense(&dims)[..pass.outer.len()].iter().map(|a| a.stride).collect();
            LinkedStream { start, outer, row: row as isize, column }
        };
        Ok(match &stream.walk {
            Walk::Along(Level::Full) => along(pass.columns, 1),
            Walk::Along(Level::Row) => along(1, 0),
            Walk::Fixed => LinkedStream { start, outer: vec![0; pass.outer.len()], row: 0, column: 0 },
            Walk::Strided { outer, row, column } => {
                LinkedStream { start, outer: outer.clone(), row: *row, column: *column }
            }
        })
    }

    fn kernel(&mut self, id: ValueId) -> Result<(), CompileFault> {
        let value = self.values.get(id);
        let to = self.address(id)?;
        let step = match &value.def {
            Def::MatMul(a, b) => self.matmul(a, b, to)?,
            Def::ArgMax(x) => Step::ArgMax(self.lanes(x, to)?),
            Def::ArgSort(x) => Step::ArgSort(self.lanes(x, to)?),
            Def::CumSum(x) => Step::CumSum(self.lanes(x, to)?),
            Def::Assemble { axis, parts } => return self.parts(id, *axis, parts, to),
            Def::Take(table, index) => Step::Take(self.positions(id, table, index, to)?),
            Def::Scatter(index, rows) => {
                let from = self.start(rows)?;
                let whole = View::of(id, &value.dims);
                Step::Scatter(Positions { rows: from, ..self.positions(id, &whole, index, to)? })
            }
            _ => return Err(CompileFault::Order(value.node)),
        };
        self.steps.push(step);
        Ok(())
    }

    fn positions(&self, id: ValueId, table: &View, index: &View, rows: Address) -> Result<Positions, CompileFault> {
        let count = table.axes.first().map_or(0, |a| a.len);
        let width = table.axes.iter().skip(1).map(|a| a.len).product();
        let (table, indices) = (self.start(table)?, index.len());
        let node = self.values.get(id).node;
        Ok(Positions { table, count, width, index: self.start(index)?, indices, rows, node })
    }

    fn lanes(&self, x: &View, to: Address) -> Result<Lanes, CompileFault> {
        let (last, outer) = x.axes.split_last().ok_or(CompileFault::Order(self.values.get(x.root).node))?;
        let outer = outer.iter().map(|a| (a.len, a.stride)).collect();
        Ok(Lanes { from: self.start(x)?, to, outer, len: last.len, stride: last.stride })
    }

    fn matmul(&mut self, a: &View, b: &View, c: Address) -> Result<Step, CompileFault> {
        let fault = CompileFault::Order(self.values.get(a.root).node);
        let ([a_lead @ .., am, ak], [b_lead @ .., bk, bn]) = (&a.axes[..], &b.axes[..]) else { return Err(fault) };
        let mut extents = Extents { m: am.len, n: bn.len, k: ak.len };
        let mut lead: Vec<(Axis, Axis)> = a_lead.iter().copied().zip(b_lead.iter().copied()).collect();
        let mut row = am.stride;
        // A stack that shares its second factor is one tall product.
        while let Some((x, y)) = lead.last()
            && (x.len == 1 || (y.stride == 0 && (extents.m == 1 || x.stride == row * extents.m as isize)))
        {
            if extents.m == 1 {
                row = x.stride;
            }
            extents.m *= x.len;
            lead.pop();
        }
        let mut stack = vec![[0, 0, 0]];
        let mut c_stride = (extents.m * extents.n) as isize;
        for (x, y) in lead.iter().rev() {
            let next = (0..x.len as isize).flat_map(|i| {
                stack.iter().map(move |s| [s[0] + i * x.stride, s[1] + i * y.stride, s[2] + i * c_stride])
            });
            stack = next.collect();
            c_stride *= x.len as isize;
        }
        self.scratch = self.scratch.max(self.gemm.scratch(extents));
        Ok(Step::MatMul(MatMul {
            extents,
            a: self.start(a)?,
            a_strides: (row, ak.stride),
            b: self.start(b)?,
            b_strides: (bk.stride, bn.stride),
            c,
            stack,
        }))
    }

    /// Copies the parts that do not lie in their place already, and fills gaps with zeros.
    fn parts(&mut self, id: ValueId, axis: usize, parts: &[(usize, View)], to: Address) -> Result<(), CompileFault> {
        let value = self.values.get(id);
        let target = dense(&value.dims);
        let step = target[axis].stride as usize;
        let outermost = value.dims[..axis].iter().product::<usize>() == 1;
        let covered: usize = parts.iter().map(|(_, v)| v.axes[axis].len).sum();
        if outermost {
            let mut end = 0;
            for (start, view) in parts {
                self.zero(to, end * step, start * step);
                end = start + view.axes[axis].len;
            }
            self.zero(to, end * step, value.dims[axis] * step);
        } else if covered != value.dims[axis] {
            self.zero(to, 0, value.len);
        }
        for (start, view) in parts {
            let from = self.start(view)?;
            let to = Address { offset: to.offset + start * step, ..to };
            if from != to || !view.is_dense() {
                let axes = view.axes.iter().zip(&target).map(|(v, t)| (v.len, v.stride, t.stride)).collect();
                self.steps.push(Step::Move(Move { from, to, axes: merge_moves(axes) }));
            }
        }
        Ok(())
    }

    fn zero(&mut self, to: Address, start: usize, end: usize) {
        if start < end {
            self.steps.push(Step::Zero { to: Address { offset: to.offset + start, ..to }, len: end - start });
        }
    }

    /// Updates that could not be computed in place.
    fn copy_updates(&mut self) -> Result<(), CompileFault> {
        for (&(offset, value), &in_place) in self.values.updates.iter().zip(&self.schedule.in_place) {
            if !in_place {
                let to = Address { base: Base::SLOTS, offset };
                let from = self.address(value)?;
                self.steps.push(Step::Move(Move { from, to, axes: vec![(self.values.get(value).len, 1, 1)] }));
            }
        }
        Ok(())
    }
}

/// The same copy in as few axes as possible.
fn merge_moves(axes: Vec<(usize, isize, isize)>) -> Vec<(usize, isize, isize)> {
    let mut result: Vec<(usize, isize, isize)> = Vec::new();
    for (len, from, to) in axes.into_iter().filter(|a| a.0 != 1) {
        match result.last_mut() {
            Some(last) if last.1 == from * len as isize && last.2 == to * len as isize => {
                *last = (last.0 * len, from, to);
            }
            _ => result.push((len, from, to)),
        }
    }
    result
}
