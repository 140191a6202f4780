use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sample::{Sample, quantile};
use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::Row;
use crate::data::raw::Levels;

pub const ROW: Row<MakeTransform> = Row {
    name: "bins",
    signature: "bins(count: int in 2..1000, by: word(quantile, width) = quantile)",
    doc: "The number of the bin that x falls into, as a level: `count` bins with equally many training rows (`quantile`) or of equal width (`width`). A bin holds its lower edge; the outer ones are open. Equal edges make one bin of two.",
    example: "age: number |> bins(5) |> one_hot",
    make: MakeTransform {
        takes: Form::Number,
        gives: Form::Level,
        undoes: false,
        new: |args, _| {
            let count = args.int("count").unwrap_or(2).max(2) as usize;
            let by_width = args.text("by") == Some("width");
            Ok(Box::new(Bins { count, by_width, edges: Vec::new(), sample: Sample::default() }))
        },
        load: load::<Bins>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct Bins {
    count: usize,
    by_width: bool,
    /// Between the bins, in order.
    edges: Vec<f64>,
    #[serde(skip)]
    sample: Sample,
}

impl Transform for Bins {
    fn absorb(&mut self, values: &Values) {
        self.sample.absorb(values);
    }

    fn finish(&mut self) -> Result<(), String> {
        let sorted = self.sample.sorted();
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else { return Ok(()) };
        let edge = |i: usize| {
            let part = i as f64 / self.count as f64;
            if self.by_width { first + (last - first) * part } else { quantile(&sorted, part) }
        };
        self.edges = (1..self.count).map(edge).filter(|edge| *edge > first).collect();
        self.edges.dedup();
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        let names: Arc<[Arc<str>]> = (0..=self.edges.len()).map(|i| i.to_string().into()).collect();
        let bin = |x: &f64| match x.is_nan() {
            true => Levels::MISSING,
            false => self.edges.partition_point(|edge| edge <= x) as u32,
        };
        Values::Levels { names, codes: values.numbers().iter().map(bin).collect() }
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
