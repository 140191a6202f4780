//! The network of a training as a diagram with its shapes.

use crate::interop::plot::diagram::{Block, Diagram};

use super::shapes::{LayerShape, model};
use super::trained::Trained;

pub(super) fn diagram(trained: &Trained) -> Diagram {
    let setup = &trained.run.setup;
    let shapes = model(&setup.item, &setup.plan);
    let mut blocks: Vec<Block> = Vec::new();
    for layer in shapes.layers.iter().filter(|l| !l.path.is_empty()) {
        let parts: Vec<&str> = layer.path.split('.').collect();
        place(&mut blocks, &parts, layer);
    }
    // The model's own parameters have no layer to stand in.
    let own = shapes.layers.iter().find(|l| l.path.is_empty() && l.parameters > 0);
    if let Some(own) = own {
        blocks.insert(0, Block { layer: "own parameters".into(), ..block("", own) });
    }
    let inputs = setup.data.fitted.inputs.iter().filter(|i| i.width() > 0);
    let inputs = inputs.map(|i| (format!("{}.{}", setup.item.data, i.name), format!("real[{}]", i.width()))).collect();
    Diagram { title: shapes.model, inputs, blocks }
}

/// Puts a layer where its path says; parts of the path that are no layers themselves become groups.
fn place(blocks: &mut Vec<Block>, path: &[&str], layer: &LayerShape) {
    let Some((name, rest)) = path.split_first() else { return };
    let at = match blocks.iter().position(|b| b.name == *name) {
        Some(at) => at,
        None => {
            blocks.push(Block { name: (*name).to_string(), ..Block::default() });
            blocks.len() - 1
        }
    };
    match rest {
        [] => {
            let parts = std::mem::take(&mut blocks[at].parts);
            blocks[at] = Block { parts, ..block(name, layer) };
        }
        rest => {
            place(&mut blocks[at].parts, rest, layer);
            // A group gives what its last layer gives.
            if blocks[at].layer.is_empty()
                && let Some(last) = blocks[at].parts.last()
            {
                blocks[at].output = last.output.clone();
            }
        }
    }
}

fn block(name: &str, layer: &LayerShape) -> Block {
    Block {
        name: name.to_string(),
        layer: layer.layer.clone(),
        output: layer.output.clone(),
        parameters: layer.parameters as usize,
        frozen: layer.parameters > 0 && layer.trainable == 0,
        parts: vec![],
    }
}
