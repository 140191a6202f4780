//! The state of a `plateau` schedule.

use serde::{Deserialize, Serialize};

use crate::check::PlateauItem;

/// Changes of the factor below this are not made, as in PyTorch.
const LEAST_CHANGE: f64 = 1e-8;

/// As it stands after some epochs; the steps are those of `torch.optim.lr_scheduler.ReduceLROnPlateau`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    /// By which the rate is multiplied.
    pub factor: f64,
    best: Option<f64>,
    /// Epochs since the best one.
    stale: u64,
    /// Epochs in which nothing is counted yet.
    resting: u64,
}

impl Default for Plateau {
    fn default() -> Self {
        Plateau { factor: 1.0, best: None, stale: 0, resting: 0 }
    }
}

impl Plateau {
    /// Takes in an epoch's value of what is watched.
    pub fn observe(&mut self, item: &PlateauItem, value: f64) {
        if !value.is_nan() && self.best.is_none_or(|best| better(item, value, best)) {
            self.best = Some(value);
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        if self.resting > 0 {
            self.resting -= 1;
            self.stale = 0;
        }
        if self.stale > item.rule.patience {
            let less = (self.factor * item.rule.factor).max(item.rule.least);
            if self.factor - less > LEAST_CHANGE {
                self.factor = less;
            }
            self.resting = item.rule.cooldown;
            self.stale = 0;
        }
    }
}

fn better(item: &PlateauItem, value: f64, best: f64) -> bool {
    match (item.watched.rises(), item.rule.absolute) {
        (false, false) => value < best * (1.0 - item.rule.threshold),
        (false, true) => value < best - item.rule.threshold,
        (true, false) => value > best * (1.0 + item.rule.threshold),
        (true, true) => value > best + item.rule.threshold,
    }
}
