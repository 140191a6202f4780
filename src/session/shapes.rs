//! Models as tables of their layers.

use crate::check::elaborate::Role;
use crate::check::{Action, Checked, data_item};
use crate::data;
use crate::diag::{Diagnostic, Problems};
use crate::plan;

/// A model as `nnrun shapes` shows it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ModelShapes {
    pub model: String,
    pub layers: Vec<LayerShape>,
    /// Bytes of the weights, their gradients and the optimiser's state.
    pub weight_bytes: u64,
    /// Bytes that a training step takes besides, at this batch size.
    pub step_bytes: u64,
    pub batch_size: u64,
}

/// One layer, named by its path.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LayerShape {
    /// `feature_extractor.0`.
    pub path: String,
    /// `Linear`.
    pub layer: String,
    /// Type of the result for one example: `real[64]`.
    pub output: String,
    /// How many numbers it holds that can be trained.
    pub parameters: u64,
    /// Of these, how many are trained; 0 for a frozen layer.
    pub trainable: u64,
}

/// The model of each training of a program.
pub fn shapes(checked: &Checked) -> Result<Vec<ModelShapes>, Diagnostic> {
    let mut out: Vec<ModelShapes> = Vec::new();
    for action in &checked.program.actions {
        let Action::Train(item) = action else { continue };
        if out.iter().any(|m| m.model == *item.model.name) {
            continue;
        }
        let mut world = checked.program.world.clone();
        let data_of = checked.program.data.iter().find(|d| d.name == item.data);
        if let Some(d) = data_of
            && let (Some(schema), Some(table)) = (&d.schema, &d.table)
        {
            let mut problems = Problems::default();
            let prepared = data::prepare(&d.spec, schema.clone(), (**table).clone(), &mut problems);
            let Some(dataset) = prepared else { return Err(super::execute::first_error(problems, d.span)) };
            if let Some(view) = world.data.get(&item.data).cloned() {
                let fitted = data_item::fitted_view(&view.name, view.span, &dataset.fitted, view.columns.clone());
                world.data.insert(item.data.clone(), fitted);
            }
        }
        let plan = plan::compile(&world, item).map_err(|p| super::execute::first_error(p, item.span))?;
        out.push(model(item, &plan));
    }
    Ok(out)
}

/// A compiled training's model.
pub(super) fn model(item: &crate::check::TrainItem, plan: &plan::Plan) -> ModelShapes {
    let mut layers: Vec<LayerShape> = Vec::new();
    for row in &plan.layers {
        let own = |path: &str| match path.rsplit_once('.') {
            Some((parent, _)) => *parent == *row.path,
            None => row.path.is_empty(),
        };
        let mine: Vec<_> = plan.parts.iter().filter(|p| p.role == Role::Parameter && own(&p.path)).collect();
        let count = |frozen: bool| mine.iter().filter(|p| p.frozen == frozen).map(|p| p.len() as u64).sum::<u64>();
        layers.push(LayerShape {
            path: row.path.to_string(),
            layer: row.layer.to_string(),
            output: row.output.clone(),
            parameters: count(true) + count(false),
            trainable: count(false),
        });
    }
    // Weights of embeddings belong to the input, which is no layer.
    let lies_in = |p: &plan::Part, l: &LayerShape| p.path.rsplit_once('.').map_or("", |(parent, _)| parent) == l.path;
    let embedded: Vec<&plan::Part> =
        plan.parts.iter().filter(|p| p.role == Role::Parameter && !layers.iter().any(|l| lies_in(p, l))).collect();
    for part in embedded {
        let path = part.path.rsplit_once('.').map_or(part.path.to_string(), |(p, _)| p.to_string());
        let size = part.shape.last().copied().unwrap_or(0);
        let parameters = part.len() as u64;
        let trainable = if part.frozen { 0 } else { parameters };
        let output = format!("real[{size}]");
        layers.insert(1.min(layers.len()), LayerShape { path, layer: "embed".into(), output, parameters, trainable });
    }
    let rows = item.batch_size;
    let step: u64 = plan
        .step
        .graph
        .nodes
        .iter()
        .filter_map(|n| n.shape.concrete(rows))
        .map(|s| s.iter().product::<usize>() as u64 * 4)
        .sum();
    ModelShapes {
        model: item.model.name.to_string(),
        layers,
        weight_bytes: plan.arena as u64 * 4,
        step_bytes: step,
        batch_size: rows as u64,
    }
}
