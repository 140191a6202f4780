//! The command line: what the user asks for, and how what comes back is shown.

pub mod args;
pub mod command;
pub mod completion;
pub mod exit;
pub mod flag;
pub mod help;
pub mod request;
pub mod usage;

pub use exit::Exit;
pub use request::Request;
pub use usage::UsageError;
