use std::io::IsTerminal;

use crate::diag::Look;
use crate::text::Paint;

/// What standard output and standard error can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    pub out: Look,
    pub err: Look,
    /// Standard error can redraw a line in place.
    pub progress: bool,
}

/// What is known of the surroundings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings {
    pub out_is_terminal: bool,
    pub err_is_terminal: bool,
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// `TERM` is `dumb`.
    pub dumb: bool,
    /// Columns of the terminal.
    pub width: Option<usize>,
}

/// Lines wider than this are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

impl Screen {
    /// Looks at the terminal and the environment.
    pub fn detect() -> Screen {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        Screen::of(Surroundings {
            out_is_terminal: std::io::stdout().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
            no_color: set("NO_COLOR").is_some(),
            dumb: set("TERM").is_some_and(|t| t == "dumb"),
            width: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
        })
    }

    pub fn of(s: Surroundings) -> Screen {
        let look = |is_terminal: bool, width: usize| Look {
            graphical: is_terminal && !s.dumb,
            paint: Paint::new(is_terminal && !s.dumb && !s.no_color),
            width: s.width.filter(|_| is_terminal).unwrap_or(width).clamp(40, WIDEST),
        };
        Screen {
            out: look(s.out_is_terminal, 80),
            err: look(s.err_is_terminal, 100),
            progress: s.err_is_terminal && !s.dumb,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMINAL: Surroundings =
        Surroundings { out_is_terminal: true, err_is_terminal: true, no_color: false, dumb: false, width: Some(90) };

    #[test]
    fn a_terminal_gets_colors_and_progress_a_pipe_neither() {
        let screen = Screen::of(TERMINAL);
        assert!(screen.out.paint.color && screen.err.graphical && screen.progress);
        assert_eq!(screen.err.width, 90);
        let piped = Screen::of(Surroundings { out_is_terminal: false, ..TERMINAL });
        assert!(!piped.out.paint.color && !piped.out.graphical && piped.progress);
        assert_eq!(piped.out.width, 80);
    }

    #[test]
    fn no_color_keeps_the_drawing_and_dumb_does_not() {
        let plain = Screen::of(Surroundings { no_color: true, ..TERMINAL });
        assert!(plain.err.graphical && !plain.err.paint.color);
        let dumb = Screen::of(Surroundings { dumb: true, ..TERMINAL });
        assert!(!dumb.err.graphical && !dumb.err.paint.color && !dumb.progress);
    }
}
