//! What the layers of a model give, for looking at it.

use std::sync::Arc;

use crate::check::training;
use crate::check::{TrainItem, World};
use crate::engine::graph::{Op, SlotId};
use crate::engine::program::Program;
use crate::engine::rewrite;

use super::compile::inputs;
use super::training_plan::{Feed, Plan};

/// The results of the innermost layers, in the order of the model.
pub struct Activations {
    /// One output for each of `layers`.
    pub program: Program,
    pub feeds: Vec<Feed>,
    /// Path and name: `body.0`, `Linear`.
    pub layers: Vec<(Arc<str>, Arc<str>)>,
}

/// The model without training, whose outputs are what its layers give. `None` if the program has errors.
pub fn activations(world: &World, item: &TrainItem, plan: &Plan) -> Option<Activations> {
    let pass = training::pass(world, item, false);
    let e = &pass.elaborator;
    if e.problems.has_errors() {
        return None;
    }
    let has_parts = |path: &str| e.layers.iter().any(|l| l.path.strip_prefix(path).is_some_and(|r| r.starts_with('.')));
    let inner = e.layers.iter().filter(|l| !l.path.is_empty() && !has_parts(&l.path));
    let found: Vec<_> = inner.filter_map(|l| Some((l.path.clone(), l.layer.clone(), l.node?))).collect();
    let wanted: Vec<_> = found.iter().map(|(.., node)| *node).collect();
    let (mut graph, map) = rewrite::simplify_final(&e.graph, &wanted);
    for node in &mut graph.nodes {
        if let Op::Slot(id) = node.op {
            let path = &e.slots.get(id.0 as usize)?.path;
            let own = plan.slots.iter().position(|s| s.path == *path)?;
            node.op = Op::Slot(SlotId(own as u32));
        }
    }
    let (infos, feeds) = inputs(&e.inputs);
    let outputs = wanted.iter().map(|n| map.get(n.0 as usize).copied().flatten()).collect::<Option<Vec<_>>>()?;
    let scalars = e.scalars.clone();
    let program = Program { graph, inputs: infos, slots: plan.slots.clone(), scalars, outputs, updates: vec![] };
    Some(Activations { program, feeds, layers: found.into_iter().map(|(path, layer, _)| (path, layer)).collect() })
}
