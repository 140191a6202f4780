//! Lints: what is allowed, and likely to be a mistake. One file each, with its row: code, reason, source of the rule.

mod accuracy_alone;
mod after_last;
mod batch_of_one;
mod bias_before_norm;
mod class_axis;
mod constant_column;
mod determines_target;
mod dropout_before_norm;
mod dropout_rate;
mod evaluation;
mod flow;
mod group_split;
mod identifier;
mod later_time;
mod learning_rate;
mod mostly_missing;
mod no_effect;
mod rows;
mod saturating;
mod squashed_twice;
mod target_range;
mod training;
mod two_linear;
mod uncalibrated;
mod unscaled;
mod wide_one_hot;

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Severity};
use crate::text::Span;

pub(super) use evaluation::Evaluation;
pub(super) use flow::Flow;
pub(super) use learning_rate::Optimizer;
pub(super) use rows::Rows;
pub(super) use training::Training;

/// One rule. The page of its code has a bad and a good program.
pub(super) struct Lint {
    pub code: &'static Code,
    /// Why it matters, in one sentence.
    pub reason: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    pub find: Find,
}

/// What a rule looks at.
pub(super) enum Find {
    /// The parts of a model, be it trained or not.
    Flow(fn(&Lint, &Flow) -> Vec<Diagnostic>),
    Training(fn(&Lint, &Training) -> Vec<Diagnostic>),
    Optimizer(fn(&Lint, &Optimizer) -> Vec<Diagnostic>),
    /// A data item whose rows are there.
    Rows(fn(&Lint, &Rows) -> Vec<Diagnostic>),
    Evaluation(fn(&Lint, &Evaluation) -> Vec<Diagnostic>),
}

/// All rules, in the order of their codes.
pub(super) static LINTS: &[&Lint] = &[
    &no_effect::LINT,
    &two_linear::LINT,
    &after_last::LINT,
    &saturating::LINT,
    &batch_of_one::LINT,
    &dropout_rate::LINT,
    &dropout_before_norm::LINT,
    &learning_rate::LINT,
    &squashed_twice::LINT,
    &class_axis::LINT,
    &unscaled::LINT,
    &identifier::LINT,
    &determines_target::LINT,
    &constant_column::LINT,
    &mostly_missing::LINT,
    &wide_one_hot::LINT,
    &group_split::LINT,
    &later_time::LINT,
    &target_range::LINT,
    &accuracy_alone::LINT,
    &uncalibrated::LINT,
    &bias_before_norm::LINT,
];

impl Lint {
    /// A finding, with the reason and where the rule comes from.
    fn report(&self, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, message).at(span, label).help(format!("{} ({})", self.reason, self.source))
    }
}

pub(super) fn flow(look: &Flow) -> Vec<Diagnostic> {
    let each = |lint: &&Lint| match lint.find {
        Find::Flow(find) => find(lint, look),
        _ => vec![],
    };
    LINTS.iter().flat_map(each).collect()
}

pub(super) fn training(look: &Training) -> Vec<Diagnostic> {
    let each = |lint: &&Lint| match lint.find {
        Find::Training(find) => find(lint, look),
        Find::Flow(find) => find(lint, &look.flow),
        _ => vec![],
    };
    LINTS.iter().flat_map(each).collect()
}

pub(super) fn optimizer(look: &Optimizer) -> Vec<Diagnostic> {
    let each = |lint: &&Lint| match lint.find {
        Find::Optimizer(find) => find(lint, look),
        _ => vec![],
    };
    LINTS.iter().flat_map(each).collect()
}

pub(super) fn rows(look: &Rows) -> Vec<Diagnostic> {
    let each = |lint: &&Lint| match lint.find {
        Find::Rows(find) => find(lint, look),
        _ => vec![],
    };
    LINTS.iter().flat_map(each).collect()
}

pub(super) fn evaluation(look: &Evaluation) -> Vec<Diagnostic> {
    let each = |lint: &&Lint| match lint.find {
        Find::Evaluation(find) => find(lint, look),
        _ => vec![],
    };
    LINTS.iter().flat_map(each).collect()
}

/// A definition that is used several times is one finding.
pub(super) fn once(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeSet<(&'static str, Option<Span>)> = BTreeSet::new();
    let is_lint = |d: &Diagnostic| LINTS.iter().any(|l| l.code == d.code);
    diagnostics.retain(|d| d.severity == Severity::Error || !is_lint(d) || seen.insert((d.code.id, d.span())));
}
