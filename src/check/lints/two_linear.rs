use crate::diag::{Diagnostic, codes};

use super::{Find, Flow, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::TWO_LINEAR,
    reason: "a product of two matrices is a matrix: both together can do no more than one",
    source: "Goodfellow et al. 2016, Deep Learning, 6.1",
    find: Find::Flow(find),
};

fn find(lint: &Lint, flow: &Flow) -> Vec<Diagnostic> {
    let second = flow.parts.iter().filter(|p| p.name == "linear");
    second
        .filter_map(|part| {
            let first = flow.behind(part.input?, |p| p.is_dropout(), |_| false)?;
            if first.name != "linear" || flow.uses(first.output) > 1 || first.span == part.span {
                return None;
            }
            Some(
                lint.report("two Linear in a row, and nothing between that bends", part.span, "the second one")
                    .at(first.span, "the first one")
                    .help("put an activation between them, such as `ReLU`, or leave one out"),
            )
        })
        .collect()
}
