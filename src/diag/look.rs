use super::Severity;
use crate::text::{Paint, Tone};

/// How diagnostics are drawn. Front ends find out; the renderer only obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Boxes and lines around the source text; without it, plain lines that editors and `grep` understand.
    pub graphical: bool,
    pub paint: Paint,
    /// Columns of the terminal.
    pub width: usize,
}

impl Look {
    /// For pipes, files and terminals that can't draw.
    pub const PLAIN: Look = Look { graphical: false, paint: Paint { color: false }, width: 100 };
}

pub(super) fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
        Severity::Note => Tone::Note,
    }
}
