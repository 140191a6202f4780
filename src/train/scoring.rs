//! Metrics of a training's results: which result answers which target, and what is scored on which rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::measure::{Asked, Measure};
use crate::check::own_metric::{OwnMetric, Read};
use crate::data::{Dataset, TargetKind};
use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::engine::reference;
use crate::metrics::{MeanOf, Predictions, Prepared, Sample, Score, Task, decision};
use crate::plan::Answer;

use super::decisions::Decisions;
use super::forward::Answers;
use super::target::{predictions, task_of};

/// A result that answers a target.
#[derive(Debug, Clone)]
pub struct Question {
    /// Position among the answers.
    pub answer: usize,
    pub field: Arc<str>,
    pub target: Arc<str>,
    pub task: Task,
    /// Names of the target's columns: more than one for a target of several.
    pub columns: Vec<String>,
}

/// The results that answer a target, in the order of the results. `columns` gives the columns of a target.
pub fn questions(answers: &[Answer], columns: impl Fn(&str) -> Vec<String>) -> Vec<Question> {
    let of = |(answer, a): (usize, &Answer)| {
        let target = a.target.clone()?;
        Some(Question { answer, field: a.name.clone(), task: task_of(a), columns: columns(&target), target })
    };
    answers.iter().enumerate().filter_map(of).collect()
}

/// Answers for some rows with everything that metrics look at.
pub struct Scene<'a> {
    pub questions: &'a [Question],
    pub list: &'a [Answer],
    pub answers: &'a Answers,
    /// Of each target `[rows, columns]`, in its own units.
    pub truth: &'a BTreeMap<Arc<str>, Vec<f64>>,
    /// Other columns that metrics of the file read, in their own units.
    pub others: &'a BTreeMap<Arc<str>, Vec<f64>>,
    /// Of the decisions on yes or no; answers are calibrated already.
    pub decisions: &'a Decisions,
    /// Of each row; all 1 without.
    pub weight: Option<&'a [f64]>,
}

impl<'a> Scene<'a> {
    pub fn rows(&self) -> usize {
        self.answers.rows
    }

    /// The question that a metric is about.
    pub fn question(&self, asked: &Asked) -> Option<&'a Question> {
        match (&asked.field, self.questions) {
            (Some(field), all) => all.iter().find(|q| q.field == *field),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// Results and truth of a question, column by column.
    pub fn columns(&self, question: &Question) -> Columns {
        let answer = &self.list[question.answer];
        let values = &self.answers.values[question.answer];
        let truth = self.truth.get(&question.target).map_or(&[][..], Vec::as_slice);
        let width = question.columns.len().max(1);
        let part = |all: &[f64], c: usize| all.iter().skip(c).step_by(width).copied().collect();
        let parts = match question.task {
            Task::Classes => vec![(values.clone(), truth.to_vec())],
            _ => (0..width).map(|c| (part(values, c), part(truth, c))).collect(),
        };
        let weight = self.weight.map(<[f64]>::to_vec);
        Columns {
            task: question.task,
            classes: answer.width,
            threshold: self.decisions.threshold(answer),
            weight,
            parts,
        }
    }

    /// What scores a metric under any weights of the rows.
    pub fn prepared(&self, asked: &Asked) -> Result<Box<dyn Prepared>, &'static str> {
        match &asked.measure {
            Measure::Loss if self.answers.losses.len() == self.rows() => {
                Ok(Box::new(MeanLoss(self.answers.losses.clone())))
            }
            Measure::Loss => Err("the loss of these rows is not known"),
            Measure::Own(own) => self.own(own),
            Measure::Known(request) => {
                let question = self.question(asked).ok_or("this training has no such result")?;
                let columns = self.columns(question);
                let prepare = |sample: Sample<'_>| request.metric.prepared(&sample, &request.args);
                let mut parts = columns.samples().map(prepare).collect::<Result<Vec<_>, _>>()?;
                match (parts.len(), parts.pop()) {
                    (1, Some(only)) => Ok(only),
                    (_, last) => Ok(Box::new(MeanOf(parts.into_iter().chain(last).collect()))),
                }
            }
        }
    }

    /// The weight of each row.
    pub fn weights(&self) -> Vec<f64> {
        self.weight.map_or_else(|| vec![1.0; self.rows()], <[f64]>::to_vec)
    }

    /// Some of the rows, by their positions, with all that metrics look at.
    pub fn part(&self, rows: &[u32]) -> Part {
        let pick = |all: &Vec<f64>| -> Vec<f64> {
            let width = all.len().checked_div(self.rows()).unwrap_or(0);
            rows.iter()
                .flat_map(|&r| all.get(r as usize * width..(r as usize + 1) * width).unwrap_or(&[]))
                .copied()
                .collect()
        };
        let named = |all: &BTreeMap<Arc<str>, Vec<f64>>| all.iter().map(|(n, v)| (n.clone(), pick(v))).collect();
        Part {
            answers: Answers {
                rows: rows.len(),
                values: self.answers.values.iter().map(pick).collect(),
                losses: pick(&self.answers.losses),
            },
            truth: named(self.truth),
            others: named(self.others),
            weight: self.weight.map(|w| pick(&w.to_vec())),
        }
    }

    /// The score of all rows.
    pub fn score(&self, asked: &Asked) -> Score {
        match self.prepared(asked) {
            Ok(prepared) => match prepared.score(&self.weights()) {
                Score::Number(x) if !x.is_finite() => Score::Undefined("the numbers are too large"),
                score => score,
            },
            Err(why) => Score::Undefined(why),
        }
    }

    /// What a result was decided to be in each row: 1 for yes, or the position of the most probable class.
    fn decided(&self, field: &str) -> Option<Vec<f64>> {
        let i = self.list.iter().position(|a| *a.name == *field)?;
        let (answer, values) = (self.list.get(i)?, self.answers.values.get(i)?);
        let threshold = self.decisions.threshold(answer);
        let sample = Sample { threshold, ..Sample::new(predictions(answer, values), &[]) };
        // Each column of a target of several is decided by itself.
        let decisions = if task_of(answer) == Task::Classes { self.rows() } else { values.len() };
        Some((0..decisions).map(|i| decision(&sample, i) as f64).collect())
    }

    fn own(&self, own: &Arc<OwnMetric>) -> Result<Box<dyn Prepared>, &'static str> {
        let mut inputs = Vec::new();
        for read in &own.reads {
            let values = match read {
                Read::Answer(field) => {
                    let found = self.list.iter().position(|a| a.name == *field);
                    found.and_then(|i| self.answers.values.get(i)).cloned()
                }
                Read::Decision(field) => self.decided(field),
                Read::Target(name) => self.truth.get(name).or_else(|| self.others.get(name)).cloned(),
                Read::Column(name) => self.others.get(name).cloned(),
            };
            let values = values.ok_or("these rows lack a column that it reads")?;
            inputs.push(values);
        }
        let lengths = own.program.inputs.iter().map(|i| i.shape.iter().product::<usize>() * self.rows());
        if !lengths.eq(inputs.iter().map(Vec::len)) {
            return Err("results and columns have different numbers of rows");
        }
        if inputs.iter().flatten().any(|x| x.is_nan()) {
            return Err("a value that it reads is missing");
        }
        Ok(Box::new(OverRows { program: own.program.clone(), inputs }))
    }
}

/// Some of the rows of a scene.
pub struct Part {
    answers: Answers,
    truth: BTreeMap<Arc<str>, Vec<f64>>,
    others: BTreeMap<Arc<str>, Vec<f64>>,
    weight: Option<Vec<f64>>,
}

impl Part {
    /// The scene of these rows; `of` is the one that they were taken from.
    pub fn scene<'a>(&'a self, of: &Scene<'a>) -> Scene<'a> {
        Scene {
            answers: &self.answers,
            truth: &self.truth,
            others: &self.others,
            weight: self.weight.as_deref(),
            ..*of
        }
    }
}

/// Results and truth, column by column.
pub struct Columns {
    task: Task,
    classes: usize,
    threshold: f64,
    weight: Option<Vec<f64>>,
    parts: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Columns {
    pub fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        self.parts.iter().map(|(values, truth)| {
            let predicted = match self.task {
                Task::Binary => Predictions::Binary { prob: values },
                Task::Classes => Predictions::Classes { prob: values, classes: self.classes },
                Task::Regression => Predictions::Number { value: values },
            };
            let weight = self.weight.as_deref();
            Sample { threshold: self.threshold, weight, ..Sample::new(predicted, truth) }
        })
    }
}

/// The mean loss.
struct MeanLoss(Vec<f64>);

impl Prepared for MeanLoss {
    fn score(&self, weight: &[f64]) -> Score {
        let total: f64 = weight.iter().sum();
        match total > 0.0 {
            true => Score::Number(self.0.iter().zip(weight).map(|(l, w)| l * w).sum::<f64>() / total),
            false => Score::Undefined("no rows count"),
        }
    }
}

/// A metric of the file: its program, on rows that are there as often as their weight says.
struct OverRows {
    program: Program,
    inputs: Vec<Vec<f64>>,
}

impl Prepared for OverRows {
    fn score(&self, weight: &[f64]) -> Score {
        let plain = weight.iter().all(|w| *w == 1.0);
        let rows: Vec<usize> =
            weight.iter().enumerate().flat_map(|(i, w)| std::iter::repeat_n(i, w.round().max(0.0) as usize)).collect();
        if rows.is_empty() {
            return Score::Undefined("there are no rows");
        }
        let picked: Vec<Vec<f64>>;
        let inputs: Vec<&[f64]> = match plain {
            true => self.inputs.iter().map(Vec::as_slice).collect(),
            false => {
                let widths = self.program.inputs.iter().map(|i| i.shape.iter().product::<usize>().max(1));
                let pick = |(values, width): (&Vec<f64>, usize)| {
                    rows.iter().flat_map(|r| values[r * width..(r + 1) * width].iter().copied()).collect()
                };
                picked = self.inputs.iter().zip(widths).map(pick).collect();
                picked.iter().map(Vec::as_slice).collect()
            }
        };
        let mut call =
            reference::Call::<f64> { rows: rows.len(), key: Key(0), inputs: &inputs, scalars: &[], arena: &mut [] };
        let outcome = reference::run(&self.program, &mut call);
        let values: Vec<f64> = outcome.map(|o| o.outputs.iter().flatten().copied().collect()).unwrap_or_default();
        match values.len() {
            0 => Score::Undefined("it can't be computed"),
            n => match values.iter().sum::<f64>() / n as f64 {
                x if x.is_finite() => Score::Number(x),
                _ => Score::Undefined("it is not a finite number on these rows"),
            },
        }
    }
}

/// The columns that metrics of the file read beside results and targets.
pub fn columns_read<'a>(asked: impl Iterator<Item = &'a Asked>) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    for one in asked {
        let Measure::Own(own) = &one.measure else { continue };
        for read in &own.reads {
            if let Read::Column(name) | Read::Target(name) = read
                && !out.contains(name)
            {
                out.push(name.clone());
            }
        }
    }
    out
}

/// Names of the classes of one column of a target.
pub fn classes_of(kind: &TargetKind, column: usize) -> Vec<String> {
    match kind {
        TargetKind::Binary { pairs } => pairs.get(column).map_or(Vec::new(), |(no, yes)| vec![no.clone(), yes.clone()]),
        other => other.classes(),
    }
}

/// A target's numbers for some rows `[rows, columns]`, in its own units.
pub fn truth(data: &Dataset, target: &str, rows: &[u32]) -> Option<Vec<f64>> {
    let target = data.target(target)?;
    Some(rows.iter().flat_map(|&r| target.raw[r as usize * target.width..][..target.width].iter().copied()).collect())
}

/// A column's numbers for some rows, in its own units.
pub fn own_units(data: &Dataset, column: &str, rows: &[u32]) -> Option<Vec<f64>> {
    if data.target(column).is_some() {
        return truth(data, column, rows);
    }
    let all = data.raw_number(column)?;
    Some(rows.iter().map(|&r| all[r as usize]).collect())
}
