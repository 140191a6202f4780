use std::collections::HashMap;

use crate::data::TargetKind;
use crate::diag::{Diagnostic, codes};

use super::rows::Rows;
use super::{Evaluation, Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::ACCURACY_ALONE,
    reason: "always answering the frequent class is as accurate, and finds none of the rare one",
    source: "He and Garcia 2009, Learning from Imbalanced Data",
    find: Find::Evaluation(find),
};

/// The share of the largest class from which on classes are heavily imbalanced.
const HEAVY: f64 = 0.9;

fn find(lint: &Lint, look: &Evaluation) -> Vec<Diagnostic> {
    let Some(rows) = look.data.and_then(|d| Rows::of(d, false)) else { return vec![] };
    let Some((kind, column, place)) = rows.target() else { return vec![] };
    if *kind == TargetKind::Number {
        return vec![];
    }
    let mut classes: HashMap<_, usize> = HashMap::new();
    rows.sample.iter().for_each(|r| *classes.entry(column.cell(*r)).or_default() += 1);
    let most = classes.values().max().copied().unwrap_or(0) as f64 / rows.sample.len() as f64;
    if most < HEAVY {
        return vec![];
    }
    let alone = look.evaluations.iter().filter(|v| {
        !v.metrics.is_empty() && v.metrics.iter().all(|m| m.name() == "accuracy") && v.baselines.is_empty()
    });
    alone
        .map(|v| {
            let message = "accuracy alone says little here: one class is much more frequent";
            lint.report(message, v.span, "judged by `accuracy` alone")
                .at(place, format!("{:.1}% of the rows are of one class", most * 100.0))
                .help("add `pr_auc` and `recall`, or `baseline = prevalence`, which shows what always one answer gives")
        })
        .collect()
}
