//! Trained models that a loss calls: what they give for every row of the data, computed once before the training.

use std::sync::Arc;

use crate::check::{TrainItem, World};
use crate::data::{Dataset, Fitted, RawTable};
use crate::diag::{Diagnostic, Problems, codes};
use crate::engine::exec::Arena;
use crate::interop::model_file;
use crate::plan::{self, Feed};
use crate::train::{Feeds, Forward, Matrix, Models};

use super::execute::{Execution, Stop};
use super::model::SavedModel;

/// A trained model, by what it takes to apply it.
struct Teacher<'a> {
    name: Arc<str>,
    world: &'a World,
    item: &'a TrainItem,
    fitted: Arc<Fitted>,
    tensors: Vec<model_file::Tensor>,
}

impl Execution<'_> {
    /// The answers of all trained models that these feeds ask for.
    pub(super) fn models(&self, feeds: &[Feed], dataset: &Dataset, item: &TrainItem) -> Result<Models, Stop> {
        let mut models = Models::new();
        for feed in feeds {
            let Feed::Model(key, _) = feed else { continue };
            if models.contains_key(key) {
                continue;
            }
            let Some((name, _)) = key.split_once('.') else { continue };
            let answers = self.model(name, dataset).map_err(|d| d.at(item.loss.span, "the loss calls it"))?;
            models.extend(answers);
        }
        Ok(models)
    }

    fn model(&self, name: &str, dataset: &Dataset) -> Result<Vec<(Arc<str>, Matrix)>, Diagnostic> {
        if let Some(trained) = self.trained.get(name) {
            let tensors = trained.run.tensors().into_iter();
            let tensors = tensors.map(|(n, shape, data)| model_file::Tensor { name: n.to_string(), shape, data });
            let teacher = Teacher {
                name: name.into(),
                world: &trained.world,
                item: &trained.run.setup.item,
                fitted: trained.run.setup.data.fitted.clone(),
                tensors: tensors.collect(),
            };
            return teacher.answers(&dataset.table, self.options.threads);
        }
        let path = self.program.world.saved.get(name).and_then(|view| view.path.clone());
        let path = path.ok_or_else(|| Diagnostic::new(&codes::MISSING, format!("`{name}` was not trained")))?;
        let saved = SavedModel::open(&path, self.options.threads)?;
        let tensors = model_file::read(&path).map_err(Diagnostic::from)?.tensors;
        let fitted = saved.fitted.clone();
        let teacher = Teacher { name: name.into(), world: &saved.world, item: &saved.item, fitted, tensors };
        teacher.answers(&dataset.table, self.options.threads)
    }
}

impl Teacher<'_> {
    fn answers(&self, table: &RawTable, threads: usize) -> Result<Vec<(Arc<str>, Matrix)>, Diagnostic> {
        let unsound =
            |why: String| Diagnostic::new(&codes::MODEL_FILE, format!("`{}` can't be applied: {why}", self.name));
        let first = |p: Problems| p.sorted().first().map_or(String::new(), |d| d.message.clone());
        let mut problems = Problems::default();
        let Some(bound) = self.fitted.bind(table, &mut problems) else { return Err(unsound(first(problems))) };
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let (blocks, _) = bound.blocks(&rows);
        let applied = plan::applied(self.world, self.item, false).map_err(|p| unsound(first(p)))?;
        let mut arena = Arena::default();
        arena.grow(applied.arena);
        for part in &applied.parts {
            match self.tensors.iter().find(|t| t.name == *part.path) {
                Some(tensor) if tensor.shape == part.shape => arena[part.range()].copy_from_slice(&tensor.data),
                _ => return Err(unsound(format!("`{}` is missing", part.path))),
            }
        }
        let mut forward = Forward::of(&applied.program, applied.answers, None, threads).map_err(unsound)?;
        let mut feeds = Feeds::of_blocks(&applied.feeds, &blocks, &[]);
        let answers = forward.rows(&mut arena, &mut feeds, &rows).map_err(|f| unsound(f.to_string()))?;
        let named = forward.answers.iter().zip(answers.values).map(|(answer, values)| {
            let values = Arc::new(values.iter().map(|x| *x as f32).collect());
            (format!("{}.{}", self.name, answer.name).into(), Matrix { width: answer.width, values })
        });
        Ok(named.collect())
    }
}
