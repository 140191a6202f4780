//! Whole programs, run by the command line as a user would.

mod documents;
mod examples;
mod library;
mod markdown;
mod nnrun;
mod pages;
