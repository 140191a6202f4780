use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::normal::inverse_normal;
use super::sample::{Sample, quantile};
use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;

pub const ROW: Row<MakeTransform> = Row {
    name: "quantile",
    signature: "quantile(to: word(normal, uniform) = normal, points: int in 2..10000 = 1000)",
    doc: "The share of training rows below x, linear between `points` quantiles; `normal` then takes the inverse of the normal distribution function, cut at ±5.2. As scikit-learn's QuantileTransformer, of which `normal` is not the default.",
    example: "income: number |> quantile",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: false,
        new: |args, _| {
            let points = args.int("points").unwrap_or(1000).max(2) as usize;
            let normal = args.text("to") != Some("uniform");
            Ok(Box::new(Quantile { normal, points, quantiles: Vec::new(), sample: Sample::default() }))
        },
        load: load::<Quantile>,
    },
};

/// What is nearer to an end counts as that end.
const END: f64 = 1e-7;

#[derive(Debug, Serialize, Deserialize)]
struct Quantile {
    normal: bool,
    points: usize,
    /// In order; evenly spaced in probability.
    quantiles: Vec<f64>,
    #[serde(skip)]
    sample: Sample,
}

impl Quantile {
    /// The share of rows below x, the mean of what is found from below and from above where values repeat.
    fn share(&self, x: f64) -> f64 {
        let n = self.quantiles.len();
        let (Some(&first), Some(&last)) = (self.quantiles.first(), self.quantiles.last()) else { return 0.5 };
        let slack = if self.normal { END } else { 0.0 };
        if x.is_nan() || x - slack <= first && !self.normal || x - slack < first {
            return if x.is_nan() { x } else { 0.0 };
        }
        if x + slack > last || (!self.normal && x >= last) {
            return 1.0;
        }
        let step = 1.0 / (n - 1).max(1) as f64;
        // The first quantile that is not below x, and the last that is not above it.
        let below = self.quantiles.partition_point(|q| *q < x);
        let above = self.quantiles.partition_point(|q| *q <= x).saturating_sub(1);
        if below <= above {
            return (below + above) as f64 / 2.0 * step;
        }
        let (a, b) = (self.quantiles[above], self.quantiles[below]);
        (above as f64 + (x - a) / (b - a)) * step
    }
}

impl Transform for Quantile {
    fn absorb(&mut self, values: &Values) {
        self.sample.absorb(values);
    }

    fn finish(&mut self) -> Result<(), String> {
        let sorted = self.sample.sorted();
        let points = self.points.min(sorted.len());
        let step = 1.0 / points.saturating_sub(1).max(1) as f64;
        // In percent and back, as scikit-learn: the last bit decides which of the quantiles at a tie are equal.
        let part = |i: usize| if i + 1 == points { 1.0 } else { i as f64 * step * 100.0 / 100.0 };
        self.quantiles = (0..points).map(|i| quantile(&sorted, part(i))).collect();
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        values.map(|x| match self.share(x) {
            share if self.normal => inverse_normal(share.clamp(END, 1.0 - END)),
            share => share,
        })
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
