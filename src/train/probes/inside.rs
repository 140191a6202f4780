//! Looks at the results of activation functions, for the probes that suspect something.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::elaborate::Role;
use crate::plan::Part;
use crate::train::inspect::{Activation, Batch, Which};
use crate::train::run::Run;

use super::Story;

/// Rows that are looked at: enough to tell a unit that is never active from one that rarely is.
const ROWS: usize = 64;
/// Steps before a training is suspected.
const PATIENCE: u64 = 16;

/// Whether the loss has hardly moved.
pub fn suspicious(story: &Story) -> bool {
    let recent = story.recent();
    let constant = story.constant.as_ref().is_some_and(|c| recent > 0.9 * c.loss);
    story.step >= PATIENCE && (constant || recent > 0.9 * story.start)
}

/// The results of activation functions for some rows of the next batch.
pub fn activations(run: &mut Run) -> Vec<Activation> {
    let mut rows = run.next_rows();
    rows.truncate(ROWS);
    run.layers_of(Batch::Rows(&rows), Which::Activations, false).unwrap_or_default()
}

/// Whether one of these layers is in the model.
pub fn has(run: &Run, names: &[&str]) -> bool {
    run.setup.plan.insight.layers().iter().any(|l| names.contains(&&*l.layer))
}

/// Paths of these layers, as far as a matrix of weights comes behind them: not those that give the result.
pub fn hidden(run: &Run, wanted: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
    let plan = &run.setup.plan;
    let layers = plan.insight.layers();
    if !layers.iter().any(|l| wanted(&l.layer)) {
        return vec![];
    }
    let matrices = plan.parts.iter().filter(|p| p.role == Role::Parameter && p.shape.len() >= 2);
    let owners: BTreeSet<&str> = matrices.map(owner).collect();
    let last = layers.iter().filter(|l| owners.contains(&*l.path)).filter_map(|l| l.node).max();
    layers.iter().filter(|l| wanted(&l.layer) && l.node < last).map(|l| l.path.clone()).collect()
}

/// The path of the layer that a parameter belongs to.
fn owner(part: &Part) -> &str {
    part.path.rsplit_once('.').map_or("", |(owner, _)| owner)
}

/// Units of a result `[batch, …]`: its numbers in columns.
pub fn units(a: &Activation) -> usize {
    a.shape.iter().skip(1).product::<usize>().max(1)
}
