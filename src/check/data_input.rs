//! A data item's input where a model takes one.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast;
use crate::text::{Span, closest};
use crate::types::Shape;

use super::elaborate::{Elaborator, with_origins};
use super::frame::Frame;
use super::value::Value;

impl Elaborator<'_> {
    /// An input of the data for a parameter typed by it.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn fit_data(
        &mut self,
        data: &str,
        input: &ast::Ident,
        value: Value,
        span: Span,
        name: &str,
        callee: &mut Frame,
        caller: &Frame,
    ) -> Option<Value> {
        let view = self.world.data.get(data);
        let Some(known) = view.and_then(|d| d.input(&input.text)).cloned() else {
            self.unknown_input(data, input, caller);
            return None;
        };
        let tensor = match &value {
            Value::Block(block) => self.read_block(block, callee, name, span)?,
            Value::Tensor(t) => t.clone(),
            Value::Error => return None,
            other => {
                let message = format!("`{name}` is {data}.{}, and this is {}", input.text, other.kind());
                self.fail(caller, &codes::WRONG_KIND, span, message, "expected an input of the data");
                return None;
            }
        };
        let tensor = self.show_batch(tensor, callee);
        let axes = self.visible(&tensor);
        let fits =
            axes.last().is_some_and(|a| a.dim == known.width) && axes.len() == 1 + usize::from(callee.names_batch);
        if !fits {
            let message = format!(
                "`{name}` is {data}.{} with {} numbers a row, and this has shape {}",
                input.text,
                known.width,
                Shape(axes.clone())
            );
            let d = Diagnostic::new(&codes::SHAPE, message).at(span, "another width");
            let d = self.with_ways(with_origins(d, axes.iter()), &[tensor.node]);
            self.report(caller, d);
            return None;
        }
        let origin = crate::types::Origin {
            what: format!("{data}.{} has {} numbers a row", input.text, known.width).into(),
            span: Some(input.span),
        };
        let mut axes = axes;
        if let Some(last) = axes.last_mut() {
            last.origin = Some(Arc::new(origin));
        }
        Some(Value::Tensor(self.relabel(&tensor, axes)))
    }

    fn unknown_input(&mut self, data: &str, input: &ast::Ident, caller: &Frame) {
        let mut known: Vec<String> = Vec::new();
        for d in self.world.data.values() {
            known.extend(d.inputs.iter().map(|i| format!("{}.{}", d.name, i.name)));
        }
        let written = format!("{data}.{}", input.text);
        let message = match self.world.data.contains_key(data) {
            true => format!("`{data}` has no input `{}`", input.text),
            false => format!("there is no data item `{data}`"),
        };
        let mut d = Diagnostic::new(&codes::UNKNOWN_NAME, message).at(input.span, "unknown input");
        d = match closest(&written, known.iter().map(String::as_str)) {
            Some(c) => d.help(format!("did you mean `{c}`?")),
            None if known.is_empty() => d,
            None => d.help(format!("the inputs are {}", known.join(", "))),
        };
        self.report(caller, d);
    }
}
