//! The standard library, written in the language: one definition a file, embedded as text.
//!
//! A program parses and checks only the entries that it reaches. Adding a definition means adding its file.

#[cfg(test)]
mod tests;

/// What an entry defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Layer,
    Function,
    Optimizer,
}

impl Kind {
    /// The word with which the definition starts.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Layer => "layer",
            Kind::Function => "fn",
            Kind::Optimizer => "optimizer",
        }
    }
}

/// A definition of the library.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    /// The folder: `activations`, `functions`, `inits`, `layers`, `losses`, `optimizers` or `schedules`.
    pub group: &'static str,
    /// The whole file: `##` documentation with an example in a fenced block, and one item.
    pub text: &'static str,
}

impl Entry {
    /// The program in the fenced block of the documentation; it runs as it stands.
    pub fn example(&self) -> String {
        let docs = self.text.lines().map_while(|l| l.strip_prefix("##")).map(|l| l.strip_prefix(' ').unwrap_or(l));
        let inside = docs.skip_while(|l| *l != "```nn").skip(1).take_while(|l| *l != "```");
        inside.flat_map(|l| [l, "\n"]).collect()
    }
}

/// The entry of that name. Names are unique over all groups.
pub fn lookup(name: &str) -> Option<&'static Entry> {
    ENTRIES.binary_search_by(|e| e.name.cmp(name)).ok().map(|i| &ENTRIES[i])
}

/// The function that stands for another where its first argument holds probabilities rather than their logarithms.
pub fn on_probabilities(name: &str) -> Option<&'static str> {
    const PAIRS: [(&str, &str); 1] = [("nll", "nll_prob")];
    PAIRS.iter().find(|(of, _)| *of == name).map(|(_, alternative)| *alternative)
}

/// All definitions, sorted by name (capitals first): the `.nn` files of the folders beside this file, which `build.rs` lists.
pub static ENTRIES: &[Entry] = include!(concat!(env!("OUT_DIR"), "/prelude.rs"));
