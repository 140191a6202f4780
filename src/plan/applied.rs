use crate::check::training;
use crate::check::{TrainItem, World};
use crate::diag::{Diagnostic, Problems, codes};
use crate::engine::program::Program;

use super::compile::forward_program;
use super::layout::Layout;
use super::limit;
use super::training_plan::{Answer, Feed, Part};

/// A trained model alone: no loss, no training.
#[derive(Debug, Clone)]
pub struct Applied {
    pub program: Program,
    pub answers: Vec<Answer>,
    pub feeds: Vec<Feed>,
    /// Its parameters and buffers.
    pub parts: Vec<Part>,
    /// Numbers in the arena.
    pub arena: usize,
}

/// Compiles the model of a training to be applied to rows. The world's data views must be fitted.
///
/// With `link` scores become probabilities, as they are reported; without it the results are as the model declares them.
pub fn applied(world: &World, item: &TrainItem, link: bool) -> Result<Applied, Problems> {
    let (e, out) = training::forward(world, item);
    let mut problems = e.problems.clone();
    let (Some(out), false) = (out, problems.has_errors()) else { return Err(problems) };
    if let Err(d) = limit::check(&e.slots) {
        problems.push(d);
        return Err(problems);
    }
    // Where parameters lie does not matter here, so they need no optimizers.
    let item = &TrainItem {
        optimizers: item.optimizers.iter().take(1).map(|(_, o)| (None, o.clone())).collect(),
        ..item.clone()
    };
    let Some(layout) = Layout::new(&e.slots, item) else {
        problems
            .push(Diagnostic::new(&codes::MISSING, "this model has parameters of unknown shape").at(item.span, "here"));
        return Err(problems);
    };
    let (program, answers, feeds) = forward_program(world, &e, None, out, item, &layout, link);
    Ok(Applied { program, answers, feeds, arena: layout.end(), parts: layout.parts })
}
