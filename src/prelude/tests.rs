use std::collections::BTreeSet;
use std::path::Path;

use super::{ENTRIES, lookup};
use crate::syntax::{self, ast::ItemKind};
use crate::text::Sources;

fn parse(text: String) -> syntax::Parsed {
    syntax::parse(&Sources::default().add("entry.nn", text))
}

#[test]
fn the_table_is_sorted_without_repetition() {
    for pair in ENTRIES.windows(2) {
        assert!(pair[0].name < pair[1].name, "{} stands before {}", pair[0].name, pair[1].name);
    }
}

#[test]
fn every_file_has_a_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prelude");
    let mut files = BTreeSet::new();
    for group in std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for file in std::fs::read_dir(&group).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            files.insert(format!("{}/{name}", group.file_name().unwrap().to_str().unwrap()));
        }
    }
    let rows: BTreeSet<_> = ENTRIES.iter().map(|e| format!("{}/{}.nn", e.group, e.name)).collect();
    assert_eq!(files, rows);
}

/// macOS and Windows would take `ReLU.nn` and `relu.nn` in one folder for the same file.
#[test]
fn file_names_differ_by_more_than_case() {
    let lower: BTreeSet<_> = ENTRIES.iter().map(|e| format!("{}/{}", e.group, e.name).to_lowercase()).collect();
    assert_eq!(lower.len(), ENTRIES.len());
}

#[test]
fn a_file_is_documentation_with_an_example_and_then_one_item() {
    for entry in ENTRIES {
        let name = entry.name;
        let docs: Vec<_> = entry.text.lines().take_while(|l| l.starts_with("##")).collect();
        let code: Vec<_> = entry.text.lines().skip(docs.len()).collect();
        assert!(code[0].starts_with(&format!("{} {name}(", entry.kind.word())), "{name}: {}", code[0]);
        let ends = code.iter().filter(|l| **l == "}").count();
        assert_eq!((ends, code.last()), (1, Some(&"}")), "{name} holds exactly one item");
        let fences = docs.iter().filter(|l| l.starts_with("## ```")).count();
        assert_eq!(fences, 2, "{name} has one example");
        assert!(docs.iter().any(|l| l.starts_with("## Source: ")), "{name} says where it comes from");
    }
}

#[test]
fn lookup_knows_exact_names_only() {
    assert_eq!(lookup("ReLU").unwrap().group, "layers");
    assert_eq!(lookup("relu").unwrap().group, "activations");
    assert!(lookup("Relu").is_none());
}

#[test]
fn every_entry_parses_to_the_definition_it_is_listed_as() {
    for entry in ENTRIES {
        let parsed = parse(entry.text.into());
        assert!(parsed.problems.is_empty(), "{}: {:?}", entry.name, parsed.problems);
        let [item] = parsed.file.items.as_slice() else { panic!("{} is one item", entry.name) };
        let ItemKind::Def(def) = &item.kind else { panic!("{} is a definition", entry.name) };
        assert_eq!(&*def.kind.text, entry.kind.word());
        assert_eq!(def.name.as_ref().map(|n| &*n.text), Some(entry.name));
        assert!(item.doc.is_some(), "{} is documented", entry.name);
    }
}

#[test]
fn every_example_parses_and_uses_its_entry() {
    for entry in ENTRIES {
        let text = entry.example();
        assert!(text.contains(entry.name), "{}: {text}", entry.name);
        let parsed = parse(text);
        assert!(parsed.problems.is_empty(), "{}: {:?}", entry.name, parsed.problems);
        assert!(!parsed.file.items.is_empty(), "{}", entry.name);
    }
}
