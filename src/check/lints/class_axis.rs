use crate::diag::{Diagnostic, codes};
use crate::engine::graph::{NodeId, Op};

use super::{Find, Flow, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::CLASS_AXIS,
    reason: "the class axis of scores is the first one, and a product makes the last: the shares then sum to one over the wrong axis, and it trains all the same",
    source: "PyTorch: cross_entropy has the classes first behind the batch; Vaswani et al. 2017 take the softmax over the last axis",
    find: Find::Flow(find),
};

/// Batch, classes, and one axis more.
const SEVERAL_AXES: usize = 3;

fn find(lint: &Lint, flow: &Flow) -> Vec<Diagnostic> {
    let over_classes = flow.parts.iter().filter(|p| matches!(&*p.name, "softmax" | "logsoftmax" | "softmin"));
    let wrong = over_classes.filter(|part| part.input.is_some_and(|z| is_product(flow, z)));
    wrong
        .map(|part| {
            let message =
                format!("`{}` goes over the first axis, and the product before it made the last", part.written);
            lint.report(message, part.span, "sums to one over the first axis")
                .help("over the last axis it is written `exp(z - logsumexp(z, dim = -1, keepdim = true))`")
        })
        .collect()
}

/// Whether a tensor of several axes is a matrix product, scaled or shifted at most.
fn is_product(flow: &Flow, node: NodeId) -> bool {
    let node = flow.still(node);
    let inner = &flow.graph.nodes[node.0 as usize];
    match &inner.op {
        Op::MatMul => inner.shape.rank() >= SEVERAL_AXES,
        Op::Map(_) | Op::Expand { .. } => {
            inner.shape.rank() >= SEVERAL_AXES && inner.args.first().is_some_and(|first| is_product(flow, *first))
        }
        _ => false,
    }
}
