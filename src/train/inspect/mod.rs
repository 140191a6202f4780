//! Looking inside a training between two steps, without disturbing it: nothing here changes a bit of its state, and it goes on
//! as if nobody had looked.
//!
//! All of it is methods of [`Run`](super::Run), in the files of this folder:
//!
//! - [`activations`](super::Run::activations): the result of every layer, and of every function in a sequence, for a batch, with
//!   the derivative of the loss by it;
//! - [`gradients`](super::Run::gradients): the derivative of the loss by every parameter, for a batch;
//!   [`norms_below`] sums them up by path;
//! - [`weights`](super::Run::weights): parameters and buffers as they stand;
//! - [`last_update`](super::Run::last_update): how far the last step moved each parameter, once
//!   [`remember_updates`](super::Run::remember_updates) was called before it;
//! - [`origin`](super::Run::origin): where the first number that is not finite arises when a batch is computed.
//!
//! A batch is [`Batch::Next`], the rows that the next step will take with the random draws that it will make, or rows of the
//! data of the caller's choice, with the same draws. Layers behave as in training: dropout drops, batch norm takes the
//! statistics of the batch (and leaves its running ones alone).
//!
//! The programs for this are compiled from the plan's [`Insight`](crate::plan::Insight) on the first use and kept.

mod look;
mod origin;
mod stats;
mod updates;

pub use look::{Activation, Batch, Gradient, Weight, norms_below};
pub use origin::{Operand, Origin, Source};
pub use stats::Stats;
pub use updates::UpdateSize;

pub(super) use look::{Looks, Which};
