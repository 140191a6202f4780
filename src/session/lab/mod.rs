//! An interactive session as a value: a program, trainings that can be stepped, looked into, changed and taken back.
//!
//! [`Lab::enter`] takes what was typed, a command of [`command::COMMANDS`] or a piece of the language, tries it, and either
//! commits it whole or leaves the session as it was. What is answered goes to a [`Sink`].

mod change;
pub mod command;
mod condition;
mod form;
mod keep;
mod look;
mod plotting;
mod reply;
mod show;
mod stepping;
mod time;
mod timeline;
mod version;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::check::{self, Action, Checked, TrainItem};
use crate::data::Dataset;
use crate::diag::{Diagnostic, Severity, codes};
use crate::text::Sources;
use crate::train::{Decisions, Run};

use super::Options;
use super::checkpoint;
use super::execute::{Execution, Stop, fault};
use super::load::{load_text, read_program};
use super::trained::Trained;

pub use form::first_word;
pub use reply::{Reply, Sink, Table};
pub use words::{Words, item_words};

use condition::{Condition, Quantity};
use timeline::{Point, Store, Stretch};
use version::Version;

/// What snapshots may take, in bytes, unless it is said otherwise.
const BUDGET: usize = 256 << 20;
/// The branch that a session starts on.
const MAIN: &str = "main";

/// How a session is opened.
#[derive(Debug, Clone)]
pub struct LabOptions {
    pub threads: usize,
    /// Bytes that snapshots may take.
    pub budget: usize,
}

impl Default for LabOptions {
    fn default() -> Self {
        LabOptions { threads: 1, budget: BUDGET }
    }
}

/// Why an entry was not committed.
#[derive(Debug)]
pub enum Refused {
    /// What is wrong, with the texts it is about; shown already.
    Wrong(Diagnostic),
    /// The user stopped a running command; the steps that were done stay.
    Interrupted,
}

impl From<Diagnostic> for Refused {
    fn from(d: Diagnostic) -> Self {
        Refused::Wrong(d)
    }
}

impl From<Stop> for Refused {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(d) => Refused::Wrong(d),
            Stop::Interrupted => Refused::Interrupted,
        }
    }
}

/// Where a session stands: everything that `undo entry` brings back.
#[derive(Debug, Clone, Default)]
struct State {
    moment: Moment,
    branch: String,
    branches: BTreeMap<String, Branch>,
    snapshots: BTreeMap<String, Moment>,
    breaks: Vec<Condition>,
    watches: Vec<Quantity>,
}

/// A program and how far each of its trainings is.
#[derive(Debug, Clone, Default)]
struct Moment {
    version: usize,
    /// The training that commands are about.
    focus: Option<Arc<str>>,
    points: BTreeMap<Arc<str>, Point>,
}

#[derive(Debug, Clone)]
struct Branch {
    moment: Moment,
    /// The branch it was made from, and at which step.
    from: Option<(String, u64)>,
}

/// A training that is in memory, at the point of the present moment.
struct Live {
    trained: Trained,
    stretch: usize,
}

/// An entry that was committed.
struct Entry {
    text: String,
    /// The state before it, if it changed any.
    before: Option<State>,
}

/// An interactive session.
pub struct Lab {
    options: LabOptions,
    /// The program's file, if there is one.
    path: Option<PathBuf>,
    base: PathBuf,
    /// The text of the file as it was last read.
    file_text: String,
    versions: Vec<Version>,
    stretches: Vec<Stretch>,
    store: Store,
    state: State,
    live: BTreeMap<Arc<str>, Live>,
    datasets: BTreeMap<(usize, Arc<str>), Arc<Dataset>>,
    journal: Vec<Entry>,
    /// Diagnostics that were shown: they are not repeated at each change.
    told: Vec<String>,
    /// Texts that the diagnostics of the entry at hand are about.
    sources: Sources,
    quit: bool,
}

impl Lab {
    /// A session on a program, on a saved session, or on nothing.
    ///
    /// # Errors
    /// What is wrong with the program, shown on `sink` already.
    pub fn open(path: Option<&Path>, options: LabOptions, sink: &mut dyn Sink) -> Result<Lab, Diagnostic> {
        if let Some(path) = path
            && keep::is_session(path)
        {
            return keep::open(path, options).inspect_err(|d| {
                sink.diagnostics(std::slice::from_ref(d), &Sources::default());
            });
        }
        let text = match path.map(read_program).transpose() {
            Ok(text) => text.unwrap_or_default(),
            Err(d) => {
                sink.diagnostics(std::slice::from_ref(&d), &Sources::default());
                return Err(d);
            }
        };
        let base = path.and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
        let mut lab = Lab::empty(path.map(Path::to_path_buf), base, text.clone(), options);
        let checked = lab.check(&text);
        if let Some(error) = checked.diagnostics.iter().find(|d| d.severity == Severity::Error).cloned() {
            sink.diagnostics(&checked.diagnostics, &checked.sources);
            return Err(error);
        }
        lab.tell(&checked, sink);
        lab.versions.push(Version::new(text, checked));
        lab.state.moment.focus = lab.trainings().first().map(|t| t.name.clone());
        Ok(lab)
    }

    fn empty(path: Option<PathBuf>, base: PathBuf, text: String, options: LabOptions) -> Lab {
        let store = Store::new(options.budget);
        Lab {
            options,
            path,
            base,
            file_text: text,
            versions: vec![],
            stretches: vec![],
            store,
            state: State { branch: MAIN.into(), ..State::default() },
            live: BTreeMap::new(),
            datasets: BTreeMap::new(),
            journal: vec![],
            told: vec![],
            sources: Sources::default(),
            quit: false,
        }
    }

    /// What a session greets with.
    pub fn greeting(&self) -> String {
        let name = self.path.as_ref().map(|p| p.display().to_string());
        let at = match (&name, self.state.moment.focus.as_ref()) {
            (None, _) => "an empty session".to_string(),
            (Some(name), None) => format!("{name}, which trains nothing"),
            (Some(name), Some(focus)) => {
                let step = self.state.moment.points.get(focus).map_or(0, |p| p.step);
                format!("{name}, training `{focus}` at step {step}")
            }
        };
        format!("{at}; `help` lists the commands, Ctrl-D leaves")
    }

    /// Whether the user asked to leave.
    pub fn wants_to_quit(&self) -> bool {
        self.quit
    }

    /// Does what was typed: a command, an expression, or items of the language.
    ///
    /// # Errors
    /// Why it was refused, shown on `sink` already; the session is as before.
    pub fn enter(&mut self, text: &str, sink: &mut dyn Sink) -> Result<(), Refused> {
        let text = text.trim();
        if text.is_empty() || text.lines().all(|l| l.trim_start().starts_with('#') && !l.trim_start().starts_with("##"))
        {
            return Ok(());
        }
        let before = self.state.clone();
        self.sources = self.checked().program.world.scope.sources();
        let result = self.attempt(text, sink);
        match &result {
            Ok(()) => {}
            Err(Refused::Wrong(d)) => {
                self.state = before;
                self.settle_live(sink);
                sink.diagnostics(std::slice::from_ref(d), &self.sources.clone());
                return result;
            }
            Err(Refused::Interrupted) => {}
        }
        if command::is_undo_entry(text) {
            return result;
        }
        let changed = !same_state(&before, &self.state);
        self.journal.push(Entry { text: text.to_string(), before: changed.then_some(before) });
        result
    }

    fn attempt(&mut self, text: &str, sink: &mut dyn Sink) -> Result<(), Refused> {
        match words::classify(text) {
            words::Entry::Command(row, rest) => {
                // `set lr=1` is as good as `set lr = 1`.
                let spaced = rest.replacen('=', " = ", usize::from(row.name == "set"));
                let given = form::read(row.name, row.forms, &spaced)?;
                (row.run)(self, &given, sink)
            }
            words::Entry::Items => self.items(text, sink),
            words::Entry::Expression => self.expression(text, sink),
        }
    }

    /// Brings what is in memory to the points of the state, after an entry that failed half-way.
    fn settle_live(&mut self, sink: &mut dyn Sink) {
        let points = self.state.moment.points.clone();
        self.live.retain(|name, live| points.get(name).is_some_and(|p| p.stretch == live.stretch));
        for (name, point) in points {
            if self.live.contains_key(&name) && self.go(&name, point, &mut Quiet(sink)).is_err() {
                self.live.remove(&name);
            }
        }
    }

    fn version(&self) -> &Version {
        &self.versions[self.state.moment.version]
    }

    fn checked(&self) -> Rc<Checked> {
        self.version().checked.clone()
    }

    fn trainings(&self) -> Vec<&TrainItem> {
        trainings(&self.version().checked)
    }

    /// The training that commands are about.
    fn focus(&self) -> Result<Arc<str>, Diagnostic> {
        if let Some(focus) = &self.state.moment.focus {
            return Ok(focus.clone());
        }
        let d = Diagnostic::new(&codes::MISSING, "there is no training in this session");
        Err(d.help("type a `train { … }` item, or open a file that has one: `nnrun repl FILE`"))
    }

    fn options(&self) -> Options {
        Options { threads: self.options.threads, ..Options::default() }
    }

    fn check(&self, text: &str) -> Checked {
        let name = self.path.as_ref().map_or("session.nn".to_string(), |p| p.display().to_string());
        load_text(&name, text, &self.base, &[])
    }

    /// Shows warnings that were not shown before.
    fn tell(&mut self, checked: &Checked, sink: &mut dyn Sink) {
        let mut fresh = Vec::new();
        for d in &checked.diagnostics {
            let unfinished = d.code.id == codes::UNUSED.id || d.severity == Severity::Note;
            if !unfinished && !self.told.contains(&d.message) {
                self.told.push(d.message.clone());
                fresh.push(d.clone());
            }
        }
        sink.diagnostics(&fresh, &checked.sources);
    }

    /// A fresh training of a version, with its data prepared.
    fn fresh(&mut self, version: usize, name: &str, sink: &mut dyn Sink) -> Result<Trained, Refused> {
        let checked = self.versions[version].checked.clone();
        self.sources = checked.program.world.scope.sources();
        let item = trainings(&checked).into_iter().find(|t| *t.name == *name).cloned();
        let Some(item) = item else {
            let known = trainings(&checked);
            return Err(form::unknown("training", name, known.iter().map(|t| &*t.name)).into());
        };
        let mut execution = Execution::new(&checked.program, &checked.sources, self.options(), None, false);
        if let Some(known) = self.datasets.get(&(version, item.data.clone())) {
            execution.data.insert(item.data.clone(), known.clone());
        }
        let mut heard = Once { told: &mut self.told, sink };
        let (mut setup, world) = execution.setup(&item, &mut heard)?;
        let key = (version, item.data.clone());
        if !self.datasets.contains_key(&key) {
            // A change of the model leaves the data as it is: it is kept once.
            let same = |d: &&Arc<Dataset>| checkpoint::digest(d) == checkpoint::digest(&setup.data);
            if let Some(known) = self.datasets.values().rev().find(same).cloned() {
                setup.data = known;
            }
            self.datasets.insert(key, setup.data.clone());
        }
        let run = Run::new(setup).map_err(|f| fault(f, &item))?;
        Ok(Trained { name: item.name.clone(), run, world, decisions: Decisions::NONE })
    }

    /// The training that commands are about, at its point; begun if it was not.
    fn ready(&mut self, sink: &mut dyn Sink) -> Result<Arc<str>, Refused> {
        let name = self.focus()?;
        match self.state.moment.points.get(&name).copied() {
            Some(point) => self.go(&name, point, sink)?,
            None => self.begin(&name, sink)?,
        }
        Ok(name)
    }

    /// Starts a training with fresh weights, or from another one where the program says so.
    fn begin(&mut self, name: &Arc<str>, sink: &mut dyn Sink) -> Result<(), Refused> {
        let version = self.state.moment.version;
        let mut trained = self.fresh(version, name, sink)?;
        if let Some((from, span)) = trained.run.setup.item.start.clone() {
            let Some(point) = self.state.moment.points.get(&from).copied() else {
                let d =
                    Diagnostic::new(&codes::MISSING, format!("`{name}` starts from `{from}`, which was not trained"))
                        .at(span, "starts from it")
                        .help(format!("`on {from}`, then `run`"));
                return Err(d.into());
            };
            self.go(&from, point, sink)?;
            if let Some(other) = self.live.remove(&from) {
                let checked = self.checked();
                let mut execution = Execution::new(&checked.program, &checked.sources, self.options(), None, false);
                let kept = other.trained.run.snapshot();
                let mut other = other;
                if other.trained.run.is_finished() {
                    other.trained.run.settle();
                }
                execution.trained.insert(from.clone(), other.trained);
                let result = execution.start_from(&mut trained.run, &from, sink);
                if let Some(mut trained) = execution.trained.remove(&from) {
                    trained.run.restore(&kept);
                    self.live.insert(from, Live { trained, stretch: other.stretch });
                }
                result?;
            }
        }
        let fingerprint = version::fingerprint(&trained.run.setup);
        // The same training from the same start is the same stretch, whatever happened since it was first begun.
        let start = trained.run.snapshot();
        let known = self.stretches.iter().position(|s| {
            s.train == *name && s.parent.is_none() && s.fingerprint == fingerprint && s.start.numbers == start.numbers
        });
        let stretch = known.unwrap_or_else(|| {
            let (train, losses) = (name.clone(), vec![]);
            self.stretches.push(Stretch { train, version, parent: None, start, fingerprint, losses });
            self.stretches.len() - 1
        });
        let step = self.stretches[stretch].first();
        self.state.moment.points.insert(name.clone(), Point { stretch, step });
        self.live.insert(name.clone(), Live { trained, stretch });
        Ok(())
    }

    fn run(&mut self, name: &str) -> Result<&mut Run, Refused> {
        match self.live.get_mut(name) {
            Some(live) => Ok(&mut live.trained.run),
            None => Err(form::refuse(format!("`{name}` is not in memory")).into()),
        }
    }

    /// A digest of everything that decides how the training goes on: weights, optimiser state, counters (of which
    /// randomness is a function).
    pub fn digest(&mut self, sink: &mut dyn Sink) -> Result<String, Refused> {
        let name = self.ready(sink)?;
        let snapshot = self.run(&name)?.snapshot();
        Ok(version::digest(&snapshot))
    }

    /// Does something with a training as an [`Execution`] does it, with the weights that it would end with.
    fn with_execution<T>(
        &mut self,
        name: &Arc<str>,
        sink: &mut dyn Sink,
        work: impl FnOnce(&mut Execution<'_>, &mut dyn Sink) -> Result<T, Stop>,
    ) -> Result<T, Refused> {
        let Some(mut live) = self.live.remove(name) else {
            return Err(form::refuse(format!("`{name}` is not in memory")).into());
        };
        let checked = self.versions[self.stretches[live.stretch].version].checked.clone();
        let sources = checked.program.world.scope.sources();
        let stretch = live.stretch;
        let kept = live.trained.run.snapshot();
        if live.trained.run.is_finished() {
            live.trained.run.settle();
        }
        let mut execution = Execution::new(&checked.program, &sources, self.options(), None, false);
        // What is fitted on the val rows changes no step, so a change of it makes no new stretch: it is as the program now says.
        let item = &mut live.trained.run.setup.item;
        if let Some(present) = self.trainings().iter().find(|t| t.name == *name) {
            (item.threshold, item.calibrate) = (present.threshold.clone(), present.calibrate.clone());
        }
        let item = item.clone();
        let fitted = execution.fit_on_validation(&mut live.trained, &item, sink);
        execution.trained.insert(name.clone(), live.trained);
        // Without val rows that suit it, a threshold is no reason to keep the user from looking.
        let result = match fitted {
            Ok(()) | Err(Stop::Failed(_)) => work(&mut execution, sink),
            Err(stop) => Err(stop),
        };
        if let Some(mut trained) = execution.trained.remove(name) {
            trained.run.restore(&kept);
            trained.decisions = Decisions::NONE;
            self.live.insert(name.clone(), Live { trained, stretch });
        }
        Ok(result?)
    }

    /// Shows the value of an expression and its type.
    fn expression(&mut self, text: &str, sink: &mut dyn Sink) -> Result<(), Refused> {
        let checked = self.checked();
        let (result, sources) = check::expression(&checked.program.world, "typed", text);
        self.sources = sources;
        match result {
            Ok((printed, _)) => {
                sink.line(format!("{} : {}", super::execute::shown(&printed.value), printed.ty));
                Ok(())
            }
            Err(problems) => {
                let all = problems.sorted();
                let first = all.iter().find(|d| d.severity == Severity::Error).or(all.first()).cloned();
                let mut d = first.unwrap_or_else(|| form::refuse("this can't be computed"));
                let word = first_word(text).0;
                let near = crate::text::closest(word, command::COMMANDS.iter().map(|c| c.name));
                if let Some(near) =
                    near.filter(|_| d.code.id == codes::UNKNOWN_NAME.id || d.code.id == codes::SYNTAX.id)
                {
                    d = d.help(format!("or the command `{near}`?"));
                }
                if super::documentation(Some(text)).is_some() {
                    d = d.help(format!("`info {text}` shows what it is"));
                }
                Err(d.into())
            }
        }
    }
}

/// The trainings of a program, in order.
fn trainings(checked: &Checked) -> Vec<&TrainItem> {
    let items = checked.program.actions.iter().filter_map(|a| match a {
        Action::Train(item) => Some(&**item),
        _ => None,
    });
    items.collect()
}

fn same_state(a: &State, b: &State) -> bool {
    let moment = |m: &Moment| (m.version, m.focus.clone(), m.points.clone());
    let branches = |s: &State| s.branches.iter().map(|(n, b)| (n.clone(), moment(&b.moment))).collect::<Vec<_>>();
    let snapshots = |s: &State| s.snapshots.iter().map(|(n, m)| (n.clone(), moment(m))).collect::<Vec<_>>();
    moment(&a.moment) == moment(&b.moment)
        && a.branch == b.branch
        && a.breaks == b.breaks
        && a.watches == b.watches
        && branches(a) == branches(b)
        && snapshots(a) == snapshots(b)
}

/// Lets warnings through once.
struct Once<'a> {
    told: &'a mut Vec<String>,
    sink: &'a mut dyn Sink,
}

impl super::Listener for Once<'_> {
    fn event(&mut self, event: &crate::train::event::Event) {
        self.sink.event(event);
    }

    fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        let fresh: Vec<Diagnostic> = diagnostics
            .iter()
            .filter(|d| d.severity != Severity::Note && !self.told.contains(&d.message))
            .cloned()
            .collect();
        self.told.extend(fresh.iter().map(|d| d.message.clone()));
        self.sink.diagnostics(&fresh, sources);
    }

    fn interrupted(&self) -> bool {
        self.sink.interrupted()
    }
}

/// A sink for what is done behind the scenes.
struct Quiet<'a>(&'a mut dyn Sink);

impl super::Listener for Quiet<'_> {
    fn event(&mut self, _: &crate::train::event::Event) {}

    fn diagnostics(&mut self, _: &[Diagnostic], _: &Sources) {}

    /// What puts the session back in order is not to be stopped half-way.
    fn interrupted(&self) -> bool {
        let _ = &self.0;
        false
    }
}

impl Sink for Quiet<'_> {
    fn say(&mut self, _: Reply) {}
}

#[cfg(test)]
mod tests;
