use std::fmt;

use super::command::{self, Command};

/// A command line that makes no sense, and what might have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    pub message: String,
    /// A line to try instead or a hint, shown behind `help:`.
    pub help: Option<String>,
    /// The command whose usage is shown below.
    pub command: Option<&'static str>,
}

impl UsageError {
    pub fn new(command: Option<&'static Command>, message: impl Into<String>) -> Self {
        UsageError { message: message.into(), help: None, command: command.map(|c| c.name) }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `did you mean …?`, if there is a suggestion.
    pub fn suggest(self, suggestion: Option<impl fmt::Display>) -> Self {
        match suggestion {
            Some(word) => self.help(format!("did you mean `{word}`?")),
            None => self,
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        if let Some(help) = &self.help {
            writeln!(f, "  help: {help}")?;
        }
        match self.command.and_then(command::named) {
            Some(command) => writeln!(f, "usage: {}", command.usage()),
            None => writeln!(f, "usage: nnrun FILE, or nnrun COMMAND …; `nnrun --help` shows all"),
        }
    }
}

impl std::error::Error for UsageError {}
