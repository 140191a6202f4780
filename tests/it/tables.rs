//! Ways to bring tables and to make features of them, in a run, in a resumed one and in a saved model.

use std::fmt::Write as _;
use std::io::Write as _;

use super::nnrun::Folder;

/// `id,a,size,color,town,y` with missing cells, from row `from` on.
fn table(from: usize, rows: usize, delimiter: char, decimal: char) -> String {
    let mut text = ["id", "a", "size", "color", "town", "y"].join(&delimiter.to_string()) + "\n";
    for i in from..from + rows {
        let a = format!("{}{decimal}{}", i * 7 % 13, i * 3 % 10);
        let size = ["S", "M", "L", ""][i * 5 % 7 % 4];
        let color = ["red", "green", "blue"][i * i % 11 % 3];
        let (town, yes) = (format!("t{}", i * 31 % 17), (i * 7 % 13 + i * 5 % 7) % 5 < 2);
        let y = if yes { "yes" } else { "no" };
        let cells = [format!("r{i}"), a, size.into(), color.into(), town, y.into()];
        writeln!(text, "{}", cells.join(&delimiter.to_string())).unwrap();
    }
    text
}

fn packed(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

const COLUMNS: &str = r#"
  id: id
  a: number |> quantile
  size: category |> ordinal("S", "M", "L") |> zscore
  color: category |> hash(4)
  town: category |> target_mean |> zscore
  cross(size, color): category |> embed(2)
  target y: binary
"#;

fn program(source: &str, input: &str) -> String {
    format!(
        "data d {{\n  {source}\n{COLUMNS}}}\nmodel M(x: d.features) -> logit {{ Linear(4); ReLU; Linear(1) }}\n\
         train {{ loss = bce_with_logits; optimizer = adam(lr = 0.01); epochs = 4; weight = balanced(row.y) }}\n\
         evaluate {{ metrics = [brier] }}\npredict {{ input = {input}; output = csv(\"scored.csv\") }}\n"
    )
}

/// Runs a program, then its saved model on the same new rows, then resumes it: the same bytes each time.
fn predicted(folder: &Folder, source: &str, input: &str, new: &str) -> String {
    folder.write("p.nn", program(source, input));
    let _ = std::fs::remove_dir_all(folder.path("r"));
    let ran = folder.run(&["p.nn", "--out", "r"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    let scored = read("r/scored.csv");
    let again = folder.run(&["predict", "r/model.safetensors", new]);
    assert_eq!((again.status, &again.out), (0, &scored), "{}", again.err);
    std::fs::remove_file(folder.path("r/scored.csv")).unwrap();
    let resumed = folder.run(&["resume", "r"]);
    assert_eq!(resumed.status, 0, "{}", resumed.err);
    assert_eq!(read("r/scored.csv"), scored);
    scored
}

#[test]
fn the_same_rows_in_any_form_give_the_same_model() {
    let folder = Folder::new();
    let (rows, new) = (table(0, 240, ',', '.'), "id,a,size,color,town\nx,3.5,S,red,t1\ny,,XXL,pink,t99\nz,7,,,\n");
    let tabs = |text: &str| text.replace(',', "\t");
    folder.write("all.csv", &rows);
    folder.write("all.tsv", tabs(&rows));
    folder.write("all.tsv.gz", packed(&tabs(&rows)));
    folder.write("semi.csv", table(0, 240, ';', ','));
    for (i, from) in [0, 100, 200].into_iter().enumerate() {
        folder.write(&format!("part-{i}.csv"), table(from, if i < 2 { 100 } else { 40 }, ',', '.'));
    }
    folder.write("new.csv", new);
    folder.write("new.tsv", tabs(new));
    folder.write("new.tsv.gz", packed(&tabs(new)));
    folder.write("newsemi.csv", new.replace(',', ";").replace('.', ","));
    let split = "\n  split = stratified(train = 70%, val = 15%, test = 15%)";
    let of =
        |source: &str, input: &str, new: &str| predicted(&folder, &format!("source = {source}{split}"), input, new);
    let plain = of("csv(\"all.csv\")", "csv(\"new.csv\")", "new.csv");
    assert_eq!(plain.lines().count(), 4);
    for (source, input, new) in [
        ("tsv(\"all.tsv\")", "tsv(\"new.tsv\")", "new.tsv"),
        ("tsv(\"all.tsv.gz\")", "tsv(\"new.tsv.gz\")", "new.tsv.gz"),
        (
            "csv(\"semi.csv\", delimiter = \";\", decimal = \",\")",
            "csv(\"newsemi.csv\", delimiter = \";\", decimal = \",\")",
            "newsemi.csv",
        ),
        ("csv(\"part-*.csv\")", "csv(\"new.csv\")", "new.csv"),
    ] {
        assert_eq!(of(source, input, new), plain, "{source}");
    }
}

#[test]
fn sides_can_have_files_of_their_own() {
    let folder = Folder::new();
    folder.write("train.csv", table(0, 150, ',', '.'));
    folder.write("test.csv", table(150, 50, ';', ','));
    folder.write("new.csv", table(300, 5, ',', '.'));
    let given =
        "split = given(train = csv(\"train.csv\"), test = csv(\"test.csv\", delimiter = \";\", decimal = \",\"))";
    let scored = predicted(&folder, given, "csv(\"new.csv\")", "new.csv");
    let ran = folder.run(&["p.nn", "--out", "again"]);
    assert!(ran.out.contains("150 rows") && ran.out.contains("50 test rows"), "{}", ran.out);
    // The training rows may as well be those of the source.
    let given =
        "source = csv(\"train.csv\"); split = given(test = csv(\"test.csv\", delimiter = \";\", decimal = \",\"))";
    assert_eq!(predicted(&folder, given, "csv(\"new.csv\")", "new.csv"), scored);
}

/// What the check says of a `data` item with these settings.
fn said(folder: &Folder, settings: &str) -> Vec<String> {
    folder.write("p.nn", format!("data d {{\n{settings}\n  target y: binary\n}}\nprint 1\n"));
    let ran = folder.run(&["check", "p.nn", "--json"]);
    let diagnostics = ran.diagnostics().into_iter().filter(|(_, severity, _)| severity != "note");
    diagnostics.map(|(code, _, message)| format!("{code} {message}")).collect()
}

#[test]
fn what_is_wrong_with_sides_and_crosses_is_said() {
    let folder = Folder::new();
    folder.write("a.csv", table(0, 40, ',', '.'));
    folder.write("b.csv", "id,a,y\n1,2,yes\n");
    let of = |settings: &str| said(&folder, settings);
    let lacks = of("split = given(train = csv(\"a.csv\"), test = csv(\"b.csv\"))");
    assert!(
        lacks[0].contains("b.csv` lacks columns that") && lacks[0].contains("`size`, `color`, `town`"),
        "{lacks:?}"
    );
    let twice = of("source = csv(\"a.csv\"); split = given(train = csv(\"a.csv\"))");
    assert!(twice[0].contains("the training rows have two sources"), "{twice:?}");
    let none = of("split = given(test = csv(\"a.csv\"))");
    assert!(none[0].contains("the split gives no rows to train on"), "{none:?}");
    let unknown = of("source = csv(\"a.csv\"); cross(size, colour): category");
    assert!(unknown[0].contains("no column `colour`"), "{unknown:?}");
    let one = of("source = csv(\"a.csv\"); cross(size): category");
    assert!(one[0].contains("`cross` is of two columns or more"), "{one:?}");
    folder.write("c.csv", "size,color,size_x_color,y\na,b,c,1\na,b,c,0\n");
    let taken = of("source = csv(\"c.csv\"); cross(size, color): category");
    assert!(taken[0].contains("has a column `size_x_color` already"), "{taken:?}");
    folder.write("p.nn", "data d {\n  source = csv(\"a.csv\")\n  town: category |> target_mean\n}\nprint 1\n");
    let ran = folder.run(&["check", "p.nn", "--json"]);
    assert!(ran.diagnostics().iter().any(|d| d.2.contains("`target_mean` needs a first target")), "{}", ran.out);
}

#[test]
fn rows_and_groups_on_two_sides_are_told() {
    let folder = Folder::new();
    let rows = table(0, 60, ',', '.');
    folder.write("a.csv", &rows);
    // The last ten rows once more, under another id, and one of their own.
    let copies = rows.lines().skip(51).filter_map(|l| l.split_once(',')).map(|(_, cells)| format!("copy,{cells}"));
    let copies: Vec<String> = copies.collect();
    folder.write("b.csv", format!("id,a,size,color,town,y\n{}\nnew,99.9,S,red,t1,no\n", copies.join("\n")));
    let text = program("split = given(train = csv(\"a.csv\"), test = csv(\"b.csv\"), group = town)", "csv(\"a.csv\")");
    folder.write("p.nn", text);
    let ran = folder.run(&["p.nn", "--out", "r", "--json"]);
    let told: Vec<String> = ran.diagnostics().into_iter().filter(|d| d.0 == "W714").map(|d| d.2).collect();
    assert!(told.iter().any(|t| t.contains("10 of 11 test rows are equal to a training row")), "{told:?}");
    assert!(told.iter().any(|t| t.contains("values of `town` have rows for training and on another side")), "{told:?}");
}

#[test]
fn bad_cells_in_a_big_file_are_told_by_row_and_column() {
    let folder = Folder::new();
    let mut rows: Vec<String> = table(0, 20_000, ',', '.').lines().map(String::from).collect();
    let bad = |row: usize| [17, 400, 5_000, 19_999].contains(&row);
    for (_, line) in rows.iter_mut().enumerate().filter(|(row, _)| bad(*row)) {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[1] = "n.a.";
        *line = cells.join(",");
    }
    folder.write("a.csv", rows.join("\n"));
    let told = said(&folder, "source = csv(\"a.csv\"); a: number");
    assert!(told[0].starts_with("E502 `a` should hold finite numbers, but 4 cells do not"), "{told:?}");
    for row in ["row 17 `n.a.`", "row 400 ", "row 5000 ", "row 19999 "] {
        assert!(told[0].contains(row), "{told:?}");
    }
}

/// Large enough for several blocks, which threads take as they come.
#[test]
fn a_large_file_is_predicted_like_the_rows_of_a_run() {
    let folder = Folder::new();
    folder.write("all.csv", table(0, 240, ',', '.'));
    let mut rows: Vec<String> = table(0, 60_000, ',', '.').lines().map(String::from).collect();
    rows[9] = "\"an id, in\nquotes\",1.25e1,S,red,t1,no".into();
    rows[40_000] = "b,NA,XXL,\"pi\"\"nk\",t99,".into();
    rows[59_000] = "c, 7 ,,red,t98,yes".into();
    folder.write("new.csv", rows.join("\r\n"));
    folder.write(
        "p.nn",
        program("source = csv(\"all.csv\")", "csv(\"new.csv\")").replace("evaluate { metrics = [brier] }\n", ""),
    );
    let ran = folder.run(&["p.nn", "--out", "r", "--json"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let scored = std::fs::read_to_string(folder.path("r/scored.csv")).unwrap();
    let alone = folder.run(&["predict", "r/model.safetensors", "new.csv"]);
    assert_eq!(alone.status, 0, "{}", alone.err);
    assert!(alone.out == scored, "the file and the rows of the run differ");
    assert_eq!(scored.lines().count(), 60_002);
    let told: Vec<String> = ran.diagnostics().into_iter().filter(|d| d.0 == "W712").map(|d| d.2).collect();
    assert!(told.len() >= 3, "{told:?}");
    for message in told {
        assert!(alone.err.contains(&message), "{message} is not in {}", alone.err);
    }
    let to_file = ["predict", "r/model.safetensors", "new.csv", "-o", "out.csv"];
    assert_eq!(folder.run(&to_file).status, 0);
    let written = || std::fs::read_to_string(folder.path("out.csv")).unwrap();
    assert!(written() == scored, "the file has something else than standard output");
    // What is wrong near the end is told as for a small file.
    rows[59_500] = "d,seven,S,red,t1,no".into();
    folder.write("new.csv", rows.join("\n"));
    let bad = folder.run(&["predict", "r/model.safetensors", "new.csv"]);
    assert!(bad.status == 3 && bad.out.is_empty() && bad.err.contains("row 59500 `seven`"), "{}", bad.err);
    // And what was written by then is nowhere.
    assert_eq!(folder.run(&to_file).status, 3);
    assert!(written() == scored, "a failure changed the file");
    let names = std::fs::read_dir(folder.path(".")).unwrap().flatten().map(|e| e.file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".part")).count(), 0);
}
