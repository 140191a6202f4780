//! Files that other programs read too: model files and plots.

mod atomic_write;
mod file_fault;
pub mod model_file;
pub mod plot;

pub use atomic_write::{appears_whole, atomic_write, atomic_write_with, is_unfinished};
pub use file_fault::{FaultKind, FileFault};
pub use model_file::{ModelFile, Tensor};
