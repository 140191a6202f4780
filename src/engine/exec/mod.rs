//! Fast execution of programs: compiled once, run many times without allocating.
//!
//! A program is compiled for a number of rows (`plan::Plan`): its nodes become values and views (`values`), values are
//! gathered into passes over memory (`fuse`), ordered (`schedule`), given memory (`memory`), and written down as
//! a flat list of steps. Plans for the numbers of rows that were used last are kept.

mod arena;
mod assemble;
mod by_column;
mod constant;
mod executable;
mod fault;
mod fuse;
mod memory;
mod moments;
mod pass;
mod peephole;
mod plan;
mod pool;
mod rewrite;
mod run_pass;
mod run_step;
mod schedule;
mod split;
mod step;
mod terms;
mod values;
mod view;

pub use crate::engine::kernels::Isa;
pub use arena::Arena;
pub use executable::{Call, Executable, Options, StepTime};
pub use fault::{CompileFault, Fault};

#[cfg(test)]
mod tests;
