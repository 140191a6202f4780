use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sample::{Sample, quantile};
use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;

pub const ROW: Row<MakeTransform> = Row {
    name: "robust",
    signature: "robust()",
    doc: "y = (x - median) / (q75 - q25) over the training rows, so that a few outliers change nothing; as scikit-learn's RobustScaler. If the quartiles are equal the column is only shifted.",
    example: "income: number |> robust",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: true,
        new: |_, _| Ok(Box::new(Robust::default())),
        load: load::<Robust>,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
struct Robust {
    median: f64,
    scale: f64,
    #[serde(skip)]
    sample: Sample,
}

impl Transform for Robust {
    fn absorb(&mut self, values: &Values) {
        self.sample.absorb(values);
    }

    fn finish(&mut self) -> Result<(), String> {
        let sorted = self.sample.sorted();
        self.median = quantile(&sorted, 0.5);
        let range = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
        if !range.is_finite() {
            return Err("`robust` needs numbers whose range is finite".into());
        }
        // As scikit-learn bounds what counts as zero.
        self.scale = if range < 10.0 * f64::EPSILON { 1.0 } else { range };
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        values.map(|x| (x - self.median) / self.scale)
    }

    fn undo(&self, value: f64) -> Option<f64> {
        Some(value * self.scale + self.median)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
