use std::fmt::Display;

/// What a piece of text is, from which its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Error,
    Warning,
    Note,
    Help,
    Good,
    Strong,
    Dim,
}

impl Tone {
    /// The parameters of the ANSI escape; only the 8 basic colours, which every theme keeps readable.
    fn ansi(self) -> &'static str {
        match self {
            Tone::Error => "31;1",
            Tone::Warning => "33;1",
            Tone::Note => "34;1",
            Tone::Help => "36",
            Tone::Good => "32",
            Tone::Strong => "1",
            Tone::Dim => "2",
        }
    }
}

/// Colours text, or leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paint {
    pub color: bool,
}

impl Paint {
    pub fn new(color: bool) -> Self {
        Paint { color }
    }

    pub fn apply(self, tone: Tone, text: impl Display) -> String {
        if self.color { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.ansi()) } else { text.to_string() }
    }
}
