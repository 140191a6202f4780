//! Transforms of columns: fitted on the training rows, then the same for every row.

mod cyclic;
mod embed;
mod identity;
mod log1p;
mod min_max;
mod one_hot;
mod transform;
mod vocabulary;
mod zscore;

pub use transform::{Form, MakeTransform, Transform, Values};

use super::row::Table;

/// All transforms; each has a file of its own.
pub static TRANSFORMS: Table<MakeTransform> =
    Table(&[cyclic::ROW, embed::ROW, identity::ROW, log1p::ROW, min_max::ROW, one_hot::ROW, zscore::ROW]);
