//! Loops over the bytes of a file in vector registers, one copy for each instruction set, chosen at run time. What they
//! give is the same on all of them.

mod decimals;
mod separators;

pub use decimals::{Decimals, Mark, decimals};
pub use separators::Separators;
