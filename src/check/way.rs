//! The way of a tensor through the parts of a model, for messages: `points.features 34 → Linear 64 → ReLU 64`.

use crate::diag::Diagnostic;
use crate::engine::graph::{NodeId, Op};
use crate::types::Shape;

use super::applied::Applied;
use super::elaborate::Elaborator;

/// Parts of a way that are shown; what comes before is left out.
const SHOWN: usize = 6;

impl Elaborator<'_> {
    /// Adds the ways of tensors that do not fit, where they lead through more than what is labelled anyway.
    pub(super) fn with_ways(&self, mut diagnostic: Diagnostic, nodes: &[NodeId]) -> Diagnostic {
        let mut ways: Vec<String> = nodes.iter().filter_map(|n| self.way(*n)).collect();
        ways.dedup();
        for way in ways {
            diagnostic = diagnostic.help(format!("on the way: {way}"));
        }
        diagnostic
    }

    /// The part of the library that gives a tensor.
    pub(super) fn part_of(&self, node: NodeId) -> Option<&Applied> {
        let node = self.unnamed(node);
        self.parts.iter().rev().find(|p| self.unnamed(p.output) == node)
    }

    fn way(&self, node: NodeId) -> Option<String> {
        let mut at = self.unnamed(node);
        let mut steps: Vec<String> = Vec::new();
        while let Some(part) = self.parts.iter().rev().find(|p| self.unnamed(p.output) == at) {
            steps.push(format!("{} {}", part.written, self.extents(part.output)));
            match part.input {
                Some(input) if steps.len() <= SHOWN => at = self.unnamed(input),
                _ => break,
            }
        }
        if steps.len() > SHOWN {
            steps.truncate(SHOWN);
            steps.push("…".into());
        } else if let Some(start) = self.start(at) {
            steps.push(start);
        }
        // A single part is what the labels say.
        (steps.len() > 2).then(|| steps.into_iter().rev().collect::<Vec<_>>().join(" → "))
    }

    /// The node behind other names of its axes.
    fn unnamed(&self, mut node: NodeId) -> NodeId {
        while matches!(self.graph.nodes[node.0 as usize].op, Op::Reshape) {
            node = self.graph.nodes[node.0 as usize].args[0];
        }
        node
    }

    fn extents(&self, node: NodeId) -> String {
        let shape = self.graph.shape(node);
        let hidden = usize::from(shape.0.first().is_some_and(|a| a.dim.is_batch()));
        match &shape.0[hidden..] {
            [one] if one.dim.constant().is_none() => format!("({one})"),
            [one] => one.to_string(),
            axes => Shape(axes.to_vec()).to_string(),
        }
    }

    /// What the data gives, by its name and width.
    fn start(&self, node: NodeId) -> Option<String> {
        let (name, width) = (self.input_name(node)?, self.extents(node));
        // Data with a mistake in it has a width that is not known.
        Some(if width == format!("({name})") { name } else { format!("{name} {width}") })
    }

    fn input_name(&self, node: NodeId) -> Option<String> {
        let here = &self.graph.nodes[node.0 as usize];
        let id = match here.op {
            Op::Input(id) => id,
            // Columns and embeddings side by side.
            Op::Concat { .. } | Op::Slice { .. } | Op::Take => {
                return here.args.iter().find_map(|a| self.input_name(self.unnamed(*a)));
            }
            _ => return None,
        };
        let name = self.inputs.get(id.0 as usize)?.name.strip_prefix("input.")?;
        let of: Vec<_> = self.world.data.values().filter(|d| d.input(name).is_some()).collect();
        Some(match of.as_slice() {
            [one] => format!("{}.{name}", one.name),
            _ => name.to_string(),
        })
    }
}
