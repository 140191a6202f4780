//! Whether what a body gives is what its definition declares.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, TypeExpr, TypeKind};
use crate::text::{Span, closest};
use crate::types::{Axis, Dim, Domain, Shape};

use super::call::Site;
use super::elaborate::{Elaborator, with_origins};
use super::frame::Frame;
use super::scope::{Definition, DefinitionKind};
use super::signature::{DimPattern, display_domain};
use super::value::{Tensor, Value};

impl Elaborator<'_> {
    /// Checks the result against its declared type, and shows it to the caller as the caller sees tensors.
    pub(super) fn result(
        &mut self,
        definition: &Arc<Definition>,
        value: Value,
        frame: &mut Frame,
        site: Site,
    ) -> Option<Value> {
        let value = match &definition.def.result {
            Some(ty) => self.declared(ty.clone(), value, frame, definition, "result")?,
            None => value,
        };
        Some(self.hand_back(value, frame, site.caller))
    }

    /// A value brought to a declared result type: a real number may be read as a score, a trailing literal 1 is dropped.
    pub(super) fn declared(
        &mut self,
        ty: TypeExpr,
        value: Value,
        frame: &mut Frame,
        definition: &Arc<Definition>,
        what: &str,
    ) -> Option<Value> {
        match (&ty.kind, value) {
            (_, Value::Error) => None,
            (TypeKind::Record(fields), Value::Record(given)) => {
                let mut out = Vec::new();
                for (name, field_ty) in fields {
                    let Some((_, v)) = given.iter().find(|(n, _)| *n == name.text) else {
                        let message = format!("the result has no field `{}`", name.text);
                        self.fail(frame, &codes::MISSING, name.span, message, "declared here, never returned");
                        return None;
                    };
                    let v = self.declared(field_ty.clone(), v.clone(), frame, definition, &name.text)?;
                    out.push((name.text.clone(), v));
                }
                Some(Value::Record(out))
            }
            (TypeKind::Record(_), other) => {
                let message = format!("the declared result is a record, and the body gives {}", other.kind());
                self.fail(frame, &codes::WRONG_KIND, ty.span, message, "declared here");
                None
            }
            (TypeKind::Named { path, .. }, value)
                if path.len() == 1 && matches!(&*path[0].text, "int" | "bool" | "layer" | "distribution") =>
            {
                Some(value)
            }
            (TypeKind::Named { .. }, value) => {
                let kind = value.kind();
                let Some(tensor) = self.tensor_of(value, frame, ty.span) else {
                    let message = format!("the declared {what} is a tensor, and the body gives {kind}");
                    self.fail(frame, &codes::WRONG_KIND, ty.span, message, "declared here");
                    return None;
                };
                let tensor = Tensor { batched: tensor.batched && !frame.names_batch, ..tensor };
                self.declared_tensor(&ty, tensor, frame, definition).map(Value::Tensor)
            }
            (TypeKind::Error, _) => None,
        }
    }

    fn declared_tensor(
        &mut self,
        ty: &TypeExpr,
        tensor: Tensor,
        frame: &mut Frame,
        definition: &Arc<Definition>,
    ) -> Option<Tensor> {
        let TypeKind::Named { path, args, dims, .. } = &ty.kind else { return None };
        let (domain, patterns) = match path.as_slice() {
            [word] if &*word.text == "any" => {
                (tensor.domain.clone(), self.dim_patterns(dims.as_deref().unwrap_or(&[]), frame)?)
            }
            [word] => {
                if !super::signature::DOMAINS.contains(&&*word.text) {
                    let close = closest(&word.text, super::signature::DOMAINS);
                    let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no type `{}`", word.text))
                        .at(word.span, "not a type of tensor")
                        .suggest(word.span, close);
                    self.report(frame, d);
                    return None;
                }
                let domain = self.domain_pattern(&word.text, args, frame, ty.span)?;
                (domain, self.dim_patterns(dims.as_deref().unwrap_or(&[]), frame)?)
            }
            [data, column] => self.target_type(data, column, frame)?,
            _ => return None,
        };
        let axes = self.visible(&tensor);
        let class_at = usize::from(frame.names_batch && axes.first().is_some_and(|a| a.dim.is_batch()));
        let mut wanted = patterns;
        if domain.has_class_axis()
            && let Some(k) = domain.classes()
        {
            wanted.insert(class_at.min(wanted.len()), DimPattern::Dim(k.clone(), None));
        }
        let domain = self.declared_domain(domain, &tensor, ty, frame, definition)?;
        let tensor = self.drop_trailing_one(tensor, &wanted, frame, definition, ty.span)?;
        self.declared_shape(&wanted, Tensor { domain, ..tensor }, ty, frame)
    }

    /// `homes.price` as a result: the domain of that target.
    fn target_type(
        &mut self,
        data: &ast::Ident,
        column: &ast::Ident,
        frame: &Frame,
    ) -> Option<(Domain, Vec<DimPattern>)> {
        let target = self.world.data.get(&data.text).and_then(|d| d.target(&column.text)).cloned();
        let Some(target) = target else {
            let targets: Vec<String> = self
                .world
                .data
                .values()
                .flat_map(|d| d.targets.iter().map(|t| format!("{}.{}", d.name, t.name)).collect::<Vec<_>>())
                .collect();
            let written = format!("{}.{}", data.text, column.text);
            let span = data.span.to(column.span);
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{written}` is not a target"))
                .at(span, "a result can be typed by a target column")
                .suggest(span, closest(&written, targets.iter().map(String::as_str)));
            self.report(frame, d);
            return None;
        };
        let domain = match target.domain {
            Domain::LabelOf(k) => Domain::LogitOf(k),
            Domain::Binary => Domain::Prob,
            other => other,
        };
        let dims = if target.width > 1 { vec![DimPattern::Dim(Dim::from(target.width), None)] } else { vec![] };
        Some((domain, dims))
    }

    fn declared_domain(
        &mut self,
        wanted: Domain,
        tensor: &Tensor,
        ty: &TypeExpr,
        frame: &mut Frame,
        definition: &Arc<Definition>,
    ) -> Option<Domain> {
        let library = definition.library;
        let of_function = definition.kind != DefinitionKind::Model;
        let constant = matches!(self.graph.nodes[tensor.node.0 as usize].op, crate::engine::graph::Op::Const(_));
        match (&wanted, &tensor.domain) {
            (a, b) if a == b => Some(wanted),
            // The library's results are what they say; its tests see to it.
            _ if library || constant => Some(wanted),
            (Domain::Logit, Domain::Real) | (Domain::LogitOf(_), Domain::Real) => Some(wanted),
            (Domain::Real, _) if of_function => Some(wanted),
            (Domain::Prob, Domain::Binary) => Some(wanted),
            (
                Domain::LogitOf(_) | Domain::ProbOf(_) | Domain::LogProbOf(_),
                Domain::LogitOf(have) | Domain::ProbOf(have) | Domain::LogProbOf(have),
            ) if std::mem::discriminant(&wanted) == std::mem::discriminant(&tensor.domain) => {
                let k = wanted.classes().cloned().unwrap_or(Dim::from(0));
                if !self.unify(&k, &Axis::new(have.clone()), frame) {
                    let k = self.bound(&k, frame);
                    let message = format!("the result is declared for {k} classes, and the body gives {have}");
                    let axes = self.visible(tensor);
                    let d = Diagnostic::new(&codes::SHAPE, message).at(ty.span, "declared here");
                    let d = self.with_ways(with_origins(d, axes.iter()), &[tensor.node]);
                    self.report(frame, d);
                    return None;
                }
                Some(wanted)
            }
            _ => {
                let (shown, have) = (display_domain(&wanted), display_domain(&tensor.domain));
                let message = format!("the result is declared {shown}, and the body gives {have}");
                let mut d = Diagnostic::new(&codes::DOMAIN, message).at(ty.span, format!("declared {shown} here"));
                if let Some(last) = definition.def.body.entries.last() {
                    d = d.at(last.span, format!("{have} comes from here"));
                }
                let last = self.part_of(tensor.node).filter(|p| p.is_activation() && shown == "prob" && have == "real");
                d = match (last, super::domain_help::help(&shown, &tensor.domain)) {
                    (Some(part), _) => {
                        d.help(format!("write `Sigmoid` in place of `{}`: it gives probabilities", part.written))
                    }
                    (None, Some(help)) => d.help(help),
                    (None, None) => d,
                };
                self.report(frame, d);
                None
            }
        }
    }

    /// At a model's declared result a trailing extent of 1 is dropped where the type has one axis less.
    fn drop_trailing_one(
        &mut self,
        tensor: Tensor,
        wanted: &[DimPattern],
        frame: &Frame,
        definition: &Arc<Definition>,
        span: Span,
    ) -> Option<Tensor> {
        let axes = self.visible(&tensor);
        let stars = wanted.iter().any(|p| matches!(p, DimPattern::Star(_)));
        if definition.kind != DefinitionKind::Model
            || stars
            || axes.len() != wanted.len() + 1
            || !axes.last().is_some_and(|a| a.dim.is(1))
        {
            return Some(tensor);
        }
        let mut shape = self.graph.shape(tensor.node).clone();
        shape.0.pop();
        let node = self.reshape_node(tensor.node, shape, frame, span)?;
        Some(Tensor { node, ..tensor })
    }

    fn declared_shape(
        &mut self,
        wanted: &[DimPattern],
        tensor: Tensor,
        ty: &TypeExpr,
        frame: &mut Frame,
    ) -> Option<Tensor> {
        let axes = self.visible(&tensor);
        let mut expected: Vec<Axis> = Vec::new();
        for pattern in wanted {
            match pattern {
                DimPattern::Star(star) => match frame.lookup_star(star) {
                    Some(bound) => expected.extend(bound.clone()),
                    None => return Some(tensor),
                },
                DimPattern::Dim(dim, name) => {
                    let bound = self.bound(dim, frame);
                    let origin = name.as_ref().and_then(|n| match frame.lookup(n) {
                        Some(Value::Int(_, origin)) => origin.clone(),
                        _ => frame.lookup_dim(n).and_then(|(_, o)| o.clone()),
                    });
                    expected.push(Axis { dim: bound, name: name.clone(), origin });
                }
            }
        }
        let unbound: Vec<String> = wanted
            .iter()
            .filter_map(|p| match p {
                DimPattern::Dim(d, Some(name)) if !self.bound(d, frame).symbols().is_empty() => Some(name.to_string()),
                _ => None,
            })
            .filter(|n| frame.lookup_dim(n).is_none() && frame.lookup(n).is_none() && n != "batch" && n != "rows")
            .collect();
        if let Some(name) = unbound.first() {
            let known: Vec<Arc<str>> = frame.dims.keys().chain(frame.values.keys()).cloned().collect();
            let close = closest(name, known.iter().map(|n| &**n)).map(str::to_string);
            let mut d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("the extent `{name}` comes from nowhere"))
                .at(ty.span, "a name in a result must be bound by an input or by configuration");
            d = match close {
                Some(c) => d.help(format!("did you mean `{c}`?")),
                None => d,
            };
            self.report(frame, d);
            return None;
        }
        let same = axes.len() == expected.len() && axes.iter().zip(&expected).all(|(a, b)| a.dim == b.dim);
        if !same {
            let (have, want) = (Shape(axes.clone()), Shape(expected.clone()));
            let message =
                format!("the result is declared as {}, and the body gives {}", shape_words(&want), shape_words(&have));
            let mut d =
                Diagnostic::new(&codes::SHAPE, message).at(ty.span, format!("{} declared here", shape_words(&want)));
            d = self.with_ways(with_origins(d, axes.iter()), &[tensor.node]);
            if axes.len() == expected.len() + 1
                && frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Function)
            {
                d = d.help("declare the shape that it gives, such as `-> real[n]`, or make one number of it with `sum(…)` or `mean(…)`");
            } else if let ([classes], [_], Some(width)) =
                (expected.as_slice(), axes.as_slice(), class_count(self.world.scope.sources().slice(ty.span)))
            {
                d = d.help(format!(
                    "there are {} classes, each with an entry: end the body with `Linear({width})`",
                    classes.dim
                ));
            } else if axes.len() == expected.len() + 1 {
                d = d.help(format!(
                    "the body leaves {} numbers for each example; end it with a layer that gives one",
                    axes[axes.len() - 1]
                ));
            }
            self.report(frame, d);
            return None;
        }
        let axes = axes
            .into_iter()
            .zip(expected)
            .map(|(have, want)| Axis { origin: want.origin.or(have.origin), name: want.name, dim: have.dim })
            .collect();
        Some(self.relabel(&tensor, axes))
    }
}

/// A shape in a sentence.
fn shape_words(shape: &Shape) -> String {
    if shape.rank() == 0 { "one number".into() } else { format!("shape {shape}") }
}

/// What a layer says to give an entry for each class of `logit(people.plan)` or `prob(3)`.
fn class_count(ty: &str) -> Option<String> {
    let inside =
        ["logit(", "prob(", "logprob("].iter().find_map(|domain| ty.strip_prefix(domain))?.strip_suffix(')')?;
    Some(if inside.contains('.') { format!("classes({inside})") } else { inside.to_string() })
}
