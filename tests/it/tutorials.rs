//! The programs of `examples/tutorials` and their page, `docs/tutorials.md`.

use crate::nnrun::{Folder, golden, masked, root};

/// Each program, with the flags that make it quick; without them all is as the tutorial has it.
const PROGRAMS: [(&str, &[&str]); 13] = [
    ("collaborative_filtering", &[]),
    ("cost_sensitive", &[]),
    ("gated_residual", &["--units", "4", "--epochs", "2"]),
    ("imbalanced", &["--width", "16", "--epochs", "1"]),
    ("learning_strategies", &["--width", "10", "--epochs", "2"]),
    ("mixed_types", &[]),
    ("optimization", &["--width", "16"]),
    ("poisson_claims", &[]),
    ("polynomial", &[]),
    ("prediction_intervals", &["--width", "16", "--epochs", "10"]),
    ("structured_data", &[]),
    ("tab_transformer", &["--dims", "2", "--epochs", "2"]),
    ("wide_deep_cross", &["--epochs", "1"]),
];

fn file(name: &str) -> String {
    format!("examples/tutorials/{name}.nn")
}

#[test]
fn every_tutorial_is_told_here() {
    let files = std::fs::read_dir(root().join("examples/tutorials")).unwrap().map(|e| e.unwrap().path());
    let programs = files.filter(|p| p.extension().is_some_and(|e| e == "nn"));
    let mut names: Vec<String> = programs.map(|p| p.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, PROGRAMS.map(|(name, _)| name));
}

#[test]
fn every_tutorial_checks_without_warnings() {
    let folder = Folder::with_examples();
    for (name, _) in PROGRAMS {
        let ran = folder.run(&["check", &file(name), "--deny", "warnings"]);
        assert_eq!(ran.status, 0, "{name}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn every_tutorial_runs_without_warnings_and_prints_what_it_did() {
    let folder = Folder::with_examples();
    for (name, quick) in PROGRAMS {
        let ran = folder.run(&[&[&*file(name)], quick].concat());
        assert_eq!(ran.status, 0, "{name}: {}", ran.err);
        assert!(!ran.err.contains("warning[") && !ran.err.contains("error"), "{name}: {}", ran.err);
        golden(&root().join(format!("tests/goldens/tutorials/{name}.txt")), &masked(&ran.out));
    }
}

/// A line of a program that is neither empty nor a comment.
fn lines(program: &str) -> usize {
    program.lines().map(str::trim_start).filter(|l| !l.is_empty() && !l.starts_with('#')).count()
}

/// Each program has a row with the lines that it has.
#[test]
fn the_page_counts_the_lines() {
    let page = std::fs::read_to_string(root().join("docs/tutorials.md")).unwrap();
    for (name, _) in PROGRAMS {
        let count = lines(&std::fs::read_to_string(root().join(file(name))).unwrap());
        let row = page.lines().find(|l| l.starts_with(&format!("| [{name}]")));
        let row = row.unwrap_or_else(|| panic!("{name} has no row"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[3], count.to_string(), "{name}: {row}");
    }
}
