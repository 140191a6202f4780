//! Operators: arithmetic on what is known, broadcasting and domains for tensors.

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::{Map, NodeId, Op};
use crate::syntax::ast::BinaryOp;
use crate::text::Span;
use crate::types::{Axis, Dim, Domain, Shape};

use super::elaborate::{Elaborator, with_origins};
use super::frame::Frame;
use super::value::{Known, Tensor, Value};

/// The tolerance of `~=`, absolute and relative.
pub const NEAR: f64 = 1e-5;

impl Elaborator<'_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: (Value, Span),
        right: (Value, Span),
        frame: &Frame,
        span: Span,
    ) -> Value {
        if left.0.is_error() || right.0.is_error() {
            return Value::Error;
        }
        if let Some(value) = absent_operand(op, &left.0, &right.0) {
            return value;
        }
        if let (Value::Int(a, _), Value::Int(b, _)) = (&left.0, &right.0)
            && let Some(value) = whole(op, a, b)
        {
            return value;
        }
        if let (Value::Word(a), Value::Word(b)) = (&left.0, &right.0)
            && matches!(op, BinaryOp::Eq | BinaryOp::Ne)
        {
            return Value::Bool(Some((a.text == b.text) == (op == BinaryOp::Eq)));
        }
        match op {
            BinaryOp::And | BinaryOp::Or => return self.logic(op, left, right, frame, span),
            BinaryOp::MatMul => return self.product(left, right, frame, span),
            BinaryOp::FloorDiv => {
                return self.fail(
                    frame,
                    &codes::WRONG_KIND,
                    span,
                    "`//` divides whole numbers known before the run",
                    "one side is not such a number; use `floor(a / b)`",
                );
            }
            _ => {}
        }
        if let (Some(a), Some(b)) = (known(&left.0), known(&right.0)) {
            return numbers(op, a, b);
        }
        let (Some(a), Some(b)) = (self.operand(left, op, frame), self.operand(right, op, frame)) else {
            return Value::Error;
        };
        self.tensors(op, a, b, frame, span)
    }

    fn logic(&mut self, op: BinaryOp, l: (Value, Span), r: (Value, Span), frame: &Frame, span: Span) -> Value {
        if let (Value::Bool(a), Value::Bool(b)) = (&l.0, &r.0) {
            let is_and = op == BinaryOp::And;
            return Value::Bool(match (a, b) {
                (Some(x), _) | (_, Some(x)) if *x != is_and => Some(!is_and),
                (Some(_), Some(_)) => Some(is_and),
                _ => None,
            });
        }
        let (Some(a), Some(b)) = (self.operand(l, op, frame), self.operand(r, op, frame)) else { return Value::Error };
        self.tensors(op, a, b, frame, span)
    }

    /// A value as a tensor operand; numbers become constants.
    pub(super) fn operand(&mut self, value: (Value, Span), op: BinaryOp, frame: &Frame) -> Option<Tensor> {
        let needs = format!("`{}` needs numbers or tensors", op.symbol());
        self.needed_tensor(value, &needs, frame)
    }

    /// The same for an argument of a function.
    pub(super) fn tensor_argument(&mut self, value: (Value, Span), frame: &Frame) -> Option<Tensor> {
        self.needed_tensor(value, "a number or a tensor is needed here", frame)
    }

    fn needed_tensor(&mut self, (value, span): (Value, Span), needs: &str, frame: &Frame) -> Option<Tensor> {
        let kind = value.kind();
        let tensor = self.tensor_of(value.clone(), frame, span);
        if tensor.is_none() && !value.is_error() {
            let message = format!("{needs}, and this is {kind}");
            let mut diagnostic = Diagnostic::new(&codes::WRONG_KIND, message).at(span, format!("{kind} here"));
            match &value {
                Value::Definition(d) => {
                    // In a loss that is written out nothing is applied by itself.
                    let is_loss = crate::prelude::lookup(&d.name).is_some_and(|entry| entry.group == "losses");
                    let example =
                        if is_loss { format!(", as in `{}(out, row.target)`", d.name) } else { String::new() };
                    let help = format!("`{}` is {}: apply it to something{example}", d.name, d.kind.article());
                    diagnostic = diagnostic.help(help);
                }
                Value::List(items) if items.iter().any(|(item, _)| matches!(item, Value::Tensor(_))) => {
                    diagnostic = diagnostic.help("tensors are given one by one: `concat(a, b)`");
                }
                _ => {}
            }
            self.report(frame, diagnostic);
        }
        tensor
    }

    /// Numbers, lists of numbers and inputs as tensors.
    pub(super) fn tensor_of(&mut self, value: Value, frame: &Frame, span: Span) -> Option<Tensor> {
        match value {
            Value::Tensor(t) => Some(t),
            Value::Int(..) | Value::Number(_) => {
                let x = value.as_number().unwrap_or(f64::NAN);
                let node = match &value {
                    Value::Int(d, _) if d.is_batch() => self.batch_length(frame, span)?,
                    _ => self.constant(x),
                };
                let domain = if x == 0.0 || x == 1.0 { Domain::Binary } else { Domain::Real };
                Some(Tensor { node, domain, batched: false })
            }
            Value::Bool(Some(b)) => {
                let node = self.constant(f64::from(u8::from(b)));
                Some(Tensor { node, domain: Domain::Binary, batched: false })
            }
            Value::List(items) => self.literal(&items, frame, span),
            Value::Block(block) => self.read_block(&block, frame, &block.name, span),
            _ => None,
        }
    }

    fn batch_length(&mut self, frame: &Frame, span: Span) -> Option<NodeId> {
        let index = self.graph.nodes.iter().position(|n| n.shape.0.first().is_some_and(|a| a.dim.is_batch()))?;
        self.node(Op::Length { axis: 0 }, &[NodeId(index as u32)], frame, span)
    }

    fn literal(&mut self, items: &[(Value, Span)], frame: &Frame, span: Span) -> Option<Tensor> {
        let mut numbers = Vec::new();
        let mut dims = Vec::new();
        flatten(items, 0, &mut dims, &mut numbers)?;
        let shape = Shape::of(dims);
        let binary = numbers.iter().all(|x| *x == 0.0 || *x == 1.0);
        let node = self.node_shaped(Op::Literal(numbers.into()), &[], shape, frame, span)?;
        Some(Tensor { node, domain: if binary { Domain::Binary } else { Domain::Real }, batched: false })
    }

    fn tensors(&mut self, op: BinaryOp, a: Tensor, b: Tensor, frame: &Frame, span: Span) -> Value {
        let domain = result_domain(op, &self.meaning(&a), &self.meaning(&b));
        let Some((args, batched)) = self.broadcast(&[a, b], frame, span) else { return Value::Error };
        let [x, y] = [args[0], args[1]];
        let map = |m: Map| Op::Map(m);
        let (op1, args, negate) = match op {
            BinaryOp::Add => (Map::Add, [x, y], false),
            BinaryOp::Sub => (Map::Sub, [x, y], false),
            BinaryOp::Mul => (Map::Mul, [x, y], false),
            BinaryOp::Div => (Map::Div, [x, y], false),
            BinaryOp::Pow => (Map::Pow, [x, y], false),
            BinaryOp::Lt => (Map::Lt, [x, y], false),
            BinaryOp::Le => (Map::Le, [x, y], false),
            BinaryOp::Gt => (Map::Lt, [y, x], false),
            BinaryOp::Ge => (Map::Le, [y, x], false),
            BinaryOp::Eq => (Map::Eq, [x, y], false),
            BinaryOp::Ne => (Map::Eq, [x, y], true),
            BinaryOp::And => (Map::And, [x, y], false),
            BinaryOp::Or => (Map::Or, [x, y], false),
            BinaryOp::Near => return self.near(x, y, batched, frame, span),
            BinaryOp::MatMul | BinaryOp::FloorDiv => return Value::Error,
        };
        let node = self.node(map(op1), &args, frame, span);
        let node = if negate { node.and_then(|n| self.node(map(Map::Not), &[n], frame, span)) } else { node };
        node.map_or(Value::Error, |node| Value::Tensor(Tensor { node, domain, batched }))
    }

    /// What the numbers mean; a plain constant takes no part in the meaning but as 0 or 1.
    fn meaning(&self, t: &Tensor) -> Meaning {
        match self.graph.nodes[t.node.0 as usize].op {
            Op::Const(x) => Meaning::Constant(x),
            _ => Meaning::Of(t.domain.clone()),
        }
    }

    fn near(&mut self, x: NodeId, y: NodeId, batched: bool, frame: &Frame, span: Span) -> Value {
        let map = |s: &mut Self, m: Map, args: &[NodeId]| s.node(Op::Map(m), args, frame, span);
        let node = (|| {
            let tolerance = self.constant(NEAR);
            let one = self.constant(1.0);
            let difference = map(self, Map::Sub, &[x, y])?;
            let difference = map(self, Map::Abs, &[difference])?;
            let (size_x, size_y) = (map(self, Map::Abs, &[x])?, map(self, Map::Abs, &[y])?);
            let size = map(self, Map::Max, &[size_x, size_y])?;
            let size = map(self, Map::Max, &[size, one])?;
            let bound = map(self, Map::Mul, &[size, tolerance])?;
            map(self, Map::Le, &[difference, bound])
        })();
        node.map_or(Value::Error, |node| Value::Tensor(Tensor { node, domain: Domain::Binary, batched }))
    }

    /// Brings operands to one shape: missing leading axes and a literal 1 are stretched; where one operand lacks axes, only that one.
    pub(super) fn broadcast(&mut self, operands: &[Tensor], frame: &Frame, span: Span) -> Option<(Vec<NodeId>, bool)> {
        let batched = operands.iter().any(|t| t.batched);
        let shapes: Vec<Vec<Axis>> = operands.iter().map(|t| self.visible(t)).collect();
        let rank = shapes.iter().map(Vec::len).max().unwrap_or(0);
        let mut target: Vec<Axis> = shapes.iter().find(|s| s.len() == rank).cloned().unwrap_or_default();
        for shape in shapes.iter().filter(|s| s.len() == rank) {
            for (axis, wanted) in shape.iter().zip(target.iter_mut()) {
                if wanted.dim.is(1) && !axis.dim.is(1) {
                    *wanted = axis.clone();
                }
            }
        }
        for shape in &shapes {
            let offset = rank - shape.len();
            for (i, axis) in shape.iter().enumerate() {
                let wanted = &target[offset + i];
                if axis.dim != wanted.dim && !axis.dim.is(1) {
                    let nodes: Vec<NodeId> = operands.iter().map(|t| t.node).collect();
                    self.cannot_meet(&shapes, &nodes, axis, wanted, frame, span);
                    return None;
                }
            }
        }
        let hidden = batched.then(Axis::batch);
        let full = Shape(hidden.into_iter().chain(target).collect());
        let args = operands.iter().map(|t| self.stretch(t, &full, frame, span)).collect::<Option<Vec<_>>>()?;
        Some((args, batched))
    }

    fn cannot_meet(
        &mut self,
        shapes: &[Vec<Axis>],
        nodes: &[NodeId],
        axis: &Axis,
        wanted: &Axis,
        frame: &Frame,
        span: Span,
    ) {
        let shown: Vec<String> = shapes.iter().map(|s| Shape(s.clone()).to_string()).collect();
        let message = format!("{} do not fit together", shown.join(" and "));
        let label = format!("one side has {axis} where the other has {wanted}");
        let mut diagnostic = Diagnostic::new(&codes::SHAPE, message).at(span, label);
        diagnostic = self.with_ways(with_origins(diagnostic, [axis, wanted].into_iter()), nodes);
        if shapes.iter().any(|s| s.last().is_some_and(|a| a.dim.is(1))) {
            diagnostic = diagnostic.help("an axis of 1 is stretched only between tensors of the same number of axes; `reshape` says which you mean");
        }
        self.report(frame, diagnostic);
    }

    /// A scalar stays one; everything else is stretched to the shape.
    fn stretch(&mut self, t: &Tensor, full: &Shape, frame: &Frame, span: Span) -> Option<NodeId> {
        let own = self.graph.shape(t.node);
        if own == full || own.rank() == 0 {
            return Some(t.node);
        }
        let missing = full.rank() - own.rank();
        let new: Vec<usize> = match t.batched {
            true => (1..=missing).collect(),
            false => (0..missing).collect(),
        };
        self.node_shaped(Op::Expand { new }, &[t.node], full.clone(), frame, span)
    }

    /// Applies an elementwise primitive to operands brought to one shape.
    pub(super) fn map(
        &mut self,
        map: Map,
        operands: &[Tensor],
        domain: Domain,
        frame: &Frame,
        span: Span,
    ) -> Option<Tensor> {
        let (args, batched) = self.broadcast(operands, frame, span)?;
        let node = self.node(Op::Map(map), &args, frame, span)?;
        Some(Tensor { node, domain, batched })
    }

    pub(super) fn negate(&mut self, value: (Value, Span), frame: &Frame, span: Span) -> Value {
        match value.0 {
            Value::Int(d, _) => Value::Int(&Dim::from(0) - &d, None),
            Value::Number(k) => Value::Number(Known(k.0.map(|x| -x))),
            Value::Absent => Value::Absent,
            Value::Error => Value::Error,
            _ => {
                let Some(t) = self.operand(value, BinaryOp::Sub, frame) else { return Value::Error };
                self.map(Map::Neg, &[t], Domain::Real, frame, span).map_or(Value::Error, Value::Tensor)
            }
        }
    }

    /// `a @ b`.
    fn product(&mut self, left: (Value, Span), right: (Value, Span), frame: &Frame, span: Span) -> Value {
        let op = BinaryOp::MatMul;
        let (Some(a), Some(b)) = (self.operand(left, op, frame), self.operand(right, op, frame)) else {
            return Value::Error;
        };
        self.matmul(&a, &b, frame, span).map_or(Value::Error, Value::Tensor)
    }

    fn matmul(&mut self, a: &Tensor, b: &Tensor, frame: &Frame, span: Span) -> Option<Tensor> {
        let (va, vb) = (self.visible(a), self.visible(b));
        if va.is_empty() || vb.is_empty() {
            self.fail(
                frame,
                &codes::SHAPE,
                span,
                "`@` is the matrix product and needs tensors with axes",
                "one side is a single number; use `*`",
            );
            return None;
        }
        let inner = (&va[va.len() - 1], if vb.len() == 1 { &vb[0] } else { &vb[vb.len() - 2] });
        if inner.0.dim != inner.1.dim {
            let message =
                format!("the matrix product of {} and {} does not exist", Shape(va.clone()), Shape(vb.clone()));
            let label = format!("the left side's last extent {} must be the right side's {}", inner.0, inner.1);
            let diagnostic = Diagnostic::new(&codes::SHAPE, message).at(span, label);
            let diagnostic = with_origins(diagnostic, [inner.0, inner.1].into_iter());
            self.report(frame, self.with_ways(diagnostic, &[a.node, b.node]));
            return None;
        }
        match (a.batched, b.batched, va.len(), vb.len()) {
            // Rows (and leading axes) against one matrix: a single product of two matrices.
            (_, false, _, 2) => {
                let axes: Vec<Axis> = va[..va.len() - 1].iter().chain(&vb[1..]).cloned().collect();
                let k = inner.0.clone();
                let rows = va[..va.len() - 1].iter().fold(Dim::from(1), |n, x| &n * &x.dim);
                let rows = if a.batched { &rows * &Dim::batch() } else { rows };
                let flat = self.reshape_node(a.node, Shape(vec![Axis::new(rows), k]), frame, span)?;
                let node = self.node(Op::MatMul, &[flat, b.node], frame, span)?;
                self.restore(node, a.batched, axes, frame, span)
            }
            // One matrix applied to a vector for each row.
            (false, true, 2, 1) => {
                let turned = self.node(Op::Permute(vec![1, 0]), &[a.node], frame, span)?;
                let node = self.node(Op::MatMul, &[b.node, turned], frame, span)?;
                self.restore(node, true, vec![va[0].clone()], frame, span)
            }
            _ => self.batched_product(a, b, va, vb, frame, span),
        }
    }

    /// The general case: vectors become matrices, leading axes are brought to one shape.
    fn batched_product(
        &mut self,
        a: &Tensor,
        b: &Tensor,
        va: Vec<Axis>,
        vb: Vec<Axis>,
        frame: &Frame,
        span: Span,
    ) -> Option<Tensor> {
        let batched = a.batched || b.batched;
        let lead_a = va[..va.len().saturating_sub(2)].to_vec();
        let lead_b = vb[..vb.len().saturating_sub(2)].to_vec();
        let lead = if lead_a.len() >= lead_b.len() { lead_a } else { lead_b };
        let matrix = |v: &[Axis], row: bool| match v {
            [one] if row => vec![Axis::new(1), one.clone()],
            [one] => vec![one.clone(), Axis::new(1)],
            many => many[many.len() - 2..].to_vec(),
        };
        let (ma, mb) = (matrix(&va, true), matrix(&vb, false));
        let mut arranged = Vec::new();
        for (t, v, m) in [(a, &va, &ma), (b, &vb, &mb)] {
            let own: Vec<Axis> = v[..v.len().saturating_sub(2)].iter().chain(m).cloned().collect();
            let hidden = t.batched.then(Axis::batch);
            let node = self.reshape_node(t.node, Shape(hidden.into_iter().chain(own).collect()), frame, span)?;
            let full: Vec<Axis> = batched.then(Axis::batch).into_iter().chain(lead.iter().chain(m).cloned()).collect();
            arranged.push(self.stretch(&Tensor { node, ..t.clone() }, &Shape(full), frame, span)?);
        }
        let node = self.node(Op::MatMul, &arranged, frame, span)?;
        let rows = (va.len() > 1).then(|| ma[0].clone());
        let columns = (vb.len() > 1).then(|| mb[1].clone());
        let axes = lead.into_iter().chain(rows).chain(columns).collect();
        self.restore(node, batched, axes, frame, span)
    }

    fn restore(&mut self, node: NodeId, batched: bool, axes: Vec<Axis>, frame: &Frame, span: Span) -> Option<Tensor> {
        let shape = Shape(batched.then(Axis::batch).into_iter().chain(axes).collect());
        let node = self.reshape_node(node, shape, frame, span)?;
        Some(Tensor { node, domain: Domain::Real, batched })
    }

    pub(super) fn reshape_node(&mut self, node: NodeId, shape: Shape, frame: &Frame, span: Span) -> Option<NodeId> {
        if *self.graph.shape(node) == shape {
            return Some(node);
        }
        self.node_shaped(Op::Reshape, &[node], shape, frame, span)
    }
}

enum Meaning {
    Constant(f64),
    Of(Domain),
}

/// What arithmetic makes of meanings: `1 - p` and `p * q` are probabilities, `1 - y` is binary, the rest are plain numbers.
fn result_domain(op: BinaryOp, a: &Meaning, b: &Meaning) -> Domain {
    use Meaning::{Constant, Of};
    match (op, a, b) {
        (BinaryOp::Sub, Constant(1.0), Of(d @ (Domain::Prob | Domain::Binary))) => d.clone(),
        (BinaryOp::Mul, Of(d @ (Domain::Prob | Domain::Binary)), Of(e)) if d == e => d.clone(),
        (BinaryOp::Mul, Of(Domain::Prob), Of(Domain::Binary)) => Domain::Prob,
        (BinaryOp::Mul, Of(Domain::Binary), Of(Domain::Prob)) => Domain::Prob,
        (
            BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge
            | BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::And
            | BinaryOp::Or,
            ..,
        ) => Domain::Binary,
        _ => Domain::Real,
    }
}

/// An absent operand is the operation's identity.
fn absent_operand(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    match (op, left, right) {
        (BinaryOp::Add | BinaryOp::Mul, Value::Absent, other) => Some(other.clone()),
        (BinaryOp::Add | BinaryOp::Mul | BinaryOp::Sub | BinaryOp::Div, other, Value::Absent) => Some(other.clone()),
        _ => None,
    }
}

fn known(value: &Value) -> Option<Option<f64>> {
    match value {
        Value::Int(d, _) if d.is_batch() => None,
        Value::Int(..) | Value::Number(_) => Some(value.as_number()),
        _ => None,
    }
}

fn whole(op: BinaryOp, a: &Dim, b: &Dim) -> Option<Value> {
    let compare = |holds: fn(&i64, &i64) -> bool| {
        let known = a.constant().zip(b.constant());
        Some(Value::Bool(known.map(|(a, b)| holds(&a, &b))))
    };
    Some(match op {
        BinaryOp::Add => Value::Int(a + b, None),
        BinaryOp::Sub => Value::Int(a - b, None),
        BinaryOp::Mul => Value::Int(a * b, None),
        BinaryOp::FloorDiv => Value::Int(a.floor_div(b), None),
        BinaryOp::Pow => {
            let (base, exponent) = a.constant().zip(b.constant())?;
            let power = u32::try_from(exponent).ok().and_then(|e| base.checked_pow(e))?;
            Value::Int(Dim::from(power), None)
        }
        BinaryOp::Eq | BinaryOp::Ne if a == b => Value::Bool(Some(op == BinaryOp::Eq)),
        BinaryOp::Eq => return compare(i64::eq),
        BinaryOp::Ne => return compare(i64::ne),
        BinaryOp::Lt => return compare(i64::lt),
        BinaryOp::Le => return compare(i64::le),
        BinaryOp::Gt => return compare(i64::gt),
        BinaryOp::Ge => return compare(i64::ge),
        _ => return None,
    })
}

fn numbers(op: BinaryOp, a: Option<f64>, b: Option<f64>) -> Value {
    let both = a.zip(b);
    let number = |f: fn(f64, f64) -> f64| Value::Number(Known(both.map(|(a, b)| f(a, b))));
    let truth = |f: fn(&f64, &f64) -> bool| Value::Bool(both.map(|(a, b)| f(&a, &b)));
    match op {
        BinaryOp::Add => number(|a, b| a + b),
        BinaryOp::Sub => number(|a, b| a - b),
        BinaryOp::Mul => number(|a, b| a * b),
        BinaryOp::Div => number(|a, b| a / b),
        BinaryOp::Pow => number(f64::powf),
        BinaryOp::Eq => truth(f64::eq),
        BinaryOp::Ne => truth(f64::ne),
        BinaryOp::Lt => truth(f64::lt),
        BinaryOp::Le => truth(f64::le),
        BinaryOp::Gt => truth(f64::gt),
        BinaryOp::Ge => truth(f64::ge),
        BinaryOp::Near => truth(|a, b| (a - b).abs() <= NEAR * a.abs().max(b.abs()).max(1.0)),
        _ => Value::Error,
    }
}

/// The numbers of a nested list, and its shape; `None` if it holds something else or its rows differ in length.
fn flatten(items: &[(Value, Span)], level: usize, dims: &mut Vec<usize>, numbers: &mut Vec<f64>) -> Option<()> {
    match dims.get(level) {
        Some(&n) if n != items.len() => return None,
        Some(_) => {}
        None => dims.push(items.len()),
    }
    for (item, _) in items {
        match item {
            Value::List(inner) => flatten(inner, level + 1, dims, numbers)?,
            other if dims.len() == level + 1 => numbers.push(other.as_number()?),
            _ => return None,
        }
    }
    Some(())
}
