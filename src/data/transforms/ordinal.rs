use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use super::vocabulary::{Slot, Vocabulary};
use crate::data::Row;
use crate::data::row::spelled;

pub const ROW: Row<MakeTransform> = Row {
    name: "ordinal",
    signature: "ordinal(order: texts)",
    doc: "The place of the level in `order`, from 0: for levels that go from less to more. Missing cells and levels that are not in `order` become -1. Without `order` the levels of the training rows are sorted (as numbers if all are).",
    example: "size: category |> ordinal(\"S\", \"M\", \"L\", \"XL\") |> zscore",
    make: MakeTransform {
        takes: Form::Level,
        gives: Form::Number,
        undoes: false,
        new: |args, _| {
            let order: Vec<Arc<str>> = args.list("order").iter().filter_map(spelled).map(Arc::from).collect();
            let given = !order.is_empty();
            Ok(Box::new(Ordinal { given, vocabulary: Vocabulary::of(order) }))
        },
        load: load::<Ordinal>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct Ordinal {
    /// Whether the program says the order.
    given: bool,
    vocabulary: Vocabulary,
}

impl Transform for Ordinal {
    fn absorb(&mut self, values: &Values) {
        if !self.given {
            self.vocabulary.absorb(values);
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        if !self.given {
            self.vocabulary.finish(1);
        }
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        let mut places = Vec::new();
        self.vocabulary.each(&values, |slot| {
            places.push(match slot {
                Slot::Level(i) => f64::from(i),
                Slot::Unseen | Slot::Missing => -1.0,
            });
        });
        Values::Numbers(places)
    }

    fn unseen(&self, names: &Arc<[Arc<str>]>) -> Vec<bool> {
        self.vocabulary.unseen(names)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
