//! What a command can be followed by, and the reading of it.
//!
//! A form is written as help shows it: words in small letters stand for themselves, words in capitals for an argument of the
//! kind that bears the name, a part in brackets may be left out.

use crate::diag::{Diagnostic, codes};

/// The kinds of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number from 1.
    Count,
    /// A whole number from 0.
    Number,
    /// `30s`, `5m`, `1.5h`.
    Duration,
    /// A layer or parameter of the model.
    Path,
    /// A quantity that can be watched.
    Quantity,
    /// A condition: the rest of the line.
    Condition,
    /// A new name.
    Name,
    /// A branch or snapshot.
    Place,
    Branch,
    Snapshot,
    Training,
    Setting,
    Command,
    /// Anything that has documentation.
    Documented,
    /// A file name, quoted or not.
    File,
    /// `transactions.train`, `train`
    Rows,
    /// The rest of the line, read by what it is for.
    Rest,
}

impl Kind {
    fn of(word: &str) -> Option<Kind> {
        Some(match word {
            "N" => Kind::Count,
            "STEP" | "EPOCH" => Kind::Number,
            "TIME" => Kind::Duration,
            "PATH" => Kind::Path,
            "QUANTITY" => Kind::Quantity,
            "CONDITION" => Kind::Condition,
            "NAME" => Kind::Name,
            "PLACE" => Kind::Place,
            "BRANCH" => Kind::Branch,
            "SNAPSHOT" => Kind::Snapshot,
            "TRAINING" => Kind::Training,
            "KEY" => Kind::Setting,
            "COMMAND" => Kind::Command,
            "THING" => Kind::Documented,
            "FILE" => Kind::File,
            "ROWS" => Kind::Rows,
            "VALUE" | "RECORD" | "PLOT" => Kind::Rest,
            _ => return None,
        })
    }

    fn takes_rest(self) -> bool {
        matches!(self, Kind::Condition | Kind::Rest | Kind::Quantity)
    }

    fn expects(self) -> &'static str {
        match self {
            Kind::Count => "a whole number from 1",
            Kind::Number => "a whole number",
            Kind::Duration => "a time such as `30s`, `5m` or `1.5h`",
            Kind::Path => "a layer or parameter, such as `classifier.0`",
            Kind::Quantity => "something to watch, such as `loss` or `classifier.0.weight.norm`",
            Kind::Condition => "a condition, such as `loss < 0.1 or epoch == 20`",
            Kind::Name => "a name",
            Kind::Place => "a branch or snapshot",
            Kind::Branch => "a branch",
            Kind::Snapshot => "a snapshot",
            Kind::Training => "a training",
            Kind::Setting => "a setting or hyper",
            Kind::Command => "a command",
            Kind::Documented => "a name",
            Kind::File => "a file name",
            Kind::Rows => "rows, such as `transactions.train` or `val`",
            Kind::Rest => "more",
        }
    }
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Word(String),
    Argument(Kind, String),
}

/// The parts of a form behind the command's name, and how many of them may not be left out.
pub fn pieces(form: &str) -> (Vec<Piece>, usize) {
    let mut out = Vec::new();
    let mut needed = None;
    for word in form.split_whitespace().skip(1) {
        if word.starts_with('[') {
            needed.get_or_insert(out.len());
        }
        let bare = word.trim_matches(['[', ']']);
        out.push(match Kind::of(bare) {
            Some(kind) => Piece::Argument(kind, bare.to_string()),
            None => Piece::Word(bare.to_string()),
        });
    }
    let needed = needed.unwrap_or(out.len());
    (out, needed)
}

/// What was given: the form's number in the command's row, and the arguments in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    pub form: usize,
    pub values: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Count(u64),
    Seconds(f64),
    Text(String),
}

impl Given {
    /// The number at a place among the arguments.
    pub fn count(&self, i: usize) -> Option<u64> {
        match self.values.get(i) {
            Some(Value::Count(n)) => Some(*n),
            _ => None,
        }
    }

    pub fn seconds(&self, i: usize) -> f64 {
        match self.values.get(i) {
            Some(Value::Seconds(x)) => *x,
            _ => 0.0,
        }
    }

    /// The text at a place among the arguments; empty if there is none.
    pub fn text(&self, i: usize) -> &str {
        match self.values.get(i) {
            Some(Value::Text(t)) => t,
            _ => "",
        }
    }
}

/// Reads what stands behind a command's name by the first of its forms that fits.
pub fn read(name: &str, forms: &[&str], rest: &str) -> Result<Given, Diagnostic> {
    let mut furthest: Option<(usize, String)> = None;
    for (i, form) in forms.iter().enumerate() {
        match one(form, rest) {
            Ok(values) => return Ok(Given { form: i, values }),
            Err((at, expected)) => match &mut furthest {
                Some((best, all)) if *best == at => {
                    if !all.contains(&expected) {
                        all.push_str(", or ");
                        all.push_str(&expected);
                    }
                }
                Some((best, _)) if *best > at => {}
                _ => furthest = Some((at, expected)),
            },
        }
    }
    let (at, expected) = furthest.unwrap_or_default();
    let found = rest.split_whitespace().nth(at);
    let found = found.map_or("the line ends".to_string(), |w| format!("there is `{w}`"));
    let usage = forms.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", ");
    Err(Diagnostic::new(&codes::SYNTAX, format!("`{name}`: {found} where {expected} is expected"))
        .help(format!("it is written {usage}; `help {name}` says more")))
}

/// The arguments by one form; else how many words were understood, and what was expected then.
fn one(form: &str, rest: &str) -> Result<Vec<Value>, (usize, String)> {
    let (pieces, needed) = pieces(form);
    let mut values = Vec::new();
    let mut left = rest.trim();
    for (i, piece) in pieces.iter().enumerate() {
        if left.is_empty() {
            if i >= needed {
                return Ok(values);
            }
            return Err((i, expected(piece)));
        }
        let (word, behind) = first_word(left);
        match piece {
            Piece::Word(w) if w == word => left = behind,
            Piece::Word(_) => return Err((i, expected(piece))),
            Piece::Argument(kind, _) if kind.takes_rest() => {
                values.push(Value::Text(left.to_string()));
                left = "";
            }
            Piece::Argument(kind, _) => {
                values.push(argument(*kind, word).ok_or_else(|| (i, expected(piece)))?);
                left = behind;
            }
        }
    }
    match left.is_empty() {
        true => Ok(values),
        false => Err((pieces.len(), "the end of the line".to_string())),
    }
}

fn expected(piece: &Piece) -> String {
    match piece {
        Piece::Word(w) => format!("`{w}`"),
        Piece::Argument(kind, _) => kind.expects().to_string(),
    }
}

fn argument(kind: Kind, word: &str) -> Option<Value> {
    let text = || Some(Value::Text(word.to_string()));
    match kind {
        Kind::Count => word.replace('_', "").parse().ok().filter(|n| *n >= 1).map(Value::Count),
        Kind::Number => word.replace('_', "").parse().ok().map(Value::Count),
        Kind::Duration => duration(word).map(Value::Seconds),
        Kind::Name => {
            let sound = word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
                && word.chars().next().is_some_and(|c| c.is_alphabetic());
            if sound { text() } else { None }
        }
        Kind::File => Some(Value::Text(word.trim_matches('"').to_string())).filter(|_| word != "\"\""),
        _ => text(),
    }
}

fn duration(word: &str) -> Option<f64> {
    let (number, unit) = match word.char_indices().next_back()? {
        (at, 's') if word.ends_with("ms") => (&word[..at - 1], 1e-3),
        (at, 's') => (&word[..at], 1.0),
        (at, 'm') => (&word[..at], 60.0),
        (at, 'h') => (&word[..at], 3600.0),
        _ => return None,
    };
    number.parse::<f64>().ok().map(|x| x * unit).filter(|x| x.is_finite() && *x > 0.0)
}

/// The first word, a quoted text being one, and what is behind it.
pub fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let quoted = text.strip_prefix('"').and_then(|t| t.find('"')).map(|end| end + 2);
    let end = quoted.unwrap_or_else(|| text.find(char::is_whitespace).unwrap_or(text.len()));
    (&text[..end], text[end..].trim_start())
}

/// A diagnostic about a word that names nothing, with the nearest that does.
pub fn unknown<'a>(what: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no {what} `{word}`"));
    match crate::text::closest(word, known.iter().copied()) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => d,
        None => {
            let shown: Vec<&str> = known.iter().take(24).copied().collect();
            let more = if known.len() > 24 { ", …" } else { "" };
            d.help(format!("there is {}{more}", shown.join(", ")))
        }
    }
}

/// What is wrong with a command for another reason than its words.
pub fn refuse(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::NOT_A_VALUE, message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_fits_is_read() {
        let forms = &["run", "run until CONDITION", "run for TIME"];
        assert_eq!(read("run", forms, "").unwrap().form, 0);
        let until = read("run", forms, " until loss < 0.1 or epoch == 20").unwrap();
        assert_eq!((until.form, until.text(0)), (1, "loss < 0.1 or epoch == 20"));
        assert_eq!(read("run", forms, "for 1.5m").unwrap().seconds(0), 90.0);
        let wrong = read("run", forms, "til").unwrap_err();
        assert!(wrong.message.contains("the end of the line, or `until`, or `for`"), "{}", wrong.message);
    }

    #[test]
    fn what_is_in_brackets_may_be_left_out() {
        assert_eq!(read("step", &["step [N]"], "").unwrap().count(0), None);
        assert_eq!(read("step", &["step [N]"], "1_000").unwrap().count(0), Some(1000));
        assert!(read("step", &["step [N]"], "0").is_err());
        assert!(read("step", &["step [N]"], "3 4").is_err());
        assert_eq!(read("plot", &["plot PLOT"], "loss to \"a b.svg\"").unwrap().text(0), "loss to \"a b.svg\"");
    }

    #[test]
    fn times_have_units() {
        assert_eq!([duration("30s"), duration("200ms"), duration("2h")], [Some(30.0), Some(0.2), Some(7200.0)]);
        assert_eq!([duration("30"), duration("s"), duration("-1s"), duration("ä")], [None; 4]);
    }
}
