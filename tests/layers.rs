//! Each module uses only modules of the layers above it. The order is the first table of `ARCHITECTURE.md` whose first
//! column is called `module`; until there is one, `ORDER` below.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// From the top down; modules on one line may use each other.
const ORDER: &str = "
| module |
|---|
| `text` |
| `diag` |
| `syntax` |
| `types` |
| `engine` |
| `metrics` |
| `prelude` |
| `data` |
| `check` |
| `plan` |
| `train` |
| `interop` |
| `session` |
| `cli`, `repl`, `lsp` |
";

type Layers = BTreeMap<String, usize>;

/// Modules by layer, from a Markdown table with the modules in backquotes in its first column.
fn layers(markdown: &str) -> Option<Layers> {
    let mut lines = markdown.lines();
    lines.find(|l| l.starts_with("| module "))?;
    let rows = lines.skip(1).take_while(|l| l.starts_with('|'));
    let first = |row: &str| row.trim_matches('|').split('|').next().unwrap_or("").to_string();
    let mut layers = Layers::new();
    for (rank, row) in rows.enumerate() {
        let cell = first(row);
        layers.extend(cell.split('`').skip(1).step_by(2).map(|name| (name.to_string(), rank)));
    }
    Some(layers)
}

/// The modules that a text names as `crate::module` or `crate::{module, …}`, outside of comments.
fn used(text: &str) -> Vec<String> {
    let code: String = text.lines().map(|l| l.split("//").next().unwrap_or("").to_string() + "\n").collect();
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => names.push(identifier(rest)),
        }
    }
    names
}

/// The first words of the entries of `a::b, c::{d, e}}…`, at depth one.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.push(identifier(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads.retain(|h| !h.is_empty());
    heads
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Tests beside the code may need what runs it: files and folders called `tests` or `…_tests`.
fn is_test(path: &Path) -> bool {
    path.components()
        .any(|c| c.as_os_str().to_str().is_some_and(|name| name.trim_end_matches(".rs").ends_with("tests")))
}

/// The module that a file below `src` belongs to; none for `lib.rs`, `main.rs` and other binaries.
fn module(path: &Path) -> Option<String> {
    let first = path.components().next()?.as_os_str().to_str()?;
    let name = first.trim_end_matches(".rs");
    (!["lib", "main", "bin"].contains(&name)).then(|| name.to_string())
}

#[test]
fn no_module_uses_one_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let written = fs::read_to_string(root.join("ARCHITECTURE.md")).ok().and_then(|text| layers(&text));
    let layers = written.or_else(|| layers(ORDER)).unwrap();
    let mut files = Vec::new();
    source_files(&root.join("src"), &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let path = file.strip_prefix(root.join("src")).unwrap();
        let Some(module) = module(path).filter(|_| !is_test(path)) else { continue };
        let Some(own) = layers.get(&module) else {
            wrong.push(format!("`{module}` is missing from the table of layers"));
            continue;
        };
        for name in used(&fs::read_to_string(file).unwrap()) {
            if layers.get(&name).is_some_and(|other| other > own) {
                wrong.push(format!("src/{} uses `{name}`, which is below `{module}`", path.display()));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_scan_sees_every_form_of_use() {
    let text = "use crate::text::Span;
use crate::{diag::{Code, Diagnostic}, types};
pub(crate) fn f() -> crate::engine::Graph { g() } // crate::session
/// See [`crate::cli`].
";
    assert_eq!(used(text), ["text", "diag", "types", "engine"]);
}

#[test]
fn tests_are_told_by_their_names() {
    let is_test = |path: &str| is_test(Path::new(path));
    assert!(is_test("check/golden_tests/single.rs") && is_test("cli/tests.rs"));
    assert!(!is_test("check/mod.rs"));
}

#[test]
fn the_table_gives_the_order() {
    let layers =
        layers("# A\n\n| module | owns |\n|---|---|\n| `text` | x |\n| `cli`, `repl` | y |\n\n| `z` | |\n").unwrap();
    assert_eq!((layers["text"], layers["cli"], layers["repl"], layers.len()), (0, 1, 1, 3));
}
