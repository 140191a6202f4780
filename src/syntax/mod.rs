//! Text to tree. The only module that knows pest.
//!
//! Parsing never fails: it returns a tree, with [`ast::ExprKind::Error`] and [`ast::EntryKind::Error`] where the text made no sense,
//! and the problems found. The grammar is structural: names, keys, arity and types are judged in `check`.

pub mod ast;
mod build;
mod clean;
mod complete;
mod docs;
mod foreign;
mod grammar;
mod kinds;
mod lexeme;
mod parse;
mod report;
mod scan;
mod signature;
mod skeleton;

pub use complete::{Completeness, complete};
pub use kinds::{ITEM_KINDS, LATER_KINDS, kind_elsewhere};
pub use parse::{Parsed, parse, parse_expr, parse_signature};
pub use signature::Signature;

#[cfg(test)]
mod tests;
