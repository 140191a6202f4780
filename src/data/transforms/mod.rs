//! Transforms of columns: fitted on the training rows, then the same for every row.

mod bins;
mod clip;
mod cyclic;
mod embed;
mod hash;
mod identity;
mod log1p;
mod min_max;
mod normal;
mod one_hot;
mod ordinal;
mod power;
mod quantile;
mod robust;
mod sample;
mod transform;
mod vocabulary;
mod zscore;

pub use transform::{Form, MakeTransform, Transform, Values};

use super::row::Table;

/// All transforms; each has a file of its own.
pub static TRANSFORMS: Table<MakeTransform> = Table(&[
    bins::ROW,
    clip::ROW,
    cyclic::ROW,
    embed::ROW,
    hash::ROW,
    identity::ROW,
    log1p::ROW,
    min_max::ROW,
    one_hot::ROW,
    ordinal::ROW,
    power::ROW,
    quantile::ROW,
    robust::ROW,
    zscore::ROW,
]);
