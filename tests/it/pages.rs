//! The programs on the pages of the codes: the wrong ones have the code, the right ones have no error and not the code.
//!
//! A program brings its files along: a comment `# points.csv:` and below it the lines of the file as `#   x,y`.

use std::collections::BTreeSet;

use nnrun::diag::{Code, Severity, codes, explain};

use crate::nnrun::Folder;

/// Codes that arise only while a program runs, since they follow from rows, weights or memory.
const RUN_TIME: [&str; 9] = ["E509", "E510", "E604", "R801", "R802", "W711", "W712", "W713", "W714"];

/// The files that a program's comments hold.
fn write_files(folder: &Folder, program: &str) {
    let mut lines = program.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("# ").and_then(|l| l.strip_suffix(':')) else { continue };
        let mut contents = String::new();
        while let Some(row) = lines.peek().and_then(|l| l.strip_prefix("#   ")) {
            contents += &format!("{row}\n");
            lines.next();
        }
        folder.write(name, contents);
    }
}

/// Codes and severities of what a command says.
fn said(folder: &Folder, words: &[&str]) -> BTreeSet<(String, String)> {
    folder.run(words).diagnostics().into_iter().map(|(code, severity, _)| (code, severity)).collect()
}

fn has(found: &BTreeSet<(String, String)>, code: &Code) -> bool {
    found.iter().any(|(c, _)| c == code.id)
}

/// What the check says of a program, and what the run adds if the code is one of a run.
fn program(code: &Code, text: &str) -> BTreeSet<(String, String)> {
    let folder = Folder::new();
    write_files(&folder, text);
    folder.write("page.nn", text);
    let mut found = said(&folder, &["check", "page.nn", "--json"]);
    if RUN_TIME.contains(&code.id) || code.id[1..].starts_with('8') {
        assert!(!has(&found, code), "{}: the check finds it already", code.id);
        found.extend(said(&folder, &["page.nn", "--json"]));
    }
    found
}

#[test]
fn every_program_on_a_page_shows_what_the_page_is_about() {
    let mut wrong = Vec::new();
    for code in codes::ALL {
        for example in explain::examples(code.page).iter().filter(|e| !e.sketch) {
            let found = program(code, &example.text);
            let errors: Vec<_> = found.iter().filter(|(_, severity)| severity == "error").collect();
            let other_error = code.severity != Severity::Error && !errors.is_empty();
            let warned = found.iter().any(|(_, severity)| severity == "warning");
            match example.bad {
                true if !has(&found, code) || other_error => wrong.push(format!("{}, bad: {found:?}", code.id)),
                false if has(&found, code) || warned || !errors.is_empty() => {
                    wrong.push(format!("{}, good: {found:?}", code.id))
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A comment line above the place silences every warning and note, be it of the check or of the run.
#[test]
fn every_warning_can_be_allowed_at_its_place() {
    let mut wrong = Vec::new();
    for code in codes::ALL.iter().filter(|c| c.severity != Severity::Error) {
        for example in explain::examples(code.page).iter().filter(|e| e.bad && !e.sketch) {
            let folder = Folder::new();
            write_files(&folder, &example.text);
            let lines_of = |text: &str| {
                folder.write("page.nn", text);
                let checked = folder.run(&["check", "page.nn", "--json"]).lines_of(code.id);
                if checked.is_empty() { folder.run(&["page.nn", "--json"]).lines_of(code.id) } else { checked }
            };
            let found = lines_of(&example.text);
            let mut allowed = String::new();
            for (i, line) in example.text.lines().enumerate() {
                if found.contains(&(i + 1)) {
                    let blanks = &line[..line.len() - line.trim_start().len()];
                    allowed += &format!("{blanks}# allow {}: reason\n", code.id);
                }
                allowed += &format!("{line}\n");
            }
            let left = lines_of(&allowed);
            if found.is_empty() || !left.is_empty() {
                wrong.push(format!("{}: found in lines {found:?}, allowed and still there in {left:?}", code.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a page can only sketch, done in full: the files and the command that give the code.
fn situation(code: &str) -> BTreeSet<(String, String)> {
    let folder = Folder::new();
    let program = "data cities { source = csv(\"cities.csv\"); target visited: binary }\n";
    match code {
        "E104" => folder.write("page.nn", format!("print {}1{}\n", "(".repeat(600), ")".repeat(600))),
        "E105" => folder.write("page.nn", b"# h\xe4user\nprint 1\n"),
        "E506" => {
            folder.write("cities.csv", b"city,visited\nZ\xfcrich,1\nBern,0\n");
            folder.write("page.nn", program);
        }
        "E601" | "E602" => {
            folder.write("notes.txt", "Not a model.\n");
            folder.write("new.csv", "x\n1\n");
            let model = if code == "E601" { "no_such_file.safetensors" } else { "notes.txt" };
            let ran = folder.run(&["predict", model, "new.csv"]);
            assert_eq!(ran.status, 3);
            return BTreeSet::from([(shown_code(&ran.err), "error".to_string())]);
        }
        other => panic!("{other} has a sketch, and no situation here"),
    }
    said(&folder, &["check", "page.nn", "--json"])
}

/// `E602` of `error[E602]: …`.
fn shown_code(err: &str) -> String {
    err.split(['[', ']']).nth(1).unwrap_or_default().to_string()
}

#[test]
fn every_sketch_has_a_situation_that_gives_its_code() {
    for code in codes::ALL {
        if explain::examples(code.page).iter().any(|e| e.sketch) {
            let found = situation(code.id);
            assert!(has(&found, code), "{}: {found:?}", code.id);
        }
    }
}

#[test]
fn files_are_taken_from_comments() {
    let folder = Folder::new();
    write_files(&folder, "# a.csv:\n#   x\n#   1\n# A remark.\nprint 1\n");
    assert_eq!(std::fs::read_to_string(folder.path("a.csv")).unwrap(), "x\n1\n");
}
