//! A training as graphs: the model on the rows of a batch, its loss, and what else is computed for each row.

use std::sync::Arc;

use crate::diag::{Diagnostic, Edit, Fix, codes};
use crate::syntax::ast::{self, Expr, ExprKind, TypeKind};
use crate::text::Span;
use crate::types::Domain;

use super::call::Site;
use super::elaborate::{Elaborator, Role};
use super::frame::Frame;
use super::program::TrainItem;
use super::scope::{Definition, DefinitionKind};
use super::signature::Reading;
use super::value::{Argument, LayerKind, Tensor, Value};
use super::world::World;

/// The pieces of a training's graph.
pub struct Pass<'w> {
    pub elaborator: Elaborator<'w>,
    /// What the model gives.
    pub out: Option<Value>,
    /// A number for each row, or one for the batch.
    pub loss: Option<Tensor>,
    /// The loss needs the whole batch, so rows can't be weighted.
    pub whole_batch: bool,
    pub weight: Option<Tensor>,
}

/// Runs model, loss and weights of a training through the elaborator.
pub fn pass<'w>(world: &'w World, item: &TrainItem, training: bool) -> Pass<'w> {
    let mut e = Elaborator::new(world, training);
    e.has_clock = true;
    e.model = Some(item.model.name.clone());
    e.freeze = item.freeze.iter().map(|(p, _)| p.clone()).collect();
    let frame = Frame { has_batch: true, training, ..Frame::default() };
    let out = model_result(&mut e, item, &frame);
    let mut pass = Pass { elaborator: e, out, loss: None, whole_batch: false, weight: None };
    let mut scope = frame.clone();
    scope.values.insert("row".into(), Value::Row(item.data.clone()));
    scope.values.insert("out".into(), pass.out.clone().unwrap_or(Value::Error));
    let e = &mut pass.elaborator;
    if pass.out.is_none() {
        // What the loss names can be wrong all the same.
        if e.as_function(&item.loss, &scope).is_none() {
            e.eval(&item.loss, &scope);
        }
        return pass;
    }
    pass.loss = loss(e, item, &scope);
    pass.whole_batch = pass.loss.as_ref().is_some_and(|l| !l.batched);
    if let Some(w) = &item.weight {
        pass.weight = weight(e, w, item, &scope);
        if pass.whole_batch && pass.weight.is_some() {
            let d = Diagnostic::new(
                &codes::LOSS_TARGET,
                "this loss is one number for the whole batch, so its rows can't be weighted",
            )
            .at(w.span, "weights of rows")
            .at(item.loss.span, "a loss of the whole batch")
            .help("use a loss that is a number for each row");
            e.report(&scope, d);
        }
    }
    pass
}

/// The model alone, as it is applied after the training.
pub fn forward<'w>(world: &'w World, item: &TrainItem) -> (Elaborator<'w>, Option<Value>) {
    let mut e = Elaborator::new(world, false);
    e.model = Some(item.model.name.clone());
    e.freeze = item.freeze.iter().map(|(p, _)| p.clone()).collect();
    let frame = Frame { has_batch: true, ..Frame::default() };
    let out = model_result(&mut e, item, &frame);
    (e, out)
}

/// The model's result for the rows of the batch.
fn model_result(e: &mut Elaborator<'_>, item: &TrainItem, frame: &Frame) -> Option<Value> {
    let span = match &item.model_args {
        Some(args) => args.span,
        None => item.model.def.name.as_ref().map_or(item.span, |n| n.span),
    };
    let site = Site { caller: frame, span, reading: Reading::Free };
    let config = match &item.model_args {
        Some(Expr { kind: ExprKind::Call { args, .. }, .. }) => {
            let args = e.arguments(args, frame);
            e.configure(&item.model, args, site)?
        }
        _ => e.configure(&item.model, vec![], site)?,
    };
    let args = inputs(e, &item.model, &item.data, frame)?;
    e.apply(&item.model, config, args, Some("".into()), false, site)
}

/// The inputs of a model from the rows of a data item: by the type that names one, by the parameter's name, or all features.
fn inputs(e: &mut Elaborator<'_>, model: &Arc<Definition>, data: &Arc<str>, frame: &Frame) -> Option<Vec<Argument>> {
    let view = e.world.data.get(data)?.clone();
    let list = model.input()?.clone();
    let mut args = Vec::new();
    for param in &list.params {
        let named = match param.ty.as_ref().map(|t| &t.kind) {
            Some(TypeKind::Named { path, .. }) if path.len() == 2 => {
                if path[0].text != *data {
                    let other = &path[0];
                    let d = if e.world.data.contains_key(&other.text) {
                        let takes = format!("{}.{}", other.text, path[1].text);
                        let message = format!("`{}` takes {takes}, and this trains on `{data}`", model.name);
                        Diagnostic::new(&codes::WRONG_KIND, message)
                            .at(param.span, "typed by other data")
                            .help(format!("set `data = {}`, or type the input by its shape: `x: real[n]`", other.text))
                    } else {
                        Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no data `{}`", other.text))
                            .at(other.span, "unknown data")
                            .suggest(other.span, Some(&**data).filter(|d| *d != "data"))
                    };
                    e.report(frame, d);
                    return None;
                }
                path[1].clone()
            }
            _ if view.input(&param.name.text).is_some() => param.name.clone(),
            _ => ast::Ident { text: "features".into(), span: param.span },
        };
        let row = ast::Ident { text: "row".into(), span: named.span };
        let mut scope = frame.clone();
        scope.values.insert("row".into(), Value::Row(data.clone()));
        let field = Expr {
            kind: ExprKind::Field {
                base: Box::new(Expr { kind: ExprKind::Name(row), span: named.span }),
                name: named.clone(),
            },
            span: named.span,
        };
        if view.input(&named.text).is_none() {
            let known: Vec<String> = view.inputs.iter().map(|i| format!("{data}.{}", i.name)).collect();
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{data}` has no input `{}`", named.text))
                .at(named.span, "unknown input")
                .suggest(named.span, crate::text::closest(&named.text, view.inputs.iter().map(|i| &*i.name)));
            let d = if known.is_empty() || !d.fixes.is_empty() {
                d
            } else {
                d.help(format!("it has {}", known.join(", ")))
            };
            e.report(frame, d);
            return None;
        }
        let value = e.eval(&field, &scope);
        // The values come by name, at the place of the parameter: a mismatch of width shows there.
        args.push(Argument { name: Some(param.name.clone()), value, span: param.span });
    }
    Some(args)
}

fn loss(e: &mut Elaborator<'_>, item: &TrainItem, scope: &Frame) -> Option<Tensor> {
    let span = item.loss.span;
    let value = match e.as_function(&item.loss, scope) {
        Some((function, keywords)) => {
            let target = target(e, item, scope, span)?;
            let out = scope.values.get("out").cloned().unwrap_or(Value::Error);
            if let Value::Record(fields) = &out {
                let names: Vec<String> = fields.iter().map(|(n, _)| format!("out.{n}")).collect();
                let d = Diagnostic::new(
                    &codes::LOSS_TARGET,
                    "the model gives several results, so the loss says what becomes of each",
                )
                .at(span, "for which result?")
                .help(format!("write it out, for example `bce({}, row.target) + …`", names.join(", ")));
                e.report(scope, d);
                return None;
            }
            let first = [out, target].map(|value| Argument { name: None, value, span });
            let args = first.into_iter().chain(keywords).collect();
            loss_call(e, function, args, item, scope)
        }
        None => e.eval_loss(&item.loss, scope),
    };
    let kind = value.kind();
    if value.is_error() {
        return None;
    }
    if let Value::Text(text) = &value {
        let d = Diagnostic::new(&codes::LOSS_TARGET, "a loss is a function, and this is a text").at(span, "the loss");
        e.report(scope, super::expr::unquoted(d, text, span));
        return None;
    }
    let Some(t) = e.tensor_of(value, scope, span) else {
        let d = Diagnostic::new(&codes::LOSS_TARGET, format!("a loss is a number for each row, and this is {kind}"))
            .at(span, "the loss")
            .help(
                "a loss compares the model's result with the target: for example `loss = bce`, or `mse` for a number",
            );
        e.report(scope, d);
        return None;
    };
    if matches!(e.graph.nodes[t.node.0 as usize].op, crate::engine::graph::Op::Const(_)) {
        let d = Diagnostic::new(&codes::LOSS_TARGET, "a loss compares the model's result with the target")
            .at(span, "the same for every model")
            .help("for example `loss = bce`, or written out: `bce(out, row.target)`");
        e.report(scope, d);
        return None;
    }
    let visible = e.visible(&t);
    if !visible.is_empty() {
        let shape = crate::types::Shape(visible);
        let d = Diagnostic::new(
            &codes::LOSS_TARGET,
            format!("a loss is one number for each row, and this has shape {shape}"),
        )
        .at(span, "the loss")
        .help("`mean(…)` or `sum(…)` makes one number of it");
        e.report(scope, d);
        return None;
    }
    Some(t)
}

/// `loss = bce`: result and target against the function's own arguments, in words about both.
fn loss_call(e: &mut Elaborator<'_>, function: Value, args: Vec<Argument>, item: &TrainItem, scope: &Frame) -> Value {
    let span = item.loss.span;
    let before = e.problems.len();
    let value = e.call_value(function, args.clone(), scope, span, Reading::Loss);
    if e.problems.len() == before {
        return value;
    }
    // Where the numbers came from belongs to the message.
    let model = item
        .model
        .def
        .result
        .as_ref()
        .map(|r| r.span)
        .or_else(|| item.model.def.body.entries.last().map(|entry| entry.span));
    let describe = |e: &Elaborator<'_>, v: &Value| match v {
        Value::Tensor(t) => e.describe(t),
        other => other.kind().to_string(),
    };
    let out = describe(e, &args[0].value);
    let target_text = describe(e, &args[1].value);
    let known = e.world.data.get(&item.data).and_then(|d| d.targets.first());
    let target_span = known.map(|t| t.span);
    let target_name = known.map(|t| format!("{}.{}", item.data, t.name)).unwrap_or_default();
    let (shapes, domains) = match (&args[0].value, &args[1].value) {
        (Value::Tensor(a), Value::Tensor(b)) => {
            ([e.visible(a), e.visible(b)], Some((a.domain.clone(), b.domain.clone())))
        }
        _ => ([vec![], vec![]], None),
    };
    let list_of_one =
        matches!(&shapes, [have, want] if want.is_empty() && matches!(have.as_slice(), [one] if one.dim.is(1)));
    let sources = e.world.scope.sources();
    let declared = item.model.def.result.as_ref().map(|r| (r.span, sources.slice(r.span).to_string()));
    e.problems.amend_last(|d| {
        if d.code == &codes::DOMAIN && d.span() == Some(span) {
            d.code = &codes::LOSS_TARGET;
            if let Some((takes, have)) = d.message.split_once(", and this is ") {
                let is_target = have == target_text && have != out;
                let who = if is_target { "the target is" } else { "the model gives" };
                d.message = format!("{takes}, and {who} {have}");
            }
            let of_target = |wanted: &Domain| domains.as_ref().is_some_and(|(_, target)| target == wanted);
            d.fixes.extend(loss_fix(&item.loss, &args[0].value, of_target(&Domain::Binary)));
            if of_target(&Domain::Real) && matches!(domains, Some((Domain::Prob, _))) && d.message.contains("takes real") {
                d.help = vec!["the target is a number: leave out the Sigmoid, and declare what the model gives as `real`".into()];
            }
            if let Some((given, wanted)) = domains.as_ref().and_then(|(a, b)| other_count(a, b)) {
                d.message = format!("the model answers for {given} classes, and the target has {wanted}");
                if let Some(first) = d.labels.first_mut() {
                    first.text = "compares the two".into();
                }
                d.help = vec![format!(
                    "`classes({target_name})` is {wanted}: end the model with `Linear(classes({target_name}))`, and declare what it gives as `logit({target_name})`"
                )];
            }
        }
        if d.code == &codes::SHAPE && d.span() == Some(span) && list_of_one {
            d.message = "the model gives a list of one number for each row, and the target is one number".into();
            d.labels.truncate(1);
            d.labels[0].text = "can't compare [1] with a single number".into();
            match &declared {
                Some((at, text)) => {
                    let right = text.replace("[1]", "");
                    d.help.push(format!("declare the result as `{right}`: a last extent of 1 is dropped there"));
                    if right != *text {
                        let edits = vec![Edit { span: *at, text: right.clone() }];
                        d.fixes.push(Fix { title: format!("declare it as `{right}`"), edits });
                    }
                }
                None => d.help.push(
                    "declare the model's result, such as `-> prob`, `-> logit` or `-> real`: a last extent of 1 is dropped there".into(),
                ),
            }
        }
        if let Some(model) = model {
            d.labels.push(crate::diag::Label { span: model, text: format!("the model gives {out}") });
        }
        if let Some(target) = target_span {
            d.labels.push(crate::diag::Label { span: target, text: format!("the target is {target_text}") });
        }
    });
    value
}

/// Numbers of classes of a result and a target that differ.
fn other_count(result: &Domain, target: &Domain) -> Option<(i64, i64)> {
    let Domain::LabelOf(wanted) = target else { return None };
    let (given, wanted) = (result.classes()?.constant()?, wanted.constant()?);
    (given != wanted).then_some((given, wanted))
}

/// The loss that does the same with what the model gives, where there is one; its arguments may differ, so only for bare names.
fn loss_fix(loss: &Expr, out: &Value, binary: bool) -> Option<Fix> {
    let (ExprKind::Name(name), Value::Tensor(out)) = (&loss.kind, out) else { return None };
    let right = match (&*name.text, &out.domain) {
        ("bce_with_logits", Domain::Prob) => "bce",
        ("bce", Domain::Logit) => "bce_with_logits",
        ("cross_entropy", Domain::ProbOf(_) | Domain::LogProbOf(_)) => "nll",
        ("nll", Domain::LogitOf(_)) => "cross_entropy",
        ("mse", Domain::Prob) if binary => "brier",
        _ => return None,
    };
    Some(Fix { title: format!("write `{right}`"), edits: vec![Edit { span: name.span, text: right.into() }] })
}

/// The one target of the data.
fn target(e: &mut Elaborator<'_>, item: &TrainItem, scope: &Frame, span: Span) -> Option<Value> {
    let view = e.world.data.get(&item.data)?.clone();
    match view.targets.as_slice() {
        [one] => {
            let name = ast::Ident { text: one.name.clone(), span };
            let row = Expr { kind: ExprKind::Name(ast::Ident { text: "row".into(), span }), span };
            let field = Expr { kind: ExprKind::Field { base: Box::new(row), name }, span };
            Some(e.eval(&field, scope))
        }
        [] => {
            if !view.columns.is_empty() {
                let d = Diagnostic::new(&codes::MISSING, format!("data `{}` has no target", view.name))
                    .at(span, "compared with what?")
                    .at(view.span, "no entry says `target`")
                    .help("add `target column: binary` (or `label`, `number`) to the data, or write the loss out: `mse(out, row.features)`");
                e.report(scope, d);
            }
            None
        }
        several => {
            let names: Vec<String> = several.iter().map(|t| format!("row.{}", t.name)).collect();
            let d = Diagnostic::new(&codes::LOSS_TARGET, format!("data `{}` has several targets", view.name))
                .at(span, "compared with which?")
                .help(format!("write the loss out, for example `bce(out, {})`", names[0]));
            e.report(scope, d);
            None
        }
    }
}

/// `weight = row.w` or `weight = balanced(row.y)`, whose factors come as an input of their own.
fn weight(e: &mut Elaborator<'_>, w: &Expr, item: &TrainItem, scope: &Frame) -> Option<Tensor> {
    if let Some(target) = balanced(w) {
        let known = e.world.data.get(&item.data).and_then(|d| d.target(target)).is_some();
        if !known {
            e.fail(
                scope,
                &codes::WRONG_KIND,
                w.span,
                "`balanced` takes a target with classes",
                "for example `balanced(row.churned)`",
            );
            return None;
        }
        let node = e.input(&format!("balanced.{target}"), crate::types::Shape::scalar(), scope, w.span)?;
        return Some(Tensor { node, domain: Domain::Real, batched: true });
    }
    let value = e.eval(w, scope);
    if value.is_error() {
        return None;
    }
    let t = e.tensor_of(value, scope, w.span)?;
    if !t.batched || !e.visible(&t).is_empty() {
        e.fail(scope, &codes::WRONG_KIND, w.span, "a weight is a number for each row", "not one number a row");
        return None;
    }
    Some(t)
}

/// The target of `balanced(row.target)`.
pub fn balanced(w: &Expr) -> Option<&str> {
    let ExprKind::Call { callee, args } = &w.kind else { return None };
    let ExprKind::Name(f) = &callee.kind else { return None };
    match (&*f.text, args.as_slice()) {
        ("balanced", [ast::Arg { value: Expr { kind: ExprKind::Field { name, .. }, .. }, .. }]) => Some(&name.text),
        _ => None,
    }
}

/// The update of one vector of parameters by an optimizer, as a graph of its own.
pub struct UpdatePass<'w> {
    pub elaborator: Elaborator<'w>,
    /// Nothing in it looks at more than one element at a time.
    pub elementwise: bool,
    /// The argument `lr`: a number, or a scalar tensor of the same graph.
    pub lr: Option<Value>,
}

/// An optimizer applied to `value` and `grad` of a shape, whose slots are called `value` and `grad`.
pub fn update_pass<'w>(world: &'w World, optimizer: &Expr, shape: crate::types::Shape) -> Option<UpdatePass<'w>> {
    let mut e = Elaborator::new(world, true);
    e.has_clock = true;
    e.plateaus = Some(vec![]);
    let frame = Frame { training: true, ..Frame::default() };
    let lr = update(&mut e, optimizer, shape, &frame);
    let elementwise = e.graph.nodes.iter().all(|n| {
        use crate::engine::graph::Op;
        matches!(n.op, Op::Const(_) | Op::Slot(_) | Op::Scalar(_) | Op::Map(_) | Op::StopGradient | Op::Checked { .. })
            || matches!(n.op, Op::Expand { .. } | Op::Reshape) && e.graph.shape(n.args[0]).rank() == 0
            || n.shape.rank() == 0
    });
    Some(UpdatePass { elaborator: e, elementwise, lr })
}

fn update(e: &mut Elaborator<'_>, optimizer: &Expr, shape: crate::types::Shape, frame: &Frame) -> Option<Value> {
    let value = e.eval(optimizer, frame);
    let layer = match value {
        Value::Definition(d) if d.kind == DefinitionKind::Optimizer => {
            e.call_value(Value::Definition(d), vec![], frame, optimizer.span, Reading::Free)
        }
        other => other,
    };
    let is_optimizer = matches!(&layer, Value::Layer(l) if matches!(&l.kind, LayerKind::Definition { definition, .. } if definition.kind == DefinitionKind::Optimizer));
    let Value::Layer(l) = &layer else {
        if !layer.is_error() {
            let d =
                Diagnostic::new(&codes::WRONG_KIND, format!("an optimizer is expected, and this is {}", layer.kind()))
                    .at(optimizer.span, "not an optimizer")
                    .help("for example `adam(lr = 1e-3)` or `sgd(lr = 0.1, momentum = 0.9)`");
            let d = match &layer {
                Value::Text(text) => super::expr::unquoted(d, text, optimizer.span),
                _ => d,
            };
            e.report(frame, d);
        }
        return None;
    };
    if !is_optimizer {
        let d = Diagnostic::new(&codes::WRONG_KIND, "an optimizer is expected, and this is a layer")
            .at(optimizer.span, "not an optimizer")
            .help("for example `adam(lr = 1e-3)` or `sgd(lr = 0.1, momentum = 0.9)`");
        e.report(frame, d);
        return None;
    }
    let zero = e.constant(0.0);
    let mut args = Vec::new();
    for (name, role) in [("value", Role::Parameter), ("grad", Role::Buffer)] {
        let decl = super::elaborate::SlotDecl {
            path: name.into(),
            shape: shape.clone(),
            role,
            init: zero,
            span: optimizer.span,
            frozen: false,
        };
        let (_, node) = e.slot(decl, frame)?;
        let value = Value::Tensor(Tensor { node, domain: Domain::Real, batched: false });
        args.push(Argument { name: None, value, span: optimizer.span });
    }
    let site = Site { caller: frame, span: optimizer.span, reading: Reading::Free };
    let lr = match &l.kind {
        LayerKind::Definition { config, .. } => config.iter().find(|(n, _)| &**n == "lr").map(|(_, v)| v.clone()),
        _ => None,
    };
    e.apply_layer(l, args, site)?;
    Some(lr.unwrap_or(Value::Absent))
}

impl Elaborator<'_> {
    /// A loss written out: in its calls no domain is read as `real`.
    fn eval_loss(&mut self, e: &Expr, scope: &Frame) -> Value {
        match &e.kind {
            ExprKind::Call { callee, args } => {
                let is_own = matches!(&callee.kind, ExprKind::Name(n) if scope.lookup(&n.text).is_none());
                let function = if is_own { self.eval(callee, scope) } else { Value::Absent };
                match function {
                    Value::Definition(d) if d.kind == DefinitionKind::Function => {
                        let mut evaluated = Vec::new();
                        for a in args {
                            let value = self.eval_loss(&a.value, scope);
                            evaluated.push(Argument { name: a.name.clone(), value, span: a.value.span });
                        }
                        self.call_value(Value::Definition(d), evaluated, scope, e.span, Reading::Loss)
                    }
                    Value::Error => Value::Error,
                    _ => self.eval(e, scope),
                }
            }
            ExprKind::Binary { op, left, right, .. } => {
                let left = (self.eval_loss(left, scope), left.span);
                let right = (self.eval_loss(right, scope), right.span);
                self.binary(*op, left, right, scope, e.span)
            }
            _ => self.eval(e, scope),
        }
    }
}
