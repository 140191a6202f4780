//! Names, types, shapes and domains: what a program means, and everything that is wrong with it, before anything runs.

mod allow;
mod applied;
pub mod builtin;
mod call;
mod claim;
mod closer_look;
mod data_input;
pub mod data_item;
mod deciding;
mod definition;
mod domain_help;
mod draw;
pub mod elaborate;
mod evaluate_item;
mod expr;
mod extent;
mod field;
mod follow_up;
mod foreign;
mod fragment;
mod frame;
pub mod function_plot;
mod generate;
mod given;
mod gradient;
mod hyper;
mod initial;
mod items;
mod lints;
pub mod measure;
mod operator;
pub mod own_metric;
mod plateau;
mod plot_item;
mod plot_series;
mod program;
mod reshaping;
mod result;
mod rough_view;
mod row_args;
pub mod row_expression;
pub mod saved;
mod scope;
mod sequence;
mod settings;
mod signature;
mod slot;
mod special_form;
pub mod training;
mod unused;
mod uses;
mod value;
mod way;
mod world;

#[cfg(test)]
mod example_tests;
#[cfg(test)]
mod golden_tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};
use crate::syntax::{self, ast};
use crate::text::{Source, Sources, Span};

pub use allow::is_allowed;
pub use claim::{Printed, TestFailure, evaluate as claim_value, run_test};
pub use closer_look::{CloserLook, Slicing};
pub use foreign::here as known_elsewhere;
pub use fragment::{Fragment, expression, fragment, train_settings};
pub use frame::Frame;
pub use plateau::{PlateauItem, PlateauRule};
pub use program::{
    Action, Average, Clip, DataItem, EvaluateItem, Hyper, PlotItem, PlotWhat, PredictInput, PredictItem, Program,
    Require, Rows, Side, TestItem, ThresholdItem, TrainItem, Watched,
};
pub use scope::{Definition, DefinitionKind, Scope};
pub use uses::Files;
pub use value::{Tensor, Value};
pub use world::{DataView, World};

/// A program and all that is to be said of it.
pub struct Checked {
    pub program: Program,
    /// In order of place.
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == crate::diag::Severity::Error)
    }
}

/// Values for hypers from the command line, by name.
pub type Overrides = [(String, String)];

/// Checks a whole file. `sources` holds its text already.
pub fn check(sources: Sources, source: &Source, base: &Path, overrides: &Overrides) -> Checked {
    check_with(sources, source, base, overrides, Files::Folder(base))
}

/// As [`check`]; `files` says where the files come from that the program uses.
pub fn check_with(sources: Sources, source: &Source, base: &Path, overrides: &Overrides, files: Files<'_>) -> Checked {
    let parsed = syntax::parse(source);
    let mut problems = parsed.problems;
    let broken = problems.has_errors();
    let file = parsed.file;
    let mut scope = Scope::new(sources);
    let mut items: BTreeMap<Arc<str>, Span> = BTreeMap::new();
    let mut uses = uses::Uses::new(files);
    define(&file, &mut scope, &mut items, &mut uses, &mut problems);
    let mut world = World::new(scope, items);
    let hypers = hyper::hypers(&file, &mut world, overrides, &mut problems);
    let mut used = Used::default();
    let data = data_items(&file, &mut world, base, &mut problems, &mut used);
    definition::definitions(&world, &mut problems, &mut used);
    weights(&file, &mut world, base, &mut problems, &mut used);
    let actions = actions(&file, &mut world, &data, base, &mut problems, &mut used);
    for evaluation in lints::Evaluation::all(&world, &actions, &data) {
        problems.extend(lints::evaluation(&evaluation));
    }
    let tests = tests(&file, &world, &mut problems, &mut used);
    if !broken && !problems.has_errors() {
        unused::unused(&file, &world, &hypers, &used, &mut problems);
        unused::unused_weights(&world, &used, &mut problems);
    }
    let mut allowed = allow::allows(&file, &source.text, &mut problems);
    allowed.append(&mut uses.allowed);
    let sources = world.scope.sources();
    let mut diagnostics = problems.sorted();
    diagnostics.retain(|d| !is_allowed(d, &allowed));
    follow_up::remove(&mut diagnostics, &file, &source.text);
    lints::once(&mut diagnostics);
    let program = Program {
        file: source.id,
        doc: file.doc.clone(),
        base: base.to_path_buf(),
        world,
        hypers,
        data,
        actions,
        tests,
        allowed,
        uses: uses.texts,
    };
    Checked { program, diagnostics, sources }
}

/// Texts that a saved model brings with its program.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Definitions of the library, by name.
    pub library: BTreeMap<String, String>,
    /// Files that the program uses, by path.
    pub uses: BTreeMap<String, String>,
}

/// Opens the program of a saved model for one of its trainings: `view` is its data as it was fitted.
pub fn reopen(
    text: &str,
    kept: Kept,
    hypers: &Overrides,
    view: &dyn Fn(Span) -> DataView,
    train: &str,
) -> Result<(World, TrainItem), Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let source = sources.add("the model's program", text);
    let parsed = syntax::parse(&source);
    let mut problems = parsed.problems;
    let mut scope = Scope::new(sources).with_library(kept.library);
    let mut items = BTreeMap::new();
    let mut uses = uses::Uses::new(Files::Kept(&kept.uses));
    define(&parsed.file, &mut scope, &mut items, &mut uses, &mut problems);
    let mut world = World::new(scope, items);
    hyper::hypers(&parsed.file, &mut world, hypers, &mut problems);
    let models: Vec<_> = world.scope.own().filter(|d| d.kind == DefinitionKind::Model).cloned().collect();
    let defs = parsed.file.items.iter().filter_map(|i| match &i.kind {
        ast::ItemKind::Def(def) => Some(def),
        _ => None,
    });
    let view = view(Span::default());
    let mut found = None;
    for def in defs {
        if &*def.kind.text == "data" {
            let name = items::item_name(def);
            let span = def.name.as_ref().map_or(def.kind.span, |n| n.span);
            let known = if name == view.name {
                DataView { span, ..view.clone() }
            } else {
                data_item::view_of(&name, span, None, None)
            };
            world.data.insert(name, known);
        }
        if &*def.kind.text == "train" && items::item_name(def) == train.into() {
            found = Some(def.clone());
        }
    }
    let Some(def) = found else { return Err(problems.sorted()) };
    let known = items::Known { models, trains: vec![] };
    let mut e = elaborate::Elaborator::new(&world, false);
    let item = items::train_item(&mut e, &def, &known);
    problems.extend(std::mem::take(&mut e.problems));
    drop(e);
    match item {
        // What was fitted is in the model: rules and costs are not read again.
        Some(item) => Ok((world, TrainItem { threshold: vec![], calibrate: vec![], stop: None, keep: None, ..item })),
        None => Err(problems.sorted()),
    }
}

/// What was read while checking, for the lints.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub hypers: BTreeSet<Arc<str>>,
    pub definitions: BTreeSet<Arc<str>>,
}

impl Used {
    /// Takes an elaborator's findings.
    pub fn take(&mut self, e: elaborate::Elaborator<'_>, problems: &mut Problems) {
        self.hypers.extend(e.hypers_read);
        self.definitions.extend(e.applied);
        problems.extend(e.problems);
    }
}

/// Puts the file's definitions into scope.
fn define(
    file: &ast::File,
    scope: &mut Scope,
    items: &mut BTreeMap<Arc<str>, Span>,
    uses: &mut uses::Uses<'_>,
    problems: &mut Problems,
) {
    let mut names: BTreeMap<Arc<str>, Span> = BTreeMap::new();
    for item in &file.items {
        let ast::ItemKind::Def(def) = &item.kind else {
            match &item.kind {
                ast::ItemKind::Use(u) => {
                    uses.bring(u, item.span, None, scope, problems);
                    names.extend(u.names.iter().map(|n| (n.text.clone(), n.span)));
                }
                ast::ItemKind::Weights { name, .. } => {
                    if let Some(first) = names.insert(name.text.clone(), name.span) {
                        let d = Diagnostic::new(&codes::DUPLICATE, format!("`{}` is defined twice", name.text))
                            .at(name.span, "defined again")
                            .at(first, "first defined here");
                        problems.push(d);
                    }
                    items.insert(name.text.clone(), name.span);
                }
                _ => {}
            }
            continue;
        };
        let kind = DefinitionKind::of(&def.kind.text);
        let known = ["data", "train", "evaluate", "predict", "test"];
        if kind.is_none() && !known.contains(&&*def.kind.text) {
            let d = match &*def.kind.text {
                word if syntax::LATER_KINDS.contains(&word) => {
                    Diagnostic::new(&codes::NOT_YET, format!("nnrun does not run `{}` yet", def.kind.text))
                        .at(def.kind.span, "part of the language, kept for a later version")
                        .help("make what varies a `hyper`, and run the file for each value: `nnrun FILE --lr 0.1`")
                }
                word => Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no item `{word}`"))
                    .at(def.kind.span, "not a kind of item")
                    .suggest(
                        def.kind.span,
                        syntax::kind_elsewhere(word).or(crate::text::closest(word, syntax::ITEM_KINDS)),
                    ),
            };
            problems.push(d);
            continue;
        }
        if let Some(name) = &def.name {
            if let Some(first) = names.insert(name.text.clone(), name.span) {
                let d = Diagnostic::new(&codes::DUPLICATE, format!("`{}` is defined twice", name.text))
                    .at(name.span, "defined again")
                    .at(first, "first defined here")
                    .help("give one of them another name");
                problems.push(d);
                continue;
            }
            items.insert(name.text.clone(), name.span);
        }
        let Some(kind) = kind else { continue };
        let Some(name) = &def.name else {
            let d = Diagnostic::new(&codes::MISSING, format!("{} needs a name", kind.article()))
                .at(def.kind.span, "without a name");
            problems.push(d);
            continue;
        };
        if crate::prelude::lookup(&name.text).is_some() || builtin::documentation(&name.text).is_some() {
            let d = Diagnostic::new(
                &codes::SHADOWS,
                format!("`{}` hides the library's definition of that name in this file", name.text),
            )
            .at(name.span, "this one is used");
            problems.push(d);
        }
        scope.define(Definition {
            kind,
            name: name.text.clone(),
            doc: item.doc.clone(),
            def: def.clone(),
            library: false,
        });
    }
}

fn data_items(
    file: &ast::File,
    world: &mut World,
    base: &Path,
    problems: &mut Problems,
    used: &mut Used,
) -> Vec<DataItem> {
    let mut out = Vec::new();
    for item in &file.items {
        let ast::ItemKind::Def(def) = &item.kind else { continue };
        if &*def.kind.text != "data" {
            continue;
        }
        let mut e = elaborate::Elaborator::new(world, false);
        let found = data_item::data_item(&mut e, def, base);
        used.take(e, problems);
        if let Some(data) = found {
            let view = match &data.schema {
                Some(schema) => data_item::view_of(&data.name, data.span, Some(schema), data.table.as_deref()),
                None => rough_view::rough_view(&data),
            };
            world.data.insert(data.name.clone(), view);
            out.push(data);
        }
    }
    out
}

/// The trained models of files.
fn weights(file: &ast::File, world: &mut World, base: &Path, problems: &mut Problems, used: &mut Used) {
    for item in &file.items {
        let ast::ItemKind::Weights { name, value } = &item.kind else { continue };
        let mut e = elaborate::Elaborator::new(world, false);
        let view = saved::weights(&mut e, name, value, base, problems);
        used.take(e, problems);
        if let Some(view) = view {
            world.saved.insert(name.text.clone(), view);
        }
    }
}

fn actions(
    file: &ast::File,
    world: &mut World,
    data: &[DataItem],
    base: &Path,
    problems: &mut Problems,
    used: &mut Used,
) -> Vec<Action> {
    let models: Vec<_> = world.scope.own().filter(|d| d.kind == DefinitionKind::Model).cloned().collect();
    let mut known = items::Known { models, trains: vec![] };
    let mut actions = Vec::new();
    let mut normalised: BTreeSet<Arc<str>> = BTreeSet::new();
    for item in &file.items {
        let mut saved: Option<(Arc<str>, saved::SavedView)> = None;
        let mut e = elaborate::Elaborator::new(world, false);
        match &item.kind {
            ast::ItemKind::Print(values) => {
                for value in values {
                    let (printer, printed) = claim::print(world, value);
                    used.take(printer, problems);
                    if printed {
                        actions.push(Action::Print { value: value.clone(), span: value.span });
                    }
                }
            }
            ast::ItemKind::Plot(plot) => {
                actions
                    .extend(plot_item::plot_item(&mut e, plot, item.span, &known).map(|p| Action::Plot(Box::new(p))));
            }
            ast::ItemKind::Def(def) => match &*def.kind.text {
                "train" => {
                    if let Some(train) = items::train_item(&mut e, def, &known) {
                        let item = data.iter().find(|d| d.name == train.data);
                        let (normalises, view) = check_training(world, &train, item, problems, used);
                        if normalises {
                            normalised.insert(train.data.clone());
                        }
                        saved = view.map(|v| (train.name.clone(), v));
                        known.trains.push(train.clone());
                        actions.push(Action::Train(Box::new(train)));
                    }
                }
                "evaluate" => {
                    let found = evaluate_item::evaluate_item(&mut e, def, &known, base);
                    actions.extend(found.map(|v| Action::Evaluate(Box::new(v))));
                }
                "predict" => {
                    let found = items::predict_item(&mut e, def, &known, base);
                    actions.extend(found.map(|v| Action::Predict(Box::new(v))));
                }
                _ => {}
            },
            _ => {}
        }
        used.take(e, problems);
        world.saved.extend(saved);
    }
    sides(&actions, data, problems);
    for item in data {
        let rows = lints::Rows::of(item, normalised.contains(&item.name));
        problems.extend(rows.iter().flat_map(lints::rows));
    }
    actions
}

/// The first look at a training: everything with symbols for what the fit decides. Tells whether the model normalises what it reads, and what it gives.
fn check_training(
    world: &World,
    train: &TrainItem,
    data: Option<&DataItem>,
    problems: &mut Problems,
    used: &mut Used,
) -> (bool, Option<saved::SavedView>) {
    used.definitions.insert(train.model.name.clone());
    if world.data.get(&train.data).is_none_or(|d| d.columns.is_empty()) {
        return (false, None);
    }
    let before = problems.iter().filter(|d| d.severity == crate::diag::Severity::Error).count();
    let pass = training::pass(world, train, true);
    let failed = pass.loss.is_none();
    let paths: Vec<Arc<str>> = pass.elaborator.slots.iter().map(|s| s.path.clone()).collect();
    let view = pass.out.as_ref().map(|out| saved::of_training(&pass.elaborator, train, out));
    let mut normalises = false;
    if !failed {
        let look = lints::Training::of(train, &pass, data);
        normalises = look.normalises_first();
        problems.extend(lints::training(&look));
    }
    let trainable = pass.elaborator.slots.iter().any(|s| s.role == elaborate::Role::Parameter && !s.frozen);
    used.take(pass.elaborator, problems);
    if !failed {
        let eval = training::pass(world, train, false);
        used.take(eval.elaborator, problems);
    }
    for (path, optimizer) in &train.optimizers {
        if let Some(update) =
            training::update_pass(world, optimizer, crate::types::Shape::of([crate::types::Dim::name("P", 0)]))
        {
            if let Some(rate) = update.lr.as_ref().and_then(Value::as_number).filter(|rate| *rate <= 0.0) {
                let d =
                    Diagnostic::new(&codes::OUT_OF_RANGE, format!("a learning rate is positive, and this is {rate}"))
                        .at(
                            optimizer.span,
                            if rate == 0.0 { "changes nothing" } else { "climbs in place of descending" },
                        )
                        .help("usual are 1e-4 to 1e-2 for adam, 1e-2 to 1 for sgd");
                problems.push(d);
            }
            let look = lints::Optimizer::of(optimizer, &update, train, data);
            problems.extend(lints::optimizer(&look));
            used.take(update.elaborator, problems);
        }
        if let Some((path, span)) = path
            && !failed
        {
            unknown_path(path, *span, &paths, problems);
        }
    }
    if failed {
        return (false, view);
    }
    for (path, span) in &train.freeze {
        unknown_path(path, *span, &paths, problems);
    }
    let errors = problems.iter().filter(|d| d.severity == crate::diag::Severity::Error).count();
    if !trainable && errors == before {
        let d = Diagnostic::new(
            &codes::NO_EFFECT,
            "this training has nothing to train: the model has no parameters that may change",
        )
        .at(train.span, "nothing here changes");
        problems.push(d);
    }
    (normalises, view)
}

fn unknown_path(path: &str, span: Span, paths: &[Arc<str>], problems: &mut Problems) {
    let below = |p: &Arc<str>| **p == *path || p.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    if paths.iter().any(below) {
        return;
    }
    let mut parents: BTreeSet<&str> = BTreeSet::new();
    for p in paths {
        parents.extend(p.match_indices('.').map(|(i, _)| &p[..i]));
    }
    let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("the model has nothing at `{path}`"))
        .at(span, "matches no parameter")
        .suggest(span, crate::text::closest(path, parents.iter().copied()))
        .help(format!("its parts are {}", parents.into_iter().collect::<Vec<_>>().join(", ")));
    problems.push(d);
}

/// Rows of a side that the split does not make.
fn sides(actions: &[Action], data: &[DataItem], problems: &mut Problems) {
    let mut needs: Vec<(Arc<str>, Side, Span)> = Vec::new();
    for action in actions {
        match action {
            Action::Train(t) => {
                let plateaus = t.plateaus.iter().map(|p| &p.watched);
                let watched = t.stop.iter().map(|(w, ..)| w).chain(&t.keep).chain(plateaus);
                needs.extend(watched.filter(|w| w.side == Side::Val).map(|w| (t.data.clone(), Side::Val, w.span)));
                needs.extend(t.threshold.iter().map(|h| (t.data.clone(), Side::Val, h.span)));
                needs.extend(t.calibrate.iter().map(|c| (t.data.clone(), Side::Val, c.span)));
            }
            Action::Evaluate(v) => {
                if let Rows::Side { data, side } = &v.on {
                    needs.push((data.clone(), *side, v.span));
                }
            }
            Action::Plot(p) => {
                if let PlotWhat::Training { series, of, on } = &p.what {
                    let of_rows = series.iter().filter(|(name, _)| plot_series::looks_at_rows(name));
                    let trained = actions.iter().filter_map(|a| match a {
                        Action::Train(t) if of.contains(&t.name) => Some((t.data.clone(), Side::Test)),
                        _ => None,
                    });
                    let rows: Vec<_> = on.clone().map_or_else(|| trained.collect(), |one| vec![one]);
                    for (_, span) in of_rows {
                        needs.extend(rows.iter().map(|(data, side)| (data.clone(), *side, *span)));
                    }
                }
            }
            _ => {}
        }
    }
    for (name, side, span) in needs {
        let Some(item) = data.iter().find(|d| d.name == name && !d.unknown_sides) else { continue };
        let fractions = match &item.spec.split {
            Some(choice) => match choice.make() {
                Ok(plan) => plan.fractions,
                Err(_) => continue,
            },
            None => [1.0, 0.0, 0.0],
        };
        if fractions[side as usize] > 0.0 {
            continue;
        }
        let d = Diagnostic::new(&codes::SPLIT, format!("this needs {} rows, and `{name}` has none", side.name()))
            .at(span, format!("looks at {} rows", side.name()))
            .at(item.span, "the data is split elsewhere, or not at all");
        let d = match &item.spec.split {
            Some(choice) => {
                d.help(format!("give the split a share for them: `{} = 15%`", side.name())).at(choice.span, "the split")
            }
            None => d.help(format!("add to `data {name}`: `split = random(train = 70%, val = 15%, test = 15%)`")),
        };
        problems.push(d);
    }
}

fn tests(file: &ast::File, world: &World, problems: &mut Problems, used: &mut Used) -> Vec<TestItem> {
    let mut out = Vec::new();
    for item in &file.items {
        let ast::ItemKind::Def(def) = &item.kind else { continue };
        if &*def.kind.text != "test" {
            continue;
        }
        let name = items::item_name(def);
        let test = TestItem { name, span: def.span, def: def.clone() };
        let e = claim::check(world, &test);
        used.take(e, problems);
        out.push(test);
    }
    out
}
