//! A training as an action: begun or resumed, stepped, reported, and what is fitted on its val rows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::{self, TrainItem};
use crate::diag::{Diagnostic, codes};
use crate::interop::model_file;
use crate::metrics::{Sample, ThresholdInput};
use crate::train::event::{self, Event};
use crate::train::probes::Probes;
use crate::train::scoring;
use crate::train::trace::trace;
use crate::train::{Decisions, EpochRecord, Outcome, Run, TrainFault, predictions};

use super::Listener;
use super::checkpoint::{self, Checkpoint};
use super::execute::{Execution, Stop, fault, first_error};
use super::not_finite;
use super::trained::Trained;

/// Steps between looks at the clock and at Ctrl-C, for trainings whose steps take less than either.
const LOOK_EVERY: u64 = 16;
/// Progress is reported this often at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(50);
/// Checkpoints are written this often at most, unless the program says otherwise.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);

impl Execution<'_> {
    pub(super) fn train(&mut self, item: &TrainItem, listener: &mut dyn Listener) -> Result<(), Stop> {
        let (setup, world) = self.setup(item, listener)?;
        self.again = Some(setup.clone());
        let mut run = Run::new(setup).map_err(|f| fault(f, item))?;
        if self.options.timing {
            run.start_profile();
        }
        if let Some((from, _)) = &item.start {
            self.start_from(&mut run, from, listener)?;
        }
        let data = checkpoint::digest(&run.setup.data);
        let goes_on = self.go_on(&mut run, item, &data)?;
        self.announce(&run, item, goes_on, listener)?;
        let done = self.steps(&mut run, item, &data, listener);
        if let Err(Stop::Interrupted) = done {
            self.keep_checkpoint(&run, item, &data)?;
            return Err(Stop::Interrupted);
        }
        done?;
        self.keep_checkpoint(&run, item, &data)?;
        run.settle();
        let mut trained = Trained { name: item.name.clone(), run, world, decisions: Decisions::NONE };
        self.fit_on_validation(&mut trained, item, listener)?;
        self.save_model(&trained)?;
        self.training_plots(&trained)?;
        self.trained.insert(item.name.clone(), trained);
        Ok(())
    }

    /// What earlier trainings give, now that every extent is a number.
    pub(super) fn know_trained(&self, world: &mut crate::check::World) {
        for (name, trained) in &self.trained {
            let (e, out) = crate::check::training::forward(&trained.world, &trained.run.setup.item);
            if let (Some(view), Some(out)) = (world.saved.get_mut(name), out) {
                view.results = Some(crate::check::saved::results(&e, &out));
            }
        }
    }

    pub(super) fn start_from(
        &mut self,
        run: &mut Run,
        from: &Arc<str>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stop> {
        let saved = self.program.world.saved.get(from).and_then(|view| Some((view.path.clone()?, view.span)));
        let tensors: Vec<(Arc<str>, Vec<usize>, Vec<f32>)> = match (self.trained.get(from), saved) {
            (Some(other), _) => other.run.tensors(),
            (None, Some((path, span))) => {
                let file = model_file::read(&path).map_err(|f| Diagnostic::from(f).at(span, "started from"))?;
                file.tensors.into_iter().map(|t| (t.name.into(), t.shape, t.data)).collect()
            }
            (None, None) => return Ok(()),
        };
        let find = |path: &str| {
            tensors.iter().find(|(p, ..)| **p == *path).map(|(_, shape, values)| (shape.clone(), values.clone()))
        };
        let without = run.load(&find);
        let own = run.tensors().len();
        if own > 0 && without.len() == own {
            let message = format!("nothing of `{from}` fits this model: no path has the same shape in both");
            let d = Diagnostic::new(&codes::MODEL_FILE, message)
                .at(run.setup.item.start.as_ref().map_or(run.setup.item.span, |(_, span)| *span), "started from")
                .help(format!(
                    "the model has {}; `{from}` has {}",
                    some_of(run.tensors().iter().map(|t| &*t.0)),
                    some_of(tensors.iter().map(|t| &*t.0))
                ));
            return Err(d.into());
        }
        if !without.is_empty() {
            let text = format!("`{}` starts from `{from}`, but for {}", run.setup.item.name, without.join(", "));
            listener.event(&Event::Note(event::Note { text }));
        }
        Ok(())
    }

    /// Takes up a checkpoint of an interrupted run; `false` if there is none.
    fn go_on(&mut self, run: &mut Run, item: &TrainItem, data: &str) -> Result<bool, Stop> {
        let Some(folder) = self.folder.as_ref().filter(|_| self.resumed) else { return Ok(false) };
        let path = folder.file(checkpoint_name(&item.name));
        let Some(found) = checkpoint::read(&path)? else { return Ok(false) };
        if found.data != data {
            let d = Diagnostic::new(&codes::DATA, format!("`{}` has changed since the run was interrupted", item.data))
                .at(item.span, "can't go on with other rows")
                .help("start the program anew");
            return Err(d.into());
        }
        if !run.restore(&found.snapshot) {
            let d =
                Diagnostic::new(&codes::MODEL_FILE, format!("`{}` is a checkpoint of another model", path.display()));
            return Err(d.into());
        }
        if self.goes_on_with.as_ref() == Some(&item.name) {
            self.goes_on_with = None;
        }
        Ok(true)
    }

    fn announce(
        &mut self,
        run: &Run,
        item: &TrainItem,
        goes_on: bool,
        listener: &mut dyn Listener,
    ) -> Result<(), Stop> {
        let parts = run.setup.plan.parts.iter();
        let trained = parts.filter(|p| p.role == crate::check::elaborate::Role::Parameter && !p.frozen);
        let epochs = item.epochs.unwrap_or_else(|| run.planned_steps().div_ceil(run.batches_per_epoch().max(1)));
        let report_every = item.report_every.unwrap_or_else(|| epochs.div_ceil(20).max(1));
        let train = event::Train {
            train: item.name.to_string(),
            model: item.model.name.to_string(),
            parameters: trained.map(|p| p.len() as u64).sum(),
            rows: run.setup.data.split.train.len() as u64,
            epochs,
            steps_per_epoch: run.batches_per_epoch().div_ceil(item.accumulate as u64),
            report_every,
        };
        // A resumed run has said so already.
        match goes_on {
            true => listener.event(&Event::Train(train)),
            false => self.tell(Event::Train(train), listener)?,
        }
        Ok(())
    }

    fn steps(&mut self, run: &mut Run, item: &TrainItem, data: &str, listener: &mut dyn Listener) -> Result<(), Stop> {
        let start = Instant::now();
        let mut shown = start;
        let mut written = start;
        let mut probes = self.options.probes.then(|| Probes::new(run));
        while !run.is_finished() {
            let looks = run.state.batch.is_multiple_of(LOOK_EVERY);
            if looks && listener.interrupted() {
                return Err(Stop::Interrupted);
            }
            if let Some(probes) = &mut probes {
                probes.before(run);
            }
            let outcome = run.advance().map_err(|f| self.explained(f, item))?;
            let Outcome::Stepped(report) = outcome else { break };
            if let Some(probes) = &mut probes {
                let mut found = probes.after(run, &report);
                found.retain(|d| !check::is_allowed(d, &self.program.allowed));
                if !found.is_empty() {
                    listener.diagnostics(&found, self.sources);
                }
            }
            if looks && shown.elapsed() >= PROGRESS_EVERY {
                shown = Instant::now();
                let loss = run.state.loss_sum / run.state.loss_rows.max(1) as f64;
                let loss = if run.state.loss_rows == 0 { report.loss } else { loss };
                let (epoch, step) = (run.state.epoch + 1, run.state.step);
                listener.event(&Event::Step(event::Step { train: item.name.to_string(), epoch, step, loss }));
            }
            if let Some(record) = report.epoch {
                self.tell(epoch_event(item, &record, start.elapsed()), listener)?;
                let due = match item.checkpoint_every {
                    Some(n) => record.epoch.is_multiple_of(n),
                    None => written.elapsed() >= CHECKPOINT_EVERY,
                };
                if due {
                    written = Instant::now();
                    self.keep_checkpoint(run, item, data)?;
                }
            } else if looks && item.checkpoint_every.is_none() && written.elapsed() >= 4 * CHECKPOINT_EVERY {
                written = Instant::now();
                self.keep_checkpoint(run, item, data)?;
            }
        }
        Ok(())
    }

    /// Why a training stopped; where a number is not finite, a replay says where it came from.
    fn explained(&self, f: TrainFault, item: &TrainItem) -> Diagnostic {
        let told = fault(f.clone(), item);
        let (TrainFault::NotFinite { .. }, Some(again)) = (&f, self.again.as_ref()) else { return told };
        let Ok(mut run) = Run::new(again.clone()) else { return told };
        if let Some((from, _)) = &item.start
            && let Some(other) = self.trained.get(from)
        {
            let tensors = other.run.tensors();
            run.load(&|path| tensors.iter().find(|(p, ..)| **p == *path).map(|(_, s, v)| (s.clone(), v.clone())));
        }
        not_finite::explained(&trace(run), item, told)
    }

    fn keep_checkpoint(&self, run: &Run, item: &TrainItem, data: &str) -> Result<(), Stop> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let checkpoint = Checkpoint { snapshot: run.snapshot(), data: data.to_string(), recorded: folder.recorded() };
        checkpoint::write(&folder.file(checkpoint_name(&item.name)), checkpoint)?;
        Ok(())
    }

    /// Calibration and threshold, in this order, on the validation rows.
    pub(super) fn fit_on_validation(
        &mut self,
        trained: &mut Trained,
        item: &TrainItem,
        listener: &mut dyn Listener,
    ) -> Result<(), Stop> {
        if item.calibrate.is_empty() && item.threshold.is_empty() {
            return Ok(());
        }
        let rows = trained.run.setup.data.split.val.clone();
        let mut answers = trained.run.answers(&rows).map_err(|f| fault(f, item))?;
        let list = trained.run.forward.answers.clone();
        let place = |field: &str| list.iter().position(|a| *a.name == *field);
        let data = trained.run.setup.data.clone();
        let truth = |i: usize| scoring::truth(&data, list[i].target.as_ref()?, &rows);
        for one in &item.calibrate {
            let Some(i) = place(&one.field) else { continue };
            let Some(truth) = truth(i) else { continue };
            let sample = Sample::new(predictions(&list[i], &answers.values[i]), &truth);
            let fitted = one.method.fit(&sample).map_err(|why| {
                Diagnostic::new(&codes::TARGET, format!("`{}` can't be fitted: {why}", one.method.name))
                    .at(one.span, "on the val rows")
            })?;
            trained.decisions.calibrations.insert(one.field.to_string(), fitted);
        }
        trained.decisions.calibrate(&list, &mut answers);
        let column = |name: &str| {
            let all = data.raw_number(name)?;
            Some(rows.iter().map(|&r| all[r as usize]).collect::<Vec<f64>>())
        };
        for one in &item.threshold {
            let Some(i) = place(&one.field) else { continue };
            let Some(truth) = truth(i) else { continue };
            let sample = Sample::new(predictions(&list[i], &answers.values[i]), &truth);
            let mut costs: Vec<(&str, Vec<f64>)> = Vec::new();
            for (name, expr) in &one.per_row {
                let values =
                    crate::check::row_expression::evaluate(&trained.world, &item.data, expr, rows.len(), &column)
                        .map_err(|p| first_error(p, one.span))?;
                // A target of several columns has as many decisions for each row.
                let values = values.iter().flat_map(|x| std::iter::repeat_n(*x, list[i].width)).collect();
                costs.push((name, values));
            }
            let per_row: Vec<(&str, &[f64])> = costs.iter().map(|(n, v)| (*n, v.as_slice())).collect();
            let input = ThresholdInput { sample: &sample, args: &one.args, per_row: &per_row };
            let fitted = one.rule.fit(&input).map_err(|why| {
                Diagnostic::new(&codes::TARGET, format!("no threshold: {why}")).at(one.span, "fitted on the val rows")
            })?;
            trained.decisions.thresholds.insert(one.field.to_string(), fitted.threshold);
            let reached: Vec<String> =
                fitted.reached.iter().map(|(n, x)| format!("{n} {}", crate::text::format::number(*x, 3))).collect();
            let of = if list.len() > 1 { format!(" of {}", one.field) } else { String::new() };
            let text = format!(
                "threshold {}{of} by {} on {} val rows: {}",
                crate::text::format::number(fitted.threshold, 4),
                one.rule.name,
                rows.len(),
                reached.join(", ")
            );
            listener.event(&Event::Note(event::Note { text }));
        }
        Ok(())
    }
}

/// The first of several paths.
fn some_of<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<String> = paths.map(|p| format!("`{p}`")).collect();
    match all.len() {
        0 => "nothing".into(),
        1..=4 => all.join(", "),
        n => format!("{}, … ({n} in all)", all[..3].join(", ")),
    }
}

pub(super) fn checkpoint_name(train: &str) -> String {
    format!("{train}.checkpoint.safetensors")
}

fn epoch_event(item: &TrainItem, record: &EpochRecord, elapsed: Duration) -> Event {
    Event::Epoch(event::Epoch {
        train: item.name.to_string(),
        epoch: record.epoch,
        step: record.step,
        loss: record.loss,
        lr: record.lr,
        seconds: elapsed.as_secs_f64(),
        val: record.val.iter().cloned().collect(),
        best: record.best,
    })
}
