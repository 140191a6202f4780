//! Half-typed and mangled programs: every text ends in a value and in messages, soon and without a panic.
//! By default a sample of the cuts and edits is tried; with `NNRUN_FULL=1` all cuts and 10,000 edits.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nnrun::check::{Checked, check};
use nnrun::diag::{Look, terminal};
use nnrun::text::Sources;

/// The examples with their sources taken away, so that no file is read for each cut.
fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "nn"));
    paths.sort();
    let read = |p: &PathBuf| {
        let text = fs::read_to_string(p).unwrap().replace("csv(\"data/", "csv(\"absent/");
        (p.file_name().unwrap().to_string_lossy().into_owned(), text)
    };
    paths.iter().map(read).collect()
}

fn is_full() -> bool {
    std::env::var_os("NNRUN_FULL").is_some()
}

/// Checks a text; it is to take less than a second.
fn checked(name: &str, text: &str) -> Checked {
    let start = Instant::now();
    let mut sources = Sources::default();
    let source = sources.add(name, text);
    let checked = check(sources, &source, Path::new("/nowhere"), &[]);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(1), "{name}: {took:?} for\n{text}");
    checked
}

/// Places of the brackets that are open at the end, outside of strings and comments.
fn open_brackets(text: &str) -> Vec<usize> {
    let (mut open, mut in_text, mut in_comment, mut escaped) = (Vec::new(), false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '\n' => (in_comment, in_text) = (false, false),
            _ if in_comment => {}
            '\\' if in_text => escaped = !escaped,
            '"' if !escaped => in_text = !in_text,
            _ if in_text => escaped = false,
            '#' => in_comment = true,
            '(' | '[' | '{' => open.push(at),
            ')' | ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    open
}

/// A syntax error is due wherever a cut leaves a bracket open: at one of them, or in the line where the text breaks off.
#[test]
fn every_prefix_of_an_example_is_checked_soon() {
    for (name, text) in examples() {
        let step = if is_full() { 1 } else { 17 };
        for end in (0..=text.len()).filter(|e| text.is_char_boundary(*e)).step_by(step) {
            let cut = &text[..end];
            let told = checked(&name, cut).diagnostics;
            let open = open_brackets(cut);
            let last_line = cut.trim_end().rfind('\n').unwrap_or(0);
            let mut places = told.iter().filter(|d| d.code.id.starts_with("E1")).flat_map(|d| &d.labels);
            let found = places.any(|l| open.contains(&(l.span.start as usize)) || l.span.end as usize >= last_line);
            assert!(found || open.is_empty(), "{name}: no syntax error for a cut at {end}:\n{cut}");
        }
    }
}

#[test]
fn random_edits_of_the_examples_are_checked_soon() {
    let pieces = [
        "(", ")", "{", "}", "[", "]", "=", ":", ";", "\"", "#", "\n", ",", "->", "|>", "1e", "ü", "\u{0}", "let ",
        "real[", "*",
    ];
    let mut state = 1u64;
    let mut draw = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n.max(1)
    };
    let examples = examples();
    for _ in 0..if is_full() { 10_000 } else { 400 } {
        let (name, text) = &examples[draw(examples.len())];
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=draw(3) {
            let at = draw(chars.len());
            match draw(3) {
                0 => drop(chars.drain(at..(at + 1 + draw(12)).min(chars.len()))),
                1 => drop(chars.splice(at..at, pieces[draw(pieces.len())].chars())),
                _ => {
                    let from = draw(chars.len());
                    let moved: Vec<char> = chars[from..(from + draw(40)).min(chars.len())].to_vec();
                    drop(chars.splice(at..at, moved));
                }
            }
        }
        let edited: String = chars.into_iter().collect();
        let is_valid = !checked(name, &edited).has_errors();
        assert!(!is_valid || open_brackets(&edited).is_empty(), "{name}: nothing is said of\n{edited}");
    }
}

/// Every character there is.
fn all_characters() -> impl Iterator<Item = char> {
    ('\0'..=char::MAX).filter(|c| !matches!(c, '\n' | '\r'))
}

/// Long and odd texts: something is said of each, or it is a program; and what is said can be shown.
#[test]
fn pathological_texts_end_in_a_message() {
    let deep = 100_000;
    let size = if is_full() { 10_000_000 } else { 300_000 };
    let lines = |line: &str| line.repeat(size / line.len());
    let definitions =
        (0..size / 56).map(|i| format!("fn f{i}(x: real[n]) -> real[n] {{ return 2 * x + sigmoid(x) }}\n"));
    let step = if is_full() { 1 } else { 997 };
    let each = |before: &str, after: &str| -> String {
        all_characters().step_by(step).map(|c| format!("{before}{c}{after}")).collect()
    };
    let million = 1_000_000;
    for (name, text) in [
        ("parentheses", format!("print {}1{}", "(".repeat(deep), ")".repeat(deep))),
        ("open parentheses", format!("print {}", "(".repeat(deep))),
        ("braces", "model M { ".repeat(deep / 10)),
        ("chain", format!("print 1{}", " + 1".repeat(deep))),
        ("pipes", format!("print 1{}", " |> relu".repeat(deep))),
        ("minus signs", format!("print {}1", "-".repeat(deep))),
        ("quotes", "\"".repeat(deep)),
        ("a long name", format!("print {}", "a".repeat(million))),
        ("a long string", format!("print \"{}\"", "a".repeat(million))),
        ("a long line of signs", "$".repeat(million)),
        ("semicolons in parentheses", format!("print ({})", ";".repeat(million))),
        ("semicolons in braces", format!("model M(x: real[3]) {{ {} }}\nx", ";".repeat(million))),
        ("definitions that are not used", definitions.collect()),
        ("lines of rubbish", lines("a )(b = \"c; 1x {]\n")),
        ("unknown names", "print a\n".repeat(size / 1000)),
        ("zeros", "\0".repeat(million)),
        ("every character", all_characters().collect()),
        ("every character in a name", each("print a", "b\n")),
        ("every character in a string", format!("print \"{}\"", each("", "").replace(['"', '\\'], ""))),
        ("every character in a comment", format!("print a # {}", each("", ""))),
        ("carriage returns", "print 1\rprint 2\r".to_string()),
        ("no text", "\u{feff}".to_string()),
    ] {
        let start = Instant::now();
        let mut sources = Sources::default();
        let source = sources.add(name, text);
        let checked = check(sources, &source, Path::new("/nowhere"), &[]);
        assert!(name == "no text" || !checked.diagnostics.is_empty(), "{name}: nothing is said");
        for graphical in [false, true] {
            let shown = terminal::render(&checked.diagnostics, &checked.sources, Look { graphical, ..Look::PLAIN });
            assert!(shown.len() < 1 << 20, "{name}: {} bytes are shown", shown.len());
        }
        let most = if is_full() { 120 } else { 10 };
        assert!(start.elapsed() < Duration::from_secs(most), "{name}: {:?}", start.elapsed());
    }
}

#[test]
fn marks_and_line_ends_of_other_systems_are_read() {
    for text in ["\u{feff}print 1\n", "print 1\r\nprint 2\r\n", "", "\n\n", "# nothing"] {
        let told = checked("text", text).diagnostics;
        assert!(told.is_empty(), "{text:?}: {}", told[0].message);
    }
}
