use std::ops::Range;

use super::super::clean;
use super::super::grammar::{Rule, Stuck};
use super::super::lexeme::{Lexeme, Word, lexeme};
use crate::diag::{Diagnostic, codes};
use crate::text::{Source, Span};

/// A token of the chunk, by its range in it.
#[derive(Debug, Clone)]
pub(in super::super) struct Token {
    pub lexeme: Lexeme,
    pub range: Range<usize>,
}

/// Where the grammar could not go on in a chunk, and what stands around that place.
pub(in super::super) struct Place<'a> {
    pub source: &'a Source,
    pub chunk: &'a str,
    /// The `one_…` rule that was tried.
    pub rule: Rule,
    /// The rules that could have gone on.
    pub expected: Vec<Rule>,
    /// The tokens before the place.
    pub before: Vec<Token>,
    /// The token at the place; `None` at the chunk's end.
    pub found: Option<Token>,
    range: Range<usize>,
    at: usize,
}

impl<'a> Place<'a> {
    pub fn new(source: &'a Source, range: Range<usize>, chunk: &'a str, rule: Rule, stuck: Stuck) -> Self {
        let (mut before, mut found) = (Vec::new(), None);
        let mut at = 0;
        let mut operand = false;
        while let Some((lexeme, length)) = lexeme(chunk, at, operand) {
            let token = Token { lexeme, range: at..at + length };
            at += length;
            if matches!(lexeme, Lexeme::Blank | Lexeme::LineBreak | Lexeme::Comment) {
                continue;
            }
            operand = lexeme.is_operand();
            // Closers behind the range are made up.
            if token.range.end > stuck.at || token.range.start >= range.len() {
                found = Some(token).filter(|token| token.range.start < range.len());
                break;
            }
            before.push(token);
        }
        Place { source, chunk, rule, expected: stuck.expected, before, found, at: stuck.at.min(range.len()), range }
    }

    pub fn expects(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    /// A value could begin here.
    pub fn expects_value(&self) -> bool {
        self.expects(Rule::expr) || self.expects(Rule::number) && self.expects(Rule::prefix)
    }

    /// A value ends here, and an operator could follow.
    pub fn after_value(&self) -> bool {
        self.expects(Rule::infix)
    }

    pub fn text(&self, token: &Token) -> &'a str {
        self.chunk.get(token.range.clone()).unwrap_or("")
    }

    pub fn found_text(&self) -> &'a str {
        self.found.as_ref().map_or("", |token| self.text(token))
    }

    /// The token before the place.
    pub fn last_text(&self) -> &'a str {
        self.before.last().map_or("", |token| self.text(token))
    }

    pub fn first_text(&self) -> &'a str {
        self.before.first().map_or(self.found_text(), |token| self.text(token))
    }

    pub fn span_of(&self, range: Range<usize>) -> Span {
        clean::place(self.source, self.range.start + range.start..self.range.start + range.end)
    }

    /// The token at the place, or the end of the chunk.
    pub fn span(&self) -> Span {
        match &self.found {
            Some(token) => self.span_of(token.range.clone()),
            None if matches!(self.behind(), Some('}' | ';')) => self.span_behind(),
            None => self.end(),
        }
    }

    /// Right behind the token before the place.
    pub fn end(&self) -> Span {
        let end = self.before.last().map_or(self.at, |token| token.range.end);
        self.span_of(end..end)
    }

    /// The first character behind the chunk that is no blank.
    fn behind(&self) -> Option<char> {
        let rest = self.source.text.get(self.range.end..).unwrap_or("");
        rest.chars().find(|c| !matches!(c, ' ' | '\t' | '\r'))
    }

    fn span_behind(&self) -> Span {
        let rest = self.source.text.get(self.range.end..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        self.span_of(self.range.len() + blanks..self.range.len() + blanks + 1)
    }

    pub fn found_words(&self) -> String {
        match &self.found {
            Some(token) => match token.lexeme {
                Lexeme::Text { .. } => "a string".to_string(),
                Lexeme::Number => format!("the number `{}`", self.text(token)),
                Lexeme::Word(Word::Reserved | Word::Operator) => format!("the reserved word `{}`", self.text(token)),
                _ => format!("`{}`", self.text(token)),
            },
            None => match self.behind() {
                Some(c @ ('}' | ';')) => format!("`{c}`"),
                Some(_) => "the end of the line".to_string(),
                None => "the end of the text".to_string(),
            },
        }
    }

    pub fn error(&self, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::new(&codes::SYNTAX, message).at(self.span(), label)
    }

    /// Adds what the item looks like, where only that can help.
    pub fn help_form(&self, report: Diagnostic) -> Diagnostic {
        let form = match self.first_text() {
            _ if self.rule != Rule::one_item => return report,
            "hyper" => "`hyper lr: real in 1e-5..1e-1 log = 1e-3`",
            "use" => "`use vision (resnet50)` or `use \"blocks.nn\" (Block)`",
            "weights" => "`weights pretrained = file(\"model.safetensors\")`",
            "plot" => "`plot sigmoid, sigmoid' over -6..6 with mark = [0] to \"sigmoid.svg\"`",
            _ => return report,
        };
        report.help(format!("for example {form}"))
    }
}
