//! A metric of the file's own: a function, or an expression over `out`, `decision` and `row`, as a program over all rows.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::NodeId;
use crate::engine::program::{InputInfo, Program};
use crate::engine::rewrite;
use crate::metrics::{Better, Task};
use crate::syntax::ast::{Expr, ExprKind, TypeKind};
use crate::text::Span;
use crate::types::{Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::measure::{Asking, Question};
use super::row_args::{Written, written};
use super::scope::{Definition, DefinitionKind};
use super::value::{Argument, Tensor, Value};

/// A metric that the file defines, as a graph over all rows.
#[derive(Debug)]
pub struct OwnMetric {
    /// As tables show it: the function's name, or the expression.
    pub name: String,
    /// One output: a number, or a number for each row, whose mean is the score.
    pub program: Program,
    /// What the program's inputs are.
    pub reads: Vec<Read>,
    pub better: Better,
    pub span: Span,
}

/// An input of a metric, in the column's own units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// The result called so.
    Answer(Arc<str>),
    /// What that result was decided to be: yes or no by its threshold, or the most probable class.
    Decision(Arc<str>),
    Target(Arc<str>),
    Column(Arc<str>),
}

/// A function of the file that a metric's name stands for.
pub(super) fn own_function(e: &Elaborator<'_>, w: &Written<'_>) -> Option<Arc<Definition>> {
    let mut own = e.world.scope.own();
    own.find(|d| d.name == w.name.text && d.kind == DefinitionKind::Function).cloned()
}

/// Whether an expression speaks of the model's result, of what was decided, or of the row.
pub(super) fn over_rows(e: &Elaborator<'_>, value: &Expr) -> bool {
    speaks_of(value, "out") || speaks_of(value, "row") || over_decisions(e, value)
}

/// Whether an expression speaks of what was decided. A hyper or a definition of the file may bear that name.
fn over_decisions(e: &Elaborator<'_>, value: &Expr) -> bool {
    let taken = e.world.hypers.contains_key(DECISION) || e.world.scope.own().any(|d| &*d.name == DECISION);
    !taken && speaks_of(value, DECISION)
}

/// As `out` is what was answered, this is what was decided.
const DECISION: &str = "decision";

fn speaks_of(e: &Expr, name: &str) -> bool {
    let of = |e: &Expr| speaks_of(e, name);
    match &e.kind {
        ExprKind::Name(n) => *n.text == *name,
        ExprKind::Field { base, .. } => of(base),
        ExprKind::Call { callee, args } => of(callee) || args.iter().any(|a| of(&a.value)),
        ExprKind::Binary { left, right, .. } => of(left) || of(right),
        ExprKind::Unary { value, .. } | ExprKind::Cast { value, .. } => of(value),
        ExprKind::Pipe { value, stage } => of(value) || of(stage),
        ExprKind::List(items) => items.iter().any(of),
        _ => false,
    }
}

/// Whether a function of the file takes decisions where others take probabilities: its first parameter is `binary` or a `label`.
fn takes_decisions(e: &Elaborator<'_>, value: &Expr) -> bool {
    let function = written(value).and_then(|w| own_function(e, &w));
    let first = function.as_ref().and_then(|d| d.def.params.first()?.params.first()?.ty.as_ref());
    let named = first.and_then(|ty| match &ty.kind {
        TypeKind::Named { path, .. } => path.first(),
        _ => None,
    });
    named.is_some_and(|n| matches!(&*n.text, "binary" | "label"))
}

/// A function applied to result and target of a question, or an expression over `out` and `row`, as a program over all rows.
pub(super) fn own(
    e: &mut Elaborator<'_>,
    value: &Expr,
    name: String,
    asking: &Asking,
    question: Option<&Question>,
) -> Option<Arc<OwnMetric>> {
    let mut inner = Elaborator::new(e.world, false);
    let found = own_value(&mut inner, value, asking, question);
    let better = Better::Higher;
    let metric = found.map(|t| {
        let reads: Vec<Option<Read>> = inner.inputs.iter().map(|i| read_of(&i.name)).collect();
        let (graph, map) = rewrite::simplify_final(&inner.graph, &[t.node]);
        let outputs: Vec<NodeId> = map[t.node.0 as usize].into_iter().collect();
        let infos = inner
            .inputs
            .iter()
            .map(|i| InputInfo { name: i.name.clone(), shape: i.shape.concrete(1).unwrap_or_default() });
        let program = Program { graph, outputs, inputs: infos.collect(), ..Program::default() };
        (program, reads)
    });
    let frame = Frame::default();
    e.hypers_read.extend(std::mem::take(&mut inner.hypers_read));
    e.applied.extend(std::mem::take(&mut inner.applied));
    e.problems.extend(std::mem::take(&mut inner.problems));
    let (program, reads) = metric?;
    if inner.inputs.iter().any(|i| i.shape.concrete(1).is_none()) {
        let d = Diagnostic::new(&codes::NOT_YET, "this metric reads a result whose width is known only after the fit")
            .at(value.span, "its width follows from the levels in the training rows")
            .help("`loss` is the mean loss of the rows, which may read everything");
        e.report(&frame, d);
        return None;
    }
    if let Some(at) = reads.iter().position(Option::is_none) {
        let what = program.inputs.get(at).map_or(String::new(), |i| i.name.replacen("input.", "row.", 1));
        let d = Diagnostic::new(&codes::NOT_YET, format!("metrics don't read whole inputs such as `{what}` yet"))
            .at(value.span, "single columns and targets are read")
            .help("`loss` is the mean loss of the rows, which may read all inputs");
        e.report(&frame, d);
        return None;
    }
    Some(Arc::new(OwnMetric { name, program, reads: reads.into_iter().flatten().collect(), better, span: value.span }))
}

fn own_value(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking, question: Option<&Question>) -> Option<Tensor> {
    // Metrics see all rows: the batch axis is one of theirs.
    let mut scope = Frame { has_batch: true, names_batch: true, ..Frame::default() };
    let mut fields = Vec::new();
    for q in &asking.questions {
        fields.push((q.field.clone(), answer(e, q, &scope, value.span)?));
    }
    for (name, domain, shape) in &asking.others {
        let node = e.input(&format!("answer.{name}"), shape.clone(), &scope, value.span)?;
        let t = Tensor { node, domain: domain.clone(), batched: false };
        fields.push((name.clone(), Value::Tensor(t)));
    }
    let single = |fields: &[(Arc<str>, Value)]| match fields {
        [(name, only)] if &**name == "out" => only.clone(),
        _ => Value::Record(fields.to_vec()),
    };
    if over_decisions(e, value) {
        let mut decided = Vec::new();
        for q in asking.questions.iter().filter(|q| q.task() != Task::Regression) {
            decided.push((q.field.clone(), decision(e, q, &scope, value.span)?));
        }
        if decided.is_empty() {
            let d = Diagnostic::new(&codes::WRONG_KIND, "no result of this training is decided")
                .at(value.span, "`decision` is of yes or no, or of classes")
                .help("`out` is what the model answers");
            e.report(&scope, d);
            return None;
        }
        scope.values.insert(DECISION.into(), single(&decided));
    }
    scope.values.insert("row".into(), Value::Row(asking.data.clone()));
    scope.values.insert("out".into(), single(&fields));
    let found = match question {
        None => e.eval(value, &scope),
        Some(q) => {
            let (function, keywords) = e.as_function(value, &scope)?;
            let given = match q.task() {
                Task::Binary | Task::Classes if takes_decisions(e, value) => decision(e, q, &scope, value.span)?,
                _ => fields.iter().find(|(n, _)| *n == q.field).map(|(_, v)| v.clone())?,
            };
            let target = target(e, q, &scope, value.span)?;
            let args = [given, target].map(|value_| Argument { name: None, value: value_, span: value.span });
            let args = args.into_iter().chain(keywords).collect();
            e.call_value(function, args, &scope, value.span, super::signature::Reading::Free)
        }
    };
    if found.is_error() {
        return None;
    }
    let kind = found.kind();
    let of_rows = |e: &Elaborator<'_>, t: &Tensor| match e.visible(t).as_slice() {
        [] => true,
        [rows] => rows.dim.is_batch(),
        _ => false,
    };
    let tensor = e.tensor_of(found, &scope, value.span).filter(|t| of_rows(e, t));
    if tensor.is_none() {
        let d = Diagnostic::new(&codes::WRONG_KIND, format!("a metric is one number, and this is {kind}"))
            .at(value.span, "a metric")
            .help("`mean(…)` or `sum(…)` makes one number of it");
        e.report(&scope, d);
    }
    tensor
}

/// A result as metrics see it: probabilities, or numbers in their own units.
fn answer(e: &mut Elaborator<'_>, q: &Question, frame: &Frame, span: Span) -> Option<Value> {
    let (domain, shape) = match &q.target.domain {
        Domain::LabelOf(k) => (Domain::ProbOf(k.clone()), Shape::of([k.clone()])),
        Domain::Binary => (Domain::Prob, columns(q.target.width)),
        _ => (Domain::Real, columns(q.target.width)),
    };
    let node = e.input(&format!("answer.{}", q.field), shape, frame, span)?;
    Some(Value::Tensor(Tensor { node, domain, batched: false }))
}

/// What a result was decided to be, as a number of its target.
fn decision(e: &mut Elaborator<'_>, q: &Question, frame: &Frame, span: Span) -> Option<Value> {
    let node = e.input(&format!("decision.{}", q.field), columns(q.target.width), frame, span)?;
    Some(Value::Tensor(Tensor { node, domain: q.target.domain.clone(), batched: false }))
}

fn target(e: &mut Elaborator<'_>, q: &Question, frame: &Frame, span: Span) -> Option<Value> {
    let node = e.input(&format!("target.{}", q.target.name), columns(q.target.width), frame, span)?;
    Some(Value::Tensor(Tensor { node, domain: q.target.domain.clone(), batched: false }))
}

fn columns(width: usize) -> Shape {
    if width > 1 { Shape::of([width]) } else { Shape::scalar() }
}

fn read_of(name: &str) -> Option<Read> {
    let (kind, rest) = name.split_once('.')?;
    match kind {
        "answer" => Some(Read::Answer(rest.into())),
        "decision" => Some(Read::Decision(rest.into())),
        "target" => Some(Read::Target(rest.into())),
        "column" => Some(Read::Column(rest.into())),
        _ => None,
    }
}
