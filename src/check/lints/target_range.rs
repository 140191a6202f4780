use crate::data::TargetKind;
use crate::diag::{Diagnostic, codes};
use crate::text::format;
use crate::types::Domain;

use super::after_last::results;
use super::rows::{Rows, moments};
use super::{Find, Lint, Training};

pub(super) static LINT: Lint = Lint {
    code: &codes::TARGET_RANGE,
    reason: "an untrained model answers about 0; what lies far from there, or outside of what it can answer, is reached late or never",
    source: "Goodfellow et al. 2016, Deep Learning, 6.2.2",
    find: Find::Training(find),
};

/// Mean or deviation of a target that is far for a model that starts at 0.
const FAR: f64 = 30.0;

/// The share of targets outside of what the model can answer that is too many.
const OUTSIDE: f64 = 0.02;

/// What an activation at the end can give.
const RANGES: [(&str, f64, f64); 8] = [
    ("sigmoid", 0.0, 1.0),
    ("hardsigmoid", 0.0, 1.0),
    ("tanh", -1.0, 1.0),
    ("hardtanh", -1.0, 1.0),
    ("softsign", -1.0, 1.0),
    ("relu", 0.0, f64::INFINITY),
    ("relu6", 0.0, 6.0),
    ("softplus", 0.0, f64::INFINITY),
];

fn find(lint: &Lint, look: &Training) -> Vec<Diagnostic> {
    let Some(rows) = look.data.and_then(|d| Rows::of(d, false)) else { return vec![] };
    let (Some((TargetKind::Number, column, place)), [schema]) = (rows.target(), rows.schema.targets.as_slice()) else {
        return vec![];
    };
    let outs = results(look.out);
    let [out] = outs.as_slice() else { return vec![] };
    let mut numbers = rows.numbers(column, &rows.sample);
    for transform in &schema.transforms {
        match transform.row.name {
            "log1p" => numbers.iter_mut().for_each(|x| *x = x.ln_1p()),
            "zscore" => {
                let (mean, deviation) = moments(&numbers);
                let scale = if deviation > 0.0 { deviation } else { 1.0 };
                numbers.iter_mut().for_each(|x| *x = (*x - mean) / scale);
            }
            _ => return vec![],
        }
    }
    numbers.retain(|x| x.is_finite());
    if numbers.is_empty() {
        return vec![];
    }
    let (mean, deviation) = moments(&numbers);
    let name = &schema.name;
    let last = look.flow.behind(out.node, |p| matches!(&*p.name, "flatten" | "identity"), |_| false);
    let bounded = last.and_then(|p| RANGES.iter().find(|(n, ..)| *n == p.name).map(|r| (p, r.1, r.2)));
    if let Some((part, low, high)) = bounded {
        let outside = numbers.iter().filter(|x| **x < low || **x > high).count() as f64 / numbers.len() as f64;
        if outside <= OUTSIDE {
            return vec![];
        }
        let message =
            format!("{:.0}% of the targets lie outside of what the model can answer", (outside * 100.0).max(1.0));
        let scaled = if schema.transforms.is_empty() { "" } else { ", as the model sees it," };
        let to = if high.is_finite() { format::number(high, 3) } else { "above".into() };
        return vec![
            lint.report(
                message,
                part.span,
                format!("gives {} and {to}", format::number(low, 3)).replace("and above", "and more"),
            )
            .at(
                place,
                format!(
                    "`{name}`{scaled} is around {}, give or take {}",
                    format::number(mean, 3),
                    format::number(deviation, 3)
                ),
            )
            .help(format!("end the model with a `Linear(1)`, without `{}` behind it", part.written)),
        ];
    }
    if !schema.transforms.is_empty() || out.domain != Domain::Real || (mean.abs() <= FAR && deviation <= FAR) {
        return vec![];
    }
    let message = format!("`{name}` is far from what the model starts with");
    vec![
        lint.report(
            message,
            place,
            format!("around {}, give or take {}", format::number(mean, 3), format::number(deviation, 3)),
        )
        .help(format!("write `target {name}: number |> zscore`: metrics and predictions stay in its own units")),
    ]
}
