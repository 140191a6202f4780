//! What is reported of a training, as lints see it.

use crate::check::program::{Action, DataItem, EvaluateItem, TrainItem};
use crate::check::world::World;

pub(in crate::check) struct Evaluation<'a> {
    pub world: &'a World,
    pub train: &'a TrainItem,
    pub data: Option<&'a DataItem>,
    pub evaluations: Vec<&'a EvaluateItem>,
    /// Where its probabilities are written for new rows.
    pub predicts: bool,
}

impl<'a> Evaluation<'a> {
    /// Each training with what is reported of it.
    pub fn all(world: &'a World, actions: &'a [Action], data: &'a [DataItem]) -> Vec<Self> {
        let trains = actions.iter().filter_map(|a| match a {
            Action::Train(t) => Some(&**t),
            _ => None,
        });
        trains
            .map(|train| Evaluation {
                world,
                train,
                data: data.iter().find(|d| d.name == train.data),
                evaluations: actions
                    .iter()
                    .filter_map(|a| match a {
                        Action::Evaluate(v) if v.of.contains(&train.name) => Some(&**v),
                        _ => None,
                    })
                    .collect(),
                predicts: actions.iter().any(|a| matches!(a, Action::Predict(p) if p.of == train.name)),
            })
            .collect()
    }
}
