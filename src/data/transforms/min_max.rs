use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;

pub const ROW: Row<MakeTransform> = Row {
    name: "min_max",
    signature: "min_max()",
    doc: "y = (x - min) / (max - min) over the training rows: 0..1 there; other rows can lie outside. A constant column becomes 0.",
    example: "pixel: number |> min_max",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: true,
        new: |_, _| Ok(Box::new(MinMax { min: f64::INFINITY, range: 0.0, max: f64::NEG_INFINITY })),
        load: load::<MinMax>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct MinMax {
    min: f64,
    range: f64,
    #[serde(skip)]
    max: f64,
}

impl Transform for MinMax {
    fn absorb(&mut self, values: &Values) {
        for &x in values.numbers() {
            self.min = self.min.min(x);
            self.max = self.max.max(x);
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        if self.min > self.max {
            (self.min, self.max) = (0.0, 0.0);
        }
        let range = self.max - self.min;
        if !range.is_finite() {
            return Err("`min_max` needs numbers whose range is finite".into());
        }
        // As in scikit-learn's MinMaxScaler.
        self.range = if range < 10.0 * f64::EPSILON { 1.0 } else { range };
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        values.map(|x| (x - self.min) / self.range)
    }

    fn undo(&self, value: f64) -> Option<f64> {
        Some(value * self.range + self.min)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
