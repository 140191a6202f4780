//! Where all rows are one batch.

use super::{csv, setup};
use crate::train::{Outcome, Run};

const ROWS: usize = 40;

/// The orders in which the rows of the first epochs come.
fn orders(batch_size: usize) -> Vec<Vec<u32>> {
    let program = format!(
        "data d {{ source = csv(\"d.csv\"); target y: binary; columns(\"x*\"): number |> identity }}
model M(x: d.features) -> logit {{ Linear(1) }}
train {{ loss = bce_with_logits; optimizer = sgd(lr = 0.01); batch_size = {batch_size}; epochs = 3 }}"
    );
    let xs: Vec<[f64; 1]> = (0..ROWS).map(|i| [i as f64 / 10.0 - 2.0]).collect();
    let text = csv(xs.iter().map(|x| (&x[..], f64::from(u8::from(x[0] > 0.0)))));
    let mut run = Run::new(setup(&program, &text)).unwrap_or_else(|f| panic!("{f:?}"));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let mut order = Vec::new();
        for _ in 0..run.batches_per_epoch() {
            order.extend(run.next_rows());
            assert!(matches!(run.advance(), Ok(Outcome::Stepped(_))));
        }
        seen.push(order);
    }
    seen
}

#[test]
fn all_rows_in_one_batch_keep_their_order_and_others_are_shuffled_anew() {
    let kept = orders(ROWS);
    assert!(!kept[0].is_empty() && kept.iter().all(|order| *order == kept[0]), "{kept:?}");
    let shuffled = orders(ROWS / 4);
    assert!(shuffled[0] != shuffled[1] && shuffled[1] != shuffled[2], "{shuffled:?}");
}
