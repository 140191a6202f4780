//! Whole programs, run by the command line as a user would.

mod diagnostics;
mod documents;
mod examples;
mod library;
mod markdown;
mod nnrun;
mod pages;
mod robust;
