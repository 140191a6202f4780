use crate::diag::Diagnostic;
use crate::text::{Span, closest};
use crate::types::{ArgValue, Args};

use super::{MakeTransform, Transform};

/// One thing that a program can name in a `data` item: a source, a kind, a transform, a split.
///
/// The row is the only place it is known from: parsing of arguments, help, documentation and tests come from it.
#[derive(Debug)]
pub struct Row<M: 'static> {
    pub name: &'static str,
    /// In the syntax of [`Args`].
    pub signature: &'static str,
    /// What it does, with the formula.
    pub doc: &'static str,
    /// As it would be written in a file.
    pub example: &'static str,
    /// Builds it from checked arguments.
    pub make: M,
}

/// Constructor of a row without anything else to say about it.
pub type Make<T> = fn(&Args, Span) -> Result<T, Diagnostic>;

/// A row and the arguments that the program gives it.
#[derive(Debug)]
pub struct Choice<M: 'static> {
    pub row: &'static Row<M>,
    pub args: Args,
    pub span: Span,
}

impl<M> Clone for Choice<M> {
    fn clone(&self) -> Self {
        Choice { row: self.row, args: self.args.clone(), span: self.span }
    }
}

impl<T> Choice<Make<T>> {
    /// Builds what the row describes; wrong arguments are a diagnostic at the choice.
    pub fn make(&self) -> Result<T, Diagnostic> {
        (self.row.make)(&self.args, self.span)
    }
}

impl Choice<MakeTransform> {
    /// The transform before its fit; wrong arguments are a diagnostic at the choice.
    pub fn make(&self) -> Result<Box<dyn Transform>, Diagnostic> {
        (self.row.make.new)(&self.args, self.span)
    }
}

/// All rows of one sort, in the order of the documentation.
#[derive(Debug)]
pub struct Table<M: 'static>(pub &'static [Row<M>]);

impl<M> Table<M> {
    pub fn find(&self, name: &str) -> Option<&'static Row<M>> {
        self.0.iter().find(|row| row.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<M> {
        let rows = self.0;
        rows.iter().map(|row| row.name)
    }

    /// The name that was probably meant.
    pub fn closest(&self, name: &str) -> Option<&'static str> {
        closest(name, self.names())
    }
}

/// A text, word or number as the cell of a file would spell it.
pub fn spelled(value: &ArgValue) -> Option<String> {
    match value {
        ArgValue::Text(t) | ArgValue::Word(t) => Some(t.to_string()),
        ArgValue::Int(n) => Some(n.to_string()),
        ArgValue::Real(x) => Some(x.to_string()),
        ArgValue::Bool(b) => Some(b.to_string()),
        ArgValue::List(_) | ArgValue::Absent => None,
    }
}
