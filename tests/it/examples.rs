//! Every example checks without warnings and runs; what it prints is compared, but for times.

use crate::nnrun::{Folder, golden, masked, root};

fn names() -> Vec<String> {
    let files = std::fs::read_dir(root().join("examples")).unwrap().map(|e| e.unwrap().path());
    let programs = files.filter(|p| p.extension().is_some_and(|e| e == "nn"));
    let mut names: Vec<String> = programs.map(|p| p.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_example_checks_without_warnings() {
    let folder = Folder::with_examples();
    for name in names() {
        let ran = folder.run(&["check", &format!("examples/{name}.nn"), "--deny", "warnings"]);
        assert_eq!(ran.status, 0, "{name}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn every_example_runs_and_prints_what_it_did() {
    let folder = Folder::with_examples();
    for name in names() {
        let ran = folder.run(&[&format!("examples/{name}.nn")]);
        assert_eq!(ran.status, 0, "{name}: {}", ran.err);
        assert!(!ran.err.contains("error"), "{name}: {}", ran.err);
        golden(&root().join(format!("tests/goldens/examples/{name}.txt")), &masked(&ran.out));
    }
}

#[test]
fn the_tests_in_examples_hold() {
    let folder = Folder::with_examples();
    for name in names() {
        let ran = folder.run(&["test", &format!("examples/{name}.nn")]);
        assert_eq!(ran.status, 0, "{name}: {}{}", ran.out, ran.err);
    }
}

/// The main job, by its effects: the file it promises, and a model that gives the same answers again.
#[test]
fn the_fraud_example_leaves_a_model_that_needs_nothing_else() {
    let folder = Folder::with_examples();
    let ran = folder.run(&["examples/fraud.nn", "--out", "fraud", "--quiet"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let scored = std::fs::read_to_string(folder.path("fraud/scored.csv")).unwrap();
    assert_eq!(scored.lines().count(), 41);
    assert!(scored.starts_with("transaction_id,prob,decision\nn0000,"));
    std::fs::copy(folder.path("fraud/model.safetensors"), folder.path("alone.safetensors")).unwrap();
    std::fs::copy(folder.path("examples/data/new_transactions.csv"), folder.path("new.csv")).unwrap();
    std::fs::remove_dir_all(folder.path("examples")).unwrap();
    std::fs::remove_dir_all(folder.path("fraud")).unwrap();
    let again = folder.run(&["predict", "alone.safetensors", "new.csv"]);
    assert_eq!((again.status, again.out), (0, scored));
}
