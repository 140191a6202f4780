//! Expressions.

use std::rc::Rc;
use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::Map;
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, TypeKind, UnaryOp};
use crate::text::{Span, closest};
use crate::types::{Dim, Domain, Shape};

use super::call::{Site, words};
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::scope::{Definition, DefinitionKind};
use super::signature::Reading;
use super::value::{Argument, Block, Distribution, Known, Layer, LayerKind, Partial, Tensor, Value};

/// What a trainer counts; readable where the run has a clock.
pub const CLOCK: [&str; 3] = ["step", "epoch", "progress"];

impl Elaborator<'_> {
    pub fn eval(&mut self, e: &Expr, frame: &Frame) -> Value {
        match &e.kind {
            ExprKind::Number { value, integer: true, .. } if value.abs() < 9e15 => {
                Value::Int(Dim::from(*value as i64), None)
            }
            ExprKind::Number { value, .. } => Value::number(*value),
            ExprKind::Str(text) => Value::Text(text.clone()),
            ExprKind::Bool(b) => Value::Bool(Some(*b)),
            ExprKind::Training => Value::Bool(Some(self.training && !frame.frozen)),
            ExprKind::Name(name) => self.name(name, frame),
            ExprKind::List(items) => Value::List(items.iter().map(|i| (self.eval(i, frame), i.span)).collect()),
            ExprKind::Record(fields) => {
                Value::Record(fields.iter().map(|(n, v)| (n.text.clone(), self.eval(v, frame))).collect())
            }
            ExprKind::Call { callee, args } => self.call(callee, args, frame, e.span),
            ExprKind::Index { base, dims } => self.index(base, dims, frame, e.span),
            ExprKind::Field { base, name } => self.field(base, name, frame, e.span),
            ExprKind::Prime(_) => self.fail(
                frame,
                &codes::NOT_A_VALUE,
                e.span,
                "`f'` is the derivative of a function, for `plot` and `print`",
                "not possible here; inside a loss use `grad(result, input)`",
            ),
            ExprKind::WithBlock { head, block } => self.with_block(head, block, frame, e.span),
            ExprKind::If { cond, then, otherwise } => self.conditional(cond, then, otherwise, frame, e.span),
            ExprKind::Pipe { value, stage } => {
                let input = Argument { name: None, value: self.eval(value, frame), span: value.span };
                if input.value.is_error() {
                    return Value::Error;
                }
                self.pipe(stage, input, frame)
            }
            ExprKind::Binary { op, left, right, .. } => {
                let left = (self.eval(left, frame), left.span);
                let right = (self.eval(right, frame), right.span);
                self.binary(*op, left, right, frame, e.span)
            }
            ExprKind::Unary { op: UnaryOp::Neg, value } => {
                let inner = (self.eval(value, frame), value.span);
                self.negate(inner, frame, e.span)
            }
            ExprKind::Unary { op: UnaryOp::Not, value } => match self.eval(value, frame) {
                Value::Bool(b) => Value::Bool(b.map(|b| !b)),
                Value::Error => Value::Error,
                other => match self.operand((other, value.span), BinaryOp::And, frame) {
                    Some(t) => {
                        self.map(Map::Not, &[t], Domain::Binary, frame, e.span).map_or(Value::Error, Value::Tensor)
                    }
                    None => Value::Error,
                },
            },
            ExprKind::Range { from, to } => self.range(from, to, frame, e.span),
            ExprKind::Cast { value, ty } => self.cast(value, ty, frame, e.span),
            ExprKind::Error => Value::Error,
        }
    }

    fn name(&mut self, name: &ast::Ident, frame: &Frame) -> Value {
        if let Some(value) = frame.lookup(&name.text) {
            return value.clone();
        }
        if let Some((dim, origin)) = frame.lookup_dim(&name.text) {
            return Value::Int(dim.clone(), origin.clone());
        }
        let foreign = |d: &Arc<Definition>| d.library || self.world.scope.is_used_file(d.file());
        if let Some(value) = self.world.hypers.get(&name.text)
            && !frame.definition.as_ref().is_some_and(foreign)
        {
            self.hypers_read.insert(name.text.clone());
            return value.clone();
        }
        if self.has_clock && CLOCK.contains(&&*name.text) {
            // An optimizer counts the update at hand from 1.
            let in_optimizer = frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Optimizer);
            let clock = if in_optimizer && &*name.text == "step" { "update" } else { &*name.text };
            let node = self.scalar(clock, frame, name.span);
            return node
                .map_or(Value::Error, |node| Value::Tensor(Tensor { node, domain: Domain::Real, batched: false }));
        }
        // What a file defines does not change the library's own bodies.
        let in_library = frame.definition.as_ref().is_some_and(|d| d.library);
        if !in_library && let Some(definition) = self.world.scope.seen_from(frame.definition.as_ref(), &name.text) {
            return Value::Definition(definition);
        }
        if frame.definition.is_none() && self.world.saved.contains_key(&name.text) {
            return Value::Saved(name.text.clone());
        }
        if let Some(builtin) = super::builtin::lookup(&name.text) {
            return Value::Builtin(builtin);
        }
        if let Some(definition) = self.world.scope.library(&name.text) {
            return Value::Definition(definition);
        }
        match &*name.text {
            "pi" => return Value::number(std::f64::consts::PI),
            "inf" => return Value::number(f64::INFINITY),
            "batch" | "rows" if frame.names_batch => return Value::Int(Dim::batch(), None),
            _ => {}
        }
        self.unknown_name(name, frame)
    }

    fn unknown_name(&mut self, name: &ast::Ident, frame: &Frame) -> Value {
        let mut known: Vec<Arc<str>> = frame.values.keys().chain(frame.dims.keys()).cloned().collect();
        let mut outer = frame.parent.clone();
        while let Some(f) = outer {
            known.extend(f.values.keys().chain(f.dims.keys()).cloned());
            outer = f.parent.clone();
        }
        known.extend(self.world.hypers.keys().cloned());
        known.extend(self.world.scope.names());
        known.extend(super::builtin::names().map(Arc::from));
        let mut d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("nothing is called `{}`", name.text))
            .at(name.span, "not defined");
        if self.is_behind_slashes(name.span) {
            d = d.help("`//` divides whole numbers; a comment starts with `#`");
        } else if let Some((word, why)) = super::foreign::name(&name.text) {
            self.report(frame, d.help(why).fix(format!("write `{word}`"), name.span, word));
            return self.meant(word, name.span, frame);
        } else if let Some(advice) = super::foreign::advice(&name.text) {
            d = d.help(advice);
        } else if CLOCK.contains(&&*name.text) {
            d = d.help(format!("`{}` can be read in the arguments of an optimizer or a loss", name.text));
        } else if self.world.data.contains_key(&name.text) || self.world.items.contains_key(&name.text) {
            d = d.help(format!("`{}` is an item of the file, and no value", name.text));
        } else if let Some((data, _)) = self.column_of(&name.text) {
            d = d.help(format!(
                "`{}` is a column of `{data}`: in a loss, a cost or a weight it is `row.{0}`",
                name.text
            ));
        } else {
            d = d.suggest(name.span, closest(&name.text, known.iter().map(|n| &**n)));
        }
        self.report(frame, d)
    }

    /// What a name of another tool stands for, so that all else that is wrong is found in the same look.
    fn meant(&mut self, word: &str, span: Span, frame: &Frame) -> Value {
        self.name(&ast::Ident { text: word.into(), span }, frame)
    }

    /// `print 1 // a remark`: meant as a comment.
    fn is_behind_slashes(&self, at: Span) -> bool {
        let sources = self.world.scope.sources();
        sources.slice(Span { start: 0, end: at.start, ..at }).trim_end().ends_with("//")
    }

    fn column_of(&self, column: &str) -> Option<(Arc<str>, ())> {
        self.world.data.values().find(|d| d.column(column).is_some()).map(|d| (d.name.clone(), ()))
    }

    pub(super) fn arguments(&mut self, args: &[ast::Arg], frame: &Frame) -> Vec<Argument> {
        args.iter()
            .map(|a| {
                let is_axis = a.name.as_ref().is_some_and(|n| matches!(&*n.text, "dim" | "dims" | "axis"));
                let in_frame = matches!(&a.value.kind, ExprKind::Name(n) if frame.lookup(&n.text).is_some_and(|v| !matches!(v, Value::Tensor(_) | Value::Layer(_))));
                let value = match is_axis && !in_frame {
                    true => words(&a.value).unwrap_or_else(|| self.eval(&a.value, frame)),
                    false => self.eval(&a.value, frame),
                };
                Argument { name: a.name.clone(), value, span: a.value.span }
            })
            .collect()
    }

    fn call(&mut self, callee: &Expr, args: &[ast::Arg], frame: &Frame, span: Span) -> Value {
        if let ExprKind::Name(n) = &callee.kind
            && frame.lookup(&n.text).is_none()
            && let Some(value) = self.special_form(&n.text, args, frame, span)
        {
            return value;
        }
        let function = self.eval(callee, frame);
        if let Value::Definition(d) = &function
            && let Some(value) = self.call_with_words(d, args, frame, span)
        {
            return value;
        }
        if let (Value::Layer(layer), ExprKind::Call { callee: made, .. }) = (&function, &callee.kind)
            && layer.path.is_none()
            && !frame.definition.as_ref().is_some_and(|d| d.library)
        {
            let what = self.world.scope.sources().slice(made.span).to_string();
            let d = Diagnostic::new(&codes::NOT_A_VALUE, "a layer is named before it is called")
                .at(callee.span, "a layer without a name")
                .help(format!(
                    "write `fc: {what}(…)` in a line of its own, and call `fc`: the name is the path of its weights"
                ));
            return self.report(frame, d);
        }
        let args = self.arguments(args, frame);
        self.call_value(function, args, frame, span, Reading::Free)
    }

    /// A definition with parameters that are words: its arguments are not expressions.
    fn call_with_words(&mut self, d: &Arc<Definition>, args: &[ast::Arg], frame: &Frame, span: Span) -> Option<Value> {
        let list = match d.kind {
            DefinitionKind::Function => d.input()?,
            _ => d.config()?,
        };
        let is_word = |p: &ast::Param| matches!(p.ty.as_ref().map(|t| &t.kind), Some(TypeKind::Named { path, .. }) if path.len() == 1 && &*path[0].text == "word");
        if !list.params.iter().any(is_word) {
            return None;
        }
        let mut evaluated = Vec::new();
        for (i, a) in args.iter().enumerate() {
            let param = match &a.name {
                Some(n) => list.params.iter().find(|p| p.name.text == n.text),
                None => list.params.get(i),
            };
            let value = match param.is_some_and(is_word) {
                true => words(&a.value).unwrap_or(Value::Error),
                false => self.eval(&a.value, frame),
            };
            evaluated.push(Argument { name: a.name.clone(), value, span: a.value.span });
        }
        Some(self.call_value(Value::Definition(d.clone()), evaluated, frame, span, Reading::Free))
    }

    /// Calls what can be called.
    pub(super) fn call_value(
        &mut self,
        function: Value,
        args: Vec<Argument>,
        frame: &Frame,
        span: Span,
        reading: Reading,
    ) -> Value {
        if args.iter().any(|a| a.value.is_error()) {
            return Value::Error;
        }
        let site = Site { caller: frame, span, reading };
        match function {
            Value::Definition(d) => match d.kind {
                DefinitionKind::Function => self.apply(&d, vec![], args, None, false, site).unwrap_or(Value::Error),
                DefinitionKind::Model if d.config().is_none() => {
                    // In its own loss a model means itself: the same weights.
                    let path = Some(if self.model.as_ref() == Some(&d.name) { "".into() } else { d.name.clone() });
                    self.apply(&d, vec![], args, path, false, site).unwrap_or(Value::Error)
                }
                _ => self.configured(&d, args, site),
            },
            Value::Layer(layer) => self.apply_layer(&layer, args, site).unwrap_or(Value::Error),
            Value::Builtin(name) => self.builtin(name, args, frame, span, reading),
            Value::Saved(name) => self.saved_call(&name, &args, frame, span),
            Value::Partial(p) => {
                let args = args.into_iter().chain(p.args.iter().cloned()).collect();
                self.call_value(p.function.clone(), args, frame, span, reading)
            }
            // A layer that `when` left out is the identity.
            Value::Absent if args.len() == 1 => args.into_iter().next().map_or(Value::Error, |a| a.value),
            Value::Error => Value::Error,
            other => {
                let message = format!("{} can't be called", other.kind());
                self.fail(frame, &codes::WRONG_KIND, span, message, "called here")
            }
        }
    }

    fn configured(&mut self, d: &Arc<Definition>, args: Vec<Argument>, site: Site) -> Value {
        let bare = d.config().is_none_or(|list| list.params.is_empty());
        let is_input = |v: &Value| bare || matches!(v, Value::Tensor(_) | Value::Block(_));
        let applied = args.iter().find(|a| a.name.is_none() && is_input(&a.value) && !a.value.is_error());
        if let Some(arg) = applied
            && d.kind == DefinitionKind::Layer
        {
            let function = super::foreign::snake_case(&d.name);
            let has_function =
                super::builtin::lookup(&function).is_some() || self.world.scope.lookup(&function).is_some();
            let message = format!("`{}` is a layer: its arguments are its configuration", d.name);
            let mut diagnostic = Diagnostic::new(&codes::NOT_A_VALUE, message).at(arg.span, "no part of it");
            diagnostic = match has_function {
                true => diagnostic.help(format!("the function is `{function}(…)`")),
                false => {
                    diagnostic.help(format!("name the layer first (`name: {}(…)`), then call it by that name", d.name))
                }
            };
            return self.report(site.caller, diagnostic);
        }
        match self.configure(d, args, site) {
            Some(config) => {
                let kind = LayerKind::Definition { definition: d.clone(), config };
                Value::Layer(Rc::new(Layer { kind, path: None, span: site.span, frozen: false }))
            }
            None => Value::Error,
        }
    }

    /// A loss, where a bare name or keywords alone are short for a call with result and target.
    pub(super) fn as_function(&mut self, e: &Expr, frame: &Frame) -> Option<(Value, Vec<Argument>)> {
        match &e.kind {
            ExprKind::Name(n) if frame.lookup(&n.text).is_none() => {
                let value = self.eval(e, frame);
                is_function(&value).then_some((value, vec![]))
            }
            // `nn.BCELoss`: the module is reported, and the function is meant.
            ExprKind::Field { .. } if module(e).is_some() => {
                let value = self.eval(e, frame);
                is_function(&value).then_some((value, vec![]))
            }
            ExprKind::Call { callee, args } if args.iter().all(|a| a.name.is_some()) => {
                let is_name = match &callee.kind {
                    ExprKind::Name(n) => frame.lookup(&n.text).is_none(),
                    _ => module(callee).is_some(),
                };
                if !is_name {
                    return None;
                }
                let value = self.eval(callee, frame);
                if !is_function(&value) {
                    return None;
                }
                Some((value, self.arguments(args, frame)))
            }
            _ => None,
        }
    }

    fn index(&mut self, base: &Expr, dims: &[ast::DimExpr], frame: &Frame, span: Span) -> Value {
        match self.eval(base, frame) {
            Value::Distribution(d) => match self.index_axes(dims, frame) {
                Some(axes) => Value::Distribution(Distribution { dims: axes, ..d }),
                None => Value::Error,
            },
            Value::List(items) => {
                let index = match dims {
                    [ast::DimExpr::Expr(e)] => self.eval(e, frame).as_number(),
                    _ => None,
                };
                let found = index.and_then(|i| items.get(i as usize)).map(|(v, _)| v.clone());
                found.unwrap_or_else(|| {
                    self.fail(frame, &codes::OUT_OF_RANGE, span, "this list has no such element", "counted from 0")
                })
            }
            Value::Error => Value::Error,
            other => {
                let message = format!("{} can't be indexed", other.kind());
                let d = Diagnostic::new(&codes::WRONG_KIND, message)
                    .at(span, "brackets give the extents of a draw")
                    .help("parts of tensors are taken with `slice(x, dim = -1, from = 0, to = 3)` or `take(table, index)`");
                self.report(frame, d)
            }
        }
    }

    /// Extents in brackets behind a distribution.
    pub(super) fn index_axes(&mut self, dims: &[ast::DimExpr], frame: &Frame) -> Option<Vec<crate::types::Axis>> {
        let mut axes = Vec::new();
        for dim in dims {
            match dim {
                ast::DimExpr::Star(name) => match frame.lookup_star(&name.text) {
                    Some(bound) => axes.extend(bound.clone()),
                    None => {
                        let message = format!("no input has the shape `*{}`", name.text);
                        self.fail(frame, &codes::UNKNOWN_NAME, name.span, message, "not bound");
                        return None;
                    }
                },
                ast::DimExpr::Expr(e) => axes.push(crate::types::Axis::new(self.dim_expr(e, frame, false)?)),
            }
        }
        Some(axes)
    }

    fn field(&mut self, base: &Expr, name: &ast::Ident, frame: &Frame, span: Span) -> Value {
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

    fn conditional(&mut self, cond: &Expr, then: &Expr, otherwise: &Expr, frame: &Frame, span: Span) -> Value {
        match self.condition(cond, frame) {
            Some(Some(true)) => self.eval(then, frame),
            Some(Some(false)) => self.eval(otherwise, frame),
            // Not known in the check of a definition by itself: both must be sound, and either may be the value.
            Some(None) => {
                let first = self.eval(then, frame);
                let second = self.eval(otherwise, frame);
                let _ = span;
                match (first, second) {
                    (Value::Number(_), Value::Number(_)) => Value::Number(Known(None)),
                    (Value::Tensor(a), Value::Tensor(b)) if self.visible(&a) == self.visible(&b) => Value::Tensor(a),
                    _ => Value::Error,
                }
            }
            None => Value::Error,
        }
    }

    /// A condition decided before anything runs: `Some(None)` if it isn't known yet.
    pub(super) fn condition(&mut self, e: &Expr, frame: &Frame) -> Option<Option<bool>> {
        let switched = match frame.switches.is_empty() {
            true => None,
            false => {
                let mut with_switches = frame.clone();
                with_switches.values.extend(frame.switches.clone());
                Some(with_switches)
            }
        };
        match self.eval(e, switched.as_ref().unwrap_or(frame)) {
            Value::Bool(b) => Some(b),
            Value::Error => None,
            Value::Tensor(_) => {
                let d = Diagnostic::new(&codes::WRONG_KIND, "this condition depends on the data")
                    .at(e.span, "decided anew for each element")
                    .help("`if` and `when` are decided once, before the run; for each element use `where(cond, a, b)`");
                self.report(frame, d);
                None
            }
            other => {
                let message = format!("a condition is true or false, and this is {}", other.kind());
                self.fail(frame, &codes::WRONG_KIND, e.span, message, "expected a condition");
                None
            }
        }
    }

    fn range(&mut self, from: &Expr, to: &Expr, frame: &Frame, span: Span) -> Value {
        let ends = [from, to].map(|e| (self.eval(e, frame), e.span));
        match (ends[0].0.as_number(), ends[1].0.as_number()) {
            (Some(a), Some(b)) if a <= b => Value::Range(a, b),
            (Some(a), Some(b)) => {
                let message = format!("the range {a}..{b} is empty: it runs from the smaller to the larger number");
                let d = Diagnostic::new(&codes::OUT_OF_RANGE, message).at(span, "empty").fix(
                    "swap the ends",
                    span,
                    format!("{b}..{a}"),
                );
                self.report(frame, d)
            }
            _ if ends.iter().any(|(v, _)| v.is_error()) => Value::Error,
            _ => self.fail(
                frame,
                &codes::WRONG_KIND,
                span,
                "the ends of a range are numbers",
                "not known before the run",
            ),
        }
    }

    fn cast(&mut self, value: &Expr, ty: &ast::TypeExpr, frame: &Frame, span: Span) -> Value {
        let inner = self.eval(value, frame);
        if inner.is_error() {
            return Value::Error;
        }
        let TypeKind::Named { path, args, .. } = &ty.kind else {
            return self.fail(frame, &codes::WRONG_KIND, ty.span, "`as` is followed by a domain", "not a domain");
        };
        let word = path.first().map_or("", |p| &*p.text);
        if path.len() != 1 || !super::signature::DOMAINS.contains(&word) {
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{word}` is not a domain"))
                .at(ty.span, "expected real, logit, prob, logprob, binary or label")
                .suggest(ty.span, closest(word, super::signature::DOMAINS));
            return self.report(frame, d);
        }
        let Some(mut domain) = self.domain_pattern(word, args, frame, ty.span) else { return Value::Error };
        let Some(t) = self.tensor_of(inner, frame, value.span) else {
            return self.fail(frame, &codes::WRONG_KIND, value.span, "`as` needs a tensor", "not a tensor");
        };
        if domain.has_class_axis() {
            let axes = self.visible(&t);
            let at = usize::from(frame.names_batch && axes.first().is_some_and(|a| a.dim.is_batch()));
            match (axes.get(at), domain.classes().map(|k| self.bound(k, frame))) {
                (Some(axis), Some(k)) if axis.dim == k => domain = with_classes(&domain, k),
                (axis, k) => {
                    let have = axis.map_or("no axis".to_string(), |a| a.dim.to_string());
                    let wanted = k.map_or(String::new(), |k| k.to_string());
                    let message = format!("`as {word}({wanted})` needs a class axis of {wanted}, and this has {have}");
                    return self.fail(frame, &codes::SHAPE, span, message, "first axis");
                }
            }
        }
        let trusted = frame.definition.as_ref().is_some_and(|d| d.library);
        let (low, high, whole) = match &domain {
            _ if trusted => return Value::Tensor(Tensor { domain, ..t }),
            Domain::Prob | Domain::ProbOf(_) => (0.0, 1.0, false),
            Domain::Binary => (0.0, 1.0, true),
            Domain::LogProbOf(_) => (f64::NEG_INFINITY, 0.0, false),
            Domain::LabelOf(k) => (0.0, k.constant().map_or(f64::INFINITY, |k| k as f64 - 1.0), true),
            _ => return Value::Tensor(Tensor { domain, ..t }),
        };
        let op = crate::engine::graph::Op::Checked { low, high, whole };
        let node = self.node(op, &[t.node], frame, span);
        node.map_or(Value::Error, |node| Value::Tensor(Tensor { node, domain, ..t }))
    }

    /// `x |> stage`.
    pub(super) fn pipe(&mut self, stage: &Expr, input: Argument, frame: &Frame) -> Value {
        let span = stage.span;
        match &stage.kind {
            ExprKind::Call { callee, args } => {
                let function = self.eval(callee, frame);
                if is_function(&function) {
                    let args = std::iter::once(input).chain(self.arguments(args, frame)).collect();
                    return self.call_value(function, args, frame, span, Reading::Free);
                }
                let layer = self.eval(stage, frame);
                self.pipe_into(layer, input, frame, span)
            }
            _ => {
                let value = self.eval(stage, frame);
                self.pipe_into(value, input, frame, span)
            }
        }
    }

    fn pipe_into(&mut self, value: Value, input: Argument, frame: &Frame, span: Span) -> Value {
        let unnamed = match &value {
            Value::Layer(l) => l.path.is_none() && !matches!(l.kind, LayerKind::Identity | LayerKind::Function(_)),
            Value::Definition(d) => d.kind == DefinitionKind::Layer,
            _ => false,
        };
        if unnamed {
            let d = Diagnostic::new(&codes::NOT_A_VALUE, "a layer needs a name where values flow by hand")
                .at(span, "an unnamed layer")
                .help("give it a line of its own, `name: Layer(…)`, and use the name here: its weights live under it");
            return self.report(frame, d);
        }
        if let Value::Absent = value {
            return input.value;
        }
        self.call_value(value, vec![input], frame, span, Reading::Free)
    }
}

impl Elaborator<'_> {
    /// Calls whose arguments are not all expressions.
    fn special_form(&mut self, name: &str, args: &[ast::Arg], frame: &Frame, span: Span) -> Option<Value> {
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
    fn with_block(&mut self, head: &Expr, block: &Arc<ast::Block>, frame: &Frame, span: Span) -> Value {
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

fn with_classes(domain: &Domain, k: Dim) -> Domain {
    match domain {
        Domain::LogitOf(_) => Domain::LogitOf(k),
        Domain::ProbOf(_) => Domain::ProbOf(k),
        Domain::LogProbOf(_) => Domain::LogProbOf(k),
        other => other.clone(),
    }
}

/// Whether a value is a function that can take a tensor first.
pub(super) fn is_function(value: &Value) -> bool {
    match value {
        Value::Definition(d) => d.kind == DefinitionKind::Function,
        Value::Builtin(_) | Value::Partial(_) => true,
        _ => false,
    }
}

/// A function with keywords, as a stage of a sequence.
pub(super) fn partial(function: Value, args: Vec<Argument>, span: Span) -> Value {
    Value::Partial(Rc::new(Partial { function, args, span }))
}

/// The module of another tool that a name is taken from: `nn` of `nn.Linear`, `torch` of `torch.nn.Linear`.
fn module(base: &Expr) -> Option<&str> {
    match &base.kind {
        ExprKind::Name(name) if super::foreign::is_module(&name.text) => Some(&name.text),
        ExprKind::Field { base, .. } => module(base),
        _ => None,
    }
}

/// The fix for a name that stands in quotes.
pub(super) fn unquoted(d: Diagnostic, text: &str, span: Span) -> Diagnostic {
    let word = super::foreign::name(text).map_or(text, |(here, _)| here);
    d.help(format!("names stand without quotes: `{word}`")).fix("remove the quotes", span, word)
}
