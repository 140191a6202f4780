use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;

pub const ROW: Row<MakeTransform> = Row {
    name: "zscore",
    signature: "zscore()",
    doc: "y = (x - mean) / std over the training rows, std being that of the population (divided by n), as in scikit-learn's StandardScaler. A constant column is only shifted.",
    example: "age: number |> zscore",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: true,
        new: |_, _| Ok(Box::new(Zscore::default())),
        load: load::<Zscore>,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
struct Zscore {
    mean: f64,
    scale: f64,
    #[serde(skip)]
    count: f64,
    /// The sum of squared distances from the mean (Welford 1962).
    #[serde(skip)]
    squares: f64,
}

impl Transform for Zscore {
    fn absorb(&mut self, values: &Values) {
        for &x in values.numbers().iter().filter(|x| !x.is_nan()) {
            self.count += 1.0;
            let distance = x - self.mean;
            self.mean += distance / self.count;
            self.squares += distance * (x - self.mean);
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        let variance = if self.count > 0.0 { self.squares / self.count } else { 0.0 };
        if !self.mean.is_finite() || !variance.is_finite() {
            return Err("`zscore` needs numbers below 1e150: their variance is not finite".into());
        }
        // The rounding error of the variance of a constant column, as scikit-learn bounds it.
        let noise = self.count * f64::EPSILON * variance + (self.count * self.mean * f64::EPSILON).powi(2);
        self.scale = if variance <= noise { 1.0 } else { variance.sqrt() };
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        values.map(|x| (x - self.mean) / self.scale)
    }

    fn undo(&self, value: f64) -> Option<f64> {
        Some(value * self.scale + self.mean)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
