//! Transforms of columns: fitted on the training rows, then the same for every row.

mod normal;
mod sample;
mod transform;
mod vocabulary;

pub use transform::{Form, MakeTransform, Training, Transform, Values};

use super::row::Table;

/// The files of the transforms, each with its `ROW`: a new one is named here and nowhere else.
macro_rules! transforms {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// All transforms; each has a file of its own.
        pub static TRANSFORMS: Table<MakeTransform> = Table(&[$($name::ROW),*]);
    };
}

transforms! {
    bins
    clip
    cyclic
    embed
    hash
    identity
    log1p
    min_max
    one_hot
    ordinal
    power
    quantile
    robust
    target_mean
    zscore
}
