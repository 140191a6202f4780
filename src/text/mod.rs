//! Source texts, places in them, words that were meant instead of the ones written, and text for people to read.

mod closest;
pub mod diff;
pub mod format;
pub mod layout;
mod paint;
pub mod shortest;
mod source;

pub use closest::closest;
pub use paint::{Paint, Tone};
pub use source::{FileId, Source, Sources, Span, Spanned};
