//! Model files that can't be used: status 3, and what is wrong with them.

use super::lab::{Lab, program};

const RUN: &str = "train { loss = bce_with_logits; optimizer = sgd(lr = 0.1); epochs = 1 }";

fn with_model() -> (Lab, Vec<u8>) {
    let lab = Lab::new();
    lab.write("a.nn", program(RUN));
    lab.good(&["a.nn", "--out", "r"]);
    let model = lab.read("r/model.safetensors");
    (lab, model)
}

#[test]
fn cut_short_at_any_place() {
    let (lab, model) = with_model();
    for part in [0, 5, 8, 100, model.len() / 2, model.len() - 1] {
        lab.write("m.safetensors", &model[..part]);
        lab.run(&["predict", "m.safetensors", "new.csv", "-o", "o.csv"]).expect(3, &["m.safetensors", "is cut short"]);
    }
    assert!(!lab.path("o.csv").exists());
}

#[test]
fn a_flipped_byte_anywhere() {
    let (lab, model) = with_model();
    for at in [0, 7, 8, 30, 600, model.len() / 2, model.len() - 1] {
        let mut damaged = model.clone();
        damaged[at] ^= 0x10;
        lab.write("m.safetensors", damaged);
        let ended = lab.run(&["predict", "m.safetensors", "new.csv"]);
        ended.expect(3, &["m.safetensors"]);
        assert_eq!(ended.out, "", "byte {at}");
    }
}

#[test]
fn files_of_other_kinds() {
    let (lab, _) = with_model();
    lab.run(&["predict", "new.csv", "new.csv"]).expect(3, &["`new.csv` is not a safetensors file"]);
    lab.run(&["predict", "a.nn", "new.csv"]).expect(3, &["`a.nn` is not a safetensors file"]);
    lab.run(&["predict", "none.safetensors", "new.csv"]).expect(3, &["does not exist"]);
    lab.run(&["predict", ".", "new.csv"]).expect(3, &["is a folder"]);
    lab.run(&["predict", "r/train.checkpoint.safetensors", "new.csv"]).expect(3, &["is no model of nnrun"]);
}

#[test]
fn tables_of_other_kinds() {
    let (lab, _) = with_model();
    lab.write("empty.csv", "");
    lab.write("head.csv", "id,amount,age,country,at\n");
    for (name, words) in [("empty.csv", "is empty"), ("head.csv", "no rows"), ("none.csv", "no file"), ("r", "folder")]
    {
        lab.run(&["predict", "r/model.safetensors", name]).expect(3, &[words]);
    }
}
