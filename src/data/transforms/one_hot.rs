use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use super::vocabulary::{Slot, Vocabulary};
use crate::data::{Row, Width};

pub const ROW: Row<MakeTransform> = Row {
    name: "one_hot",
    signature: "one_hot(min_count: int in 1..1000000 = 1)",
    doc: "A feature of 0 or 1 for each level of the training rows, sorted (as numbers if all are), then one for unseen levels and one for missing cells: both always have their slot. Levels with fewer than `min_count` training rows count as unseen.",
    example: "country, entry_mode: category |> one_hot",
    make: MakeTransform {
        takes: Form::Level,
        gives: Form::Dense,
        undoes: false,
        new: |args, _| {
            let min_count = args.int("min_count").unwrap_or(1).max(1) as u64;
            Ok(Box::new(OneHot { min_count, vocabulary: Vocabulary::default() }))
        },
        load: load::<OneHot>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct OneHot {
    min_count: u64,
    vocabulary: Vocabulary,
}

impl OneHot {
    fn slots(&self) -> usize {
        self.vocabulary.names.len() + 2
    }
}

impl Transform for OneHot {
    fn absorb(&mut self, values: &Values) {
        self.vocabulary.absorb(values);
    }

    fn finish(&mut self) -> Result<(), String> {
        self.vocabulary.finish(self.min_count);
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        let Values::Levels { codes, .. } = &values else { return values };
        let (width, levels) = (self.slots(), self.vocabulary.names.len());
        let mut features = vec![0.0; codes.len() * width];
        let mut rows = features.chunks_exact_mut(width);
        self.vocabulary.each(&values, |slot| {
            let at = match slot {
                Slot::Level(i) => i as usize,
                Slot::Unseen => levels,
                Slot::Missing => levels + 1,
            };
            if let Some(feature) = rows.next().and_then(|row| row.get_mut(at)) {
                *feature = 1.0;
            }
        });
        Values::Dense { width, values: features }
    }

    fn width(&self) -> Width {
        self.vocabulary.width(2)
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        let levels = self.vocabulary.names.iter().map(|level| format!("{column}={level}"));
        levels.chain([format!("{column}=<unseen>"), format!("{column}=<missing>")]).collect()
    }

    fn unseen(&self, names: &Arc<[Arc<str>]>) -> Vec<bool> {
        self.vocabulary.unseen(names)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
