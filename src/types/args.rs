use std::sync::Arc;

/// The value of an argument of a table row: a transform, split, metric, data source.
#[derive(Debug, Clone, PartialEq)]
pub enum ArgValue {
    Int(i64),
    Real(f64),
    Bool(bool),
    Text(Arc<str>),
    /// One of the choices that the signature lists, or a column.
    Word(Arc<str>),
    List(Vec<ArgValue>),
    /// Left out, and without a default.
    Absent,
}

/// Checked arguments by name, defaults filled in, in the order of the signature.
///
/// A signature is a header in the language's own syntax, for example `clip(low: real, high: real)`,
/// `random(train: real in 0..1, val: real in 0..1 = 0, seed: int = 0)`, `cyclic(parts: words(hour, weekday, month))`.
/// Its types: `int`, `real` (both with `in a..b`), `bool`, `text`, `word(a, b, c)` (one of), `words(a, b)` (all positional
/// arguments, a list of these), `texts` (all positional arguments, a list of texts), `column`, `columns`, `list` (of
/// numbers or texts). The default `none` leaves the argument [`ArgValue::Absent`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Args(pub Vec<(Arc<str>, ArgValue)>);

impl Args {
    pub fn get(&self, name: &str) -> &ArgValue {
        self.0.iter().find(|(n, _)| &**n == name).map_or(&ArgValue::Absent, |(_, v)| v)
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            ArgValue::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// A number, written as a whole one or not.
    pub fn real(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            ArgValue::Int(n) => Some(*n as f64),
            ArgValue::Real(x) => Some(*x),
            _ => None,
        }
    }

    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            ArgValue::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// A text or a word.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            ArgValue::Text(t) | ArgValue::Word(t) => Some(t),
            _ => None,
        }
    }

    /// The elements of a list; a single value counts as a list of one.
    pub fn list(&self, name: &str) -> &[ArgValue] {
        match self.get(name) {
            ArgValue::List(values) => values,
            ArgValue::Absent => &[],
            one => std::slice::from_ref(one),
        }
    }
}
