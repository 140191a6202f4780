//! Answers of a session on the screen.

use std::io::IsTerminal;

use crate::cli::render::{self, Side};
use crate::cli::{Interrupt, Output};
use crate::diag::{Diagnostic, Severity, terminal};
use crate::session::Listener;
use crate::session::lab::{Reply, Sink, Table};
use crate::text::{Sources, Tone, layout};
use crate::train::event::Event;

/// Lines of a plot.
const PLOT_ROWS: usize = 16;

pub struct Front<'a> {
    pub output: &'a mut Output,
    pub interrupt: &'a Interrupt,
}

impl Listener for Front<'_> {
    fn event(&mut self, event: &Event) {
        self.output.event(event);
    }

    fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        let look = self.output.screen().err;
        for d in diagnostics {
            // What `nnrun fix` would do to a file is no use for what was typed.
            let shown = terminal::one(d, sources, look);
            self.output.error_text(&shown);
            if d.severity == Severity::Error {
                let more = look.paint.apply(Tone::Dim, format!("`nnrun explain {}` says more", d.code.id));
                self.output.error_text(&format!("{more}\n"));
            }
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupt.is_set()
    }
}

impl Sink for Front<'_> {
    fn say(&mut self, reply: Reply) {
        let look = self.output.screen().out;
        let text = match reply {
            Reply::Line(text) => format!("{}\n", self.folded(&text)),
            Reply::Aside(text) => format!("{}\n", look.paint.apply(Tone::Dim, self.folded(&text))),
            Reply::Text(text) => format!("{}\n", layout::printable(&text)),
            Reply::Table(table) => rendered(&table, look.paint, look.width),
            Reply::Shapes(shapes) => render::shapes::render(&shapes, look.paint, look.width),
            Reply::Figure(figure) => figure.terminal(look.width.min(80), PLOT_ROWS, look.paint.color),
        };
        self.output.text(&text);
    }
}

impl Front<'_> {
    /// On a terminal, broken between words where it is too narrow; a pipe gets lines as they are.
    fn folded(&self, text: &str) -> String {
        let text = layout::printable(text);
        match std::io::stdout().is_terminal() {
            true => layout::wrap(&text, self.output.screen().out.width).join("\n"),
            false => text,
        }
    }
}

fn rendered(table: &Table, paint: crate::text::Paint, columns: usize) -> String {
    let heads = table
        .heads
        .iter()
        .map(|(name, right)| (layout::printable(name), if *right { Side::Right } else { Side::Left }));
    let mut out = render::Table::new(heads);
    table.rows.iter().for_each(|row| out.row(row.iter().map(|c| layout::printable(c)).collect()));
    let title =
        if table.title.is_empty() { String::new() } else { format!("{}\n", paint.apply(Tone::Strong, &table.title)) };
    title + &out.render(paint, columns)
}
