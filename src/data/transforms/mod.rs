//! Transforms of columns: fitted on the training rows, then the same for every row.

mod transform;

pub use transform::{Form, MakeTransform, Transform, Values};

use super::row::Table;

/// All transforms; each has a file of its own.
pub static TRANSFORMS: Table<MakeTransform> = Table(&[]);
