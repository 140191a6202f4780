use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::text::Span;
use crate::types::{Axis, Dim, Origin};

use super::scope::Definition;
use super::value::Value;

/// The names of one body at work.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    pub values: BTreeMap<Arc<str>, Value>,
    /// Extents that the signature binds: `n`.
    pub dims: BTreeMap<Arc<str>, (Dim, Option<Arc<Origin>>)>,
    /// Shapes that the signature binds: `*S`.
    pub stars: BTreeMap<Arc<str>, Vec<Axis>>,
    /// Paths of parameters start with it.
    pub path: Option<Arc<str>>,
    pub definition: Option<Arc<Definition>>,
    /// The batch axis is named in this definition, so tensors show it.
    pub names_batch: bool,
    /// Something that is computed for each row has come in.
    pub has_batch: bool,
    /// Parameters get no gradient, statistics stay as they are.
    pub frozen: bool,
    /// Whether this pass is one of training; `None` in the check of a definition by itself.
    pub training: bool,
    /// Where the user's own text called into this body.
    pub call_site: Option<Span>,
    /// Values of the switches whose names a parameter took over; read in `when` and `if` only.
    pub switches: BTreeMap<Arc<str>, Value>,
    pub parent: Option<Rc<Frame>>,
}

impl Frame {
    /// The value of a name here or in an enclosing block.
    pub fn lookup(&self, name: &str) -> Option<&Value> {
        self.values.get(name).or_else(|| self.parent.as_ref()?.lookup(name))
    }

    pub fn lookup_dim(&self, name: &str) -> Option<&(Dim, Option<Arc<Origin>>)> {
        self.dims.get(name).or_else(|| self.parent.as_ref()?.lookup_dim(name))
    }

    pub fn lookup_star(&self, name: &str) -> Option<&Vec<Axis>> {
        self.stars.get(name).or_else(|| self.parent.as_ref()?.lookup_star(name))
    }

    /// Path of a part of this body.
    pub fn path_of(&self, part: &str) -> Arc<str> {
        match &self.path {
            Some(path) if !path.is_empty() => format!("{path}.{part}").into(),
            _ => part.into(),
        }
    }
}
