//! Diagnostics: the one form in which anything wrong, doubtful or worth saying crosses modules.

pub mod codes;
mod diagnostic;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Problems, Severity};
