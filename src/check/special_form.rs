//! Calls that are no calls of functions, and those with a block behind them.

use std::rc::Rc;
use std::sync::Arc;

use crate::diag::codes;
use crate::syntax::ast::{self, Expr, ExprKind, TypeKind};
use crate::text::Span;

use super::call::Site;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::signature::Reading;
use super::value::{Argument, Layer, LayerKind, Value};

impl Elaborator<'_> {
    /// Calls whose arguments are not all expressions.
    pub(super) fn special_form(&mut self, name: &str, args: &[ast::Arg], frame: &Frame, span: Span) -> Option<Value> {
        match (name, args) {
            ("classes", [arg]) => Some(match self.target_classes(&arg.value, frame) {
                Some(k) => {
                    let what = format!("classes({}) = {k}", self.world.scope.sources().slice(arg.value.span));
                    let origin = crate::types::Origin { what: what.into(), span: Some(span) };
                    Value::Int(k, Some(Arc::new(origin)))
                }
                None => self.fail(
                    frame,
                    &codes::WRONG_KIND,
                    arg.value.span,
                    "`classes` takes a target with classes, written `data.column`",
                    "not such a target",
                ),
            }),
            ("plateau", _) if self.world.scope.own().all(|d| &*d.name != "plateau") => {
                Some(self.plateau(args, frame, span))
            }
            ("repeat" | "seq" | "parallel", _) => Some(self.fail(
                frame,
                &codes::MISSING,
                span,
                format!("`{name}` is followed by a block of layers"),
                "add `{ … }`",
            )),
            ("frozen", [arg]) => {
                let value = self.eval(&arg.value, frame);
                Some(match self.fit_layer(value, arg.value.span, "frozen", frame) {
                    Some(Value::Layer(l)) => Value::Layer(Rc::new(Layer { frozen: true, ..(*l).clone() })),
                    _ => Value::Error,
                })
            }
            _ => None,
        }
    }

    /// `seq { … }`, `repeat(3) { … }`, `parallel(concat) { … }`, `Residual(…) { … }`.
    pub(super) fn with_block(&mut self, head: &Expr, block: &Arc<ast::Block>, frame: &Frame, span: Span) -> Value {
        let (name, args): (Option<&ast::Ident>, &[ast::Arg]) = match &head.kind {
            ExprKind::Name(n) => (Some(n), &[]),
            ExprKind::Call { callee, args } => match &callee.kind {
                ExprKind::Name(n) => (Some(n), args),
                _ => (None, args),
            },
            _ => (None, &[]),
        };
        let Some(name) = name else {
            return self.fail(frame, &codes::WRONG_KIND, head.span, "a block belongs to a layer", "not a layer's name");
        };
        let closure = Rc::new(frame.clone());
        let block = block.clone();
        let layer = |kind| Value::Layer(Rc::new(Layer { kind, path: None, span, frozen: false }));
        match &*name.text {
            "seq" => layer(LayerKind::Sequence { block, frame: closure }),
            "repeat" => match args {
                [count] => match self.eval(&count.value, frame) {
                    Value::Int(d, _) => match d.constant() {
                        Some(times @ 0..=10_000) => layer(LayerKind::Repeat { block, frame: closure, times }),
                        Some(n) => {
                            let message = format!("`repeat` takes a number from 0 to 10000, and this is {n}");
                            self.fail(frame, &codes::OUT_OF_RANGE, count.value.span, message, "out of range")
                        }
                        None => Value::Error,
                    },
                    Value::Error => Value::Error,
                    other => {
                        let message = format!("`repeat` takes a whole number, and this is {}", other.kind());
                        self.fail(frame, &codes::WRONG_KIND, count.value.span, message, "how many times")
                    }
                },
                _ => self.fail(
                    frame,
                    &codes::ARITY,
                    head.span,
                    "`repeat` takes one number",
                    "for example `repeat(3) { … }`",
                ),
            },
            "parallel" => {
                let join = match args {
                    [arg] => match &arg.value.kind {
                        ExprKind::Name(n) if &*n.text == "concat" => Some(super::value::Join::Concat),
                        ExprKind::Name(n) if &*n.text == "sum" => Some(super::value::Join::Sum),
                        _ => None,
                    },
                    _ => None,
                };
                match join {
                    Some(join) => layer(LayerKind::Parallel { block, frame: closure, join }),
                    None => self.fail(
                        frame,
                        &codes::WRONG_KIND,
                        head.span,
                        "`parallel` is told how to join its results: `concat` or `sum`",
                        "for example `parallel(concat) { … }`",
                    ),
                }
            }
            _ => {
                let body = layer(LayerKind::Sequence { block, frame: closure });
                let function = self.eval(&Expr { kind: ExprKind::Name(name.clone()), span: name.span }, frame);
                let Value::Definition(d) = function else {
                    if !function.is_error() {
                        let message = format!("{} takes no block", function.kind());
                        self.fail(frame, &codes::WRONG_KIND, head.span, message, "before a block");
                    }
                    return Value::Error;
                };
                let takes_layer = |p: &&ast::Param| matches!(p.ty.as_ref().map(|t| &t.kind), Some(TypeKind::Named { path, .. }) if path.len() == 1 && &*path[0].text == "layer");
                let Some(param) = d.config().and_then(|l| l.params.iter().rev().find(takes_layer)).cloned() else {
                    let message = format!("`{}` takes no layers", d.name);
                    return self.fail(
                        frame,
                        &codes::ARITY,
                        head.span,
                        message,
                        "a block fills an argument of type `layer`",
                    );
                };
                let mut args = self.arguments(args, frame);
                args.push(Argument { name: Some(param.name.clone()), value: body, span });
                self.configured(&d, args, Site { caller: frame, span, reading: Reading::Free })
            }
        }
    }
}
