//! The examples in the prelude's documentation are sound programs, and their claims hold.

use std::path::Path;

use crate::diag::Severity;
use crate::prelude::{self, Entry};
use crate::text::Sources;

/// What is wrong with an entry's example.
fn problems(entry: &Entry) -> Vec<String> {
    let mut sources = Sources::default();
    let source = sources.add("example.nn", entry.example());
    let checked = super::check(sources, &source, Path::new("."), &[]);
    let told = checked.diagnostics.iter().filter(|d| d.severity != Severity::Note);
    let mut wrong: Vec<String> = told.map(|d| format!("{} {}", d.code.id, d.message)).collect();
    for test in &checked.program.tests {
        match super::run_test(&checked.program.world, test) {
            Ok(failures) => wrong.extend(failures.iter().map(|f| format!("{} {:?}", f.message, f.details))),
            Err(found) => wrong.extend(found.iter().map(|p| p.message.clone())),
        }
    }
    wrong
}

#[test]
fn examples_of_the_prelude_are_sound_and_their_claims_hold() {
    let told = prelude::ENTRIES.iter().flat_map(|e| problems(e).into_iter().map(|p| format!("{}: {p}", e.name)));
    let told: Vec<String> = told.collect();
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
}

/// Nothing would be compared where an example has neither a claim nor anything else that is checked.
#[test]
fn every_example_does_something() {
    for entry in prelude::ENTRIES {
        let example = entry.example();
        let does = ["test ", "print ", "model "].iter().any(|word| example.lines().any(|l| l.starts_with(word)));
        assert!(does, "{}", entry.name);
    }
}
