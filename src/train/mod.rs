//! A training in progress: its whole resumable state, and what it reports.

mod clock;
mod decisions;
pub mod event;
mod feed;
mod forward;
mod history;
pub mod inspect;
mod plateau;
pub mod probes;
mod profile;
mod run;
pub mod scoring;
mod state;
mod target;
pub mod trace;

pub use decisions::Decisions;
pub use feed::{Feeds, Matrix, Models};
pub use forward::{Answers, Forward};
pub use history::{EpochRecord, History};
pub use profile::{Phase, Spent};
pub use run::{Outcome, Run, Setup, StepReport, TrainFault};
pub use state::{Snapshot, State};
pub use target::{Task, predictions, task_of};

#[cfg(test)]
mod tests;
