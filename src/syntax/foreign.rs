//! What characters beyond ASCII are meant to be where they stand in code.

pub(super) enum Meaning {
    /// A blank that looks like a plain one.
    Blank,
    /// Nothing that can be seen.
    Ignored,
    /// A quotation mark.
    Quote,
    /// A mark that is a quotation mark or a prime.
    Prime,
    /// Another way to write a sign of the language.
    Sign(&'static str),
    Letter,
    None,
}

pub(super) fn meaning(character: char) -> Meaning {
    match character {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => {
            Meaning::Ignored
        }
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => Meaning::Quote,
        '‘' | '’' | '‚' | '‛' | '′' | '＇' | '´' => Meaning::Prime,
        c if c.is_whitespace() => Meaning::Blank,
        c if sign(c).is_some() => Meaning::Sign(sign(c).unwrap_or("")),
        c if c.is_alphanumeric() => Meaning::Letter,
        _ => Meaning::None,
    }
}

fn sign(character: char) -> Option<&'static str> {
    Some(match character {
        '−' | '–' | '—' | '‐' | '‑' | '－' => "-",
        '×' | '·' | '∙' | '⋅' | '＊' => "*",
        '÷' | '／' | '∕' => "/",
        '≤' | '⩽' => "<=",
        '≥' | '⩾' => ">=",
        '≠' => "!=",
        '≈' => "~=",
        '→' => "->",
        '←' => "<-",
        '…' | '‥' => "..",
        '²' => "^2",
        '³' => "^3",
        '，' | '、' => ",",
        '；' => ";",
        '：' => ":",
        '（' => "(",
        '）' => ")",
        '［' => "[",
        '］' => "]",
        '｛' => "{",
        '｝' => "}",
        '＝' => "=",
        '＋' => "+",
        '％' => "%",
        '＾' => "^",
        '＠' => "@",
        '＃' => "#",
        '＜' => "<",
        '＞' => ">",
        '．' => ".",
        '～' => "~",
        _ => return None,
    })
}

/// Does `close` end a string that `open` begins?
pub(super) fn closes(open: char, close: char) -> bool {
    match meaning(open) {
        Meaning::Quote => close == '"' || matches!(meaning(close), Meaning::Quote),
        _ => close == '\'' || matches!(meaning(close), Meaning::Prime),
    }
}

/// The ASCII form of a full-width letter or digit.
pub(super) fn plain(character: char) -> char {
    match character {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '＿' => {
            char::from_u32(character as u32 - 0xfee0).unwrap_or(character)
        }
        _ => character,
    }
}
