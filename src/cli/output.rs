use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::exit::Exit;
use super::render::Terminal;
use super::render::progress::Progress;
use super::screen::Screen;
use crate::diag::{Diagnostic, Severity, json, terminal};
use crate::text::{Sources, Tone, layout};
use crate::train::event::Event;

/// Where results, events, diagnostics and progress go, and in which form.
///
/// Results and events go to standard output, progress and diagnostics to standard error; as JSON, all but progress goes to
/// standard output.
pub struct Output {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    screen: Screen,
    json: bool,
    quiet: bool,
    terminal: Terminal,
    progress: Option<(Progress, Instant)>,
    /// When the progress line was last drawn; none while it is not to be seen.
    drawn: Option<Instant>,
    /// Standard output can't take more: whoever read it has gone, or the disk is full.
    broken: Option<io::ErrorKind>,
}

/// The progress line is drawn no more often than this.
const REDRAW: Duration = Duration::from_millis(100);
/// Predictions shown on a terminal; a pipe gets all.
const MOST_ROWS: usize = 40;

impl Output {
    /// For standard output and standard error.
    pub fn standard(json: bool, quiet: bool) -> Self {
        Output::new(Box::new(io::stdout()), Box::new(io::stderr()), Screen::detect(), json, quiet)
    }

    pub fn new(out: Box<dyn Write>, err: Box<dyn Write>, screen: Screen, json: bool, quiet: bool) -> Self {
        let most_rows = if screen.out.graphical { MOST_ROWS } else { usize::MAX };
        let terminal = Terminal::new(screen.out.paint, screen.out.width, quiet, most_rows);
        Output { out, err, screen, json, quiet, terminal, progress: None, drawn: None, broken: None }
    }

    pub fn screen(&self) -> Screen {
        self.screen
    }

    pub fn json(&self) -> bool {
        self.json
    }

    /// Shows an event, or keeps it until it can be shown with those that follow.
    pub fn event(&mut self, event: &Event) {
        if self.json {
            if !matches!(event, Event::Step(_)) {
                self.json_line(event);
            }
            return;
        }
        if let (Event::Note(note), false) = (event, self.quiet) {
            let word = self.screen.err.paint.apply(Tone::Note, "note");
            self.error_text(&format!("{word}: {}\n", layout::printable(&note.text)));
        }
        let text = self.terminal.event(event);
        self.text(&text);
        if let Event::Plot(plot) = event
            && self.screen.out.graphical
            && !self.quiet
        {
            self.text(&format!("{}\n", plot.text));
        }
        self.follow(event);
    }

    /// Shows diagnostics, with a summary if there are errors or warnings; nothing for none.
    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        if self.json {
            let lines: Vec<_> = diagnostics.iter().map(|d| json::Json::new(d, sources).line()).collect();
            lines.iter().for_each(|line| self.text(&format!("{line}\n")));
            return;
        }
        let shown = |d: &&Diagnostic| !(self.quiet && d.severity == Severity::Note);
        let shown: Vec<Diagnostic> = diagnostics.iter().filter(shown).cloned().collect();
        let text = terminal::render(&shown, sources, self.screen.err);
        self.error_text(&text);
    }

    /// Writes an object as a line of JSON to standard output.
    pub fn json_line(&mut self, object: &impl serde::Serialize) {
        if let Ok(line) = serde_json::to_string(object) {
            self.text(&format!("{line}\n"));
        }
    }

    /// Writes to standard output as it is.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() || self.broken.is_some() {
            return;
        }
        self.clear();
        if let Err(error) = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            self.broken = Some(error.kind());
        }
    }

    /// Writes to standard error as it is. There is nowhere to report it if that fails.
    pub fn error_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.clear();
            let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
        }
    }

    /// Shows what was kept, and takes the progress line away.
    ///
    /// The status is `exit`, unless that is fine and standard output could not be written for another reason than a reader who
    /// had enough.
    pub fn finish(&mut self, exit: Exit) -> Exit {
        if !self.json {
            let text = self.terminal.finish();
            self.text(&text);
        }
        self.progress = None;
        self.clear();
        match self.broken {
            None | Some(io::ErrorKind::BrokenPipe) => exit,
            Some(_) if exit == Exit::Fine => Exit::Output,
            Some(_) => exit,
        }
    }

    /// Keeps the progress line up to date.
    fn follow(&mut self, event: &Event) {
        if self.quiet || !self.screen.progress {
            return;
        }
        match event {
            Event::Train(train) => self.progress = Some((Progress::new(train), Instant::now())),
            Event::Step(step) => self.progress.iter_mut().for_each(|(p, _)| p.step(step)),
            Event::Epoch(epoch) => self.progress.iter_mut().for_each(|(p, _)| p.epoch(epoch)),
            Event::Note(_) => {}
            _ => {
                self.progress = None;
                self.clear();
            }
        }
        if self.drawn.is_none_or(|at| at.elapsed() >= REDRAW) {
            self.draw();
        }
    }

    fn draw(&mut self) {
        let Some((progress, start)) = &self.progress else { return };
        let elapsed = start.elapsed();
        // A training that is over before anyone could read the line gets none.
        if elapsed < REDRAW {
            return;
        }
        let line = progress.line(elapsed.as_secs_f64(), self.screen.err.paint, self.screen.err.width);
        let _ = self.err.write_all(format!("\r\u{1b}[2K{line}").as_bytes()).and_then(|()| self.err.flush());
        self.drawn = Some(Instant::now());
    }

    fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = self.err.write_all(b"\r\x1b[2K").and_then(|()| self.err.flush());
        }
    }
}
