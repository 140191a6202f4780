//! Probes watch a training for faults that no check can see in advance. They change nothing, and cost little: most steps are
//! only counted, few are looked at, and a model's inside only where something looks wrong.
//!
//! One file a probe, with its row; to add one is to add its file, its row in [`ALL`], its code and page.

mod collapse;
mod dead_units;
mod exploding;
mod gap;
mod initial_loss;
mod inside;
mod leak;
mod no_gradient;
mod no_progress;
mod oscillation;
mod probe;
mod rising;
mod same_rows;
mod saturated;
mod still_falling;
mod story;
mod update_size;
mod vanishing;

use std::collections::BTreeSet;

use crate::check::elaborate::Role;
use crate::diag::{Diagnostic, codes};
use crate::text::Span;

use super::run::{Run, StepReport};
pub use probe::{Probe, When};
pub use story::{Constant, Moved, Sample, Story, Window};

/// All probes; of several that speak at once, the first ones name the cause and silence what follows from it.
pub static ALL: &[&Probe] = &[
    &initial_loss::PROBE,
    &same_rows::PROBE,
    &no_gradient::PROBE,
    &dead_units::PROBE,
    &saturated::PROBE,
    &vanishing::PROBE,
    &exploding::PROBE,
    &update_size::LARGE,
    &update_size::SMALL,
    &rising::PROBE,
    &oscillation::PROBE,
    &collapse::PROBE,
    &no_progress::PROBE,
    &gap::PROBE,
    &leak::PROBE,
    &still_falling::PROBE,
];

/// The probes of one training.
#[derive(Debug)]
pub struct Probes {
    story: Story,
    fresh: bool,
    sampled: bool,
    /// The next step that is looked at.
    next_sample: u64,
    said: BTreeSet<(&'static str, Option<Span>)>,
    /// Trained parameters: where their numbers and their gradients lie.
    places: Vec<(usize, usize)>,
}

impl Probes {
    pub fn new(run: &Run) -> Probes {
        let plan = &run.setup.plan;
        let mut places = Vec::new();
        for (i, part) in plan.parts.iter().enumerate().filter(|(_, p)| p.role == Role::Parameter && !p.frozen) {
            let wanted = format!("{}.grad", part.path);
            if let Some(slot) = plan.slots.iter().rev().find(|s| *s.path == *wanted) {
                places.push((i, slot.offset));
            }
        }
        let fresh = run.state.step == 0;
        let next_sample = sample_behind(run.state.step);
        Probes { story: Story::new(run), fresh, sampled: false, next_sample, said: BTreeSet::new(), places }
    }

    /// Before a step.
    #[inline]
    pub fn before(&mut self, run: &mut Run) {
        let next = run.state.step + 1;
        self.sampled = next >= self.next_sample || next == self.story.planned;
        if self.sampled {
            self.next_sample = sample_behind(next);
            run.remember_updates(true);
        }
    }

    /// Behind a step: what is to be said of it. Most steps are counted, and that is all.
    #[inline]
    pub fn after(&mut self, run: &mut Run, report: &StepReport) -> Vec<Diagnostic> {
        if run.state.batch == 1 {
            self.story.start = report.loss;
        }
        self.story.note(run.state.batch, report.loss);
        self.story.step = run.state.step;
        let ends = report.epoch.as_ref().is_some_and(|e| e.epoch.is_power_of_two()) && !run.state.finished;
        if !self.sampled && !ends && !run.state.finished {
            return vec![];
        }
        self.look(run, report)
    }

    #[cold]
    fn look(&mut self, run: &mut Run, report: &StepReport) -> Vec<Diagnostic> {
        let looked = std::mem::take(&mut self.sampled);
        let sample = match looked {
            true => self.sample(run, report.loss),
            false => Sample { step: run.state.step, loss: report.loss, parameters: vec![] },
        };
        run.remember_updates(false);
        let mut out = Vec::new();
        let first = self.fresh && run.state.batch == 1;
        for probe in ALL {
            let due = match probe.when {
                When::First => first,
                When::Sample => looked,
                When::Course => true,
                When::End => run.state.finished,
            };
            // What follows from something that was said needs no saying.
            let ends = || [codes::NO_PROGRESS.id, codes::STILL_FALLING.id].contains(&probe.code.id);
            let follows = !self.said.is_empty() && ends();
            if due && !follows {
                for d in (probe.look)(run, &self.story, &sample) {
                    if self.said.insert((d.code.id, d.span())) {
                        out.push(d);
                    }
                }
            }
        }
        if looked {
            self.story.before = Some(sample);
        }
        out
    }

    fn sample(&self, run: &Run, loss: f64) -> Sample {
        let accumulates = run.setup.item.accumulate > 1;
        let before = run.looks.before();
        let mut parameters = Vec::new();
        for (i, offset) in self.places.iter().filter(|_| !accumulates) {
            let part = &run.setup.plan.parts[*i];
            let n = part.len();
            let range = part.range();
            let gradient = norm(&run.arena[*offset..*offset + n]);
            let now = &run.arena[range.clone()];
            let old = before.and_then(|b| b.get(range)).unwrap_or(now);
            let update = difference(now, old);
            let (path, span, rank) = (part.path.clone(), part.span, part.shape.len());
            let rows = part.shape.first().copied().unwrap_or(1).max(1);
            let idle = idle_rows(&run.arena[*offset..*offset + n], rows);
            parameters.push(Moved { path, span, rank, rows, idle, gradient, weight: norm(old), update });
        }
        Sample { step: run.state.step, loss, parameters }
    }
}

/// The first of steps 1, 4, 16, 64, … behind a step.
fn sample_behind(step: u64) -> u64 {
    (0..32).map(|i| 1u64 << (2 * i)).find(|s| *s > step).unwrap_or(u64::MAX)
}

/// Rows of a gradient in which every number is exactly 0; of most rows only the first number is read.
fn idle_rows(gradient: &[f32], rows: usize) -> usize {
    let width = (gradient.len() / rows).max(1);
    gradient.chunks(width).filter(|row| row.iter().all(|x| *x == 0.0)).count()
}

/// Euclidean norm; in eight lanes, so that it runs at the speed of memory.
fn norm(x: &[f32]) -> f64 {
    let mut lanes = [0.0f32; 8];
    let mut total = 0.0f64;
    for block in x.chunks(1024) {
        lanes.fill(0.0);
        for eight in block.chunks(8) {
            lanes.iter_mut().zip(eight).for_each(|(l, x)| *l += x * x);
        }
        total += lanes.iter().map(|l| f64::from(*l)).sum::<f64>();
    }
    total.sqrt()
}

fn difference(a: &[f32], b: &[f32]) -> f64 {
    let mut lanes = [0.0f32; 8];
    let mut total = 0.0f64;
    for (a, b) in a.chunks(1024).zip(b.chunks(1024)) {
        lanes.fill(0.0);
        for (a, b) in a.chunks(8).zip(b.chunks(8)) {
            lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(l, (a, b))| *l += (a - b) * (a - b));
        }
        total += lanes.iter().map(|l| f64::from(*l)).sum::<f64>();
    }
    total.sqrt()
}
