//! From a checked training and fitted data to programs: concrete shapes, derivatives, memory.

mod compile;
mod layout;
mod limit;
mod plan;

pub use compile::compile;
pub use plan::{Answer, Feed, Part, Plan, UpdatePlan};
