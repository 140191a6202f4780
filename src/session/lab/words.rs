//! What a line is, and how it could go on.

use super::Lab;
use super::command::{self, COMMANDS, Command};
use super::condition::{PLAIN, STATS};
use super::form::{Kind, Piece, pieces};
use crate::check;
use crate::syntax::{ITEM_KINDS, LATER_KINDS};

/// What was typed.
pub enum Entry<'a> {
    Command(&'static Command, &'a str),
    /// Items of the language.
    Items,
    Expression,
}

/// Words with which an item starts.
pub fn item_words() -> impl Iterator<Item = &'static str> {
    ITEM_KINDS.into_iter().chain(LATER_KINDS)
}

/// Tells commands from the language.
pub fn classify(text: &str) -> Entry<'_> {
    let code = text.lines().find(|l| !l.trim_start().starts_with('#')).unwrap_or_default().trim_start();
    let word: &str = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    let behind = code.get(word.len()..).unwrap_or_default();
    let spaced = behind.is_empty() || behind.starts_with(char::is_whitespace);
    let is_item = item_words().any(|w| w == word);
    if let Some(row) = command::find(word).filter(|_| spaced) {
        let item = is_item && (text.contains('{') || text.starts_with('#'));
        let operator =
            ["+", "*", "/", "^", "|>", "==", "<", ">", "//", "@"].iter().any(|op| behind.trim_start().starts_with(op));
        if !item && !operator && text.starts_with(word) {
            return Entry::Command(row, text[word.len()..].trim());
        }
    }
    if is_item && spaced || code.starts_with("hyper") || text.starts_with("##") {
        Entry::Items
    } else {
        Entry::Expression
    }
}

/// The names that could be meant, as they were after the last entry.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// Layers, and parameters and buffers.
    pub layers: Vec<String>,
    pub parameters: Vec<String>,
    pub columns: Vec<String>,
    pub metrics: Vec<String>,
    pub settings: Vec<String>,
    pub places: Vec<String>,
    pub branches: Vec<String>,
    pub trainings: Vec<String>,
    pub data: Vec<String>,
    /// Definitions of the program and of the library, and hypers.
    pub names: Vec<String>,
}

impl Words {
    pub fn of(lab: &Lab) -> Words {
        let checked = lab.checked();
        let program = &checked.program;
        let mut words = Words::default();
        let focus = lab.state.moment.focus.clone();
        if let Some(live) = focus.as_ref().and_then(|f| lab.live.get(f)) {
            let plan = &live.trained.run.setup.plan;
            words.layers = plan.layers.iter().map(|l| l.path.to_string()).filter(|p| !p.is_empty()).collect();
            words.layers.dedup();
            words.parameters = live.trained.run.weights().iter().map(|w| w.path.to_string()).collect();
        }
        words.columns =
            program.world.data.values().flat_map(|d| d.columns.iter().map(|c| c.name.to_string())).collect();
        words.metrics = crate::metrics::METRICS.iter().map(|m| m.name.to_string()).collect();
        // The check knows `schedule` only to say that it is none.
        let settings = check::train_settings().iter().filter(|s| **s != "schedule");
        words.settings = settings.map(|s| s.to_string()).collect();
        words.settings.push("lr".into());
        words.settings.extend(program.hypers.iter().map(|h| h.name.to_string()));
        words.settings.sort();
        words.settings.dedup();
        words.places = lab.places().iter().map(|p| p.to_string()).collect();
        words.branches = lab.state.branches.keys().cloned().collect();
        words.trainings = lab.trainings().iter().map(|t| t.name.to_string()).collect();
        words.data = program.data.iter().map(|d| d.name.to_string()).collect();
        words.names = program.world.scope.names().iter().map(|n| n.to_string()).collect();
        words.names.extend(super::super::documented_names().iter().map(|n| n.to_string()));
        words.names.extend(program.hypers.iter().map(|h| h.name.to_string()));
        words.names.sort();
        words.names.dedup();
        words
    }

    /// Where the word at `at` starts, and what it could be; whether a file name is expected.
    pub fn complete(&self, line: &str, at: usize) -> (usize, Vec<String>, bool) {
        let before = line.get(..at).unwrap_or(line);
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let start =
            before.char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map_or(before.len(), |(i, _)| i);
        let typed = &before[start..];
        let front = before[..start].trim();
        let mut all: Vec<String> = Vec::new();
        let mut files = false;
        if front.is_empty() {
            all.extend(COMMANDS.iter().map(|c| c.name.to_string()));
            all.extend(item_words().map(str::to_string));
            all.extend(self.names.iter().cloned());
        } else if let Entry::Command(row, rest) = classify(before) {
            let rest = rest.strip_suffix(typed).unwrap_or(rest).trim();
            for form in row.forms {
                match next(form, rest) {
                    Some(Piece::Word(w)) => all.push(w),
                    Some(Piece::Argument(kind, _)) => {
                        files |= kind == Kind::File;
                        all.extend(self.of_kind(kind, row.name));
                    }
                    None => {}
                }
            }
        } else {
            all.extend(self.names.iter().cloned());
            all.extend(self.columns.iter().cloned());
            all.extend(self.settings.iter().cloned());
            all.extend(self.metrics.iter().cloned());
        }
        all.retain(|w| w.starts_with(typed));
        all.sort();
        all.dedup();
        (start, all, files)
    }

    fn of_kind(&self, kind: Kind, command: &str) -> Vec<String> {
        let plain = || PLAIN.iter().map(|(n, _)| n.to_string());
        match kind {
            Kind::Path => self.layers.iter().chain(&self.parameters).cloned().collect(),
            Kind::Quantity | Kind::Condition => {
                let stats = self.parameters.iter().flat_map(|p| STATS.iter().map(move |(s, _)| format!("{p}.{s}")));
                let val = self.metrics.iter().map(|m| format!("val.{m}"));
                let words = ["val.loss", "grad_norm", "and", "or", "is", "nan"].map(str::to_string);
                plain().chain(words).chain(val).chain(stats).collect()
            }
            Kind::Place => self.places.iter().cloned().chain(["best".to_string()]).collect(),
            Kind::Snapshot => self.places.clone(),
            Kind::Branch => self.branches.clone(),
            Kind::Training => self.trainings.clone(),
            Kind::Setting => self.settings.clone(),
            Kind::Command => COMMANDS.iter().map(|c| c.name.to_string()).collect(),
            Kind::Documented => self.names.clone(),
            Kind::Rows => {
                let sides = ["train", "val", "test"];
                let full = self.data.iter().flat_map(|d| sides.iter().map(move |s| format!("{d}.{s}")));
                full.chain(sides.map(str::to_string)).collect()
            }
            Kind::Rest if command == "plot" => {
                let series = ["loss", "lr", "roc", "pr", "calibration", "confusion", "over", "to"];
                series.iter().map(|s| s.to_string()).chain(self.names.iter().cloned()).collect()
            }
            Kind::Rest if command == "predict" => self.columns.clone(),
            _ => Vec::new(),
        }
    }

    /// How the line could go on, in a few words.
    pub fn hint(&self, line: &str) -> Option<String> {
        let Entry::Command(row, rest) = classify(line) else { return None };
        if rest.is_empty() {
            let spaced = line.ends_with(char::is_whitespace);
            let forms: Vec<&str> = row.forms.iter().filter_map(|f| f.strip_prefix(row.name)).map(str::trim).collect();
            let text = forms.into_iter().filter(|f| !f.is_empty()).collect::<Vec<_>>().join(" | ");
            let text = if text.is_empty() { format!("– {}", row.help) } else { text };
            return Some(if spaced { text } else { format!(" {text}") });
        }
        None
    }
}

/// The piece of a form that comes behind the words that stand there already.
fn next(form: &str, rest: &str) -> Option<Piece> {
    let (pieces, _) = pieces(form);
    let words: Vec<&str> = rest.split_whitespace().collect();
    for (i, piece) in pieces.iter().enumerate() {
        let Some(word) = words.get(i) else { return Some(piece.clone()) };
        match piece {
            Piece::Word(w) if w != word => return None,
            Piece::Argument(kind @ (Kind::Condition | Kind::Rest | Kind::Quantity), name) => {
                return Some(Piece::Argument(*kind, name.clone()));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_the_language() {
        let command = |text: &str| matches!(classify(text), Entry::Command(..));
        let items = |text: &str| matches!(classify(text), Entry::Items);
        for text in ["step", "step 5", "evaluate", "predict (a = 1)", "plot loss", "log", "set lr = 3", "help step"] {
            assert!(command(text), "{text}");
        }
        for text in ["evaluate { metrics = [r2] }", "fn f(x: real) -> real { return x }", "print 1", "hyper a: int = 1"]
        {
            assert!(items(text), "{text}");
        }
        for text in ["log(2)", "1 + 1", "sigmoid(0)", "grad(1)", "step + 1", "", "é"] {
            assert!(!command(text) && !items(text), "{text}");
        }
    }

    #[test]
    fn the_word_at_the_end_is_completed_by_what_the_command_takes() {
        let words = Words { layers: vec!["head.0".into()], settings: vec!["lr".into()], ..Words::default() };
        assert_eq!(words.complete("pee", 3), (0, vec!["peek".to_string()], false));
        assert_eq!(words.complete("peek he", 7), (5, vec!["head.0".to_string()], false));
        assert_eq!(words.complete("run u", 5), (4, vec!["until".to_string()], false));
        assert_eq!(words.complete("set ", 4), (4, vec!["lr".to_string()], false));
        assert_eq!(words.complete("é ", 1).1, ["lr"]);
        assert!(words.hint("step").is_some_and(|h| h.contains("[N]")));
    }
}
