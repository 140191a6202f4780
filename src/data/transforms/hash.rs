use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::{Row, Width};
use crate::engine::random::hash_name;

pub const ROW: Row<MakeTransform> = Row {
    name: "hash",
    signature: "hash(buckets: int in 2..65536)",
    doc: "A feature of 0 or 1 for each bucket, and one for missing cells; a level belongs to the bucket of its hash. Needs no vocabulary, so no level is unseen, but levels can share a bucket.",
    example: "user_agent: category |> hash(64)",
    make: MakeTransform {
        takes: Form::Level,
        gives: Form::Dense,
        undoes: false,
        new: |args, _| Ok(Box::new(Hash { buckets: args.int("buckets").unwrap_or(2).max(2) as usize })),
        load: load::<Hash>,
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct Hash {
    buckets: usize,
}

impl Transform for Hash {
    fn apply(&self, values: Values) -> Values {
        let Values::Levels { names, codes } = values else { return values };
        let width = self.buckets + 1;
        let mut features = vec![0.0; codes.len() * width];
        for (row, code) in features.chunks_exact_mut(width).zip(codes) {
            let name = names.get(code as usize);
            let at = name.map_or(self.buckets, |name| (hash_name(name) % self.buckets.max(1) as u64) as usize);
            row[at] = 1.0;
        }
        Values::Dense { width, values: features }
    }

    fn width(&self) -> Width {
        Width::Known(self.buckets + 1)
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        let buckets = (0..self.buckets).map(|i| format!("{column}#{i}"));
        buckets.chain([format!("{column}=<missing>")]).collect()
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
