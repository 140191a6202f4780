//! How far a step moved the weights.

use std::sync::Arc;

use crate::check::elaborate::Role;
use crate::text::Span;

use super::super::run::Run;

/// What the last step did to a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateSize {
    pub path: Arc<str>,
    pub span: Span,
    /// `sqrt(Σ (after - before)²)`
    pub update: f64,
    /// `sqrt(Σ before²)`
    pub weight: f64,
}

impl UpdateSize {
    /// The update's norm over the weights'; infinite for weights that were all 0 and moved.
    pub fn ratio(&self) -> f64 {
        if self.update == 0.0 { 0.0 } else { self.update / self.weight }
    }
}

impl Run {
    /// From now on, keeps the weights before each update, so that [`Run::last_update`] can tell (or no longer).
    /// This is a copy of the weights a step; the training computes the same.
    pub fn remember_updates(&mut self, yes: bool) {
        self.looks.remember = yes;
        if !yes {
            self.looks.before = None;
        }
    }

    /// How far the last update moved each trained parameter; `None` if there was none since [`Run::remember_updates`].
    pub fn last_update(&self) -> Option<Vec<UpdateSize>> {
        let before = self.looks.before.as_ref()?;
        let trained = self.setup.plan.parts.iter().filter(|p| p.role == Role::Parameter && !p.frozen);
        let size = |p: &crate::plan::Part| {
            let (mut update, mut weight) = (0.0f64, 0.0f64);
            for (a, b) in self.arena[p.range()].iter().zip(before.get(p.range()).unwrap_or(&[])) {
                update += (f64::from(*a) - f64::from(*b)).powi(2);
                weight += f64::from(*b).powi(2);
            }
            UpdateSize { path: p.path.clone(), span: p.span, update: update.sqrt(), weight: weight.sqrt() }
        };
        Some(trained.map(size).collect())
    }
}
