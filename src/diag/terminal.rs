//! Diagnostics for people: drawn for a terminal, plain for everything else.

use super::place::{Place, word};
use super::{Diagnostic, Label, Look, Severity, look, snippet};
use crate::text::{Sources, Tone, format, layout};

/// More diagnostics than this nobody reads: the others are counted.
const MOST: usize = 200;
/// Columns of a message; a name can be as long as a file.
const LONGEST_MESSAGE: usize = 600;
/// Columns of a source line that are shown; what stands around the place, if it is longer.
const LONGEST_LINE: usize = 240;

/// All diagnostics, then how many there were and what to do next. Nothing for none.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, look: Look) -> String {
    let mut out = String::new();
    let mut last_was_line = true;
    let shown = worth_showing(diagnostics);
    for diagnostic in &shown {
        let text = one(diagnostic, sources, look);
        let is_line = is_one_line(diagnostic);
        if !(last_was_line && (is_line || out.is_empty())) {
            out.push('\n');
        }
        last_was_line = is_line;
        out.push_str(&text);
    }
    if shown.len() < diagnostics.len() {
        let more = diagnostics.len() - shown.len();
        out += &format!("\n{} more are not shown; `--json` gives all\n", format::count(more as u64));
    }
    if let Some(summary) = summary(diagnostics, look) {
        out.push('\n');
        out.push_str(&summary);
    }
    out
}

/// In order of place; if they are too many, errors go before warnings, and those before notes.
fn worth_showing(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut order: Vec<usize> = (0..diagnostics.len()).collect();
    order.sort_by_key(|i| diagnostics[*i].severity);
    order.truncate(MOST);
    order.sort();
    order.into_iter().map(|i| &diagnostics[i]).collect()
}

/// The message as it may be shown.
fn message(diagnostic: &Diagnostic) -> String {
    layout::shorten(&layout::printable(&diagnostic.message), LONGEST_MESSAGE)
}

/// One diagnostic, ending in a line break.
pub fn one(diagnostic: &Diagnostic, sources: &Sources, look: Look) -> String {
    if look.graphical { graphical(diagnostic, sources, look) } else { plain(diagnostic, sources, look) }
}

/// `2 errors, 1 warning` and the commands that help, on lines of their own; none if there is nothing but notes.
pub fn summary(diagnostics: &[Diagnostic], look: Look) -> Option<String> {
    let of = |severity| diagnostics.iter().filter(move |d| d.severity == severity);
    let (errors, warnings) = (of(Severity::Error).count(), of(Severity::Warning).count());
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(look.paint.apply(Tone::Error, format::counted(errors as u64, "error")));
    }
    if warnings > 0 {
        parts.push(look.paint.apply(Tone::Warning, format::counted(warnings as u64, "warning")));
    }
    let first = of(Severity::Error).chain(of(Severity::Warning)).next()?;
    let mut out = parts.join(", ") + "\n";
    let fixable = diagnostics.iter().filter(|d| !d.fixes.is_empty()).count();
    if fixable > 0 {
        let which = if diagnostics.len() == 1 { "it".to_string() } else { format!("{fixable} of these") };
        out += &look.paint.apply(Tone::Dim, format!("`nnrun fix` can repair {which}"));
        out.push('\n');
    }
    let more = format!("`nnrun explain {}` says more", first.code.id);
    out += &look.paint.apply(Tone::Dim, more);
    out.push('\n');
    Some(out)
}

/// A note on one place is one line: there can be one for every column of a table.
fn is_one_line(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Note && diagnostic.labels.len() <= 1
}

fn graphical(diagnostic: &Diagnostic, sources: &Sources, look: Look) -> String {
    let tone = look::tone(diagnostic.severity);
    let head = format!("{}[{}]", word(diagnostic.severity), diagnostic.code.id);
    let mut out = String::new();
    let message = message(diagnostic);
    for (i, line) in layout::wrap(&message, look.width.saturating_sub(head.len() + 3)).iter().enumerate() {
        match i {
            0 => out += &format!("{}: {}\n", look.paint.apply(tone, &head), look.paint.apply(Tone::Strong, line)),
            _ => out += &format!("  {}\n", look.paint.apply(Tone::Strong, line)),
        }
    }
    if is_one_line(diagnostic) {
        if let Some(place) = diagnostic.span().and_then(|s| Place::of(s, sources)) {
            let at = format!(" ({}:{}:{})", layout::printable(&place.source.name), place.line, place.column);
            out.insert_str(out.trim_end().len(), &look.paint.apply(Tone::Dim, at));
        }
    } else if diagnostic.labels.iter().any(|label| has_long_line(label, sources)) {
        for label in &diagnostic.labels {
            push_plain_place(&mut out, label, true, sources);
        }
    } else {
        out += &snippet::draw(diagnostic, sources, look);
    }
    for help in &diagnostic.help {
        push_help(&mut out, &look.paint.apply(Tone::Help, "help"), help, look);
    }
    out
}

/// `path:line:column: error[E401]: message`, then each place with its source line and a line of carets.
fn plain(diagnostic: &Diagnostic, sources: &Sources, look: Look) -> String {
    let mut out = String::new();
    let place = diagnostic.span().and_then(|s| Place::of(s, sources));
    if let Some(place) = place {
        out += &format!("{}:{}:{}: ", layout::printable(&place.source.name), place.line, place.column);
    }
    let severity = word(diagnostic.severity);
    let message = message(diagnostic).replace('\n', "\n  ");
    out += &format!("{severity}[{}]: {message}\n", diagnostic.code.id);
    if !is_one_line(diagnostic) {
        for (i, label) in diagnostic.labels.iter().enumerate() {
            push_plain_place(&mut out, label, i > 0, sources);
        }
    }
    for help in &diagnostic.help {
        push_help(&mut out, "help", help, look);
    }
    out
}

fn push_plain_place(out: &mut String, label: &Label, named: bool, sources: &Sources) {
    let Some(place) = Place::of(label.span, sources) else { return };
    let text = layout::printable(&label.text);
    if named {
        *out += &format!("  {}:{}:{}: {text}\n", layout::printable(&place.source.name), place.line, place.column);
    }
    let whole = place.source.line(place.line);
    let (line, column) = window(whole, place.column as usize - 1);
    let line = layout::printable(&line).replace('\t', " ");
    let before: String = line.chars().take(column).collect();
    let marked = match place.end_line == place.line {
        true => place.end_column.saturating_sub(place.column) as usize,
        false => usize::MAX,
    };
    let marked: String = line.chars().skip(column).take(marked).collect();
    let carets = "^".repeat(layout::width(&marked).max(1));
    let said = if named || text.is_empty() { String::new() } else { format!(" {}", text.replace('\n', " ")) };
    *out += &format!("    {}\n    {}{carets}{said}\n", line.trim_end(), " ".repeat(layout::width(&before)));
}

/// A line and a column in it, from 0; of a long line what stands around the column.
fn window(line: &str, column: usize) -> (String, usize) {
    if line.len() <= LONGEST_LINE {
        return (line.to_string(), column);
    }
    let skipped = column.saturating_sub(LONGEST_LINE / 4);
    let mut chars = line.chars().skip(skipped);
    let mut out = if skipped > 0 { "…".to_string() } else { String::new() };
    out.extend(chars.by_ref().take(LONGEST_LINE / 2));
    if chars.next().is_some() {
        out.push('…');
    }
    (out, column - skipped + usize::from(skipped > 0))
}

fn has_long_line(label: &Label, sources: &Sources) -> bool {
    Place::of(label.span, sources).is_some_and(|place| place.source.line(place.line).len() > LONGEST_LINE)
}

fn push_help(out: &mut String, word: &str, help: &str, look: Look) {
    for (i, line) in layout::wrap(&layout::printable(help), look.width.saturating_sub(9)).iter().enumerate() {
        match i {
            0 => *out += &format!("  {word}: {line}\n"),
            _ => *out += &format!("{}\n", format!("        {line}").trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes;
    use crate::text::{Paint, Span};

    const PROGRAM: &str = "model Churn(x: customers.features) -> prob {
  Linaer(16)
  Dropout(30)
  Linear(2)
  Sigmoid
}

train {
  loss = cross_entropy
}
";

    fn span(sources: &Sources, file: usize, words: &str) -> Span {
        let source = sources.iter().nth(file).unwrap();
        let start = source.text.find(words).unwrap();
        Span::new(source.id, start, start + words.len())
    }

    fn all(sources: &mut Sources) -> Vec<Diagnostic> {
        sources.add("churn.nn", PROGRAM);
        sources.add("prelude/Dropout.nn", "layer Dropout(p: real in 0..1 = 0.5)(x: real[*S])\n");
        let name = span(sources, 0, "Linaer");
        let body = span(sources, 0, "{\n  Linaer(16)\n  Dropout(30)\n  Linear(2)\n  Sigmoid\n}");
        vec![
            Diagnostic::new(&codes::INFERRED, "`age` is number |> zscore: 71 different numbers")
                .at(span(sources, 0, "customers.features"), ""),
            Diagnostic::new(&codes::INFERRED, "`country` is category |> one_hot: 12 different words"),
            Diagnostic::new(&codes::UNKNOWN_NAME, "no layer is called `Linaer`")
                .at(name, "")
                .suggest(name, Some("Linear")),
            Diagnostic::new(&codes::OUT_OF_RANGE, "`p` must be in 0..1, but it is 30")
                .at(span(sources, 0, "30"), "30 is not a probability")
                .at(span(sources, 1, "real in 0..1"), "its range is given here")
                .help("for thirty percent write `30%` or `0.3`"),
            Diagnostic::new(&codes::LOSS_TARGET, "`cross_entropy` needs scores `logit(K)`, but the model gives `prob`")
                .at(span(sources, 0, "cross_entropy"), "takes logit(K) and a label")
                .at(span(sources, 0, "prob"), "the model's result")
                .at(body, "its body")
                .help("for a binary target use `loss = bce`"),
            Diagnostic::new(&codes::OUTPUT, "the folder `out` exists already").help("choose another one with `--out`"),
            Diagnostic::new(&codes::UNUSED, "`width` is never used")
                .at(span(sources, 0, "Sigmoid"), "\u{1b}[31mdefined here"),
        ]
    }

    /// Compares with a file beside this one; `NNRUN_BLESS=1` writes it anew.
    fn assert_snapshot(name: &str, actual: &str) {
        let path = format!("{}/src/diag/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("NNRUN_BLESS").is_some() {
            std::fs::write(&path, actual).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(actual, expected, "{path} differs; look at it, then bless it");
    }

    #[test]
    fn drawn_in_one_picture_across_files() {
        let mut sources = Sources::default();
        let diagnostics = all(&mut sources);
        let look = Look { graphical: true, paint: Paint::new(false), width: 80 };
        assert_snapshot("graphical", &render(&diagnostics, &sources, look));
    }

    #[test]
    fn plain_for_pipes() {
        let mut sources = Sources::default();
        let diagnostics = all(&mut sources);
        assert_snapshot("plain", &render(&diagnostics, &sources, Look::PLAIN));
    }

    #[test]
    fn colors_follow_the_role_of_a_place() {
        let mut sources = Sources::default();
        let diagnostics = all(&mut sources);
        let look = Look { graphical: true, paint: Paint::new(true), width: 80 };
        let text = one(&diagnostics[3], &sources, look);
        assert!(text.contains("\u{1b}[31;1m          ─┬"), "the primary place is in the colour of errors: {text:?}");
        assert!(text.contains("\u{1b}[36m                 ──────┬"), "the other place is not: {text:?}");
    }

    #[test]
    fn long_labels_and_messages_stay_within_the_width() {
        let mut sources = Sources::default();
        sources.add("churn.nn", PROGRAM);
        let words = "these words say at length why the number of units does not fit what comes behind it";
        let diagnostic = Diagnostic::new(&codes::SHAPE, words).at(span(&sources, 0, "Sigmoid"), words).help(words);
        let look = Look { graphical: true, paint: Paint::new(false), width: 60 };
        for line in one(&diagnostic, &sources, look).lines() {
            assert!(layout::width(line) <= 60, "{line}");
        }
    }

    #[test]
    fn a_place_at_the_end_of_the_text_is_drawn_behind_its_last_word() {
        for text in ["data d {", "data d {\n", "data d {\n\n  \n"] {
            let mut sources = Sources::default();
            let file = sources.add("d.nn", text).id;
            let end = Span::new(file, text.len(), text.len());
            let diagnostic = Diagnostic::new(&codes::UNCLOSED, "`{` is never closed").at(end, "the file ends here");
            let drawn = one(&diagnostic, &sources, Look { graphical: true, paint: Paint::new(false), width: 80 });
            assert!(drawn.contains("1 │ data d {\n"), "{drawn}");
            assert!(drawn.contains("▲"), "{drawn}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_and_no_span_breaks_the_renderer(
            text in "(\\PC|[\n\r\t{} é数]){0,60}",
            places in proptest::collection::vec((0usize..80, 0usize..80), 1..4),
            width in 0usize..120,
        ) {
            let mut sources = Sources::default();
            let (one_file, other) = (sources.add("a.nn", text.as_str()).id, sources.add("b.nn", "x").id);
            let mut diagnostic = Diagnostic::new(&codes::SYNTAX, text.as_str());
            for (i, (start, end)) in places.iter().enumerate() {
                let file = if i == 1 { other } else { one_file };
                diagnostic = diagnostic.at(Span::new(file, *start, *end), text.as_str());
            }
            for look in [Look { graphical: true, paint: Paint::new(true), width }, Look { width, ..Look::PLAIN }] {
                let drawn = one(&diagnostic, &sources, look);
                proptest::prop_assert!(drawn.starts_with("a.nn") || drawn.contains("E101"));
            }
            crate::diag::json::Json::new(&diagnostic, &sources).line();
        }
    }
}
