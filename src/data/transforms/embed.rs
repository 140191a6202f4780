use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use super::vocabulary::{Slot, Vocabulary};
use crate::data::{Row, Width};

/// Larger whole numbers are not exact in `f32`, which carries the index to the model.
const MOST_LEVELS: usize = 1 << 24;

pub const ROW: Row<MakeTransform> = Row {
    name: "embed",
    signature: "embed(dim: int in 1..4096, min_count: int in 1..1000000 = 1)",
    doc: "A vector of `dim` numbers for each level, trained with the model, at its path `x.<column>.weight`. Row 0 of these weights is for unseen levels, row 1 for missing cells, then come the levels of the training rows, sorted (as numbers if all are). Levels with fewer than `min_count` training rows count as unseen.",
    example: "merchant_category: category |> embed(4)",
    make: MakeTransform {
        takes: Form::Level,
        gives: Form::Index,
        undoes: false,
        new: |args, _| {
            let min_count = args.int("min_count").unwrap_or(1).max(1) as u64;
            let dim = args.int("dim").unwrap_or(1).max(1) as usize;
            Ok(Box::new(Embed { dim, min_count, vocabulary: Vocabulary::default() }))
        },
        load: load::<Embed>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct Embed {
    dim: usize,
    min_count: u64,
    vocabulary: Vocabulary,
}

impl Transform for Embed {
    fn absorb(&mut self, values: &Values) {
        self.vocabulary.absorb(values);
    }

    fn finish(&mut self) -> Result<(), String> {
        self.vocabulary.finish(self.min_count);
        match self.vocabulary.names.len() + 2 {
            n if n > MOST_LEVELS => Err(format!("`embed` can hold {MOST_LEVELS} levels, but there are {n}")),
            _ => Ok(()),
        }
    }

    fn apply(&self, values: Values) -> Values {
        let mut indices = Vec::new();
        self.vocabulary.each(&values, |slot| {
            indices.push(match slot {
                Slot::Unseen => 0,
                Slot::Missing => 1,
                Slot::Level(i) => i + 2,
            });
        });
        Values::Index(indices)
    }

    fn width(&self) -> Width {
        self.vocabulary.width(2)
    }

    fn dim(&self) -> Option<usize> {
        Some(self.dim)
    }

    fn unseen(&self, names: &Arc<[Arc<str>]>) -> Vec<bool> {
        self.vocabulary.unseen(names)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
