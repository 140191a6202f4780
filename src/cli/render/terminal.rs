use super::epochs::Epochs;
use super::table::{Side, Table};
use super::{evaluate, predict};
use crate::text::{Paint, Tone, format, layout};
use crate::train::event::{Evaluate, Event, Print, Test, Timing};

/// Turns the events of a run into text, one block for each action.
#[derive(Debug)]
pub struct Terminal {
    paint: Paint,
    columns: usize,
    quiet: bool,
    /// Predictions beyond this many rows are only counted.
    most_rows: usize,
    epochs: Option<Epochs>,
    /// Results of one `evaluate` that are waiting for those of its other trainings.
    evaluates: Vec<Evaluate>,
    folder: Option<String>,
    /// Whether something was printed, so that the next block starts with an empty line.
    begun: bool,
    /// Whether the last block was a single line, which the next such one follows closely.
    line: bool,
}

impl Terminal {
    pub fn new(paint: Paint, columns: usize, quiet: bool, most_rows: usize) -> Self {
        Terminal {
            paint,
            columns,
            quiet,
            most_rows,
            epochs: None,
            evaluates: Vec::new(),
            folder: None,
            begun: false,
            line: false,
        }
    }

    /// The text for an event; often none, since some wait for those that follow.
    pub fn event(&mut self, event: &Event) -> String {
        let mut out = self.finish_before(event);
        match event {
            Event::Train(train) => {
                let epochs = Epochs::new(train);
                let heading = epochs.heading(self.paint);
                self.epochs = Some(epochs);
                if !self.quiet {
                    out += &self.block(heading);
                }
            }
            Event::Epoch(epoch) => {
                let (paint, quiet) = (self.paint, self.quiet);
                let text = self.epochs.as_mut().map_or(String::new(), |e| e.epoch(epoch, paint));
                out += if quiet { "" } else { &text };
            }
            Event::Evaluate(evaluate) => self.evaluates.push(evaluate.clone()),
            Event::Compare(c) => out += &self.block(evaluate::compare(c, self.paint, self.columns)),
            Event::Predict(p) => out += &self.block(predict::render(p, self.most_rows, self.paint, self.columns)),
            Event::Print(p) => out += &self.short(print(p)),
            Event::Plot(p) if !self.quiet => {
                let place = layout::printable(&format!("plot {}: {}\n", p.name, p.file));
                // A pipe has the file; on a terminal one wants to see it.
                let looks = self.most_rows < usize::MAX && self.columns >= 80;
                out += &if looks { self.block(format!("{place}{}", p.text)) } else { self.short(place) };
            }
            Event::Test(t) => out += &self.short(test(t, self.paint)),
            Event::Timing(t) => out += &self.block(timing(t, self.paint, self.columns)),
            Event::Run(run) => self.folder = Some(run.folder.clone()),
            Event::Done(done) if !self.quiet => {
                if let Some(folder) = self.folder.take() {
                    let text =
                        format!("results in {} ({})\n", layout::printable(&folder), format::duration(done.seconds));
                    out += &self.block(text);
                }
            }
            Event::Step(_) | Event::Note(_) | Event::Plot(_) | Event::Done(_) => {}
        }
        out
    }

    /// What is still waiting, at the end of the run.
    pub fn finish(&mut self) -> String {
        self.end_training() + &self.end_evaluate()
    }

    fn finish_before(&mut self, event: &Event) -> String {
        let same = |e: &Evaluate| self.evaluates.first().is_some_and(|f| f.name == e.name && f.split == e.split);
        match event {
            Event::Step(_) | Event::Epoch(_) | Event::Note(_) => String::new(),
            Event::Evaluate(e) if same(e) => String::new(),
            _ => self.finish(),
        }
    }

    fn end_training(&mut self) -> String {
        let text = self.epochs.take().map_or(String::new(), |mut e| e.end());
        if self.quiet { String::new() } else { text }
    }

    fn end_evaluate(&mut self) -> String {
        let all = std::mem::take(&mut self.evaluates);
        if all.is_empty() { String::new() } else { self.block(evaluate::render(&all, self.paint, self.columns)) }
    }

    fn block(&mut self, text: String) -> String {
        let gap = if self.begun { "\n" } else { "" };
        (self.begun, self.line) = (true, false);
        gap.to_string() + &text
    }

    fn short(&mut self, text: String) -> String {
        let close = self.line && text.lines().count() == 1;
        let text = if close { text } else { self.block(text) };
        self.line = text.trim_start().lines().count() == 1;
        text
    }
}

/// `sigmoid(0) = 0.5`, or the value below its expression if it takes several lines.
fn print(print: &Print) -> String {
    let (expression, text) = (layout::printable(&print.expression), layout::printable(&print.text));
    if text.contains('\n') {
        format!("{expression} =\n{}\n", text.trim_end())
    } else {
        format!("{expression} = {text}\n")
    }
}

fn test(test: &Test, paint: Paint) -> String {
    let name = layout::printable(&test.name);
    if test.passed {
        return format!("test {name}: {} ({})\n", paint.apply(Tone::Good, "ok"), format::counted(test.claims, "claim"));
    }
    let mut out = format!("test {name}: {}\n", paint.apply(Tone::Error, "FAILED"));
    for line in test.failure.iter().flat_map(|f| f.lines()) {
        out += &format!("  {}\n", layout::printable(line));
    }
    out
}

/// The parts by time, longest first, with their share.
fn timing(timing: &Timing, paint: Paint, columns: usize) -> String {
    let total: f64 = timing.parts.iter().map(|p| p.seconds).sum();
    let mut parts: Vec<_> = timing.parts.iter().collect();
    parts.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let heads = [("part", Side::Left), ("calls", Side::Right), ("time", Side::Right), ("share", Side::Right)];
    let mut table = Table::new(heads.map(|(n, s)| (n.to_string(), s)));
    for part in parts {
        let share = if total > 0.0 { format!("{:.1}%", 100.0 * part.seconds / total) } else { String::new() };
        let time =
            if part.seconds < 1.0 { format!("{:.1}ms", 1e3 * part.seconds) } else { format::duration(part.seconds) };
        table.row(vec![layout::printable(&part.name), format::count(part.calls), time, share]);
    }
    let title = paint.apply(Tone::Strong, "timing");
    format!("{title}  {} in all\n{}", format::duration(total), table.render(paint, columns))
}
