//! The same file, data and seed give the same bits.

use super::lab::{Lab, assert_same, program};

const ALL_AT_ONCE: &str = r#"
train {
  loss = bce_with_logits
  optimizer = adam(lr = 3e-3 * warmup(step, 20) * cosine(progress))
  batch_size = 32
  epochs = 8
  accumulate = 2
  clip = norm(1.0)
  average = ema(0.9)
  stop = early(val.loss, patience = 6)
  threshold = max_f1
}
evaluate { metrics = [roc_auc, accuracy, brier, confusion] }
predict { input = csv("new.csv"); output = csv("scored.csv") }
"#;

/// The weights that the training ends with; the other choice is the best ones.
const AVERAGED: &str = "average = ema(0.9)";

#[test]
fn twice_and_with_one_and_two_threads_all_files_are_the_same() {
    for weights in [AVERAGED, "keep = best(val.roc_auc)"] {
        let lab = Lab::new();
        lab.write("a.nn", program(&ALL_AT_ONCE.replace(AVERAGED, weights)));
        for (out, more) in [("first", "1"), ("again", "1"), ("two", "2")] {
            lab.good(&["a.nn", "--out", out, "--threads", more]);
        }
        let first = lab.results("first");
        assert!(first.contains_key("model.safetensors") && first.contains_key("scored.csv"), "{:?}", first.keys());
        assert_same(&first, &lab.results("again"), "again");
        assert_same(&first, &lab.results("two"), "two threads");
    }
}

/// Products large enough that two threads share one.
#[test]
fn threads_share_large_products_without_a_trace() {
    let lab = Lab::new();
    let train =
        "train { loss = bce_with_logits; optimizer = sgd(lr = 0.1, momentum = 0.9); batch_size = 210; epochs = 2 }";
    lab.write("a.nn", program(train).replace("Hidden(16)", "Hidden(512)").replace("Hidden(8)", "Hidden(384)"));
    lab.good(&["a.nn", "--out", "one", "--threads", "1"]);
    lab.good(&["a.nn", "--out", "two", "--threads", "2"]);
    assert_same(&lab.results("one"), &lab.results("two"), "threads");
}

#[test]
fn another_seed_gives_other_weights_of_the_same_rows() {
    let lab = Lab::new();
    lab.write("a.nn", program(ALL_AT_ONCE));
    lab.good(&["a.nn", "--out", "a", "--seed", "1"]);
    lab.good(&["a.nn", "--out", "b", "--seed", "2"]);
    assert_ne!(lab.read("a/model.safetensors"), lab.read("b/model.safetensors"));
    let rows = |name: &str| {
        let text = String::from_utf8(lab.read(name)).unwrap();
        let line = text.lines().find(|l| l.contains("\"evaluate\"")).unwrap();
        serde_json::from_str::<serde_json::Value>(line).unwrap()["rows"].clone()
    };
    assert_eq!(rows("a/metrics.ndjson"), rows("b/metrics.ndjson"));
}
