//! Several trainings on the same rows: how they differ, with intervals.

use std::sync::Arc;

use crate::check::EvaluateItem;
use crate::diag::{Diagnostic, codes};
use crate::metrics::{self, Sample};
use crate::plan::Answer;
use crate::train::event::{self, Difference, Event};
use crate::train::predictions;

use super::Listener;
use super::evaluate::label;
use super::execute::{Execution, Stop};
use super::figures::Subject;

/// What one training said of the rows of an evaluation.
pub(super) struct Judged {
    pub name: Arc<str>,
    pub answer: Answer,
    pub values: Vec<f64>,
    pub truth: Vec<f64>,
    pub weight: Option<Vec<f64>>,
    pub groups: Option<Vec<u32>>,
    pub threshold: f64,
    pub split: String,
    pub classes: Vec<String>,
    pub target: Arc<str>,
    /// The threshold, if it was fitted.
    pub fitted: Option<f64>,
    /// What a miss and a false alarm cost for each row, where the training says so.
    pub costs: Option<(Vec<f64>, Vec<f64>)>,
}

impl Judged {
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            name: &self.name,
            sample: self.sample(),
            classes: &self.classes,
            target: &self.target,
            threshold: self.fitted,
            costs: self.costs.as_ref().map(|(miss, alarm)| (miss.as_slice(), alarm.as_slice())),
        }
    }

    fn sample(&self) -> Sample<'_> {
        let sample = Sample::new(predictions(&self.answer, &self.values), &self.truth);
        Sample { threshold: self.threshold, weight: self.weight.as_deref(), ..sample }
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
            let found = metrics::compare(&first.sample(), &other.sample(), &item.metrics, &how).map_err(|why| {
                Diagnostic::new(&codes::TARGET, format!("`{}` can't be compared with `{}`: {why}", other.name, first.name))
                    .at(item.span, "trainings side by side")
                    .help("evaluate them apart, or on the same rows: `on = csv(\"…\")`")
            })?;
            let differences = item.metrics.iter().zip(found).filter_map(|(metric, c)| {
                let c = c?;
                let interval = [c.interval.low, c.interval.high];
                Some((label(metric), Difference { difference: c.difference, interval, better: c.second_better }))
            });
            let event = event::Compare {
                name: item.name.to_string(),
                of: other.name.to_string(),
                with: first.name.to_string(),
                split: first.split.clone(),
                rows: first.truth.len() as u64,
                level: how.level,
                differences: differences.collect(),
            };
            self.tell(Event::Compare(event), listener)?;
        }
        Ok(())
    }
}
