//! Loops over memory in vector registers, one copy for each instruction set, chosen at run time.
//!
//! Kernels take raw pointers and are `unsafe`: whoever lays out the memory (`exec`) answers for lengths and overlap.

pub mod by_column;
pub mod draw;
pub mod gather;
pub mod gemm;
mod isa;
pub mod layout;
pub mod map;
mod math;
pub mod moments;
pub mod reduce;
mod vector;

pub use isa::Isa;
pub use vector::MAX_LANES;
