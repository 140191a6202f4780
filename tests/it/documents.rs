//! The programs and sessions in the README and below `docs`, the guide among them, are what the program does.
//!
//! - ```` ```nn ````: has no error and no warning. A further word ending in `.nn` is the file it is kept in for the
//!   sessions that follow.
//! - ```` ```nn bad E303 ````: has an error of this code.
//! - ```` ```console ````: each line that starts with `$ ` is a command, followed by all that it prints on both outputs.
//!   A line `…` stands for any number of lines; seconds at the end of a line are not compared.

use crate::markdown::{Block, blocks};
use crate::nnrun::{Folder, masked, root};

/// The README and every page of `docs` and of the guide, with their names.
fn documents() -> Vec<(String, String)> {
    let folders = ["docs", "docs/guide"].map(|f| root().join(f));
    let pages = folders.iter().flat_map(|f| std::fs::read_dir(f).unwrap()).map(|e| e.unwrap().path());
    let mut paths: Vec<_> = pages.filter(|p| p.extension().is_some_and(|e| e == "md")).collect();
    // The programs of that page are those of the codes' own pages, which `pages.rs` tries.
    paths.retain(|p| !p.ends_with("errors.md"));
    paths.push(root().join("README.md"));
    paths.sort();
    let name = |p: &std::path::Path| p.strip_prefix(root()).unwrap().display().to_string();
    paths.iter().map(|p| (name(p), std::fs::read_to_string(p).unwrap())).collect()
}

#[test]
fn every_block_is_what_the_program_does() {
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        let folder = Folder::with_examples();
        for block in blocks(&text) {
            let result = match block.language() {
                "nn" => program(&folder, &block),
                "console" => session(&folder, &block),
                // Shell commands without their output, shapes of JSON, and grammar.
                "sh" | "json" | "text" => Ok(()),
                other => Err(format!("what is `{other}`?")),
            };
            wrong.extend(result.err().map(|why| format!("{name}:{}: {why}", block.line)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn program(folder: &Folder, block: &Block) -> Result<(), String> {
    let file = block.words.iter().find(|w| w.ends_with(".nn")).map_or("block.nn", String::as_str);
    folder.write(file, &block.text);
    let found = folder.run(&["check", file, "--json"]).diagnostics();
    let Some(code) = block.words.iter().skip(1).find(|w| !w.ends_with(".nn") && *w != "bad") else {
        let wrong: Vec<_> = found.iter().filter(|(_, severity, _)| severity != "note").collect();
        return if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong:?}")) };
    };
    match block.has("bad") && found.iter().any(|(c, severity, _)| c == code && severity == "error") {
        true => Ok(()),
        false => Err(format!("no {code}: {found:?}")),
    }
}

fn session(folder: &Folder, block: &Block) -> Result<(), String> {
    let mut lines = block.text.lines().peekable();
    while let Some(line) = lines.next() {
        let command = line.strip_prefix("$ ").ok_or_else(|| format!("`{line}` belongs to no command"))?;
        let mut expected = String::new();
        while let Some(line) = lines.next_if(|l| !l.starts_with("$ ")) {
            expected += &format!("{line}\n");
        }
        let words = command.strip_prefix("cargo run --release -- ").or(command.strip_prefix("nnrun "));
        let words: Vec<&str> = words.ok_or_else(|| format!("`{command}` is no nnrun"))?.split_whitespace().collect();
        let printed = masked(&folder.run_shown(&words));
        if !agree(&lines_of(&masked(&expected)), &lines_of(&printed)) {
            return Err(format!("`{command}` prints\n{printed}"));
        }
    }
    Ok(())
}

fn lines_of(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// Whether the lines are the same, `…` standing for any lines.
fn agree(expected: &[&str], printed: &[&str]) -> bool {
    match (expected, printed) {
        ([], _) => printed.is_empty(),
        ([first, rest @ ..], _) if first.trim() == "…" => (0..=printed.len()).any(|n| agree(rest, &printed[n..])),
        ([first, rest @ ..], [line, others @ ..]) => first == line && agree(rest, others),
        _ => false,
    }
}

#[test]
fn a_session_agrees_only_with_what_was_printed() {
    assert!(agree(&["a", "…", "z"], &["a", "b", "c", "z"]));
    assert!(agree(&["…"], &[]));
    assert!(!agree(&["a", "…", "z"], &["a", "b"]));
    assert!(!agree(&["a"], &["a", "b"]));
}

/// What the README promises: two commands, one of which runs the tests.
#[test]
fn the_readme_has_the_two_commands() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("cargo run --release -- examples/fraud.nn\n"));
    assert!(readme.contains("\ncargo test\n"));
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.lines().any(|l| l == "cargo test"), ".ci/run calls another test command");
}

/// The tables of what is called what name only what there is.
#[test]
fn what_other_tools_lead_to_is_documented() {
    let text = std::fs::read_to_string(root().join("docs/coming-from.md")).unwrap();
    let cells = text.lines().filter(|l| l.starts_with('|')).filter_map(|l| l.trim_matches('|').rsplit(" | ").next());
    let is_name = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_alphanumeric() || c == '_');
    let words: Vec<&str> = cells.flat_map(|c| c.split('`').skip(1).step_by(2)).collect();
    // The head of `adam(lr = 1e-3)`, or a word by itself.
    let names = words.iter().filter_map(|w| w.split(['(', ' ', '=', ';']).next()).filter(|w| is_name(w));
    let known = |w: &str| nnrun::session::documentation(Some(w)).is_some();
    // Columns and paths of the examples, keywords and combinators, and arguments.
    let others = ["body", "conv", "city", "age", "b", "seq", "repeat", "parameter", "buffer", "nnrun", "let", "return"];
    let more = ["frozen", "gradcheck", "epoch", "step", "progress", "plateau", "lr", "weight_decay"];
    let unknown: Vec<&str> = names.filter(|w| !known(w) && !others.contains(w) && !more.contains(w)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(words.len() > 80, "{} words", words.len());
}
