//! `cargo +nightly fuzz run check -- -dict=fuzz/nn.dict`
#![no_main]

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|text: &str| targets::check(text));
