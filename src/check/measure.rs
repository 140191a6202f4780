//! What an evaluation measures: metrics of the library and of the file, for each result that answers a target.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::metrics::{self, Better, Request, Task};
use crate::syntax::ast::{self, Expr, ExprKind, TypeKind};
use crate::text::{Span, closest};
use crate::types::{Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::own_metric::{OwnMetric, over_rows, own, own_function};
use super::program::TrainItem;
use super::row_args::written;
use super::scope::Definition;
use super::value::Value;
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
    pub(super) others: Vec<(Arc<str>, Domain, Shape)>,
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
