//! Types in signatures, and values that are given for them.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, DimExpr, ExprKind, TypeExpr, TypeKind};
use crate::text::Span;
use crate::types::{Axis, Dim, DimSymbol, Domain, Origin};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::{Known, Tensor, Value};

/// Number of the symbols that a pattern has yet to bind.
pub(super) const UNBOUND: u32 = u32::MAX;

/// One extent of a pattern.
#[derive(Debug, Clone)]
pub(super) enum DimPattern {
    Star(Arc<str>),
    Dim(Dim, Option<Arc<str>>),
}

/// A tensor type of a signature: domain and extents, perhaps with names that are not bound yet.
#[derive(Debug, Clone)]
pub(super) struct TensorPattern {
    /// `None`: any domain.
    pub domain: Option<Domain>,
    /// Without the class axis of the domain.
    pub dims: Vec<DimPattern>,
}

/// How strictly a domain is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Any domain may be read as `real`.
    Free,
    /// A loss reads no domain as `real`.
    Loss,
}

/// The words of types of configuration, which no tensor has.
const CONFIG_TYPES: [&str; 8] = ["int", "bool", "text", "layer", "layers", "function", "axes", "word"];

/// The domain words.
pub(super) const DOMAINS: [&str; 6] = ["real", "logit", "prob", "logprob", "binary", "label"];

impl Elaborator<'_> {
    /// Checks a value against a parameter's type and binds the extents that the type names.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn fit(
        &mut self,
        ty: &TypeExpr,
        value: Value,
        span: Span,
        name: &str,
        callee: &mut Frame,
        caller: &Frame,
        reading: Reading,
    ) -> Option<Value> {
        if value.is_error() {
            return None;
        }
        let TypeKind::Named { path, args, dims, range, .. } = &ty.kind else {
            return match (&ty.kind, &value) {
                (TypeKind::Record(fields), Value::Record(_)) => {
                    self.fit_record(fields, value, span, name, callee, caller, reading)
                }
                _ => self.wrong_kind(name, "a record", &value, span, caller),
            };
        };
        let word = path.first().map_or("", |p| &*p.text);
        let fitted = match (path.len(), word) {
            (1, "int") => match value {
                Value::List(items) if dims.is_some() => self.fit_ints(items, name, caller)?,
                other => self.fit_int(other, span, name, caller)?,
            },
            (1, "bool") => match value {
                Value::Bool(_) => value,
                other => return self.wrong_kind(name, "true or false", &other, span, caller),
            },
            (1, "text") => match value {
                Value::Text(_) => value,
                other => return self.wrong_kind(name, "a text in quotes", &other, span, caller),
            },
            (1, "layer") => self.fit_layer(value, span, name, caller)?,
            (1, "function" | "axes" | "layers") => value,
            (1, "word") => self.fit_word(value, args, span, name, caller)?,
            (1, "real") if dims.is_none() && is_plain_number(&value) => Value::Number(Known(value.as_number())),
            (1, "any") => self.fit_tensor(None, dims, value, span, name, callee, caller, reading)?,
            (1, w) if DOMAINS.contains(&w) => {
                let domain = self.domain_pattern(w, args, callee, ty.span)?;
                self.fit_tensor(Some(domain), dims, value, span, name, callee, caller, reading)?
            }
            (2, data) => self.fit_data(data, &path[1], value, span, name, callee, caller)?,
            _ => {
                self.unknown_type(ty, callee);
                return None;
            }
        };
        if let Some(range) = range {
            self.in_range(&fitted, range, span, name, callee, caller)?;
        }
        Some(fitted)
    }

    #[allow(clippy::too_many_arguments)]
    fn fit_record(
        &mut self,
        fields: &[(ast::Ident, TypeExpr)],
        value: Value,
        span: Span,
        name: &str,
        callee: &mut Frame,
        caller: &Frame,
        reading: Reading,
    ) -> Option<Value> {
        let Value::Record(given) = value else { return None };
        let mut out = Vec::new();
        for (field, ty) in fields {
            let Some((_, v)) = given.iter().find(|(n, _)| *n == field.text) else {
                let message = format!("`{name}` lacks the field `{}`", field.text);
                self.fail(caller, &codes::MISSING, span, message, "this record does not have it");
                return None;
            };
            let fitted = self.fit(ty, v.clone(), span, &field.text, callee, caller, reading)?;
            out.push((field.text.clone(), fitted));
        }
        Some(Value::Record(out))
    }

    fn wrong_kind<T>(&mut self, name: &str, wanted: &str, value: &Value, span: Span, caller: &Frame) -> Option<T> {
        if !value.is_error() {
            let message = format!("`{name}` must be {wanted}, and this is {}", value.kind());
            self.fail(caller, &codes::WRONG_KIND, span, message, &format!("expected {wanted}"));
        }
        None
    }

    fn fit_int(&mut self, value: Value, span: Span, name: &str, caller: &Frame) -> Option<Value> {
        match value {
            Value::Int(d, origin) => {
                let origin = origin.or_else(|| {
                    Some(Arc::new(Origin { what: format!("{name} = {d}").into(), span: user_span(caller, span) }))
                });
                Some(Value::Int(d, origin))
            }
            Value::Number(Known(Some(x))) => {
                let mut d = Diagnostic::new(&codes::WRONG_KIND, format!("`{name}` must be a whole number, not {x}"))
                    .at(span, "expected a whole number");
                if let Some(whole) = whole_division(self.world.scope.sources().slice(span)) {
                    d = Diagnostic::new(
                        &codes::WRONG_KIND,
                        format!("`{name}` must be a whole number, and `/` gives none"),
                    )
                    .at(span, format!("{x:?}, a number with a fraction"))
                    .help("`//` divides whole numbers")
                    .fix(format!("write `{whole}`"), span, whole);
                } else if x.fract() == 0.0 {
                    d = d.fix("write it without a fraction", span, format!("{x:.0}"));
                }
                self.report(caller, d);
                None
            }
            other => self.wrong_kind(name, "a whole number", &other, span, caller),
        }
    }

    /// `[2, 3]` for `int[r]`.
    fn fit_ints(&mut self, items: Vec<(Value, Span)>, name: &str, caller: &Frame) -> Option<Value> {
        let fit = |(value, span)| Some((self.fit_int(value, span, name, caller)?, span));
        items.into_iter().map(fit).collect::<Option<Vec<_>>>().map(Value::List)
    }

    fn fit_word(
        &mut self,
        value: Value,
        choices: &[ast::Expr],
        span: Span,
        name: &str,
        caller: &Frame,
    ) -> Option<Value> {
        let words: Vec<&str> = choices
            .iter()
            .filter_map(|e| match &e.kind {
                ExprKind::Name(n) => Some(&*n.text),
                _ => None,
            })
            .collect();
        match &value {
            Value::Word(w) if words.contains(&&*w.text) => Some(value),
            Value::Word(w) => {
                let message = format!("`{}` is not a choice for `{name}`", w.text);
                let close = crate::text::closest(&w.text, words.iter().copied());
                let d = Diagnostic::new(&codes::WRONG_KIND, message)
                    .at(span, format!("one of {}", words.join(", ")))
                    .suggest(span, close);
                self.report(caller, d);
                None
            }
            other => self.wrong_kind(name, &format!("one of {}", words.join(", ")), other, span, caller),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn fit_tensor(
        &mut self,
        domain: Option<Domain>,
        dims: &Option<Vec<DimExpr>>,
        value: Value,
        span: Span,
        name: &str,
        callee: &mut Frame,
        caller: &Frame,
        reading: Reading,
    ) -> Option<Value> {
        let dims = self.dim_patterns(dims.as_deref().unwrap_or(&[]), callee)?;
        let pattern = TensorPattern { domain, dims };
        let literal = matches!(value, Value::Int(..) | Value::Number(_) | Value::List(_));
        let numbers = literal.then(|| value.clone());
        let Some(tensor) = self.tensor_of(value.clone(), caller, span) else {
            let wanted = if pattern.dims.is_empty() { "a number" } else { "a tensor" };
            return self.wrong_kind(name, wanted, &value, span, caller);
        };
        let tensor = self.show_batch(tensor, callee);
        let tensor = match numbers {
            Some(numbers) => self.literal_as(tensor, &numbers, &pattern, span, name, caller)?,
            None => tensor,
        };
        self.fit_pattern(&pattern, tensor, span, name, callee, caller, reading).map(Value::Tensor)
    }

    /// In a definition that names the batch axis, tensors show it.
    pub(super) fn show_batch(&mut self, tensor: Tensor, callee: &Frame) -> Tensor {
        if callee.names_batch { Tensor { batched: false, ..tensor } } else { tensor }
    }

    /// Written numbers take any domain in whose range they lie.
    fn literal_as(
        &mut self,
        tensor: Tensor,
        value: &Value,
        pattern: &TensorPattern,
        span: Span,
        name: &str,
        caller: &Frame,
    ) -> Option<Tensor> {
        let Some(domain) = &pattern.domain else { return Some(tensor) };
        let range = match domain {
            Domain::Prob | Domain::ProbOf(_) => Some((0.0, 1.0)),
            Domain::Binary => Some((0.0, 1.0)),
            Domain::LogProbOf(_) => Some((f64::NEG_INFINITY, 0.0)),
            _ => None,
        };
        if let (Some((low, high)), Some(bad)) = (range, first_outside(value, range)) {
            let message = format!("`{name}` takes {domain}, and {bad} lies outside {low}..{high}");
            self.fail(caller, &codes::OUT_OF_RANGE, span, message, "this number can't be one");
            return None;
        }
        Some(Tensor { domain: domain.clone(), ..tensor })
    }

    /// Domain and shape of a tensor against a pattern.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn fit_pattern(
        &mut self,
        pattern: &TensorPattern,
        tensor: Tensor,
        span: Span,
        name: &str,
        callee: &mut Frame,
        caller: &Frame,
        reading: Reading,
    ) -> Option<Tensor> {
        let axes = self.visible(&tensor);
        let class_at = usize::from(axes.first().is_some_and(|a| a.dim.is_batch()) && callee.names_batch);
        let read = match &pattern.domain {
            None => tensor.domain.clone(),
            Some(wanted) => match self.read_as(wanted, &tensor.domain, axes.get(class_at), callee, reading) {
                Ok(domain) => domain,
                Err(()) => {
                    self.wrong_domain(wanted, &tensor, span, name, caller);
                    return None;
                }
            },
        };
        let mut patterns = pattern.dims.clone();
        if let Some(Domain::LogitOf(k) | Domain::ProbOf(k) | Domain::LogProbOf(k)) = &pattern.domain {
            let at = class_at.min(patterns.len());
            patterns.insert(at, DimPattern::Dim(k.clone(), symbol_name(k)));
        }
        let relabeled = self.fit_axes(&patterns, &axes, tensor.node, (name, span), callee, caller)?;
        let tensor = self.relabel(&tensor, relabeled);
        Some(Tensor { domain: read, ..tensor })
    }

    /// The domain that a tensor is read as where `wanted` is asked for.
    fn read_as(
        &mut self,
        wanted: &Domain,
        have: &Domain,
        class_axis: Option<&Axis>,
        callee: &mut Frame,
        reading: Reading,
    ) -> Result<Domain, ()> {
        let classes = |s: &mut Self, k: &Dim, have: &Dim, callee: &mut Frame| {
            s.unify(k, &Axis::new(have.clone()), callee).then(|| have.clone()).ok_or(())
        };
        match (wanted, have) {
            (Domain::Real, Domain::Real) => Ok(Domain::Real),
            (Domain::Real, _) if reading == Reading::Free => Ok(Domain::Real),
            (Domain::Logit, Domain::Logit | Domain::Real) => Ok(Domain::Logit),
            (Domain::Prob, Domain::Prob) => Ok(Domain::Prob),
            (Domain::Binary, Domain::Binary) => Ok(Domain::Binary),
            (Domain::LogitOf(k), Domain::LogitOf(j)) => Ok(Domain::LogitOf(classes(self, k, j, callee)?)),
            (Domain::LogitOf(_), Domain::Real) => {
                Ok(Domain::LogitOf(class_axis.map(|a| a.dim.clone()).unwrap_or(Dim::from(1))))
            }
            (Domain::ProbOf(k), Domain::ProbOf(j)) => Ok(Domain::ProbOf(classes(self, k, j, callee)?)),
            (Domain::LogProbOf(k), Domain::LogProbOf(j)) => Ok(Domain::LogProbOf(classes(self, k, j, callee)?)),
            (Domain::LabelOf(k), Domain::LabelOf(j)) => Ok(Domain::LabelOf(classes(self, k, j, callee)?)),
            _ => Err(()),
        }
    }

    fn wrong_domain(&mut self, wanted: &Domain, tensor: &Tensor, span: Span, name: &str, caller: &Frame) {
        let wanted = display_domain(wanted);
        let have = display_domain(&tensor.domain);
        let message = format!("`{name}` takes {wanted}, and this is {have}");
        let mut diagnostic =
            Diagnostic::new(&codes::DOMAIN, message).at(span, format!("{}: {have}", meaning(&tensor.domain)));
        diagnostic = match super::domain_help::help(&wanted, &tensor.domain) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        };
        if let Some(part) = self.part_of(tensor.node).filter(|p| p.span != span && p.span.file == span.file) {
            diagnostic = diagnostic.at(part.span, format!("{have} comes from here"));
        }
        self.report(caller, diagnostic);
    }

    pub(super) fn domain_pattern(
        &mut self,
        word: &str,
        args: &[ast::Expr],
        frame: &Frame,
        span: Span,
    ) -> Option<Domain> {
        let Some(arg) = args.first() else {
            return Some(match word {
                "real" => Domain::Real,
                "logit" => Domain::Logit,
                "prob" => Domain::Prob,
                "binary" => Domain::Binary,
                _ => {
                    let message = format!("`{word}` needs the number of classes");
                    self.fail(frame, &codes::MISSING, span, message, &format!("for example `{word}(10)`"));
                    return None;
                }
            });
        };
        let classes = match self.target_classes(arg, frame) {
            Some(k) => k,
            None => self.dim_expr(arg, frame, true)?,
        };
        if classes.constant().is_some_and(|k| k < 1) {
            let message = format!("a number of classes must be at least 1, and this is {classes}");
            self.fail(frame, &codes::OUT_OF_RANGE, arg.span, message, "the number of classes");
            return None;
        }
        Some(match word {
            "logit" => Domain::LogitOf(classes),
            "prob" => Domain::ProbOf(classes),
            "logprob" => Domain::LogProbOf(classes),
            "label" => Domain::LabelOf(classes),
            _ => {
                let message = format!("`{word}` has no classes");
                self.fail(frame, &codes::ARITY, arg.span, message, "remove this");
                return None;
            }
        })
    }

    /// `digits.digit` where a number of classes is asked for.
    pub(super) fn target_classes(&self, arg: &ast::Expr, frame: &Frame) -> Option<Dim> {
        let ExprKind::Field { base, name } = &arg.kind else { return None };
        let ExprKind::Name(data) = &base.kind else { return None };
        if frame.lookup(&data.text).is_some() {
            return None;
        }
        match &self.world.data.get(&data.text)?.target(&name.text)?.domain {
            Domain::LabelOf(k) => Some(k.clone()),
            Domain::Binary => Some(Dim::from(2)),
            _ => None,
        }
    }

    fn in_range(
        &mut self,
        value: &Value,
        range: &ast::Expr,
        span: Span,
        name: &str,
        callee: &Frame,
        caller: &Frame,
    ) -> Option<()> {
        let Value::Range(low, high) = self.eval(range, callee) else { return Some(()) };
        match value.as_number() {
            Some(x) if !(low..=high).contains(&x) => {
                let message = format!("`{name}` must lie in {low}..{high}, and this is {x}");
                let mut d = Diagnostic::new(&codes::OUT_OF_RANGE, message).at(span, "outside its range");
                if (low, high) == (0.0, 1.0) && x > 1.0 && x <= 100.0 {
                    d = d.help(format!("as a share this is {}, or {x}%", x / 100.0)).fix(
                        "write it as a percentage",
                        span,
                        format!("{x}%"),
                    );
                }
                self.report(caller, d);
                None
            }
            _ => Some(()),
        }
    }

    fn unknown_type(&mut self, ty: &TypeExpr, frame: &Frame) {
        let TypeKind::Named { path, .. } = &ty.kind else { return };
        let written = path.iter().map(|p| &*p.text).collect::<Vec<_>>().join(".");
        let data: Vec<String> = self
            .world
            .data
            .values()
            .flat_map(|d| d.inputs.iter().map(|i| format!("{}.{}", d.name, i.name)).collect::<Vec<_>>())
            .collect();
        let known = DOMAINS.iter().chain(&CONFIG_TYPES).copied().chain(["any"]).chain(data.iter().map(String::as_str));
        let close = super::foreign::tensor_type(&written).or_else(|| crate::text::closest(&written, known));
        let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no type `{written}`"))
            .at(ty.span, "not a type")
            .suggest(ty.span, close);
        self.report(frame, d);
    }
}

/// The place in the user's own text.
pub(super) fn user_span(caller: &Frame, span: Span) -> Option<Span> {
    match &caller.definition {
        Some(d) if d.library => caller.call_site,
        _ => Some(span),
    }
}

fn is_plain_number(value: &Value) -> bool {
    matches!(value, Value::Number(_)) || matches!(value, Value::Int(d, _) if !d.is_batch())
}

fn first_outside(value: &Value, range: Option<(f64, f64)>) -> Option<f64> {
    let (low, high) = range?;
    match value {
        Value::List(items) => items.iter().find_map(|(v, _)| first_outside(v, range)),
        other => other.as_number().filter(|x| !(low..=high).contains(x)),
    }
}

fn symbol_name(dim: &Dim) -> Option<Arc<str>> {
    match dim.symbols().as_slice() {
        [DimSymbol::Name(n, _)] if *dim == Dim::symbol(dim.symbols()[0].clone()) => Some(n.clone()),
        _ => None,
    }
}

pub(super) fn display_patterns(patterns: &[DimPattern]) -> String {
    let parts: Vec<String> = patterns
        .iter()
        .map(|p| match p {
            DimPattern::Star(s) => format!("*{s}"),
            DimPattern::Dim(_, Some(name)) => name.to_string(),
            DimPattern::Dim(d, None) => d.to_string(),
        })
        .collect();
    format!("[{}]", parts.join(", "))
}

pub(super) fn count_axes(n: usize) -> String {
    match n {
        0 => "a single number".into(),
        1 => "1 axis".into(),
        n => format!("{n} axes"),
    }
}

/// A domain in a message; names that are not bound are left out.
pub(super) fn display_domain(domain: &Domain) -> String {
    let free = domain.classes().is_some_and(|k| k.symbols().iter().any(|s| matches!(s, DimSymbol::Name(_, UNBOUND))));
    let shown = domain.to_string();
    if free { format!("{} of several classes", shown.split('(').next().unwrap_or("")) } else { shown }
}

/// What a domain's numbers are, in words.
pub(super) fn meaning(domain: &Domain) -> &'static str {
    match domain {
        Domain::Real => "plain numbers",
        Domain::Logit => "an unbounded score",
        Domain::Prob => "a probability",
        Domain::Binary => "0 or 1",
        Domain::LogitOf(_) => "unbounded scores of the classes",
        Domain::ProbOf(_) => "probabilities of the classes",
        Domain::LogProbOf(_) => "logarithms of the classes' probabilities",
        Domain::LabelOf(_) => "the number of a class",
    }
}

/// `width // 2` of `width / 2`.
fn whole_division(text: &str) -> Option<String> {
    (text.matches('/').count() == 1).then(|| text.replace('/', "//"))
}
