//! No text makes the parser panic, and every problem it reports has its place in the text.
//!
//! `cargo +nightly fuzz run parse -- -dict=fuzz/nn.dict`
#![no_main]

use libfuzzer_sys::fuzz_target;
use nnrun::syntax::{complete, parse, parse_expr, parse_signature};
use nnrun::text::{FileId, Source};

fuzz_target!(|text: &str| {
    let source = Source::new(FileId(0), "fuzz.nn", text);
    for problem in parse(&source).problems.iter() {
        for label in &problem.labels {
            assert!(text.get(label.span.range()).is_some());
        }
    }
    parse_expr(&source);
    parse_signature(&source);
    complete(text);
});
