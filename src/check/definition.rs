//! Definitions checked by themselves: extents are distinct unknowns, configuration has no value yet.

use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};
use crate::engine::graph::{NodeId, Op};
use crate::syntax::ast::{self, DimExpr, ExprKind, TypeKind};
use crate::types::{Axis, Dim, Domain, Shape};

use super::Used;
use super::call::Site;
use super::elaborate::{Elaborator, Role, SlotDecl};
use super::frame::Frame;
use super::scope::{Definition, DefinitionKind};
use super::signature::Reading;
use super::value::{Argument, Known, Tensor, Value};
use super::world::World;

/// Checks the file's definitions, used or not. Only what fails for every use is reported.
pub(super) fn definitions(world: &World, problems: &mut Problems, used: &mut Used) {
    for definition in &world.scope.all() {
        let mut found = Problems::default();
        let mut uses = Used::default();
        for training in [true, false] {
            let mut e = Elaborator::new(world, training);
            e.has_clock = definition.kind == DefinitionKind::Optimizer;
            alone(&mut e, definition);
            if training && definition.kind == DefinitionKind::Model && e.problems.is_empty() {
                found.extend(super::lints::flow(&super::lints::Flow::of(&e)));
            }
            uses.take(e, &mut found);
        }
        uses.definitions.remove(&definition.name);
        used.hypers.extend(uses.hypers);
        used.definitions.extend(uses.definitions);
        // With `*S`, what fails for the shape at hand may hold for another.
        let open = has_star(&definition.def);
        for d in found.sorted() {
            if !(open && d.code.id.starts_with("E4")) {
                problems.push(d);
            }
        }
    }
}

fn has_star(def: &ast::Def) -> bool {
    def.params.iter().flat_map(|l| &l.params).filter_map(|p| p.ty.as_ref()).any(|t| match &t.kind {
        TypeKind::Named { dims: Some(dims), .. } => dims.iter().any(|d| matches!(d, DimExpr::Star(_))),
        _ => false,
    })
}

fn alone(e: &mut Elaborator<'_>, definition: &Arc<Definition>) -> Option<()> {
    let span = definition.def.name.as_ref().map_or(definition.def.kind.span, |n| n.span);
    // An optimizer sees one tensor, not rows.
    let is_optimizer = definition.kind == DefinitionKind::Optimizer;
    let names_batch = is_optimizer || super::call::names_batch(&definition.def);
    let caller = Frame { has_batch: !names_batch, names_batch, ..Frame::default() };
    untyped(e, definition, &caller);
    let site = Site { caller: &caller, span, reading: Reading::Free };
    let config = match definition.config() {
        Some(list) => {
            let args = list.params.iter().map(|p| config_unknown(e, p)).collect::<Option<Vec<_>>>()?;
            list.params.iter().zip(args).map(|(p, v)| (p.name.text.clone(), v)).collect()
        }
        None => vec![],
    };
    let Some(list) = definition.input() else {
        // A sequence's input has an unknown shape: where it is used its stages are applied, here they are only named.
        let values = config.into_iter().collect();
        e.name_stages(&definition.def.body.entries, &Frame { values, definition: Some(definition.clone()), ..caller });
        return None;
    };
    let mut dims = Frame::default();
    let mut args = Vec::new();
    for p in &list.params {
        let has_default = p.default.is_some();
        let mut value = input_unknown(e, p, &mut dims, &caller, &config)?;
        if is_optimizer && let Value::Tensor(tensor) = &mut value {
            tensor.node = assignable(e, p, tensor.node, &caller)?;
        }
        if has_default && matches!(value, Value::Number(_) | Value::Bool(_)) {
            args.push(Argument { name: Some(p.name.clone()), value, span: p.span });
            continue;
        }
        args.push(Argument { name: Some(p.name.clone()), value, span: p.span });
    }
    e.apply(definition, config, args, Some("".into()), false, site).map(|_| ())
}

/// A slot of the same shape: an optimizer may assign what it is given.
fn assignable(e: &mut Elaborator<'_>, p: &ast::Param, like: NodeId, caller: &Frame) -> Option<NodeId> {
    let role = if &*p.name.text == "value" { Role::Parameter } else { Role::Buffer };
    let shape = e.graph.shape(like).clone();
    let init = e.constant(0.0);
    let decl = SlotDecl { path: p.name.text.clone(), shape, role, init, span: p.span, frozen: false };
    e.slot(decl, caller).map(|(_, node)| node)
}

/// Parameters without a type.
fn untyped(e: &mut Elaborator<'_>, definition: &Definition, frame: &Frame) {
    for p in definition.def.params.iter().flat_map(|l| &l.params).filter(|p| p.ty.is_none()) {
        let d = Diagnostic::new(&codes::MISSING, format!("`{}` has no type", p.name.text))
            .at(p.span, "what is it?")
            .help(format!("for example `{0}: real[n]`, or `{0}: int = 8` for configuration", p.name.text));
        e.report(frame, d);
    }
}

/// A configuration parameter of any value.
fn config_unknown(e: &mut Elaborator<'_>, p: &ast::Param) -> Option<Value> {
    let TypeKind::Named { path, .. } = &p.ty.as_ref()?.kind else { return None };
    Some(match &*path.first()?.text {
        "int" => Value::Int(e.fresh_dim(&p.name.text), None),
        "real" => Value::Number(Known(None)),
        "bool" => Value::Bool(None),
        "text" => Value::Text("".into()),
        // What a layer gives is not known.
        _ => Value::Error,
    })
}

/// An input of any values: its named extents are distinct unknowns.
fn input_unknown(
    e: &mut Elaborator<'_>,
    p: &ast::Param,
    dims: &mut Frame,
    caller: &Frame,
    config: &[(Arc<str>, Value)],
) -> Option<Value> {
    let ty = p.ty.as_ref()?;
    let TypeKind::Named { path, args, dims: extents, .. } = &ty.kind else { return None };
    if path.len() == 2 {
        let view = e.world.data.get(&path[0].text)?;
        let input = view.input(&path[1].text)?.clone();
        let row = Frame { has_batch: true, ..Frame::default() };
        let node = e.input(&format!("input.{}", input.name), Shape::of([input.raw_width.clone()]), &row, p.span)?;
        return Some(Value::Block(Arc::new(super::value::Block {
            data: path[0].text.clone(),
            name: input.name.clone(),
            node,
            pieces: input.pieces.clone(),
            batched: true,
        })));
    }
    match &*path.first()?.text {
        "int" | "bool" | "text" => return config_unknown(e, p),
        "real" if extents.is_none() && p.default.is_some() => return Some(Value::Number(Known(None))),
        "axes" => return Some(Value::Absent),
        w if super::signature::DOMAINS.contains(&w) || w == "any" => {}
        _ => return None,
    }
    let mut symbol = |e: &mut Elaborator<'_>, dim: &ast::Expr| -> Option<Axis> {
        let ExprKind::Name(n) = &dim.kind else {
            return match &dim.kind {
                ExprKind::Number { value, .. } => Some(Axis::new(*value as i64)),
                _ => None,
            };
        };
        if matches!(&*n.text, "batch" | "rows") {
            return Some(Axis::batch());
        }
        if let Some((_, Value::Int(d, _))) = config.iter().find(|(c, _)| *c == n.text) {
            return Some(Axis::new(d.clone()));
        }
        if let Some(Value::Int(d, _)) = e.world.hypers.get(&n.text) {
            return Some(Axis::new(d.clone()));
        }
        let known = dims.dims.get(&n.text).map(|(d, _)| d.clone());
        let d = known.unwrap_or_else(|| Dim::name(n.text.clone(), 0));
        dims.dims.insert(n.text.clone(), (d.clone(), None));
        Some(Axis { dim: d, name: Some(n.text.clone()), origin: None })
    };
    let mut axes = Vec::new();
    for d in extents.iter().flatten() {
        match d {
            DimExpr::Star(s) => axes.push(Axis::new(Dim::name(s.text.clone(), 0))),
            DimExpr::Expr(x) => axes.push(symbol(e, x)?),
        }
    }
    let mut domain = match &*path[0].text {
        "logit" => Domain::Logit,
        "prob" => Domain::Prob,
        "binary" => Domain::Binary,
        _ => Domain::Real,
    };
    if let Some(k) = args.first() {
        let k = match e.target_classes(k, caller) {
            Some(k) => k,
            None => symbol(e, k)?.dim,
        };
        domain = match &*path[0].text {
            "logit" => Domain::LogitOf(k),
            "prob" => Domain::ProbOf(k),
            "logprob" => Domain::LogProbOf(k),
            _ => Domain::LabelOf(k),
        };
    }
    if domain.has_class_axis() {
        let at = usize::from(axes.first().is_some_and(|a| a.dim.is_batch()));
        axes.insert(at.min(axes.len()), Axis::new(domain.classes().cloned()?));
    }
    let batched = !caller.names_batch;
    let shape = Shape(batched.then(Axis::batch).into_iter().chain(axes).collect());
    let stream = crate::engine::random::hash_name(&p.name.text);
    let node = e.node_shaped(Op::Uniform { stream }, &[], shape, caller, p.span)?;
    Some(Value::Tensor(Tensor { node, domain, batched }))
}
