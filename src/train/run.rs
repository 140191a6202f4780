//! A training, step by step.

use std::sync::Arc;
use std::time::Instant;

use crate::check::measure::Asked;
use crate::check::{Average, Clip, Side, TrainItem, Watched};
use crate::data::Dataset;
use crate::engine::exec::{Arena, Call, Executable, Fault, Options};
use crate::engine::graph::NodeId;
use crate::engine::random::{Generator, Key};
use crate::engine::reference;
use crate::metrics::Score;
use crate::plan::{HostMemory, Plan, Rate};

use super::clock::Clock;
use super::decisions::Decisions;
use super::feed::{Feeds, Models};
use super::forward::{Answers, Forward};
use super::history::EpochRecord;
use super::inspect::Looks;
use super::plateau::Plateau;
use super::profile::Watch;
use super::scoring::{Question, Scene, columns_read, own_units, questions, truth};
use super::state::{Snapshot, State};

/// What a training is made of.
#[derive(Clone)]
pub struct Setup {
    pub item: TrainItem,
    pub plan: Arc<Plan>,
    pub data: Arc<Dataset>,
    /// What the trained models that the loss calls give for the rows of the data.
    pub models: Models,
    pub seed: u64,
    pub threads: usize,
}

/// A tensor's shape and numbers.
pub type Weights = (Vec<usize>, Vec<f32>);

/// A training and all its state.
pub struct Run {
    pub setup: Setup,
    pub state: State,
    pub(super) arena: Arena,
    pub(super) step: Executable,
    pub(super) norm: Option<Executable>,
    pub(super) updates: Vec<Executable>,
    pub forward: Forward,
    pub(super) feeds: Feeds,
    forward_feeds: Feeds,
    pub(super) order: Vec<u32>,
    /// The epoch that `order` is for.
    order_of: Option<u64>,
    best: Option<Vec<f32>>,
    average: Option<Vec<f32>>,
    /// Of the schedules with a state, by their scalar.
    pub(super) factors: Vec<(Arc<str>, f64)>,
    key: Key,
    pub(super) step_key: Key,
    update_key: Key,
    step_scalars: HostMemory,
    update_scalars: HostMemory,
    /// Where each batch of an epoch starts and ends.
    pub(super) bounds: Vec<(usize, usize)>,
    pub(super) planned: u64,
    pub(super) watch: Option<Watch>,
    /// What looks inside were compiled to, and the weights before the last step where these are kept.
    pub(super) looks: Looks,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    pub loss: f64,
    /// The epoch that ended with it.
    pub epoch: Option<EpochRecord>,
}

/// How far the training is.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Stepped(StepReport),
    Finished,
}

/// Why a training can't go on.
#[derive(Debug, Clone)]
pub enum TrainFault {
    /// A number is not finite: where it arose first, if that was found.
    NotFinite {
        step: u64,
        what: String,
        place: crate::engine::graph::Place,
        operation: String,
    },
    Fault {
        what: String,
        place: crate::engine::graph::Place,
    },
    Compile(String),
}

impl Run {
    /// A fresh training: weights drawn from the seed.
    pub fn new(setup: Setup) -> Result<Run, TrainFault> {
        let plan = setup.plan.clone();
        let rows = batch_size(&setup);
        let options = Options { max_rows: rows, threads: setup.threads, ..Options::default() };
        let compile = |p| Executable::compile(p, &options).map_err(|f| TrainFault::Compile(f.to_string()));
        let step = compile(&plan.step)?;
        let norm = plan.norm.as_ref().map(compile).transpose()?;
        let updates = plan.updates.iter().map(|u| compile(&u.program)).collect::<Result<Vec<_>, _>>()?;
        let forward =
            Forward::compile(&plan, Some(setup.data.fitted.clone()), setup.threads).map_err(TrainFault::Compile)?;
        let lacks = || TrainFault::Compile("the data lacks a column that the loss reads".into());
        let feeds = Feeds::of_dataset(&plan.step_feeds, &setup.data, &setup.models).ok_or_else(lacks)?;
        let forward_feeds = Feeds::of_dataset(&plan.forward_feeds, &setup.data, &setup.models).ok_or_else(lacks)?;
        let key = Key(setup.seed).named("training");
        let mut arena = Arena::default();
        arena.grow(plan.arena);
        let mut run = Run {
            setup,
            state: State::default(),
            arena,
            step,
            norm,
            updates,
            forward,
            feeds,
            forward_feeds,
            order: vec![],
            order_of: None,
            best: None,
            average: None,
            factors: vec![],
            key,
            step_key: key.named("step"),
            update_key: key.named("update"),
            step_scalars: HostMemory::default(),
            update_scalars: HostMemory::default(),
            bounds: vec![],
            planned: 0,
            watch: None,
            looks: Looks::default(),
        };
        run.bounds = run.batch_bounds();
        run.planned = run.planned_steps();
        run.set_factors();
        run.initialise()?;
        Ok(run)
    }

    fn initialise(&mut self) -> Result<(), TrainFault> {
        let plan = self.setup.plan.clone();
        let key = Key(self.setup.seed).named("init");
        let clock = self.clock();
        let scalars: Vec<f32> = plan.init.scalars.iter().map(|n| clock.read(n) as f32).collect();
        let mut call = reference::Call::<f32> { rows: 0, key, inputs: &[], scalars: &scalars, arena: &mut [] };
        let outcome =
            reference::run(&plan.init, &mut call).map_err(|f| TrainFault::Fault { what: f.what, place: f.place })?;
        for (part, values) in plan.parts.iter().zip(outcome.outputs) {
            let target = &mut self.arena[part.range()];
            for (slot, x) in target.iter_mut().zip(values.iter()) {
                *slot = *x;
            }
        }
        Ok(())
    }

    /// Replaces weights by those of another training, by path; gives back the paths that had no counterpart.
    pub fn load(&mut self, find: &dyn Fn(&str) -> Option<Weights>) -> Vec<Arc<str>> {
        let plan = self.setup.plan.clone();
        let mut without = Vec::new();
        for part in plan.parts.iter().filter(|p| p.role != crate::check::elaborate::Role::State) {
            match find(&part.path) {
                Some((shape, values)) if shape == part.shape => self.arena[part.range()].copy_from_slice(&values),
                _ => without.push(part.path.clone()),
            }
        }
        without
    }

    /// Steps in an epoch.
    pub fn batches_per_epoch(&self) -> u64 {
        self.bounds.len() as u64
    }

    /// Steps to the end of the epoch at hand, and in each of those after it.
    pub fn steps_left_in_epoch(&self) -> (u64, u64) {
        let accumulate = self.setup.item.accumulate as u64;
        let left = self.batches_per_epoch().saturating_sub(self.state.batch_in_epoch);
        (left.div_ceil(accumulate), self.batches_per_epoch().div_ceil(accumulate))
    }

    /// Planned steps.
    pub fn planned_steps(&self) -> u64 {
        let per_epoch = self.batches_per_epoch().div_ceil(self.setup.item.accumulate as u64).max(1);
        let by_epochs = self.setup.item.epochs.map(|e| e.saturating_mul(per_epoch));
        match (by_epochs, self.setup.item.steps) {
            (Some(a), Some(b)) => a.min(b),
            (Some(a), None) | (None, Some(a)) => a,
            (None, None) => 0,
        }
    }

    /// Where each batch of an epoch starts and ends.
    fn batch_bounds(&self) -> Vec<(usize, usize)> {
        let rows = self.setup.data.split.train.len();
        let size = batch_size(&self.setup);
        let mut bounds: Vec<(usize, usize)> =
            (0..rows).step_by(size.max(1)).map(|from| (from, (from + size).min(rows))).collect();
        // A single row has no variance: it joins the batch before it.
        if self.setup.plan.needs_two_rows && bounds.len() > 1 && bounds.last().is_some_and(|(from, to)| to - from == 1)
        {
            bounds.pop();
            if let Some(last) = bounds.last_mut() {
                last.1 = rows;
            }
        }
        bounds
    }

    /// Whether every batch is all training rows, to a loss that does not ask for their order: they are never shuffled.
    fn is_full_batch(&self) -> bool {
        self.bounds.len() == 1 && !self.setup.plan.reads_row_order
    }

    /// The order of the training rows in an epoch: a function of seed and epoch.
    pub(super) fn shuffle(&mut self) {
        let full_batch = self.is_full_batch();
        if self.order_of == Some(self.state.epoch) || (full_batch && self.order_of.is_some()) {
            return;
        }
        self.order.clear();
        self.order.extend_from_slice(&self.setup.data.split.train);
        if !full_batch {
            let mut generator = Generator::new(self.key.named("order").derive(self.state.epoch));
            generator.shuffle(&mut self.order);
        }
        self.order_of = Some(self.state.epoch);
    }

    /// Whether nothing is left to do.
    pub fn is_finished(&self) -> bool {
        self.state.finished
    }

    /// What the trainer counts, as programs read it.
    pub(super) fn clock(&self) -> Clock<'_> {
        Clock::of(&self.state, self.planned, &self.factors)
    }

    /// One batch, and the update that follows it.
    pub fn advance(&mut self) -> Result<Outcome, TrainFault> {
        if self.state.finished || self.bounds.is_empty() {
            self.state.finished = true;
            return Ok(Outcome::Finished);
        }
        let begun = self.watch.map(|_| Instant::now());
        self.shuffle();
        let (from, to) = self.bounds[self.state.batch_in_epoch as usize % self.bounds.len()];
        match self.is_full_batch() {
            true => self.feeds.gather_once(&self.order),
            false => {
                let next = to..(to + to - from).min(self.order.len());
                self.feeds.gather_before(&self.order[from..to], &self.order[next]);
            }
        }
        if let (Some(begun), Some(watch)) = (begun, &mut self.watch) {
            watch.batch += begun.elapsed();
        }
        let key = self.step_key.derive(self.state.batch);
        let loss = self.batch(to - from, key)?;
        self.state.batch += 1;
        self.state.batch_in_epoch += 1;
        self.state.loss_sum += loss * (to - from) as f64;
        self.state.loss_rows += (to - from) as u64;
        self.state.last_loss = loss;
        let ends_epoch = self.state.batch_in_epoch as usize >= self.bounds.len();
        if self.state.batch_in_epoch.is_multiple_of(self.setup.item.accumulate as u64) || ends_epoch {
            self.update(loss)?;
        }
        let limit = self.setup.item.steps.is_some_and(|n| self.state.step >= n);
        let begun = self.watch.map(|_| Instant::now());
        let epoch = (ends_epoch || limit).then(|| self.end_epoch()).transpose()?;
        if let (Some(begun), Some(watch)) = (begun, &mut self.watch) {
            watch.epoch += begun.elapsed();
        }
        Ok(Outcome::Stepped(StepReport { loss, epoch }))
    }

    /// One batch of these rows, and the update that follows it; gives the loss before it.
    #[cfg(test)]
    pub(super) fn train_on(&mut self, rows: &[u32]) -> Result<f64, TrainFault> {
        self.feeds.gather(rows);
        let loss = self.batch(rows.len(), self.step_key.derive(self.state.batch))?;
        self.update(loss)?;
        Ok(loss)
    }

    /// A piece of the arena.
    #[cfg(test)]
    pub(super) fn numbers(&self, range: std::ops::Range<usize>) -> &[f32] {
        &self.arena[range]
    }

    /// Forward and backward for the gathered rows.
    fn batch(&mut self, rows: usize, key: Key) -> Result<f64, TrainFault> {
        let clock = Clock::of(&self.state, self.planned, &self.factors);
        self.setup.plan.step_host.run(|n| clock.read(n), &mut self.step_scalars);
        let (step, slots, scalars) = (&mut self.step, &mut self.arena, &self.step_scalars.results);
        let ran = self.feeds.with_batch(|inputs| step.run(Call { rows, key, inputs, scalars, slots }));
        if let Err(fault) = ran {
            return Err(self.located(fault));
        }
        let loss = self.step.output(0).first().copied().unwrap_or(f32::NAN);
        if !loss.is_finite() {
            return Err(self.not_finite(rows, key));
        }
        Ok(f64::from(loss))
    }

    fn update(&mut self, _loss: f64) -> Result<(), TrainFault> {
        let plan = &self.setup.plan;
        self.looks.keep_before(&self.arena[..plan.state]);
        let mut clock = Clock::of(&self.state, self.planned, &self.factors);
        if let (Some(norm), Some(Clip::Norm(max))) = (&mut self.norm, plan.clip) {
            let call = Call { rows: 1, key: self.key, inputs: &[], scalars: &[], slots: &mut self.arena };
            norm.run(call).map_err(|f| TrainFault::Compile(f.to_string()))?;
            let size = norm.output(0).first().copied().unwrap_or(0.0).sqrt();
            clock.clip = (max / (f64::from(size) + 1e-6)).min(1.0);
        }
        for i in 0..self.updates.len() {
            let memory = &mut self.update_scalars;
            plan.updates[i].host.run(|n| clock.read(n), memory);
            let key = self.update_key.derive(self.state.step);
            let call = Call { rows: 1, key, inputs: &[], scalars: &memory.results, slots: &mut self.arena };
            self.updates[i].run(call).map_err(|f| TrainFault::Compile(f.to_string()))?;
        }
        if self.setup.item.accumulate > 1 {
            self.arena[plan.gradients.clone()].fill(0.0);
        }
        self.state.step += 1;
        if let Some(Average::Ema(decay)) = self.setup.item.average {
            self.average_in(decay as f32);
        }
        Ok(())
    }

    /// Moves the averaged weights towards the present ones.
    fn average_in(&mut self, decay: f32) {
        let now = &self.arena[..self.setup.plan.state];
        match &mut self.average {
            None => self.average = Some(now.to_vec()),
            Some(average) => {
                average.iter_mut().zip(now).for_each(|(a, x)| *a = decay * *a + (1.0 - decay) * *x);
            }
        }
    }

    fn end_epoch(&mut self) -> Result<EpochRecord, TrainFault> {
        self.state.epoch += 1;
        self.state.batch_in_epoch = 0;
        let loss = self.state.loss_sum / self.state.loss_rows.max(1) as f64;
        self.state.loss_sum = 0.0;
        self.state.loss_rows = 0;
        if let Some(Average::Swa(from)) = self.setup.item.average
            && self.state.step as f64 >= from * self.planned_steps() as f64
        {
            self.state.averaged += 1;
            self.average_in(1.0 - 1.0 / self.state.averaged as f32);
        }
        self.check_weights()?;
        let val = self.validate()?;
        if let Some((_, x)) = val.iter().find(|(name, x)| name == "loss" && !x.is_finite()) {
            return Err(self.diverged(in_words(*x), Default::default(), "loss on the val rows"));
        }
        let best = self.watch(loss, &val);
        let record =
            EpochRecord { epoch: self.state.epoch, step: self.state.step, loss, lr: self.learning_rate(), val, best };
        self.observe(&record);
        self.state.history.epochs.push(record.clone());
        let item = &self.setup.item;
        self.state.finished |=
            item.epochs.is_some_and(|n| self.state.epoch >= n) || item.steps.is_some_and(|n| self.state.step >= n);
        Ok(record)
    }

    /// Schedules with a state take in what the epoch has brought.
    fn observe(&mut self, record: &EpochRecord) {
        for (item, plateau) in self.setup.item.plateaus.iter().zip(&mut self.state.plateaus) {
            let name = item.watched.metric_name();
            let value = match item.watched.side {
                Side::Train => Some(record.loss),
                _ => record.val.iter().find(|(n, _)| *n == name).map(|(_, x)| *x),
            };
            plateau.observe(item, value.unwrap_or(f64::NAN));
        }
        self.set_factors();
    }

    /// Makes the factors of schedules with a state what the state says.
    fn set_factors(&mut self) {
        self.state.plateaus.resize(self.setup.item.plateaus.len(), Plateau::default());
        let each = self.setup.item.plateaus.iter().zip(&self.state.plateaus);
        self.factors.clear();
        self.factors.extend(each.map(|(item, plateau)| (item.rule.scalar.clone(), plateau.factor)));
    }

    /// A loss may stay finite while weights no longer are: where the last update put them, or where nothing looks.
    fn check_weights(&self) -> Result<(), TrainFault> {
        for part in &self.setup.plan.parts {
            if let Some(x) = self.arena[part.range()].iter().find(|x| !x.is_finite()) {
                let own = part.role != crate::check::elaborate::Role::State;
                let place =
                    crate::engine::graph::Place { path: Some(part.path.clone()), span: own.then_some(part.span) };
                return Err(self.diverged(in_words(f64::from(*x)), place, "update"));
            }
        }
        Ok(())
    }

    fn diverged(&self, what: &str, place: crate::engine::graph::Place, operation: &str) -> TrainFault {
        TrainFault::NotFinite { step: self.state.step, what: what.into(), place, operation: operation.into() }
    }

    /// The rate of the last step, as the optimizer's argument `lr` is written.
    pub fn learning_rate(&self) -> f64 {
        let ended = u64::from(self.state.batch_in_epoch == 0);
        self.rate_at(self.state.step.saturating_sub(1), self.state.epoch.saturating_sub(ended))
    }

    /// The rate of a step of an epoch, both counted from 0.
    pub fn rate_at(&self, step: u64, epoch: u64) -> f64 {
        match &self.setup.plan.rate {
            Rate::Fixed(x) => *x,
            Rate::Scheduled(program) => {
                let clock = Clock { step, epoch, ..self.clock() };
                let scalars: Vec<f64> = program.scalars.iter().map(|n| clock.read(n)).collect();
                let key = Key(0);
                let mut call = reference::Call::<f64> { rows: 1, key, inputs: &[], scalars: &scalars, arena: &mut [] };
                let rate = reference::run(program, &mut call).ok();
                rate.and_then(|o| o.outputs.first()?.iter().next().copied()).unwrap_or(f64::NAN)
            }
        }
    }

    /// Metrics on the validation rows: the loss, and whatever is watched.
    fn validate(&mut self) -> Result<Vec<(String, f64)>, TrainFault> {
        let rows = self.setup.data.split.val.clone();
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let answers = self.answers(&rows)?;
        let mut out = Vec::new();
        if self.forward.has_loss {
            out.push(("loss".to_string(), answers.loss()));
        }
        let watched: Vec<Watched> = self.watched().filter(|w| w.side == Side::Val).cloned().collect();
        for w in watched {
            let Some(metric) = &w.metric else { continue };
            let name = metric.name();
            if out.iter().any(|(n, _)| *n == name) {
                continue;
            }
            if let Some(Score::Number(x)) = self.score(&answers, &rows, metric) {
                out.push((name, x));
            }
        }
        Ok(out)
    }

    fn watched(&self) -> impl Iterator<Item = &Watched> {
        self.setup
            .item
            .stop
            .iter()
            .map(|(w, ..)| w)
            .chain(&self.setup.item.keep)
            .chain(self.setup.item.plateaus.iter().map(|p| &p.watched))
    }

    /// The results that answer a target.
    pub fn questions(&self) -> Vec<Question> {
        let data = &self.setup.data;
        questions(&self.forward.answers, |name| data.fitted.target(name).map(|t| t.columns.clone()).unwrap_or_default())
    }

    /// A metric of answers for rows of the data.
    pub fn score(&self, answers: &Answers, rows: &[u32], asked: &Asked) -> Option<Score> {
        let data = &self.setup.data;
        let questions = self.questions();
        let truth = questions.iter().filter_map(|q| Some((q.target.clone(), truth(data, &q.target, rows)?))).collect();
        let read = columns_read(std::iter::once(asked)).into_iter();
        let others = read.filter_map(|name| Some((name.clone(), own_units(data, &name, rows)?))).collect();
        let scene = Scene {
            weight: None,
            questions: &questions,
            list: &self.forward.answers,
            answers,
            truth: &truth,
            others: &others,
            decisions: &Decisions::NONE,
        };
        Some(scene.score(asked))
    }

    /// The model's answers for rows of the data, by the present weights.
    pub fn answers(&mut self, rows: &[u32]) -> Result<Answers, TrainFault> {
        let clock = Clock::of(&self.state, self.planned, &self.factors);
        self.forward.set_clock(|n| clock.read(n));
        match self.forward.rows(&mut self.arena, &mut self.forward_feeds, rows) {
            Ok(answers) => Ok(answers),
            Err(fault) => Err(TrainFault::Compile(fault.to_string())),
        }
    }

    /// The model's answers for rows of other data.
    pub fn answers_of(&mut self, feeds: &mut Feeds, rows: &[u32]) -> Result<Answers, TrainFault> {
        self.forward.rows(&mut self.arena, feeds, rows).map_err(|f| TrainFault::Compile(f.to_string()))
    }

    /// Keeps and stops by what is watched; whether this epoch is the best so far.
    fn watch(&mut self, loss: f64, val: &[(String, f64)]) -> bool {
        let value = |w: &Watched| {
            let name = w.metric_name();
            match w.side {
                Side::Train => Some(loss),
                _ => val.iter().find(|(n, _)| *n == name).map(|(_, x)| *x),
            }
        };
        let better = |w: &Watched, x: f64, than: f64, by: f64| if w.rises() { x > than + by } else { x < than - by };
        let mut best = false;
        if let Some((w, patience, min_delta)) = self.setup.item.stop.clone() {
            let improved = value(&w).is_some_and(|x| self.state.stop_best.is_none_or(|b| better(&w, x, b, min_delta)));
            if improved {
                self.state.stop_best = value(&w);
                self.state.stale = 0;
                best = true;
            } else {
                self.state.stale += 1;
                if self.state.stale >= patience {
                    self.state.finished = true;
                    self.state.stopped_early = true;
                }
            }
        }
        if let Some(w) = self.setup.item.keep.clone() {
            best = value(&w).is_some_and(|x| self.state.keep_best.is_none_or(|b| better(&w, x, b, 0.0)));
            if best {
                self.state.keep_best = value(&w);
                self.state.keep_epoch = self.state.epoch;
                self.best = Some(self.arena[..self.setup.plan.state].to_vec());
            }
        }
        best
    }

    /// Puts the weights in place that the training ends with: the best, the averaged, or the last.
    pub fn settle(&mut self) {
        let chosen = match (&self.best, &self.average) {
            (Some(best), _) => Some(best),
            (None, Some(average)) => Some(average),
            _ => None,
        };
        if let Some(numbers) = chosen {
            self.arena[..numbers.len()].copy_from_slice(numbers);
        }
    }

    /// Parameters and buffers by path, as they stand.
    pub fn tensors(&self) -> Vec<(Arc<str>, Vec<usize>, Vec<f32>)> {
        let parts = self.setup.plan.parts.iter().filter(|p| p.role != crate::check::elaborate::Role::State);
        parts.map(|p| (p.path.clone(), p.shape.clone(), self.arena[p.range()].to_vec())).collect()
    }

    pub fn snapshot(&self) -> Snapshot {
        let pending = self.setup.item.accumulate > 1;
        let gradients = if pending { self.arena[self.setup.plan.gradients.clone()].to_vec() } else { vec![] };
        Snapshot {
            state: self.state.clone(),
            numbers: self.arena[..self.setup.plan.state].to_vec(),
            gradients,
            best: self.best.clone(),
            average: self.average.clone(),
        }
    }

    /// Goes on from a snapshot of the same training; `false` if it is of another one.
    pub fn restore(&mut self, snapshot: &Snapshot) -> bool {
        let plan = self.setup.plan.clone();
        let fits = snapshot.numbers.len() == plan.state
            && (snapshot.gradients.is_empty() || snapshot.gradients.len() == plan.gradients.len())
            && [&snapshot.best, &snapshot.average]
                .iter()
                .all(|kept| kept.as_ref().is_none_or(|k| k.len() == plan.state));
        if !fits {
            return false;
        }
        self.arena[..plan.state].copy_from_slice(&snapshot.numbers);
        if !snapshot.gradients.is_empty() {
            self.arena[plan.gradients.clone()].copy_from_slice(&snapshot.gradients);
        }
        self.state = snapshot.state.clone();
        self.set_factors();
        self.best = snapshot.best.clone();
        self.average = snapshot.average.clone();
        self.order_of = None;
        true
    }

    fn located(&self, fault: Fault) -> TrainFault {
        let place = match fault.node() {
            Some(node) => self.setup.plan.step.graph.get(node).place.clone(),
            None => Default::default(),
        };
        TrainFault::Fault { what: fault.to_string(), place }
    }

    /// Computes the batch once more by the reference kernels, to say where the first bad number arose.
    fn not_finite(&mut self, rows: usize, key: Key) -> TrainFault {
        let plan = self.setup.plan.clone();
        let scalars = self.step_scalars.results.clone();
        let step = self.state.step + 1;
        let unknown = TrainFault::NotFinite {
            step,
            what: "the loss".into(),
            place: Default::default(),
            operation: String::new(),
        };
        let arena = &mut self.arena[..];
        let values = self.feeds.with_batch(|inputs| {
            reference::values(&plan.step, &reference::Call::<f32> { rows, key, inputs, scalars: &scalars, arena })
        });
        let Ok(values) = values else { return unknown };
        let bad = values.iter().position(|v| v.iter().any(|x| !x.is_finite()));
        let Some(i) = bad else { return unknown };
        let node = plan.step.graph.get(NodeId(i as u32));
        let what =
            values[i].iter().find(|x| !x.is_finite()).map_or("not a number", |x| in_words(f64::from(*x))).to_string();
        let operation = crate::engine::ops::row(&node.op).name.to_string();
        TrainFault::NotFinite { step, what, place: node.place.clone(), operation }
    }
}

/// What a number is that is not finite.
pub(super) fn in_words(x: f64) -> &'static str {
    match x {
        x if x.is_nan() => "not a number",
        x if x > 0.0 => "infinite",
        _ => "minus infinite",
    }
}

fn batch_size(setup: &Setup) -> usize {
    setup.item.batch_size.min(setup.data.split.train.len().max(1))
}
