//! Values in a form that is cheaper to compute: the same numbers but for the last bit or two.

use std::collections::HashMap;

use crate::engine::graph::Map;
use crate::engine::kernels::map::Function;
use crate::engine::program::Program;

use super::values::{Def, Value, Values};
use super::view::{ValueId, View};

/// Rows that decisions are made for, whatever the rows at hand: a row's result must not depend on their number.
const USUAL_ROWS: usize = 64;

/// Rewrites values one by one; new ones are put where they are needed, and what nobody needs is removed.
pub fn rewrite(values: Values, program: &Program, rows: usize) -> Values {
    let (new, moved, made) = (Values::default(), Vec::new(), HashMap::new());
    let mut rewriter = Rewriter { program, rows, old: values, new, moved, made };
    for i in 0..rewriter.old.all.len() {
        let mut value = rewriter.old.all[i].clone();
        for view in value.views_mut() {
            view.root = rewriter.moved[view.root.0];
        }
        let value = rewriter.value(value);
        let id = rewriter.push(value);
        rewriter.moved.push(id);
    }
    let Rewriter { old, mut new, moved, .. } = rewriter;
    new.outputs = old.outputs.iter().map(|o| moved[o.0]).collect();
    new.updates = old.updates.iter().map(|&(slot, v)| (slot, moved[v.0])).collect();
    without_unused(new)
}

/// What a rewrite made, so that it is made once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Made {
    Reciprocal(ValueId),
    Product(ValueId, ValueId),
    /// ReLU of a value, and that times what dropout keeps.
    Relu(ValueId),
    Dropped(ValueId, ValueId),
    Keep {
        stream: u64,
        below: u32,
        scale: u32,
        dims: Vec<usize>,
    },
}

struct Rewriter<'p> {
    program: &'p Program,
    rows: usize,
    old: Values,
    new: Values,
    moved: Vec<ValueId>,
    made: HashMap<Made, ValueId>,
}

impl Rewriter<'_> {
    fn push(&mut self, value: Value) -> ValueId {
        self.new.all.push(value);
        ValueId(self.new.all.len() - 1)
    }

    fn value(&mut self, value: Value) -> Value {
        let Def::Map(function, args) = &value.def else { return value };
        let new = match (function, &args[..]) {
            (Function::Map(Map::Div), [a, b]) => self.division(a, b, &value),
            (Function::Map(Map::Mul), [a, b]) => self
                .dropout(a, b, &value)
                .or_else(|| self.square(a, b))
                .or_else(|| self.scalars(a, b))
                .or_else(|| self.scalars(b, a)),
            (Function::Map(Map::Max), [a, b]) => self.relu(a, b).or_else(|| self.relu(b, a)),
            (Function::Map(Map::Where), [c, a, b]) => self.relu_gradient(c, a, b).or_else(|| self.gate(c, a, b)),
            _ => None,
        };
        let value = Value { def: new.unwrap_or_else(|| value.def.clone()), ..value };
        self.remember(&value);
        value
    }

    /// Takes note of activations, which tell the derivative of ReLU where it was open.
    fn remember(&mut self, value: &Value) {
        let Def::Map(function, args) = &value.def else { return };
        let next = ValueId(self.new.all.len());
        let whole = |r: &Self, v: &View| v.is_dense() && v.len() == r.new.get(v.root).len && v.len() == value.len;
        match (function, &args[..]) {
            (Function::Relu, [x]) if whole(self, x) => {
                self.made.entry(Made::Relu(x.root)).or_insert(next);
            }
            (Function::Map(Map::Mul), [a, b]) if whole(self, a) && whole(self, b) => {
                for (x, keep) in [(a, b), (b, a)] {
                    // Not by a scale below 1: the smallest numbers would become 0.
                    if matches!(self.new.get(keep.root).def, Def::Keep { scale, .. } if scale >= 1.0) {
                        self.made.entry(Made::Dropped(x.root, keep.root)).or_insert(next);
                    }
                }
            }
            _ => {}
        }
    }

    /// The derivative of ReLU by the activation, which is not positive where `x` is not. Where dropout follows, what is
    /// left of the activation is positive just where the gradient `y` is kept: then what was drawn is not asked for.
    fn gate_by_activation(&mut self, x: &View, y: &View) -> Option<Def> {
        let relu = *self.made.get(&Made::Relu(x.root)).filter(|_| x.is_dense())?;
        let gate = |root, y| Some(Def::Map(Function::Gate, vec![View { root, ..x.clone() }, y]));
        let factors = self.map(y, Map::Mul).unwrap_or_default().to_vec();
        for (keep, gradient) in factors.iter().zip(factors.iter().rev()) {
            let Some(&dropped) = self.made.get(&Made::Dropped(relu, keep.root)) else { continue };
            let Def::Keep { scale, .. } = self.new.get(keep.root).def else { continue };
            let root = self.new.get(y.root);
            let (dims, len, node) = (root.dims.clone(), root.len, root.node);
            let scale = self.push(Value { def: Def::Constant(scale), dims: vec![], len: 1, node });
            let factors = vec![gradient.clone(), View::of(scale, &[])];
            let scaled = self.push(Value { def: Def::Map(Function::Map(Map::Mul), factors), dims, len, node });
            return gate(dropped, View { root: scaled, ..y.clone() });
        }
        gate(relu, y.clone())
    }

    fn constant(&self, view: &View) -> Option<f32> {
        match self.new.get(view.root).def {
            Def::Constant(x) => Some(x),
            _ => None,
        }
    }

    /// The function and arguments of a value that a view reads as a whole.
    fn map(&self, view: &View, map: Map) -> Option<&[View]> {
        let root = self.new.get(view.root);
        match &root.def {
            Def::Map(Function::Map(m), args) if *m == map && view.is_dense() && view.len() == root.len => Some(args),
            _ => None,
        }
    }

    /// `a / b` as `a * (1 / b)` where the same `b` divides many numbers.
    fn division(&mut self, a: &View, b: &View, value: &Value) -> Option<Def> {
        let root = self.new.get(b.root);
        let fits = a.len() == value.len && (b.len() == a.len() || b.axes.is_empty());
        let many = fits && self.usual_len(value) >= 4 * self.usual_len(root).max(1);
        if !many || !(root.is_elementwise() || root.len == 1) {
            return None;
        }
        let (dims, len, node) = (root.dims.clone(), root.len, root.node);
        let reciprocal = match self.made.get(&Made::Reciprocal(b.root)) {
            Some(&id) => id,
            None => {
                let def = match root.def {
                    Def::Constant(x) => Def::Constant(1.0 / x),
                    _ => Def::Map(Function::Recip, vec![View::of(b.root, &dims)]),
                };
                let id = self.push(Value { def, dims, len, node });
                self.made.insert(Made::Reciprocal(b.root), id);
                id
            }
        };
        Some(Def::Map(Function::Map(Map::Mul), vec![a.clone(), View { root: reciprocal, ..b.clone() }]))
    }

    /// How many numbers the value has for the usual number of rows.
    fn usual_len(&self, value: &Value) -> usize {
        let count = |rows| Some(self.program.graph.shape(value.node).concrete(rows)?.iter().product::<usize>());
        // A part of a node, or a copy of it, has a length of its own.
        if count(self.rows) == Some(value.len) { count(USUAL_ROWS).unwrap_or(value.len) } else { value.len }
    }

    /// `(x * keep) * scale` or `(x * scale) * keep`, for `keep` a draw below a number, as `x` times 0 or `scale`.
    fn dropout(&mut self, a: &View, b: &View, value: &Value) -> Option<Def> {
        [(a, b), (b, a)].into_iter().find_map(|(product, last)| {
            let [x, y] = self.map(product, Map::Mul)? else { return None };
            let (x, y) = (x.clone(), y.clone());
            [(&x, &y), (&y, &x)].into_iter().find_map(|(rest, other)| {
                let scale = self.constant(last).or_else(|| self.constant(other))?;
                let (stream, below) = self.kept(last).or_else(|| self.kept(other))?;
                if self.constant(last).is_some() == self.constant(other).is_some() {
                    return None;
                }
                let dims = value.dims.clone();
                let made = Made::Keep { stream, below: below.to_bits(), scale: scale.to_bits(), dims: dims.clone() };
                let keep = match self.made.get(&made) {
                    Some(&id) => id,
                    None => {
                        let def = Def::Keep { stream, below, scale };
                        let id = self.push(Value { def, dims: dims.clone(), len: value.len, node: value.node });
                        self.made.insert(made, id);
                        id
                    }
                };
                Some(Def::Map(Function::Map(Map::Mul), vec![rest.clone(), View::of(keep, &dims)]))
            })
        })
    }

    /// The stream of a view that is 1 where a draw is below a constant.
    fn kept(&self, view: &View) -> Option<(u64, f32)> {
        let [draw, below] = self.map(view, Map::Lt)? else { return None };
        let root = self.new.get(draw.root);
        match root.def {
            Def::Lots(stream) if draw.is_dense() && draw.len() == root.len => Some((stream, self.constant(below)?)),
            _ => None,
        }
    }

    /// `s * (x * r)` as `x * (s * r)` for many `x` and one number `s` and `r` each, unless that product is out of range.
    fn scalars(&mut self, s: &View, product: &View) -> Option<Def> {
        let [x, y] = self.map(product, Map::Mul)? else { return None };
        let (x, r) = if self.is_scalar(y) { (x.clone(), y.clone()) } else { (y.clone(), x.clone()) };
        if !self.is_scalar(s) || !self.is_scalar(&r) || self.is_scalar(&x) {
            return None;
        }
        let def = match (self.constant(s), self.constant(&r)) {
            (Some(s), Some(r)) => (s * r).is_normal().then_some(Def::Constant(s * r))?,
            _ => {
                let one = |v: &View| View { axes: Vec::new(), ..v.clone() };
                Def::Map(Function::Map(Map::Mul), vec![one(s), one(&r)])
            }
        };
        let key = Made::Product(s.root, r.root);
        let both = match self.made.get(&key) {
            Some(&id) => id,
            None => {
                let node = self.new.get(s.root).node;
                let id = self.push(Value { def, dims: Vec::new(), len: 1, node });
                self.made.insert(key, id);
                id
            }
        };
        Some(Def::Map(Function::Map(Map::Mul), vec![x, View { root: both, ..s.clone() }]))
    }

    /// Whether it is one number, whatever the rows.
    fn is_scalar(&self, view: &View) -> bool {
        let root = self.new.get(view.root);
        root.len == 1 && self.usual_len(root) == 1
    }

    fn square(&self, a: &View, b: &View) -> Option<Def> {
        (a == b).then(|| Def::Map(Function::Square, vec![a.clone()]))
    }

    fn relu(&self, x: &View, zero: &View) -> Option<Def> {
        (self.constant(zero) == Some(0.0)).then(|| Def::Map(Function::Relu, vec![x.clone()]))
    }

    /// `where(x <= 0, 0, y)`: ReLU if `y` is `x`, the derivative of ReLU if `y` is a gradient.
    fn gate(&mut self, closed: &View, zero: &View, y: &View) -> Option<Def> {
        let is_zero = |v: &View| self.constant(v) == Some(0.0);
        let [x, bound] = self.map(closed, Map::Le)? else { return None };
        if !is_zero(bound) || !is_zero(zero) || y.len() != x.len() {
            return None;
        }
        Some(match x == y {
            true => Def::Map(Function::Relu, vec![x.clone()]),
            false => {
                let (x, y) = (x.clone(), y.clone());
                let by_activation = self.gate_by_activation(&x, &y);
                by_activation.unwrap_or_else(|| Def::Map(Function::Gate, vec![x, y]))
            }
        })
    }

    /// `where(x < 0, 0, where(x == 0, g / 2, g))`, the derivative of `max(x, 0)`.
    fn relu_gradient(&self, negative: &View, zero: &View, rest: &View) -> Option<Def> {
        let is_zero = |v: &View| self.constant(v) == Some(0.0);
        let [x, bound] = self.map(negative, Map::Lt)? else { return None };
        let [tie, half, g] = self.map(rest, Map::Where)? else { return None };
        let [t, u] = self.map(tie, Map::Eq)? else { return None };
        let [h, factor] = self.map(half, Map::Mul)? else { return None };
        let ties = (t == x && is_zero(u)) || (u == x && is_zero(t));
        let fits = is_zero(bound) && is_zero(zero) && ties && h == g && self.constant(factor) == Some(0.5);
        fits.then(|| Def::Map(Function::ReluGradient, vec![x.clone(), g.clone()]))
    }
}

/// Without what neither outputs nor updates depend on. Checks stay: they may stop the run.
fn without_unused(values: Values) -> Values {
    let count = values.all.len();
    let mut used = vec![false; count];
    for id in values.outputs.iter().chain(values.updates.iter().map(|(_, v)| v)) {
        used[id.0] = true;
    }
    for i in (0..count).rev() {
        used[i] |= matches!(values.all[i].def, Def::Check { .. });
        if used[i] {
            values.all[i].views().iter().for_each(|v| used[v.root.0] = true);
        }
    }
    let mut result = Values::default();
    let mut moved = vec![ValueId(0); count];
    for (i, mut value) in values.all.into_iter().enumerate().filter(|(i, _)| used[*i]) {
        for view in value.views_mut() {
            view.root = moved[view.root.0];
        }
        moved[i] = ValueId(result.all.len());
        result.all.push(value);
    }
    result.outputs = values.outputs.iter().map(|o| moved[o.0]).collect();
    result.updates = values.updates.iter().map(|&(slot, v)| (slot, moved[v.0])).collect();
    result
}
