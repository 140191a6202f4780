use crate::diag::{Diagnostic, codes};
use crate::engine::graph::Op;

use super::{Find, Flow, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::SQUASHED_TWICE,
    reason: "what comes out of the first lies in 0..1, of which the second makes a narrow band: 0.5 to 0.73 for sigmoids",
    source: "PyTorch: CrossEntropyLoss and BCEWithLogitsLoss take scores that were not squashed",
    find: Find::Flow(find),
};

fn find(lint: &Lint, flow: &Flow) -> Vec<Diagnostic> {
    let shapes = |op: &Op| {
        matches!(
            op,
            Op::Permute(_)
                | Op::Expand { .. }
                | Op::Slice { .. }
                | Op::Concat { .. }
                | Op::Pad { .. }
                | Op::Flip { .. }
        )
    };
    let second = flow.parts.iter().filter(|p| p.is_squash() || p.name == "logsoftmax" || p.name == "logsigmoid");
    second
        .filter_map(|part| {
            let passes = |p: &crate::check::applied::Applied| {
                p.is_dropout() || matches!(&*p.name, "flatten" | "unflatten" | "identity" | "reshape" | "transpose")
            };
            let first = flow.behind(part.input?, passes, shapes)?;
            if !first.is_squash() || std::ptr::eq(first, part) {
                return None;
            }
            Some(
                lint.report(
                    format!("`{}` of what `{}` has squashed already", part.written, first.written),
                    part.span,
                    "squashed again here",
                )
                .at(first.span, "squashed here")
                .help("leave out one of them; in hidden layers use an activation such as `ReLU`"),
            )
        })
        .collect()
}
