//! Documentation of the library, for `nnrun doc`.

use crate::check::{self, builtin};
use crate::data::{KINDS, MISSING_CATEGORY, MISSING_NUMBER, SOURCES, SPLITS, TRANSFORMS, Table};
use crate::metrics::{BASELINES, CALIBRATIONS, METRICS, THRESHOLDS};
use crate::prelude::{self, Entry};

/// The reference, whose sections on items are their documentation.
const REFERENCE: &str = include_str!("../../docs/reference.md");

/// Where each name of PyTorch is, and how those are written that the library does not have.
const TORCH: &str = include_str!("../../docs/torch.md");

/// Sources of rows that are written in the program, and so are no rows of the table of sources.
const WRITTEN_SOURCES: [(&str, &str, &str); 2] = [
    (
        "generate",
        "generate(rows: int, seed: int = 0) { … }",
        "Columns that are drawn or computed, one an entry, for examples and tests: `name ~ normal(0, 1)` draws, `name[4] ~ …` draws four columns, \
         `name = expression` computes from the columns above. There are `normal(mean, std)`, `truncated_normal(mean, std)`, `uniform(low, high)` \
         and `bernoulli(p)`, whose arguments may be columns above; others are computed: `e = exp(z)` of a normal `z` is log-normal.\n\n\
         Example: `source = generate(500, seed = 7) { x ~ uniform(0, 1); y ~ bernoulli(x) }`",
    ),
    (
        "rows",
        "rows([(name = value, …), …])",
        "The rows themselves, as records.\n\nExample: `source = rows([(area = 84, place = \"Bonn\"), (area = 61, place = \"Jena\")])`",
    ),
];

/// Markdown on one name, or on everything there is; `None` if there is nothing under the name.
pub fn documentation(name: Option<&str>) -> Option<String> {
    match name {
        Some(name) => entry(name),
        None => Some(overview()),
    }
}

/// All that bears the name: a word can be a loss and a transform.
fn entry(name: &str) -> Option<String> {
    let mut found: Vec<String> = prelude::lookup(name).map(of_entry).into_iter().collect();
    found.extend(builtin::documentation(name).map(|(signature, doc)| format!("fn `{signature}`\n\n{doc}\n")));
    let rows = rows().filter(|row| row.name == name);
    found.extend(rows.map(|row| format!("{} `{}`\n\n{}\n", row.sort, row.signature, row.doc)));
    found.extend(section(name));
    found.extend(settings().filter(|s| s.name == name).map(|s| s.text()));
    if found.is_empty() {
        if let Some(lines) = in_lines(name) {
            return Some(lines);
        }
        let here = check::known_elsewhere(name)?;
        return Some(format!("What other tools call `{name}` is `{here}` here.\n\n{}", entry(here)?));
    }
    (!found.is_empty()).then(|| found.join("\n"))
}

/// A name of PyTorch that the library does not have, and the lines that say the same.
fn in_lines(name: &str) -> Option<String> {
    let heading = format!("### {name}\n");
    let start = TORCH.find(&heading)? + heading.len();
    let rest = &TORCH[start..];
    let program = &rest[..rest.find("\n### ").or(rest.find("\n## ")).unwrap_or(rest.len())];
    Some(format!("The library has no `{name}`. These lines agree with PyTorch's:\n\n{}\n", program.trim()))
}

/// A name that is known from a table of Rust.
struct RowDoc {
    sort: &'static str,
    name: &'static str,
    signature: &'static str,
    doc: String,
}

fn rows() -> impl Iterator<Item = RowDoc> {
    let row = |sort, name, signature, doc: &str| RowDoc { sort, name, signature, doc: doc.to_string() };
    let metrics = METRICS.iter().map(move |m| row("metric", m.name, m.signature, m.doc));
    let baselines = BASELINES.iter().map(move |b| row("baseline", b.name, b.signature, b.doc));
    let thresholds = THRESHOLDS.iter().map(move |t| row("threshold", t.name, t.signature, t.doc));
    let calibrations = CALIBRATIONS.iter().map(move |c| row("calibration", c.name, c.name, c.doc));
    let data = table("source", &SOURCES)
        .chain(table("kind", &KINDS))
        .chain(table("transform", &TRANSFORMS))
        .chain(table("split", &SPLITS))
        .chain(table("missing numbers", &MISSING_NUMBER))
        .chain(table("missing categories", &MISSING_CATEGORY));
    let written = WRITTEN_SOURCES.iter().map(move |(name, signature, doc)| row("source", name, signature, doc));
    metrics.chain(baselines).chain(thresholds).chain(calibrations).chain(written).chain(data)
}

fn table<M>(sort: &'static str, table: &'static Table<M>) -> impl Iterator<Item = RowDoc> {
    let doc = |doc: &str, example: &str| format!("{doc}\n\nExample: `{example}`");
    table.0.iter().map(move |r| RowDoc { sort, name: r.name, signature: r.signature, doc: doc(r.doc, r.example) })
}

/// The sections of the reference, each with its heading; `##` inside a program is its documentation, no heading.
fn sections() -> Vec<Vec<&'static str>> {
    let mut out: Vec<Vec<&str>> = Vec::new();
    let mut in_program = false;
    for line in REFERENCE.lines() {
        in_program ^= line.starts_with("```");
        if !in_program && line.starts_with("## ") {
            out.push(Vec::new());
        }
        if let Some(last) = out.last_mut() {
            last.push(line.strip_prefix("## ").filter(|_| !in_program).unwrap_or(line));
        }
    }
    out
}

/// What a heading names: the words in backticks.
fn named(section: &[&'static str]) -> impl Iterator<Item = &'static str> + use<> {
    let heading = section.first().copied().unwrap_or_default();
    heading.split('`').skip(1).step_by(2)
}

/// The section of the reference whose heading names the item.
fn section(name: &str) -> Option<String> {
    let found = sections().into_iter().find(|s| named(s).any(|n| n == name))?;
    Some(format!("{}\n", found.join("\n").trim_end()))
}

/// The items that have a section.
fn items() -> impl Iterator<Item = &'static str> {
    sections().into_iter().flat_map(|s| named(&s).collect::<Vec<_>>())
}

/// A setting of an item or a domain: a row of the table in its section.
struct Setting {
    /// What the table is of: `setting` or `domain`.
    sort: &'static str,
    item: &'static str,
    name: &'static str,
    names: &'static str,
    value: &'static str,
    default: Option<&'static str>,
}

impl Setting {
    fn text(&self) -> String {
        let default = self.default.filter(|d| *d != "–").map(|d| format!("\n\nDefault: {d}"));
        let of = if self.sort == "setting" { format!(" of {}", self.item) } else { String::new() };
        format!("{}{of}: {}\n\n{}{}\n", self.sort, self.names, self.value, default.unwrap_or_default())
    }
}

/// The settings of all items, and the domains.
fn settings() -> impl Iterator<Item = Setting> {
    sections().into_iter().flat_map(|section| {
        let item = section[0];
        let sort = ["setting", "domain"].into_iter().find(|s| section.iter().any(|l| is_head(l, s)));
        let Some(sort) = sort else { return vec![] };
        let rows = section.into_iter().skip_while(move |l| !is_head(l, sort)).skip(2);
        let of_row = move |row: &'static str| {
            // A bar inside of code is written `\|`.
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let (names, value) = (cells[0], cells.get(1).copied().unwrap_or_default());
            let default = cells.get(2).copied();
            let each = names.split('`').skip(1).step_by(2);
            each.map(move |name| Setting { sort, item, name, names, value, default }).collect::<Vec<_>>()
        };
        rows.take_while(|l| l.starts_with('|')).flat_map(of_row).collect()
    })
}

/// Whether the line is the head of a table of this.
fn is_head(line: &str, sort: &str) -> bool {
    line.strip_prefix("| ").and_then(|l| l.strip_prefix(sort)).is_some_and(|l| l.starts_with(" |"))
}

fn of_entry(entry: &Entry) -> String {
    let mut doc = String::new();
    let mut code = String::new();
    for line in entry.text.lines() {
        match line.strip_prefix("##") {
            Some(text) if code.is_empty() => {
                doc.push_str(text.strip_prefix(' ').unwrap_or(text));
                doc.push('\n');
            }
            _ => {
                code.push_str(line);
                code.push('\n');
            }
        }
    }
    format!("{}\n\nDefinition:\n\n{code}", doc.trim_end())
}

fn overview() -> String {
    let mut out = String::new();
    let mut groups: Vec<&str> = prelude::ENTRIES.iter().map(|e| e.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let names: Vec<&str> = prelude::ENTRIES.iter().filter(|e| e.group == group).map(|e| e.name).collect();
        out.push_str(&format!("{group}: {}\n\n", names.join(", ")));
    }
    out.push_str(&format!("primitives: {}\n\n", builtin::all_names().join(", ")));
    let rows: Vec<RowDoc> = rows().collect();
    for of_sort in rows.chunk_by(|a, b| a.sort == b.sort) {
        let names: Vec<&str> = of_sort.iter().map(|r| r.name).collect();
        out.push_str(&format!("{}: {}\n\n", of_sort[0].sort, names.join(", ")));
    }
    out.push_str(&format!("items: {}\n", items().collect::<Vec<_>>().join(", ")));
    let settings: Vec<Setting> = settings().collect();
    for of_item in settings.chunk_by(|a, b| a.item == b.item) {
        let names: Vec<&str> = of_item.iter().map(|s| s.name).collect();
        let of = if of_item[0].sort == "setting" { format!(" of {}", of_item[0].item) } else { String::new() };
        out.push_str(&format!("\n{}s{of}: {}\n", of_item[0].sort, names.join(", ")));
    }
    out
}

/// Everything that has documentation, for suggestions.
pub fn names() -> Vec<&'static str> {
    let library = prelude::ENTRIES.iter().map(|e| e.name);
    let settings = settings().map(|s| s.name);
    library.chain(builtin::all_names()).chain(rows().map(|r| r.name)).chain(items()).chain(settings).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_documented_with_their_item() {
        let text = documentation(Some("checkpoint_every")).unwrap();
        assert!(text.starts_with("setting of `train`: `checkpoint_every`\n"), "{text}");
        assert!(text.contains("Default: every few seconds"), "{text}");
    }

    #[test]
    fn words_of_other_tools_lead_to_ours() {
        let text = documentation(Some("BCEWithLogitsLoss")).unwrap();
        assert!(text.starts_with("What other tools call `BCEWithLogitsLoss` is `bce_with_logits` here."), "{text}");
        assert!(documentation(Some("nothing_such")).is_none());
    }
}
