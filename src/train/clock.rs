//! What schedules and losses may read of a training's course.

use std::sync::Arc;

use super::state::State;

/// What a trainer counts.
#[derive(Debug, Clone)]
pub(super) struct Clock<'a> {
    pub step: u64,
    pub epoch: u64,
    pub planned: u64,
    pub clip: f64,
    /// Of the schedules with a state, by their scalar.
    pub factors: &'a [(Arc<str>, f64)],
}

impl<'a> Clock<'a> {
    pub fn of(state: &State, planned: u64, factors: &'a [(Arc<str>, f64)]) -> Clock<'a> {
        Clock { step: state.step, epoch: state.epoch, planned, clip: 1.0, factors }
    }

    pub fn read(&self, name: &str) -> f64 {
        match name {
            "step" => self.step as f64,
            "update" => self.step as f64 + 1.0,
            "epoch" => self.epoch as f64,
            "progress" => self.step as f64 / self.planned.max(1) as f64,
            "clip" => self.clip,
            _ => self.factors.iter().find(|(n, _)| **n == *name).map_or(f64::NAN, |(_, factor)| *factor),
        }
    }
}
