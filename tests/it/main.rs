//! Whole programs, run by the command line as a user would.

mod bad_data;
mod bad_models;
mod bad_programs;
mod flags;
mod lab;
mod outputs;
mod repeatable;
mod resume;
mod saved_model;
