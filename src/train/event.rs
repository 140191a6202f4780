//! What happens during a run, as plain data. Renderers draw these; `--json` writes them as they are.

use serde::{Serialize, Serializer, ser::SerializeMap};

/// Values by name, in order; a JSON object.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named(Vec::new())
    }
}

impl<T> Named<T> {
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> FromIterator<(String, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(items: I) -> Self {
        Named(items.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// One thing that happened. Numbers that are not finite become `null` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    Train(Train),
    /// For progress bars only; not written as JSON.
    Step(Step),
    Epoch(Epoch),
    Evaluate(Evaluate),
    Compare(Compare),
    Predict(Predict),
    Print(Print),
    Plot(Plot),
    Test(Test),
    Timing(Timing),
    Note(Note),
    Run(Run),
    Done(Done),
}

/// A training starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Train {
    /// The training's name; `train` if the file gives none.
    pub train: String,
    pub model: String,
    /// How many numbers are trained.
    pub parameters: u64,
    pub rows: u64,
    /// Planned; early stopping may end the training before.
    pub epochs: u64,
    pub steps_per_epoch: u64,
    /// Every so many epochs, and after the first and the last, a line is printed.
    pub report_every: u64,
}

/// A step is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub train: String,
    /// From 1.
    pub epoch: u64,
    /// Steps done in all epochs together.
    pub step: u64,
    /// Mean loss of the epoch so far.
    pub loss: f64,
}

/// An epoch is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Epoch {
    pub train: String,
    /// From 1.
    pub epoch: u64,
    /// Steps done in all epochs together.
    pub step: u64,
    /// Mean over the epoch's training rows.
    pub loss: f64,
    /// Of the epoch's last step; of the first group if there are several.
    pub lr: f64,
    /// Since the training started.
    pub seconds: f64,
    /// On the val rows, by name without `val.`: `loss`, `pr_auc`.
    pub val: Named<f64>,
    /// Whether it is the best one so far by what `keep` or `stop` watches.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub best: bool,
}

/// The value of a metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Metric {
    Number(f64),
    /// There is no such number for these rows; null in JSON.
    Undefined(#[serde(serialize_with = "null")] String),
    Table(MetricTable),
}

fn null<S: Serializer>(_: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_unit()
}

/// Numbers by row and column, such as how often each class was predicted for the rows of each class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricTable {
    /// What the rows are: `true`; may be empty.
    pub row_title: String,
    pub rows: Vec<String>,
    /// What the columns are: `predicted`; may be empty.
    pub column_title: String,
    pub columns: Vec<String>,
    /// `cells[row][column]`; NaN where there is no number.
    pub cells: Vec<Vec<f64>>,
}

/// A training was measured on the rows of a split. Those of one `evaluate` follow each other and bear its name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluate {
    pub name: String,
    pub of: String,
    pub split: String,
    pub rows: u64,
    pub metrics: Named<Metric>,
    /// Lower and upper end of the interval, for the metrics that have one.
    pub intervals: Named<[f64; 2]>,
    /// The level of the intervals, such as 0.95; `None` without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
    /// From which a probability counts as yes, where one result is decided so.
    pub threshold: Option<f64>,
    /// The same for each result, where there are several.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub thresholds: Named<f64>,
    /// By name of the baseline, then of the metric.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub baselines: Named<Named<Metric>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
}

/// The metrics of some of the rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// `country = DE`.
    pub slice: String,
    pub rows: u64,
    pub metrics: Named<Metric>,
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub intervals: Named<[f64; 2]>,
}

/// How much worse a metric becomes when a column is shuffled among the rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    pub metric: String,
    pub rows: u64,
    /// Times that each column was shuffled.
    pub repeats: u64,
    /// The most important first.
    pub columns: Vec<ColumnImportance>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnImportance {
    pub column: String,
    /// The mean loss of the metric over the repeats; negative if shuffling helped.
    pub mean: f64,
    /// The standard deviation over the repeats.
    pub deviation: f64,
}

/// Two trainings on the same rows: draws of rows are the same for both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compare {
    pub name: String,
    pub of: String,
    /// The training that it is compared with.
    pub with: String,
    pub split: String,
    pub rows: u64,
    pub level: f64,
    pub differences: Named<Difference>,
}

/// A metric's value of one training less that of another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub difference: f64,
    pub interval: [f64; 2],
    /// The share of draws in which the first is better, ties counting half.
    pub better: f64,
}

/// A cell of a table of predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    Missing,
    Yes(bool),
    Whole(i64),
    Number(f64),
    Text(String),
}

/// Rows were predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct Predict {
    pub name: String,
    /// Ids, then probabilities and the decision, or the value in its units.
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    /// For each row what moved its prediction most, where that was asked for.
    pub reasons: Vec<Vec<Reason>>,
    /// The file that they were written to.
    pub output: Option<String>,
}

/// A column that moved the prediction of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    pub column: String,
    /// The row's cell; empty if it is missing.
    pub value: String,
    /// The prediction less what it is with the column's usual value: in probability, or in the target's units.
    pub change: f64,
}

impl Reason {
    /// `amount = 912.4 (+0.413)`.
    pub fn text(&self) -> String {
        let sign = if self.change > 0.0 { "+" } else { "" };
        let change = crate::text::format::number(self.change, 3);
        match self.value.is_empty() {
            true => format!("{} missing ({sign}{change})", self.column),
            false => format!("{} = {} ({sign}{change})", self.column, self.value),
        }
    }
}

impl Serialize for Predict {
    /// The rows as objects, keyed by column.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = |row: &Vec<Cell>| self.columns.iter().cloned().zip(row.iter().cloned()).collect::<Named<Cell>>();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("rows", &self.rows.iter().map(object).collect::<Vec<_>>())?;
        if !self.reasons.is_empty() {
            map.serialize_entry("reasons", &self.reasons)?;
        }
        if let Some(output) = &self.output {
            map.serialize_entry("output", output)?;
        }
        map.end()
    }
}

/// A `print` was computed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Print {
    /// As written in the program.
    pub expression: String,
    /// As it is printed.
    pub text: String,
}

/// A plot was drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plot {
    pub name: String,
    pub file: String,
    /// The plot in characters, for a terminal.
    #[serde(skip)]
    pub text: String,
}

/// A `test` was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    pub name: String,
    pub passed: bool,
    pub claims: u64,
    /// What failed and the smallest draw for which it does; several lines.
    pub failure: Option<String>,
}

/// Where the time went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timing {
    pub parts: Vec<Part>,
}

/// One part of the work and its time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    pub name: String,
    pub calls: u64,
    pub seconds: f64,
}

/// Something worth saying that has no place in the program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    pub text: String,
}

/// The folder that the results go to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    pub folder: String,
    /// Version of the folder's layout.
    pub schema: u32,
}

/// All actions are done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Done {
    pub seconds: f64,
}
