//! What can be watched of a training, and conditions on it.

use std::fmt;

use crate::check::measure::{Asked, Measure};
use crate::diag::{Diagnostic, codes};
use crate::metrics::{self, Request};
use crate::train::Run;
use crate::train::inspect::{Batch, norms_below};

use super::form::unknown;

/// A number that a training has between two steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// Of the last step's batch.
    Loss,
    /// Of the last epoch.
    EpochLoss,
    Step,
    Epoch,
    Lr,
    /// Of the next step's batch, before clipping; all parameters, or those below a path.
    GradNorm(String),
    /// As the last epoch ended.
    Val(String),
    /// `classifier.0.weight.norm`
    Weight {
        path: String,
        stat: Stat,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stat {
    Norm,
    Mean,
    Std,
    Min,
    Max,
    Zeros,
}

/// How statistics of weights are called.
pub const STATS: [(&str, Stat); 6] = [
    ("norm", Stat::Norm),
    ("mean", Stat::Mean),
    ("std", Stat::Std),
    ("min", Stat::Min),
    ("max", Stat::Max),
    ("zeros", Stat::Zeros),
];

/// Quantities without arguments.
pub const PLAIN: [(&str, Quantity); 5] = [
    ("loss", Quantity::Loss),
    ("epoch_loss", Quantity::EpochLoss),
    ("step", Quantity::Step),
    ("epoch", Quantity::Epoch),
    ("lr", Quantity::Lr),
];

impl Quantity {
    /// Reads what is written; paths are checked against the run.
    pub fn read(text: &str, run: &Run) -> Result<Quantity, Diagnostic> {
        let text = text.trim();
        if let Some((_, q)) = PLAIN.iter().find(|(n, _)| *n == text) {
            return Ok(q.clone());
        }
        if text == "grad_norm" {
            return Ok(Quantity::GradNorm(String::new()));
        }
        if let Some(path) = text.strip_prefix("grad_norm(").and_then(|t| t.strip_suffix(')')) {
            let path = path.trim();
            known_path(path, run, false)?;
            return Ok(Quantity::GradNorm(path.to_string()));
        }
        if let Some(name) = text.strip_prefix("val.") {
            let watched = run.setup.item.stop.iter().map(|(w, ..)| w).chain(&run.setup.item.keep);
            let known: Vec<String> = watched.filter_map(|w| w.metric.as_ref().map(|m| m.name())).collect();
            if run.setup.data.split.val.is_empty() {
                return Err(Diagnostic::new(&codes::SPLIT, format!("`{}` has no val rows", run.setup.data.name))
                    .help("give the split a share for them: `val = 15%`"));
            }
            if name != "loss" && !known.iter().any(|k| k == name) && metrics::find_metric(name).is_none() {
                return Err(unknown("metric", name, metrics::METRICS.iter().map(|m| m.name)));
            }
            return Ok(Quantity::Val(name.to_string()));
        }
        if let Some((path, stat)) = text.rsplit_once('.')
            && let Some((_, stat)) = STATS.iter().find(|(n, _)| *n == stat)
        {
            known_path(path, run, true)?;
            return Ok(Quantity::Weight { path: path.to_string(), stat: *stat });
        }
        let names = PLAIN.iter().map(|(n, _)| *n).chain(["grad_norm"]);
        Err(unknown("quantity", text, names).help(
            "watched can be loss, epoch_loss, step, epoch, lr, val.METRIC, grad_norm, grad_norm(PATH), and PATH.norm, .mean, .std, .min, .max or .zeros of a parameter",
        ))
    }

    /// The number as it stands; NaN where there is none yet.
    pub fn of(&self, run: &mut Run) -> f64 {
        match self {
            Quantity::Loss if run.state.step == 0 => f64::NAN,
            Quantity::Loss => run.state.last_loss,
            Quantity::EpochLoss => run.state.history.epochs.last().map_or(f64::NAN, |e| e.loss),
            Quantity::Step => run.state.step as f64,
            Quantity::Epoch => run.state.epoch as f64,
            Quantity::Lr => run.learning_rate(),
            Quantity::GradNorm(path) => match run.gradients(Batch::Next) {
                Ok(gradients) => {
                    norms_below(&gradients).iter().find(|(p, _)| p == path).map_or(f64::NAN, |(_, norm)| *norm)
                }
                Err(_) => f64::NAN,
            },
            Quantity::Val(name) => {
                let Some(last) = run.state.history.epochs.last() else { return f64::NAN };
                if let Some((_, x)) = last.val.iter().find(|(n, _)| n == name) {
                    return *x;
                }
                let Some(metric) = metrics::find_metric(name) else { return f64::NAN };
                let rows = run.setup.data.split.val.clone();
                let Ok(answers) = run.answers(&rows) else { return f64::NAN };
                let score =
                    run.score(&answers, &rows, &Asked { field: None, measure: Measure::Known(Request::plain(metric)) });
                score.and_then(|s| s.number()).unwrap_or(f64::NAN)
            }
            Quantity::Weight { path, stat } => {
                let weights = run.weights();
                let Some(w) = weights.iter().find(|w| *w.path == **path) else { return f64::NAN };
                let s = w.stats;
                match stat {
                    _ if s.non_finite > 0 => f64::NAN,
                    Stat::Norm => s.norm,
                    Stat::Mean => s.mean,
                    Stat::Std => s.std,
                    Stat::Min => s.min,
                    Stat::Max => s.max,
                    Stat::Zeros => s.zeros,
                }
            }
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = PLAIN.iter().find(|(_, q)| q == self) {
            return f.write_str(name);
        }
        match self {
            Quantity::GradNorm(path) if path.is_empty() => f.write_str("grad_norm"),
            Quantity::GradNorm(path) => write!(f, "grad_norm({path})"),
            Quantity::Val(name) => write!(f, "val.{name}"),
            Quantity::Weight { path, stat } => {
                let name = STATS.iter().find(|(_, s)| s == stat).map_or("", |(n, _)| n);
                write!(f, "{path}.{name}")
            }
            _ => Ok(()),
        }
    }
}

/// Whether the model has something at a path: a parameter or buffer, or also what lies above one.
pub fn known_path(path: &str, run: &Run, whole: bool) -> Result<(), Diagnostic> {
    let parts: Vec<String> = run.weights().iter().map(|w| w.path.to_string()).collect();
    let below = |p: &String| p == path || (!whole && p.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
    if parts.iter().any(below) {
        return Ok(());
    }
    let mut names: Vec<&str> = parts.iter().map(String::as_str).collect();
    if !whole {
        for p in &parts {
            names.extend(p.match_indices('.').map(|(i, _)| &p[..i]));
        }
        names.sort_unstable();
        names.dedup();
    }
    Err(unknown("layer or parameter", path, names))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Test {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    IsNan,
}

const TESTS: [(&str, Test); 6] = [
    ("<=", Test::LessEqual),
    (">=", Test::GreaterEqual),
    ("==", Test::Equal),
    ("!=", Test::NotEqual),
    ("<", Test::Less),
    (">", Test::Greater),
];

/// Comparisons joined by `and` and `or`, of which `and` binds closer.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub text: String,
    any: Vec<Vec<Comparison>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    left: Quantity,
    test: Test,
    right: Side,
}

#[derive(Debug, Clone, PartialEq)]
enum Side {
    Number(f64),
    Quantity(Quantity),
}

impl Condition {
    pub fn read(text: &str, run: &Run) -> Result<Condition, Diagnostic> {
        let mut any = Vec::new();
        for alternative in split_word(text, "or") {
            let mut all = Vec::new();
            for one in split_word(alternative, "and") {
                all.push(comparison(one.trim(), run)?);
            }
            any.push(all);
        }
        Ok(Condition { text: text.split_whitespace().collect::<Vec<_>>().join(" "), any })
    }

    pub fn holds(&self, run: &mut Run) -> bool {
        self.any.iter().any(|all| all.iter().all(|c| c.holds(run)))
    }

    /// Whether it waits for a loss that is not a number.
    pub fn waits_for_nan(&self) -> bool {
        self.any.iter().flatten().any(|c| c.test == Test::IsNan)
    }
}

impl Comparison {
    fn holds(&self, run: &mut Run) -> bool {
        let left = self.left.of(run);
        let right = match &self.right {
            Side::Number(x) => *x,
            Side::Quantity(q) => q.of(run),
        };
        match self.test {
            Test::Less => left < right,
            Test::LessEqual => left <= right,
            Test::Greater => left > right,
            Test::GreaterEqual => left >= right,
            Test::Equal => left == right,
            Test::NotEqual => left != right && !left.is_nan(),
            // Before the first step there is no loss, which is something else than a loss that is not a number.
            Test::IsNan => !left.is_finite() && run.state.step > 0,
        }
    }
}

fn split_word<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(word) {
        let before = text[..at].ends_with(char::is_whitespace);
        let after = text[at + word.len()..].starts_with(char::is_whitespace);
        if before && after && at >= start {
            out.push(&text[start..at]);
            start = at + word.len();
        }
    }
    out.push(&text[start..]);
    out
}

fn comparison(text: &str, run: &Run) -> Result<Comparison, Diagnostic> {
    let help =
        "for example `loss < 0.1`, `loss is nan`, `epoch == 20`, `grad_norm(classifier.0) > 10`, joined by `and`, `or`";
    if let Some(left) = text.strip_suffix("is nan").filter(|l| l.ends_with(char::is_whitespace)) {
        let left = Quantity::read(left, run)?;
        return Ok(Comparison { left, test: Test::IsNan, right: Side::Number(f64::NAN) });
    }
    let found = TESTS.iter().filter_map(|(sign, test)| text.find(sign).map(|at| (at, *sign, *test)));
    let Some((at, sign, test)) = found.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len()))) else {
        return Err(Diagnostic::new(&codes::SYNTAX, format!("`{text}` is no condition")).help(help));
    };
    let (left, right) = (text[..at].trim(), text[at + sign.len()..].trim());
    let right = match number(right) {
        Some(x) => Side::Number(x),
        None if right.is_empty() => {
            return Err(Diagnostic::new(&codes::SYNTAX, format!("`{text}` compares with nothing")).help(help));
        }
        None => Side::Quantity(Quantity::read(right, run)?),
    };
    Ok(Comparison { left: Quantity::read(left, run)?, test, right })
}

fn number(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(x) => x.trim().replace('_', "").parse::<f64>().ok().map(|x| x / 100.0),
        None => text.replace('_', "").parse().ok(),
    }
}
