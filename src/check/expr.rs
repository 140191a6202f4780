//! Expressions.

use std::rc::Rc;
use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::Map;
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, TypeKind, UnaryOp};
use crate::text::{Span, closest};
use crate::types::{Dim, Domain};

use super::call::{Site, words};
use super::elaborate::Elaborator;
use super::field::module;
use super::frame::Frame;
use super::scope::{Definition, DefinitionKind};
use super::signature::Reading;
use super::value::{Argument, Distribution, Known, Layer, LayerKind, Partial, Tensor, Value};

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

    pub(super) fn name(&mut self, name: &ast::Ident, frame: &Frame) -> Value {
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
    pub(super) fn meant(&mut self, word: &str, span: Span, frame: &Frame) -> Value {
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

    pub(super) fn configured(&mut self, d: &Arc<Definition>, args: Vec<Argument>, site: Site) -> Value {
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

/// The fix for a name that stands in quotes.
pub(super) fn unquoted(d: Diagnostic, text: &str, span: Span) -> Diagnostic {
    let word = super::foreign::name(text).map_or(text, |(here, _)| here);
    d.help(format!("names stand without quotes: `{word}`")).fix("remove the quotes", span, word)
}
