//! `docs/errors.md` is written from the pages of the codes; `NNRUN_BLESS=1` writes it anew. The programs on the pages are
//! tried in `pages.rs`.

use std::fmt::Write;

use nnrun::diag::{Severity, codes};

use crate::nnrun::{golden, root};

/// The families, by the first two signs of a code.
const FAMILIES: [(&str, &str); 9] = [
    ("E1", "Syntax"),
    ("E2", "Names"),
    ("E3", "Types and domains"),
    ("E4", "Shapes"),
    ("E5", "Data"),
    ("E6", "Files and resources"),
    ("W7", "Warnings"),
    ("R8", "While a program runs"),
    ("N9", "Notes"),
];

/// A code's family; warnings of a run stand with what a run says.
fn family(id: &str) -> &'static str {
    let family = if id.starts_with("W8") { "R8" } else { &id[..2] };
    FAMILIES.iter().find(|(start, _)| *start == family).map_or_else(|| panic!("{id} has no family"), |(_, title)| title)
}

fn page() -> String {
    let mut out = String::from(
        "# Errors, warnings and notes\n\nEverything that nnrun reports, by its code. This page is made from the pages that \
         `nnrun explain CODE` shows; each has a\nprogram with the problem and one without. `# allow CODE: reason` above an \
         item or entry silences a warning or note there,\n`nnrun check --deny warnings` makes warnings count as errors.\n",
    );
    for (_, title) in FAMILIES {
        let codes: Vec<_> = codes::ALL.iter().filter(|c| family(c.id) == title).collect();
        let _ = writeln!(out, "\n**{title}**\n\n| code | | |\n|---|---|---|");
        for code in codes {
            let severity = match code.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            let _ = writeln!(out, "| [{0}](#{1}) | {severity} | {2} |", code.id, anchor(code.page), code.title);
        }
    }
    for code in codes::ALL {
        let _ = write!(out, "\n#{}", code.page.trim_end());
        out.push('\n');
    }
    out
}

/// The anchor of a page's title, as GitHub makes it.
fn anchor(page: &str) -> String {
    let title = page.lines().next().unwrap_or_default().trim_start_matches('#').trim().to_lowercase();
    title
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn the_index_of_errors_is_up_to_date() {
    golden(&root().join("docs/errors.md"), &page());
}

#[test]
fn every_page_bears_its_code_and_title() {
    for code in codes::ALL {
        assert_eq!(code.page.lines().next(), Some(&*format!("# {}: {}", code.id, code.title)));
        assert_eq!(anchor("# E101: it's a `b`"), "e101-its-a-b");
    }
}
