use crate::diag::{Diagnostic, codes};
use crate::engine::graph::{Map, Op};

use super::{Find, Flow, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::DROPOUT_BEFORE_NORM,
    reason: "dropout changes the variance while training only, so the statistics that BatchNorm keeps are wrong later",
    source: "Li et al. 2019, Understanding the Disharmony between Dropout and Batch Normalization",
    find: Find::Flow(find),
};

fn find(lint: &Lint, flow: &Flow) -> Vec<Diagnostic> {
    let norms = flow.parts.iter().filter(|p| p.is_batch_norm());
    norms
        .filter_map(|norm| {
            let passes = |op: &Op| matches!(op, Op::Map(m) if !matches!(m, Map::Add | Map::Mul | Map::Sub));
            let before = flow.behind(norm.input?, |p| p.is_bent() || p.is_saturating(), passes)?;
            before.is_dropout().then(|| {
                lint.report(
                    format!("`{}` before `{}`", before.written, norm.written),
                    before.span,
                    "drops what is normalised next",
                )
                .at(norm.span, "normalised here")
                .help(format!("put `{}` behind the normalisation and the activation", before.written))
            })
        })
        .collect()
}
