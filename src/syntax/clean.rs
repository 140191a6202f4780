//! Characters that the language does not have: each is reported, and replaced by what was meant, so that the rest of the
//! text can be read. The replacement keeps every place: it has the same length in bytes.

use std::borrow::Cow;
use std::ops::Range;

use super::foreign::{self, Meaning};
use super::lexeme::{Lexeme, Word, lexeme};
use super::report::MAX_KEPT;
use crate::diag::{Diagnostic, Edit, Fix, codes};
use crate::text::{Source, Span};

/// The text as the grammar can read it.
pub(super) struct Clean<'a> {
    pub text: Cow<'a, str>,
    pub reports: Vec<Diagnostic>,
}

pub(super) fn clean(source: &Source) -> Clean<'_> {
    let mut cleaner = Cleaner {
        source,
        text: &source.text,
        at: 0,
        patches: Vec::new(),
        reports: Vec::new(),
        open: Vec::new(),
        last: 0..0,
        last_lexeme: Lexeme::Blank,
    };
    while cleaner.step() {}
    Clean { text: cleaner.patched(), reports: cleaner.reports }
}

/// The place of a range of the clean text in the source, where a replaced character may be longer than what replaces it.
pub(super) fn place(source: &Source, range: Range<usize>) -> Span {
    let mut end = range.end.min(source.text.len());
    let mut start = range.start.min(end);
    while !source.text.is_char_boundary(start) {
        start -= 1;
    }
    while !source.text.is_char_boundary(end) {
        end += 1;
    }
    Span::new(source.id, start, end)
}

struct Cleaner<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    /// In order, without overlap; the second text is as long as the range.
    patches: Vec<(Range<usize>, String)>,
    reports: Vec<Diagnostic>,
    /// The open brackets.
    open: Vec<u8>,
    /// The last token that is no comment.
    last: Range<usize>,
    last_lexeme: Lexeme,
}

impl<'a> Cleaner<'a> {
    fn step(&mut self) -> bool {
        let touching = self.after_operand() && self.last.end == self.at;
        let Some((lexeme, length)) = lexeme(self.text, self.at, touching) else { return false };
        let range = self.at..self.at + length;
        self.at = range.end;
        match lexeme {
            Lexeme::Blank | Lexeme::LineBreak | Lexeme::Comment => return true,
            Lexeme::Open(b'{') => self.block(&range),
            Lexeme::Operator if self.text[range.clone()].starts_with('/') => self.slash(&range),
            Lexeme::Other => self.other(&range),
            _ => {}
        }
        match lexeme {
            Lexeme::Open(kind) => self.open.push(kind),
            Lexeme::Close(_) => drop(self.open.pop()),
            _ => {}
        }
        self.last = range.start..self.at;
        self.last_lexeme = lexeme;
        true
    }

    fn after_operand(&self) -> bool {
        self.last_lexeme.is_operand()
    }

    fn patched(&mut self) -> Cow<'a, str> {
        if self.patches.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let (mut text, mut at) = (String::with_capacity(self.text.len()), 0);
        for (range, patch) in &self.patches {
            text.push_str(&self.text[at..range.start]);
            text.push_str(patch);
            at = range.end;
        }
        text.push_str(&self.text[at..]);
        Cow::Owned(text)
    }

    /// Puts `text` in place of a range that is at least as long.
    fn patch(&mut self, range: Range<usize>, text: &str) {
        let blanks = range.len().saturating_sub(text.len());
        if text.len() <= range.len() {
            self.patches.push((range, format!("{text}{}", " ".repeat(blanks))));
        }
    }

    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.source.id, range.start, range.end)
    }

    fn report(&mut self, make: impl FnOnce() -> Diagnostic) {
        if self.reports.len() < MAX_KEPT {
            self.reports.push(make());
        }
    }

    /// Reports a range that is written `instead`, and reads it so.
    fn replace(&mut self, range: &Range<usize>, message: String, label: &str, instead: &str) {
        let span = self.span(range);
        let title = if instead.trim().is_empty() { "remove it".to_string() } else { format!("write `{instead}`") };
        self.report(|| Diagnostic::new(&codes::SYNTAX, message).at(span, label).fix(title, span, instead));
        self.patch(range.clone(), instead);
    }

    /// A `{` that stands on a line of its own belongs to the line before.
    fn block(&mut self, range: &Range<usize>) {
        let gap = self.last.end..range.start;
        let between = &self.text[gap.clone()];
        let free = matches!(self.open.last(), Some(b'(' | b'['));
        if free || !self.after_operand() || !between.contains('\n') || !between.trim().is_empty() {
            return;
        }
        let (at, gap_span) = (self.span(range), self.span(&gap));
        self.report(|| {
            Diagnostic::new(&codes::SYNTAX, "`{` stands on the line of what it belongs to")
                .at(at, "expected at the end of the line before")
                .fix("join the lines", gap_span, " ")
        });
        self.patch(gap, "");
    }

    /// `// a comment` and `/* a comment */`.
    fn slash(&mut self, range: &Range<usize>) {
        let rest = &self.text[range.start..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        if rest[1..].starts_with('*') {
            let length = rest.find("*/").map_or(line.len(), |end| end + 2);
            let whole = range.start..range.start + length;
            let span = self.span(&(whole.start..whole.start + 2));
            self.report(|| {
                let message = "`/*` does not start a comment";
                Diagnostic::new(&codes::SYNTAX, message).at(span, "a comment starts with `#`, on each of its lines")
            });
            let blank = self.text[whole.clone()].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
            self.at = whole.end;
            self.patches.push((whole, blank));
        } else if let Some(words) = line.strip_prefix("//")
            && self.is_prose(words)
        {
            let message = "`//` does not start a comment, it divides".to_string();
            self.replace(range, message, "a comment starts with `#`", "#");
            self.at = range.start + line.len();
        }
    }

    /// Is what follows `//` a comment rather than an operand?
    fn is_prose(&self, words: &str) -> bool {
        let mut words = words.split_ascii_whitespace();
        let letters =
            |word: &&str| word.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'\'' | b',' | b'-' | b'.'));
        let two = (words.next().filter(letters), words.next().filter(letters));
        let operator = |word: &str| matches!(word, "and" | "or" | "as" | "when" | "over" | "then" | "else" | "-");
        !self.after_operand() || matches!(two, (Some(first), Some(second)) if !operator(first) && !operator(second))
    }

    fn other(&mut self, range: &Range<usize>) {
        let Some(character) = self.text[range.clone()].chars().next() else { return };
        let next = &self.text[range.end..];
        match character {
            '=' | ':' | '<' | '-' | '~' | ',' | ';' | '.' => {}
            '\'' => self.quoted(range, character),
            '?' => self.strange(range, "a choice is written `if condition then a else b`"),
            '\\' if next.trim_start_matches([' ', '\t', '\r']).starts_with('\n') => self.strange(
                range,
                "a line that starts with an operator continues the one before, and in `( )` and `[ ]` line breaks are free",
            ),
            '`' => self.strange(range, "names are written as they are, awkward column names as \"the name\""),
            c if c.is_ascii_control() => self.run(range, "a control character", |c| c.is_ascii_control() && c != '\n'),
            c if c.is_ascii() => self.strange(range, "it has no meaning outside of strings and comments"),
            c => self.foreign(range, c),
        }
    }

    fn foreign(&mut self, range: &Range<usize>, character: char) {
        match foreign::meaning(character) {
            Meaning::Ignored if range.start == 0 => self.patch(range.clone(), ""),
            Meaning::Ignored => {
                self.run(range, "an invisible character", |c| matches!(foreign::meaning(c), Meaning::Ignored))
            }
            Meaning::Blank => {
                let message = format!("this blank is not a plain one (U+{:04X})", character as u32);
                self.replace(range, message, "write a plain blank", " ");
            }
            Meaning::Quote => self.quoted(range, character),
            Meaning::Prime if self.after_operand() && self.last.end == range.start => {
                self.replace(range, format!("`{character}` is written `'`"), "a derivative has a plain `'`", "'");
            }
            Meaning::Prime => self.quoted(range, character),
            Meaning::Sign(sign) => {
                self.replace(range, format!("`{character}` is written `{sign}`"), "not a sign of the language", sign);
            }
            Meaning::Letter => self.word(range),
            Meaning::None => self.strange(range, "it has no meaning outside of strings and comments"),
        }
    }

    fn strange(&mut self, range: &Range<usize>, help: &str) {
        let span = self.span(range);
        let found = match &self.text[range.clone()] {
            "`" => "a backtick".to_string(),
            sign => format!("`{sign}`"),
        };
        self.report(|| {
            Diagnostic::new(&codes::SYNTAX, format!("{found} can't stand here"))
                .at(span, "not a sign of the language")
                .help(help)
        });
        self.patch(range.clone(), "");
    }

    /// Several characters of one sort in a row make one report.
    fn run(&mut self, range: &Range<usize>, what: &str, same: fn(char) -> bool) {
        let more = self.text[range.end..].find(|c| !same(c)).unwrap_or(self.text.len() - range.end);
        let whole = range.start..range.end + more;
        let first = self.text[whole.clone()].chars().next().unwrap_or_default();
        self.at = whole.end;
        self.replace(&whole, format!("{what} (U+{:04X})", first as u32), "it can't stand here", "");
    }

    /// A string in other quotes than `"`.
    fn quoted(&mut self, range: &Range<usize>, quote: char) {
        let line = self.text[range.end..].split('\n').next().unwrap_or("");
        let Some(length) = line.find(|c| foreign::closes(quote, c)) else {
            let help = "`'` behind a function is its derivative; strings have `\"` at both ends";
            return self.strange(range, help);
        };
        let close = range.end + length;
        let close = close..close + self.text[close..].chars().next().map_or(1, char::len_utf8);
        let (open_span, close_span) = (self.span(range), self.span(&close));
        let edit = |span| Edit { span, text: "\"".to_string() };
        let fix = Fix { title: "write `\"` at both ends".to_string(), edits: vec![edit(open_span), edit(close_span)] };
        self.report(|| {
            let mut report =
                Diagnostic::new(&codes::SYNTAX, "strings have plain `\"` at both ends").at(open_span, "another quote");
            report.fixes.push(fix);
            report
        });
        let blanks = " ".repeat(range.len() - 1);
        self.patches.push((range.clone(), format!("{blanks}\"")));
        // A quote or a backslash in it would end or change the string that is read instead.
        let inner = line[..length].chars().map(|c| if matches!(c, '"' | '\\') { '\'' } else { c }).collect();
        self.patches.push((range.end..close.start, inner));
        self.patch(close.clone(), "\"");
        self.at = close.end;
        self.last_lexeme = Lexeme::Text { closed: true };
    }

    /// A word with letters that names can't have.
    fn word(&mut self, range: &Range<usize>) {
        let glued = self.last.end == range.start && matches!(self.last_lexeme, Lexeme::Word(_) | Lexeme::Number);
        let start = if glued { self.last.start } else { range.start };
        let part = |c: char| c == '_' || c.is_alphanumeric() || matches!(foreign::meaning(c), Meaning::Letter);
        let more = self.text[range.end..].find(|c| !part(c)).unwrap_or(self.text.len() - range.end);
        let whole = start..range.end + more;
        let (span, name) = (self.span(&whole), &self.text[whole.clone()]);
        let plain: String = name.chars().map(foreign::plain).collect();
        self.report(|| {
            let report = |message: String| {
                Diagnostic::new(&codes::SYNTAX, message).at(span, "names have the letters a-z and A-Z, digits and `_`")
            };
            match plain.is_ascii() {
                true => report(format!("`{name}` is written `{plain}`")).fix(format!("write `{plain}`"), span, plain),
                false => report(format!("`{name}` is no name"))
                    .help(format!("a column of this name is quoted: `\"{name}\"`")),
            }
        });
        let changed = range.start..whole.end;
        let letters = self.text[changed.clone()]
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { "_".repeat(c.len_utf8()) });
        let letters = letters.collect();
        self.at = changed.end;
        self.patches.push((changed, letters));
        self.last_lexeme = Lexeme::Word(Word::Name);
    }
}
