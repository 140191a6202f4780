//! `test` items and `print`: expressions that are computed by the reference kernels, in `f64`.

use std::sync::Arc;

use ndarray::ArrayD;

use crate::diag::{Diagnostic, Problems, codes};
use crate::engine::gradient;
use crate::engine::graph::{NodeId, Op};
use crate::engine::program::{InputInfo, Program};
use crate::engine::random::Key;
use crate::engine::{reference, rewrite};
use crate::syntax::ast::{self, BinaryOp, EntryKind, Expr, ExprKind, TypeKind};
use crate::text::Span;
use crate::types::{Axis, Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::program::TestItem;
use super::value::{Argument, Distribution, Tensor, Value};
use super::world::World;

/// Draws of the arguments of a test.
const DRAWS: usize = 100;

/// A claim that does not hold.
#[derive(Debug, Clone)]
pub struct TestFailure {
    pub span: Span,
    pub message: String,
    /// The drawn arguments of the smallest failure, and the two sides.
    pub details: Vec<(String, String)>,
}

/// Elaborates a test without running it.
pub(super) fn check<'w>(world: &'w World, test: &TestItem) -> Elaborator<'w> {
    let mut e = Elaborator::new(world, false);
    let mut frame = Frame { has_batch: true, ..Frame::default() };
    if arguments(&mut e, test, &mut frame).is_some() {
        for entry in &test.def.body.entries {
            claim(&mut e, entry, &mut frame);
        }
    }
    e
}

/// Runs a test; the failures, or the problems that keep it from running.
pub fn run_test(world: &World, test: &TestItem) -> Result<Vec<TestFailure>, Problems> {
    let mut e = Elaborator::new(world, false);
    let mut frame = Frame { has_batch: true, ..Frame::default() };
    let Some(args) = arguments(&mut e, test, &mut frame) else { return Err(e.problems) };
    let mut claims = Vec::new();
    for entry in &test.def.body.entries {
        if let Some(c) = claim(&mut e, entry, &mut frame) {
            claims.push(c);
        }
    }
    if e.problems.has_errors() {
        return Err(e.problems);
    }
    let sources = world.scope.sources();
    let mut failures = Vec::new();
    for c in claims {
        match c {
            Claim::Known { holds: true, .. } => {}
            Claim::Known { span, .. } => failures.push(TestFailure {
                span,
                message: format!("`{}` does not hold", sources.slice(span)),
                details: vec![],
            }),
            Claim::Computed { span, node, sides } => {
                failures.extend(computed(&mut e, world, span, node, &sides, &args));
            }
            Claim::Gradient { span, function } => failures.extend(gradcheck(world, span, &function)),
        }
    }
    Ok(failures)
}

enum Claim {
    Known { span: Span, holds: bool },
    Computed { span: Span, node: NodeId, sides: Vec<(Span, NodeId)> },
    Gradient { span: Span, function: Expr },
}

/// The drawn arguments: names and nodes.
fn arguments(e: &mut Elaborator<'_>, test: &TestItem, frame: &mut Frame) -> Option<Vec<(Arc<str>, NodeId)>> {
    let mut out = Vec::new();
    let params: Vec<ast::Param> = test.def.params.iter().flat_map(|l| l.params.clone()).collect();
    for p in &params {
        let Some(ty) = &p.ty else {
            e.fail(frame, &codes::MISSING, p.span, format!("`{}` has no type", p.name.text), "for example `z: logit`");
            return None;
        };
        let t = draw(e, p, ty, frame)?;
        out.push((p.name.text.clone(), t.node));
        frame.values.insert(p.name.text.clone(), Value::Tensor(t));
    }
    Some(out)
}

/// An argument of a test: from its own distribution, or one that suits its domain.
fn draw(e: &mut Elaborator<'_>, p: &ast::Param, ty: &ast::TypeExpr, frame: &mut Frame) -> Option<Tensor> {
    let TypeKind::Named { path, args, dims, range, .. } = &ty.kind else { return None };
    let word = path.first().map_or("", |w| &*w.text);
    let mut axes = Vec::new();
    for d in dims.iter().flatten() {
        match d {
            ast::DimExpr::Expr(x) => match &x.kind {
                // A named extent of a test is some small number.
                ExprKind::Name(n) if frame.lookup(&n.text).is_none() && frame.lookup_dim(&n.text).is_none() => {
                    frame.dims.insert(n.text.clone(), (crate::types::Dim::from(3), None));
                    axes.push(Axis::new(3));
                }
                _ => axes.push(Axis::new(e.dim_expr(x, frame, false)?)),
            },
            ast::DimExpr::Star(_) => axes.push(Axis::new(3)),
        }
    }
    let domain = e.domain_pattern(word, args, frame, ty.span)?;
    if let (true, Some(k)) = (domain.has_class_axis(), domain.classes()) {
        axes.insert(0, Axis::new(k.clone()));
    }
    let span = p.span;
    let stream = crate::engine::random::hash_name(&p.name.text);
    let dist = match &p.draw {
        Some(dist) => match e.eval(dist, frame) {
            Value::Distribution(d) => Distribution { dims: axes, ..d },
            Value::Error => return None,
            other => {
                let message = format!("`~` draws from a distribution, and this is {}", other.kind());
                e.fail(frame, &codes::WRONG_KIND, dist.span, message, "not a distribution");
                return None;
            }
        },
        None => {
            use super::value::DistributionKind as K;
            let (low, high) = match range.as_ref().map(|r| e.eval(r, frame)) {
                Some(Value::Range(a, b)) => (a, b),
                _ => (0.0, 1.0),
            };
            let (kind, a, b) = match &domain {
                Domain::Binary => (K::Bernoulli, 0.5, 1.0),
                Domain::Prob => (K::Uniform, 0.0, 1.0),
                Domain::LabelOf(k) => (K::Uniform, 0.0, k.constant().unwrap_or(1) as f64),
                _ if range.is_some() => (K::Uniform, low, high),
                _ => (K::Normal, 0.0, 1.0),
            };
            let (a, b) = (Box::new(Value::number(a)), Box::new(Value::number(b)));
            Distribution { kind, a, b, bounds: None, dims: axes, span }
        }
    };
    let t = e.sample(&dist, true, stream, frame)?;
    let t = match &domain {
        Domain::LabelOf(_) => e.map(crate::engine::graph::Map::Floor, &[t], domain.clone(), frame, span)?,
        Domain::ProbOf(_) | Domain::LogProbOf(_) => {
            let name = if matches!(domain, Domain::ProbOf(_)) { "softmax" } else { "log_softmax" };
            let f = Value::Definition(e.world.scope.library(name)?);
            let arg = Argument { name: None, value: Value::Tensor(t), span };
            match e.call_value(f, vec![arg], frame, span, super::signature::Reading::Free) {
                Value::Tensor(t) => t,
                _ => return None,
            }
        }
        _ => t,
    };
    Some(Tensor { domain, ..t })
}

fn claim(e: &mut Elaborator<'_>, entry: &ast::Entry, frame: &mut Frame) -> Option<Claim> {
    let span = entry.span;
    let value = match &entry.kind {
        EntryKind::Stage { value, when: None } => value,
        EntryKind::Let { name, value } => {
            let v = e.eval(value, frame);
            frame.values.insert(name.text.clone(), v);
            return None;
        }
        EntryKind::Error => return None,
        _ => {
            let d = Diagnostic::new(&codes::NOT_A_VALUE, "a test holds claims")
                .at(span, "not a claim")
                .help("for example `f(0) ~= 1`, `f(x) >= 0` or `gradcheck(f)`");
            e.report(frame, d);
            return None;
        }
    };
    if let ExprKind::Call { callee, args } = &value.kind
        && matches!(&callee.kind, ExprKind::Name(n) if &*n.text == "gradcheck")
    {
        let [ast::Arg { value: function, .. }] = args.as_slice() else {
            e.fail(frame, &codes::ARITY, value.span, "`gradcheck` takes one function", "here");
            return None;
        };
        e.as_function(function, frame).or_else(|| {
            e.fail(frame, &codes::WRONG_KIND, function.span, "`gradcheck` takes a function", "not a function");
            None
        })?;
        gradcheck_program(e, function)?;
        return Some(Claim::Gradient { span: value.span, function: function.clone() });
    }
    match e.eval(value, frame) {
        Value::Bool(Some(holds)) => Some(Claim::Known { span: value.span, holds }),
        Value::Tensor(t) if t.domain == Domain::Binary => {
            let sides = sides(e, value, frame);
            Some(Claim::Computed { span: value.span, node: t.node, sides })
        }
        Value::Error => None,
        other => {
            let d =
                Diagnostic::new(&codes::WRONG_KIND, format!("a claim is true or false, and this is {}", other.kind()))
                    .at(value.span, "not a claim")
                    .help("compare it: `… ~= …` is equality within 1e-5");
            e.report(frame, d);
            None
        }
    }
}

/// Both sides of a comparison, for the message.
fn sides(e: &mut Elaborator<'_>, value: &Expr, frame: &Frame) -> Vec<(Span, NodeId)> {
    let ExprKind::Binary { op, left, right, .. } = &value.kind else { return vec![] };
    if matches!(op, BinaryOp::And | BinaryOp::Or) {
        return vec![];
    }
    let mut out = Vec::new();
    for side in [left, right] {
        let v = e.eval(side, frame);
        if let Some(t) = e.tensor_of(v, frame, side.span) {
            out.push((side.span, t.node));
        }
    }
    out
}

fn computed(
    e: &mut Elaborator<'_>,
    world: &World,
    span: Span,
    node: NodeId,
    sides: &[(Span, NodeId)],
    args: &[(Arc<str>, NodeId)],
) -> Option<TestFailure> {
    let sources = world.scope.sources();
    let message = format!("`{}` does not hold", sources.slice(span));
    let outputs: Vec<NodeId> =
        [node].into_iter().chain(args.iter().map(|(_, n)| *n)).chain(sides.iter().map(|(_, n)| *n)).collect();
    let (graph, map) = rewrite::simplify(&e.graph, &outputs);
    let outputs = outputs.iter().map(|n| map[n.0 as usize].unwrap_or(*n)).collect();
    let program = Program { graph, outputs, ..Program::default() };
    let key = Key(0).named("test");
    let mut call = reference::Call::<f64> { rows: DRAWS, key, inputs: &[], scalars: &[], arena: &mut [] };
    let outcome = match reference::run(&program, &mut call) {
        Ok(outcome) => outcome.outputs,
        Err(fault) => {
            return Some(TestFailure { span, message: format!("{message}: {fault}"), details: vec![] });
        }
    };
    let row = |values: &ArrayD<f64>, i: usize| -> Vec<f64> {
        match values.ndim() {
            0 => values.iter().copied().collect(),
            _ => values.index_axis(ndarray::Axis(0), i).iter().copied().collect(),
        }
    };
    let fails = (0..DRAWS).filter(|&i| row(&outcome[0], i).iter().any(|x| *x != 1.0));
    // The smallest failure is the one whose arguments are nearest to 0.
    let size =
        |i: usize| -> f64 { outcome[1..=args.len()].iter().flat_map(|v| row(v, i)).map(f64::abs).fold(0.0, f64::max) };
    let worst = fails.min_by(|a, b| size(*a).total_cmp(&size(*b)))?;
    let names = args.iter().map(|(n, _)| n.to_string());
    let texts = sides.iter().map(|(s, _)| sources.slice(*s).to_string());
    let details =
        names.chain(texts).zip(&outcome[1..]).map(|(name, values)| (name, shown(&row(values, worst)))).collect();
    Some(TestFailure { span, message, details })
}

fn shown(values: &[f64]) -> String {
    match values {
        [one] => format!("{one}"),
        many => format!("{many:?}"),
    }
}

/// A drawn argument: its name, its node, what it means.
type Drawn = (Arc<str>, NodeId, Domain);

/// A function applied to an input for each of its tensor arguments: the program, its inputs and its result.
fn gradcheck_program(e: &mut Elaborator<'_>, function: &Expr) -> Option<(Vec<Drawn>, NodeId)> {
    let frame = Frame { has_batch: true, ..Frame::default() };
    let (value, keywords) = e.as_function(function, &frame)?;
    let Value::Definition(definition) = &value else {
        e.fail(
            &frame,
            &codes::WRONG_KIND,
            function.span,
            "`gradcheck` takes a function of the file or library",
            "here",
        );
        return None;
    };
    let list = definition.input()?.clone();
    let mut inputs = Vec::new();
    let mut args = Vec::new();
    for p in &list.params {
        if keywords.iter().any(|k| k.name.as_ref().is_some_and(|n| n.text == p.name.text)) || p.default.is_some() {
            continue;
        }
        let mut scope = frame.clone();
        let probe = draw(e, p, p.ty.as_ref()?, &mut scope)?;
        let shape = Shape(e.visible(&probe));
        let node = e.input(&p.name.text, shape, &frame, p.span)?;
        inputs.push((p.name.text.clone(), node, probe.domain.clone()));
        let value = Value::Tensor(Tensor { node, domain: probe.domain, batched: true });
        args.push(Argument { name: Some(p.name.clone()), value, span: p.span });
    }
    args.extend(keywords);
    match e.call_value(value.clone(), args, &frame, function.span, super::signature::Reading::Free) {
        Value::Tensor(t) => Some((inputs, t.node)),
        _ => None,
    }
}

/// Derivatives by each argument against central differences, at ordinary points and in saturation.
fn gradcheck(world: &World, span: Span, function: &Expr) -> Vec<TestFailure> {
    let fail = |message: String, details| vec![TestFailure { span, message, details }];
    let mut e = Elaborator::new(world, false);
    let Some((inputs, out)) = gradcheck_program(&mut e, function) else {
        return fail("can't be checked".into(), vec![]);
    };
    let total = e.graph.at(out).sum_all(out);
    let smooth: Vec<usize> =
        (0..inputs.len()).filter(|&i| !matches!(inputs[i].2, Domain::Binary | Domain::LabelOf(_))).collect();
    // As in a training: stable forms first, then derivatives.
    let wanted: Vec<NodeId> = [total].into_iter().chain(smooth.iter().map(|&i| inputs[i].1)).collect();
    let (mut graph, map) = rewrite::simplify(&e.graph, &wanted);
    let moved: Vec<NodeId> = wanted.iter().filter_map(|n| map[n.0 as usize]).collect();
    let [total, nodes @ ..] = moved.as_slice() else { return fail("can't be checked".into(), vec![]) };
    let gradients = gradient::gradient(&mut graph, *total, nodes);
    let zero = graph.at(*total).constant(0.0);
    let mut outputs = vec![*total];
    outputs.extend(gradients.iter().map(|g| g.unwrap_or(zero)));
    let (graph, map) = rewrite::simplify_final(&graph, &outputs);
    let outputs: Vec<NodeId> = outputs.iter().filter_map(|n| map[n.0 as usize]).collect();
    let infos: Vec<InputInfo> = e
        .inputs
        .iter()
        .map(|i| InputInfo { name: i.name.clone(), shape: i.shape.concrete(1).unwrap_or_default() })
        .collect();
    let program = Program { graph, inputs: infos.clone(), outputs, ..Program::default() };
    let mut failures = Vec::new();
    for (case, scale) in [(0u64, 1.0), (1, 3.0), (2, 30.0), (3, 1000.0)] {
        let values: Vec<Vec<f64>> = inputs
            .iter()
            .zip(&infos)
            .enumerate()
            .map(|(i, ((_, _, domain), info))| point(domain, info.shape.iter().product(), scale, case * 16 + i as u64))
            .collect();
        if let Some(f) = one_point(&program, &inputs, &smooth, &values, span) {
            failures.push(f);
            break;
        }
    }
    failures
}

fn point(domain: &Domain, n: usize, scale: f64, seed: u64) -> Vec<f64> {
    let mut g = crate::engine::random::Generator::new(Key(seed).named("gradcheck"));
    (0..n)
        .map(|_| match domain {
            Domain::Binary => f64::from(g.unit() < 0.5),
            Domain::LabelOf(k) => (g.unit() * k.constant().unwrap_or(1) as f64).floor(),
            Domain::Prob | Domain::ProbOf(_) => 0.01 + 0.98 * g.unit(),
            Domain::LogProbOf(_) => -0.1 - g.unit(),
            _ => (2.0 * g.unit() - 1.0) * scale,
        })
        .collect()
}

fn one_point(
    program: &Program,
    inputs: &[(Arc<str>, NodeId, Domain)],
    smooth: &[usize],
    values: &[Vec<f64>],
    span: Span,
) -> Option<TestFailure> {
    let run = |values: &[Vec<f64>]| -> Option<Vec<Vec<f64>>> {
        let views: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        let mut call = reference::Call::<f64> { rows: 1, key: Key(0), inputs: &views, scalars: &[], arena: &mut [] };
        let outcome = reference::run(program, &mut call).ok()?;
        Some(outcome.outputs.iter().map(|o| o.iter().copied().collect()).collect())
    };
    let here = run(values)?;
    let describe = |extra: Vec<(String, String)>| {
        let args = inputs.iter().zip(values).map(|((n, ..), v)| (n.to_string(), shown(v)));
        args.chain(extra).collect::<Vec<_>>()
    };
    for (k, &i) in smooth.iter().enumerate() {
        let Some(derivative) = here.get(k + 1) else { continue };
        for j in 0..values[i].len() {
            let analytic = derivative[j];
            if !analytic.is_finite() || !here[0][0].is_finite() {
                let details =
                    describe(vec![("value".into(), shown(&here[0])), ("derivative".into(), analytic.to_string())]);
                return Some(TestFailure { span, message: "not finite".into(), details });
            }
            let h = 1e-5 * values[i][j].abs().max(1.0);
            let moved = |by: f64| {
                let mut v = values.to_vec();
                v[i][j] += by;
                run(&v).map(|o| o[0][0])
            };
            let numeric = (moved(h)? - moved(-h)?) / (2.0 * h);
            let rounding = here[0][0].abs() * 1e-10 / h;
            if (numeric - analytic).abs() > 1e-4 * numeric.abs().max(analytic.abs()).max(1.0) + rounding {
                let details = describe(vec![
                    (format!("derivative by {}", inputs[i].0), analytic.to_string()),
                    ("by differences".into(), numeric.to_string()),
                ]);
                return Some(TestFailure { span, message: "the derivative is wrong".into(), details });
            }
        }
    }
    None
}

/// A printed expression: its value and its type.
pub struct Printed {
    pub value: ArrayD<f64>,
    pub ty: String,
}

/// Elaborates what is printed, and tells whether it can be shown.
pub(super) fn print<'w>(world: &'w World, value: &Expr) -> (Elaborator<'w>, bool) {
    let mut e = Elaborator::new(world, false);
    let printed = printed(&mut e, value).is_some();
    (e, printed)
}

/// Computes an expression without rows.
pub fn evaluate(world: &World, value: &Expr) -> Result<Printed, Problems> {
    let mut e = Elaborator::new(world, false);
    printed(&mut e, value).ok_or(e.problems)
}

/// Lengths of the first row of a list and of one that is not as long, and the place of that one.
fn ragged(value: &Value) -> Option<(usize, usize, Span)> {
    let Value::List(rows) = value else { return None };
    let lengths = rows.iter().map(|(row, span)| match row {
        Value::List(entries) => Some((entries.len(), *span)),
        _ => None,
    });
    let lengths: Vec<(usize, Span)> = lengths.collect::<Option<_>>()?;
    let first = lengths.first()?.0;
    lengths.iter().find(|(n, _)| *n != first).map(|(n, span)| (first, *n, *span))
}

/// The value of an expression without rows; why there is none is among the problems.
fn printed(e: &mut Elaborator<'_>, value: &Expr) -> Option<Printed> {
    let frame = Frame::default();
    let v = e.eval(value, &frame);
    let kind = v.kind();
    let Some(t) = e.tensor_of(v.clone(), &frame, value.span) else {
        if !v.is_error() {
            let d = match ragged(&v) {
                Some((first, other, place)) => {
                    let message = format!("the rows of this list have {first} and {other} entries");
                    Diagnostic::new(&codes::WRONG_KIND, message)
                        .at(place, format!("{other} here, {first} in the first"))
                        .help("the rows of a matrix are equally long")
                }
                None => Diagnostic::new(&codes::WRONG_KIND, format!("`print` shows numbers, and this is {kind}"))
                    .at(value.span, "no number"),
            };
            e.report(&frame, d);
        }
        return None;
    };
    if e.problems.has_errors() {
        return None;
    }
    let ty = e.describe(&t);
    let graph = std::mem::take(&mut e.graph);
    let is_leaf = matches!(graph.nodes[t.node.0 as usize].op, Op::Const(_));
    let program = Program { graph, outputs: vec![t.node], ..Program::default() };
    let key = Key(0).named("print");
    let mut call = reference::Call::<f64> { rows: 1, key, inputs: &[], scalars: &[], arena: &mut [] };
    match reference::run(&program, &mut call) {
        Ok(outcome) => {
            let value = outcome.outputs.into_iter().next().unwrap_or_default();
            let ty = if is_leaf { "real".into() } else { ty };
            Some(Printed { value, ty })
        }
        Err(fault) => {
            let d = Diagnostic::new(&codes::NOT_FINITE, fault.to_string()).at(value.span, "computed here");
            e.report(&frame, d);
            None
        }
    }
}
