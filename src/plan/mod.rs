//! From a checked training and fitted data to programs: concrete shapes, derivatives, memory.

mod activations;
mod applied;
mod compile;
mod host;
mod insight;
mod layout;
mod limit;
mod row_order;
mod training_plan;

pub use activations::{Activations, activations};
pub use applied::{Applied, applied};
pub use compile::compile;
pub use host::{Host, HostMemory};
pub use insight::{Insight, Look};
pub use training_plan::{Answer, Feed, Part, Plan, Rate, UpdatePlan};
