//! Diagnostics: the one form in which anything wrong, doubtful or worth saying crosses modules.
//!
//! [`terminal`] draws them for people, [`json`] writes them for programs, [`explain`] has the page of each code, [`fix`]
//! applies the repairs they carry.

pub mod codes;
mod diagnostic;
pub mod explain;
pub mod fix;
pub mod json;
mod look;
mod place;
mod snippet;
pub mod terminal;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Problems, Severity};
pub use look::Look;
pub use place::Place;
