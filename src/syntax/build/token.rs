use pest::iterators::Pair;

use super::super::ast::ExprKind;
use super::super::clean;
use super::super::grammar::Rule;
use super::{Builder, Ident};
use crate::text::Span;

impl Builder<'_> {
    /// `1_000`, `1e-3`, `70%`.
    pub(super) fn number(&mut self, pair: &Pair<Rule>) -> ExprKind {
        let (span, text) = (self.span(pair), pair.as_str());
        let digits = text.bytes().take_while(|b| !b.is_ascii_alphabetic() && *b != b'%').count();
        let exponent = match text.as_bytes().get(digits..) {
            Some([b'e' | b'E', sign @ (b'+' | b'-'), ..]) if sign.is_ascii() => 2 + count_digits(&text[digits + 2..]),
            Some([b'e' | b'E', next, ..]) if next.is_ascii_digit() => 1 + count_digits(&text[digits + 1..]),
            _ => 0,
        };
        let (number, rest) = text.split_at(digits + exponent);
        let percent = rest.starts_with('%');
        let stuck = rest.trim_start_matches('%');
        self.check_number(number, stuck, percent, span);
        let value = number.replace('_', "").parse::<f64>().unwrap_or(f64::NAN);
        if value.is_infinite() {
            self.report("this number is too large", span, "beyond 1.8e308");
        }
        let integer = !percent && exponent == 0 && !number.contains('.');
        ExprKind::Number { value: if percent { percent_value(number, value) } else { value }, integer, percent }
    }

    fn check_number(&mut self, number: &str, stuck: &str, percent: bool, span: Span) {
        if !stuck.is_empty() && percent {
            let message = format!("`%` is no operator, and a number can't touch a name: `{number}%{stuck}`");
            self.report(message, span, "a percentage ends with its `%`")
                .help
                .push(format!("the remainder of a division is `mod({number}, {stuck})`"));
        } else if !stuck.is_empty() {
            let help = match stuck.bytes().all(|b| b.is_ascii_alphabetic()) {
                true => format!(
                    "for a product write `{number} * {stuck}`; units such as `{stuck}` are no part of the language"
                ),
                false => "put a blank or an operator between them".to_string(),
            };
            self.report(
                format!("a number can't touch letters: `{number}{stuck}`"),
                span,
                "neither a number nor a name",
            )
            .help
            .push(help);
        } else if number.starts_with('.') {
            self.report("a number starts with a digit", span, "no digit before the point");
            self.fix(format!("write `0{number}`"), span, format!("0{number}"));
        } else if number.ends_with('.') {
            self.report("a number does not end with its point", span, "no digit behind the point");
            self.fix(format!("write `{number}0`"), span, format!("{number}0"));
        } else if number.ends_with('_') {
            self.report("`_` in a number stands between digits", span, "ends with `_`");
        }
    }

    /// Adds a fix to the newest report.
    pub(super) fn fix(&mut self, title: impl Into<String>, span: Span, text: impl Into<String>) {
        if let Some(last) = self.reports.pop() {
            self.reports.push(last.fix(title, span, text));
        }
    }

    /// The contents of a string, escapes resolved.
    pub(super) fn string(&mut self, pair: &Pair<Rule>) -> String {
        let quoted = pair.as_str();
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
        if !inner.contains('\\') {
            return inner.to_string();
        }
        let start = self.base + pair.as_span().start() + 1;
        let mut text = String::new();
        let mut rest = inner;
        while let Some(at) = rest.find('\\') {
            text.push_str(&rest[..at]);
            let (character, length) = escape(&rest[at..]);
            let place = start + inner.len() - rest.len() + at;
            match character {
                Some(character) => text.push(character),
                None => self.bad_escape(&rest[at..at + length], clean::place(self.source, place..place + length)),
            }
            rest = &rest[at + length..];
        }
        text + rest
    }

    fn bad_escape(&mut self, escape: &str, span: Span) {
        self.report(format!("`{escape}` means nothing in a string"), span, "unknown escape")
            .help
            .push("a string knows `\\\"`, `\\\\`, `\\n`, `\\t` and `\\u{…}`; paths are written with `/`".to_string());
        self.fix("double the backslash", span, format!("\\{escape}"));
    }

    /// A quoted name is a name too.
    pub(super) fn name(&mut self, pair: &Pair<Rule>) -> Ident {
        match pair.as_rule() {
            Rule::string => Ident { text: self.string(pair).into(), span: self.span(pair) },
            _ => self.ident(pair),
        }
    }
}

/// A percentage, rounded once: `70%` is the f64 nearest to 0.7.
fn percent_value(number: &str, value: f64) -> f64 {
    let plain = number.replace('_', "");
    match plain.contains(['e', 'E']) {
        true => value / 100.0,
        false => format!("{plain}e-2").parse().unwrap_or(value / 100.0),
    }
}

fn count_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The character of the escape that a text starts with, and the escape's length.
fn escape(text: &str) -> (Option<char>, usize) {
    let mut rest = text.chars().skip(1);
    match rest.next() {
        Some('"') => (Some('"'), 2),
        Some('\\') => (Some('\\'), 2),
        Some('n') => (Some('\n'), 2),
        Some('t') => (Some('\t'), 2),
        Some('u') if rest.next() == Some('{') => match text.find('}') {
            Some(end) => (u32::from_str_radix(&text[3..end], 16).ok().and_then(char::from_u32), end + 1),
            None => (None, 3),
        },
        Some(other) => (None, 1 + other.len_utf8()),
        None => (None, 1),
    }
}
