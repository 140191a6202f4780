use std::sync::Arc;

use crate::check::World;
use crate::metrics::{Sample, Task};
use crate::train::event::{Metric, MetricTable};
use crate::train::{Answers, Decisions, Run, predictions, scoring, task_of};

/// A training that is done, with what was fitted on its validation rows.
pub struct Trained {
    pub name: Arc<str>,
    pub run: Run,
    /// The world with every extent of the data known.
    pub world: World,
    pub decisions: Decisions,
}

impl Trained {
    /// Answers for rows of its own data, calibrated.
    pub fn answers(&mut self, rows: &[u32]) -> Result<Answers, crate::train::TrainFault> {
        let mut answers = self.run.answers(rows)?;
        self.calibrate(&mut answers);
        Ok(answers)
    }

    pub fn calibrate(&self, answers: &mut Answers) {
        self.decisions.calibrate(&self.run.forward.answers, answers);
    }

    /// The threshold of the answer that is drawn, if it was fitted.
    pub fn threshold(&self) -> Option<f64> {
        self.decisions.fitted(self.run.forward.answers.get(self.scored()?)?)
    }

    /// The answer of [`scored`](Self::scored), with its values and the truth for these rows; the columns of a target of several count as rows.
    pub fn sample<'a>(&self, answers: &'a Answers, truth: &'a [f64]) -> Option<Sample<'a>> {
        let i = self.scored()?;
        let answer = &self.run.forward.answers[i];
        let mut sample = Sample::new(predictions(answer, &answers.values[i]), truth);
        sample.threshold = self.decisions.threshold(answer);
        Some(sample)
    }

    /// Position of the answer that is decided and drawn: the first of classes, or the first with a target.
    pub fn scored(&self) -> Option<usize> {
        let answers = &self.run.forward.answers;
        let decided = |a: &crate::plan::Answer| a.target.is_some() && task_of(a) != Task::Regression;
        answers.iter().position(decided).or_else(|| answers.iter().position(|a| a.target.is_some()))
    }

    /// The target of that answer.
    pub fn target_name(&self) -> Option<Arc<str>> {
        self.run.forward.answers.get(self.scored()?)?.target.clone()
    }

    /// Names of the classes of the scored target.
    pub fn classes(&self) -> Vec<String> {
        let target = self.target_name().and_then(|t| self.run.setup.data.target(&t).map(|c| c.kind.classes()));
        target.unwrap_or_default()
    }

    /// The truth for rows of its data `[rows, columns]`, in the target's own units.
    pub fn truth(&self, rows: &[u32]) -> Option<Vec<f64>> {
        scoring::truth(&self.run.setup.data, &self.target_name()?, rows)
    }
}

/// A score as events carry it; `classes` are the names of the target's classes.
pub fn metric_of(score: &crate::metrics::Score, classes: &[String]) -> Metric {
    use crate::metrics::{Labels, Score};
    match score {
        Score::Number(x) => Metric::Number(*x),
        Score::Undefined(why) => Metric::Undefined((*why).to_string()),
        Score::Table(table) => {
            let names = |labels: &Labels| match labels {
                Labels::Classes(n) => {
                    (0..*n).map(|i| classes.get(i).cloned().unwrap_or_else(|| i.to_string())).collect::<Vec<_>>()
                }
                Labels::Words(words) => words.iter().map(|w| (*w).to_string()).collect(),
            };
            let (rows, columns) = (names(&table.rows.labels), names(&table.columns.labels));
            let cells = (0..rows.len())
                .map(|r| (0..columns.len()).map(|c| table.cell(r, c).unwrap_or(f64::NAN)).collect())
                .collect();
            Metric::Table(MetricTable {
                row_title: table.rows.title.to_string(),
                rows,
                column_title: table.columns.title.to_string(),
                columns,
                cells,
            })
        }
    }
}
