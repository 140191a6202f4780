//! Running: steps, epochs, until a condition holds, for a time.

use std::sync::Arc;
use std::time::Instant;

use crate::diag::Diagnostic;
use crate::session::execute::fault;
use crate::text::format;
use crate::train::{EpochRecord, Outcome};

use super::condition::Condition;
use super::form::{Given, refuse};
use super::timeline::Point;
use super::{Lab, Refused, Sink};

/// Steps from one snapshot to the next.
const SNAPSHOT_EVERY: u64 = 64;
/// Steps between looks at the clock and at Ctrl-C.
const LOOK_EVERY: u64 = 8;

/// When running comes to its end.
#[derive(Default)]
struct Goal {
    steps: Option<u64>,
    epochs: Option<u64>,
    seconds: Option<f64>,
    condition: Option<Condition>,
}

/// Why it stopped before its goal.
enum Halt {
    Broke(String),
    Interrupted,
    Failed(Box<Diagnostic>),
}

pub fn step(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    lab.advance(&Goal { steps: Some(given.count(0).unwrap_or(1)), ..Goal::default() }, sink)
}

pub fn epoch(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    lab.advance(&Goal { epochs: Some(given.count(0).unwrap_or(1)), ..Goal::default() }, sink)
}

pub fn run(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let goal = match given.form {
        1 => {
            let name = lab.ready(sink)?;
            let condition = Condition::read(given.text(0), lab.run(&name)?)?;
            Goal { condition: Some(condition), ..Goal::default() }
        }
        2 => Goal { seconds: Some(given.seconds(0)), ..Goal::default() },
        _ => Goal::default(),
    };
    lab.advance(&goal, sink)
}

/// `on TRAINING`: the training that commands are about.
pub fn on(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let known: Vec<Arc<str>> = lab.trainings().iter().map(|t| t.name.clone()).collect();
    let Some(name) = known.iter().find(|n| ***n == *given.text(0)) else {
        return Err(super::form::unknown("training", given.text(0), known.iter().map(|n| &**n)).into());
    };
    lab.state.moment.focus = Some(name.clone());
    let step = lab.state.moment.points.get(name).map_or(0, |p| p.step);
    sink.line(format!("on `{name}`, at step {step}"));
    Ok(())
}

impl Lab {
    fn advance(&mut self, goal: &Goal, sink: &mut dyn Sink) -> Result<(), Refused> {
        let name = self.ready(sink)?;
        let point = self.state.moment.points[&name];
        let run = self.run(&name)?;
        if run.is_finished() {
            let why = if run.state.stopped_early { "stopped early" } else { "is finished" };
            let epoch = run.state.epoch;
            return Err(Diagnostic::from_finished(&name, why, epoch).into());
        }
        let begun = Instant::now();
        let (first_step, first_epoch) = (run.state.step, run.state.epoch);
        let planned = run.setup.item.epochs.unwrap_or(0);
        let report_every = run.setup.item.report_every.unwrap_or_else(|| planned.div_ceil(20).max(1));
        self.keep_snapshot(&name, point)?;
        let mut breaks = std::mem::take(&mut self.state.breaks);
        let halt = self.steps(&name, goal, &mut breaks, report_every, begun, sink);
        self.state.breaks = breaks;
        let halt = halt?;
        let run = self.run(&name)?;
        let now = Point { stretch: point.stretch, step: run.state.step };
        let (steps, loss, finished) = (now.step - first_step, run.state.last_loss, run.is_finished());
        let whole_epochs = run.state.batch_in_epoch == 0 && run.state.epoch > first_epoch;
        let early = run.state.stopped_early;
        let epoch = run.state.epoch;
        self.state.moment.points.insert(name.clone(), now);
        let seconds = begun.elapsed().as_secs_f64();
        if steps > 0 {
            let at = if whole_epochs { format!("  epoch {epoch}") } else { String::new() };
            let rate = format::number(steps as f64 / seconds.max(1e-9), 3);
            sink.line(format!(
                "step {}{at}  loss {}  took {}, {rate} steps/s",
                now.step,
                format::measure(loss),
                format::duration(seconds)
            ));
        }
        if finished {
            let why = if early { "stopped early" } else { "finished" };
            sink.line(format!("`{name}` {why} after {}", format::counted(epoch, "epoch")));
        }
        self.show_watches(&name, sink)?;
        match halt {
            None => Ok(()),
            Some(Halt::Broke(text)) => {
                sink.line(format!("stopped at step {}: {text}", now.step));
                Ok(())
            }
            Some(Halt::Interrupted) => {
                sink.line(format!("interrupted at step {}", now.step));
                Err(Refused::Interrupted)
            }
            Some(Halt::Failed(d)) => {
                // The steps before it are sound, and are what one wants to look at: they stay.
                sink.line(format!("stopped at step {}: the next step fails", now.step));
                sink.diagnostics(std::slice::from_ref(&*d), &self.sources.clone());
                sink.aside("`why nan` shows from what; `undo 10` goes back before it".to_string());
                Ok(())
            }
        }
    }

    /// Steps until the goal is reached; the number of the point is moved by the caller.
    fn steps(
        &mut self,
        name: &Arc<str>,
        goal: &Goal,
        breaks: &mut [Condition],
        report_every: u64,
        begun: Instant,
        sink: &mut dyn Sink,
    ) -> Result<Option<Halt>, Refused> {
        let Some(live) = self.live.get_mut(name) else { return Err(refuse("the training is gone").into()) };
        let stretch = live.stretch;
        let run = &mut live.trained.run;
        let (first_step, first_epoch) = (run.state.step, run.state.epoch);
        let mut held: Vec<bool> = breaks.iter().map(|b| b.holds(run)).collect();
        let mut since = first_step;
        let mut shown = 0;
        let mut last: Option<EpochRecord> = None;
        let halt = loop {
            let before = run.state.step;
            // To the next boundary between steps.
            let outcome = loop {
                match run.advance() {
                    Ok(Outcome::Stepped(report)) => {
                        if let Some(record) = report.epoch {
                            last = Some(record);
                        }
                        if run.state.step > before || run.is_finished() {
                            break Ok(());
                        }
                    }
                    Ok(Outcome::Finished) => break Ok(()),
                    Err(f) => break Err(f),
                }
            };
            if let Err(f) = outcome {
                let text = breaks.iter().find(|b| b.waits_for_nan()).map(|b| b.text.clone());
                let d = fault(f, &run.setup.item.clone());
                let back = Point { stretch, step: before };
                self.forget(name, back, sink)?;
                break Some(match text {
                    Some(text) => {
                        sink.diagnostics(std::slice::from_ref(&d), &self.sources.clone());
                        Halt::Broke(format!("{text} in the next step"))
                    }
                    None => Halt::Failed(Box::new(d)),
                });
            }
            let step = run.state.step;
            if step > before {
                let of = &mut self.stretches[stretch];
                if (step - 1 - of.first()) as usize == of.losses.len() {
                    of.losses.push(run.state.last_loss as f32);
                }
            }
            if let Some(record) = &last
                && record.step == step
            {
                let due = record.epoch.is_multiple_of(report_every) || record.epoch == 1;
                if due && (goal.epochs.is_some() || goal.steps.is_none() || shown < 20) && run.state.step > shown {
                    sink.line(epoch_line(record));
                    shown = run.state.step;
                }
            }
            if run.is_finished() || run.state.step == before {
                if let Some(record) = &last
                    && shown < record.step
                {
                    sink.line(epoch_line(record));
                }
                break None;
            }
            if !breaks.is_empty() {
                let mut broke = None;
                for (condition, held) in breaks.iter().zip(&mut held) {
                    let holds = condition.holds(run);
                    if holds && !*held && broke.is_none() {
                        broke = Some(Halt::Broke(condition.text.clone()));
                    }
                    *held = holds;
                }
                if broke.is_some() {
                    break broke;
                }
            }
            let reached = goal.steps.is_some_and(|n| step - first_step >= n)
                || goal.epochs.is_some_and(|n| run.state.epoch - first_epoch >= n && run.state.batch_in_epoch == 0)
                || goal.condition.as_ref().is_some_and(|c| c.holds(run));
            if reached {
                break None;
            }
            if step.is_multiple_of(LOOK_EVERY) {
                if sink.interrupted() {
                    break Some(Halt::Interrupted);
                }
                if goal.seconds.is_some_and(|s| begun.elapsed().as_secs_f64() >= s) {
                    break None;
                }
            }
            if step - since >= SNAPSHOT_EVERY {
                since = step;
                self.store.keep(Point { stretch, step }, run.snapshot());
            }
        };
        Ok(halt)
    }

    /// A step failed half-way: back to where it began.
    fn forget(&mut self, name: &Arc<str>, point: Point, sink: &mut dyn Sink) -> Result<(), Refused> {
        self.live.remove(name);
        let _ = &sink;
        self.go(name, point, &mut super::Quiet(sink))
    }

    pub(super) fn keep_snapshot(&mut self, name: &str, point: Point) -> Result<(), Refused> {
        if !self.store.has(point) && self.stretches[point.stretch].first() != point.step {
            let snapshot = self.run(name)?.snapshot();
            self.store.keep(point, snapshot);
        }
        Ok(())
    }

    fn show_watches(&mut self, name: &str, sink: &mut dyn Sink) -> Result<(), Refused> {
        for quantity in self.state.watches.clone() {
            let x = quantity.of(self.run(name)?);
            sink.line(format!("  {quantity} = {}", format::number(x, 6)));
        }
        Ok(())
    }
}

impl Diagnostic {
    fn from_finished(name: &str, why: &str, epoch: u64) -> Diagnostic {
        refuse(format!("`{name}` {why}, after {}", format::counted(epoch, "epoch"))).help(
            "`evaluate` measures it, `rewind to epoch 1` goes back, `set epochs = N` with more of them lets it go on",
        )
    }
}

pub fn epoch_line(record: &EpochRecord) -> String {
    let mut out = format!("epoch {}  step {}  loss {}", record.epoch, record.step, format::measure(record.loss));
    for (name, x) in &record.val {
        out.push_str(&format!("  val.{name} {}", format::measure(*x)));
    }
    out.push_str(&format!("  lr {}", format::number(record.lr, 3)));
    if record.best {
        out.push_str("  best");
    }
    out
}
