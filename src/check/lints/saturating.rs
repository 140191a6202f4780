use crate::diag::{Diagnostic, codes};

use super::after_last::results;
use super::{Find, Lint, Training};

pub(super) static LINT: Lint = Lint {
    code: &codes::SATURATING,
    reason: "each is flat far from zero and passes on less than it receives, so that the first layers hardly learn",
    source: "Glorot and Bengio 2010",
    find: Find::Training(find),
};

/// How many in one path: a sigmoid passes on a quarter of its gradient at most, the others all of it at zero.
const SIGMOIDS: u32 = 3;
const OTHERS: u32 = 5;

fn find(lint: &Lint, look: &Training) -> Vec<Diagnostic> {
    let flow = &look.flow;
    if flow.parts.iter().any(|p| p.is_norm() || p.name == "residual") {
        return vec![];
    }
    let last: Vec<_> = results(look.out).iter().map(|t| flow.still(t.node)).collect();
    // Deepest path to each node: sigmoids and others.
    let mut depth: Vec<(u32, u32)> = Vec::with_capacity(flow.graph.nodes.len());
    let mut found = None;
    for (i, node) in flow.graph.nodes.iter().enumerate() {
        let id = crate::engine::graph::NodeId(i as u32);
        let mut here = node.args.iter().map(|a| depth[a.0 as usize]).max().unwrap_or((0, 0));
        let part = flow.part(id).filter(|p| flow.still(p.output) == id && p.is_saturating() && !last.contains(&id));
        if let Some(part) = part {
            match &*part.name {
                "sigmoid" | "hardsigmoid" => here.0 += 1,
                _ => here.1 += 1,
            }
            if here.0 >= SIGMOIDS || here.0 + here.1 >= OTHERS {
                found.get_or_insert((part, here.0 + here.1));
            }
        }
        depth.push(here);
    }
    let Some((part, n)) = found else { return vec![] };
    let message = format!("{n} hidden layers with saturating activations, one after the other");
    vec![
        lint.report(message, part.span, format!("`{}` is number {n}", part.written))
            .help("use `ReLU`, `GELU` or `SiLU` in hidden layers, or a `BatchNorm1d` before each activation"),
    ]
}
