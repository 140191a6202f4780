//! A checked program: what `plan` compiles and `session` carries out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::data::{CsvSource, DataSpec, RawTable, Schema};
use crate::metrics::Baseline;
use crate::syntax::ast;
use crate::text::{FileId, Span};
use crate::types::Args;

use super::closer_look::CloserLook;
use super::measure::Asked;
use super::scope::Definition;
use super::world::World;

pub struct Program {
    pub file: FileId,
    /// What the file says of itself.
    pub doc: Option<Arc<str>>,
    /// The folder of the file; paths that the program reads are relative to it.
    pub base: PathBuf,
    pub world: World,
    pub hypers: Vec<Hyper>,
    pub data: Vec<DataItem>,
    /// In file order; what the program does.
    pub actions: Vec<Action>,
    pub tests: Vec<TestItem>,
    /// Codes that the file silences, and the text in which.
    pub allowed: Vec<(Arc<str>, Span)>,
    /// Texts of the files it uses, by path relative to `base`.
    pub uses: BTreeMap<String, String>,
}

/// `hyper lr: real in 1e-5..1e-1 log = 1e-3`
#[derive(Debug, Clone)]
pub struct Hyper {
    pub name: Arc<str>,
    /// As written: `real in 1e-5..1e-1 log`.
    pub ty: String,
    pub default: String,
    /// The value at hand, as the language writes it.
    pub value: String,
    pub doc: Option<Arc<str>>,
    pub span: Span,
}

/// A `data` item with what was found when looking at its source.
pub struct DataItem {
    pub name: Arc<str>,
    pub span: Span,
    pub spec: DataSpec,
    /// `None` if the source could not be read, which was reported.
    pub table: Option<Arc<RawTable>>,
    pub schema: Option<Schema>,
    /// The split is written, and was not understood, which was reported.
    pub unknown_sides: bool,
}

pub enum Action {
    Print { value: ast::Expr, span: Span },
    Plot(Box<PlotItem>),
    Train(Box<TrainItem>),
    Evaluate(Box<EvaluateItem>),
    Predict(Box<PredictItem>),
}

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Train,
    Val,
    Test,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Side::Train => "train",
            Side::Val => "val",
            Side::Test => "test",
        }
    }
}

/// A number that a training is watched by: `val.pr_auc`, `val.loss`.
#[derive(Debug, Clone)]
pub struct Watched {
    pub side: Side,
    /// `None`: the loss.
    pub metric: Option<Asked>,
    pub span: Span,
}

impl Watched {
    pub fn name(&self) -> String {
        format!("{}.{}", self.side.name(), self.metric_name())
    }

    /// Its name without the side: `loss`, `roc_auc`, `price.r2`.
    pub fn metric_name(&self) -> String {
        self.metric.as_ref().map_or("loss".to_string(), Asked::name)
    }

    /// Whether greater is better.
    pub fn rises(&self) -> bool {
        self.metric.as_ref().is_some_and(|m| m.better() == crate::metrics::Better::Higher)
    }
}

/// An optimizer, with the path it is for.
pub type OptimizerItem = (Option<(Arc<str>, Span)>, ast::Expr);

#[derive(Debug, Clone)]
pub struct TrainItem {
    pub name: Arc<str>,
    pub span: Span,
    pub model: Arc<Definition>,
    /// Values of the model's configuration, for `model = Net(width = 32)`.
    pub model_args: Option<ast::Expr>,
    pub data: Arc<str>,
    pub loss: ast::Expr,
    /// Each with the path it is for; none: everything that no other has.
    pub optimizers: Vec<OptimizerItem>,
    pub batch_size: usize,
    pub epochs: Option<u64>,
    pub steps: Option<u64>,
    pub accumulate: usize,
    pub clip: Option<Clip>,
    pub weight: Option<ast::Expr>,
    pub freeze: Vec<(Arc<str>, Span)>,
    pub start: Option<(Arc<str>, Span)>,
    pub stop: Option<(Watched, u64, f64)>,
    pub keep: Option<Watched>,
    /// The schedules with a state in the arguments of its optimizers.
    pub plateaus: Vec<super::PlateauItem>,
    pub average: Option<Average>,
    /// At most one for each result.
    pub threshold: Vec<ThresholdItem>,
    pub calibrate: Vec<CalibrationItem>,
    pub seed: Option<u64>,
    pub report_every: Option<u64>,
    pub checkpoint_every: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// The norm of all gradients together is at most this.
    Norm(f64),
    /// Each element lies between minus this and this.
    Value(f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Average {
    /// Exponential, with this decay.
    Ema(f64),
    /// The mean of the ends of epochs from this share of the training on.
    Swa(f64),
}

/// `threshold = min_cost(miss = row.amount, alarm = 2.50)`
#[derive(Debug, Clone)]
pub struct ThresholdItem {
    /// The result that it decides; `out` if there is one.
    pub field: Arc<str>,
    pub rule: &'static crate::metrics::ThresholdRule,
    pub args: Args,
    /// Arguments that are expressions over the row.
    pub per_row: Vec<(Arc<str>, ast::Expr)>,
    pub span: Span,
}

/// `calibrate = isotonic`
#[derive(Debug, Clone)]
pub struct CalibrationItem {
    /// The result whose probabilities are corrected; `out` if there is one.
    pub field: Arc<str>,
    pub method: &'static crate::metrics::CalibrationMethod,
    pub span: Span,
}

/// Rows an evaluation or plot looks at.
#[derive(Debug, Clone)]
pub enum Rows {
    Side { data: Arc<str>, side: Side },
    Csv { source: CsvSource, span: Span },
}

#[derive(Debug, Clone)]
pub struct EvaluateItem {
    pub name: Arc<str>,
    pub span: Span,
    pub of: Vec<Arc<str>>,
    pub on: Rows,
    pub metrics: Vec<Asked>,
    pub baselines: Vec<(&'static Baseline, Args)>,
    pub require: Vec<Require>,
    /// Level of the intervals; `None` without.
    pub interval: Option<f64>,
    pub closer: CloserLook,
}

/// `roc_auc >= 0.85`
#[derive(Debug, Clone)]
pub struct Require {
    pub metric: Asked,
    pub op: ast::BinaryOp,
    pub bound: f64,
    pub span: Span,
    pub text: String,
}

#[derive(Debug, Clone)]
pub struct PredictItem {
    pub name: Arc<str>,
    pub span: Span,
    pub of: Arc<str>,
    pub input: PredictInput,
    /// How many reasons are given for each row.
    pub reasons: usize,
    pub output: Option<(PathBuf, Span)>,
}

#[derive(Debug, Clone)]
pub enum PredictInput {
    Csv { source: CsvSource, span: Span },
    Rows { table: Arc<RawTable>, span: Span },
}

#[derive(Debug, Clone)]
pub struct PlotItem {
    pub span: Span,
    pub what: PlotWhat,
    pub to: Option<(PathBuf, Span)>,
}

#[derive(Debug, Clone)]
pub enum PlotWhat {
    /// Functions (each with how many times it is derived) over a range.
    Functions { functions: Vec<(ast::Expr, u32, String)>, low: f64, high: f64, marks: Vec<f64> },
    /// What trainings have, side by side if there are several.
    Training { series: Vec<(Arc<str>, Span)>, of: Vec<Arc<str>>, on: Option<(Arc<str>, Side)> },
}

#[derive(Debug, Clone)]
pub struct TestItem {
    pub name: Arc<str>,
    pub span: Span,
    pub def: Arc<ast::Def>,
}
