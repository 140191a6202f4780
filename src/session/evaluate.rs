//! `evaluate` items.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::measure::{Asked, Measure};
use crate::check::{EvaluateItem, Rows};
use crate::data::{self, PieceKind, RawTable, SourceSpec};
use crate::diag::{Diagnostic, Problems, codes};
use crate::metrics::{self, Better, Request, Resampling, Task};
use crate::syntax::ast::BinaryOp;
use crate::text::Span;
use crate::train::event::{self, Event, Named};
use crate::train::scoring::{self, Question, Scene, classes_of, columns_read, own_units};
use crate::train::{Answers, Decisions, Feeds};

use super::Listener;
use super::closer_look::{AtHand, Place, importance};
use super::compare::Judged;
use super::execute::{Execution, Stop, fault};
use super::figures;
use super::trained::{Trained, metric_of};

/// Rows of a class below which its figures say little.
const FEW: usize = 100;

/// Rows with their answers and what is true of them.
pub(super) struct Measured {
    pub answers: Answers,
    /// Of each target that is answered `[rows, columns]`, in its own units.
    pub truth: BTreeMap<Arc<str>, Vec<f64>>,
    /// Columns that metrics of the file read, in their own units.
    pub others: BTreeMap<Arc<str>, Vec<f64>>,
    /// Features as baselines take them, `[rows, columns]`.
    features: Vec<f32>,
    pub at: Place,
    pub split: String,
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
        let questions = trained.run.questions();
        let measured = self.measure(item, &questions, trained, listener)?;
        if measured.answers.rows == 0 {
            let d = Diagnostic::new(&codes::TARGET, "there are no rows with a known target to evaluate on");
            return Err(d.at(item.span, "evaluated here").into());
        }
        let at_hand = AtHand { trained, of: &measured.at };
        let weight = at_hand.weight(item.closer.weight.as_ref())?;
        let groups = at_hand.groups(item.closer.by.as_ref())?;
        let parts = at_hand.parts(&item.closer.slices)?;
        let list = trained.run.forward.answers.clone();
        let decisions = trained.decisions.clone();
        let scene = Scene {
            questions: &questions,
            list: &list,
            answers: &measured.answers,
            truth: &measured.truth,
            others: &measured.others,
            decisions: &decisions,
            weight: weight.as_deref(),
        };
        let whole_batch = trained.run.setup.plan.whole_batch;
        let importance = match &item.closer.importance {
            Some((metric, _)) => Some(importance(trained, &measured.at, &scene, metric)?),
            None => None,
        };
        let thresholds = thresholds(&scene);
        let event = event::Evaluate {
            name: item.name.to_string(),
            of: trained.name.to_string(),
            split: measured.split.clone(),
            rows: measured.answers.rows as u64,
            metrics: shown(item, &scene, trained),
            intervals: self.intervals(item, &scene, groups.as_deref(), whole_batch),
            level: item.interval,
            threshold: if let [(_, only)] = thresholds.as_slice() { Some(*only) } else { None },
            thresholds: Named(if thresholds.len() > 1 { thresholds } else { vec![] }),
            baselines: self.baselines(item, trained, &measured, &scene)?,
            slices: self.slices(item, parts, &scene, groups.as_deref(), trained),
            importance,
        };
        self.tell(Event::Evaluate(event), listener)?;
        if first {
            self.few_rows(&scene, trained, listener);
        }
        for require in &item.require {
            let score = scene.score(&require.metric);
            let met = score.number().is_some_and(|x| holds(require.op, x, require.bound));
            if !met {
                let found = score.number().map_or("undefined".to_string(), |x| crate::text::format::number(x, 4));
                let d = Diagnostic::new(
                    &codes::REQUIRE,
                    format!("`{}` is not met: {} is {found}", require.text, require.metric.name()),
                )
                .at(require.span, "required here");
                self.unmet(d);
            }
        }
        let costs = match measured.at.blocks {
            None => figures::costs(trained, &measured.at.rows)?,
            Some(_) => None,
        };
        Ok(Judged {
            name: trained.name.clone(),
            questions,
            list,
            measured,
            weight,
            groups,
            decisions,
            whole_batch,
            scored: trained.scored(),
            classes: trained.classes(),
            target: trained.target_name().unwrap_or_default(),
            costs,
        })
    }

    /// How intervals are drawn, unless the item wants none.
    pub(super) fn resampling<'g>(&self, item: &EvaluateItem, groups: Option<&'g [u32]>) -> Option<Resampling<'g>> {
        let threads = self.options.threads;
        item.interval.map(|level| Resampling { level, threads, groups, ..Resampling::default() })
    }

    /// A note where a class has too few rows for its figures to say much.
    fn few_rows(&self, scene: &Scene<'_>, trained: &Trained, listener: &mut dyn Listener) {
        let mut few: Vec<String> = Vec::new();
        let mut classes = 0;
        for question in scene.questions.iter().filter(|q| q.task != Task::Regression) {
            let Some(kind) = trained.run.setup.data.target(&question.target).map(|t| &t.kind) else { continue };
            for (column, sample) in scene.columns(question).samples().enumerate() {
                for (i, class) in classes_of(kind, column).into_iter().enumerate() {
                    classes += 1;
                    let rows = sample.target.iter().filter(|y| **y as usize == i).count();
                    let of = match (scene.questions.len() > 1, question.columns.as_slice()) {
                        (_, several @ [_, _, ..]) => format!("{} = ", several[column]),
                        (true, _) => format!("{} = ", question.field),
                        (false, _) => String::new(),
                    };
                    if rows < FEW {
                        few.push(format!("`{of}{class}` ({rows})"));
                    }
                }
            }
        }
        if few.is_empty() {
            return;
        }
        let text = match few.len() == classes {
            true => format!("no class has {FEW} of these rows: the figures are uncertain"),
            false => format!("fewer than {FEW} of these rows are {}: figures about them are uncertain", few.join(", ")),
        };
        listener.event(&Event::Note(event::Note { text }));
    }

    pub(super) fn intervals(
        &self,
        item: &EvaluateItem,
        scene: &Scene<'_>,
        groups: Option<&[u32]>,
        whole_batch: bool,
    ) -> Named<[f64; 2]> {
        let Some(how) = self.resampling(item, groups) else { return Named::default() };
        let mut found: Vec<Option<metrics::Interval>> = vec![None; item.metrics.len()];
        // Metrics of the library of one column share the work, and everything else goes through the same draws.
        let plain = |asked: &Asked| match (&asked.measure, scene.question(asked)) {
            (Measure::Known(request), Some(q)) if q.task == Task::Classes || q.columns.len() < 2 => {
                Some((request.clone(), q.answer))
            }
            _ => None,
        };
        for question in scene.questions {
            let (at, requests): (Vec<usize>, Vec<Request>) = item
                .metrics
                .iter()
                .enumerate()
                .filter_map(|(i, asked)| Some((i, plain(asked).filter(|(_, a)| *a == question.answer)?.0)))
                .unzip();
            let columns = scene.columns(question);
            let Some(sample) = columns.samples().next().filter(|_| !at.is_empty()) else { continue };
            for (i, interval) in at.into_iter().zip(metrics::intervals(&sample, &requests, &how)) {
                found[i] = interval;
            }
        }
        let (at, rest): (Vec<usize>, Vec<_>) = item
            .metrics
            .iter()
            .enumerate()
            .filter(|(_, asked)| plain(asked).is_none() && asked.better() != Better::Neither)
            // One loss for the batch says nothing about how rows differ.
            .filter(|(_, asked)| !(whole_batch && matches!(asked.measure, Measure::Loss)))
            .map(|(i, asked)| (i, scene.prepared(asked).ok()))
            .unzip();
        if !at.is_empty() {
            for (i, interval) in at.into_iter().zip(metrics::intervals_of(scene.rows(), scene.weight, rest, &how)) {
                found[i] = interval;
            }
        }
        let named = item.metrics.iter().zip(found).filter_map(|(m, i)| i.map(|i| (label(m), [i.low, i.high])));
        named.collect()
    }

    fn measure(
        &mut self,
        item: &EvaluateItem,
        questions: &[Question],
        trained: &mut Trained,
        listener: &mut dyn Listener,
    ) -> Result<Measured, Stop> {
        let read = columns_read(item.metrics.iter().chain(item.require.iter().map(|r| &r.metric)));
        match &item.on {
            Rows::Side { data, side } if *data == trained.run.setup.item.data => {
                let rows = Self::side_rows(trained, *side);
                let train_item = trained.run.setup.item.clone();
                let answers = trained.answers(&rows).map_err(|f| fault(f, &train_item))?;
                let data = &trained.run.setup.data;
                let of = |q: &Question| Some((q.target.clone(), scoring::truth(data, &q.target, &rows)?));
                let truth = questions.iter().filter_map(of).collect();
                let others = read.into_iter().filter_map(|n| Some((n.clone(), own_units(data, &n, &rows)?))).collect();
                let features = features(&data.blocks, &rows);
                let at = Place { table: data.table.clone(), rows, blocks: None };
                Ok(Measured { answers, truth, others, features, at, split: side.name().to_string() })
            }
            Rows::Side { data, side } => {
                let other = self.dataset(data, listener)?;
                let rows = other.split.side(side.name()).unwrap_or(&[]).to_vec();
                let split = format!("{data}.{}", side.name());
                self.elsewhere(questions, &read, trained, &other.table, &rows, split, item.span, listener)
            }
            Rows::Csv { source, span } => {
                let mut problems = Problems::default();
                let Some(table) = data::read(&SourceSpec::Csv(source.clone()), &mut problems) else {
                    return Err(super::execute::first_error(problems, *span).into());
                };
                listener.diagnostics(&problems.sorted(), self.sources);
                let rows: Vec<u32> = (0..table.rows() as u32).collect();
                let split = source.path.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
                self.elsewhere(questions, &read, trained, &table, &rows, split, *span, listener)
            }
        }
    }

    /// Rows of another table than the training's own.
    #[allow(clippy::too_many_arguments)]
    fn elsewhere(
        &self,
        questions: &[Question],
        read: &[Arc<str>],
        trained: &mut Trained,
        table: &RawTable,
        rows: &[u32],
        split: String,
        span: Span,
        listener: &mut dyn Listener,
    ) -> Result<Measured, Stop> {
        let mut problems = Problems::default();
        let fitted = trained.run.setup.data.fitted.clone();
        let all: Vec<u32> = (0..table.rows() as u32).collect();
        let found = fitted.bind(table, &mut problems).map(|bound| (bound.blocks(&all).0, bound.targets(&all)));
        let diagnostics = problems.sorted();
        let Some((blocks, targets)) = found else {
            let first = diagnostics.first().cloned();
            let d = first.unwrap_or_else(|| Diagnostic::new(&codes::DATA, "these rows can't be used").at(span, "here"));
            return Err(d.into());
        };
        listener.diagnostics(&diagnostics, self.sources);
        let mut whole: Vec<(Arc<str>, usize, Vec<f64>)> = Vec::new();
        for question in questions {
            let Some(target) = targets.iter().find(|t| *t.name == *question.target) else {
                let message =
                    format!("these rows have no target column `{}`, so nothing can be compared", question.target);
                return Err(Diagnostic::new(&codes::TARGET, message).at(span, "here").into());
            };
            whole.push((question.target.clone(), target.width, target.raw.clone()));
        }
        let of = |values: &[f64], width: usize, row: u32| values[row as usize * width..][..width].to_vec();
        let is_known =
            |row: &u32| whole.iter().all(|(_, width, raw)| of(raw, *width, *row).iter().all(|y| !y.is_nan()));
        let known: Vec<u32> = rows.iter().copied().filter(is_known).collect();
        let mut feeds = Feeds::of_blocks(&trained.run.setup.plan.forward_feeds, &blocks, &targets);
        let train_item = trained.run.setup.item.clone();
        let mut answers = trained.run.answers_of(&mut feeds, &known).map_err(|f| fault(f, &train_item))?;
        trained.calibrate(&mut answers);
        let pick = |values: &[f64], width: usize| known.iter().flat_map(|r| of(values, width, *r)).collect::<Vec<_>>();
        let data = &trained.run.setup.data;
        let other = |name: &Arc<str>| {
            let target = targets.iter().find(|t| *t.name == **name).map(|t| pick(&t.raw, t.width));
            let column = || data.raw_number_of(table, name).map(|all| pick(&all, 1));
            Some((name.clone(), target.or_else(column)?))
        };
        let others = read.iter().filter_map(other).collect();
        let truth = whole.iter().map(|(name, width, raw)| (name.clone(), pick(raw, *width))).collect();
        let features = features(&blocks, &known);
        let at = Place { table: table.clone(), rows: known, blocks: Some((blocks, targets)) };
        Ok(Measured { answers, truth, others, features, at, split })
    }

    fn baselines(
        &self,
        item: &EvaluateItem,
        trained: &Trained,
        measured: &Measured,
        scene: &Scene<'_>,
    ) -> Result<Named<Named<event::Metric>>, Stop> {
        let data = &trained.run.setup.data;
        let train = &data.split.train;
        let matrix = if item.baselines.is_empty() { vec![] } else { features(&data.blocks, train) };
        let columns = matrix.len().checked_div(train.len()).unwrap_or(0);
        // What the figures weigh, the baselines learn.
        let weight = match &item.closer.weight {
            Some(expr) if !item.baselines.is_empty() => {
                let of = Place { table: data.table.clone(), rows: train.clone(), blocks: None };
                AtHand { trained, of: &of }.weight(Some(expr))?
            }
            _ => None,
        };
        let mut out = Vec::new();
        for (baseline, args) in &item.baselines {
            // The baseline's answers in the place of the model's.
            let mut answers = measured.answers.clone();
            answers.losses.clear();
            let mut fitted_for: Vec<usize> = Vec::new();
            for question in scene.questions.iter().filter(|q| baseline.fits(q.task)) {
                let Some(truth) = scoring::truth(data, &question.target, train) else { continue };
                let answer = &scene.list[question.answer];
                let width = if question.task == Task::Classes { 1 } else { question.columns.len().max(1) };
                let values = &mut answers.values[question.answer];
                for column in 0..width {
                    let target: Vec<f64> = truth.iter().skip(column).step_by(width).copied().collect();
                    let training = metrics::Training {
                        features: &matrix,
                        columns,
                        target: &target,
                        weight: weight.as_deref(),
                        task: question.task,
                        classes: answer.width.max(2),
                    };
                    let fitted = baseline.fit(&training, args).map_err(|why| {
                        let message = format!("the baseline `{}` can't be fitted: {why}", baseline.name);
                        Diagnostic::new(&codes::TARGET, message).at(item.span, "evaluated here")
                    })?;
                    let predicted = fitted.predict(&measured.features, measured.answers.rows);
                    match width {
                        1 => *values = predicted,
                        _ => predicted.iter().enumerate().for_each(|(r, x)| values[r * width + column] = *x),
                    }
                }
                fitted_for.push(question.answer);
            }
            let scene = Scene { answers: &answers, decisions: &Decisions::NONE, ..*scene };
            let of = |asked: &&Asked| match (&asked.measure, scene.question(asked)) {
                (Measure::Known(_), Some(q)) => fitted_for.contains(&q.answer),
                (Measure::Own(_), _) => fitted_for.len() == scene.questions.len(),
                _ => false,
            };
            let scores = item.metrics.iter().filter(of).map(|asked| {
                let score = scene.score(asked);
                (label(asked), metric_of(&score, &classes(trained, &scene, asked, 0)))
            });
            out.push((baseline.name.to_string(), scores.collect()));
        }
        Ok(Named(out))
    }
}

/// From which probability on each result that is yes or no counts as yes.
fn thresholds(scene: &Scene<'_>) -> Vec<(String, f64)> {
    let binary = scene.questions.iter().filter(|q| q.task == Task::Binary);
    binary.map(|q| (q.field.to_string(), scene.decisions.threshold(&scene.list[q.answer]))).collect()
}

/// A metric of the library, about a target of several columns.
fn of_columns<'m>(asked: &'m Asked, scene: &Scene<'m>) -> Option<(&'m Request, &'m Question)> {
    match (&asked.measure, scene.question(asked)) {
        (Measure::Known(request), Some(q)) if q.columns.len() > 1 && q.task != Task::Classes => Some((request, q)),
        _ => None,
    }
}

/// The value of every metric; of a target of several columns its mean, with a table of the columns behind it.
pub(super) fn shown<'m>(item: &'m EvaluateItem, scene: &Scene<'m>, trained: &Trained) -> Named<event::Metric> {
    let mut out: Vec<(String, event::Metric)> = Vec::new();
    for asked in &item.metrics {
        match of_columns(asked, scene) {
            Some((request, question)) if asked.better() == Better::Neither => {
                for (i, sample) in scene.columns(question).samples().enumerate() {
                    let score = request.score(&sample);
                    let name = format!("{}.{}", label(asked), question.columns[i]);
                    out.push((name, metric_of(&score, &classes(trained, scene, asked, i))));
                }
            }
            _ => out.push((label(asked), metric_of(&scene.score(asked), &classes(trained, scene, asked, 0)))),
        }
    }
    for question in scene.questions {
        let asked: Vec<(&Asked, &Request)> = item
            .metrics
            .iter()
            .filter(|asked| asked.better() != Better::Neither)
            .filter_map(|asked| Some((asked, of_columns(asked, scene).filter(|(_, q)| q.answer == question.answer)?.0)))
            .collect();
        if asked.is_empty() {
            continue;
        }
        let columns = scene.columns(question);
        let cells = columns
            .samples()
            .map(|sample| asked.iter().map(|(_, m)| m.score(&sample).number().unwrap_or(f64::NAN)).collect());
        let table = event::MetricTable {
            row_title: question.target.to_string(),
            rows: question.columns.clone(),
            column_title: String::new(),
            columns: asked.iter().map(|(_, m)| arguments(m)).collect(),
            cells: cells.collect(),
        };
        let name = match scene.questions.len() > 1 {
            true => format!("{}.columns", question.field),
            false => "columns".to_string(),
        };
        out.push((name, event::Metric::Table(table)));
    }
    Named(out)
}

/// Names of the classes that a metric's tables are about.
fn classes(trained: &Trained, scene: &Scene<'_>, asked: &Asked, column: usize) -> Vec<String> {
    let target = scene.question(asked).and_then(|q| trained.run.setup.data.target(&q.target));
    target.map(|t| classes_of(&t.kind, column)).unwrap_or_default()
}

/// A metric's name with the result it is about, and with its arguments where they say more.
pub(super) fn label(asked: &Asked) -> String {
    match (&asked.measure, &asked.field) {
        (Measure::Known(m), Some(field)) => format!("{field}.{}", arguments(m)),
        (Measure::Known(m), None) => arguments(m),
        _ => asked.name(),
    }
}

fn arguments(m: &Request) -> String {
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
