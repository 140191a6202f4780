//! Changes of the program in the middle of a training. Each is an edit of the program's text, which is then checked anew; what
//! of the weights still fits is carried over.

use std::sync::Arc;

use crate::check::elaborate::Role;
use crate::check::{self, Action};
use crate::data::PieceKind;
use crate::diag::{Diagnostic, Severity, codes};
use crate::session::load::read_program;
use crate::syntax::{self, ast};
use crate::text::{FileId, Source, Span, format};
use crate::train::event::{self, Event};
use crate::train::{Run, Snapshot};

use super::condition::known_path;
use super::form::{Given, refuse};
use super::timeline::{Point, Stretch};
use super::version::{self, Version};
use super::{Lab, Live, Refused, Reply, Sink, plotting};

/// What of a training's numbers was taken over.
#[derive(Default)]
struct Carried {
    kept: Vec<String>,
    fresh: Vec<String>,
    gone: Vec<String>,
}

fn parsed(text: &str) -> ast::File {
    syntax::parse(&Source::new(FileId::default(), "", text)).file
}

/// The name of an item, or what its kind calls it; none for `print` and `plot`.
fn name_of(item: &ast::Item) -> Option<String> {
    match &item.kind {
        ast::ItemKind::Def(def) => Some(def.name.as_ref().map_or(&def.kind.text, |n| &n.text).to_string()),
        ast::ItemKind::Hyper { name, .. } | ast::ItemKind::Weights { name, .. } => Some(name.text.to_string()),
        _ => None,
    }
}

/// An item with the documentation above it.
fn whole(text: &str, item: &ast::Item) -> std::ops::Range<usize> {
    let mut start = item.span.start as usize;
    loop {
        let above = text[..start].trim_end_matches([' ', '\t']);
        let Some(above) = above.strip_suffix('\n') else { return start..item.span.end as usize };
        let line = above.rfind('\n').map_or(0, |i| i + 1);
        if !above[line..].trim_start().starts_with('#') {
            return start..item.span.end as usize;
        }
        start = line;
    }
}

/// The text of the item that bears a name.
pub fn item_text(text: &str, name: &str) -> Option<String> {
    let file = parsed(text);
    let item = file.items.iter().find(|i| name_of(i).as_deref() == Some(name))?;
    text.get(whole(text, item)).map(str::to_string)
}

/// The items of a text that another does not have as they are.
pub fn changed_items(old: &str, new: &str) -> Vec<String> {
    let items = |text: &str| -> Vec<String> {
        parsed(text).items.iter().filter_map(|i| text.get(whole(text, i)).map(str::to_string)).collect()
    };
    let before = items(old);
    items(new).into_iter().filter(|i| !before.contains(i)).collect()
}

fn replace(text: &str, span: Span, with: &str) -> String {
    let range = span.range();
    let (front, back) = (text.get(..range.start).unwrap_or(text), text.get(range.end..).unwrap_or(""));
    format!("{front}{with}{back}")
}

impl Lab {
    /// Items that were typed: definitions become part of the program, actions are done once.
    pub(super) fn items(&mut self, text: &str, sink: &mut dyn Sink) -> Result<(), Refused> {
        let source = Source::new(FileId::default(), "typed", text);
        let file = syntax::parse(&source);
        if file.problems.has_errors() {
            let mut sources = crate::text::Sources::default();
            sources.add("typed", text);
            self.sources = sources;
            return Err(super::super::execute::first_error(file.problems, Span::default()).into());
        }
        let is_action = |item: &ast::Item| match &item.kind {
            ast::ItemKind::Print(_) | ast::ItemKind::Plot(_) => true,
            ast::ItemKind::Def(def) => matches!(&*def.kind.text, "evaluate" | "predict"),
            _ => false,
        };
        let mut program = self.version().text.clone();
        let mut defined = Vec::new();
        for item in file.file.items.iter().filter(|i| !is_action(i)) {
            let typed = text.get(whole(text, item)).unwrap_or_default().to_string();
            let name = name_of(item);
            let old = parsed(&program);
            let same = old.items.iter().find(|i| name.is_some() && name_of(i) == name);
            match same {
                Some(found) => {
                    let range = whole(&program, found);
                    program.replace_range(range, &typed);
                    defined.push(format!("redefined `{}`", name.unwrap_or_default()));
                }
                None => {
                    // What is used must not come behind actions: trainings are known only to what follows them.
                    let first_action = old.items.iter().find(|i| is_action(i)).map(|i| whole(&program, i).start);
                    let at = first_action.unwrap_or(program.len());
                    let gap = if program[..at].is_empty() || program[..at].ends_with("\n\n") {
                        ""
                    } else if program[..at].ends_with('\n') {
                        "\n"
                    } else {
                        "\n\n"
                    };
                    program.insert_str(at, &format!("{gap}{typed}\n{}", if at < program.len() { "\n" } else { "" }));
                    defined.push(format!("defined `{}`", name.unwrap_or_default()));
                }
            }
        }
        if !defined.is_empty() {
            self.change(program, sink)?;
            sink.line(defined.join(", "));
            self.run_tests(&file.file, sink)?;
        }
        for item in file.file.items.iter().filter(|i| is_action(i)) {
            let typed = text.get(item.span.range()).unwrap_or_default();
            self.action(typed, sink)?;
        }
        Ok(())
    }

    /// Tests that were just typed are run.
    fn run_tests(&mut self, file: &ast::File, sink: &mut dyn Sink) -> Result<(), Refused> {
        let checked = self.checked();
        for item in &file.items {
            let ast::ItemKind::Def(def) = &item.kind else { continue };
            if &*def.kind.text != "test" {
                continue;
            }
            let name = name_of(item).unwrap_or_default();
            let Some(test) = checked.program.tests.iter().find(|t| *t.name == *name) else { continue };
            let failure = match check::run_test(&checked.program.world, test) {
                Ok(failures) if failures.is_empty() => None,
                Ok(failures) => Some(failures.iter().map(|f| f.message.clone()).collect::<Vec<_>>().join("\n")),
                Err(problems) => return Err(super::super::execute::first_error(problems, test.span).into()),
            };
            let claims = test.def.body.entries.len() as u64;
            sink.event(&Event::Test(event::Test { name, passed: failure.is_none(), claims, failure }));
        }
        Ok(())
    }

    /// An action of the language, done once.
    pub(super) fn action(&mut self, text: &str, sink: &mut dyn Sink) -> Result<(), Refused> {
        let checked = self.checked();
        let focus = self.state.moment.focus.clone();
        let fragment = check::fragment(&checked.program, focus.as_deref(), "typed", text);
        self.sources = fragment.sources;
        if let Some(error) = fragment.diagnostics.iter().find(|d| d.severity == Severity::Error) {
            return Err(error.clone().into());
        }
        for action in &fragment.actions {
            match action {
                Action::Print { value, span } => {
                    let printed = check::claim_value(&checked.program.world, value)
                        .map_err(|p| super::super::execute::first_error(p, *span))?;
                    sink.line(format!("{} : {}", super::super::execute::shown(&printed.value), printed.ty));
                }
                Action::Plot(item) => plotting::draw(self, item, sink)?,
                Action::Evaluate(item) => {
                    for of in &item.of {
                        self.on_training(of, sink, |lab, sink| lab.evaluate_item(of, item, sink))?;
                    }
                }
                Action::Predict(item) => {
                    let of = item.of.clone();
                    self.on_training(&of.clone(), sink, |lab, sink| {
                        lab.with_execution(&of, sink, |execution, sink| execution.predict(item, sink))
                    })?;
                }
                Action::Train(_) => {}
            }
        }
        Ok(())
    }

    /// Does something with a training that need not be the focused one.
    pub(super) fn on_training<T>(
        &mut self,
        name: &Arc<str>,
        sink: &mut dyn Sink,
        work: impl FnOnce(&mut Lab, &mut dyn Sink) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let focus = self.state.moment.focus.replace(name.clone());
        let sources = self.sources.clone();
        let result = self.ready(sink).and_then(|_| {
            self.sources = sources;
            work(self, sink)
        });
        self.state.moment.focus = focus;
        result
    }

    /// Puts a program in the place of the present one, and carries the trainings over.
    pub(super) fn change(&mut self, text: String, sink: &mut dyn Sink) -> Result<(), Refused> {
        if text == self.version().text {
            return Ok(());
        }
        let checked = self.check(&text);
        self.sources = checked.program.world.scope.sources();
        if let Some(error) = checked.diagnostics.iter().find(|d| d.severity == Severity::Error) {
            let others = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).count() - 1;
            let mut d = error.clone();
            if others > 0 {
                d = d.help(format!("and {}", format::counted(others as u64, "further error")));
            }
            return Err(d.help("the session is as before").into());
        }
        self.tell(&checked, sink);
        self.versions.push(Version::new(text, checked));
        self.state.moment.version = self.versions.len() - 1;
        let names: Vec<Arc<str>> = self.trainings().iter().map(|t| t.name.clone()).collect();
        if self.state.moment.focus.as_ref().is_none_or(|f| !names.contains(f)) {
            self.state.moment.focus = names.first().cloned();
        }
        let points = self.state.moment.points.clone();
        for (name, point) in points {
            if names.contains(&name) {
                self.carry_over(&name, point, sink)?;
            } else {
                self.state.moment.points.remove(&name);
            }
        }
        Ok(())
    }

    /// A training under the new program, with what still fits of its weights and state.
    fn carry_over(&mut self, name: &Arc<str>, point: Point, sink: &mut dyn Sink) -> Result<(), Refused> {
        let sources = self.sources.clone();
        self.go(name, point, sink)?;
        self.keep_snapshot(name, point)?;
        self.sources = sources;
        let version = self.state.moment.version;
        let mut trained = self.fresh(version, name, sink)?;
        let fingerprint = version::fingerprint(&trained.run.setup);
        if fingerprint == self.stretches[point.stretch].fingerprint {
            return Ok(());
        }
        let old = self.run(name)?;
        let (snapshot, carried) = carry(old, &trained.run, &|_| false);
        if !trained.run.restore(&snapshot) {
            return Err(refuse(format!("`{name}` can't be carried over")).into());
        }
        self.push_stretch(name, point, version, fingerprint, snapshot);
        let stretch = self.state.moment.points[name].stretch;
        self.live.insert(name.clone(), Live { trained, stretch });
        say(name, &carried, sink);
        Ok(())
    }

    fn push_stretch(&mut self, name: &Arc<str>, parent: Point, version: usize, fingerprint: String, start: Snapshot) {
        let step = start.state.step;
        let train = name.clone();
        self.stretches.push(Stretch { train, version, parent: Some(parent), start, fingerprint, losses: vec![] });
        let stretch = self.stretches.len() - 1;
        self.state.moment.points.insert(name.clone(), Point { stretch, step });
    }

    /// The text with a list of frozen paths in the focused training.
    fn with_frozen(&self, paths: &[String]) -> Result<String, Diagnostic> {
        let list = format!("[{}]", paths.join(", "));
        self.with_setting("freeze", &list)
    }

    /// The text with a setting of the focused training.
    fn with_setting(&self, key: &str, value: &str) -> Result<String, Diagnostic> {
        let text = &self.version().text;
        let def = self.train_def()?;
        for entry in &def.body.entries {
            if let ast::EntryKind::Setting { key: k, value: v, .. } = &entry.kind
                && &*k.text == key
            {
                return Ok(replace(text, v.span, value));
            }
        }
        let close = def.body.span.end as usize - 1;
        let body = text.get(def.body.span.start as usize + 1..close).unwrap_or_default();
        let several = body.contains('\n');
        let kept = text.get(..close).unwrap_or_default().trim_end();
        let rest = text.get(close..).unwrap_or_default();
        Ok(match several {
            true => format!("{kept}\n  {key} = {value}\n{rest}"),
            false if body.trim().is_empty() => format!("{kept} {key} = {value} {rest}"),
            false => format!("{}; {key} = {value} {rest}", kept.trim_end_matches(';')),
        })
    }

    fn train_def(&self) -> Result<Arc<ast::Def>, Diagnostic> {
        let focus = self.focus()?;
        let file = parsed(&self.version().text);
        let found = file.items.iter().find_map(|i| match &i.kind {
            ast::ItemKind::Def(def) if &*def.kind.text == "train" && name_of(i).as_deref() == Some(&*focus) => {
                Some(def.clone())
            }
            _ => None,
        });
        found.ok_or_else(|| refuse(format!("`{focus}` is not in the program")))
    }

    fn frozen(&self) -> Vec<String> {
        let focus = self.state.moment.focus.clone();
        let item = self.trainings().into_iter().find(|t| Some(&t.name) == focus.as_ref());
        item.map(|t| t.freeze.iter().map(|(p, _)| p.to_string()).collect()).unwrap_or_default()
    }
}

/// The old training's numbers in the new one's order, where path and shape agree; `anew` says what is to be fresh all the same.
fn carry(old: &Run, new: &Run, anew: &dyn Fn(&str) -> bool) -> (Snapshot, Carried) {
    let (from, fresh) = (old.snapshot(), new.snapshot());
    let mut numbers = fresh.numbers.clone();
    let mut carried = Carried::default();
    let (old_parts, new_parts) = (&old.setup.plan.parts, &new.setup.plan.parts);
    let mut all = old_parts.len() == new_parts.len();
    for (i, part) in new_parts.iter().enumerate() {
        let same = |p: &&crate::plan::Part| p.path == part.path && p.role == part.role && p.shape == part.shape;
        // Optimizer states of several kinds can bear one path: the same position comes first.
        let found = old_parts.get(i).filter(same).or_else(|| old_parts.iter().find(same));
        let source = found.filter(|_| !anew(&part.path)).and_then(|p| from.numbers.get(p.range()));
        let model = part.role != Role::State;
        match (source, numbers.get_mut(part.range())) {
            (Some(source), Some(target)) if source.len() == target.len() => {
                target.copy_from_slice(source);
                if model {
                    carried.kept.push(part.path.to_string());
                }
            }
            _ => {
                all = false;
                if model {
                    carried.fresh.push(part.path.to_string());
                }
            }
        }
    }
    let has = |path: &str| new_parts.iter().any(|p| *p.path == *path && p.role != Role::State);
    carried
        .gone
        .extend(old_parts.iter().filter(|p| p.role != Role::State && !has(&p.path)).map(|p| p.path.to_string()));
    let mut state = from.state.clone();
    let same_layout = all && from.numbers.len() == numbers.len();
    let size = |run: &Run| run.setup.item.batch_size.max(1) as u64;
    if size(old) != size(new) {
        state.batch_in_epoch = state.batch_in_epoch * size(old) / size(new);
    }
    if state.batch_in_epoch >= new.batches_per_epoch().max(1) {
        state.batch_in_epoch = new.batches_per_epoch().saturating_sub(1);
    }
    let item = &new.setup.item;
    let changed_stop = old.setup.item.stop.as_ref().map(|(w, p, _)| (w.name(), *p))
        != item.stop.as_ref().map(|(w, p, _)| (w.name(), *p));
    if changed_stop {
        (state.stop_best, state.stale, state.stopped_early) = (None, 0, false);
    }
    state.finished = state.stopped_early
        || item.epochs.is_some_and(|n| state.epoch >= n)
        || item.steps.is_some_and(|n| state.step >= n);
    let keep = |run: &Run| run.setup.item.keep.as_ref().map(|w| w.name());
    let best = from.best.filter(|_| same_layout && keep(old) == keep(new));
    if best.is_none() {
        (state.keep_best, state.keep_epoch) = (None, 0);
    }
    let same_average = old.setup.item.average == item.average;
    let average = from.average.filter(|_| same_layout && same_average);
    if average.is_none() {
        state.averaged = 0;
    }
    let gradients =
        if same_layout && from.gradients.len() == fresh.gradients.len() { from.gradients } else { fresh.gradients };
    (Snapshot { state, numbers, gradients, best, average }, carried)
}

/// Says what kept its weights and what did not.
fn say(name: &str, carried: &Carried, sink: &mut dyn Sink) {
    let list = |paths: &[String]| match paths {
        [] => String::new(),
        _ if paths.len() <= 8 => paths.join(", "),
        _ => format!("{}, … ({})", paths[..7].join(", "), format::count(paths.len() as u64)),
    };
    if carried.fresh.is_empty() && carried.gone.is_empty() {
        sink.line(format!("`{name}` goes on with all its weights"));
        return;
    }
    for (what, paths) in [
        ("keep their weights", &carried.kept),
        ("start with fresh weights", &carried.fresh),
        ("are gone", &carried.gone),
    ] {
        if !paths.is_empty() {
            sink.line(format!("{what}: {}", list(paths)));
        }
    }
}

pub fn set(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let (key, value) = (given.text(0).to_string(), given.text(1).trim().to_string());
    let text = lab.version().text.clone();
    let source = Source::new(FileId::default(), "typed", value.as_str());
    if syntax::parse_expr(&source).1.has_errors() {
        return Err(Diagnostic::new(&codes::SYNTAX, format!("`{value}` is no value"))
            .help("for example `set lr = 3e-4`")
            .into());
    }
    let file = parsed(&text);
    let hyper = file.items.iter().find_map(|i| match &i.kind {
        ast::ItemKind::Hyper { name, default, .. } if *name.text == *key => Some(default.span),
        _ => None,
    });
    let changed = match hyper {
        Some(span) => replace(&text, span, &value),
        None if check::train_settings().contains(&key.as_str()) => lab.with_setting(&key, &value)?,
        None => optimizer_argument(lab, &key, &value)?,
    };
    if changed == text {
        sink.line(format!("{key} = {value} already"));
        return Ok(());
    }
    lab.change(changed, sink)?;
    sink.line(format!("{key} = {value}"));
    Ok(())
}

/// The text with another value of an argument of the training's optimizer.
fn optimizer_argument(lab: &Lab, key: &str, value: &str) -> Result<String, Diagnostic> {
    let text = &lab.version().text;
    let def = lab.train_def()?;
    let optimizer = def.body.entries.iter().find_map(|e| match &e.kind {
        ast::EntryKind::Setting { key, value, .. } if &*key.text == "optimizer" => Some(value),
        _ => None,
    });
    if let Some(ast::Expr { kind: ast::ExprKind::Call { args, .. }, span }) = optimizer {
        if let Some(arg) = args.iter().find(|a| a.name.as_ref().is_some_and(|n| &*n.text == key)) {
            return Ok(replace(text, arg.value.span, value));
        }
        let known = optimizer_arguments(lab, optimizer);
        if known.iter().any(|k| k == key) {
            let at = Span { start: span.end - 1, ..*span };
            let comma = if args.is_empty() { "" } else { ", " };
            return Ok(replace(text, Span { end: at.start, ..at }, &format!("{comma}{key} = {value}")));
        }
    }
    let mut known: Vec<String> = check::train_settings().iter().map(|s| s.to_string()).collect();
    known.extend(lab.checked().program.hypers.iter().map(|h| h.name.to_string()));
    known.extend(optimizer_arguments(lab, optimizer));
    Err(super::form::unknown("setting, hyper or argument of the optimizer", key, known.iter().map(String::as_str)))
}

fn optimizer_arguments(lab: &Lab, optimizer: Option<&ast::Expr>) -> Vec<String> {
    let Some(ast::Expr { kind: ast::ExprKind::Call { callee, .. }, .. }) = optimizer else { return vec![] };
    let ast::ExprKind::Name(name) = &callee.kind else { return vec![] };
    let checked = lab.checked();
    let Some(definition) = checked.program.world.scope.lookup(&name.text) else { return vec![] };
    definition.config().map(|c| c.params.iter().map(|p| p.name.text.to_string()).collect()).unwrap_or_default()
}

pub fn freeze(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let path = given.text(0).to_string();
    let name = lab.ready(sink)?;
    known_path(&path, lab.run(&name)?, false)?;
    let mut frozen = lab.frozen();
    if frozen.contains(&path) {
        sink.line(format!("`{path}` is frozen already"));
        return Ok(());
    }
    frozen.push(path.clone());
    let text = lab.with_frozen(&frozen)?;
    lab.change(text, sink)?;
    sink.line(format!("`{path}` is no longer trained"));
    Ok(())
}

pub fn unfreeze(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let path = given.text(0).to_string();
    let mut frozen = lab.frozen();
    let before = frozen.len();
    frozen.retain(|p| *p != path);
    if frozen.len() == before {
        let d = super::form::unknown("frozen path", &path, frozen.iter().map(String::as_str));
        return Err(d.help("what a model freezes itself, by `frozen(…)`, is changed in the model").into());
    }
    let text = lab.with_frozen(&frozen)?;
    lab.change(text, sink)?;
    sink.line(format!("`{path}` is trained again"));
    Ok(())
}

pub fn reset(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let path = given.text(0).to_string();
    let name = lab.ready(sink)?;
    known_path(&path, lab.run(&name)?, false)?;
    let point = lab.state.moment.points[&name];
    lab.keep_snapshot(&name, point)?;
    let version = lab.stretches[point.stretch].version;
    let mut trained = lab.fresh(version, &name, sink)?;
    let below = |p: &str| p == path || p.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'));
    let (snapshot, carried) = carry(lab.run(&name)?, &trained.run, &below);
    if !trained.run.restore(&snapshot) {
        return Err(refuse(format!("`{name}` can't be carried over")).into());
    }
    let fingerprint = lab.stretches[point.stretch].fingerprint.clone();
    lab.push_stretch(&name, point, version, fingerprint, snapshot);
    let stretch = lab.state.moment.points[&name].stretch;
    lab.live.insert(name.clone(), Live { trained, stretch });
    say(&name, &carried, sink);
    Ok(())
}

pub fn reload(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let Some(path) = lab.path.clone() else {
        return Err(refuse("this session was opened without a file").help("items can be typed here as well").into());
    };
    let text = read_program(&path)?;
    if text == lab.version().text {
        lab.file_text = text;
        sink.line(format!("{} says what the session has already", path.display()));
        return Ok(());
    }
    let changed = changed_items(&lab.version().text, &text).len();
    lab.change(text.clone(), sink)?;
    lab.file_text = text;
    sink.line(format!("{} read, {} changed", path.display(), format::counted(changed as u64, "item")));
    Ok(())
}

/// What differs from the file, to paste there.
pub fn changes(lab: &Lab, sink: &mut dyn Sink) {
    let items = changed_items(&lab.file_text, &lab.version().text);
    match items.is_empty() {
        true => sink.line("nothing differs from the file".to_string()),
        false => sink.say(Reply::Text(items.join("\n\n"))),
    }
}

/// Names of the numbers in a block's row.
pub fn feature_names(block: &crate::data::Block) -> Vec<String> {
    let names = block.pieces.iter().flat_map(|p| match &p.kind {
        PieceKind::Dense { feature_names, .. } => feature_names.clone(),
        PieceKind::Embed { .. } => vec![format!("{} (level)", p.column)],
    });
    names.collect()
}
