//! Tables that can't be used: status 3, a message that says what and where, and nothing written.

use std::fmt::Write;

use super::lab::Lab;

const PROGRAM: &str = r#"
data d { source = csv("f.csv"); target y: binary; split = random(train = 80%, test = 20%) }
model M(x: d.features) -> prob { Linear(1); Sigmoid }
train { loss = bce; optimizer = sgd(lr = 0.1); epochs = 2 }
evaluate { metrics = [accuracy] }
"#;

/// `a,b,y` with twenty rows made by a function of their number.
fn rows(row: impl Fn(usize) -> String) -> String {
    (0..20).fold("a,b,y\n".to_string(), |mut text, i| {
        writeln!(text, "{}", row(i)).unwrap();
        text
    })
}

fn plain(i: usize) -> String {
    format!("{},{},{}", i * 7 % 20, i * i, i % 2)
}

fn except(at: usize, other: &str) -> String {
    rows(|i| if i == at { other.to_string() } else { plain(i) })
}

/// Runs the program over a table that it can't use.
#[track_caller]
fn refused(table: &[u8], words: &[&str]) {
    let lab = Lab::new();
    lab.write("p.nn", PROGRAM);
    lab.write("f.csv", table);
    for command in [vec!["p.nn", "--out", "o"], vec!["check", "p.nn"]] {
        lab.run(&command).expect(3, words);
    }
    assert!(!lab.path("o").exists());
}

#[test]
fn files_without_a_table() {
    refused(b"", &["`f.csv` is empty"]);
    refused(b"a,b,y\n", &["has a header but no rows"]);
    refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &["f.csv"]);
    refused(b"a,b\0,y\n1,2,0\n", &["not a text file"]);
    refused(b"a,b,y\n1,2,0\n\xff\xfe,1,1\n", &["is not UTF-8", "0xFF"]);
}

#[test]
fn rows_of_other_lengths() {
    refused(except(7, "1,2").as_bytes(), &["row 8", "line 9", "has 2 cells, but there are 3 columns"]);
    refused(except(7, "1,2,0,9").as_bytes(), &["row 8", "line 9", "has 4 cells, but there are 3 columns"]);
}

#[test]
fn columns_with_one_name() {
    refused(rows(plain).replacen("a,b,y", "a,a,y", 1).as_bytes(), &["have the same name: `a` (columns 1 and 2)"]);
}

#[test]
fn targets_that_are_not_of_two_sorts() {
    refused(rows(|i| format!("{i},{},1", i * i)).as_bytes(), &["`y` is `1` in every row"]);
    refused(rows(|i| format!("{i},{},{}", i * i, i % 3)).as_bytes(), &["`y` has 3 different values, not two"]);
    refused(rows(|i| format!("{i},{},", i * i)).as_bytes(), &["y"]);
}

#[test]
fn cells_that_are_not_finite_numbers() {
    for cell in ["inf", "-inf", "1e400"] {
        let words = [format!("row 8 `{cell}`"), "`b` should hold finite numbers".to_string()];
        refused(except(7, &format!("3,{cell},1")).as_bytes(), &words.each_ref().map(String::as_str));
    }
}

#[test]
fn a_column_that_is_missing_in_every_row_is_left_out_with_a_note() {
    let lab = Lab::new();
    lab.write("p.nn", PROGRAM);
    lab.write("f.csv", rows(|i| format!(",{},{}", i * i, i % 2)));
    lab.good(&["p.nn", "--out", "o"]).expect(0, &["`a: drop`"]);
    lab.write("p.nn", PROGRAM.replace("target", "a: number |> zscore; target"));
    lab.run(&["p.nn", "--out", "o2"]).expect(0, &["`a` is missing in every training row"]);
}

/// `nan` is one of the words for a missing cell.
#[test]
fn nan_cells_are_missing_cells() {
    let lab = Lab::new();
    lab.write("p.nn", PROGRAM.replace("target", "a, b: number |> zscore; target"));
    lab.write("f.csv", rows(|i| if i % 4 == 0 { format!("nan,NaN,{}", i % 8 / 4) } else { plain(i) }));
    let ended = lab.good(&["p.nn", "--out", "o"]);
    assert!(!ended.out.to_lowercase().contains("nan"), "{}", ended.out);
}

#[test]
fn paths_that_are_no_readable_file() {
    let lab = Lab::new();
    lab.write("p.nn", PROGRAM);
    lab.write("g.csv", rows(plain));
    lab.run(&["p.nn"]).expect(3, &["there is no file `f.csv`", "paths are relative to the program"]);
    std::fs::create_dir(lab.path("f.csv")).unwrap();
    lab.run(&["p.nn"]).expect(3, &["`f.csv` is a folder"]);
    std::fs::remove_dir(lab.path("f.csv")).unwrap();
    #[cfg(target_os = "linux")]
    {
        std::os::unix::fs::symlink("/proc/self/mem", lab.path("f.csv")).unwrap();
        lab.run(&["p.nn"]).expect(3, &["f.csv"]);
        std::fs::remove_file(lab.path("f.csv")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", lab.path("f.csv")).unwrap();
        lab.run(&["p.nn"]).expect(3, &["f.csv"]);
    }
    assert!(!lab.path("runs").exists());
}

#[test]
fn a_column_that_is_not_there() {
    let lab = Lab::new();
    lab.write("p.nn", PROGRAM);
    lab.write("f.csv", rows(plain).replacen("a,b,y", "a,b,z", 1));
    lab.run(&["p.nn"]).expect(1, &["the data has no column `y`", "the columns are a, b, z"]);
}

#[test]
fn line_ends_and_marks_of_other_systems_make_no_difference() {
    let lab = Lab::new();
    lab.write("p.nn", PROGRAM);
    let unix = rows(plain);
    let mut models = Vec::new();
    for (name, text) in [("u", unix.clone()), ("w", unix.replace('\n', "\r\n")), ("b", format!("\u{feff}{unix}"))] {
        lab.write("f.csv", text);
        lab.good(&["p.nn", "--out", name]);
        models.push(lab.read(format!("{name}/model.safetensors")));
    }
    assert!(models.iter().all(|m| *m == models[0]));
}
