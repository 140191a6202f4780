//! Where the time of a training's steps went, by phase and by layer.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::exec::{Executable, StepTime};
use crate::engine::program::Program;

use super::run::Run;

/// A part of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The order of the rows, and their copies into the batch.
    Batch,
    Forward,
    Backward,
    /// Clipping and the optimiser.
    Update,
    /// What is done once an epoch: validation, metrics, records.
    Epoch,
}

/// The time of one part of the model in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    pub phase: Phase,
    /// `feature_extractor.0`; several where they are computed together; empty outside of the model.
    pub paths: Vec<Arc<str>>,
    /// The kernels, for those who work on the engine.
    pub what: String,
    pub time: Duration,
}

/// What the trainer itself measures.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Watch {
    pub batch: Duration,
    pub epoch: Duration,
}

impl Watch {
    pub fn spent(self) -> Vec<Spent> {
        let part = |phase, time, what: &str| Spent { phase, paths: Vec::new(), what: what.into(), time };
        vec![
            part(Phase::Batch, self.batch, "order and copies of rows"),
            part(Phase::Epoch, self.epoch, "end of epochs"),
        ]
    }
}

impl Run {
    /// From now on, measures where the time goes. Measuring takes some itself: about 50 ns for each kernel.
    pub fn start_profile(&mut self) {
        self.watch = Some(Watch::default());
        self.step.start_profile();
        self.norm.iter_mut().chain(&mut self.updates).for_each(Executable::start_profile);
    }

    /// Where the time went since then: for each kernel of a step, and for the trainer's own work.
    pub fn profile(&self) -> Vec<Spent> {
        let plan = &self.setup.plan;
        let mut parts = self.watch.unwrap_or_default().spent();
        parts.extend(of_step(&self.step, &plan.step));
        let norm = self.norm.iter().zip(&plan.norm);
        let updates = self.updates.iter().zip(plan.updates.iter().map(|u| &u.program));
        parts.extend(norm.chain(updates).flat_map(|(e, program)| of_update(e, program)));
        parts
    }
}

/// The steps of the program whose first output is the loss.
fn of_step(executable: &Executable, program: &Program) -> Vec<Spent> {
    let forward = program.graph.ancestors(&program.outputs);
    let phase = |step: &StepTime| {
        // A pass of the backward phase may compute values of the forward phase again.
        let all = !step.nodes.is_empty() && step.nodes.iter().all(|n| forward[n.0 as usize]);
        if all { Phase::Forward } else { Phase::Backward }
    };
    spent(executable, program, &phase)
}

/// The steps of a program that clips or updates.
fn of_update(executable: &Executable, program: &Program) -> Vec<Spent> {
    spent(executable, program, &|_| Phase::Update)
}

fn spent(executable: &Executable, program: &Program, phase: &dyn Fn(&StepTime) -> Phase) -> Vec<Spent> {
    let part = |step: StepTime| {
        let phase = phase(&step);
        let mut paths: Vec<Arc<str>> = Vec::new();
        for node in &step.nodes {
            if let Some(path) = &program.graph.get(*node).place.path
                && !path.is_empty()
                && !paths.contains(path)
            {
                paths.push(path.clone());
            }
        }
        Spent { phase, paths, what: step.what, time: step.time }
    };
    executable.profile().into_iter().map(part).collect()
}
