//! Saved models: one safetensors file that holds weights, program, preprocessing, classes and threshold.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::check::{Kept, TrainItem, World, data_item, reopen};
use crate::data::{Fitted, Usual};
use crate::diag::{Diagnostic, Severity, codes};
use crate::engine::exec::Arena;
use crate::interop::model_file::{self, ModelFile, Tensor};
use crate::metrics::Calibration;
use crate::plan;
use crate::prelude;
use crate::train::{Answers, Decisions, Feeds, Forward};

use super::execute::{Execution, Stop};
use super::trained::Trained;

/// Everything beside the weights, under `nnrun.model` of the metadata.
#[derive(Serialize, Deserialize)]
struct Description {
    schema: u32,
    version: String,
    program: String,
    /// Definitions of the library that the program reaches, as they were.
    library: BTreeMap<String, String>,
    /// Files that the program uses, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    uses: BTreeMap<String, String>,
    hypers: Vec<(String, String)>,
    train: String,
    data: String,
    threshold: OfResults<f64>,
    calibration: OfResults<Calibration>,
    /// For reasons; models of older versions lack it.
    #[serde(default)]
    usual: Option<Usual>,
    seed: u64,
    epochs: u64,
    steps: u64,
}

/// What was fitted for the results of a model: as it is where the model gives one, else by their names.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OfResults<T> {
    Only(Option<T>),
    Each(BTreeMap<String, T>),
}

/// The name of the only result.
const ONLY: &str = "out";

impl<T: Clone> OfResults<T> {
    fn of(fitted: &BTreeMap<String, T>) -> OfResults<T> {
        match fitted.keys().all(|name| name == ONLY) {
            true => OfResults::Only(fitted.get(ONLY).cloned()),
            false => OfResults::Each(fitted.clone()),
        }
    }

    fn by_name(self) -> BTreeMap<String, T> {
        match self {
            OfResults::Only(one) => one.into_iter().map(|one| (ONLY.to_string(), one)).collect(),
            OfResults::Each(all) => all,
        }
    }
}

const SCHEMA: u32 = 1;

impl Execution<'_> {
    /// Writes the model of a finished training into the run's folder.
    pub(super) fn save_model(&self, trained: &Trained) -> Result<(), Stop> {
        let Some(folder) = &self.folder else { return Ok(()) };
        self.write_model(trained, &folder.file(model_name(&trained.name)))
    }

    /// Writes a model to a path.
    pub(super) fn write_model(&self, trained: &Trained, path: &Path) -> Result<(), Stop> {
        let setup = &trained.run.setup;
        let program = self.sources.get(self.program.file).map_or(String::new(), |s| s.text.to_string());
        let reached = trained.world.scope.reached();
        let library = prelude::ENTRIES
            .iter()
            .filter(|e| reached.contains(&e.name))
            .map(|e| (e.name.to_string(), e.text.to_string()))
            .collect();
        let description = Description {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            program,
            library,
            uses: self.program.uses.clone(),
            hypers: self.program.hypers.iter().map(|h| (h.name.to_string(), h.value.clone())).collect(),
            train: trained.name.to_string(),
            data: setup.item.data.to_string(),
            threshold: OfResults::of(&trained.decisions.thresholds),
            calibration: OfResults::of(&trained.decisions.calibrations),
            usual: Some(Usual::of(&setup.data)),
            seed: setup.seed,
            epochs: trained.run.state.epoch,
            steps: trained.run.state.step,
        };
        let json = |x: Result<String, serde_json::Error>| {
            x.map_err(|e| Diagnostic::new(&codes::OUTPUT, format!("the model can't be described: {e}")))
        };
        let metadata = BTreeMap::from([
            ("nnrun.model".to_string(), json(serde_json::to_string(&description))?),
            ("nnrun.data".to_string(), json(serde_json::to_string(&*setup.data.fitted))?),
        ]);
        let tensors = trained
            .run
            .tensors()
            .into_iter()
            .map(|(name, shape, data)| Tensor { name: name.to_string(), shape, data })
            .collect();
        model_file::write(path, &ModelFile { tensors, metadata }).map_err(Diagnostic::from)?;
        Ok(())
    }
}

/// The file of a training's model.
pub(super) fn model_name(train: &str) -> String {
    match train {
        "train" => "model.safetensors".into(),
        name => format!("{name}.safetensors"),
    }
}

/// A model read from its file, ready to be applied.
pub struct SavedModel {
    pub fitted: Arc<Fitted>,
    pub forward: Forward,
    arena: Arena,
    pub(super) parts: Parts,
    pub item: TrainItem,
    pub world: World,
    pub(super) usual: Option<Usual>,
}

/// What threads share to apply a saved model, each with memory of its own.
pub(super) struct Parts {
    pub fitted: Arc<Fitted>,
    plan: plan::Applied,
    weights: Arena,
    pub decisions: Decisions,
}

impl SavedModel {
    pub fn open(path: &Path, threads: usize) -> Result<SavedModel, Diagnostic> {
        let file = model_file::read(path).map_err(Diagnostic::from)?;
        let unsound = |what: &str| {
            Diagnostic::new(&codes::MODEL_FILE, format!("`{}` is no model of nnrun: {what}", path.display()))
                .help("give a model.safetensors from the folder of a run")
        };
        let text = file.metadata.get("nnrun.model").ok_or_else(|| unsound("it has no program"))?;
        let description: Description =
            serde_json::from_str(text).map_err(|e| unsound(&format!("its description can't be read ({e})")))?;
        let data = file.metadata.get("nnrun.data").ok_or_else(|| unsound("it has no preprocessing"))?;
        let fitted: Fitted =
            serde_json::from_str(data).map_err(|e| unsound(&format!("its preprocessing can't be read ({e})")))?;
        let view = |span| data_item::fitted_view(&description.data.as_str().into(), span, &fitted, vec![]);
        let kept = Kept { library: description.library.clone(), uses: description.uses.clone() };
        let opened = reopen(&description.program, kept, &description.hypers, &view, &description.train);
        let (world, item) = opened.map_err(|problems| {
            let first = problems.into_iter().find(|d| d.severity == Severity::Error);
            unsound(&first.map_or("its program has no such training".to_string(), |d| d.message))
        })?;
        let plan = plan::applied(&world, &item, true).map_err(|p| {
            let all = p.sorted();
            unsound(&all.first().map_or(String::new(), |d| d.message.clone()))
        })?;
        let mut arena = Arena::default();
        arena.grow(plan.arena);
        for part in plan.parts.iter().filter(|p| p.role != crate::check::elaborate::Role::State) {
            let tensor =
                file.tensor(&part.path).ok_or_else(|| unsound(&format!("the tensor `{}` is missing", part.path)))?;
            if tensor.shape != part.shape {
                return Err(unsound(&format!("`{}` has another shape than its program says", part.path)));
            }
            arena[part.range()].copy_from_slice(&tensor.data);
        }
        let fitted = Arc::new(fitted);
        let forward =
            Forward::of(&plan.program, plan.answers.clone(), Some(fitted.clone()), threads).map_err(|e| unsound(&e))?;
        Ok(SavedModel {
            fitted: fitted.clone(),
            forward,
            arena: arena.clone(),
            parts: Parts {
                fitted,
                plan,
                weights: arena,
                decisions: Decisions {
                    thresholds: description.threshold.by_name(),
                    calibrations: description.calibration.by_name(),
                },
            },
            item,
            world,
            usual: description.usual,
        })
    }

    /// Answers for the rows of blocks that its preprocessing made.
    pub fn answers(&mut self, blocks: &[crate::data::Block], rows: usize) -> Result<Answers, Diagnostic> {
        let mut feeds = Feeds::of_blocks(self.parts.feeds(), blocks, &[]);
        let all: Vec<u32> = (0..rows as u32).collect();
        let mut answers = self
            .forward
            .rows(&mut self.arena, &mut feeds, &all)
            .map_err(|f| Diagnostic::new(&codes::DATA, f.to_string()))?;
        self.parts.decisions.calibrate(&self.forward.answers, &mut answers);
        Ok(answers)
    }

    pub(super) fn decisions(&self) -> &Decisions {
        &self.parts.decisions
    }
}

impl Parts {
    /// The model once more, for a thread of its own, with the memory that its weights lie in.
    pub(super) fn worker(&self) -> Result<(Forward, Arena), String> {
        let (program, answers) = (&self.plan.program, self.plan.answers.clone());
        Ok((Forward::of(program, answers, Some(self.fitted.clone()), 1)?, self.weights.clone()))
    }

    /// What the inputs of the model are.
    pub(super) fn feeds(&self) -> &[plan::Feed] {
        &self.plan.feeds
    }
}
