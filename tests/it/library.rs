//! `docs/library.md` is written from the library itself; `NNRUN_BLESS=1` writes it anew.

use std::fmt::Write;

use nnrun::check::builtin;
use nnrun::data::{KINDS, MISSING_CATEGORY, MISSING_NUMBER, Row, SOURCES, SPLITS, TRANSFORMS, Table};
use nnrun::metrics::{BASELINES, CALIBRATIONS, METRICS, THRESHOLDS};
use nnrun::prelude::{ENTRIES, Entry};

use crate::nnrun::{Folder, golden, root};

const GROUPS: [(&str, &str); 7] = [
    ("layers", "Layers"),
    ("activations", "Activations"),
    ("losses", "Losses"),
    ("optimizers", "Optimisers"),
    ("schedules", "Schedules"),
    ("inits", "Initial values"),
    ("functions", "Functions"),
];

#[test]
fn the_page_of_the_library_is_up_to_date() {
    golden(&root().join("docs/library.md"), &page());
}

#[test]
fn every_group_of_the_library_is_on_the_page() {
    for entry in ENTRIES {
        assert!(GROUPS.iter().any(|(group, _)| *group == entry.group), "{} is in no group", entry.name);
    }
}

/// The settings as the program itself lists them when it meets one that it does not know.
#[test]
fn the_reference_names_every_setting() {
    let reference = std::fs::read_to_string(root().join("docs/reference.md")).unwrap();
    let folder = Folder::new();
    for item in ["train", "evaluate", "predict", "data d"] {
        folder.write("settings.nn", format!("{item} {{ qqqqqqqq = 1 }}\n"));
        let ran = folder.run(&["check", "settings.nn"]);
        let text = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
        let list = text.split("its settings are ").nth(1).unwrap_or_else(|| panic!("{item}: {text}"));
        for word in list.split(", ") {
            let name = word.split(' ').next().unwrap_or(word);
            assert!(reference.contains(&format!("`{name}`")), "`{name}` of `{item}` is not in the reference");
            if word.contains(' ') {
                break;
            }
        }
    }
}

fn page() -> String {
    let mut out = String::from(
        "# The library\n\nEverything that a program can use by name. This page is made from the definitions themselves; \
         `nnrun doc NAME` shows one\nof them, with its source.\n\n",
    );
    let mut titles: Vec<&str> = GROUPS.iter().map(|(_, title)| *title).collect();
    titles.extend(["Primitive functions", "Metrics", "Baselines", "Thresholds", "Calibration"]);
    titles.extend(["Sources", "Kinds of columns", "Transforms", "Missing numbers", "Missing categories", "Splits"]);
    for title in titles {
        writeln!(out, "- [{title}](#{})", title.to_lowercase().replace(' ', "-")).unwrap();
    }
    for (group, title) in GROUPS {
        write!(out, "\n## {title}\n").unwrap();
        ENTRIES.iter().filter(|e| e.group == group).for_each(|e| push_entry(&mut out, e));
    }
    out += "\n## Primitive functions\n\n";
    for name in builtin::all_names() {
        if let Some((signature, doc)) = builtin::documentation(name) {
            writeln!(out, "- `{signature}`: {doc}").unwrap();
        }
    }
    out += "\n## Metrics\n\n";
    for m in METRICS {
        writeln!(out, "- `{}`: {}", m.signature, m.doc).unwrap();
    }
    out += "\n## Baselines\n\n";
    for b in BASELINES {
        writeln!(out, "- `{}`: {}", b.signature, b.doc).unwrap();
    }
    out += "\n## Thresholds\n\n";
    for t in THRESHOLDS {
        writeln!(out, "- `{}`: {}", t.signature, t.doc).unwrap();
    }
    out += "\n## Calibration\n\n";
    for c in CALIBRATIONS {
        writeln!(out, "- `{}`: {}", c.name, c.doc).unwrap();
    }
    push_table(&mut out, "Sources", &SOURCES);
    push_table(&mut out, "Kinds of columns", &KINDS);
    push_table(&mut out, "Transforms", &TRANSFORMS);
    push_table(&mut out, "Missing numbers", &MISSING_NUMBER);
    push_table(&mut out, "Missing categories", &MISSING_CATEGORY);
    push_table(&mut out, "Splits", &SPLITS);
    out
}

/// Heading, header and documentation with its example.
fn push_entry(out: &mut String, entry: &Entry) {
    let (mut doc, mut code) = (String::new(), String::new());
    for line in entry.text.lines() {
        match line.strip_prefix("##") {
            Some(text) if code.is_empty() => doc += &format!("{}\n", text.strip_prefix(' ').unwrap_or(text)),
            _ => code += &format!("{} ", line.trim()),
        }
    }
    let header = code.split(" { ").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let header = header.replace("( ", "(").replace(", )", ")");
    write!(out, "\n### {}\n\n`{header}`\n\n{}\n", entry.name, doc.trim_end()).unwrap();
}

fn push_table<M>(out: &mut String, title: &str, table: &Table<M>) {
    write!(out, "\n## {title}\n\n").unwrap();
    for Row { signature, doc, example, .. } in table.0 {
        writeln!(out, "- `{signature}`: {doc} Example: `{example}`.").unwrap();
    }
}

/// Pages send their readers to `nnrun doc train`.
#[test]
fn items_and_rows_have_documentation() {
    let folder = Folder::new();
    let of = |name: &str| folder.run(&["doc", name]).out;
    assert!(of("train").contains("| `batch_size` |"), "{}", of("train"));
    assert!(of("layer").contains("`parameter` is trained"));
    assert!(of("zscore").contains("transform `zscore()`"));
    let quantile = of("quantile");
    assert!(quantile.contains("fn quantile(") && quantile.contains("transform `quantile("), "{quantile}");
    assert!(folder.run(&["doc"]).out.contains("\nitems: hyper, data, "));
}
