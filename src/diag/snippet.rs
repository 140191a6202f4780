//! The source text under a diagnostic with its labelled places, drawn by miette.
//!
//! miette knows one source text a diagnostic. [`Shelf`] puts the texts of all labels behind each other as if they were one,
//! so that labels in several files come out in one picture, the primary file first.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeStyles,
};

use super::{Diagnostic, Label, Look, Severity};
use crate::text::{FileId, Source, Sources, layout};

/// A place that covers more lines than this is drawn as its first line.
const MOST_LINES: u32 = 3;

/// Draws the labelled places; nothing if there are none.
pub fn draw(diagnostic: &Diagnostic, sources: &Sources, look: Look) -> String {
    let shelf = Shelf::new(diagnostic, sources);
    let mut places: Vec<(bool, LabeledSpan)> = Vec::new();
    for (i, label) in diagnostic.labels.iter().enumerate() {
        places.extend(shelf.place(label, i == 0, look.width).map(|span| (i == 0, span)));
    }
    if places.is_empty() {
        return String::new();
    }
    places.sort_by_key(|(_, span)| span.offset());
    let theme = theme(diagnostic.severity, places.iter().map(|(primary, _)| *primary), look);
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_context_lines(0)
        .with_width(look.width)
        .with_wrap_lines(false);
    let picture = Picture { labels: places.into_iter().map(|(_, span)| span).collect(), shelf };
    let mut out = String::new();
    if handler.render_report(&mut out, &picture).is_err() {
        return String::new();
    }
    // The first line is miette's heading, empty here.
    out.split_once('\n').map_or(String::new(), |(_, snippet)| snippet.to_string())
}

/// Colours by role: the primary place in the colour of the severity, the others in that of notes.
fn theme(severity: Severity, primaries: impl Iterator<Item = bool>, look: Look) -> GraphicalTheme {
    let mut theme = if look.paint.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    if look.paint.color {
        let ansi = ThemeStyles::ansi();
        let main = match severity {
            Severity::Error => ansi.error.bold(),
            Severity::Warning => ansi.warning.bold(),
            Severity::Note => ansi.advice.bold(),
        };
        theme.styles.link = ansi.linum;
        theme.styles.highlights = primaries.map(|p| if p { main } else { ansi.advice }).collect();
    }
    theme
}

/// What miette is given: labels and texts, no message.
#[derive(Debug)]
struct Picture {
    labels: Vec<LabeledSpan>,
    shelf: Shelf,
}

impl fmt::Display for Picture {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Picture {}

impl miette::Diagnostic for Picture {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.shelf)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// The texts that a diagnostic's labels lie in, one behind the other, in the order in which the labels name them.
#[derive(Debug)]
struct Shelf(Vec<Volume>);

#[derive(Debug)]
struct Volume {
    file: FileId,
    /// Where it starts on the shelf, in bytes.
    start: usize,
    /// The text as it may be shown, ending in a line break.
    source: Source,
}

impl Shelf {
    fn new(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let mut volumes: Vec<Volume> = Vec::new();
        let mut start = 0;
        for label in &diagnostic.labels {
            let file = label.span.file;
            let Some(source) = sources.get(file).filter(|_| volumes.iter().all(|v| v.file != file)) else { continue };
            let mut text = layout::printable(&source.text);
            if !text.ends_with('\n') {
                text.push('\n');
            }
            let end = start + text.len();
            volumes.push(Volume { file, start, source: Source::new(file, layout::printable(&source.name), text) });
            start = end;
        }
        Shelf(volumes)
    }

    /// The label's place on the shelf, trimmed to what is worth drawing, its text wrapped.
    fn place(&self, label: &Label, primary: bool, columns: usize) -> Option<LabeledSpan> {
        let volume = self.0.iter().find(|v| v.file == label.span.file)?;
        let (start, end) = volume.visible(label.span.start, label.span.end);
        let (_, column) = volume.source.line_column(start);
        let room = columns.saturating_sub(column as usize + 14).max(30);
        let lines = layout::wrap(&layout::printable(&label.text), room);
        let text = Some(lines.join("\n")).filter(|t| !t.is_empty());
        let (offset, len) = (volume.start + start as usize, (end - start) as usize);
        Some(if primary {
            LabeledSpan::new_primary_with_span(text, (offset, len))
        } else {
            LabeledSpan::new_with_span(text, (offset, len))
        })
    }
}

impl Volume {
    /// The range to draw: on character boundaries, behind the last word rather than on an empty last line, never many lines.
    fn visible(&self, start: u32, end: u32) -> (u32, u32) {
        let text = &self.source.text;
        let last = text.trim_end().len();
        let start = floor(text, (start as usize).min(last));
        let end = floor(text, (end as usize).clamp(start, last.max(start)));
        let (first_line, _) = self.source.line_column(start as u32);
        let (last_line, _) = self.source.line_column(end as u32);
        let end = if last_line - first_line >= MOST_LINES {
            start + text[start..].find('\n').map_or(0, |n| text[start..start + n].trim_end().len())
        } else {
            end
        };
        (start as u32, end as u32)
    }

    fn line_start(&self, line: u32) -> usize {
        self.source.text.split_inclusive('\n').take(line as usize).map(str::len).sum()
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl SourceCode for Shelf {
    /// Whole lines around the span, which must lie in one text: miette draws two that do not apart.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (from, to) = (span.offset(), span.offset() + span.len());
        let inside = |v: &&Volume| v.start <= from && to <= v.start + v.source.text.len();
        let volume = self.0.iter().find(inside).ok_or(MietteError::OutOfBounds)?;
        let (line, column) = volume.source.line_column((from - volume.start) as u32);
        let (end_line, _) = volume.source.line_column((to - volume.start) as u32);
        let first = line - 1 - (line - 1).min(before as u32);
        let start = volume.line_start(first);
        let end = volume.line_start(end_line + after as u32);
        // A position asked for without context is that of the span itself.
        let (start_line, start_column) = if before == 0 { (line - 1, column - 1) } else { (first, 0) };
        Ok(Box::new(MietteSpanContents::new_named(
            volume.source.name.clone(),
            &volume.source.text.as_bytes()[start..end],
            (volume.start + start, end - start).into(),
            start_line as usize,
            start_column as usize,
            (end_line + after as u32 - first) as usize,
        )))
    }
}
