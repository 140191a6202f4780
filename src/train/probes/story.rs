//! What probes see: the losses so far, and the gradients, weights and updates of the step at hand.

use std::sync::Arc;

use crate::check::TrainItem;
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::Span;
use crate::train::run::Run;

/// The course of a training.
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// The loss of the first batch, before any update. Of a resumed training the mean loss of its first epoch, infinite if there is
    /// none: nothing is said of it then.
    pub start: f64,
    /// Steps 1, 2..3, 4..7, 8..15, …, as far as they are whole.
    pub windows: Vec<Window>,
    /// The loss of the best answer that is the same for all rows; `None` where the loss is none of the common ones.
    pub constant: Option<Constant>,
    /// Steps done, and planned.
    pub step: u64,
    pub planned: u64,
    /// The sample before.
    pub before: Option<Sample>,
    window: (f64, u64),
}

/// Steps that lie one behind the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The first step and the last one, counted from 1.
    pub steps: (u64, u64),
    pub mean: f64,
}

/// The best answer that does not look at the row.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    pub loss: f64,
    /// In words: `the mean`, `each class by its share`.
    pub answer: &'static str,
    /// The loss of a model that answers about 0, or all classes alike.
    pub untrained: f64,
}

/// A step that is looked at more closely.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub step: u64,
    pub loss: f64,
    pub parameters: Vec<Moved>,
}

/// A trained parameter at a sampled step.
#[derive(Debug, Clone)]
pub struct Moved {
    pub path: Arc<str>,
    pub span: Span,
    /// Axes of its shape: 2 for the weight of a `Linear`.
    pub rank: usize,
    /// Extent of its first axis, which for most layers is that of their units; and how many of these have a gradient of 0 throughout.
    pub rows: usize,
    pub idle: usize,
    /// Norms.
    pub gradient: f64,
    pub weight: f64,
    pub update: f64,
}

impl Story {
    pub fn new(run: &Run) -> Story {
        let start = run.state.history.epochs.first().map_or(f64::INFINITY, |e| e.loss);
        Story { start, planned: run.planned_steps(), constant: constant(run), ..Story::default() }
    }

    #[inline]
    pub fn note(&mut self, step: u64, loss: f64) {
        self.step = step;
        self.window.0 += loss;
        self.window.1 += 1;
        if (step + 1).is_power_of_two() {
            let (sum, n) = std::mem::take(&mut self.window);
            self.windows.push(Window { steps: (step + 1 - n, step), mean: sum / n as f64 });
        }
    }

    /// The mean loss of the last window, the running one if it has some steps.
    pub fn recent(&self) -> f64 {
        match (self.window, self.windows.last()) {
            ((sum, n), _) if n >= 8 => sum / n as f64,
            (_, Some(w)) => w.mean,
            ((sum, n), None) => sum / n.max(1) as f64,
        }
    }
}

impl Moved {
    /// The update's norm over the weights'.
    pub fn ratio(&self) -> f64 {
        if self.weight > 0.0 { self.update / self.weight } else { f64::NAN }
    }
}

/// The place of the learning rate: the first optimizer.
pub fn rate_span(item: &TrainItem) -> Span {
    item.optimizers.first().map_or(item.span, |(_, o)| o.span)
}

/// The name of the loss, where it is the library's as it stands.
pub fn loss_name(item: &TrainItem) -> Option<&str> {
    match &item.loss.kind {
        ExprKind::Name(n) => Some(&n.text),
        ExprKind::Call { callee, args } if args.is_empty() => name(callee),
        _ => None,
    }
}

fn name(e: &Expr) -> Option<&str> {
    match &e.kind {
        ExprKind::Name(n) => Some(&n.text),
        _ => None,
    }
}

/// `-Σ p log p`, `Σ (y - mean)²/n` and their kin, on the training rows.
fn constant(run: &Run) -> Option<Constant> {
    let item = &run.setup.item;
    if item.weight.is_some() {
        return None;
    }
    let loss = loss_name(item)?;
    let answer = run.forward.answers.first()?;
    let target = run.setup.data.target(answer.target.as_deref()?)?;
    if target.width != 1 {
        return None;
    }
    let rows = &run.setup.data.split.train;
    let values = || rows.iter().filter_map(|r| target.values.get(*r as usize)).map(|x| f64::from(*x));
    let (count, sum) = values().fold((0usize, 0.0), |(n, sum), y| (n + 1, sum + y));
    if count < 8 || !sum.is_finite() {
        return None;
    }
    let n = count as f64;
    let mean = sum / n;
    let made =
        |loss: f64, answer: &'static str, untrained: f64| (loss > 1e-9).then_some(Constant { loss, answer, untrained });
    let entropy = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    match loss {
        "bce" | "bce_with_logits" => {
            made(entropy(mean) + entropy(1.0 - mean), "the share of 1s for every row", std::f64::consts::LN_2)
        }
        "brier" if answer.width == 1 => made(mean * (1.0 - mean), "the share of 1s for every row", 0.25),
        "cross_entropy" | "nll" | "nll_prob" => {
            let classes = answer.width.max(2);
            let mut counts = vec![0.0; classes];
            for y in values() {
                *counts.get_mut(y as usize)? += 1.0;
            }
            let loss = counts.iter().map(|c| entropy(c / n)).sum();
            made(loss, "each class by its share", (classes as f64).ln())
        }
        "mse" => {
            let variance = values().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
            made(variance, "the mean for every row", variance + mean * mean)
        }
        "l1" => {
            let mut kept: Vec<f64> = values().collect();
            let (_, &mut median, _) = kept.select_nth_unstable_by(count / 2, f64::total_cmp);
            let around = |m: f64| kept.iter().map(|y| (y - m).abs()).sum::<f64>() / n;
            made(around(median), "the median for every row", around(0.0))
        }
        _ => None,
    }
}
