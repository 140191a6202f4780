//! Documentation of the library, for `nnrun doc`.

use crate::check::builtin;
use crate::prelude::{self, Entry};

/// Markdown on one name, or on everything there is; `None` if there is nothing under the name.
pub fn documentation(name: Option<&str>) -> Option<String> {
    match name {
        Some(name) => entry(name),
        None => Some(overview()),
    }
}

fn entry(name: &str) -> Option<String> {
    if let Some(entry) = prelude::lookup(name) {
        return Some(of_entry(entry));
    }
    if let Some(row) = crate::metrics::find_metric(name) {
        return Some(format!("metric `{}`\n\n{}\n", row.signature, row.doc));
    }
    let (signature, doc) = builtin::documentation(name)?;
    Some(format!("fn `{signature}`\n\n{doc}\n"))
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
    let metrics: Vec<&str> = crate::metrics::METRICS.iter().map(|m| m.name).collect();
    out.push_str(&format!("metrics: {}\n", metrics.join(", ")));
    out
}

/// Everything that has documentation, for suggestions.
pub fn names() -> Vec<&'static str> {
    let library = prelude::ENTRIES.iter().map(|e| e.name);
    library.chain(builtin::all_names()).chain(crate::metrics::METRICS.iter().map(|m| m.name)).collect()
}
