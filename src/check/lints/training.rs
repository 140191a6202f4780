//! A training as lints see it.

use crate::check::elaborate::SlotDecl;
use crate::check::program::{DataItem, TrainItem};
use crate::check::training::Pass;
use crate::check::value::Value;
use crate::engine::graph::NodeId;

use super::Flow;

pub(in crate::check) struct Training<'a> {
    pub flow: Flow<'a>,
    pub item: &'a TrainItem,
    pub out: Option<&'a Value>,
    pub loss: Option<NodeId>,
    pub slots: &'a [SlotDecl],
    /// The data that it trains on.
    pub data: Option<&'a DataItem>,
}

impl<'a> Training<'a> {
    pub fn of(item: &'a TrainItem, pass: &'a Pass<'_>, data: Option<&'a DataItem>) -> Self {
        Training {
            flow: Flow::of(&pass.elaborator),
            item,
            out: pass.out.as_ref(),
            loss: pass.loss.as_ref().map(|l| l.node),
            slots: &pass.elaborator.slots,
            data,
        }
    }

    /// Whether the first thing that happens to the data is a normalisation.
    pub fn normalises_first(&self) -> bool {
        self.flow.parts.iter().any(|p| p.is_norm() && p.input.is_some_and(|i| self.flow.is_data(i)))
    }
}
