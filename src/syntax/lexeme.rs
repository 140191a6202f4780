//! The words and signs of a text, as far as its skeleton needs them.

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lexeme {
    Blank,
    LineBreak,
    Comment,
    Open(u8),
    Close(u8),
    Comma,
    Semicolon,
    Dot,
    Prime,
    Operator,
    Number,
    Text {
        closed: bool,
    },
    Word(Word),
    /// `=`, `:`, `<-` and whatever else does not nest.
    Other,
}

impl Lexeme {
    /// Does a value end with it?
    pub fn is_operand(self) -> bool {
        use Lexeme::*;
        matches!(self, Word(self::Word::Name) | Number | Text { .. } | Close(_) | Prime)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Word {
    Name,
    /// `and`, `or`, `not`, `as`, `if`: they add a level to the tree.
    Operator,
    /// Reserved, and no value.
    Reserved,
}

/// The lexeme at a place and its length in bytes; `None` at the end.
pub(super) fn lexeme(text: &str, at: usize, after_operand: bool) -> Option<(Lexeme, usize)> {
    let rest = text.get(at..)?;
    let bytes = rest.as_bytes();
    let first = *bytes.first()?;
    let two = bytes.get(..2).unwrap_or_default();
    Some(match first {
        b' ' | b'\t' | b'\r' => (Lexeme::Blank, 1),
        b'\n' => (Lexeme::LineBreak, 1),
        b'#' => (Lexeme::Comment, bytes.iter().take_while(|b| **b != b'\n').count()),
        b'(' | b'[' | b'{' => (Lexeme::Open(first), 1),
        b')' | b']' | b'}' => (Lexeme::Close(first), 1),
        b',' => (Lexeme::Comma, 1),
        b';' => (Lexeme::Semicolon, 1),
        b'"' => string(bytes),
        b'\'' if after_operand => (Lexeme::Prime, 1),
        b'0'..=b'9' => (Lexeme::Number, number(bytes)),
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
            let length = word(bytes);
            (Lexeme::Word(kind(&rest[..length])), length)
        }
        _ if matches!(two, b"<-" | b"->") => (Lexeme::Other, 2),
        _ if matches!(two, b"|>" | b"==" | b"!=" | b"~=" | b">=" | b"<=" | b".." | b"//" | b"**" | b"&&" | b"||") => {
            (Lexeme::Operator, 2)
        }
        b'.' => (Lexeme::Dot, 1),
        b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'@' | b'^' | b'%' | b'!' | b'&' | b'|' => (Lexeme::Operator, 1),
        _ => (Lexeme::Other, rest.chars().next().map_or(1, char::len_utf8)),
    })
}

fn word(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
}

/// Digits, a point that digits follow, and letters that touch: the `.` of a range or field is not part of it.
fn number(bytes: &[u8]) -> usize {
    let whole = word(bytes);
    match bytes.get(whole..) {
        Some([b'.', digit, ..]) if digit.is_ascii_digit() => whole + 1 + word(&bytes[whole + 1..]),
        _ => whole,
    }
}

fn string(bytes: &[u8]) -> (Lexeme, usize) {
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return (Lexeme::Text { closed: true }, at + 1),
            b'\n' => break,
            b'\\' if bytes.get(at + 1).is_some_and(|b| *b != b'\n') => at += 2,
            _ => at += 1,
        }
    }
    (Lexeme::Text { closed: false }, at.min(bytes.len()))
}

fn kind(word: &str) -> Word {
    match word {
        "and" | "or" | "not" | "as" | "if" => Word::Operator,
        "let" | "return" | "when" | "then" | "else" | "over" | "parameter" | "buffer" | "state" => Word::Reserved,
        _ => Word::Name,
    }
}
