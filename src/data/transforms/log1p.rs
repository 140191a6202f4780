use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;

pub const ROW: Row<MakeTransform> = Row {
    name: "log1p",
    signature: "log1p()",
    doc: "y = ln(1 + x), for amounts and counts with a long tail. Every x must be above -1.",
    example: "amount: number |> log1p |> zscore",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Number,
        undoes: true,
        new: |_, _| Ok(Box::new(Log1p::default())),
        load: load::<Log1p>,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
struct Log1p {
    #[serde(skip)]
    outside: usize,
    #[serde(skip)]
    lowest: f64,
}

impl Transform for Log1p {
    fn absorb(&mut self, values: &Values) {
        for &x in values.numbers().iter().filter(|x| **x <= -1.0) {
            self.outside += 1;
            self.lowest = self.lowest.min(x);
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        match self.outside {
            0 => Ok(()),
            n => Err(format!(
                "`log1p` needs numbers above -1, but {n} training rows have others, down to {}",
                self.lowest
            )),
        }
    }

    fn apply(&self, values: Values) -> Values {
        values.map(f64::ln_1p)
    }

    fn undo(&self, value: f64) -> Option<f64> {
        Some(value.exp_m1())
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_logarithm_ends_the_fit() {
        let mut log = Log1p::default();
        log.absorb(&Values::Numbers(vec![3.0, -1.0, f64::NAN, -5.5]));
        let message = log.finish().unwrap_err();
        assert!(message.contains("2 training rows") && message.contains("-5.5"), "{message}");
    }
}
