use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;
use crate::diag::{Diagnostic, codes};

pub const ROW: Row<MakeTransform> = Row {
    name: "clip",
    signature: "clip(low: real, high: real)",
    doc: "y = min(max(x, low), high), in the units of what comes in: for outliers and slips of the pen.",
    example: "age: number |> clip(0, 110) |> zscore",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: false,
        new: |args, span| match (args.real("low").unwrap_or(f64::MIN), args.real("high").unwrap_or(f64::MAX)) {
            (low, high) if low < high => Ok(Box::new(Clip { low, high })),
            (low, high) => Err(Diagnostic::new(&codes::OUT_OF_RANGE, "`clip` needs `low` below `high`")
                .at(span, format!("{low} is not below {high}"))),
        },
        load: load::<Clip>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct Clip {
    low: f64,
    high: f64,
}

impl Transform for Clip {
    fn apply(&self, values: Values) -> Values {
        // Not `clamp`, which panics on bounds that a damaged model file could hold.
        values.map(|x| {
            if x < self.low {
                self.low
            } else if x > self.high {
                self.high
            } else {
                x
            }
        })
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
