use crate::diag::{Diagnostic, codes};

use super::{Find, Flow, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::BIAS_BEFORE_NORM,
    reason: "the normalisation subtracts the mean, and with it every bias before",
    source: "Ioffe and Szegedy 2015, 3.2",
    find: Find::Flow(find),
};

fn find(lint: &Lint, flow: &Flow) -> Vec<Diagnostic> {
    let norms = flow.parts.iter().filter(|p| p.is_batch_norm());
    norms
        .filter_map(|norm| {
            let linear = flow.behind(norm.input?, |_| false, |_| false)?;
            (linear.name == "linear" && linear.number("bias") != Some(0.0)).then(|| {
                lint.report("this bias has no effect", linear.span, "its bias is subtracted again")
                    .at(norm.span, "by this normalisation")
                    .help("write `bias = false`")
            })
        })
        .collect()
}
