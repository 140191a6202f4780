//! Data files, schemas, splits and fits, from the outside.

mod apply;
mod bad_files;
mod build;
mod goldens;
mod inference;
mod rows;
mod split;
mod target_mean;
