//! What is said of a number that is not finite: one message about where it came from.

use crate::check::TrainItem;
use crate::diag::{Diagnostic, codes};
use crate::text::format::number;
use crate::train::inspect::{Origin, Source};
use crate::train::trace::Trace;

/// The diagnostic of a trace; `fault` is what the training itself said.
pub(super) fn explained(trace: &Trace, item: &TrainItem, fault: Diagnostic) -> Diagnostic {
    let rate = item.optimizers.first().map(|(_, o)| o.span).unwrap_or(item.span);
    if trace.ran_away() {
        return ran_away(trace, item, rate);
    }
    match &trace.origin {
        Some(origin) => of_origin(origin, trace, item),
        None => match &trace.updated {
            Some(path) => Diagnostic::new(
                &codes::NOT_FINITE,
                format!(
                    "step {}: the update made `{path}` infinite or not a number, from gradients that were finite",
                    trace.step
                ),
            )
            .at(rate, "this optimizer made the step")
            .help("look at the optimizer: a division by zero, a root of a negative number, a rate that is not finite"),
            None => fault,
        },
    }
}

fn ran_away(trace: &Trace, item: &TrainItem, rate: crate::text::Span) -> Diagnostic {
    let losses: Vec<String> = trace.losses.iter().map(|(s, x)| format!("{} at step {s}", number(*x, 3))).collect();
    let mut message = format!("step {}: the training ran away until a number was too large", trace.step);
    if !losses.is_empty() {
        message += &format!("; the loss was {}", losses.join(", "));
    }
    let mut d = Diagnostic::new(&codes::NOT_FINITE, message);
    d = match &trace.leap {
        Some((step, path, times)) => {
            d.at(rate, format!("step {step} moved `{path}` by {} times its size", number(*times, 3)))
        }
        None => d.at(rate, "the steps are too large"),
    };
    if let Some(span) = trace.origin.as_ref().and_then(|o| o.place.span).filter(|s| *s != rate) {
        d = d.at(span, "overflowed here");
    }
    let help = match item.clip {
        Some(_) => "try a tenth of the learning rate",
        None => {
            "try a tenth of the learning rate; if columns or target are large numbers, scale them (`|> zscore`); `clip = norm(1.0)` bounds the gradients"
        }
    };
    d.help(help)
}

fn of_origin(origin: &Origin, trace: &Trace, item: &TrainItem) -> Diagnostic {
    let (step, what) = (trace.step, origin.what);
    let step = match trace.validating {
        true => format!("step {step}, on the val rows"),
        false => format!("step {step}"),
    };
    let path = origin.place.path.as_deref().filter(|p| !p.is_empty());
    let at = origin.place.span.unwrap_or(item.span);
    let rows = match origin.rows.as_slice() {
        [] => String::new(),
        [one] => format!(", for row {} of `{}`", one + 1, item.data),
        several => {
            let list: Vec<String> = several.iter().map(|r| (r + 1).to_string()).collect();
            format!(", for rows {} of `{}`", list.join(", "), item.data)
        }
    };
    match &origin.source {
        Source::Cell(column) => {
            Diagnostic::new(&codes::NOT_FINITE, format!("{step}: the data is {what} in the column `{column}`{rows}"))
                .at(at, "read here")
                .help(format!(
                    "look at `{column}` in these rows: fill what is missing (`missing = …`), or leave the rows out"
                ))
        }
        Source::Weight(path) => Diagnostic::new(
            &codes::NOT_FINITE,
            format!(
                "{step}: `{path}` is {what} before the training has changed it ({} of {} numbers)",
                origin.count.0, origin.count.1
            ),
        )
        .at(at, "its initial value")
        .help("look at what it starts from: its `=`, or the training that `start` names"),
        Source::Scalar => {
            Diagnostic::new(&codes::NOT_FINITE, format!("{step}: a number that follows the clock is {what}"))
                .at(at, "computed here")
                .help("look at schedules and factors that depend on `step`, `epoch` or `progress`")
        }
        Source::Operation(name) => {
            let operands: Vec<String> = origin
                .operands
                .iter()
                .map(|o| match o.value {
                    Some(x) => number(x, 4),
                    None => format!("{} in {}..{}", o.name, number(o.min, 3), number(o.max, 3)),
                })
                .collect();
            let side = if origin.backward { "the derivative" } else { "the value" };
            let of = path.map_or(String::new(), |p| format!(" of `{p}`"));
            let message = format!("{step}: {side}{of} is {what}: `{name}` of {}{rows}", operands.join(" and "));
            Diagnostic::new(&codes::NOT_FINITE, message).at(at, "computed here").help(advice(name, origin.backward))
        }
    }
}

/// What keeps an operation finite, or the derivative that it is part of.
fn advice(operation: &str, derivative: bool) -> &'static str {
    match operation {
        "div" | "pow" if derivative => {
            "roots and norms have no finite derivative at 0: add a small number to what they are taken of, `sqrt(x + 1e-7)`"
        }
        "log" | "log1p" => {
            "keep its argument above 0: `log(x + 1e-7)`, or take the loss that has the logarithm built in (`bce_with_logits`, `cross_entropy`)"
        }
        "div" => "keep the divisor away from 0: `x / (y + 1e-7)`",
        "sqrt" => "keep its argument at 0 or above, and away from 0 where a gradient is taken: `sqrt(x + 1e-7)`",
        "pow" => "a power of a number below 0 is not a real number; of 0 with a negative exponent it is infinite",
        "exp" | "expm1" => "`exp` overflows above 88: take the stable forms (`softplus`, `logsumexp`, `softmax`)",
        _ => "the numbers that it is applied to are too large: scale the inputs (`|> zscore`), lower the learning rate",
    }
}
