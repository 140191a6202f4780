//! What an evaluation measures: metrics of the library and of the file, for each result that answers a target.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::NodeId;
use crate::engine::program::{InputInfo, Program};
use crate::engine::rewrite;
use crate::metrics::{self, Better, Request, Task};
use crate::syntax::ast::{self, Expr, ExprKind, TypeKind};
use crate::text::{Span, closest};
use crate::types::{Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::program::TrainItem;
use super::row_args::{Written, written};
use super::scope::{Definition, DefinitionKind};
use super::value::{Argument, Tensor, Value};
use super::world::{DataView, TargetView};

/// A metric, and the result it is about.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The field of the model's result; `None` where only one result answers a target.
    pub field: Option<Arc<str>>,
    pub measure: Measure,
}

#[derive(Debug, Clone)]
pub enum Measure {
    /// A metric of the library.
    Known(Request),
    /// A function of the file, or an expression over `out` and `row`.
    Own(Arc<OwnMetric>),
    /// The mean loss of the rows.
    Loss,
}

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

impl Asked {
    /// `price.r2`, or `r2` where there is one result.
    pub fn name(&self) -> String {
        let metric = match &self.measure {
            Measure::Known(m) => m.metric.name,
            Measure::Own(m) => &m.name,
            Measure::Loss => "loss",
        };
        match &self.field {
            Some(field) => format!("{field}.{metric}"),
            None => metric.to_string(),
        }
    }

    pub fn better(&self) -> Better {
        match &self.measure {
            Measure::Known(m) => m.metric.better,
            Measure::Own(m) => m.better,
            Measure::Loss => Better::Lower,
        }
    }
}

/// A result that answers a target.
#[derive(Debug, Clone)]
pub struct Question {
    /// The field of the model's result; `out` if it is none.
    pub field: Arc<str>,
    pub target: TargetView,
}

impl Question {
    pub fn task(&self) -> Task {
        match self.target.domain {
            Domain::LabelOf(_) => Task::Classes,
            Domain::Binary => Task::Binary,
            _ => Task::Regression,
        }
    }
}

/// The results of a training that answer targets, and where its rows come from.
pub struct Asking {
    pub data: Arc<str>,
    pub questions: Vec<Question>,
    /// Results that answer no target, as metrics see them.
    others: Vec<(Arc<str>, Domain, Shape)>,
}

impl Asking {
    pub fn of(e: &Elaborator<'_>, model: &Definition, data: &Arc<str>) -> Asking {
        let questions = e.world.data.get(data).map(|view| questions(model, view)).unwrap_or_default();
        Asking { data: data.clone(), questions, others: vec![] }
    }

    pub fn of_train(e: &Elaborator<'_>, train: &TrainItem) -> Asking {
        let asking = Asking::of(e, &train.model, &train.data);
        let pass = super::training::pass(e.world, train, false);
        let results = match pass.out {
            Some(Value::Record(fields)) => fields,
            Some(other) => vec![("out".into(), other)],
            None => vec![],
        };
        let mut others = Vec::new();
        for (name, value) in results {
            let Value::Tensor(t) = value else { continue };
            if asking.questions.iter().any(|q| q.field == name) {
                continue;
            }
            let domain = match &t.domain {
                Domain::Logit => Domain::Prob,
                Domain::LogitOf(k) | Domain::LogProbOf(k) => Domain::ProbOf(k.clone()),
                other => other.clone(),
            };
            others.push((name, domain, Shape(pass.elaborator.visible(&t))));
        }
        Asking { others, ..asking }
    }

    /// How a question is called in names of metrics: not at all if it is the only one.
    fn label(&self, question: &Question) -> Option<Arc<str>> {
        (self.questions.len() > 1).then(|| question.field.clone())
    }

    fn fields(&self) -> String {
        self.questions.iter().map(|q| format!("`{}`", q.field)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn find(&self, e: &mut Elaborator<'_>, name: &ast::Ident) -> Option<&Question> {
        let found = self.questions.iter().find(|q| q.field == name.text);
        if found.is_none() {
            let message = match self.questions.as_slice() {
                [] => "this training's results answer no target".to_string(),
                _ => format!("no result `{}` answers a target", name.text),
            };
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, message)
                .at(name.span, "unknown result")
                .suggest(name.span, closest(&name.text, self.questions.iter().map(|q| &*q.field)));
            let d = if self.questions.is_empty() { d } else { d.help(format!("there are {}", self.fields())) };
            e.report(&Frame::default(), d);
        }
        found
    }
}

/// Which results of a model answer which targets: by the type that names one, by the field's name, or because there is only one of each.
pub fn questions(model: &Definition, view: &DataView) -> Vec<Question> {
    match model.def.result.as_ref().map(|t| &t.kind) {
        Some(TypeKind::Record(fields)) => fields
            .iter()
            .filter_map(|(name, _)| {
                let target = answered(model, &name.text, view)?.clone();
                Some(Question { field: name.text.clone(), target })
            })
            .collect(),
        // An undeclared result may be a record: its fields are then called after the targets.
        None if view.targets.len() > 1 => {
            view.targets.iter().map(|target| Question { field: target.name.clone(), target: target.clone() }).collect()
        }
        _ => {
            let target = answered(model, "out", view).cloned();
            target.into_iter().map(|target| Question { field: "out".into(), target }).collect()
        }
    }
}

/// The target that a result of a model answers.
pub fn answered<'v>(model: &Definition, field: &str, view: &'v DataView) -> Option<&'v TargetView> {
    let (ty, single) = match model.def.result.as_ref().map(|t| &t.kind) {
        Some(TypeKind::Record(fields)) => {
            (fields.iter().find(|(n, _)| &*n.text == field).map(|(_, t)| &t.kind), fields.len() == 1)
        }
        other => (other, field == "out"),
    };
    let by_type = ty.and_then(|t| named_target(t, view));
    let only = match view.targets.as_slice() {
        [one] if single => Some(one),
        _ => None,
    };
    by_type.or(only).or_else(|| view.target(field))
}

/// `homes.price`, or `logit(homes.kind)`
fn named_target<'v>(ty: &TypeKind, view: &'v DataView) -> Option<&'v TargetView> {
    let TypeKind::Named { path, args, .. } = ty else { return None };
    if let [data, target] = path.as_slice() {
        return view.target(&target.text).filter(|_| data.text == view.name);
    }
    let [Expr { kind: ExprKind::Field { base, name }, .. }] = args.as_slice() else { return None };
    match &base.kind {
        ExprKind::Name(data) if data.text == view.name => view.target(&name.text),
        _ => None,
    }
}

/// The entries of `metrics`: names, functions of the file, expressions; a record of them by result.
pub(super) fn asked(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Vec<Asked> {
    let mut out = Vec::new();
    match &value.kind {
        ExprKind::Record(fields) => {
            for (name, list) in fields {
                let Some(question) = asking.find(e, name).cloned() else { continue };
                for one in super::settings::each(list) {
                    let measure = measure(e, one, asking, std::slice::from_ref(&question));
                    out.extend(measure.map(|m| Asked { field: field_of(&m, asking, &question), measure: m }));
                }
            }
        }
        _ => {
            for one in super::settings::each(value) {
                out.extend(for_each_result(e, one, asking));
            }
        }
    }
    out
}

fn field_of(measure: &Measure, asking: &Asking, question: &Question) -> Option<Arc<str>> {
    match measure {
        Measure::Loss => None,
        _ => asking.label(question),
    }
}

/// A metric for every result that it fits.
fn for_each_result(e: &mut Elaborator<'_>, one: &Expr, asking: &Asking) -> Vec<Asked> {
    if is_loss(one) || over_rows(e, one) {
        let measure = measure(e, one, asking, &[]);
        return measure.map(|measure| Asked { field: None, measure }).into_iter().collect();
    }
    let known = written(one).filter(|w| own_function(e, w).is_none()).and_then(|w| metrics::find_metric(&w.name.text));
    let fitting: Vec<Question> = match known {
        Some(row) => asking.questions.iter().filter(|q| row.fits(q.task())).cloned().collect(),
        None => asking.questions.clone(),
    };
    if fitting.is_empty() || asking.questions.len() == 1 {
        let measure = measure(e, one, asking, &asking.questions.clone());
        return measure.map(|measure| Asked { field: None, measure }).into_iter().collect();
    }
    let mut out = Vec::new();
    for question in fitting {
        let field = asking.label(&question);
        out.extend(measure(e, one, asking, &[question]).map(|measure| Asked { field, measure }));
    }
    out
}

/// `r2`, `price.r2`, `lift10`: one metric, of one result.
pub(super) fn one(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking) -> Option<Asked> {
    let (question, plain) = match &value.kind {
        ExprKind::Field { base, name } => match &base.kind {
            ExprKind::Name(field) => (Some(asking.find(e, field)?.clone()), name_expr(name)),
            _ => (None, value.clone()),
        },
        ExprKind::Call { callee, args } => match &callee.kind {
            ExprKind::Field { base, name } => match &base.kind {
                ExprKind::Name(field) => {
                    let callee = Box::new(name_expr(name));
                    let call = Expr { kind: ExprKind::Call { callee, args: args.clone() }, span: value.span };
                    (Some(asking.find(e, field)?.clone()), call)
                }
                _ => (None, value.clone()),
            },
            _ => (None, value.clone()),
        },
        _ => (None, value.clone()),
    };
    let question = match (question, asking.questions.as_slice()) {
        _ if is_loss(&plain) || over_rows(e, &plain) => None,
        (Some(question), _) => Some(question),
        (None, [only]) => Some(only.clone()),
        (None, []) => None,
        (None, [first, ..]) => {
            let d =
                Diagnostic::new(&codes::MISSING, "this training answers several targets, so a metric says of which")
                    .at(value.span, "of which result?")
                    .help(format!(
                        "there are {}: write `{}.{}`",
                        asking.fields(),
                        first.field,
                        written(value).map_or("metric", |w| &w.name.text)
                    ));
            e.report(&Frame::default(), d);
            return None;
        }
    };
    let field = question.as_ref().and_then(|q| asking.label(q));
    let measure = measure(e, &plain, asking, question.as_slice())?;
    Some(Asked { field, measure })
}

fn name_expr(name: &ast::Ident) -> Expr {
    Expr { kind: ExprKind::Name(name.clone()), span: name.span }
}

/// What an evaluation without `metrics` shows.
pub(super) fn defaults(asking: &Asking) -> Vec<Asked> {
    if asking.questions.is_empty() {
        return vec![Asked { field: None, measure: Measure::Loss }];
    }
    let of = |question: &Question| {
        let names: &[&str] = match question.task() {
            Task::Binary => &["roc_auc", "pr_auc", "log_loss", "accuracy", "confusion"],
            Task::Classes => &["accuracy", "log_loss", "confusion"],
            Task::Regression => &["r2", "rmse", "mae"],
        };
        let field = asking.label(question);
        let found = names.iter().filter_map(|n| metrics::find_metric(n)).map(Request::plain);
        found.map(|m| Asked { field: field.clone(), measure: Measure::Known(m) }).collect::<Vec<_>>()
    };
    asking.questions.iter().flat_map(of).collect()
}

fn is_loss(value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Name(n) if &*n.text == "loss")
}

/// A function of the file that a metric's name stands for.
fn own_function(e: &Elaborator<'_>, w: &Written<'_>) -> Option<Arc<Definition>> {
    let mut own = e.world.scope.own();
    own.find(|d| d.name == w.name.text && d.kind == DefinitionKind::Function).cloned()
}

/// One metric, of one of these results; `better = lower` may stand last among the arguments of one of the file's.
fn measure(e: &mut Elaborator<'_>, value: &Expr, asking: &Asking, questions: &[Question]) -> Option<Measure> {
    let Some((plain, name, better)) = told_better(e, value) else {
        let name = e.world.scope.sources().slice(value.span).to_string();
        return measure_called(e, value, name, asking, questions);
    };
    let measure = measure_called(e, &plain, name, asking, questions)?;
    direction(e, Asked { field: None, measure }, better).map(|asked| asked.measure)
}

/// A metric without its last argument `better`, how that is written, and what `better` says. A function may have a parameter of that name.
fn told_better<'a>(e: &Elaborator<'_>, value: &'a Expr) -> Option<(Expr, String, &'a Expr)> {
    let ExprKind::Call { callee, args } = &value.kind else { return None };
    let (last, others) = args.split_last()?;
    last.name.as_ref().filter(|n| &*n.text == "better")?;
    let function = written(value).and_then(|w| own_function(e, &w));
    if function.is_some_and(|d| d.def.params.iter().flat_map(|l| &l.params).any(|p| &*p.name.text == "better")) {
        return None;
    }
    let slice = |span: Span| e.world.scope.sources().slice(span).to_string();
    let (kind, name) = match others.last() {
        None => (callee.kind.clone(), slice(callee.span)),
        Some(before) => (
            ExprKind::Call { callee: callee.clone(), args: others.to_vec() },
            slice(Span { end: before.value.span.end, ..value.span }) + ")",
        ),
    };
    Some((Expr { kind, span: value.span }, name, &last.value))
}

fn measure_called(
    e: &mut Elaborator<'_>,
    value: &Expr,
    name: String,
    asking: &Asking,
    questions: &[Question],
) -> Option<Measure> {
    let frame = Frame::default();
    if is_loss(value) {
        return Some(Measure::Loss);
    }
    if over_rows(e, value) {
        return own(e, value, name, asking, None).map(Measure::Own);
    }
    let Some(w) = written(value) else {
        e.fail(&frame, &codes::WRONG_KIND, value.span, "the name of a metric is expected", "not a metric");
        return None;
    };
    if own_function(e, &w).is_some() {
        let Some(question) = questions.first() else {
            let d = Diagnostic::new(&codes::LOSS_TARGET, "this training's results answer no target")
                .at(value.span, "compared with what?")
                .help(format!("write it out: `{}(out, row.column)`", w.name.text));
            e.report(&frame, d);
            return None;
        };
        // A name that was taken out of `price.cost` has its text alone.
        let name = if w.args.is_empty() { w.name.text.to_string() } else { name };
        return own(e, value, name, asking, Some(question)).map(Measure::Own);
    }
    let Some(row) = metrics::find_metric(&w.name.text) else {
        let mut known: Vec<&str> = metrics::METRICS.iter().map(|m| m.name).collect();
        known.push("loss");
        super::data_item::unknown_row(e, &w, known, "metric", &frame);
        return None;
    };
    let args = e.row_args(row.signature, &w, &[], &[], &frame)?;
    match questions {
        [question] => fits(e, row, question.task(), value.span),
        // Without a schema the target is not known, which was reported.
        [] if !asking.questions.is_empty() || e.world.data.get(&asking.data).is_some_and(|d| d.columns.is_empty()) => {
            true
        }
        [] => {
            let d = Diagnostic::new(
                &codes::WRONG_KIND,
                "this training's results answer no target, so there is nothing to compare",
            )
            .at(value.span, "compares results with a target")
            .help("`loss` is the mean loss; or write a metric out, for example `mean((out - row.column)^2)`");
            e.report(&frame, d);
            false
        }
        several => {
            let task = several[0].task();
            fits(e, row, task, value.span)
        }
    }
    .then_some(Measure::Known(Request { metric: row, args }))
}

fn fits(e: &mut Elaborator<'_>, metric: &'static metrics::Metric, task: Task, span: Span) -> bool {
    if metric.fits(task) {
        return true;
    }
    let fitting: Vec<&str> = metrics::METRICS.iter().filter(|x| x.fits(task)).map(|x| x.name).collect();
    let what = match task {
        Task::Binary => "yes or no",
        Task::Classes => "one of several classes",
        Task::Regression => "a number",
    };
    let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{}` does not fit a target that is {what}", metric.name))
        .at(span, "for another kind of target")
        .help(format!("for this target there are {}", fitting.join(", ")));
    e.report(&Frame::default(), d);
    false
}

/// Whether an expression speaks of the model's result, of what was decided, or of the row.
fn over_rows(e: &Elaborator<'_>, value: &Expr) -> bool {
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
fn own(
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

/// `better = lower` behind a metric of one's own that is watched.
pub(super) fn direction(e: &mut Elaborator<'_>, asked: Asked, value: &Expr) -> Option<Asked> {
    let frame = Frame::default();
    let better = match &value.kind {
        ExprKind::Name(n) if &*n.text == "lower" => Better::Lower,
        ExprKind::Name(n) if &*n.text == "higher" => Better::Higher,
        _ => {
            e.fail(&frame, &codes::WRONG_KIND, value.span, "`better` is `higher` or `lower`", "neither");
            return None;
        }
    };
    match asked.measure {
        Measure::Own(m) => {
            let m = OwnMetric {
                name: m.name.clone(),
                program: m.program.clone(),
                reads: m.reads.clone(),
                better,
                span: m.span,
            };
            Some(Asked { field: asked.field, measure: Measure::Own(Arc::new(m)) })
        }
        _ => {
            let message = "whether more of it is better is known of the library's metrics";
            e.fail(&frame, &codes::UNKNOWN_ARGUMENT, value.span, message, "for metrics of the file only");
            None
        }
    }
}
