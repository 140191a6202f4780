//! The past of trainings: stretches between changes, snapshots under a budget, and replay in between.
//!
//! A stretch is what one program makes of one training from one state on. Steps are deterministic, so a stretch and a number
//! of steps name a state exactly, and any snapshot before it leads there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::train::Snapshot;

/// A state of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub stretch: usize,
    /// Steps since the training began.
    pub step: u64,
}

/// What one program makes of a training.
#[derive(Debug)]
pub struct Stretch {
    pub train: Arc<str>,
    /// Number of the program's version.
    pub version: usize,
    /// What it branches off from; none for fresh weights.
    pub parent: Option<Point>,
    /// The state it starts from; kept as long as the session lives.
    pub start: Snapshot,
    /// What tells whether two programs mean the same training.
    pub fingerprint: String,
    /// The loss of each step from `start` on, as far as it was ever reached.
    pub losses: Vec<f32>,
}

impl Stretch {
    pub fn first(&self) -> u64 {
        self.start.state.step
    }

    /// The furthest step that was reached.
    pub fn reached(&self) -> u64 {
        self.first() + self.losses.len() as u64
    }
}

/// Snapshots by where they were taken.
#[derive(Debug)]
pub struct Store {
    kept: BTreeMap<Point, Arc<Snapshot>>,
    bytes: usize,
    /// Snapshots take no more than this, but the last one is kept in any case.
    pub budget: usize,
}

/// Beyond so many, snapshots cost more to look through than they save.
const MOST: usize = 256;

impl Store {
    pub fn new(budget: usize) -> Store {
        Store { kept: BTreeMap::new(), bytes: 0, budget }
    }

    /// Keeps a snapshot; others make room, those first that lie closest to the one before them.
    pub fn keep(&mut self, point: Point, snapshot: Snapshot) {
        self.bytes += size(&snapshot);
        if let Some(old) = self.kept.insert(point, Arc::new(snapshot)) {
            self.bytes -= size(&old);
        }
        while (self.bytes > self.budget || self.kept.len() > MOST) && self.kept.len() > 1 {
            let Some(out) = self.least_useful(point) else { return };
            if let Some(old) = self.kept.remove(&out) {
                self.bytes -= size(&old);
            }
        }
    }

    fn least_useful(&self, newest: Point) -> Option<Point> {
        let mut before: Option<Point> = None;
        let mut least: Option<(u64, Point)> = None;
        for &point in self.kept.keys() {
            let gap = match before {
                Some(b) if b.stretch == point.stretch => point.step - b.step,
                _ => u64::MAX / 2,
            };
            // Old stretches are gone back to less often.
            let weight = if point.stretch == newest.stretch { 4 } else { 1 };
            let worth = gap.saturating_mul(weight);
            if point != newest && least.is_none_or(|(w, _)| worth < w) {
                least = Some((worth, point));
            }
            before = Some(point);
        }
        least.map(|(_, p)| p)
    }

    /// The last snapshot of the stretch that is not behind the step.
    pub fn before(&self, point: Point) -> Option<(u64, Arc<Snapshot>)> {
        let from = Point { stretch: point.stretch, step: 0 };
        self.kept.range(from..=point).next_back().map(|(p, s)| (p.step, s.clone()))
    }

    pub fn has(&self, point: Point) -> bool {
        self.kept.contains_key(&point)
    }

    /// How many there are, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        (self.kept.len(), self.bytes)
    }
}

fn size(s: &Snapshot) -> usize {
    let vectors = [Some(&s.numbers), Some(&s.gradients), s.best.as_ref(), s.average.as_ref()];
    let numbers: usize = vectors.into_iter().flatten().map(Vec::len).sum();
    numbers * 4 + s.state.history.epochs.len() * 160 + 256
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::State;

    fn snapshot(step: u64) -> Snapshot {
        let state = State { step, ..State::default() };
        Snapshot { state, numbers: vec![0.0; 1000], gradients: vec![], best: None, average: None }
    }

    #[test]
    fn a_full_store_keeps_the_newest_and_spreads_the_rest() {
        let mut store = Store::new(5 * 4300);
        for step in 0..100 {
            store.keep(Point { stretch: 0, step }, snapshot(step));
        }
        let (count, bytes) = store.size();
        assert!((2..=5).contains(&count) && bytes <= store.budget, "{count} {bytes}");
        assert!(store.has(Point { stretch: 0, step: 99 }) && store.has(Point { stretch: 0, step: 0 }));
        let (found, s) = store.before(Point { stretch: 0, step: 98 }).unwrap();
        assert!(found < 99 && s.state.step == found);
        assert!(store.before(Point { stretch: 1, step: 98 }).is_none());
    }

    #[test]
    fn a_budget_for_less_than_one_keeps_one() {
        let mut store = Store::new(1);
        store.keep(Point { stretch: 0, step: 1 }, snapshot(1));
        store.keep(Point { stretch: 0, step: 2 }, snapshot(2));
        assert_eq!(store.size().0, 1);
    }
}
