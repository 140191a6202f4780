//! Pieces of the language that are read beside a checked program: what is typed into a session.

use crate::diag::Diagnostic;
use crate::syntax::{self, ast};
use crate::text::{Sources, Span};

use super::claim::{self, Printed};
use super::items::{self, Known};
use super::program::{Action, Program};
use super::scope::DefinitionKind;
use super::world::World;
use super::{Used, elaborate, evaluate_item, plot_item};
use crate::diag::Problems;

/// Actions and what is to be said of them; nothing of it becomes part of the program.
pub struct Fragment {
    pub actions: Vec<Action>,
    /// In order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// With the text that was read.
    pub sources: Sources,
}

/// Checks actions (`print`, `plot`, `evaluate`, `predict`) as if they stood at the end of the program, behind the training
/// `last` where they name none.
pub fn fragment(program: &Program, last: Option<&str>, name: &str, text: &str) -> Fragment {
    let world = &program.world;
    let source = world.scope.add_source(name, text);
    let parsed = syntax::parse(&source);
    let mut problems = parsed.problems;
    let mut used = Used::default();
    let models = world.scope.own().filter(|d| d.kind == DefinitionKind::Model).cloned().collect();
    let mut trains: Vec<_> = program
        .actions
        .iter()
        .filter_map(|a| match a {
            Action::Train(t) => Some((**t).clone()),
            _ => None,
        })
        .collect();
    trains.sort_by_key(|t| Some(&*t.name) == last);
    let known = Known { models, trains };
    let mut actions = Vec::new();
    for item in &parsed.file.items {
        let mut e = elaborate::Elaborator::new(world, false);
        match &item.kind {
            ast::ItemKind::Print(values) => {
                for value in values {
                    let (printer, printed) = claim::print(world, value);
                    used.take(printer, &mut problems);
                    actions.extend(printed.then(|| Action::Print { value: value.clone(), span: value.span }));
                }
            }
            ast::ItemKind::Plot(plot) => {
                actions
                    .extend(plot_item::plot_item(&mut e, plot, item.span, &known).map(|p| Action::Plot(Box::new(p))));
            }
            ast::ItemKind::Def(def) => match &*def.kind.text {
                "evaluate" => {
                    let found = evaluate_item::evaluate_item(&mut e, def, &known, &program.base);
                    actions.extend(found.map(|v| Action::Evaluate(Box::new(v))));
                }
                "predict" => {
                    let found = items::predict_item(&mut e, def, &known, &program.base);
                    actions.extend(found.map(|v| Action::Predict(Box::new(v))));
                }
                _ => {}
            },
            _ => {}
        }
        used.take(e, &mut problems);
    }
    Fragment { actions, diagnostics: problems.sorted(), sources: world.scope.sources() }
}

/// The value of an expression without rows, its place, and the texts that diagnostics are about.
pub fn expression(world: &World, name: &str, text: &str) -> (Result<(Printed, Span), Problems>, Sources) {
    let source = world.scope.add_source(name, text);
    let (expr, problems) = syntax::parse_expr(&source);
    let result = match problems.has_errors() {
        true => Err(problems),
        false => claim::evaluate(world, &expr).map(|printed| (printed, expr.span)),
    };
    (result, world.scope.sources())
}

/// The keys that `train` knows.
pub fn train_settings() -> &'static [&'static str] {
    &items::TRAIN
}
