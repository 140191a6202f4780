//! nnrun: a declarative language for neural networks and its interpreter.
//!
//! The stages of a run, in order: [`syntax`], [`check`], [`data`], [`plan`], [`engine`], [`train`];
//! `ARCHITECTURE.md` describes them.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod check;
pub mod cli;
pub mod data;
pub mod diag;
pub mod engine;
pub mod interop;
pub mod metrics;
pub mod plan;
pub mod prelude;
pub mod repl;
pub mod session;
pub mod syntax;
pub mod text;
pub mod train;
pub mod types;
