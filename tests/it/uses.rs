//! `use`, `edition` and `weights`: what a program takes from other files, and what its saved model keeps of them.

use super::lab::{DATA, Lab};

const MAIN: &str = "edition 1
use \"lib/blocks.nn\" (Block, halved)
model M(x: d.features) -> logit { Block(4); Linear(1) }
train { loss = halved; optimizer = adam(lr = 0.01); epochs = 2 }
";

fn lab() -> Lab {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("lib")).unwrap();
    lab.write("a.nn", with_data(MAIN));
    lab.write(
        "lib/blocks.nn",
        "use \"../base.nn\" (Inner)
hyper size: int = 3
layer Block(w: int) { Inner(w); own_relu }
fn own_relu(x: real[*S]) -> real[*S] { return relu(x) }
fn half(x: real[*S]) -> real[*S] { return x / 2 }
fn halved(z: logit, y: binary) -> real { return half(bce_with_logits(z, y)) }
model Example(x: real[3]) -> real { Block(size); Linear(1) }
print sigmoid(0)
",
    );
    lab.write("base.nn", "layer Inner(w: int) { Linear(w) }\n");
    lab
}

fn with_data(rest: &str) -> String {
    // `edition` and `use` may stand before the data.
    let (head, tail): (Vec<&str>, Vec<&str>) =
        rest.lines().partition(|l| l.starts_with("edition") || l.starts_with("use"));
    format!("{}\n{DATA}\n{}\n", head.join("\n"), tail.join("\n"))
}

/// The same program with the definitions in place gives the same weights.
#[test]
fn used_definitions_mean_what_they_mean_in_place() {
    let lab = lab();
    lab.write(
        "lib/blocks.nn",
        String::from_utf8(lab.read("lib/blocks.nn"))
            .unwrap()
            .replace("model Example(x: real[3]) -> real { Block(size); Linear(1) }\n", ""),
    );
    let in_place = "layer Inner(w: int) { Linear(w) }
layer Block(w: int) { Inner(w); own_relu }
fn own_relu(x: real[*S]) -> real[*S] { return relu(x) }
fn half(x: real[*S]) -> real[*S] { return x / 2 }
fn halved(z: logit, y: binary) -> real { return half(bce_with_logits(z, y)) }
";
    let without: String = MAIN.lines().skip(2).map(|l| format!("{l}\n")).collect();
    lab.write("b.nn", format!("{DATA}{in_place}{without}"));
    lab.good(&["a.nn", "--out", "a"]);
    lab.good(&["b.nn", "--out", "b"]);
    let predict = |run: &str| lab.good(&["predict", &format!("{run}/model.safetensors"), "new.csv"]).out;
    assert_eq!(predict("a"), predict("b"));
}

#[test]
fn a_saved_model_and_a_run_keep_the_files_that_they_use() {
    let lab = lab();
    lab.write(
        "lib/blocks.nn",
        String::from_utf8(lab.read("lib/blocks.nn")).unwrap().replace("Block(size)", "Block(2)"),
    );
    lab.good(&["a.nn", "--out", "o"]);
    let before = lab.good(&["predict", "o/model.safetensors", "new.csv"]).out;
    std::fs::remove_dir_all(lab.path("lib")).unwrap();
    std::fs::remove_file(lab.path("base.nn")).unwrap();
    let ended = lab.run(&["a.nn"]);
    ended.expect(3, &["`lib/blocks.nn` can't be used: there is no such file"]);
    assert!(!ended.err.contains("E201"), "what follows from it is not said: {}", ended.err);
    assert_eq!(lab.good(&["predict", "o/model.safetensors", "new.csv"]).out, before);
    lab.good(&["resume", "o"]);
}

#[test]
fn a_used_file_sees_its_own_names_and_nothing_of_its_user() {
    let lab = lab();
    // A hyper is the command line's, which belongs to the program alone.
    lab.run(&["check", "a.nn"]).expect(1, &["blocks.nn:7:", "nothing is called `size`"]);
    lab.write("lib/blocks.nn", "layer Block(w: int) { Linear(w) }\nfn halved(z: logit, y: binary) -> real { return bce_with_logits(z, y) / by() }\n");
    let own = "fn by(x: real = 2) -> real { return x }\n";
    lab.write("a.nn", with_data(&format!("{MAIN}{own}print by()\n")));
    lab.run(&["check", "a.nn"]).expect(1, &["blocks.nn:2:", "nothing is called `by`"]);
}

#[test]
fn what_can_not_be_used_is_said_where_it_is_asked_for() {
    let lab = lab();
    lab.write("lib/blocks.nn", "use \"../circle.nn\" (X)\nlayer Block(w: int) { Linear(w) }\nfn halved(z: logit, y: binary) -> real { return bce_with_logits(z, y) }\n");
    lab.write("circle.nn", "use \"lib/blocks.nn\" (Block)\nlayer X(w: int) { Block(w) }\n");
    lab.run(&["check", "a.nn"])
        .expect(1, &["circle.nn:1:5", "files use each other in a circle: lib/blocks.nn → circle.nn → lib/blocks.nn"]);
    lab.write(
        "lib/blocks.nn",
        "layer Block(w: int) { Linear(w) }\nfn halvd(z: logit, y: binary) -> real { return bce_with_logits(z, y) }\n",
    );
    lab.run(&["check", "a.nn"]).expect(1, &["`lib/blocks.nn` defines no `halved`", "did you mean `halvd`?"]);
    lab.write(
        "lib/blocks.nn",
        "layer Block(w: int) { Lnear(w) }\nfn halved(z: logit, y: binary) -> real { return bce_with_logits(z, y) }\n",
    );
    lab.run(&["check", "a.nn"]).expect(1, &["blocks.nn:1:23", "did you mean `Linear`?"]);
    lab.write(
        "lib/blocks.nn",
        "layer Block(w: int) { Linear(w) }\nfn halved(z: logit, y: binary) -> real { return bce_with_logits(z, y) }\n",
    );
    lab.write("a.nn", with_data(&format!("{MAIN}layer Block(w: int) {{ Linear(w) }}\n")));
    lab.run(&["check", "a.nn"]).expect(1, &["`Block` is defined twice"]);
    lab.write("a.nn", with_data(&MAIN.replace("Block(4); ", "")));
    lab.run(&["check", "a.nn", "--deny", "warnings"]).expect(1, &["a.nn:2:", "`Block` is never used"]);
    lab.write("a.nn", with_data(&MAIN.replace("\"lib/blocks.nn\"", "vision")));
    lab.run(&["check", "a.nn"]).expect(1, &["nnrun does not bundle `vision` yet"]);
}

const NET: &str = "model M(x: d.features) -> logit { a: Linear(4); b: Linear(1) }\n";

/// A training of no steps to speak of gives back what it started from.
#[test]
fn a_training_starts_from_saved_weights() {
    let lab = Lab::new();
    let train = "train { START loss = bce_with_logits; optimizer = sgd(lr = RATE); epochs = 1 }\n";
    let program = |weights: &str, start: &str, rate: &str| {
        format!("{weights}{DATA}{NET}{}", train.replace("START", start).replace("RATE", rate))
    };
    lab.write("a.nn", program("", "", "0.1"));
    lab.good(&["a.nn", "--out", "first"]);
    let weights = "weights w = file(\"first/model.safetensors\")\n";
    lab.write("b.nn", program(weights, "start = w;", "1e-30"));
    lab.good(&["b.nn", "--out", "second"]);
    let predict = |run: &str| lab.good(&["predict", &format!("{run}/model.safetensors"), "new.csv"]).out;
    assert_eq!(predict("first"), predict("second"));

    lab.write("c.nn", program(weights, "", "0.1"));
    lab.run(&["check", "c.nn", "--deny", "warnings"]).expect(1, &["the weights `w` are never used"]);
    lab.write("c.nn", program(weights, "start = v;", "0.1"));
    lab.run(&["check", "c.nn"]).expect(1, &["there is no training `v` before this"]);
    lab.write(
        "c.nn",
        program(weights, "start = w;", "0.1")
            .replace("a: Linear(4); b: Linear(1)", "c: Linear(4); d: Linear(1)")
            .replace("M(x:", "M(z:"),
    );
    lab.run(&["c.nn", "--out", "o"]).expect(3, &["nothing of `w` fits this model", "`a.weight`"]);
    for (path, words) in [
        ("none.safetensors", "none.safetensors"),
        ("w.pth", "does not read PyTorch's pickled weights"),
        ("d.csv", "d.csv"),
    ] {
        lab.write("c.nn", program(&weights.replace("first/model.safetensors", path), "start = w;", "0.1"));
        let ended = lab.run(&["check", "c.nn"]);
        assert!([1, 3].contains(&ended.status), "{}", ended.err);
        ended.expect(ended.status, &[words]);
    }
}

/// A teacher's answers are constants: the student that is to equal them gets there, whatever the teacher's own data did to the row.
#[test]
fn a_loss_calls_trained_models() {
    let lab = Lab::new();
    let teacher = "train teacher { loss = bce_with_logits; optimizer = adam(lr = 0.1); epochs = 20 }\n";
    let student = "train student { loss = (out as real - teacher(row) as real)^2; optimizer = adam(lr = 0.02); epochs = 60; batch_size = 64 }\n";
    let rest = "evaluate { of = student; metrics = [loss] }\n";
    lab.write("a.nn", format!("{DATA}{NET}{teacher}{student}{rest}"));
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    let loss = |out: &str| {
        let events = out.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
        let found = events.into_iter().find(|e| e["type"] == "evaluate").unwrap();
        found["metrics"]["loss"].as_f64().unwrap()
    };
    assert!(loss(&ended.out) < 0.01, "{}", ended.out);
    lab.write("b.nn", format!("weights teacher = file(\"o/teacher.safetensors\")\n{DATA}{NET}{student}{rest}"));
    let again = lab.good(&["b.nn", "--out", "p", "--json"]);
    assert_eq!(loss(&ended.out), loss(&again.out), "from the file as from the training");
    // The student's file needs no teacher.
    std::fs::remove_dir_all(lab.path("o")).unwrap();
    lab.good(&["predict", "p/student.safetensors", "new.csv"]);

    lab.write("c.nn", format!("{DATA}{NET}{teacher}{}", student.replace("teacher(row)", "teacher(row.features)")));
    lab.run(&["check", "c.nn"]).expect(1, &["`teacher` prepares the row itself", "write `teacher(row)`"]);
}
