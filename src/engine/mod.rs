//! Tensors, derivatives and their execution. Knows nothing of the language: programs come as graphs.

pub mod exec;
pub mod gradient;
pub mod graph;
pub mod kernels;
pub mod ops;
pub mod program;
pub mod random;
pub mod reference;
pub mod rewrite;
