//! Results of layers, gradients and weights.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::elaborate::{LayerRow, Role};
use crate::engine::exec::{Arena, Call, Executable, Options};
use crate::engine::graph::SlotId;
use crate::plan::{HostMemory, Look};
use crate::text::Span;

use super::super::clock::Clock;
use super::super::feed::Feeds;
use super::super::run::{Run, TrainFault};
use super::Stats;

/// The rows that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch<'a> {
    /// Those of the next step.
    Next,
    /// Rows of the training's data, by their number in it; at least one.
    Rows(&'a [u32]),
}

/// What a layer gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// `feature_extractor.1`; empty for the model itself.
    pub path: Arc<str>,
    /// `Linear`, `relu`.
    pub layer: Arc<str>,
    /// How deep it is nested.
    pub depth: usize,
    /// Where it stands in the program.
    pub span: Span,
    /// With the batch axis, where there is one.
    pub shape: Vec<usize>,
    /// Whether the first axis is the batch.
    pub batched: bool,
    /// Row-major.
    pub values: Vec<f32>,
    pub stats: Stats,
    /// The derivative of the batch's loss by it; `None` where no gradient flows, or if it was not asked for.
    pub gradient: Option<Stats>,
}

/// The derivative of a batch's loss by a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// `feature_extractor.0.weight`
    pub path: Arc<str>,
    pub span: Span,
    pub shape: Vec<usize>,
    /// Row-major; zeros where no gradient flows.
    pub values: Vec<f32>,
    pub stats: Stats,
    /// Whether the training leaves the parameter as it is.
    pub frozen: bool,
}

/// A parameter or buffer.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    pub path: Arc<str>,
    pub role: Role,
    pub span: Span,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
    pub stats: Stats,
    pub frozen: bool,
}

/// Compiled looks, and the weights before the last step.
#[derive(Debug, Default)]
pub struct Looks {
    kept: BTreeMap<(Which, bool), Compiled>,
    feeds: Option<Feeds>,
    scalars: HostMemory,
    pub(super) remember: bool,
    pub(super) before: Option<Vec<f32>>,
}

/// Which layers a look is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    None,
    All,
    /// Those that probes look at: the results of activation functions.
    Activations,
}

#[derive(Debug)]
struct Compiled {
    look: Look,
    executable: Executable,
}

/// Functions whose results say whether units are dead or saturated.
const ACTIVATIONS: &[&str] = &[
    "relu",
    "ReLU",
    "relu6",
    "ReLU6",
    "sigmoid",
    "Sigmoid",
    "hardsigmoid",
    "Hardsigmoid",
    "tanh",
    "Tanh",
    "hardtanh",
    "Hardtanh",
];

impl Which {
    fn takes(self, layer: &LayerRow) -> bool {
        match self {
            Which::None => false,
            Which::All => true,
            Which::Activations => ACTIVATIONS.contains(&&*layer.layer),
        }
    }
}

impl Looks {
    /// The weights before the last step, where they are kept.
    pub fn before(&self) -> Option<&Vec<f32>> {
        self.before.as_ref()
    }

    /// Called before a step changes anything.
    pub fn keep_before(&mut self, state: &[f32]) {
        if self.remember {
            let before = self.before.get_or_insert_default();
            before.clear();
            before.extend_from_slice(state);
        }
    }
}

impl Run {
    /// The rows that the next step takes, in its order.
    pub fn next_rows(&mut self) -> Vec<u32> {
        if self.bounds.is_empty() {
            return vec![];
        }
        self.shuffle();
        let (from, to) = self.bounds[self.state.batch_in_epoch as usize % self.bounds.len()];
        self.order[from..to].to_vec()
    }

    pub(super) fn rows_of(&mut self, batch: Batch) -> Result<Vec<u32>, TrainFault> {
        let rows = match batch {
            Batch::Next => self.next_rows(),
            Batch::Rows(rows) => rows.to_vec(),
        };
        let known = self.setup.data.table.rows();
        match rows.iter().find(|r| **r as usize >= known) {
            Some(row) => Err(TrainFault::Compile(format!("there is no row {row}: the data has {known}"))),
            None if rows.is_empty() => Err(TrainFault::Compile("there are no rows to look at".into())),
            None => Ok(rows),
        }
    }

    /// What every layer gives for a batch, in the order of computation; a block of layers stands behind its last one.
    /// With the derivative of the loss by each.
    pub fn activations(&mut self, batch: Batch) -> Result<Vec<Activation>, TrainFault> {
        self.layers_of(batch, Which::All, true)
    }

    /// The derivative of the batch's loss by every parameter, in the order of the model. Clipping comes after it.
    pub fn gradients(&mut self, batch: Batch) -> Result<Vec<Gradient>, TrainFault> {
        let rows = self.rows_of(batch)?;
        let plan = self.setup.plan.clone();
        let compiled = self.run_look(Which::None, true, &rows)?;
        let mut out = Vec::new();
        for (slot, output) in &compiled.look.gradients {
            let part = &plan.parts[slot.0 as usize];
            let values = output.map_or_else(|| vec![0.0; part.len()], |o| compiled.executable.output(o).to_vec());
            let stats = Stats::of(&values);
            let (path, shape) = (part.path.clone(), part.shape.clone());
            out.push(Gradient { path, span: part.span, shape, values, stats, frozen: part.frozen });
        }
        Ok(out)
    }

    /// The loss of a batch, as training takes it.
    pub fn loss_of(&mut self, batch: Batch) -> Result<f64, TrainFault> {
        let rows = self.rows_of(batch)?;
        let compiled = self.run_look(Which::None, true, &rows)?;
        Ok(compiled.executable.output(0).first().map_or(f64::NAN, |x| f64::from(*x)))
    }

    /// Parameters and buffers as they stand, in the order of the model.
    pub fn weights(&self) -> Vec<Weight> {
        let parts = self.setup.plan.parts.iter().filter(|p| p.role != Role::State);
        let weight = |p: &crate::plan::Part| {
            let values = self.arena[p.range()].to_vec();
            let stats = Stats::of(&values);
            let (path, shape) = (p.path.clone(), p.shape.clone());
            Weight { path, role: p.role, span: p.span, shape, values, stats, frozen: p.frozen }
        };
        parts.map(weight).collect()
    }

    pub(in crate::train) fn layers_of(
        &mut self,
        batch: Batch,
        which: Which,
        gradients: bool,
    ) -> Result<Vec<Activation>, TrainFault> {
        let rows = self.rows_of(batch)?;
        let compiled = self.run_look(which, gradients, &rows)?;
        let look = &compiled.look;
        let mut out = Vec::new();
        for (i, layer) in look.layers.iter().enumerate() {
            let values = compiled.executable.output(look.results[i]).to_vec();
            let node = look.program.outputs.get(look.results[i]).map(|n| look.program.graph.get(*n));
            let batched = node.is_some_and(|n| n.shape.0.first().is_some_and(|a| a.dim.is_batch()));
            let shape = node.and_then(|n| n.shape.concrete(rows.len())).unwrap_or_default();
            let gradient = look.result_gradients[i].map(|o| Stats::of(compiled.executable.output(o)));
            let stats = Stats::of(&values);
            let (path, name) = (layer.path.clone(), layer.layer.clone());
            let (depth, span) = (layer.depth, layer.span);
            out.push(Activation { path, layer: name, depth, span, shape, batched, values, stats, gradient });
        }
        Ok(out)
    }

    /// Runs a look for some rows, with the scalars and draws of the next step.
    fn run_look(&mut self, which: Which, gradients: bool, rows: &[u32]) -> Result<&Compiled, TrainFault> {
        let plan = self.setup.plan.clone();
        let clock = Clock::of(&self.state, self.planned, &self.factors);
        let key = self.step_key.derive(self.state.batch);
        let looks = &mut self.looks;
        if looks.feeds.is_none() {
            let lacks = || TrainFault::Compile("the data lacks a column that the loss reads".into());
            looks.feeds =
                Some(Feeds::of_dataset(&plan.step_feeds, &self.setup.data, &self.setup.models).ok_or_else(lacks)?);
        }
        let Some(feeds) = looks.feeds.as_mut() else { return Err(TrainFault::Compile("there is no data".into())) };
        let compiled = match looks.kept.entry((which, gradients)) {
            std::collections::btree_map::Entry::Occupied(e) => e.into_mut(),
            std::collections::btree_map::Entry::Vacant(e) => {
                let trained = plan.parts.iter().enumerate().filter(|(_, p)| p.role == Role::Parameter);
                let parameters: Vec<SlotId> = trained.map(|(i, _)| SlotId(i as u32)).collect();
                let look = plan.insight.look(&plan.slots, &parameters, |l| which.takes(l), gradients);
                let options = Options { max_rows: rows.len(), threads: self.setup.threads, ..Options::default() };
                let executable =
                    Executable::compile(&look.program, &options).map_err(|f| TrainFault::Compile(f.to_string()))?;
                e.insert(Compiled { look, executable })
            }
        };
        compiled.look.host.run(|n| clock.read(n), &mut looks.scalars);
        feeds.gather(rows);
        let inputs = feeds.batch();
        let slots: &mut Arena = &mut self.arena;
        let call = Call { rows: rows.len(), key, inputs: &inputs, scalars: &looks.scalars.results, slots };
        compiled.executable.run(call).map_err(|f| TrainFault::Compile(f.to_string()))?;
        Ok(compiled)
    }
}

/// Norms of gradients summed up by every path above a parameter (`""`, `encoder`, `encoder.0`, …), in order of path.
pub fn norms_below(gradients: &[Gradient]) -> Vec<(String, f64)> {
    let mut squares: BTreeMap<String, f64> = BTreeMap::new();
    for g in gradients {
        let square = g.stats.norm * g.stats.norm;
        let mut path: &str = &g.path;
        *squares.entry(path.to_string()).or_default() += square;
        while let Some((above, _)) = path.rsplit_once('.') {
            *squares.entry(above.to_string()).or_default() += square;
            path = above;
        }
        *squares.entry(String::new()).or_default() += square;
    }
    squares.into_iter().map(|(path, square)| (path, square.sqrt())).collect()
}
