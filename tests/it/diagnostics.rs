//! Bad programs and what is said of them: `tests/diagnostics/<family>/<case>.nn` with the message in `<case>.txt`.
//! `NNRUN_BLESS=1` writes the messages anew; each is to be read before it is kept.

use std::fs;
use std::path::{Path, PathBuf};

use nnrun::check::{Checked, check};
use nnrun::diag::{Look, Severity, codes, fix, terminal};
use nnrun::text::Sources;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// All files with an ending, in order.
fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for family in fs::read_dir(folder()).unwrap() {
        let family = family.unwrap().path();
        if family.is_dir() {
            found.extend(fs::read_dir(family).unwrap().map(|f| f.unwrap().path()));
        }
    }
    found.retain(|f| f.extension().is_some_and(|e| e == ending));
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(folder()).unwrap().display().to_string()
}

fn is_blessing() -> bool {
    std::env::var_os("NNRUN_BLESS").is_some()
}

fn load(file: &str, text: &str) -> Checked {
    let mut sources = Sources::default();
    let source = sources.add(file, text);
    check(sources, &source, &folder(), &[])
}

/// What `nnrun check` would say, without the lines about columns that were inferred, and what `nnrun fix` would leave.
fn told(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut checked = load(&file, &text);
    checked.diagnostics.retain(|d| d.code != &codes::INFERRED);
    let mut out = terminal::render(&checked.diagnostics, &checked.sources, Look::PLAIN);
    let fixed = fix::apply(&text, checked.program.file, &checked.diagnostics).text;
    if fixed != text {
        out += "\nfixed:\n";
        let changed = fixed.lines().filter(|l| !text.lines().any(|old| old == *l));
        changed.for_each(|line| out += &format!("  {}\n", line.trim()));
    }
    out
}

/// Paths of this machine do not belong into a message that is compared.
fn portable(text: String) -> String {
    text.replace(&format!("{}/", folder().display()), "")
}

#[test]
fn every_bad_program_gets_its_message() {
    let cases = files("nn");
    let mut wrong = Vec::new();
    for case in &cases {
        let found = portable(told(case));
        let golden = case.with_extension("txt");
        if is_blessing() {
            fs::write(&golden, found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}\n--- expected\n{expected}--- found\n{found}", name(case)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 150, "{} cases", cases.len());
}

#[test]
fn no_message_is_without_its_program() {
    for golden in files("txt") {
        assert!(golden.with_extension("nn").exists(), "{} belongs to no program", name(&golden));
    }
}

/// A message names neither the solver's own symbols nor the library's files, has a place, and fits on a screen.
#[test]
fn messages_keep_to_what_the_reader_wrote() {
    for case in files("nn") {
        let text = fs::read_to_string(&case).unwrap();
        let checked = load("case.nn", &text);
        let told: Vec<_> = checked.diagnostics.iter().filter(|d| d.severity != Severity::Note).collect();
        assert!(!told.is_empty(), "{}: nothing is wrong with it", name(&case));
        for d in told {
            let shown = terminal::one(d, &checked.sources, Look::PLAIN);
            assert!(!d.labels.is_empty(), "{}: without a place\n{shown}", name(&case));
            assert!(
                d.labels.iter().all(|l| l.span.file == checked.program.file),
                "{}: elsewhere\n{shown}",
                name(&case)
            );
            assert!(shown.lines().count() <= 20, "{}: {} lines\n{shown}", name(&case), shown.lines().count());
            let symbol = shown.split('#').skip(1).any(|s| s.starts_with(|c: char| c.is_ascii_digit()));
            assert!(!symbol, "{}: a name made up by the solver\n{shown}", name(&case));
        }
    }
}
