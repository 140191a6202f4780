//! A model file is all that `nnrun predict` needs.

use super::lab::{Lab, program};

const RUN: &str = r#"
train { loss = bce_with_logits; optimizer = adam(lr = 3e-3); epochs = 6; keep = best(val.loss); threshold = max_f1; calibrate = temperature }
predict { input = csv("new.csv"); output = csv("scored.csv") }
"#;

/// A folder in which there is nothing but the model and new rows; and what the run itself predicted for them.
fn alone() -> (Lab, String) {
    let lab = Lab::new();
    lab.write("a.nn", program(RUN));
    lab.good(&["a.nn", "--out", "r"]);
    let scored = String::from_utf8(lab.read("r/scored.csv")).unwrap();
    let other = Lab::new();
    std::fs::remove_file(other.path("d.csv")).unwrap();
    other.write("m.safetensors", lab.read("r/model.safetensors"));
    (other, scored)
}

/// The cells of a file, line by line.
fn cells(lab: &Lab, name: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(lab.read(name)).unwrap();
    text.lines().map(|l| l.split(',').map(String::from).collect()).collect()
}

fn write_cells(lab: &Lab, name: &str, cells: &[Vec<String>]) {
    lab.write(name, cells.iter().map(|row| row.join(",") + "\n").collect::<String>());
}

#[test]
fn predictions_are_the_runs_own() {
    let (lab, scored) = alone();
    assert_eq!(lab.good(&["predict", "m.safetensors", "new.csv"]).out, scored);
    assert_eq!(lab.good(&["predict", "m.safetensors", "new.csv", "-o", "o.csv"]).out, "");
    assert_eq!(String::from_utf8(lab.read("o.csv")).unwrap(), scored);
}

#[test]
fn reasons_of_a_saved_model_are_the_runs_own() {
    let lab = Lab::new();
    lab.write("a.nn", program(&RUN.replace("scored.csv\")", "scored.csv\"); reasons = 3")));
    lab.good(&["a.nn", "--out", "r"]);
    let scored = String::from_utf8(lab.read("r/scored.csv")).unwrap();
    assert!(scored.starts_with("id,prob,decision,reason_1,reason_2,reason_3\n"), "{scored}");
    assert_eq!(lab.good(&["predict", "r/model.safetensors", "new.csv", "--reasons", "3"]).out, scored);
    // There are no more columns than the model reads, however many are asked for.
    let all = lab.good(&["predict", "r/model.safetensors", "new.csv", "--reasons", "999"]).out;
    assert!(all.starts_with("id,prob,decision,reason_1,reason_2,reason_3,reason_4\n"), "{all}");
    let plain: Vec<&str> = scored.lines().map(|line| line.rsplitn(4, ',').last().unwrap()).collect();
    let none = lab.good(&["predict", "r/model.safetensors", "new.csv"]).out;
    assert_eq!(none.lines().collect::<Vec<_>>(), plain);
    lab.run(&["predict", "r/model.safetensors", "new.csv", "--reasons", "-1"])
        .expect(2, &["a whole number of at least 0"]);
}

/// The teacher of `examples/distil.nn` was saved before models kept what reasons need.
#[test]
fn a_model_without_usual_cells_gives_no_reasons() {
    let lab = Lab::new();
    let file = |name: &str| std::fs::read(crate::nnrun::root().join("examples/data").join(name)).unwrap();
    lab.write("old.safetensors", file("digits_teacher.safetensors"));
    lab.write("digits.csv", file("digits.csv"));
    lab.good(&["predict", "old.safetensors", "digits.csv"]);
    let ended = lab.run(&["predict", "old.safetensors", "digits.csv", "--reasons", "3"]);
    ended.expect(3, &["does not say what its training rows usually had", "train again, or leave out `--reasons`"]);
}

/// For every instruction set, as far as this machine has it: the last bits differ between them.
#[test]
fn a_row_is_predicted_alike_alone_and_among_any_number_of_others() {
    let (lab, _) = alone();
    let all = cells(&lab, "new.csv");
    for isa in ["scalar", "avx2", "avx512"] {
        let predict = |name: &str| {
            let output = lab.command(&["predict", "m.safetensors", name]).env("NNRUN_ISA", isa).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let whole = predict("new.csv");
        let mut lines = whole.lines();
        let head = lines.next().unwrap();
        let lines: Vec<&str> = lines.collect();
        for size in [1, 3, 7] {
            let mut parts = Vec::new();
            for rows in all[1..].chunks(size) {
                write_cells(&lab, "part.csv", &[&all[..1], rows].concat());
                let text = predict("part.csv");
                assert_eq!(text.lines().next(), Some(head));
                parts.extend(text.lines().skip(1).map(String::from));
            }
            assert_eq!(parts, lines, "{size} rows at a time, {isa}");
        }
    }
}

#[test]
fn other_orders_and_more_columns_change_nothing() {
    let (lab, scored) = alone();
    let mut rows = cells(&lab, "new.csv");
    rows.iter_mut().for_each(|row| row.reverse());
    rows[0].push("comment".into());
    rows[1..].iter_mut().for_each(|row| row.push("\"a, b\"".into()));
    write_cells(&lab, "mixed.csv", &rows);
    assert_eq!(lab.good(&["predict", "m.safetensors", "mixed.csv"]).out, scored);
}

#[test]
fn unseen_levels_and_missing_cells_get_an_answer_and_a_warning() {
    let (lab, scored) = alone();
    let mut rows = cells(&lab, "new.csv");
    rows[1][1].clear();
    rows[2][3] = "atlantis".into();
    rows[3][3].clear();
    rows[4][2].clear();
    write_cells(&lab, "odd.csv", &rows);
    let ended = lab.good(&["predict", "m.safetensors", "odd.csv"]);
    assert!(ended.err.contains("`amount`") && ended.err.contains("`atlantis`"), "{}", ended.err);
    assert_eq!(ended.out.lines().count(), scored.lines().count());
    assert!(!ended.out.contains("NaN"), "{}", ended.out);
    // What was not touched stays as it was.
    assert_eq!(ended.out.lines().skip(5).collect::<Vec<_>>(), scored.lines().skip(5).collect::<Vec<_>>());
}

#[test]
fn a_needed_column_that_is_not_there_or_of_another_kind_is_named() {
    let (lab, _) = alone();
    let rows = cells(&lab, "new.csv");
    let mut without = rows.clone();
    without.iter_mut().for_each(|row| drop(row.remove(2)));
    write_cells(&lab, "without.csv", &without);
    lab.run(&["predict", "m.safetensors", "without.csv"]).expect(3, &["no column `age`"]);
    for (column, cell, words) in [
        (1, "much", ["`amount` should hold finite numbers", "row 7 `much`"]),
        (1, "inf", ["`amount` should hold finite numbers", "row 7 `inf`"]),
        (4, "yesterday", ["`at` should hold ISO 8601 times", "row 7 `yesterday`"]),
    ] {
        let mut retyped = rows.clone();
        retyped[7][column] = cell.into();
        write_cells(&lab, "retyped.csv", &retyped);
        let ended = lab.run(&["predict", "m.safetensors", "retyped.csv", "-o", "o.csv"]);
        ended.expect(3, &words);
        assert!(!lab.path("o.csv").exists());
    }
}

#[test]
fn what_is_read_is_not_written_over() {
    let (lab, _) = alone();
    for name in ["new.csv", "./new.csv", "m.safetensors"] {
        let before = (lab.read("new.csv"), lab.read("m.safetensors"));
        lab.run(&["predict", "m.safetensors", "new.csv", "-o", name]).expect(7, &["is what is read"]);
        assert!(before == (lab.read("new.csv"), lab.read("m.safetensors")), "{name}");
    }
}
