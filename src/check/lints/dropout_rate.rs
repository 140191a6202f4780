use crate::diag::{Diagnostic, codes};
use crate::text::format;

use super::{Find, Flow, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::DROPOUT_RATE,
    reason: "`p` is the share that is dropped; dropping half makes the strongest noise, and more only loses numbers",
    source: "Srivastava et al. 2014",
    find: Find::Flow(find),
};

fn find(lint: &Lint, flow: &Flow) -> Vec<Diagnostic> {
    let high = flow.parts.iter().filter(|p| p.is_dropout());
    high.filter_map(|part| {
        let p = part.number("p").filter(|p| *p > 0.5)?;
        let message = format!("`{}` drops {} of 100 numbers", part.written, format::number(p * 100.0, 4));
        let keep = format::number(1.0 - p, 4);
        Some(
            lint.report(message, part.span, "more than half")
                .help(format!("if {keep} is the share to be dropped, write `{}({keep})`", part.written)),
        )
    })
    .collect()
}
