use std::fmt;
use std::sync::Arc;

use crate::text::Span;

use super::Dim;

/// Where an extent came from: what a message says of it, and the place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// For example `transactions.features has 34 columns` or `out_features = 64`.
    pub what: Arc<str>,
    pub span: Option<Span>,
}

/// One axis of a tensor. Two axes are equal if their extents are; name and origin only serve reading and messages.
#[derive(Debug, Clone)]
pub struct Axis {
    pub dim: Dim,
    /// The name that the definition at work gave it (`c` of `x: real[c, h, w]`).
    pub name: Option<Arc<str>>,
    pub origin: Option<Arc<Origin>>,
}

impl Axis {
    pub fn new(dim: impl Into<Dim>) -> Self {
        Axis { dim: dim.into(), name: None, origin: None }
    }

    /// The leading axis of everything that is computed for each row.
    pub fn batch() -> Self {
        Axis { dim: Dim::batch(), name: Some("batch".into()), origin: None }
    }
}

impl PartialEq for Axis {
    fn eq(&self, other: &Self) -> bool {
        self.dim == other.dim
    }
}

impl Eq for Axis {}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dim.fmt(f)
    }
}

/// The axes of a tensor, outermost first; row-major.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape(pub Vec<Axis>);

impl Shape {
    pub fn scalar() -> Self {
        Shape(Vec::new())
    }

    pub fn of<D: Into<Dim>>(dims: impl IntoIterator<Item = D>) -> Self {
        Shape(dims.into_iter().map(Axis::new).collect())
    }

    pub fn rank(&self) -> usize {
        self.0.len()
    }

    pub fn dims(&self) -> impl DoubleEndedIterator<Item = &Dim> + ExactSizeIterator {
        self.0.iter().map(|a| &a.dim)
    }

    /// The product of all extents.
    pub fn count(&self) -> Dim {
        self.dims().fold(Dim::from(1), |n, d| &n * d)
    }

    /// All extents as numbers, the batch axis being `rows`; `None` while an extent is a symbol.
    pub fn concrete(&self, rows: usize) -> Option<Vec<usize>> {
        self.dims().map(|d| d.concrete(rows)).collect()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, axis) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{axis}")?;
        }
        f.write_str("]")
    }
}
