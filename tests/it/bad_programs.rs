//! Programs that can't be run, or fail while they are.

use super::lab::{DATA, Lab, program};

#[test]
fn files_that_are_no_program() {
    let lab = Lab::new();
    lab.write("bytes.nn", b"\xf9\x00\x01model");
    lab.write("nul.nn", "print 1\0\n");
    lab.write("empty.nn", "");
    lab.run(&["bytes.nn"]).expect(1, &["`bytes.nn` is not UTF-8 text", "0xF9"]);
    lab.run(&["nul.nn"]).expect(1, &["a control character (U+0000)"]);
    lab.run(&["empty.nn"]).expect(0, &["asks for nothing"]);
    lab.run(&["."]).expect(2, &["`.` is a folder, where a program is needed"]);
    lab.run(&["check", "."]).expect(2, &["`.` is a folder"]);
    lab.run(&["emty.nn"]).expect(2, &["there is no file `emty.nn`", "did you mean `empty.nn`?"]);
    assert!(!lab.path("runs").exists());
}

/// Deep nesting and long chains are bounded, whatever the parser would do with them.
#[test]
fn nesting_without_end_is_refused() {
    let lab = Lab::new();
    for text in ["(".repeat(100_000), "[".repeat(100_000), "{".repeat(100_000), "-".repeat(100_000)] {
        lab.write("deep.nn", format!("print {text}1"));
        lab.run(&["deep.nn"]).expect(1, &["error"]);
    }
    lab.write("deep.nn", format!("print 1{}", " + 1".repeat(100_000)));
    let ended = lab.run(&["deep.nn"]);
    assert!([0, 1].contains(&ended.status) && !ended.err.contains("panicked"), "{}", ended.err);
}

#[test]
fn a_program_with_errors_leaves_nothing() {
    let lab = Lab::new();
    lab.write("a.nn", program("train { loss = bce; optimizer = sgd(lr = 0.1); epochs = 1 }"));
    lab.run(&["a.nn", "--out", "o"]).expect(1, &["error", "bce_with_logits"]);
    assert!(!lab.path("o").exists());
}

#[test]
fn a_training_that_diverges_says_where() {
    let lab = Lab::new();
    let text = "model M(x: d.features) -> real { first: Linear(8); last: Linear(1) }
train { loss = mse; optimizer = sgd(lr = 1e6); epochs = 50 }
";
    lab.write(
        "a.nn",
        DATA.replace("target y: binary", "y: drop").replace("  amount: number", "  target amount: number") + text,
    );
    lab.write("a.nn", String::from_utf8(lab.read("a.nn")).unwrap().replace("stratified(", "random("));
    lab.run(&["a.nn", "--out", "o"]).expect(4, &["R801", "step", "a.nn:", "learning rate"]);
    assert!(!lab.path("o/model.safetensors").exists());
}

/// Batch statistics keep the training loss finite, however large the weights are.
#[test]
fn a_network_with_batch_norm_diverges_too() {
    let lab = Lab::new();
    lab.write("a.nn", program("train { loss = bce_with_logits; optimizer = sgd(lr = 1e12); epochs = 20 }"));
    lab.run(&["a.nn", "--out", "o"]).expect(4, &["R801", "step", "learning rate"]);
    assert!(!lab.path("o/model.safetensors").exists());
}

#[test]
fn a_model_of_terabytes_is_refused_before_it_is_made() {
    let lab = Lab::new();
    let train = "train { loss = bce_with_logits; optimizer = sgd(lr = 0.1); epochs = 1 }";
    for (width, at) in [("1000000", "b.weight"), ("900000000000", "a.weight")] {
        let model =
            format!("model M(x: d.features) -> logit {{ a: Linear({width}); b: Linear({width}); c: Linear(1) }}\n");
        lab.write("a.nn", format!("{DATA}{model}{train}"));
        let ended = lab.run(&["a.nn", "--out", "o"]);
        ended.expect(5, &["iB of memory", "make this layer smaller"]);
        assert!(ended.err.contains(at) || ended.err.contains("b.weight"), "{}", ended.err);
        assert!(!lab.path("o").exists(), "a run that never began leaves no folder");
    }
}

#[test]
fn a_requirement_that_is_not_met_is_6_and_leaves_the_results() {
    let lab = Lab::new();
    let text = "train { loss = bce_with_logits; optimizer = sgd(lr = 0.1); epochs = 1 }
evaluate { metrics = [roc_auc]; require = roc_auc >= 0.9999 }";
    lab.write("a.nn", program(text));
    lab.run(&["a.nn", "--out", "o"]).expect(6, &["`roc_auc >= 0.9999` is not met"]);
    assert!(lab.path("o/model.safetensors").exists());
}

#[test]
fn clipping_and_absent_layers_work() {
    let lab = Lab::new();
    for clip in ["norm(0.5)", "value(0.1)"] {
        for optimizer in ["sgd(lr = 0.1)", "sgd(lr = 0.1, momentum = 0.9)", "adam(lr = 0.01)", "adamw(lr = 0.01)"] {
            let train =
                format!("train {{ loss = bce_with_logits; optimizer = {optimizer}; epochs = 1; clip = {clip} }}");
            lab.write("a.nn", program(&train));
            lab.good(&["a.nn", "--out", &format!("{clip}-{optimizer}")]);
        }
    }
    let model = "layer B(n: int, bn: bool = false)(x: real[k]) -> real[n] {
  l: Linear(n)
  b: BatchNorm1d when bn
  return relu(b(l(x)))
}
model M(x: d.features) -> logit { B(4); B(4, bn = true); Linear(1) }
train { loss = bce_with_logits; optimizer = sgd(lr = 0.1); epochs = 1 }
";
    lab.write("b.nn", format!("{DATA}{model}"));
    lab.good(&["b.nn", "--out", "b"]);
}
