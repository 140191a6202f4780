//! Extents: what they are in a signature, and whether those of a value fit.

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::NodeId;
use crate::syntax::ast::{self, DimExpr, ExprKind};
use crate::text::Span;
use crate::types::{Axis, Dim, DimSymbol, Shape};

use super::elaborate::{Elaborator, with_origin, with_origins};
use super::frame::Frame;
use super::signature::{DimPattern, UNBOUND, count_axes, display_patterns};
use super::value::Value;

impl Elaborator<'_> {
    /// Matches axes against patterns, binding names; the result bears the names of the pattern.
    pub(super) fn fit_axes(
        &mut self,
        patterns: &[DimPattern],
        axes: &[Axis],
        node: NodeId,
        (name, span): (&str, Span),
        callee: &mut Frame,
        caller: &Frame,
    ) -> Option<Vec<Axis>> {
        let star = patterns.iter().position(|p| matches!(p, DimPattern::Star(_)));
        let fixed = patterns.len() - usize::from(star.is_some());
        if axes.len() < fixed || (star.is_none() && axes.len() != fixed) {
            self.wrong_rank(patterns, axes, span, name, caller);
            return None;
        }
        let starred = axes.len() - fixed;
        let mut out = Vec::with_capacity(axes.len());
        let mut at = 0;
        for pattern in patterns {
            match pattern {
                DimPattern::Star(star) => {
                    let bound = axes[at..at + starred].to_vec();
                    if let Some(known) = callee.stars.get(star).filter(|known| **known != bound) {
                        let known = Shape(known.clone());
                        let message = format!("`{name}` has shape {} where {known} is needed", Shape(bound.clone()));
                        let d = Diagnostic::new(&codes::SHAPE, message).at(span, format!("expected {known}"));
                        let origins: Vec<Axis> = bound.iter().chain(&known.0).cloned().collect();
                        self.report(caller, with_origins(d, origins.iter()));
                        return None;
                    }
                    callee.stars.entry(star.clone()).or_insert_with(|| bound.clone());
                    out.extend(bound);
                    at += starred;
                }
                DimPattern::Dim(dim, symbol) => {
                    let axis = &axes[at];
                    if !self.unify(dim, axis, callee) {
                        self.wrong_extent(dim, axis, node, span, name, callee, caller);
                        return None;
                    }
                    let named = Axis { name: symbol.clone().or_else(|| axis.name.clone()), ..axis.clone() };
                    out.push(named);
                    at += 1;
                }
            }
        }
        Some(out)
    }

    fn wrong_rank(&mut self, patterns: &[DimPattern], axes: &[Axis], span: Span, name: &str, caller: &Frame) {
        let wanted = display_patterns(patterns);
        let have = Shape(axes.to_vec());
        let message = format!("`{name}` takes the shape {wanted}, and this has {have}");
        let label = format!("{} here, {} expected", count_axes(axes.len()), count_axes(patterns.len()));
        let mut d = Diagnostic::new(&codes::SHAPE, message).at(span, label);
        d = with_origins(d, axes.iter());
        if axes.len() == patterns.len() + 1 && axes.last().is_some_and(|a| a.dim.is(1)) {
            d = d.help("the last axis has extent 1: end the model with a declared result such as `-> logit`, which drops it, or `reshape` it");
        }
        self.report(caller, d);
    }

    #[allow(clippy::too_many_arguments)]
    fn wrong_extent(
        &mut self,
        dim: &Dim,
        axis: &Axis,
        node: NodeId,
        span: Span,
        name: &str,
        callee: &Frame,
        caller: &Frame,
    ) {
        let wanted = self.bound(dim, callee);
        let message = format!("`{name}` needs an extent of {wanted} where this has {axis}");
        let mut d = Diagnostic::new(&codes::SHAPE, message).at(span, format!("{axis} here, {wanted} expected"));
        let of_data = axis.dim.symbols().iter().find_map(|s| match s {
            DimSymbol::Name(n, _) => n.split_once('.').map(|(data, _)| format!("{data}.features")),
            _ => None,
        });
        let of_data = of_data.or_else(|| {
            let (input, _) = axis.origin.as_ref()?.what.split_once(" has ")?;
            input.contains('.').then(|| input.to_string())
        });
        if let Some(input) = of_data {
            d = d.help(format!("type it by the data, `{name}: {input}`: its width follows from the columns"));
            if self.world.scope.sources().slice(span).starts_with(&format!("{name}:")) {
                d = d.fix("type it by the data", span, format!("{name}: {input}"));
            }
        }
        d = with_origins(d, [axis].into_iter());
        for symbol in dim.symbols() {
            if let DimSymbol::Name(n, _) = &symbol
                && let Some((_, Some(origin))) = callee.lookup_dim(n)
            {
                d = with_origin(d, origin);
            }
        }
        let d = self.with_ways(d, &[node]);
        self.report(caller, d);
    }

    /// The pattern with what is bound by now.
    pub(super) fn bound(&self, dim: &Dim, frame: &Frame) -> Dim {
        dim.substitute(&|s| match s {
            DimSymbol::Name(n, UNBOUND) => frame.lookup_dim(n).map(|(d, _)| d.clone()),
            _ => None,
        })
    }

    /// Makes the pattern equal to the axis by binding the one name that is free in it, if there is one.
    pub(super) fn unify(&mut self, pattern: &Dim, axis: &Axis, frame: &mut Frame) -> bool {
        let dim = self.bound(pattern, frame);
        let free: Vec<DimSymbol> =
            dim.symbols().into_iter().filter(|s| matches!(s, DimSymbol::Name(_, UNBOUND))).collect();
        match free.as_slice() {
            [] => dim == axis.dim,
            [symbol @ DimSymbol::Name(name, _)] => match dim.solve(symbol, &axis.dim) {
                Some(value) => {
                    frame.dims.insert(name.clone(), (value, axis.origin.clone()));
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    pub(super) fn dim_patterns(&mut self, dims: &[DimExpr], frame: &Frame) -> Option<Vec<DimPattern>> {
        dims.iter()
            .map(|d| match d {
                DimExpr::Star(name) => Some(DimPattern::Star(name.text.clone())),
                DimExpr::Expr(e) => {
                    let name = match &e.kind {
                        ExprKind::Name(n) => Some(n.text.clone()),
                        _ => None,
                    };
                    Some(DimPattern::Dim(self.dim_expr(e, frame, true)?, name))
                }
            })
            .collect()
    }

    /// An extent; names that are not bound become symbols of the pattern where `free` allows them.
    pub(super) fn dim_expr(&mut self, e: &ast::Expr, frame: &Frame, free: bool) -> Option<Dim> {
        use ast::BinaryOp as B;
        match &e.kind {
            ExprKind::Name(n) if matches!(&*n.text, "batch" | "rows") => Some(Dim::batch()),
            ExprKind::Name(n) => {
                if let Some((dim, _)) = frame.lookup_dim(&n.text) {
                    return Some(dim.clone());
                }
                if free && frame.lookup(&n.text).is_none() && !self.world.hypers.contains_key(&n.text) {
                    return Some(Dim::name(n.text.clone(), UNBOUND));
                }
                self.dim_value(e, frame)
            }
            ExprKind::Number { value, integer: true, .. } => Some(Dim::from(*value as i64)),
            ExprKind::Binary { op, left, right, .. } if matches!(op, B::Add | B::Sub | B::Mul | B::FloorDiv) => {
                let a = self.dim_expr(left, frame, free)?;
                let b = self.dim_expr(right, frame, free)?;
                Some(match op {
                    B::Add => &a + &b,
                    B::Sub => &a - &b,
                    B::Mul => &a * &b,
                    _ => a.floor_div(&b),
                })
            }
            _ => self.dim_value(e, frame),
        }
    }

    fn dim_value(&mut self, e: &ast::Expr, frame: &Frame) -> Option<Dim> {
        match self.eval(e, frame) {
            Value::Int(d, _) if d.constant().is_some_and(|n| n < 1) => {
                let message = format!("an extent must be at least 1, and this is {d}");
                self.fail(frame, &codes::OUT_OF_RANGE, e.span, message, "used as an extent here");
                None
            }
            Value::Int(d, _) => Some(d),
            Value::Error => None,
            other => {
                let message = format!("an extent is a whole number, and this is {}", other.kind());
                self.fail(frame, &codes::WRONG_KIND, e.span, message, "used as an extent here");
                None
            }
        }
    }
}
