use std::collections::HashMap;

use crate::text::Span;

use super::Code;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A place in a source text and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// Replaces the text of `span`; an empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// A change that is certain to be what the message asks for: `nnrun fix` applies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<Edit>,
}

/// Something to tell the user, as plain data. Front ends decide how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub severity: Severity,
    pub message: String,
    /// The first one is where the problem is; the others say where what it depends on came from. Empty for problems without a place in a source text.
    pub labels: Vec<Label>,
    pub help: Vec<String>,
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic of the code's own severity.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Adds a place; the first call names the primary one.
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: label.into() });
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds a fix of one edit.
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }

    /// Adds `did you mean …?` and the fix, if there is a suggestion.
    pub fn suggest(self, span: Span, suggestion: Option<&str>) -> Self {
        match suggestion {
            Some(word) => self.help(format!("did you mean `{word}`?")).fix(format!("write `{word}`"), span, word),
            None => self,
        }
    }

    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|l| l.span)
    }
}

/// Diagnostics in the making. Stages return one beside their value.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    all: Vec<Diagnostic>,
    /// Where in `all` the diagnostics of a place are.
    at: HashMap<Option<Span>, Vec<usize>>,
}

impl Problems {
    /// Adds a diagnostic, unless it is there already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let at = self.at.entry(diagnostic.span()).or_default();
        if at.iter().all(|i| self.all[*i] != diagnostic) {
            at.push(self.all.len());
            self.all.push(diagnostic);
        }
    }

    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        other.into_iter().for_each(|d| self.push(d));
    }

    /// Changes the one added last.
    pub fn amend_last(&mut self, change: impl FnOnce(&mut Diagnostic)) {
        if let Some(last) = self.all.last_mut() {
            change(last);
        }
    }

    /// Changes the first one of a code.
    pub fn amend_first(&mut self, code: &'static Code, change: impl FnOnce(&mut Diagnostic)) {
        if let Some(first) = self.all.iter_mut().find(|d| d.code == code) {
            change(first);
        }
    }

    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|d| d.severity == Severity::Error)
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.all.iter()
    }

    /// All, in order of place.
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        self.all.sort_by_key(|d| (d.span().map(|s| (s.file, s.start)), d.severity));
        self.all
    }
}

impl IntoIterator for Problems {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}
