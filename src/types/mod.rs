//! Extents in normal form, shapes, and what numbers mean.

mod args;
mod dim;
mod domain;
mod shape;

pub use args::{ArgValue, Args};
pub use dim::{Dim, DimSymbol};
pub use domain::Domain;
pub use shape::{Axis, Origin, Shape};
