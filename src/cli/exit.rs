use crate::diag::{Diagnostic, Severity};

/// How a command ended, as the exit status that scripts see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Exit {
    #[default]
    Fine = 0,
    /// The program has errors, or warnings that were denied.
    Program = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Data or weights are missing or unsound.
    Data = 3,
    /// Training failed: not finite, diverged.
    Training = 4,
    /// More memory or time would be needed than there is.
    Resource = 5,
    /// A `require` is not met.
    Require = 6,
    /// The output can't be written, or `--out` exists already.
    Output = 7,
    /// Interrupted; `nnrun resume` goes on.
    Interrupted = 130,
}

impl Exit {
    /// What each status means, for `--help` and the README.
    pub const ALL: [(Exit, &'static str); 9] = [
        (Exit::Fine, "fine"),
        (Exit::Program, "the program has errors, or denied warnings"),
        (Exit::Usage, "wrong usage of the command line"),
        (Exit::Data, "data or weights can't be used"),
        (Exit::Training, "training failed (not finite, diverged)"),
        (Exit::Resource, "over a resource limit"),
        (Exit::Require, "a `require` is not met"),
        (Exit::Output, "output not writable, or `--out` exists already"),
        (Exit::Interrupted, "interrupted, resumable"),
    ];

    /// The status that follows from the first error; [`Exit::Fine`] if there is none.
    pub fn of(diagnostics: &[Diagnostic]) -> Exit {
        let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
        first.map_or(Exit::Fine, |d| Exit::of_code(d.code.id))
    }

    /// As [`Exit::of`], with warnings counted as errors of the program.
    pub fn denying_warnings(diagnostics: &[Diagnostic]) -> Exit {
        let denied = diagnostics.iter().any(|d| d.severity == Severity::Warning);
        match Exit::of(diagnostics) {
            Exit::Fine if denied => Exit::Program,
            exit => exit,
        }
    }

    fn of_code(id: &str) -> Exit {
        match id {
            "E603" => Exit::Output,
            "E604" => Exit::Resource,
            "R802" => Exit::Require,
            _ if id.starts_with("E5") || id.starts_with("E6") => Exit::Data,
            _ if id.starts_with('R') => Exit::Training,
            _ => Exit::Program,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes;

    #[test]
    fn the_first_error_decides() {
        let of = |codes: &[&'static crate::diag::Code]| {
            Exit::of(&codes.iter().map(|c| Diagnostic::new(c, "")).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), Exit::Fine);
        assert_eq!(of(&[&codes::UNUSED, &codes::INFERRED]), Exit::Fine);
        assert_eq!(of(&[&codes::UNUSED, &codes::SHAPE, &codes::OUTPUT]), Exit::Program);
        assert_eq!(of(&[&codes::SPLIT]), Exit::Data);
        assert_eq!(of(&[&codes::MODEL_FILE]), Exit::Data);
        assert_eq!(of(&[&codes::OUTPUT]), Exit::Output);
        assert_eq!(of(&[&codes::RESOURCE]), Exit::Resource);
        assert_eq!(of(&[&codes::NOT_FINITE]), Exit::Training);
        assert_eq!(of(&[&codes::REQUIRE]), Exit::Require);
    }

    #[test]
    fn warnings_count_only_where_they_are_denied() {
        let warning = [Diagnostic::new(&codes::UNUSED, "")];
        assert_eq!((Exit::of(&warning), Exit::denying_warnings(&warning)), (Exit::Fine, Exit::Program));
        let note = [Diagnostic::new(&codes::INFERRED, "")];
        assert_eq!(Exit::denying_warnings(&note), Exit::Fine);
    }
}
