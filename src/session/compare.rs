//! Several trainings on the same rows: how they differ, with intervals.

use std::sync::Arc;

use crate::check::EvaluateItem;
use crate::check::measure::Measure;
use crate::diag::{Diagnostic, codes};
use crate::metrics::{self, Better, Pair, Sample};
use crate::plan::Answer;
use crate::train::event::{self, Difference, Event};
use crate::train::scoring::{Question, Scene};
use crate::train::{Decisions, predictions};

use super::Listener;
use super::evaluate::{Measured, label};
use super::execute::{Execution, Stop};
use super::figures::Subject;

/// What one training said of the rows of an evaluation.
pub(super) struct Judged {
    pub name: Arc<str>,
    pub questions: Vec<Question>,
    pub list: Vec<Answer>,
    pub measured: Measured,
    pub weight: Option<Vec<f64>>,
    pub groups: Option<Vec<u32>>,
    pub decisions: Decisions,
    pub whole_batch: bool,
    /// Position of the answer that is drawn.
    pub scored: Option<usize>,
    pub classes: Vec<String>,
    pub target: Arc<str>,
    /// What a miss and a false alarm cost for each row, where the training says so.
    pub costs: Option<(Vec<f64>, Vec<f64>)>,
}

impl Judged {
    fn scene(&self) -> Scene<'_> {
        Scene {
            questions: &self.questions,
            list: &self.list,
            answers: &self.measured.answers,
            truth: &self.measured.truth,
            others: &self.measured.others,
            decisions: &self.decisions,
            weight: self.weight.as_deref(),
        }
    }

    /// What is drawn of it; the columns of a target of several count as rows.
    pub(super) fn subject(&self) -> Option<Subject<'_>> {
        let i = self.scored?;
        let truth = self.measured.truth.get(&self.target)?;
        let answer = self.list.get(i)?;
        let sample = Sample::new(predictions(answer, self.measured.answers.values.get(i)?), truth);
        let one_column = truth.len() == self.measured.answers.rows;
        let weight = self.weight.as_deref().filter(|_| one_column);
        let costs = self.costs.as_ref().filter(|_| one_column);
        Some(Subject {
            name: &self.name,
            sample: Sample { threshold: self.decisions.threshold(answer), weight, ..sample },
            classes: &self.classes,
            target: &self.target,
            threshold: self.decisions.fitted(answer),
            costs: costs.map(|(miss, alarm)| (miss.as_slice(), alarm.as_slice())),
        })
    }
}

impl Execution<'_> {
    /// Each training but the first against the first, by the same draws of rows for both.
    pub(super) fn compare(
        &mut self,
        item: &EvaluateItem,
        judged: &[Judged],
        listener: &mut dyn Listener,
    ) -> Result<(), Stop> {
        let Some((first, others)) = judged.split_first() else { return Ok(()) };
        for other in others {
            let Some(how) = self.resampling(item, first.groups.as_deref()) else { return Ok(()) };
            let (one, two) = (first.scene(), other.scene());
            if one.rows() != two.rows() || first.measured.truth != other.measured.truth {
                let message = format!("`{}` and `{}` were not evaluated on the same rows", first.name, other.name);
                let d = Diagnostic::new(&codes::TARGET, message).at(item.span, "trainings side by side");
                return Err(d.help("evaluate them apart, or on the same rows: `on = csv(\"…\")`").into());
            }
            let whole_batch = first.whole_batch || other.whole_batch;
            let pairs = item.metrics.iter().map(|asked| {
                let better = asked.better();
                // One loss for the batch says nothing about how rows differ.
                let drawn = better != Better::Neither && !(whole_batch && matches!(asked.measure, Measure::Loss));
                let pair =
                    || Some(Pair { first: one.prepared(asked).ok()?, second: two.prepared(asked).ok()?, better });
                drawn.then(pair).flatten()
            });
            let found = metrics::compare_pairs(one.rows(), one.weight, pairs.collect(), &how);
            let differences = item.metrics.iter().zip(found).filter_map(|(asked, c)| {
                let c = c?;
                let interval = [c.interval.low, c.interval.high];
                Some((label(asked), Difference { difference: c.difference, interval, better: c.second_better }))
            });
            let event = event::Compare {
                name: item.name.to_string(),
                of: other.name.to_string(),
                with: first.name.to_string(),
                split: first.measured.split.clone(),
                rows: one.rows() as u64,
                level: how.level,
                differences: differences.collect(),
            };
            self.tell(Event::Compare(event), listener)?;
        }
        Ok(())
    }
}
