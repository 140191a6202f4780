//! The command line: what the user asks for, and how what comes back is shown.
//!
//! [`command`] and [`flag`] are the tables; [`args`], [`help`] and [`completion`] are made from them. [`front`] performs a
//! [`Request`] with a [`Backend`] and shows the outcome on an [`Output`].

pub mod args;
mod backend;
pub mod command;
pub mod completion;

mod exit;
mod fix;
pub mod flag;
pub mod front;
pub mod help;
mod interrupt;
mod output;
pub mod render;
pub mod request;
mod screen;
mod session_backend;
#[cfg(test)]
mod tests;
mod usage;

pub use backend::{Backend, Checked, ProgramHelp, Refusal};
pub use exit::Exit;
pub use front::main;
pub use interrupt::Interrupt;
pub use output::Output;
pub use request::Request;
pub use screen::{Screen, Surroundings};
pub use session_backend::SessionBackend;
pub use usage::UsageError;
