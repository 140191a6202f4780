//! Tensors, derivatives and their execution. Knows nothing of the language: programs come as graphs.

pub mod graph;
pub mod kernels;
pub mod program;
pub mod random;
