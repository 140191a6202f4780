//! A program carried out, action by action.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::check::{self, Action, Checked, Program, Side, TrainItem, claim_value, data_item};
use crate::data::{self, Dataset};
use crate::diag::{Diagnostic, Problems, Severity, codes};
use crate::plan;
use crate::text::Sources;
use crate::train::event::{self, Event};
use crate::train::{Setup, TrainFault};

use super::checkpoint::{self};
use super::load::load_kept;
use super::run_folder::{Request, RunFolder, SCHEMA};
use super::train_action::checkpoint_name;
use super::trained::Trained;
use super::{Ending, Listener, timing};

/// How a program is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub seed: Option<u64>,
    pub threads: usize,
    pub out: Option<PathBuf>,
    pub timing: bool,
    /// Whether probes watch trainings.
    pub probes: bool,
}

/// How an interrupted run goes on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resume {
    pub threads: usize,
    pub timing: bool,
    /// Whether probes watch trainings; None: as the run was started.
    pub probes: Option<bool>,
}

/// A program while it is carried out.
pub struct Execution<'a> {
    pub(super) program: &'a Program,
    pub(super) sources: &'a Sources,
    pub(super) options: Options,
    pub(super) folder: Option<RunFolder>,
    pub(super) trained: BTreeMap<Arc<str>, Trained>,
    pub(super) data: BTreeMap<Arc<str>, Arc<Dataset>>,
    /// Whether checkpoints of an earlier, interrupted run are to be used.
    pub(super) resumed: bool,
    /// The training that a resumed run goes on with: what comes before it has its events in the folder already.
    pub(super) goes_on_with: Option<Arc<str>>,
    unmet: Option<Diagnostic>,
    /// Pictures that this run has drawn.
    pub(super) drawn: std::collections::BTreeSet<PathBuf>,
    /// What the training at hand was set up from, to replay it.
    pub(super) again: Option<Setup>,
    start: Instant,
}

/// Why an action did not come to its end.
pub(super) enum Stop {
    Failed(Diagnostic),
    Interrupted,
}

impl From<Diagnostic> for Stop {
    fn from(d: Diagnostic) -> Stop {
        Stop::Failed(d)
    }
}

/// Carries out a checked program without errors.
pub fn execute(
    checked: &Checked,
    path: &Path,
    overrides: &[(String, String)],
    options: Options,
    listener: &mut dyn Listener,
) -> Ending {
    let program = &checked.program;
    if program.actions.is_empty() {
        let text = match program.tests.is_empty() {
            true => {
                format!("`{}` asks for nothing: no `train`, `evaluate`, `predict`, `plot` or `print`", path.display())
            }
            false => format!("`{0}` has only tests: `nnrun test {0}` runs them", path.display()),
        };
        listener.event(&Event::Note(event::Note { text }));
    }
    let mut folder = None;
    if needs_folder(program) {
        match RunFolder::create(path, options.out.as_deref())
            .and_then(|f| describe(&f, checked, path, overrides, &options).map(|()| f))
        {
            Ok(f) => folder = Some(f),
            Err(d) => {
                listener.diagnostics(std::slice::from_ref(&d), &checked.sources);
                return Ending::Failed(d);
            }
        }
    }
    Execution::new(program, &checked.sources, options, folder, false).all(listener)
}

/// Goes on with an interrupted run.
pub fn resume(run: &Path, how: Resume, listener: &mut dyn Listener) -> Ending {
    let nothing = Sources::default();
    let (folder, request) = match RunFolder::open(run) {
        Ok(found) => found,
        Err(d) => {
            listener.diagnostics(std::slice::from_ref(&d), &nothing);
            return Ending::Failed(d);
        }
    };
    let text = match super::load::read_program(&folder.file("program.nn")) {
        Ok(text) => text,
        Err(d) => {
            listener.diagnostics(std::slice::from_ref(&d), &nothing);
            return Ending::Failed(d);
        }
    };
    let checked = load_kept(&request.program, &text, &request.base, &request.hypers, &request.uses);
    let shown: Vec<Diagnostic> =
        checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    if let Some(first) = shown.first() {
        listener.diagnostics(&shown, &checked.sources);
        return Ending::Failed(first.clone());
    }
    let Resume { threads, timing, probes } = how;
    let probes = probes.unwrap_or(request.probes);
    let options = Options { seed: request.seed, threads, out: None, timing, probes };
    let mut execution = Execution::new(&checked.program, &checked.sources, options, Some(folder), true);
    let isa = format!("{:?}", crate::engine::exec::Isa::detect());
    if isa != request.isa {
        let note = format!(
            "the run was started with {} instructions and goes on with {isa}: results may differ in the last bits; NNRUN_ISA chooses",
            request.isa
        );
        listener.event(&Event::Note(event::Note { text: note }));
    }
    execution.rewind_events();
    execution.all(listener)
}

/// Whether the program leaves anything behind.
fn needs_folder(program: &Program) -> bool {
    program.actions.iter().any(|a| !matches!(a, Action::Print { .. }))
}

/// Writes down what the run was started with.
fn describe(
    folder: &RunFolder,
    checked: &Checked,
    path: &Path,
    overrides: &[(String, String)],
    options: &Options,
) -> Result<(), Diagnostic> {
    // `absolute` refuses the empty path that a program in the present folder has.
    let base = Path::new(".").join(&checked.program.base);
    let request = Request {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        program: path.display().to_string(),
        base: std::path::absolute(&base).unwrap_or(base),
        hypers: overrides.to_vec(),
        seed: options.seed,
        probes: options.probes,
        isa: format!("{:?}", crate::engine::exec::Isa::detect()),
        uses: checked.program.uses.clone(),
    };
    let text = checked.sources.get(checked.program.file).map_or("".into(), |s| s.text.to_string());
    folder.write("program.nn", text.as_bytes())?;
    let json = serde_json::to_string_pretty(&request).unwrap_or_default();
    folder.write("run.json", json.as_bytes())?;
    Ok(())
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        program: &'a Program,
        sources: &'a Sources,
        options: Options,
        folder: Option<RunFolder>,
        resumed: bool,
    ) -> Self {
        Execution {
            program,
            sources,
            options,
            folder,
            trained: BTreeMap::new(),
            data: BTreeMap::new(),
            resumed,
            goes_on_with: None,
            unmet: None,
            drawn: Default::default(),
            again: None,
            start: Instant::now(),
        }
    }

    fn all(mut self, listener: &mut dyn Listener) -> Ending {
        let program = self.program;
        let mut parts: Vec<event::Part> = Vec::new();
        for action in &program.actions {
            let begun = Instant::now();
            let result = match action {
                Action::Print { value, span } => self.print(value, *span, listener),
                Action::Plot(plot) => self.plot(plot, listener),
                Action::Train(item) => self.train(item, listener),
                Action::Evaluate(item) => self.evaluate(item, listener),
                Action::Predict(item) => self.predict(item, listener),
            };
            let seconds = begun.elapsed().as_secs_f64();
            match action {
                Action::Train(item) if self.options.timing && self.trained.contains_key(&item.name) => {
                    parts.extend(timing::of_training(&item.name, &self.trained[&item.name].run, seconds));
                }
                _ => parts.push(event::Part { name: self.part_name(action), calls: 1, seconds }),
            }
            match result {
                Ok(()) => {}
                Err(Stop::Failed(d)) => {
                    listener.diagnostics(std::slice::from_ref(&d), self.sources);
                    if let Some(folder) = self.folder.as_ref().filter(|_| !self.resumed) {
                        folder.discard_if_unused();
                    }
                    return Ending::Failed(d);
                }
                Err(Stop::Interrupted) => {
                    if let Some(folder) = &self.folder {
                        let text = format!("interrupted; `nnrun resume {}` goes on", folder.path.display());
                        listener.event(&Event::Note(event::Note { text }));
                    }
                    return Ending::Interrupted;
                }
            }
        }
        if self.options.timing {
            listener.event(&Event::Timing(event::Timing { parts }));
        }
        if let Some(folder) = &self.folder {
            let folder = folder.path.display().to_string();
            listener.event(&Event::Run(event::Run { folder, schema: SCHEMA }));
        }
        listener.event(&Event::Done(event::Done { seconds: self.start.elapsed().as_secs_f64() }));
        match self.unmet {
            Some(d) => {
                listener.diagnostics(std::slice::from_ref(&d), self.sources);
                Ending::Failed(d)
            }
            None => Ending::Finished,
        }
    }

    /// What an action is called where its time is told.
    fn part_name(&self, action: &Action) -> String {
        match action {
            Action::Print { span, .. } => format!("print {}", self.sources.slice(*span)),
            Action::Plot(_) => "plot".into(),
            Action::Train(item) => item.name.to_string(),
            Action::Evaluate(item) => item.name.to_string(),
            Action::Predict(item) => item.name.to_string(),
        }
    }

    /// Shows an event, and keeps it in the run's folder.
    pub(super) fn tell(&mut self, event: Event, listener: &mut dyn Listener) -> Result<(), Stop> {
        listener.event(&event);
        let kept = matches!(event, Event::Epoch(_) | Event::Evaluate(_) | Event::Train(_));
        if kept
            && self.goes_on_with.is_none()
            && let Some(folder) = &mut self.folder
        {
            folder.record(&event)?;
        }
        Ok(())
    }

    /// What was not met so far.
    pub(super) fn take_unmet(&mut self) -> Option<Diagnostic> {
        self.unmet.take()
    }

    /// A requirement that is not met fails the run at its end.
    pub(super) fn unmet(&mut self, d: Diagnostic) {
        self.unmet.get_or_insert(d);
    }

    fn print(
        &mut self,
        value: &crate::syntax::ast::Expr,
        span: crate::text::Span,
        listener: &mut dyn Listener,
    ) -> Result<(), Stop> {
        let printed = claim_value(&self.program.world, value).map_err(|p| first_error(p, span))?;
        let expression = self.sources.slice(span).to_string();
        self.tell(Event::Print(event::Print { expression, text: shown(&printed.value) }), listener)
    }

    /// Events of what will be done again are taken back, and files that were being written removed.
    fn rewind_events(&mut self) {
        let Some(folder) = &mut self.folder else { return };
        folder.clear_unfinished();
        let mut keep = 0;
        for action in &self.program.actions {
            if let Action::Train(item) = action
                && let Ok(Some(found)) = checkpoint::read(&folder.file(checkpoint_name(&item.name)))
                && found.recorded >= keep
            {
                keep = found.recorded;
                self.goes_on_with = Some(item.name.clone());
            }
        }
        let _ = folder.forget_after(keep);
    }

    /// The data of a training: split, fitted, applied; once for each data item.
    pub(super) fn dataset(&mut self, name: &Arc<str>, listener: &mut dyn Listener) -> Result<Arc<Dataset>, Stop> {
        if let Some(found) = self.data.get(name) {
            return Ok(found.clone());
        }
        let item = self.program.data.iter().find(|d| d.name == *name);
        let (Some(item), mut problems) = (item, Problems::default()) else { return Err(missing_data(name).into()) };
        let (Some(schema), Some(table)) = (&item.schema, &item.table) else { return Err(missing_data(name).into()) };
        let dataset = data::prepare(&item.spec, schema.clone(), (**table).clone(), &mut problems);
        let failed = problems.has_errors() || dataset.is_none();
        let mut diagnostics = problems.sorted();
        diagnostics.retain(|d| !check::is_allowed(d, &self.program.allowed));
        if failed {
            let first = diagnostics.iter().find(|d| d.severity == Severity::Error).cloned();
            let (errors, others): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|d| Some(d) == first.as_ref());
            listener.diagnostics(&others, self.sources);
            let _ = errors;
            return Err(first.unwrap_or_else(|| missing_data(name)).into());
        }
        listener.diagnostics(&diagnostics, self.sources);
        let Some(dataset) = dataset else { return Err(missing_data(name).into()) };
        let dataset = Arc::new(dataset);
        self.data.insert(name.clone(), dataset.clone());
        Ok(dataset)
    }

    pub(super) fn setup(
        &mut self,
        item: &TrainItem,
        listener: &mut dyn Listener,
    ) -> Result<(Setup, crate::check::World), Stop> {
        let dataset = self.dataset(&item.data, listener)?;
        if dataset.split.train.is_empty() {
            let d = Diagnostic::new(&codes::SPLIT, format!("`{}` has no rows to train on", item.data))
                .at(item.span, "trained here");
            return Err(d.into());
        }
        let mut world = self.program.world.clone();
        if let Some(view) = world.data.get(&item.data).cloned() {
            let fitted = data_item::fitted_view(&view.name, view.span, &dataset.fitted, view.columns.clone());
            // Places of targets are those of the program.
            let mut fitted = fitted;
            for target in &mut fitted.targets {
                if let Some(known) = view.targets.iter().find(|t| t.name == target.name) {
                    target.span = known.span;
                }
            }
            world.data.insert(item.data.clone(), fitted);
        }
        self.know_trained(&mut world);
        let plan = plan::compile(&world, item).map_err(|p| first_error(p, item.span))?;
        listener.diagnostics(&plan.warnings, self.sources);
        let seed = self.options.seed.or(item.seed).unwrap_or(0);
        let models = self.models(&plan.step_feeds, &dataset, item)?;
        let setup = Setup {
            item: item.clone(),
            plan: Arc::new(plan),
            data: dataset,
            models,
            seed,
            threads: self.options.threads,
        };
        Ok((setup, world))
    }

    /// The rows of a side, by the training's data.
    pub(super) fn side_rows(trained: &Trained, side: Side) -> Vec<u32> {
        trained.run.setup.data.split.side(side.name()).unwrap_or(&[]).to_vec()
    }
}

fn missing_data(name: &str) -> Diagnostic {
    Diagnostic::new(&codes::DATA, format!("the data `{name}` can't be used"))
}

/// The first error of several problems.
pub(super) fn first_error(problems: Problems, span: crate::text::Span) -> Diagnostic {
    let all = problems.sorted();
    let error = all.iter().find(|d| d.severity == Severity::Error).or(all.first()).cloned();
    error.unwrap_or_else(|| Diagnostic::new(&codes::NOT_A_VALUE, "this can't be computed").at(span, "here"))
}

/// Why a training stopped, for the user.
pub(super) fn fault(fault: TrainFault, item: &TrainItem) -> Diagnostic {
    match fault {
        TrainFault::NotFinite { step, what, place, operation } => {
            let by = if operation.is_empty() { String::new() } else { format!(", first in `{operation}`") };
            let at = place.path.as_deref().filter(|p| !p.is_empty()).map_or(String::new(), |p| format!(" of `{p}`"));
            let mut d = Diagnostic::new(&codes::NOT_FINITE, format!("step {step}: a value is {what}{by}{at}"));
            d = d.at(place.span.unwrap_or(item.span), "computed here");
            d.help("a learning rate that is too high is the most common cause: try a tenth of it; then look at the inputs (`clip = norm(1.0)` bounds the gradients)")
        }
        TrainFault::Fault { what, place } => {
            Diagnostic::new(&codes::DATA_CELL, what).at(place.span.unwrap_or(item.span), "while this was computed")
        }
        TrainFault::Compile(what) => {
            Diagnostic::new(&codes::RESOURCE, what).at(item.span, "this training can't be executed")
        }
    }
}

/// Numbers as `print` shows them.
pub(super) fn shown(value: &ndarray::ArrayD<f64>) -> String {
    let text = |x: &f64| crate::text::format::number(*x, 7);
    match value.ndim() {
        0 => value.iter().next().map_or(String::new(), text),
        1 => format!("[{}]", value.iter().map(text).collect::<Vec<_>>().join(", ")),
        _ => {
            let rows: Vec<String> = value.outer_iter().map(|r| shown(&r.to_owned())).collect();
            format!("[{}]", rows.join(", "))
        }
    }
}
