//! Functions that move, cut and join axes.

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::{Map, Op};
use crate::text::Span;
use crate::types::{Axis, Dim, Domain, Shape};

use super::builtin::Given;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::{Argument, Tensor, Value};

impl Elaborator<'_> {
    pub(super) fn slice(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let t = self.tensor(given, "x", frame)?;
        let axis = self.one_axis(&t, given, frame, span)?;
        let bound = |s: &mut Self, name: &str| match given.get(name).map(|a| (&a.value, a.span)) {
            None => Some(Dim::from(0)),
            Some((Value::Int(d, _), _)) => Some(d.clone()),
            Some((_, at)) => {
                s.fail(frame, &codes::WRONG_KIND, at, "the bounds of a slice are whole numbers", "not one");
                None
            }
        };
        let (from, to) = (bound(self, "from")?, bound(self, "to")?);
        let mut shape = self.graph.shape(t.node).clone();
        let extent = shape.0[axis].dim.clone();
        if let (Some(a), Some(b)) = (from.constant(), to.constant())
            && (a < 0 || b < a || extent.constant().is_some_and(|n| b > n))
        {
            let message = format!("the slice {a} to {b} does not lie in an axis of {extent}");
            self.fail(frame, &codes::OUT_OF_RANGE, span, message, "outside");
            return None;
        }
        shape.0[axis] = Axis::new(&to - &from);
        // Symbols are those of a check, whose graph never runs.
        let start = from.constant().unwrap_or(0).max(0) as usize;
        let node = self.node_shaped(Op::Slice { axis, start }, &[t.node], shape, frame, span)?;
        Some(Value::Tensor(Tensor { node, domain: Domain::Real, ..t }))
    }

    pub(super) fn concat(
        &mut self,
        parts: &[Argument],
        dim: Option<&Argument>,
        frame: &Frame,
        span: Span,
    ) -> Option<Value> {
        let mut tensors = Vec::new();
        for part in parts {
            tensors.push(self.tensor_argument((part.value.clone(), part.span), frame)?);
        }
        let Some(first) = tensors.first().cloned() else {
            self.fail(frame, &codes::ARITY, span, "`concat` joins at least one tensor", "nothing to join");
            return None;
        };
        let batched = tensors.iter().any(|t| t.batched);
        let visible = self.visible(&first);
        let at = match dim {
            None if visible.is_empty() => return self.stack(parts, frame, span),
            None => visible.len() - 1,
            Some(d) => self.axis(&visible, &d.value.clone(), d.span, frame)?,
        };
        let mut nodes = Vec::new();
        for t in &tensors {
            let node = match batched && !t.batched {
                true => {
                    let mut shape = self.graph.shape(t.node).clone();
                    shape.0.insert(0, Axis::batch());
                    self.node_shaped(Op::Expand { new: vec![0] }, &[t.node], shape, frame, span)?
                }
                false => t.node,
            };
            nodes.push(node);
        }
        let node = self.node(Op::Concat { axis: at + usize::from(batched) }, &nodes, frame, span)?;
        let same = tensors.iter().all(|t| t.domain == first.domain) && !first.domain.has_class_axis();
        let domain = if same { first.domain } else { Domain::Real };
        Some(Value::Tensor(Tensor { node, domain, batched }))
    }

    pub(super) fn stack(&mut self, parts: &[Argument], frame: &Frame, span: Span) -> Option<Value> {
        let mut widened = Vec::new();
        for part in parts {
            let t = self.tensor_argument((part.value.clone(), part.span), frame)?;
            let mut shape = self.graph.shape(t.node).clone();
            shape.0.push(Axis::new(1));
            let node = self.node_shaped(Op::Reshape, &[t.node], shape, frame, span)?;
            widened.push(Argument { name: None, value: Value::Tensor(Tensor { node, ..t }), span: part.span });
        }
        self.concat(&widened, None, frame, span)
    }

    pub(super) fn reshape(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let t = self.tensor(given, "x", frame)?;
        let shape = given.get("shape")?;
        let Value::List(items) = &shape.value else {
            self.fail(frame, &codes::WRONG_KIND, shape.span, "a shape is a list of extents", "for example `[3, 4]`");
            return None;
        };
        let mut axes: Vec<Axis> = t.batched.then(Axis::batch).into_iter().collect();
        for (item, at) in items {
            match item {
                Value::Int(d, origin) => axes.push(Axis { dim: d.clone(), name: None, origin: origin.clone() }),
                Value::Error => return None,
                other => {
                    let message = format!("an extent is a whole number, and this is {}", other.kind());
                    self.fail(frame, &codes::WRONG_KIND, *at, message, "not an extent");
                    return None;
                }
            }
        }
        let node = self.node_shaped(Op::Reshape, &[t.node], Shape(axes), frame, span)?;
        let domain = if t.domain.has_class_axis() { Domain::Real } else { t.domain };
        Some(Value::Tensor(Tensor { node, domain, batched: t.batched }))
    }

    pub(super) fn flatten_all(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let t = self.tensor(given, "x", frame)?;
        let count = Shape(self.visible(&t)).count();
        let hidden = t.batched.then(Axis::batch);
        let shape = Shape(hidden.into_iter().chain([Axis::new(count)]).collect());
        let node = self.reshape_node(t.node, shape, frame, span)?;
        let domain = if t.domain.has_class_axis() && self.visible(&t).len() != 1 { Domain::Real } else { t.domain };
        Some(Value::Tensor(Tensor { node, domain, batched: t.batched }))
    }

    pub(super) fn permute(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let t = self.tensor(given, "x", frame)?;
        let dims = given.get("dims")?.clone();
        let visible = self.visible(&t);
        let items = match &dims.value {
            Value::List(items) => items.clone(),
            one => vec![(one.clone(), dims.span)],
        };
        let hidden = usize::from(t.batched);
        let mut order: Vec<usize> = (0..hidden).collect();
        for (value, at) in &items {
            order.push(self.axis(&visible, value, *at, frame)? + hidden);
        }
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted != (0..visible.len() + hidden).collect::<Vec<_>>() {
            self.fail(frame, &codes::AXIS, span, "`permute` names every axis once", "not all axes, or one twice");
            return None;
        }
        let node = self.node(Op::Permute(order), &[t.node], frame, span)?;
        Some(Value::Tensor(Tensor { node, domain: Domain::Real, ..t }))
    }

    pub(super) fn take(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let table = self.tensor(given, "table", frame)?;
        let index = self.tensor(given, "index", frame)?;
        if table.batched {
            let d = Diagnostic::new(
                &codes::SHAPE,
                "`take` looks up rows of one table, and this table differs from example to example",
            )
            .at(span, "computed for each example")
            .help("to pick a class's element use `pick(x, y)`");
            self.report(frame, d);
            return None;
        }
        let node = self.node(Op::Take, &[table.node, index.node], frame, span)?;
        Some(Value::Tensor(Tensor { node, domain: table.domain, batched: index.batched }))
    }

    /// 1 at the class's position along a new first axis.
    pub(super) fn one_hot(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let y = self.tensor(given, "y", frame)?;
        let classes = match (given.get("classes").map(|a| &a.value), &y.domain) {
            (Some(Value::Int(d, _)), _) => d.clone(),
            (None, Domain::LabelOf(k)) => k.clone(),
            _ => {
                self.fail(
                    frame,
                    &codes::MISSING,
                    span,
                    "`one_hot` needs the number of classes",
                    "for example `one_hot(y, 10)`",
                );
                return None;
            }
        };
        let own = self.graph.shape(y.node).clone();
        let leads_batch = y.batched || own.0.first().is_some_and(|a| a.dim.is_batch());
        let at = usize::from(leads_batch);
        let mut shape = own;
        shape.0.insert(at, Axis::new(classes));
        let wide = match shape.rank() == 1 {
            true => y.node,
            false => self.node_shaped(Op::Expand { new: vec![at] }, &[y.node], shape.clone(), frame, span)?,
        };
        let iota = self.node_shaped(Op::Iota { axis: at }, &[], shape, frame, span)?;
        let node = self.node(Op::Map(Map::Eq), &[wide, iota], frame, span)?;
        Some(Value::Tensor(Tensor { node, domain: Domain::Binary, batched: y.batched }))
    }
}
