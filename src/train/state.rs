//! The state of a training, in the one encoding that checkpoints, resume and undo share.

use serde::{Deserialize, Serialize};

use super::history::History;
use super::plateau::Plateau;

/// Everything beside the numbers of the arena.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: u64,
    /// Batches done; as many as steps unless gradients are accumulated.
    pub batch: u64,
    /// Epochs done.
    pub epoch: u64,
    /// Batches done of the epoch at hand.
    pub batch_in_epoch: u64,
    /// Sum of `loss * rows` of the epoch at hand, and its rows.
    pub loss_sum: f64,
    pub loss_rows: u64,
    pub last_loss: f64,
    /// Epochs since what `stop` watches got better, and its best value.
    pub stale: u64,
    pub stop_best: Option<f64>,
    /// The best value of what `keep` watches, and its epoch.
    pub keep_best: Option<f64>,
    pub keep_epoch: u64,
    pub finished: bool,
    pub stopped_early: bool,
    /// The schedules with a state, in the order of the training's.
    #[serde(default)]
    pub plateaus: Vec<Plateau>,
    /// Weights that were averaged so far, for `swa`.
    pub averaged: u64,
    pub history: History,
}

/// State and numbers together.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub state: State,
    /// Parameters, buffers and optimizer states, in the order of the arena.
    pub numbers: Vec<f32>,
    /// Gradients, while batches are being accumulated.
    pub gradients: Vec<f32>,
    /// The best weights so far.
    pub best: Option<Vec<f32>>,
    /// The averaged weights.
    pub average: Option<Vec<f32>>,
}
