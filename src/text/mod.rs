//! Source texts, places in them, and words that were meant instead of the ones written.

mod closest;
mod source;

pub use closest::closest;
pub use source::{FileId, Source, Sources, Span, Spanned};
