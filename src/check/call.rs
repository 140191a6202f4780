//! Calls: arguments to parameters, bodies run, results checked.

use std::rc::Rc;
use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, DimExpr, ExprKind, Param, TypeExpr, TypeKind};
use crate::text::{Span, closest};
use crate::types::{Axis, Domain, Shape};

use super::elaborate::{Elaborator, LayerRow};
use super::frame::Frame;
use super::scope::{Definition, DefinitionKind};
use super::signature::Reading;
use super::value::{Argument, Layer, LayerKind, Tensor, Value};

/// Where and how a definition is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'f> {
    pub caller: &'f Frame,
    pub span: Span,
    pub reading: Reading,
}

impl Elaborator<'_> {
    /// Pairs arguments with parameters, by position and name.
    fn pair(&mut self, what: &str, params: &[Param], args: Vec<Argument>, site: Site) -> Option<Vec<Option<Argument>>> {
        if self.counts_the_input(what, params, &args, site) {
            return None;
        }
        let mut slots: Vec<Option<Argument>> = vec![None; params.len()];
        // Given under another name: not missing.
        let mut meant: Vec<usize> = Vec::new();
        let mut next = 0;
        let mut sound = true;
        for arg in args {
            let at = match &arg.name {
                None => {
                    next += 1;
                    (next <= params.len()).then_some(next - 1)
                }
                Some(name) => params.iter().position(|p| p.name.text == name.text),
            };
            match (at, &arg.name) {
                (Some(i), _) if slots[i].is_some() => {
                    let message = format!("`{}` of `{what}` is given twice", params[i].name.text);
                    self.fail(site.caller, &codes::DUPLICATE, arg.span, message, "given again here");
                    sound = false;
                }
                (Some(i), _) => slots[i] = Some(arg),
                (None, Some(name)) => {
                    meant.extend(self.unknown_argument(what, params, name, site));
                    sound = false;
                }
                (None, None) => {
                    let message = format!("`{what}` takes {}", count(params.len(), "argument"));
                    let mut d = Diagnostic::new(&codes::ARITY, message).at(arg.span, "one too many");
                    if !params.is_empty() {
                        d = d.help(format!("its arguments are {}", names(params)));
                    }
                    self.report(site.caller, d);
                    return None;
                }
            }
        }
        for (i, (param, slot)) in params.iter().zip(&slots).enumerate() {
            if slot.is_none() && !meant.contains(&i) && param.default.is_none() && !is_axes(param) {
                let message = format!("`{what}` needs `{}`", param.name.text);
                let mut d = Diagnostic::new(&codes::MISSING, message).at(site.span, "not given here");
                if let Some(ty) = &param.ty {
                    let ty = self.world.scope.sources().slice(ty.span).to_string();
                    let example = match ty.as_str() {
                        "int" => Some("8"),
                        _ => None,
                    };
                    let example = example.map(|x| format!(", for example `{what}({} = {x})`", param.name.text));
                    d = d.help(format!("`{}` is {ty}{}", param.name.text, example.unwrap_or_default()));
                }
                self.report(site.caller, d);
                sound = false;
            }
        }
        sound.then_some(slots)
    }

    /// `Linear(6, 8)`, `BatchNorm1d(8)`: the width of the input is given, which follows from the input.
    fn counts_the_input(&mut self, what: &str, params: &[Param], args: &[Argument], site: Site) -> bool {
        let is_count = |a: &Argument| {
            a.name.is_none() && matches!(&a.value, Value::Int(d, _) if d.constant().is_some_and(|n| n > 1))
        };
        let wrong = match (params, args) {
            ([first, ..], [a, b, ..]) if &*first.name.text == "out_features" => {
                is_count(a) && b.name.is_none() && matches!(b.value, Value::Int(..))
            }
            ([first, ..], [a, ..]) if &*first.name.text == "eps" => is_count(a),
            _ => false,
        };
        if wrong {
            let message = format!("`{what}` is not told the width of its input");
            let d = Diagnostic::new(&codes::ARITY, message).at(args[0].span, "follows from what stands before");
            let d = match args {
                [a, b, ..] => {
                    let cut = Span { end: b.span.start, ..a.span };
                    d.fix("remove the width of the input", cut, "")
                }
                _ => d.help(format!("write `{what}` alone")),
            };
            self.report(site.caller, d);
        }
        wrong
    }

    /// Reports it; gives back which parameter is meant, if that is clear.
    fn unknown_argument(&mut self, what: &str, params: &[Param], name: &ast::Ident, site: Site) -> Option<usize> {
        let advice = super::foreign::argument_advice(&name.text);
        let close = super::foreign::argument(&name.text)
            .filter(|f| params.iter().any(|p| &*p.name.text == *f))
            .or_else(|| closest(&name.text, params.iter().map(|p| &*p.name.text)))
            .filter(|_| advice.is_none());
        let mut d = Diagnostic::new(&codes::UNKNOWN_ARGUMENT, format!("`{what}` has no argument `{}`", name.text))
            .at(name.span, "unknown argument")
            .suggest(name.span, close);
        if let Some(advice) = advice {
            d = d.help(advice);
        } else if close.is_none() && matches!(&*name.text, "dim" | "axis") {
            d = d.help("leave it out: which axis is meant follows from the types");
        } else if close.is_none() {
            d = match params.is_empty() {
                true => d.help(format!("`{what}` takes no arguments here")),
                false => d.help(format!("its arguments are {}", names(params))),
            };
        }
        self.report(site.caller, d);
        close.and_then(|c| params.iter().position(|p| &*p.name.text == c))
    }

    /// Fits given and default values to the parameters of one list.
    fn bind_list(
        &mut self,
        definition: &Definition,
        params: &[Param],
        given: Vec<Option<Argument>>,
        callee: &mut Frame,
        site: Site,
    ) -> Option<()> {
        let mut sound = true;
        // Tensors first: they bind the extents that defaults may mention.
        for (param, arg) in params.iter().zip(&given) {
            let Some(arg) = arg else { continue };
            let Some(ty) = &param.ty else {
                sound = false;
                continue;
            };
            let name = param.name.text.clone();
            let before = self.problems.len();
            let fitted = self.fit(ty, arg.value.clone(), arg.span, &name, callee, site.caller, site.reading);
            let names = matches!(definition.kind, DefinitionKind::Function | DefinitionKind::Layer);
            if definition.library && names && self.problems.len() > before {
                self.name_the_function(&name, &definition.name);
            }
            match fitted {
                Some(value) => {
                    callee.has_batch |= is_batched(&value);
                    callee.values.insert(name, value);
                }
                None => sound = false,
            }
        }
        for (param, _) in params.iter().zip(&given).filter(|(p, g)| g.is_none() && is_axes(p)) {
            callee.values.insert(param.name.text.clone(), Value::Absent);
        }
        for (param, arg) in params.iter().zip(&given) {
            let (None, Some(default), Some(ty)) = (arg, &param.default, &param.ty) else { continue };
            let frame = Frame { call_site: callee.call_site, ..callee.clone() };
            let value = self.eval_argument(default, ty, &frame);
            let name = param.name.text.clone();
            let inner = Frame { definition: callee.definition.clone(), ..frame };
            match self.fit(ty, value, default.span, &name, callee, &inner, Reading::Free) {
                Some(value) => {
                    callee.values.insert(name, value);
                }
                None => sound = false,
            }
        }
        sound.then_some(())
    }

    /// "`z` takes logit" is "`sigmoid` takes logit" to someone who never saw the definition.
    fn name_the_function(&mut self, param: &str, function: &str) {
        self.problems.amend_last(|d| {
            if let Some(rest) = d.message.strip_prefix(&format!("`{param}` takes "))
                && d.code == &codes::DOMAIN
            {
                d.message = format!("`{function}` takes {rest}");
            }
        });
    }

    /// An argument whose type may say that it is a word.
    fn eval_argument(&mut self, e: &ast::Expr, ty: &TypeExpr, frame: &Frame) -> Value {
        let is_word = matches!(&ty.kind, TypeKind::Named { path, .. } if path.len() == 1 && matches!(&*path[0].text, "word" | "axes"));
        if is_word && let Some(value) = words(e) {
            return value;
        }
        self.eval(e, frame)
    }

    /// The configuration of a layer, model or optimizer from its first argument list.
    pub(super) fn configure(
        &mut self,
        definition: &Arc<Definition>,
        args: Vec<Argument>,
        site: Site,
    ) -> Option<Vec<(Arc<str>, Value)>> {
        let params: &[Param] = definition.config().map_or(&[], |l| &l.params);
        let given = self.pair(&definition.name, params, args, site)?;
        let mut frame = self.callee_frame(definition, None, site);
        self.bind_list(definition, params, given, &mut frame, site)?;
        Some(frame.values.into_iter().collect())
    }

    fn callee_frame(&mut self, definition: &Arc<Definition>, path: Option<Arc<str>>, site: Site) -> Frame {
        let call_site = match &site.caller.definition {
            Some(d) if d.library => site.caller.call_site,
            _ => Some(site.span),
        };
        Frame {
            path: path.or_else(|| site.caller.path.clone()),
            names_batch: names_batch(&definition.def),
            definition: Some(definition.clone()),
            has_batch: site.caller.has_batch,
            frozen: site.caller.frozen,
            training: self.training,
            call_site,
            ..Frame::default()
        }
    }

    /// Runs a definition on inputs.
    pub(super) fn apply(
        &mut self,
        definition: &Arc<Definition>,
        config: Vec<(Arc<str>, Value)>,
        args: Vec<Argument>,
        path: Option<Arc<str>>,
        frozen: bool,
        site: Site,
    ) -> Option<Value> {
        let (alternative, args) = self.alternative(definition, args);
        let definition = alternative.as_ref().unwrap_or(definition);
        self.applied.insert(definition.name.clone());
        self.deeper(site.caller, site.span, |s| {
            let mut frame = s.callee_frame(definition, path, site);
            frame.frozen |= frozen || s.is_frozen(frame.path.as_ref());
            for (name, value) in config {
                let value = layer_part(value, frame.path_of(&name));
                frame.values.insert(name, value);
            }
            let first_layer = s.layers.len();
            let application = match definition.library {
                true => {
                    let config: Vec<_> = frame.values.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
                    s.application(&definition.name, &args, &config, site.caller, site.span)
                }
                false => None,
            };
            let is_layer = definition.kind != DefinitionKind::Function;
            if is_layer {
                s.layers.push(LayerRow {
                    path: frame.path.clone().unwrap_or_default(),
                    layer: definition.name.clone(),
                    depth: s.depth,
                    output: String::new(),
                    node: None,
                    span: site.span,
                });
            }
            let result = match definition.input() {
                Some(list) => {
                    let args = s.input_arguments(definition, list, args, site)?;
                    let given = s.pair(&definition.name, &list.params, args, site)?;
                    s.bind_list(definition, &list.params, given, &mut frame, site)?;
                    s.body(definition, &mut frame, None)?
                }
                None => {
                    let [input] = args.as_slice() else {
                        let message = format!("`{}` takes one input", definition.name);
                        s.fail(site.caller, &codes::ARITY, site.span, message, "applied here");
                        return None;
                    };
                    let tensor = s.stage_input(input, site)?;
                    frame.has_batch |= tensor.batched;
                    s.body(definition, &mut frame, Some(tensor))?
                }
            };
            let result = s.result(definition, result, &mut frame, site)?;
            if is_layer && let Value::Tensor(t) = &result {
                let shown = s.describe(t);
                s.layers[first_layer].output = shown;
                s.layers[first_layer].node = Some(t.node);
            }
            s.note_part(application, &result);
            Some(result)
        })
    }

    /// The library's form of a function for probabilities, where that is what it is applied to.
    fn alternative(
        &self,
        definition: &Definition,
        mut args: Vec<Argument>,
    ) -> (Option<Arc<Definition>>, Vec<Argument>) {
        let first = definition.input().and_then(|l| l.params.first());
        let (true, Some(first)) = (definition.library, first) else { return (None, args) };
        let named = |a: &Argument| a.name.as_ref().is_some_and(|n| n.text == first.name.text);
        let at = args.iter().position(named).or_else(|| args.iter().position(|a| a.name.is_none()));
        let Some(arg) = at.and_then(|i| args.get_mut(i)) else { return (None, args) };
        if !matches!(&arg.value, Value::Tensor(Tensor { domain: Domain::ProbOf(_), .. })) {
            return (None, args);
        }
        let found = crate::prelude::on_probabilities(&definition.name).and_then(|n| self.world.scope.library(n));
        // The parameters have names of their own; the first one stays the first.
        if let Some(name) = found.as_ref().and_then(|d| d.input()?.params.first()) {
            arg.name = arg.name.take().map(|n| ast::Ident { text: name.name.text.clone(), span: n.span });
        }
        (found, args)
    }

    /// A record as the only argument of a definition of several inputs is taken apart.
    fn input_arguments(
        &mut self,
        definition: &Definition,
        list: &ast::ParamList,
        args: Vec<Argument>,
        _site: Site,
    ) -> Option<Vec<Argument>> {
        match args.as_slice() {
            [Argument { value: Value::Record(fields), span, name: None }]
                if list.params.len() > 1 || definition.kind == DefinitionKind::Model =>
            {
                let typed_record = list.params.len() == 1
                    && matches!(list.params[0].ty.as_ref().map(|t| &t.kind), Some(TypeKind::Record(_)));
                if typed_record {
                    return Some(args);
                }
                Some(
                    fields
                        .iter()
                        .map(|(n, v)| Argument {
                            name: Some(ast::Ident { text: n.clone(), span: *span }),
                            value: v.clone(),
                            span: *span,
                        })
                        .collect(),
                )
            }
            _ => Some(args),
        }
    }

    pub(super) fn stage_input(&mut self, input: &Argument, site: Site) -> Option<Tensor> {
        let kind = input.value.kind();
        let tensor = self.tensor_of(input.value.clone(), site.caller, input.span);
        if tensor.is_none() && !input.value.is_error() {
            let message = format!("a layer is applied to a tensor, and this is {kind}");
            self.fail(site.caller, &codes::WRONG_KIND, input.span, message, "not a tensor");
        }
        tensor
    }

    /// Runs the body: a sequence, or statements that end in `return`.
    pub(super) fn body(
        &mut self,
        definition: &Arc<Definition>,
        frame: &mut Frame,
        input: Option<Tensor>,
    ) -> Option<Value> {
        let def = definition.def.clone();
        if definition.has_return() || definition.kind == DefinitionKind::Optimizer {
            return self.statements(&def.body, frame);
        }
        if definition.kind == DefinitionKind::Function {
            let message = format!("`{}` never returns", definition.name);
            let d = Diagnostic::new(&codes::MISSING, message)
                .at(def.body.span.after(), "a function ends with `return`")
                .help("write the value it gives as `return …`");
            self.report(frame, d);
            return None;
        }
        let input = match input {
            Some(input) => input,
            None => self.only_input(definition, frame)?,
        };
        self.sequence(&def.body, Value::Tensor(input), frame).map(|v| match v {
            Value::Error => None,
            other => Some(other),
        })?
    }

    /// What the first stage of a sequence receives.
    fn only_input(&mut self, definition: &Arc<Definition>, frame: &mut Frame) -> Option<Tensor> {
        let list = definition.input()?;
        match list.params.as_slice() {
            [one] => match frame.values.get(&one.name.text).cloned()? {
                Value::Tensor(t) => Some(t),
                Value::Error => None,
                other => {
                    let message =
                        format!("a sequence starts with a tensor, and `{}` is {}", one.name.text, other.kind());
                    self.fail(frame, &codes::WRONG_KIND, one.span, message, "the input");
                    None
                }
            },
            _ => {
                let message = format!(
                    "`{}` has {}, so its body must say how they flow",
                    definition.name,
                    count(list.params.len(), "input")
                );
                if list.params.is_empty() {
                    let d = Diagnostic::new(&codes::MISSING, format!("`{}` has no input", definition.name))
                        .at(list.span, "no input")
                        .help("name one with its type, for example `x: customers.features` or `x: real[n]`");
                    self.report(frame, d);
                    return None;
                }
                let d = Diagnostic::new(&codes::NOT_A_VALUE, message)
                    .at(list.span, "several inputs")
                    .help("name the layers, combine values with `let`, and end with `return`");
                self.report(frame, d);
                None
            }
        }
    }

    pub(super) fn hand_back(&mut self, value: Value, callee: &Frame, caller: &Frame) -> Value {
        match value {
            Value::Tensor(t) => {
                let leads = self.graph.shape(t.node).0.first().is_some_and(|a| a.dim.is_batch());
                let batched = match callee.names_batch && !caller.names_batch {
                    true => leads,
                    false => t.batched,
                };
                let t = Tensor { batched, ..t };
                let axes = self.visible(&t).into_iter().map(|a| caller_axis(a, callee)).collect();
                Value::Tensor(self.relabel(&t, axes))
            }
            Value::Record(fields) => {
                Value::Record(fields.into_iter().map(|(n, v)| (n, self.hand_back(v, callee, caller))).collect())
            }
            other => other,
        }
    }

    /// Domain and shape in words: `logit(3)[8, 8]`.
    pub fn describe(&self, t: &Tensor) -> String {
        let mut axes = self.visible(t);
        if t.domain.has_class_axis() && !axes.is_empty() {
            axes.remove(0);
        }
        match axes.is_empty() {
            true => t.domain.to_string(),
            false => format!("{}{}", t.domain, Shape(axes)),
        }
    }

    /// A model or layer given where a parameter asks for a layer.
    pub(super) fn fit_layer(&mut self, value: Value, span: Span, name: &str, caller: &Frame) -> Option<Value> {
        match value {
            Value::Layer(_) => Some(value),
            Value::Definition(d) if d.kind != DefinitionKind::Function && d.kind != DefinitionKind::Optimizer => {
                let site = Site { caller, span, reading: Reading::Free };
                let config = self.configure(&d, vec![], site)?;
                let kind = LayerKind::Definition { definition: d, config };
                Some(Value::Layer(Rc::new(Layer { kind, path: None, span, frozen: false })))
            }
            Value::Definition(_) | Value::Builtin(_) | Value::Partial(_) => {
                let kind = LayerKind::Function(Box::new(value));
                Some(Value::Layer(Rc::new(Layer { kind, path: None, span, frozen: false })))
            }
            Value::Absent => {
                Some(Value::Layer(Rc::new(Layer { kind: LayerKind::Identity, path: None, span, frozen: false })))
            }
            Value::Error => None,
            other => {
                let message = format!("`{name}` must be a layer, and this is {}", other.kind());
                self.fail(caller, &codes::WRONG_KIND, span, message, "expected a layer");
                None
            }
        }
    }
}

/// An axis as the caller knows it: names of the callee are the caller's business no more.
fn caller_axis(axis: Axis, callee: &Frame) -> Axis {
    let from_star = callee.stars.values().flatten().any(|a| a.name == axis.name);
    if from_star || axis.dim.is_batch() { axis } else { Axis { name: None, ..axis } }
}

fn is_batched(value: &Value) -> bool {
    match value {
        Value::Tensor(t) => t.batched,
        Value::Record(fields) => fields.iter().any(|(_, v)| is_batched(v)),
        _ => false,
    }
}

/// A name, or a list of names and numbers, as words.
pub(super) fn words(e: &ast::Expr) -> Option<Value> {
    match &e.kind {
        ExprKind::Name(n) => Some(Value::Word(n.clone())),
        ExprKind::List(items) => {
            let items = items
                .iter()
                .map(|i| match &i.kind {
                    ExprKind::Name(n) => Some((Value::Word(n.clone()), i.span)),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>()?;
            Some(Value::List(items))
        }
        _ => None,
    }
}

/// Axes that are left out are all of them.
fn is_axes(param: &Param) -> bool {
    matches!(param.ty.as_ref().map(|t| &t.kind), Some(TypeKind::Named { path, .. }) if path.len() == 1 && &*path[0].text == "axes")
}

/// Whether a definition names the batch axis.
pub(super) fn names_batch(def: &ast::Def) -> bool {
    fn in_dims(ty: &TypeExpr) -> bool {
        match &ty.kind {
            TypeKind::Named { dims: Some(dims), .. } => dims.iter().any(
                |d| matches!(d, DimExpr::Expr(ast::Expr { kind: ExprKind::Name(n), .. }) if matches!(&*n.text, "batch" | "rows")),
            ),
            TypeKind::Record(fields) => fields.iter().any(|(_, t)| in_dims(t)),
            _ => false,
        }
    }
    def.params.iter().flat_map(|l| &l.params).filter_map(|p| p.ty.as_ref()).chain(&def.result).any(in_dims)
}

pub(super) fn count(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

fn names(params: &[Param]) -> String {
    let all: Vec<String> = params.iter().map(|p| format!("`{}`", p.name.text)).collect();
    all.join(", ")
}

/// A layer given as an argument is a part of the layer that takes it: its parameters live under the argument's name.
fn layer_part(value: Value, path: Arc<str>) -> Value {
    match value {
        Value::Layer(l) if l.path.is_none() => Value::Layer(Rc::new(Layer { path: Some(path), ..(*l).clone() })),
        other => other,
    }
}
