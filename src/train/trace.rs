//! Why a training left the finite numbers: a replay, bit by bit the same, that watches every step.

use crate::check::elaborate::Role;

use super::inspect::{Batch, Origin, Source};
use super::run::{Outcome, Run, TrainFault};

/// Losses of the replay that are told.
const TOLD: usize = 4;
/// Replays are not longer than this.
const MOST_STEPS: u64 = 200_000;
/// Val rows that are looked at together.
const VAL_ROWS: usize = 256;
/// A loss this many times the first one, or a step this many times the size of the weights: the training ran away.
const RAN_AWAY: f64 = 100.0;

/// What happened before a number was not finite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// The step (from 1) in which the first bad number arose.
    pub step: u64,
    /// Where; `None` if an update made it: then `updated` says which.
    pub origin: Option<Origin>,
    /// Whether it arose on the val rows, behind that step.
    pub validating: bool,
    /// A parameter that an update made bad from sound gradients.
    pub updated: Option<String>,
    /// Losses by step: the first ones, and the last that was finite.
    pub losses: Vec<(u64, f64)>,
    /// The first step that moved a parameter by more than its size: step, path, times.
    pub leap: Option<(u64, String, f64)>,
}

impl Trace {
    /// Whether numbers grew step by step until they overflowed: then the steps are to blame, not the operation that was last.
    pub fn ran_away(&self) -> bool {
        let first = self.losses.first().map_or(f64::NAN, |l| l.1.abs());
        let largest = self.losses.iter().map(|l| l.1.abs()).fold(0.0, f64::max);
        let loss = largest > RAN_AWAY * first.max(1e-6);
        let overflow = self.origin.as_ref().is_none_or(|o| match &o.source {
            Source::Operation(_) => o.operands.iter().any(|x| x.min.abs().max(x.max.abs()) > 1e9),
            _ => false,
        });
        overflow && (loss || self.leap.as_ref().is_some_and(|l| l.2 > RAN_AWAY))
    }
}

/// Goes through a fresh training of the same setup (and the same initial weights) until a number is not finite.
pub fn trace(mut run: Run) -> Trace {
    let mut out = Trace::default();
    let (mut last, mut several) = (None, 0usize);
    run.remember_updates(true);
    while run.state.step < MOST_STEPS {
        let rows = run.next_rows();
        let outcome = run.advance();
        let step = run.state.step;
        match outcome {
            Ok(Outcome::Finished) => break,
            Ok(Outcome::Stepped(report)) => {
                several += 1;
                last = Some((step, report.loss));
                if several <= TOLD {
                    out.losses.push((step, report.loss));
                }
                if out.leap.is_none() {
                    let moved = run.last_update().unwrap_or_default();
                    let far = moved.iter().find(|u| u.weight > 0.0 && u.ratio() > 1.0);
                    out.leap = far.map(|u| (step, u.path.to_string(), u.ratio()));
                }
                if let Some(path) = bad_weight(&run) {
                    out.step = step;
                    out.updated = Some(path);
                    out.origin = before_the_step(&mut run, &rows);
                    break;
                }
            }
            // The batch was not counted: it is still the next one. At the end of an epoch it was.
            Err(TrainFault::NotFinite { .. }) => {
                let counted = last.map_or(0, |(s, _)| s) < step;
                out.step = if counted { step } else { step + 1 };
                match bad_weight(&run).filter(|_| counted) {
                    Some(path) => {
                        out.updated = Some(path);
                        out.origin = before_the_step(&mut run, &rows);
                    }
                    None if counted => {
                        out.validating = true;
                        out.origin = on_val_rows(&mut run);
                    }
                    None => out.origin = run.origin(Batch::Next).ok().flatten(),
                }
                break;
            }
            Err(_) => break,
        }
    }
    if let Some(last) = last.filter(|l| !out.losses.contains(l)) {
        out.losses.push(last);
    }
    out
}

/// Asks the val rows, some at a time.
fn on_val_rows(run: &mut Run) -> Option<Origin> {
    let rows = run.setup.data.split.val.clone();
    rows.chunks(VAL_ROWS).find_map(|rows| run.origin(Batch::Rows(rows)).ok().flatten())
}

/// Puts the weights back that the last step started from, and asks its batch.
fn before_the_step(run: &mut Run, rows: &[u32]) -> Option<Origin> {
    let before = run.looks.before()?.clone();
    run.arena[..before.len()].copy_from_slice(&before);
    run.state.batch = run.state.batch.saturating_sub(1);
    run.state.step = run.state.step.saturating_sub(1);
    run.origin(Batch::Rows(rows)).ok().flatten()
}

/// The first parameter, buffer or optimizer state that is not finite.
fn bad_weight(run: &Run) -> Option<String> {
    let parts = &run.setup.plan.parts;
    let bad = |p: &&crate::plan::Part| run.arena[p.range()].iter().any(|x| !x.is_finite());
    let found = parts.iter().filter(|p| p.role != Role::State).find(bad).or_else(|| parts.iter().find(bad));
    found.map(|p| p.path.to_string())
}
