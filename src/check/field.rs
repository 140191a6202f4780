//! What stands behind a dot: fields of records, columns of the row, names of other tools' modules.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::text::{Span, closest};
use crate::types::{Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::{Block, Tensor, Value};

impl Elaborator<'_> {
    pub(super) fn field(&mut self, base: &Expr, name: &ast::Ident, frame: &Frame, span: Span) -> Value {
        if let ExprKind::Name(data) = &base.kind
            && frame.lookup(&data.text).is_none()
            && self.world.data.contains_key(&data.text)
        {
            let message = format!("`{}.{}` names something of the data, and no value", data.text, name.text);
            let d = Diagnostic::new(&codes::NOT_A_VALUE, message)
                .at(span, "can't stand in an expression")
                .help(format!("in a loss, the row at hand is `row.{}`", name.text));
            return self.report(frame, d);
        }
        if let Some(module) = module(base)
            && frame.lookup(module).is_none()
        {
            return self.of_module(base, name, frame, span);
        }
        if let (ExprKind::Name(model), "parameters" | "state_dict") = (&base.kind, &*name.text)
            && frame.lookup(&model.text).is_none()
        {
            let written = format!("{}.{}", model.text, name.text);
            let d = Diagnostic::new(&codes::NOT_A_VALUE, format!("`{written}` is no value here"))
                .at(span, "not needed")
                .help("the optimizer gets the parameters by itself: leave this out");
            return self.report(frame, d);
        }
        match self.eval(base, frame) {
            Value::Record(fields) => match fields.iter().find(|(n, _)| *n == name.text) {
                Some((_, value)) => value.clone(),
                None => {
                    let close = closest(&name.text, fields.iter().map(|(n, _)| &**n));
                    let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("this record has no field `{}`", name.text))
                        .at(name.span, "unknown field")
                        .suggest(name.span, close);
                    self.report(frame, d)
                }
            },
            Value::Row(data) => self.row_field(&data, name, frame),
            Value::Tensor(t) if &*name.text == "T" => self.transpose(t, frame, span),
            Value::Absent => Value::Absent,
            Value::Error => Value::Error,
            _ if matches!(base.kind, ExprKind::Number { .. }) => {
                let message = format!("`{}` is no number", self.world.scope.sources().slice(span));
                let d = Diagnostic::new(&codes::WRONG_KIND, message)
                    .at(span, "two decimal points")
                    .help("a number has one: `1.25`; a version is a text: `\"1.2.3\"`");
                self.report(frame, d)
            }
            other => {
                let message = format!("{} has no fields", other.kind());
                let d = Diagnostic::new(&codes::WRONG_KIND, message).at(name.span, "no such thing here");
                let of_data = self.world.data.iter().find(|(_, view)| view.column(&name.text).is_some());
                let d = match of_data {
                    // `x.city`, where `x` is all columns side by side.
                    Some((data, _)) if matches!(other, Value::Tensor(_)) => d.help(format!(
                        "the columns of an input are one tensor; a column to be used by itself is an input of its own: \
                         in the data `input first {{ {}: … }}`, in the model `first: {data}.first`",
                        name.text
                    )),
                    _ => d,
                };
                self.report(frame, d)
            }
        }
    }

    /// `nn.Linear`, `torch.sigmoid`, `self.fc1`
    fn of_module(&mut self, base: &Expr, name: &ast::Ident, frame: &Frame, span: Span) -> Value {
        let mut known = self.world.scope.names();
        known.extend(super::builtin::names().map(Arc::from));
        let written = format!("{}.{}", self.world.scope.sources().slice(base.span), name.text);
        let own = frame.lookup(&name.text).is_some();
        let foreign = super::foreign::name(&name.text).map(|(word, _)| word.to_string());
        let certain = own || foreign.is_some() || known.contains(&name.text);
        let close = || closest(&name.text, known.iter().map(|n| &**n)).map(str::to_string);
        let here = if own { None } else { foreign };
        let d = match here.or_else(|| if certain { Some(name.text.to_string()) } else { close() }) {
            Some(here) => {
                let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{written}` is written `{here}` here"))
                    .at(span, "names stand without a module")
                    .fix(format!("write `{here}`"), span, here.as_str());
                if certain {
                    self.report(frame, d);
                    return self.meant(&here, name.span, frame);
                }
                d
            }
            None => {
                let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no `{written}` here"))
                    .at(span, "names stand without a module");
                match super::foreign::advice(&name.text) {
                    Some(advice) => d.help(advice),
                    None => d.help(format!(
                        "`nnrun doc` lists the library; a function of one's own is `fn {}(…)`",
                        name.text
                    )),
                }
            }
        };
        self.report(frame, d)
    }

    fn transpose(&mut self, t: Tensor, frame: &Frame, span: Span) -> Value {
        let rank = self.graph.shape(t.node).rank();
        if rank - usize::from(t.batched) < 2 {
            let shape = Shape(self.visible(&t));
            let message = format!("`.T` swaps the last two axes, and this has shape {shape}");
            return self.fail(frame, &codes::AXIS, span, message, "too few axes");
        }
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(rank - 1, rank - 2);
        let node = self.node(crate::engine::graph::Op::Permute(order), &[t.node], frame, span);
        node.map_or(Value::Error, |node| Value::Tensor(Tensor { node, ..t }))
    }

    /// `row.amount`: an input, a target or a column of the rows at hand.
    fn row_field(&mut self, data: &str, name: &ast::Ident, frame: &Frame) -> Value {
        let Some(view) = self.world.data.get(data).cloned() else { return Value::Error };
        if let Some(input) = view.input(&name.text) {
            let shape = Shape::of([input.raw_width.clone()]);
            let Some(node) = self.input(&format!("input.{}", input.name), shape, frame, name.span) else {
                return Value::Error;
            };
            return Value::Block(Arc::new(Block {
                data: view.name.clone(),
                name: input.name.clone(),
                node,
                pieces: input.pieces.clone(),
                batched: true,
            }));
        }
        let (key, domain, width) = if let Some(target) = view.target(&name.text) {
            (format!("target.{}", target.name), target.domain.clone(), target.width)
        } else if let Some(column) = view.column(&name.text) {
            if !column.numeric {
                let message = format!("`{}` is no column of numbers", name.text);
                return self.fail(frame, &codes::WRONG_KIND, name.span, message, "can't be computed with");
            }
            (format!("column.{}", column.name), Domain::Real, 1)
        } else {
            return self.unknown_column(&view, name, frame);
        };
        let shape = if width > 1 { Shape::of([width]) } else { Shape::scalar() };
        let node = self.input(&key, shape, frame, name.span);
        let batched = !frame.names_batch;
        node.map_or(Value::Error, |node| Value::Tensor(Tensor { node, domain, batched }))
    }

    pub(super) fn unknown_column(&mut self, view: &super::world::DataView, name: &ast::Ident, frame: &Frame) -> Value {
        self.report(frame, view.unknown_column(&name.text, name.span))
    }
}

/// The module of another tool that a name is taken from: `nn` of `nn.Linear`, `torch` of `torch.nn.Linear`.
pub(super) fn module(base: &Expr) -> Option<&str> {
    match &base.kind {
        ExprKind::Name(name) if super::foreign::is_module(&name.text) => Some(&name.text),
        ExprKind::Field { base, .. } => module(base),
        _ => None,
    }
}
