use std::sync::Arc;

use crate::check::Clip;
use crate::check::elaborate::{LayerRow, Role};
use crate::diag::Diagnostic;
use crate::engine::program::{Program, SlotInfo};
use crate::text::Span;
use crate::types::Domain;

use super::host::Host;
use super::insight::Insight;

/// Everything a training executes. One arena of slots serves all its programs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Parameters and buffers first, in the order of the model; then optimizer states, then gradients and views of groups.
    pub slots: Vec<SlotInfo>,
    /// What the first slots are.
    pub parts: Vec<Part>,
    /// Numbers in the arena.
    pub arena: usize,
    /// Of these, those that make up the state of a training: parameters, buffers and optimizer states.
    pub state: usize,
    /// The initial value of each part: one output each, in the order of `parts`.
    pub init: Program,
    /// Forward, backward, statistics: updates gradients and buffers. Outputs the loss of the batch.
    pub step: Program,
    /// What gives the scalars of `step`.
    pub step_host: Host,
    /// The squared norm of all gradients, where they are clipped by it.
    pub norm: Option<Program>,
    pub updates: Vec<UpdatePlan>,
    pub rate: Rate,
    /// Where the gradients lie in the arena.
    pub gradients: std::ops::Range<usize>,
    /// The model without training: the answers, and behind them the loss of each row (or of all).
    pub forward: Program,
    pub answers: Vec<Answer>,
    /// What the inputs of `step` and `forward` are.
    pub step_feeds: Vec<Feed>,
    pub forward_feeds: Vec<Feed>,
    pub clip: Option<Clip>,
    pub layers: Vec<LayerRow>,
    /// What looks inside the training are compiled from.
    pub insight: Arc<Insight>,
    /// Whether the loss is one number for the whole batch.
    pub whole_batch: bool,
    /// What is to be said of it: parameters that can't influence the loss.
    pub warnings: Vec<Diagnostic>,
    /// Whether statistics of the batch are taken, so that a batch of one row has none.
    pub needs_two_rows: bool,
    /// Whether `step` asks for the positions of rows in the batch.
    pub reads_row_order: bool,
}

/// A parameter or buffer of the model, or a state of an optimizer.
#[derive(Debug, Clone)]
pub struct Part {
    pub path: Arc<str>,
    pub role: Role,
    pub shape: Vec<usize>,
    pub offset: usize,
    pub frozen: bool,
    pub span: Span,
}

impl Part {
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// The update of one group of parameters.
#[derive(Debug, Clone)]
pub struct UpdatePlan {
    pub program: Program,
    /// What gives the program's scalars.
    pub host: Host,
    /// Position in the training's list of optimizers.
    pub optimizer: usize,
    pub paths: Vec<Arc<str>>,
}

/// The learning rate of the first optimizer, to report it.
#[derive(Debug, Clone)]
pub enum Rate {
    Fixed(f64),
    /// A function of the scalars: the one output.
    Scheduled(Program),
}

/// One result of the model, as it is reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `out`, or the field's name.
    pub name: Arc<str>,
    /// What the model gave.
    pub domain: Domain,
    /// Numbers a row.
    pub width: usize,
    /// The target that it answers, where that is clear.
    pub target: Option<Arc<str>>,
}

/// What an input of a program is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// An input of the data, as the model reads it.
    Input(Arc<str>),
    /// With the number of its columns.
    Target(Arc<str>, usize),
    /// A column as the model sees it.
    Column(Arc<str>),
    /// Weights that balance the classes of a target.
    Balanced(Arc<str>),
    /// What a trained model gives for the row: `<name>.<result>`, with its numbers a row.
    Model(Arc<str>, usize),
}

impl Feed {
    /// From the name of an input of the elaborated graph, and its numbers a row.
    pub fn of(name: &str, width: usize) -> Option<Feed> {
        let (kind, rest) = name.split_once('.')?;
        Some(match kind {
            "input" => Feed::Input(rest.into()),
            "target" => Feed::Target(rest.into(), width),
            "column" => Feed::Column(rest.into()),
            "balanced" => Feed::Balanced(rest.into()),
            "model" => Feed::Model(rest.into(), width),
            _ => return None,
        })
    }

    /// Numbers a row, of what new rows may lack.
    pub fn width(&self) -> usize {
        match self {
            Feed::Target(_, width) | Feed::Model(_, width) => *width,
            _ => 1,
        }
    }
}
