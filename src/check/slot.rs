//! `parameter`, `buffer` and `state`: what lives beyond a step, its first value and its updates.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::Op;
use crate::engine::random::hash_name;
use crate::syntax::ast::{self, SlotKind};
use crate::types::{Axis, Domain, Shape};

use super::elaborate::{Elaborator, Role, SlotDecl, Update};
use super::frame::Frame;
use super::scope::DefinitionKind;
use super::value::{Tensor, Value};

impl Elaborator<'_> {
    /// `parameter weight: real[n] = uniform(-1, 1) when …` and its kin.
    pub(super) fn declare(
        &mut self,
        kind: SlotKind,
        name: &ast::Ident,
        ty: Option<&ast::TypeExpr>,
        init: Option<&ast::Expr>,
        when: Option<&ast::Expr>,
        frame: &mut Frame,
    ) -> Option<Value> {
        if let Some(cond) = when {
            // Not known in the check by itself: taken as there.
            if self.condition(cond, frame)? == Some(false) {
                return Some(Value::Absent);
            }
        }
        let is_function = frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Function);
        let is_optimizer = frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Optimizer);
        let wrong = match kind {
            _ if is_function => Some("a function is pure: weights belong to a `layer`"),
            SlotKind::State if !is_optimizer => {
                Some("`state` belongs to optimizers; a layer has `parameter` and `buffer`")
            }
            SlotKind::Parameter | SlotKind::Buffer if is_optimizer => Some("an optimizer has `state`"),
            _ => None,
        };
        if let Some(message) = wrong {
            self.fail(frame, &codes::NOT_A_VALUE, name.span, message, "declared here");
            return None;
        }
        let (domain, axes) = self.slot_type(name, ty, frame)?;
        let shape = Shape(axes);
        let path = frame.path_of(&name.text);
        let init = self.initial(init, name, &shape, &path, frame)?;
        let role = match kind {
            SlotKind::Parameter => Role::Parameter,
            SlotKind::Buffer => Role::Buffer,
            SlotKind::State => Role::State,
        };
        let span =
            frame.call_site.filter(|_| frame.definition.as_ref().is_some_and(|d| d.library)).unwrap_or(name.span);
        let decl = SlotDecl { path, shape, role, init, span, frozen: frame.frozen };
        let (_, node) = self.slot(decl, frame)?;
        Some(Value::Tensor(Tensor { node, domain, batched: false }))
    }

    fn slot_type(
        &mut self,
        name: &ast::Ident,
        ty: Option<&ast::TypeExpr>,
        frame: &Frame,
    ) -> Option<(Domain, Vec<Axis>)> {
        let Some(ty) = ty else { return Some((Domain::Real, vec![])) };
        let ast::TypeKind::Named { path, args, dims, .. } = &ty.kind else {
            self.fail(frame, &codes::WRONG_KIND, ty.span, "a parameter is a tensor", "not a tensor type");
            return None;
        };
        let word = path.first().map_or("", |p| &*p.text);
        if path.len() != 1 || !super::signature::DOMAINS.contains(&word) {
            let message = format!("`{}` must be a tensor such as `real[n]`", name.text);
            self.fail(frame, &codes::WRONG_KIND, ty.span, message, "not a tensor type");
            return None;
        }
        let domain = self.domain_pattern(word, args, frame, ty.span)?;
        let mut axes = Vec::new();
        for dim in dims.iter().flatten() {
            match dim {
                ast::DimExpr::Star(_) => axes.extend(self.index_axes(std::slice::from_ref(dim), frame)?),
                ast::DimExpr::Expr(e) => {
                    let dim = self.dim_expr(e, frame, false)?;
                    let (name, origin) = match &e.kind {
                        ast::ExprKind::Name(n) => (
                            Some(n.text.clone()),
                            match frame.lookup(&n.text) {
                                Some(Value::Int(_, origin)) => origin.clone(),
                                _ => frame.lookup_dim(&n.text).and_then(|(_, o)| o.clone()),
                            },
                        ),
                        _ => (None, None),
                    };
                    axes.push(Axis { dim, name, origin });
                }
            }
        }
        Some((domain, axes))
    }

    /// The initial value as a node of the slot's shape.
    fn initial(
        &mut self,
        init: Option<&ast::Expr>,
        name: &ast::Ident,
        shape: &Shape,
        path: &str,
        frame: &Frame,
    ) -> Option<crate::engine::graph::NodeId> {
        let Some(init) = init else {
            let message = format!("`{}` has no initial value", name.text);
            let d = Diagnostic::new(&codes::MISSING, message)
                .at(name.span, "add `= …`")
                .help("for example `= 0` or `= uniform(-0.1, 0.1)`");
            self.report(frame, d);
            return None;
        };
        let value = self.eval(init, frame);
        let tensor = match value {
            Value::Distribution(d) => {
                let d = super::value::Distribution { dims: shape.0.clone(), span: init.span, ..d };
                self.sample(&d, false, hash_name(path), frame)?
            }
            Value::Error => return None,
            other => {
                let kind = other.kind();
                match self.tensor_of(other, frame, init.span) {
                    Some(t) => t,
                    None => {
                        let message =
                            format!("`{}` starts as a number, a tensor or a draw, and this is {kind}", name.text);
                        self.fail(frame, &codes::WRONG_KIND, init.span, message, "the initial value");
                        return None;
                    }
                }
            }
        };
        if self.graph.shape(tensor.node) == shape {
            return Some(tensor.node);
        }
        let have = self.graph.shape(tensor.node).clone();
        let missing = shape.rank().checked_sub(have.rank());
        match missing {
            Some(n) if !tensor.batched && have.0.iter().zip(&shape.0[n..]).all(|(a, b)| a.dim == b.dim) => {
                self.node_shaped(Op::Expand { new: (0..n).collect() }, &[tensor.node], shape.clone(), frame, init.span)
            }
            _ => {
                let message = format!("`{}` has shape {shape}, and its initial value {have}", name.text);
                let d = Diagnostic::new(&codes::SHAPE, message)
                    .at(init.span, "the initial value")
                    .help("one number fills every shape, as does a draw: `= 1` or `= normal(0, 0.01)`");
                self.report(frame, d);
                None
            }
        }
    }

    /// `running_mean <- e when training`
    pub(super) fn assign(
        &mut self,
        name: &ast::Ident,
        value: &ast::Expr,
        when: Option<&ast::Expr>,
        frame: &mut Frame,
    ) -> Option<()> {
        if let Some(cond) = when
            && self.condition(cond, frame)? == Some(false)
        {
            return Some(());
        }
        let is_optimizer = frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Optimizer);
        let target = match frame.lookup(&name.text) {
            Some(Value::Tensor(t)) => t.clone(),
            Some(Value::Absent) => return Some(()),
            Some(Value::Error) => return None,
            _ => {
                let known: Vec<Arc<str>> = frame.values.keys().cloned().collect();
                let close = crate::text::closest(&name.text, known.iter().map(|n| &**n));
                let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no buffer or state `{}`", name.text))
                    .at(name.span, "`<-` gives it a new value")
                    .suggest(name.span, close);
                self.report(frame, d);
                return None;
            }
        };
        let Some(id) = self.slot_behind(target.node) else {
            let message = format!("`{}` is no buffer or state", name.text);
            let d = Diagnostic::new(&codes::WRONG_KIND, message)
                .at(name.span, "only these change from step to step")
                .help(format!("declare it as one: `buffer {}: real = 0`", name.text));
            self.report(frame, d);
            return None;
        };
        if self.slots[id.0 as usize].role == Role::Parameter && !is_optimizer {
            let d = Diagnostic::new(
                &codes::NOT_A_VALUE,
                format!("`{}` is a parameter: the optimizer changes it", name.text),
            )
            .at(name.span, "assigned here")
            .help("what a layer changes itself is a `buffer`");
            self.report(frame, d);
            return None;
        }
        let v = self.eval(value, frame);
        if v.is_error() {
            return None;
        }
        let Some(new) = self.tensor_of(v, frame, value.span) else {
            self.fail(frame, &codes::WRONG_KIND, value.span, "a tensor was expected", "the new value");
            return None;
        };
        let shape = self.slots[id.0 as usize].shape.clone();
        let (args, _) = self.broadcast(&[new, target.clone()], frame, value.span)?;
        let node = match self.graph.shape(args[0]).rank() == shape.rank() {
            true => args[0],
            // A plain number becomes the whole slot.
            false => {
                let new = (0..shape.rank()).collect();
                self.node_shaped(Op::Expand { new }, &[args[0]], shape.clone(), frame, value.span)?
            }
        };
        if *self.graph.shape(node) != shape {
            let message = format!("`{}` has shape {shape}, and its new value {}", name.text, self.graph.shape(node));
            self.fail(frame, &codes::SHAPE, value.span, message, "another shape");
            return None;
        }
        if !frame.frozen {
            self.updates.retain(|u| u.slot != id);
            self.updates.push(Update { slot: id, node, span: value.span });
        }
        Some(())
    }

    /// The slot that a node reads, perhaps under other names of its axes.
    fn slot_behind(&self, node: crate::engine::graph::NodeId) -> Option<crate::engine::graph::SlotId> {
        let node = &self.graph.nodes[node.0 as usize];
        match &node.op {
            Op::Slot(id) => Some(*id),
            Op::Reshape => self.slot_behind(node.args[0]),
            _ => None,
        }
    }
}
