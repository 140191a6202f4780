use std::collections::BTreeSet;

use crate::check::elaborate::Role;
use crate::diag::{Diagnostic, codes};
use crate::engine::graph::{Map, NodeId, Op};

use super::{Find, Lint, Training};

pub(super) static LINT: Lint = Lint {
    code: &codes::NO_EFFECT,
    reason: "no gradient reaches it, so it stays as it starts",
    source: "the chain rule",
    find: Find::Training(find),
};

fn find(lint: &Lint, look: &Training) -> Vec<Diagnostic> {
    let Some(loss) = look.loss else { return vec![] };
    let nodes = &look.flow.graph.nodes;
    let mut reached = vec![false; nodes.len()];
    reached[loss.0 as usize] = true;
    for i in (0..nodes.len()).rev().filter(|i| *i <= loss.0 as usize) {
        if reached[i] {
            for arg in passes(&nodes[i].op, &nodes[i].args) {
                reached[arg.0 as usize] = true;
            }
        }
    }
    let live: BTreeSet<usize> = nodes
        .iter()
        .zip(&reached)
        .filter_map(|(node, reached)| match node.op {
            Op::Slot(id) if *reached => Some(id.0 as usize),
            _ => None,
        })
        .collect();
    let slots = look.slots.iter().enumerate();
    slots
        .filter(|(i, slot)| slot.role == Role::Parameter && !slot.frozen && !live.contains(i))
        .map(|(_, slot)| {
            lint.report(format!("`{}` can't influence the loss", slot.path), slot.span, "never gets a gradient")
                .help("use what it gives, or leave it out")
        })
        .collect()
}

/// The arguments that a gradient flows to.
fn passes<'a>(op: &Op, args: &'a [NodeId]) -> &'a [NodeId] {
    match op {
        Op::StopGradient | Op::ArgMax { .. } | Op::ArgSort { .. } | Op::Length { .. } => &[],
        Op::Map(
            Map::Sign
            | Map::Floor
            | Map::Ceil
            | Map::Round
            | Map::Not
            | Map::IsFinite
            | Map::Lt
            | Map::Le
            | Map::Eq
            | Map::And
            | Map::Or,
        ) => &[],
        Op::Map(Map::Where) => args.get(1..).unwrap_or(&[]),
        Op::Take => args.get(..1).unwrap_or(&[]),
        _ => args,
    }
}
