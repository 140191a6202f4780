//! The façade that all front ends share: load a program, carry it out, resume, apply a saved model.

mod checkpoint;
mod closer_look;
mod compare;
mod documentation;
mod evaluate;
mod execute;
mod figures;
pub mod lab;
mod load;
mod model;
mod network;
mod not_finite;
mod plots;
mod predict;
mod predicted;
mod reasons;
mod run_folder;
mod score;
mod shapes;
mod timing;
mod train_action;
mod trained;
mod trained_models;
mod training;

pub use documentation::{documentation, names as documented_names};
pub use execute::{Execution, Options, Resume, execute, resume};
pub use figures::Picture;
pub use load::{load, read_program};
pub use model::SavedModel;
pub use predict::{PredictFile, predict_file};
pub use shapes::{LayerShape, ModelShapes, shapes};
pub use training::first_training;

use crate::diag::Diagnostic;
use crate::text::Sources;
use crate::train::event::Event;

/// Where events and diagnostics go, and whether the user wants to stop.
pub trait Listener {
    fn event(&mut self, event: &Event);
    fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &Sources);
    fn interrupted(&self) -> bool;
}

/// How the execution of a program ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    Finished,
    /// The first error, already shown.
    Failed(Diagnostic),
    /// Stopped by the user at a step boundary; the run can be resumed.
    Interrupted,
}
