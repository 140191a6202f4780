//! The examples of the language reference.

use super::{parsed, problems};

pub(super) const EXAMPLES: [&str; 12] = [
    include_str!("../../../tests/language/plot.nn"),
    include_str!("../../../tests/language/churn.nn"),
    include_str!("../../../tests/language/results.nn"),
    include_str!("../../../tests/language/diabetes.nn"),
    include_str!("../../../tests/language/fraud.nn"),
    include_str!("../../../tests/language/focal.nn"),
    include_str!("../../../tests/language/layers.nn"),
    include_str!("../../../tests/language/home.nn"),
    include_str!("../../../tests/language/optimizer.nn"),
    include_str!("../../../tests/language/transfer.nn"),
    include_str!("../../../tests/language/instances.nn"),
    include_str!("../../../tests/language/later.nn"),
];

#[test]
fn every_example_parses() {
    for example in EXAMPLES {
        assert_eq!(problems(example), [""; 0], "{example}");
    }
}

#[test]
fn examples_have_the_items_they_show() {
    let counts = EXAMPLES.map(|example| parsed(example).file.items.len());
    assert_eq!(counts, [2, 3, 3, 5, 8, 4, 5, 1, 1, 5, 3, 4]);
}
