//! `evaluate` items.

use crate::check::{EvaluateItem, Rows};
use crate::data::{self, CsvSource, PieceKind, SourceSpec};
use crate::diag::{Diagnostic, Problems, codes};
use crate::metrics::{self, Request, Resampling, Sample, Score, Task};
use crate::syntax::ast::BinaryOp;
use crate::train::event::{self, Event, Named};
use crate::train::{Answers, Feeds, predictions, task_of};

use super::Listener;
use super::closer_look::{AtHand, Place, importance, intervals_of};
use super::compare::Judged;
use super::figures;
use super::execute::{Execution, Stop, fault};
use super::trained::{Trained, metric_of};

/// Rows of a class below which its figures say little.
const FEW: usize = 100;

/// Rows with their answers and what is true of them.
struct Measured {
    answers: Answers,
    truth: Vec<f64>,
    /// Features as baselines take them, `[rows, columns]`.
    features: Vec<f32>,
    at: Place,
    split: String,
}

impl Execution<'_> {
    pub(super) fn evaluate(&mut self, item: &EvaluateItem, listener: &mut dyn Listener) -> Result<(), Stop> {
        let mut judged: Vec<Judged> = Vec::new();
        for name in &item.of {
            let Some(mut trained) = self.trained.remove(name) else { continue };
            let result = self.evaluate_one(item, &mut trained, judged.is_empty(), listener);
            self.trained.insert(name.clone(), trained);
            judged.push(result?);
        }
        self.compare(item, &judged, listener)?;
        self.evaluation_plots(item, &judged)
    }

    fn evaluate_one(
        &mut self,
        item: &EvaluateItem,
        trained: &mut Trained,
        first: bool,
        listener: &mut dyn Listener,
    ) -> Result<Judged, Stop> {
        let measured = self.measure(item, trained, listener)?;
        let Some(i) = trained.scored() else {
            let d = Diagnostic::new(
                &codes::TARGET,
                "this training's results answer no target, so metrics have nothing to compare with",
            );
            return Err(d.at(item.span, "evaluated here").into());
        };
        let answer = trained.run.forward.answers[i].clone();
        if measured.truth.iter().any(|y| y.is_nan()) || measured.truth.is_empty() {
            let d = Diagnostic::new(&codes::TARGET, "there are no rows with a known target to evaluate on");
            return Err(d.at(item.span, "evaluated here").into());
        }
        let classes = trained.classes();
        let fitted = trained.run.setup.data.fitted.clone();
        let world = &trained.world;
        let at_hand = AtHand { world, data: &trained.run.setup.item.data, fitted: &fitted, of: &measured.at };
        let weight = at_hand.weight(item.closer.weight.as_ref())?;
        let groups = at_hand.groups(item.closer.by.as_ref())?;
        let mut sample = Sample::new(predictions(&answer, &measured.answers.values[i]), &measured.truth);
        sample.threshold = trained.threshold();
        sample.weight = weight.as_deref();
        let scores: Vec<Score> = item.metrics.iter().map(|m| m.score(&sample)).collect();
        let how = self.resampling(item, groups.as_deref());
        let intervals = intervals_of(&sample, &item.metrics, how.as_ref());
        let baselines = self.baselines(item, trained, &measured, weight.as_deref(), &answer)?;
        let slices = at_hand.slices(&item.closer.slices, &sample, &item.metrics, how.as_ref(), &classes)?;
        let importance = match &item.closer.importance {
            Some((metric, _)) => Some(importance(trained, &measured.at, &sample, i, metric)?),
            None => None,
        };
        let task = task_of(&answer);
        let event = event::Evaluate {
            name: item.name.to_string(),
            of: trained.name.to_string(),
            split: measured.split.clone(),
            rows: measured.truth.len() as u64,
            metrics: named(&item.metrics, scores.iter().map(|s| metric_of(s, &classes))),
            intervals,
            level: item.interval,
            threshold: (task == Task::Binary).then(|| trained.threshold()),
            baselines,
            slices,
            importance,
        };
        self.tell(Event::Evaluate(event), listener)?;
        if first {
            self.few_rows(&measured.truth, task, &classes, listener);
        }
        for require in &item.require {
            let score = require.metric.score(&sample);
            let met = score.number().is_some_and(|x| holds(require.op, x, require.bound));
            if !met {
                let found = score.number().map_or("undefined".to_string(), |x| crate::text::format::number(x, 4));
                let d = Diagnostic::new(
                    &codes::REQUIRE,
                    format!("`{}` is not met: {} is {found}", require.text, require.metric.metric.name),
                )
                .at(require.span, "required here");
                self.unmet(d);
            }
        }
        let threshold = trained.threshold();
        let values = measured.answers.values.into_iter().nth(i).unwrap_or_default();
        let costs = match measured.at.blocks {
            None => figures::costs(trained, &measured.at.rows)?,
            Some(_) => None,
        };
        let (truth, split) = (measured.truth, measured.split);
        Ok(Judged {
            name: trained.name.clone(),
            answer,
            values,
            truth,
            weight,
            groups,
            threshold,
            split,
            classes,
            target: trained.target_name().unwrap_or_default(),
            fitted: trained.threshold,
            costs,
        })
    }

    /// A note where a class has too few rows for its figures to say much.
    fn few_rows(&self, truth: &[f64], task: Task, classes: &[String], listener: &mut dyn Listener) {
        if task == Task::Regression {
            return;
        }
        let rows = |i: usize| truth.iter().filter(|y| **y as usize == i).count();
        let few: Vec<String> = classes
            .iter()
            .enumerate()
            .filter(|(i, _)| rows(*i) < FEW)
            .map(|(i, class)| format!("`{class}` ({})", rows(i)))
            .collect();
        if few.is_empty() {
            return;
        }
        let text = match few.len() == classes.len() {
            true => format!("no class has {FEW} of these rows: the figures are uncertain"),
            false => format!("fewer than {FEW} of these rows are {}: figures about them are uncertain", few.join(", ")),
        };
        listener.event(&Event::Note(event::Note { text }));
    }

    /// How intervals are drawn, unless the item wants none.
    pub(super) fn resampling<'g>(&self, item: &EvaluateItem, groups: Option<&'g [u32]>) -> Option<Resampling<'g>> {
        let threads = self.options.threads;
        item.interval.map(|level| Resampling { level, threads, groups, ..Resampling::default() })
    }

    fn measure(
        &mut self,
        item: &EvaluateItem,
        trained: &mut Trained,
        listener: &mut dyn Listener,
    ) -> Result<Measured, Stop> {
        match &item.on {
            Rows::Side { data, side } if *data == trained.run.setup.item.data => {
                let rows = Self::side_rows(trained, *side);
                let item = trained.run.setup.item.clone();
                let answers = trained.answers(&rows).map_err(|f| fault(f, &item))?;
                let truth = trained.truth(&rows).unwrap_or_default();
                let features = features(&trained.run.setup.data.blocks, &rows);
                let table = trained.run.setup.data.table.clone();
                let at = Place { table, rows, blocks: None };
                Ok(Measured { answers, truth, features, at, split: side.name().to_string() })
            }
            Rows::Side { data, .. } => {
                let d = Diagnostic::new(
                    &codes::NOT_YET,
                    format!("`{}` was trained on other data than `{data}`", trained.name),
                );
                Err(d.at(item.span, "evaluate on rows of its own data, or on a file: `on = csv(\"…\")`").into())
            }
            Rows::Csv { path, span } => {
                let mut problems = Problems::default();
                let source = SourceSpec::Csv(CsvSource::plain(path, Some(*span)));
                let table = data::read(&source, &mut problems);
                let fitted = trained.run.setup.data.fitted.clone();
                let found = table.as_ref().and_then(|t| {
                    let bound = fitted.bind(t, &mut problems)?;
                    let rows: Vec<u32> = (0..t.rows() as u32).collect();
                    Some((bound.blocks(&rows).0, bound.targets(&rows), rows, t.clone()))
                });
                let diagnostics = problems.sorted();
                let Some((blocks, targets, rows, table)) = found else {
                    let first = diagnostics.first().cloned();
                    let d = first
                        .unwrap_or_else(|| Diagnostic::new(&codes::DATA, "these rows can't be used").at(*span, "here"));
                    return Err(d.into());
                };
                listener.diagnostics(&diagnostics, self.sources);
                let target = trained.target_name();
                let truth = targets.iter().find(|t| Some(&*t.name) == target.as_deref()).map(|t| t.raw.clone());
                let Some(truth) = truth else {
                    let d =
                        Diagnostic::new(&codes::TARGET, "this file has no target column, so nothing can be compared");
                    return Err(d.at(*span, "here").into());
                };
                let known: Vec<u32> = rows.iter().copied().filter(|&r| !truth[r as usize].is_nan()).collect();
                let mut feeds = Feeds::of_blocks(&trained.run.setup.plan.forward_feeds, &blocks, &targets);
                let train_item = trained.run.setup.item.clone();
                let mut answers = trained.run.answers_of(&mut feeds, &known).map_err(|f| fault(f, &train_item))?;
                trained.calibrate(&mut answers);
                let truth = known.iter().map(|&r| truth[r as usize]).collect();
                let features = features(&blocks, &known);
                let split = path.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
                let at = Place { table, rows: known, blocks: Some((blocks, targets)) };
                Ok(Measured { answers, truth, features, at, split })
            }
        }
    }

    fn baselines(
        &self,
        item: &EvaluateItem,
        trained: &Trained,
        measured: &Measured,
        weight: Option<&[f64]>,
        answer: &crate::plan::Answer,
    ) -> Result<Named<Named<event::Metric>>, Stop> {
        let data = &trained.run.setup.data;
        let train = &data.split.train;
        let Some(truth) = trained.truth(train) else { return Ok(Named::default()) };
        let mut out = Vec::new();
        let classes = trained.classes();
        for (baseline, args) in &item.baselines {
            let matrix = features(&data.blocks, train);
            let columns = matrix.len().checked_div(train.len()).unwrap_or(0);
            let training = metrics::Training {
                features: &matrix,
                columns,
                target: &truth,
                weight: None,
                task: task_of(answer),
                classes: answer.width.max(2),
            };
            let fitted = baseline.fit(&training, args).map_err(|why| {
                Diagnostic::new(&codes::TARGET, format!("the baseline `{}` can't be fitted: {why}", baseline.name))
                    .at(item.span, "evaluated here")
            })?;
            let values = fitted.predict(&measured.features, measured.truth.len());
            let sample = Sample { weight, ..Sample::new(predictions(answer, &values), &measured.truth) };
            let scores = item.metrics.iter().map(|m| metric_of(&m.score(&sample), &classes));
            out.push((baseline.name.to_string(), named(&item.metrics, scores)));
        }
        Ok(Named(out))
    }
}

/// Metrics by name, with their arguments where one is there twice.
pub(super) fn named(metrics: &[Request], scores: impl Iterator<Item = event::Metric>) -> Named<event::Metric> {
    metrics.iter().map(label).zip(scores).collect()
}

pub(super) fn label(m: &Request) -> String {
    let shown: Vec<String> = m
        .args
        .0
        .iter()
        .filter_map(|(n, v)| match v {
            crate::types::ArgValue::Int(x) => Some(format!("{n} = {x}")),
            crate::types::ArgValue::Real(x) => Some(format!("{n} = {x}")),
            crate::types::ArgValue::Word(w) if !matches!(&**w, "auto" | "none") => Some(format!("{n} = {w}")),
            _ => None,
        })
        .collect();
    if shown.is_empty() { m.metric.name.to_string() } else { format!("{}({})", m.metric.name, shown.join(", ")) }
}

fn holds(op: BinaryOp, x: f64, bound: f64) -> bool {
    match op {
        BinaryOp::Ge => x >= bound,
        BinaryOp::Gt => x > bound,
        BinaryOp::Le => x <= bound,
        _ => x < bound,
    }
}

/// All inputs side by side, embedded columns as one number for each level: what linear baselines learn from.
pub(super) fn features(blocks: &[data::Block], rows: &[u32]) -> Vec<f32> {
    let mut out = Vec::new();
    for &row in rows {
        for block in blocks {
            let at = row as usize * block.width;
            let Some(values) = block.values.get(at..at + block.width) else { continue };
            for piece in &block.pieces {
                match &piece.kind {
                    PieceKind::Dense { width, .. } => out.extend_from_slice(&values[piece.at..piece.at + width]),
                    PieceKind::Embed { levels, .. } => {
                        let level = values[piece.at] as usize;
                        out.extend((0..*levels).map(|l| f32::from(u8::from(l == level))));
                    }
                }
            }
        }
    }
    out
}
