//! Whole programs, run by the command line as a user would.

mod bad_data;
mod bad_models;
mod bad_programs;
mod deciding;
mod diagnostics;
mod documents;
mod errors_index;
mod examples;
mod faults;
mod flags;
mod judged;
mod lab;
mod library;
mod markdown;
mod nnrun;
mod outputs;
mod pages;
mod repeatable;
mod repl;
mod resume;
mod robust;
mod saved_model;
mod several_targets;
mod tables;
#[cfg(target_os = "linux")]
mod terminal;
mod torch_page;
mod tutorials;
mod uses;
