//! A program for a given number of rows, in terms of memory: what is computed, and where shape operations are only
//! another way of reading it.

use crate::engine::graph::{Map, Node, NodeId, Op, Reduction};
use crate::engine::kernels::map::Function;
use crate::engine::ops;
use crate::engine::program::Program;
use crate::types::Shape;

use super::fault::CompileFault;
use super::view::{Axis, ValueId, View, merged};

/// How a value comes about.
#[derive(Debug, Clone)]
pub enum Def {
    /// One number, known beforehand.
    Constant(f32),
    /// Numbers known beforehand.
    Data(Vec<f32>),
    Input(usize),
    /// Position in the arena of slots.
    Slot(usize),
    Scalar(usize),
    /// Elementwise; each view has as many elements as the value, or one number for all.
    Map(Function, Vec<View>),
    /// Its argument, if all numbers are in range.
    Check {
        arg: View,
        low: f32,
        high: f32,
        whole: bool,
    },
    Uniform(u64),
    Lots(u64),
    /// `scale` where a draw is below `below`, else 0.
    Keep {
        stream: u64,
        below: f32,
        scale: f32,
    },
    Normal(u64),
    Reduce(Reduction, Along, View),
    /// `[.., m, k] @ [.., k, n]`
    MatMul(View, View),
    ArgMax(View),
    ArgSort(View),
    CumSum(View),
    /// Parts with their positions along the axis; the gaps are 0.
    Assemble {
        axis: usize,
        parts: Vec<(usize, View)>,
    },
    /// Table, whose rows are contiguous, and contiguous positions.
    Take(View, View),
    /// Positions and rows, both contiguous.
    Scatter(View, View),
}

/// Which axes a reduction takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// The last ones: so many numbers for each result.
    Rows(usize),
    /// The first ones: so many results.
    Columns(usize),
    All,
}

#[derive(Debug, Clone)]
pub struct Value {
    pub def: Def,
    pub dims: Vec<usize>,
    pub len: usize,
    pub node: NodeId,
}

impl Value {
    /// Whether it is computed number by number from others at the same position.
    pub fn is_elementwise(&self) -> bool {
        matches!(
            self.def,
            Def::Map(..) | Def::Check { .. } | Def::Uniform(_) | Def::Lots(_) | Def::Keep { .. } | Def::Normal(_)
        )
    }

    /// Whether it is in memory before the run.
    pub fn is_given(&self) -> bool {
        matches!(self.def, Def::Constant(_) | Def::Data(_) | Def::Input(_) | Def::Slot(_) | Def::Scalar(_))
    }

    pub fn views(&self) -> Vec<&View> {
        match &self.def {
            Def::Map(_, args) => args.iter().collect(),
            Def::Check { arg, .. } | Def::Reduce(_, _, arg) => vec![arg],
            Def::ArgMax(arg) | Def::ArgSort(arg) | Def::CumSum(arg) => vec![arg],
            Def::MatMul(a, b) | Def::Take(a, b) | Def::Scatter(a, b) => vec![a, b],
            Def::Assemble { parts, .. } => parts.iter().map(|(_, v)| v).collect(),
            _ => Vec::new(),
        }
    }
}

impl Value {
    pub fn views_mut(&mut self) -> Vec<&mut View> {
        match &mut self.def {
            Def::Map(_, args) => args.iter_mut().collect(),
            Def::Check { arg, .. } | Def::Reduce(_, _, arg) => vec![arg],
            Def::ArgMax(arg) | Def::ArgSort(arg) | Def::CumSum(arg) => vec![arg],
            Def::MatMul(a, b) | Def::Take(a, b) | Def::Scatter(a, b) => vec![a, b],
            Def::Assemble { parts, .. } => parts.iter_mut().map(|(_, v)| v).collect(),
            _ => Vec::new(),
        }
    }
}

/// All values of a program, arguments before what uses them.
#[derive(Debug, Default)]
pub struct Values {
    pub all: Vec<Value>,
    /// Of each output, a dense value of its own.
    pub outputs: Vec<ValueId>,
    /// Slot offset and the dense value that it gets.
    pub updates: Vec<(usize, ValueId)>,
}

impl Values {
    pub fn new(program: &Program, rows: usize) -> Result<Values, CompileFault> {
        let mut lowering = Lowering { program, rows, values: Values::default(), views: Vec::new(), uses: Vec::new() };
        lowering.lower()?;
        Ok(lowering.values)
    }

    pub fn get(&self, id: ValueId) -> &Value {
        &self.all[id.0]
    }
}

struct Lowering<'p> {
    program: &'p Program,
    rows: usize,
    values: Values,
    /// Of each node that is needed.
    views: Vec<Option<View>>,
    /// How often each node is used by one that is needed.
    uses: Vec<usize>,
}

impl Lowering<'_> {
    fn lower(&mut self) -> Result<(), CompileFault> {
        let nodes = &self.program.graph.nodes;
        let needed = needed(self.program)?;
        self.uses = vec![0; nodes.len()];
        for (node, _) in nodes.iter().zip(&needed).filter(|(_, needed)| **needed) {
            node.args.iter().for_each(|a| self.uses[a.0 as usize] += 1);
        }
        for target in self.program.outputs.iter().chain(self.program.updates.iter().map(|(_, n)| n)) {
            self.uses[target.0 as usize] += 1;
        }
        for (i, node) in nodes.iter().enumerate() {
            let view = if needed[i] { Some(self.node(NodeId(i as u32), node)?) } else { None };
            self.views.push(view);
        }
        for &output in &self.program.outputs {
            let view = self.view(output)?;
            let computed = view.is_dense() && !self.values.get(view.root).is_given();
            let whole = computed && self.values.get(view.root).len == view.len();
            let fresh = whole && !self.values.outputs.contains(&view.root);
            let id = if fresh { view.root } else { self.copy(view, output).root };
            self.values.outputs.push(id);
        }
        for (slot, node) in &self.program.updates {
            let info = self.program.slots.get(slot.0 as usize).ok_or(CompileFault::Slot(slot.0))?;
            let view = self.view(*node)?;
            if info.len() != view.len() {
                return Err(CompileFault::SlotLength { path: info.path.clone(), node: *node });
            }
            let computed = view.is_dense() && !self.values.get(view.root).is_given();
            let whole = computed && self.values.get(view.root).len == view.len();
            let taken =
                self.values.outputs.contains(&view.root) || self.values.updates.iter().any(|(_, v)| *v == view.root);
            let id = if whole && !taken { view.root } else { self.copy(view, *node).root };
            self.values.updates.push((info.offset, id));
        }
        Ok(())
    }

    /// Whether a node's extents fit, now that they are numbers: steps do not check what they read.
    fn check(&self, id: NodeId, node: &Node, dims: &[usize]) -> Result<(), CompileFault> {
        let numbers = |shape: &Shape| shape.concrete(self.rows).map(Shape::of::<usize>);
        let unknown = || CompileFault::Shape { node: id, shape: node.shape.clone() };
        let args = node.args.iter().map(|a| numbers(&self.program.graph.nodes[a.0 as usize].shape));
        let args = args.collect::<Option<Vec<Shape>>>().ok_or_else(unknown)?;
        let shape = Shape::of(dims.iter().copied());
        let derived = (ops::row(&node.op).shape)(&node.op, &args.iter().collect::<Vec<_>>(), Some(&shape));
        let len: usize = dims.iter().product();
        let fits = match node.op {
            Op::Input(i) => {
                let info = self.program.inputs.get(i.0 as usize);
                info.is_some_and(|i| self.rows * i.shape.iter().product::<usize>() == len)
            }
            Op::Slot(s) => self.program.slots.get(s.0 as usize).is_some_and(|s| s.len() == len),
            Op::Scalar(s) => (s.0 as usize) < self.program.scalars.len(),
            Op::Literal(ref numbers) => numbers.len() == len,
            _ => true,
        };
        let same = derived.is_ok_and(|derived| derived == shape);
        if fits && same { Ok(()) } else { Err(CompileFault::Misfit { node: id, shape }) }
    }

    fn view(&self, node: NodeId) -> Result<View, CompileFault> {
        self.views.get(node.0 as usize).cloned().flatten().ok_or(CompileFault::Order(node))
    }

    fn push(&mut self, def: Def, dims: &[usize], node: NodeId) -> View {
        let id = ValueId(self.values.all.len());
        self.values.all.push(Value { def, dims: dims.to_vec(), len: dims.iter().product(), node });
        View::of(id, dims)
    }

    /// The same elements, in memory of their own.
    fn copy(&mut self, view: View, node: NodeId) -> View {
        let dims: Vec<usize> = view.axes.iter().map(|a| a.len).collect();
        self.push(Def::Map(Function::Identity, vec![view]), &dims, node)
    }

    /// The view itself if its elements are neighbours in memory, else a copy.
    fn contiguous(&mut self, view: View, node: NodeId) -> View {
        if view.is_contiguous() { view } else { self.copy(view, node) }
    }

    fn constant(&mut self, x: f32, node: NodeId) -> View {
        self.push(Def::Constant(x), &[], node)
    }

    fn constant_of(&self, view: &View) -> Option<f32> {
        match self.values.get(view.root).def {
            Def::Constant(x) => Some(x),
            _ => None,
        }
    }

    fn node(&mut self, id: NodeId, node: &Node) -> Result<View, CompileFault> {
        let shape = |node: &Node| {
            node.shape.concrete(self.rows).ok_or_else(|| CompileFault::Shape { node: id, shape: node.shape.clone() })
        };
        let dims = shape(node)?;
        let args: Vec<View> = node.args.iter().map(|&a| self.view(a)).collect::<Result<_, _>>()?;
        self.check(id, node, &dims)?;
        let arg = |i: usize| args.get(i).cloned().ok_or(CompileFault::Order(id));
        Ok(match &node.op {
            Op::Const(x) => self.constant(*x as f32, id),
            Op::Literal(x) => self.push(Def::Data(x.iter().map(|&x| x as f32).collect()), &dims, id),
            Op::Input(i) => self.push(Def::Input(i.0 as usize), &dims, id),
            Op::Slot(s) => {
                let slot = self.program.slots.get(s.0 as usize).ok_or(CompileFault::Slot(s.0))?;
                self.push(Def::Slot(slot.offset), &dims, id)
            }
            Op::Scalar(s) => self.push(Def::Scalar(s.0 as usize), &dims, id),
            Op::Length { axis } => {
                let len = arg(0)?.axes.get(*axis).map_or(0, |a| a.len);
                self.constant(len as f32, id)
            }
            Op::Uniform { stream } => self.push(Def::Uniform(*stream), &dims, id),
            Op::Lots { stream } => self.push(Def::Lots(*stream), &dims, id),
            Op::Normal { stream } => self.push(Def::Normal(*stream), &dims, id),
            Op::Map(map) => self.map(*map, args, &dims, id),
            Op::Reduce(reduction, axes) => self.reduce(*reduction, axes, arg(0)?, id),
            Op::ArgMax { axis } => {
                let last = move_last(&arg(0)?, *axis);
                if last.axes.last().is_some_and(|a| a.len == 0) && !dims.contains(&0) {
                    return Err(CompileFault::EmptyAxis(id));
                }
                self.push(Def::ArgMax(last), &dims, id)
            }
            Op::ArgSort { axis } => self.along(Def::ArgSort, arg(0)?, *axis, id),
            Op::CumSum { axis } => self.along(Def::CumSum, arg(0)?, *axis, id),
            Op::MatMul => self.push(Def::MatMul(arg(0)?, arg(1)?), &dims, id),
            Op::Reshape => {
                let x = arg(0)?;
                match x.reshape(&dims) {
                    Some(view) => view,
                    None => {
                        let dense = self.copy(x, id);
                        dense.reshape(&dims).ok_or(CompileFault::Order(id))?
                    }
                }
            }
            Op::Permute(order) => {
                let x = arg(0)?;
                match self.transposed_product(&x, order) {
                    Some(def) => self.push(def, &dims, id),
                    None => x.permute(order),
                }
            }
            Op::Expand { new } => arg(0)?.expand(new, &dims),
            Op::Slice { axis, start } => arg(0)?.slice(*axis, *start, dims[*axis]),
            Op::Flip { axis } => arg(0)?.flip(*axis),
            Op::Pad { axis, before, .. } => {
                self.push(Def::Assemble { axis: *axis, parts: vec![(*before, arg(0)?)] }, &dims, id)
            }
            Op::Concat { axis } => {
                let mut start = 0;
                let parts = args.into_iter().map(|view| {
                    let part = (start, view);
                    start += part.1.axes[*axis].len;
                    part
                });
                let parts = parts.collect();
                self.push(Def::Assemble { axis: *axis, parts }, &dims, id)
            }
            Op::Take => {
                let (table, index) = (self.contiguous(arg(0)?, id), self.contiguous(arg(1)?, id));
                self.push(Def::Take(table, index), &dims, id)
            }
            Op::ScatterAdd => {
                let (index, rows) = (self.contiguous(arg(0)?, id), self.contiguous(arg(1)?, id));
                self.push(Def::Scatter(index, rows), &dims, id)
            }
            Op::Iota { axis } => {
                let len = dims[*axis];
                let counts = self.push(Def::Data((0..len).map(|i| i as f32).collect()), &[len], id);
                let stretch = |(i, &len): (usize, &usize)| Axis { len, stride: (i == *axis) as isize };
                View { axes: dims.iter().enumerate().map(stretch).collect(), ..counts }
            }
            Op::StopGradient => arg(0)?,
            Op::Checked { low, high, whole } => {
                let def = Def::Check { arg: arg(0)?, low: *low as f32, high: *high as f32, whole: *whole };
                self.push(def, &dims, id)
            }
        })
    }

    /// A product turned about its last two axes is the product of its factors turned, in reverse order.
    fn transposed_product(&self, x: &View, order: &[usize]) -> Option<Def> {
        let root = self.values.get(x.root);
        let Def::MatMul(a, b) = &root.def else { return None };
        let rank = order.len();
        let leading = order.iter().take(rank.checked_sub(2)?).enumerate().all(|(i, &o)| i == o);
        let swaps = leading && order[rank - 1] == rank - 2;
        let alone = self.uses[root.node.0 as usize] == 1 && x.is_dense() && a.axes.len() == rank;
        (swaps && alone).then(|| Def::MatMul(b.permute(order), a.permute(order)))
    }

    /// An elementwise operation; on constants it is done here.
    fn map(&mut self, map: Map, args: Vec<View>, dims: &[usize], id: NodeId) -> View {
        if dims.is_empty()
            && let Some(numbers) = args.iter().map(|a| self.constant_of(a)).collect::<Option<Vec<f32>>>()
        {
            return self.constant(super::constant::apply(map, &numbers), id);
        }
        if map == Map::Pow
            && let Some(exponent) = self.constant_of(&args[1])
            && let Some(view) = self.power(&args[0], exponent, dims, id)
        {
            return view;
        }
        self.push(Def::Map(Function::Map(map), args), dims, id)
    }

    /// Powers that are cheaper in another way, with the same result to the last bit or two.
    fn power(&mut self, x: &View, exponent: f32, dims: &[usize], id: NodeId) -> Option<View> {
        let one = |function| Some(Def::Map(function, vec![x.clone()]));
        let def = match exponent {
            1.0 => return Some(if x.axes.len() == dims.len() { x.clone() } else { return None }),
            2.0 => one(Function::Square),
            -1.0 => one(Function::Recip),
            _ => None,
        }?;
        Some(self.push(def, dims, id))
    }

    /// An operation along one axis that keeps the shape: done along the last, and turned back.
    fn along(&mut self, def: fn(View) -> Def, x: View, axis: usize, id: NodeId) -> View {
        let last = move_last(&x, axis);
        let dims: Vec<usize> = last.axes.iter().map(|a| a.len).collect();
        let result = self.push(def(last), &dims, id);
        let mut order: Vec<usize> = (0..dims.len() - 1).collect();
        order.insert(axis, dims.len() - 1);
        result.permute(&order)
    }

    /// Trailing axes, then leading ones; others are brought to the front.
    fn reduce(&mut self, reduction: Reduction, axes: &[usize], x: View, id: NodeId) -> View {
        let rank = x.axes.len();
        let kept: Vec<usize> = (0..rank).filter(|i| !axes.contains(i)).collect();
        let dims: Vec<usize> = kept.iter().map(|&i| x.axes[i].len).collect();
        let count = |of: &[Axis]| of.iter().map(|a| a.len).product::<usize>();
        if axes.is_empty() {
            return x;
        }
        if kept.is_empty() {
            return self.push(Def::Reduce(reduction, Along::All, x), &[], id);
        }
        let trailing = (0..rank).rev().take_while(|i| axes.contains(i)).count();
        if trailing > 0 {
            let (front, back) = x.axes.split_at(rank - trailing);
            let width = count(back);
            let front: Vec<usize> = front.iter().map(|a| a.len).collect();
            let x = if merged(back).len() > 1 { self.copy(x.clone(), id) } else { x };
            let partial = self.push(Def::Reduce(reduction, Along::Rows(width), x), &front, id);
            let rest: Vec<usize> = axes.iter().copied().filter(|&a| a < rank - trailing).collect();
            return self.reduce(reduction, &rest, partial, id);
        }
        let leading = axes.iter().enumerate().all(|(i, &a)| i == a);
        let order: Vec<usize> = axes.iter().chain(&kept).copied().collect();
        let x = x.permute(&order);
        let x = if leading && merged(&x.axes[axes.len()..]).len() <= 1 { x } else { self.copy(x, id) };
        let width = count(&x.axes[axes.len()..]);
        self.push(Def::Reduce(reduction, Along::Columns(width), x), &dims, id)
    }
}

/// The axis moved behind the others.
fn move_last(x: &View, axis: usize) -> View {
    let mut order: Vec<usize> = (0..x.axes.len()).filter(|&i| i != axis).collect();
    order.push(axis);
    x.permute(&order)
}

/// Which nodes the outputs and updates depend on.
fn needed(program: &Program) -> Result<Vec<bool>, CompileFault> {
    let nodes = &program.graph.nodes;
    let mut needed = vec![false; nodes.len()];
    for &target in program.outputs.iter().chain(program.updates.iter().map(|(_, n)| n)) {
        *needed.get_mut(target.0 as usize).ok_or(CompileFault::Order(target))? = true;
    }
    for i in (0..nodes.len()).rev() {
        if needed[i] {
            for a in &nodes[i].args {
                if a.0 as usize >= i {
                    return Err(CompileFault::Order(NodeId(i as u32)));
                }
                needed[a.0 as usize] = true;
            }
        }
    }
    Ok(needed)
}
