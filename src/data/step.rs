use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::transforms::{TRANSFORMS, Transform, Values};

/// A fitted transform; it serialises as its name and its state.
pub struct Step {
    pub name: &'static str,
    pub transform: Box<dyn Transform>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    transform: String,
    state: Value,
}

/// Values through all steps.
pub fn run(steps: &[Step], values: Values) -> Values {
    steps.iter().fold(values, |values, step| step.transform.apply(values))
}

/// The same for training rows, where a step that sees the target may not show a row its own.
pub fn run_training(steps: &[Step], values: Values, folds: &[u8]) -> Values {
    steps.iter().fold(values, |values, step| match step.transform.sees_target() {
        true => step.transform.apply_training(values, folds),
        false => step.transform.apply(values),
    })
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.transform.fmt(f)
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { transform: self.name.to_owned(), state: self.transform.state() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let row = TRANSFORMS
            .find(&stored.transform)
            .ok_or_else(|| D::Error::custom(format!("there is no transform `{}`", stored.transform)))?;
        let transform = (row.make.load)(&stored.state).map_err(D::Error::custom)?;
        Ok(Step { name: row.name, transform })
    }
}
