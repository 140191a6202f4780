//! What a program's expressions may refer to beside its definitions: hypers and data.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::text::{Span, closest};
use crate::types::{Dim, Domain};

use super::saved::SavedView;
use super::scope::Scope;
use super::value::{Piece, Value};

#[derive(Clone)]
pub struct World {
    pub scope: Rc<Scope>,
    pub hypers: BTreeMap<Arc<str>, Value>,
    pub data: BTreeMap<Arc<str>, DataView>,
    /// Items that have a name but are no values: trainings, evaluations.
    pub items: BTreeMap<Arc<str>, Span>,
    /// Trained models that a loss can call: `weights`, and the trainings before it.
    pub saved: BTreeMap<Arc<str>, SavedView>,
}

/// A data item as models and losses see it.
#[derive(Debug, Clone)]
pub struct DataView {
    pub name: Arc<str>,
    pub span: Span,
    pub inputs: Vec<InputView>,
    pub targets: Vec<TargetView>,
    pub columns: Vec<ColumnView>,
    /// Known to the extents: the data was fitted, so nothing is a symbol.
    pub fitted: bool,
}

/// `customers.features`: one row of numbers for each example.
#[derive(Debug, Clone)]
pub struct InputView {
    pub name: Arc<str>,
    pub pieces: Vec<Piece>,
    /// Numbers in a row as the data gives it; an embedded column counts one.
    pub raw_width: Dim,
    /// Numbers in a row as a model reads it.
    pub width: Dim,
}

#[derive(Debug, Clone)]
pub struct TargetView {
    pub name: Arc<str>,
    pub domain: Domain,
    pub span: Span,
    /// Names of the classes, where they are known.
    pub classes: Vec<Arc<str>>,
    /// Columns of a target of several; 1 otherwise.
    pub width: usize,
}

#[derive(Debug, Clone)]
pub struct ColumnView {
    pub name: Arc<str>,
    /// Can be read as a number in losses, costs and weights.
    pub numeric: bool,
}

impl World {
    /// A world without hypers, data and trained models yet.
    pub fn new(scope: Scope, items: BTreeMap<Arc<str>, Span>) -> World {
        World { scope: Rc::new(scope), hypers: BTreeMap::new(), data: BTreeMap::new(), items, saved: BTreeMap::new() }
    }
}

impl DataView {
    pub fn input(&self, name: &str) -> Option<&InputView> {
        self.inputs.iter().find(|i| &*i.name == name)
    }

    pub fn target(&self, name: &str) -> Option<&TargetView> {
        self.targets.iter().find(|t| &*t.name == name)
    }

    pub fn column(&self, name: &str) -> Option<&ColumnView> {
        self.columns.iter().find(|c| &*c.name == name)
    }

    /// What is said of a column that the data does not have.
    pub fn unknown_column(&self, name: &str, span: Span) -> Diagnostic {
        const SHOWN: usize = 12;
        let known = self.columns.iter().map(|c| &*c.name).chain(self.inputs.iter().map(|i| &*i.name));
        let close = closest(name, known);
        let d = Diagnostic::new(&codes::UNKNOWN_COLUMN, format!("`{}` has no column `{name}`", self.name))
            .at(span, "unknown column")
            .suggest(span, close);
        if close.is_some() || self.columns.is_empty() {
            return d;
        }
        let names: Vec<&str> = self.columns.iter().take(SHOWN).map(|c| &*c.name).collect();
        let rest = if self.columns.len() > SHOWN { ", …" } else { "" };
        d.help(format!("its columns are {}{rest}", names.join(", ")))
    }
}
