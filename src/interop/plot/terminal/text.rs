//! Text in terminal cells.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::interop::plot) enum Ink {
    Plain,
    Strong,
    Muted,
    Series(usize),
}

/// Numbers of the 256-colour palette near the colours of the files, readable on light and on dark.
const SERIES: [u8; 7] = [32, 208, 36, 175, 136, 74, 245];

pub(in crate::interop::plot) fn painted(text: &str, ink: Ink, color: bool) -> String {
    if !color || text.trim().is_empty() {
        return text.to_string();
    }
    match ink {
        Ink::Plain => text.to_string(),
        Ink::Strong => format!("\x1b[1m{text}\x1b[0m"),
        Ink::Muted => format!("\x1b[2m{text}\x1b[0m"),
        Ink::Series(i) => format!("\x1b[38;5;{}m{text}\x1b[0m", SERIES[i % SERIES.len()]),
    }
}

/// Columns that a text takes.
pub(in crate::interop::plot) fn width(text: &str) -> usize {
    text.width()
}

/// The text without what would move the cursor; narrow spaces and minus signs become those of a keyboard.
pub(in crate::interop::plot) fn clean(text: &str) -> String {
    let letters = text.chars().map(|c| match c {
        '\u{202f}' | '\u{a0}' | '\t' | '\n' => ' ',
        '−' => '-',
        c if c.is_control() => '\u{fffd}',
        c => c,
    });
    letters.collect()
}

pub(in crate::interop::plot) fn shortened(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_string();
    }
    let room = limit.saturating_sub(1);
    let (mut head, mut tail) = (String::new(), Vec::new());
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > room.div_ceil(2) {
            break;
        }
        used += w;
        head.push(c);
    }
    for c in text.chars().rev() {
        let w = c.width().unwrap_or(0);
        if used + w > room {
            break;
        }
        used += w;
        tail.push(c);
    }
    let tail: String = tail.into_iter().rev().collect();
    if limit == 0 { String::new() } else { format!("{head}…{tail}") }
}

/// As [`shortened`], so that names that differ still do.
pub(super) fn distinct(names: &[String], limit: usize) -> Vec<String> {
    super::super::names::distinct(names, limit as f64, |t| width(t) as f64, |t, _| shortened(t, limit))
}

/// Filled up with spaces on the right.
pub(in crate::interop::plot) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Filled up with spaces on the left.
pub(super) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Lines no wider than `columns`, broken at spaces; words that are wider are shortened.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in clean(text).split_whitespace() {
        let word = shortened(word, columns);
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}
