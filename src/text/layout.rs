//! Text on a terminal: how wide it is, how it wraps, and what of it may be shown.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that the text takes on a terminal; no escapes in it.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Breaks text at spaces into lines of at most `width` columns (longer words stay whole); line breaks in it are kept.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if !line.is_empty() && width(&line) + width(word.trim_end()) > columns {
                lines.push(line.trim_end().to_string());
                line.clear();
            }
            line.push_str(word);
        }
        lines.push(line.trim_end().to_string());
    }
    lines
}

/// The text cut to `columns`, with `…` in place of what does not fit.
pub fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_string();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used >= columns {
            break;
        }
        out.push(c);
    }
    out + if columns == 0 { "" } else { "…" }
}

/// As [`shorten`], with what stands last kept: the end of a path tells it from its neighbours.
pub fn shorten_front(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_string();
    }
    let mut out = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        used += c.width().unwrap_or(0);
        if used >= columns {
            break;
        }
        out.push(c);
    }
    out.extend(if columns == 0 { None } else { Some('…') });
    out.into_iter().rev().collect()
}

/// Pads with spaces on the left to `columns`.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Pads with spaces on the right to `columns`.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text with every character that could steer a terminal replaced: control characters, and those that reorder text.
///
/// Each is replaced by `?`, as many as it has bytes, so that byte offsets stay true. Line breaks and tabs stay.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let line_break = c == '\r' && chars.peek() == Some(&'\n');
        if steers(c) && !line_break { out.extend(std::iter::repeat_n('?', c.len_utf8())) } else { out.push(c) }
    }
    out
}

fn steers(c: char) -> bool {
    let reorders = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    reorders || (c.is_control() && c != '\n' && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_keeps_line_breaks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a\n  indented\n", 20), ["a", "  indented", ""]);
        assert_eq!(wrap("unbreakable words", 4), ["unbreakable", "words"]);
    }

    #[test]
    fn shortens_by_columns_not_characters() {
        assert_eq!(shorten("narrow", 6), "narrow");
        assert_eq!(shorten("narrow", 5), "narr…");
        assert_eq!(shorten("数学数学", 5), "数学…");
        assert_eq!(shorten("x", 0), "");
    }

    #[test]
    fn escapes_never_reach_the_terminal() {
        let shown = printable("a\u{1b}[31mb\u{202e}c\rd\r\n");
        assert_eq!(shown, "a?[31mb???c?d\r\n");
    }
}
