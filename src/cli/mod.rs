//! The command line: what the user asks for, and how what comes back is shown.

pub mod args;
pub mod command;
pub mod completion;
pub mod event_draft;
pub mod exit;
pub mod flag;
pub mod help;
pub mod render;
pub mod request;
pub mod usage;

pub use exit::Exit;
pub use request::Request;
pub use usage::UsageError;
