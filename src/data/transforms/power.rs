use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sample::Sample;
use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;

pub const ROW: Row<MakeTransform> = Row {
    name: "power",
    signature: "power()",
    doc: "The Yeo-Johnson transform (2000), which makes a column most like a normal distribution, then z-scores. With k fitted by maximum likelihood in -5..5, for x >= 0: ((x + 1)^k - 1) / k, or ln(x + 1) at k = 0; for x < 0: -((1 - x)^(2 - k) - 1) / (2 - k), or -ln(1 - x) at k = 2. As scikit-learn's PowerTransformer.",
    example: "income: number |> power",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: true,
        new: |_, _| Ok(Box::new(Power::default())),
        load: load::<Power>,
    },
};

/// The range that the exponent is searched in.
const RANGE: (f64, f64) = (-5.0, 5.0);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Power {
    k: f64,
    mean: f64,
    scale: f64,
    #[serde(skip)]
    sample: Sample,
}

fn yeo_johnson(x: f64, k: f64) -> f64 {
    match x >= 0.0 {
        true if k.abs() < f64::EPSILON => x.ln_1p(),
        true => (k * x.ln_1p()).exp_m1() / k,
        false if (k - 2.0).abs() < f64::EPSILON => -(-x).ln_1p(),
        false => -((2.0 - k) * (-x).ln_1p()).exp_m1() / (2.0 - k),
    }
}

fn inverse(y: f64, k: f64) -> f64 {
    match y >= 0.0 {
        true if k.abs() < f64::EPSILON => y.exp_m1(),
        true => ((k * y).ln_1p() / k).exp_m1(),
        false if (k - 2.0).abs() < f64::EPSILON => -(-y).exp_m1(),
        false => -((-(2.0 - k) * y).ln_1p() / (2.0 - k)).exp_m1(),
    }
}

fn moments(values: impl Iterator<Item = f64> + Clone, count: f64) -> (f64, f64) {
    let mean = values.clone().sum::<f64>() / count;
    (mean, values.map(|y| (y - mean).powi(2)).sum::<f64>() / count)
}

/// The logarithm of the likelihood but for a constant; `slopes` is the sum of sign(x) ln(1 + |x|).
fn likelihood(x: &[f64], slopes: f64, k: f64) -> f64 {
    let count = x.len() as f64;
    let (_, variance) = moments(x.iter().map(|x| yeo_johnson(*x, k)), count);
    let value = -count / 2.0 * variance.ln() + (k - 1.0) * slopes;
    if value.is_finite() { value } else { f64::NEG_INFINITY }
}

/// The place of the largest value in `RANGE`: a grid, then golden sections around its best point.
fn largest(f: impl Fn(f64) -> f64) -> f64 {
    const GRID: usize = 40;
    let step = (RANGE.1 - RANGE.0) / GRID as f64;
    let grid = (0..=GRID).map(|i| RANGE.0 + i as f64 * step);
    let best = grid.max_by(|a, b| f(*a).total_cmp(&f(*b))).unwrap_or(1.0);
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (best - step, best + step);
    while b - a > 1e-9 {
        let (c, d) = (b - ratio * (b - a), a + ratio * (b - a));
        if f(c) > f(d) { b = d } else { a = c }
    }
    (a + b) / 2.0
}

impl Transform for Power {
    fn absorb(&mut self, values: &Values) {
        self.sample.absorb(values);
    }

    fn finish(&mut self) -> Result<(), String> {
        let x = self.sample.sorted();
        (self.k, self.mean, self.scale) = (1.0, 0.0, 1.0);
        if x.is_empty() {
            return Ok(());
        }
        if x.first() < x.last() {
            let slopes: f64 = x.iter().map(|x| x.signum() * x.abs().ln_1p()).sum();
            self.k = largest(|k| likelihood(&x, slopes, k));
        }
        let (mean, variance) = moments(x.iter().map(|x| yeo_johnson(*x, self.k)), x.len() as f64);
        if !mean.is_finite() || !variance.is_finite() {
            return Err("`power` can't be fitted: its results are not finite; try `quantile`".into());
        }
        self.mean = mean;
        self.scale = if x.first() < x.last() && variance > 0.0 { variance.sqrt() } else { 1.0 };
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        values.map(|x| (yeo_johnson(x, self.k) - self.mean) / self.scale)
    }

    fn undo(&self, value: f64) -> Option<f64> {
        Some(inverse(value * self.scale + self.mean, self.k))
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_undoes() {
        for k in [-1.5, 0.0, 0.7, 1.0, 2.0, 3.2] {
            for x in [-40.0, -0.3, 0.0, 1e-9, 0.5, 12.0] {
                let back = inverse(yeo_johnson(x, k), k);
                assert!((back - x).abs() <= 1e-9 * x.abs().max(1.0), "{k} {x} {back}");
            }
        }
    }
}
