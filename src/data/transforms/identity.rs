use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;

pub const ROW: Row<MakeTransform> = Row {
    name: "identity",
    signature: "identity()",
    doc: "The number as it is: y = x. For columns that need no scaling.",
    example: "is_weekend: number |> identity",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: true,
        new: |_, _| Ok(Box::new(Identity {})),
        load: load::<Identity>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct Identity {}

impl Transform for Identity {
    fn apply(&self, values: Values) -> Values {
        values
    }

    fn undo(&self, value: f64) -> Option<f64> {
        Some(value)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
