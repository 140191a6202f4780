//! Hypers and commands on the command line.

use super::lab::{DATA, Lab};

const PROGRAM: &str = r"
hyper lr:    real in 1e-5..1e-1 log = 1e-3   ## peak learning rate
hyper width: int  in 1..64          = 8      ## units of the layer
hyper bn:    bool = false                    ## with batch statistics
layer Block(n: int)(x: real[k]) -> real[n] {
  l: Linear(n)
  b: BatchNorm1d when bn
  return relu(b(l(x)))
}
model M(x: d.features) -> logit { Block(width); Linear(1) }
train { loss = bce_with_logits; optimizer = sgd(lr = lr); epochs = 1 }
test right(z: logit ~ normal(0, 3)) { sigmoid(z) ~= 1 / (1 + exp(-z)) }
";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("a.nn", format!("{DATA}{PROGRAM}"));
    lab
}

/// Names of a model's tensors, with the extents as they stand in the header.
fn tensors(lab: &Lab, file: &str) -> serde_json::Value {
    let bytes = lab.read(file);
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    serde_json::from_slice(&bytes[8..8 + length]).unwrap()
}

#[test]
fn hypers_are_flags() {
    let lab = lab();
    lab.good(&["a.nn", "--out", "plain"]);
    lab.good(&["a.nn", "--lr", "3e-4", "--width=12", "--bn", "--out", "changed"]);
    let (plain, changed) = (tensors(&lab, "plain/model.safetensors"), tensors(&lab, "changed/model.safetensors"));
    assert_eq!(plain["0.l.weight"]["shape"][0], 8);
    assert_eq!(changed["0.l.weight"]["shape"][0], 12);
    assert!(plain.get("0.b.running_mean").is_none() && changed.get("0.b.running_mean").is_some());
    // A saved model remembers them.
    lab.good(&["predict", "changed/model.safetensors", "new.csv"]);
}

#[test]
fn values_that_do_not_fit_are_a_wrong_usage() {
    let lab = lab();
    for (words, said) in [
        (vec!["--lr", "3"], vec!["`lr` must lie in", "this is 3", "--lr 3"]),
        (vec!["--width", "1.5"], vec!["`width` must be a whole number"]),
        (vec!["--width", "0"], vec!["`width` must lie in 1..64"]),
        (vec!["--width", "abc"], vec!["--width abc"]),
        (vec!["--lr"], vec!["`lr`", "--lr true"]),
        (vec!["--bn=maybe"], vec!["--bn maybe"]),
        (vec!["--bn", "3"], vec!["`bn`"]),
        (vec!["--widht", "3"], vec!["has no hyper `widht`", "did you mean `--width`?"]),
        (vec!["--lr", "1e-3", "--lr=("], vec!["--lr ("]),
    ] {
        let all: Vec<&str> = ["a.nn", "--out", "o"].into_iter().chain(words).collect();
        lab.run(&all).expect(2, &said);
        assert!(!lab.path("o").exists());
    }
}

#[test]
fn help_of_a_file_documents_its_hypers() {
    let ended = lab().good(&["a.nn", "--help"]);
    for words in ["--lr", "peak learning rate", "--width", "units of the layer", "1e-3", "--bn"] {
        assert!(ended.out.contains(words), "`{words}` is not in: {}", ended.out);
    }
}

#[test]
fn every_command_does_what_it_says() {
    let lab = lab();
    assert!(lab.good(&["check", "a.nn"]).out.contains("no problems"));
    let shapes = lab.good(&["shapes", "a.nn", "--bn", "--width", "4"]).out;
    assert!(shapes.contains("0.b") && shapes.contains("BatchNorm1d") && shapes.contains("real[4]"), "{shapes}");
    assert!(lab.good(&["test", "a.nn"]).out.contains("right"));
    assert!(lab.good(&["explain", "E401"]).out.contains("shapes"));
    assert!(lab.good(&["doc", "Linear"]).out.contains("weight.T"));
    lab.run(&["explain", "E999"]).expect(2, &["there is no code `E999`"]);
    lab.run(&["doc", "Linera"]).expect(2, &["did you mean `Linear`?"]);
    lab.run(&[]).expect(2, &["FILE is missing"]);
    lab.run(&["a.nn", "--frobnicate"]).expect(2, &["frobnicate"]);
    lab.write("fails.nn", "test wrong(z: real ~ normal(0, 1)) { z ~= z + 1 }\n");
    let ended = lab.run(&["test", "fails.nn"]);
    assert!(ended.status == 1 && ended.out.contains("wrong"), "{}{}", ended.out, ended.err);
}

#[test]
fn denied_warnings_are_1() {
    let lab = lab();
    lab.write("w.nn", "hyper unused: real = 1.0\nprint 1\n");
    lab.run(&["check", "w.nn"]).expect(0, &["`unused` is never used"]);
    lab.run(&["check", "w.nn", "--deny", "warnings"]).expect(1, &["`unused` is never used"]);
}

#[test]
fn fix_repairs_and_a_dry_run_only_shows() {
    let lab = Lab::new();
    let broken = format!(
        "{DATA}model M(x: d.features) -> prob {{ Linear(1); Sigmoid }}
train {{ loss = bce_with_logits; optimizer = sgd(lr = 0.1); epochs = 1 }}
"
    );
    lab.write("a.nn", &broken);
    lab.run(&["check", "a.nn"]).expect(1, &["nnrun fix"]);
    lab.run(&["fix", "a.nn", "--dry-run"]);
    assert_eq!(lab.read("a.nn"), broken.as_bytes());
    lab.good(&["fix", "a.nn"]);
    lab.good(&["check", "a.nn"]);
}
