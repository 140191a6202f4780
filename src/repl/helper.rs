//! What the line editor asks while one types: completion, hints, colours, whether the entry is whole.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use rustyline::Context;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};

use crate::session::lab::{Words, command, first_word};
use crate::syntax::{Completeness, complete};
use crate::text::{Paint, Tone};

pub struct Helper {
    words: Rc<RefCell<Words>>,
    files: FilenameCompleter,
    paint: Paint,
}

impl Helper {
    pub fn new(words: Rc<RefCell<Words>>, paint: Paint) -> Helper {
        Helper { words, files: FilenameCompleter::new(), paint }
    }
}

impl rustyline::Helper for Helper {}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found, files) = self.words.borrow().complete(line, at);
        if files && found.is_empty() {
            return self.files.complete_path(line, at);
        }
        Ok((start, found.into_iter().map(|w| Pair { display: w.clone(), replacement: w }).collect()))
    }
}

impl Hinter for Helper {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        if at < line.len() || line.contains('\n') {
            return None;
        }
        // A hint is shown, and never taken over by the arrow key: it is no text to type.
        self.words.borrow().hint(line)
    }
}

impl Validator for Helper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match complete(context.input()) {
            Completeness::Complete => ValidationResult::Valid(None),
            Completeness::Incomplete => ValidationResult::Incomplete,
        })
    }
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.paint.color { Cow::Owned(colored(line, self.paint)) } else { Cow::Borrowed(line) }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.paint.apply(Tone::Dim, hint))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(self.paint.apply(Tone::Strong, prompt))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.paint.color
    }
}

/// Words of the language that stand for themselves.
const KEYWORDS: [&str; 22] = [
    "let",
    "return",
    "when",
    "if",
    "then",
    "else",
    "over",
    "and",
    "or",
    "not",
    "as",
    "true",
    "false",
    "parameter",
    "buffer",
    "state",
    "until",
    "to",
    "for",
    "input",
    "target",
    "in",
];

fn colored(line: &str, paint: Paint) -> String {
    let mut out = String::new();
    let first = first_word(line).0;
    let mut rest = line;
    let mut begun = false;
    while let Some(c) = rest.chars().next() {
        let (length, tone) = token(rest, c);
        let text = &rest[..length];
        let tone = match tone {
            None if !begun && text == first && command::find(text).is_some() => Some(Tone::Strong),
            None if !begun && crate::session::lab::item_words().any(|w| w == text) => Some(Tone::Note),
            None if KEYWORDS.contains(&text) => Some(Tone::Note),
            tone => tone,
        };
        begun |= !text.trim().is_empty();
        match tone {
            Some(tone) => out.push_str(&paint.apply(tone, text)),
            None => out.push_str(text),
        }
        rest = &rest[length..];
    }
    out
}

/// The next token: its bytes, and how it is shown.
fn token(rest: &str, first: char) -> (usize, Option<Tone>) {
    let while_in = |f: &dyn Fn(char) -> bool| rest.find(|c: char| !f(c)).unwrap_or(rest.len());
    match first {
        '#' => (rest.find('\n').unwrap_or(rest.len()), Some(Tone::Dim)),
        '"' => (rest[1..].find('"').map_or(rest.len(), |end| end + 2), Some(Tone::Good)),
        c if c.is_ascii_digit() => (while_in(&|c| c.is_ascii_alphanumeric() || c == '.' || c == '_'), Some(Tone::Help)),
        c if c.is_alphabetic() || c == '_' => (while_in(&|c| c.is_alphanumeric() || c == '_'), None),
        c => (c.len_utf8(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_nothing_but_colours() {
        for line in ["step 5", "fn f(x: real) { return \"é\" } # ok", "\"open", "1e-3..é", "", "  set lr = 3"] {
            assert_eq!(colored(line, Paint::new(false)), line);
            let painted = colored(line, Paint::new(true));
            let mut plain = String::new();
            let mut rest = painted.as_str();
            while let Some(at) = rest.find('\u{1b}') {
                plain += &rest[..at];
                rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
            }
            assert_eq!(plain + rest, line);
        }
        assert!(colored("step 5", Paint::new(true)).starts_with("\u{1b}[1mstep"));
    }
}
