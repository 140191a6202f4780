//! Names, types, shapes and domains: what a program means, and everything that is wrong with it, before anything runs.

mod builtin;
mod call;
mod domain_help;
mod elaborate;
mod expr;
mod foreign;
mod frame;
mod operator;
mod scope;
mod sequence;
mod signature;
mod value;
mod world;

#[cfg(test)]
mod example_tests;
#[cfg(test)]
mod golden_tests;
