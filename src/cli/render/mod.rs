//! What a run looks like on a terminal: events in, text out.

mod epochs;
mod evaluate;
mod predict;
pub mod progress;
pub mod shapes;
mod table;
mod terminal;

pub use table::{Side, Table};
pub use terminal::Terminal;
