//! `grad(a, b)`: derivatives inside of a loss.

use crate::diag::{Diagnostic, codes};
use crate::engine::gradient;
use crate::engine::graph::{NodeId, Op};
use crate::text::Span;
use crate::types::{Domain, Shape};

use super::builtin::Given;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::{Tensor, Value};

impl Elaborator<'_> {
    pub(super) fn gradient_of(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let of = self.tensor(given, "of", frame)?;
        let by = match &given.get("by")?.value {
            Value::Block(block) => {
                let node = block.node;
                Tensor { node, domain: Domain::Real, batched: block.batched }
            }
            _ => self.tensor(given, "by", frame)?,
        };
        if !self.visible(&of).is_empty() {
            let message = format!("`grad` derives one number a row, and this has shape {}", Shape(self.visible(&of)));
            let d = Diagnostic::new(&codes::SHAPE, message)
                .at(given.get("of").map_or(span, |a| a.span), "several numbers a row")
                .help("derive each of them by itself, or their `sum(…, dim = -1)`");
            self.report(frame, d);
            return None;
        }
        let found = match self.column_read(&by) {
            Some(column) => self.gradient_by_column(of.node, &by, &column, frame, span),
            None => gradient::gradient(&mut self.graph, of.node, &[by.node]).first().copied().flatten(),
        };
        match found {
            Some(node) => Some(Value::Tensor(Tensor { node, domain: Domain::Real, batched: by.batched })),
            None => {
                let d = Diagnostic::new(&codes::NOT_A_VALUE, "the first expression does not depend on the second")
                    .at(span, "the derivative is 0 everywhere");
                let d = match self.column_read(&by) {
                    Some(column) => d.help(format!(
                        "`{column}` is no column of numbers of an input that the model reads, or it is none of its own"
                    )),
                    None => d,
                };
                self.report(frame, d);
                None
            }
        }
    }

    /// The column that a tensor is, if it is a column of the rows at hand.
    fn column_read(&self, t: &Tensor) -> Option<String> {
        let Op::Input(id) = self.graph.nodes[t.node.0 as usize].op else { return None };
        self.inputs.get(id.0 as usize)?.name.strip_prefix("column.").map(str::to_string)
    }

    /// A column is a part of the inputs that the model reads, so the derivative is that part of theirs.
    fn gradient_by_column(
        &mut self,
        of: NodeId,
        by: &Tensor,
        column: &str,
        frame: &Frame,
        span: Span,
    ) -> Option<NodeId> {
        let places = self.places_of(column);
        let nodes: Vec<NodeId> = places.iter().map(|(n, _)| *n).chain([by.node]).collect();
        let mut derivatives = gradient::gradient(&mut self.graph, of, &nodes);
        let mut total = derivatives.pop().flatten();
        for ((_, at), derivative) in places.iter().zip(derivatives) {
            let Some(node) = derivative else { continue };
            let shape = self.graph.shape(by.node).clone();
            let part = self.slice_at(node, at, frame, span)?;
            let part = self.node_shaped(Op::Reshape, &[part], shape, frame, span)?;
            total = Some(total.map_or(part, |t| self.graph.at(t).add(t, part)));
        }
        total
    }

    /// One number of each row.
    fn slice_at(&mut self, node: NodeId, at: &crate::types::Dim, frame: &Frame, span: Span) -> Option<NodeId> {
        let mut shape = self.graph.shape(node).clone();
        let last = shape.0.last_mut()?;
        if last.dim.is(1) {
            return Some(node);
        }
        last.dim = crate::types::Dim::from(1);
        // Positions are symbols only in the check, whose graph is never run.
        let start = at.constant().unwrap_or(0).max(0) as usize;
        self.node_shaped(Op::Slice { axis: 1, start }, &[node], shape, frame, span)
    }
}
