use nnrun::data::{PieceForm, RawTable, Schema, TargetKind, Width, read, schema};
use nnrun::diag::Problems;

use crate::build::{Say, errors, example, said, spec, table};

fn of(spec: &nnrun::data::DataSpec, table: &RawTable) -> (Schema, Problems) {
    let mut problems = Problems::default();
    let schema = schema(spec, table, &mut problems);
    (schema, problems)
}

fn of_example(name: &str, target: &str, kind: &str) -> (Schema, Vec<String>) {
    let spec = spec(example(name)).target(target, kind);
    let mut problems = Problems::default();
    let table = read(&spec.source, &mut problems).unwrap();
    let schema = schema(&spec, &table, &mut problems);
    assert!(!problems.has_errors(), "{:?}", said(&problems));
    (schema, said(&problems).iter().map(|s| s.split(" | ").next().unwrap().to_owned()).collect())
}

#[test]
fn transactions() {
    let (schema, said) = of_example("transactions.csv", "is_fraud", "binary");
    assert_eq!(
        said,
        [
            "N901 inferred `transaction_id: id`: text, different in every row",
            "N901 inferred `time: time |> cyclic(hour, weekday)`: ISO 8601 times",
            "N901 inferred `customer_id: drop`: text of 1666 levels, too many for 20000 rows to learn them from",
            "N901 inferred `amount, account_age_days, … v10 (14 columns): number |> zscore`: numbers",
            "N901 inferred `merchant_category, country: category |> one_hot`: text of 8 levels",
            "N901 inferred `entry_mode: category |> one_hot`: text of 3 levels",
        ]
    );
    assert_eq!(schema.ids().collect::<Vec<_>>(), ["transaction_id"]);
    let features = &schema.inputs[0];
    let form = |name: &str| features.pieces.iter().find(|p| p.column == name).unwrap().form;
    assert_eq!(form("amount"), PieceForm::Dense { width: Width::Known(1) });
    assert_eq!(form("account_age_days"), PieceForm::Dense { width: Width::Unknown });
    assert_eq!(form("time"), PieceForm::Dense { width: Width::Known(4) });
    assert_eq!(form("country"), PieceForm::Dense { width: Width::Unknown });
    assert_eq!(features.width(), Width::Unknown);
    assert_eq!(schema.targets[0].kind, TargetKind::Binary { pairs: vec![("0".into(), "1".into())] });
}

#[test]
fn breast_cancer() {
    let (schema, said) = of_example("breast_cancer.csv", "malignant", "binary");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("(30 columns): number |> zscore"));
    assert_eq!(schema.inputs[0].width(), Width::Known(30));
}

#[test]
fn digits() {
    let (schema, said) = of_example("digits.csv", "digit", "label");
    assert_eq!(said[0], "N901 inferred `pixel_0_0, pixel_4_0, pixel_4_7: drop`: every row has 0");
    assert_eq!(schema.targets[0].kind.classes(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
}

#[test]
fn churn() {
    let (schema, said) = of_example("churn.csv", "churned", "binary");
    assert_eq!(schema.targets[0].kind, TargetKind::Binary { pairs: vec![("no".into(), "yes".into())] });
    assert!(said.iter().any(|s| s.contains("customer_id: id")), "{said:?}");
    assert!(said.iter().any(|s| s.contains("senior: number |> min_max")), "{said:?}");
}

#[test]
fn entries_decide_and_names_go_before_patterns() {
    let table = table(&[("v1", &["1", "2", "4"]), ("v2", &["1", "2", "4"]), ("y", &["0", "1", "1"])]);
    let spec = spec(nnrun::data::SourceSpec::Table(table.clone().into()))
        .column("v*", "number |> min_max")
        .column("v2", "category |> embed(3)")
        .target("y", "binary");
    let (schema, problems) = of(&spec, &table);
    assert!(problems.is_empty(), "{:?}", said(&problems));
    let pieces: Vec<_> =
        schema.inputs[0].pieces.iter().map(|p| (p.column.as_str(), p.transforms[0].row.name)).collect();
    assert_eq!(pieces, [("v1", "min_max"), ("v2", "embed")]);
    assert_eq!(schema.inputs[0].width(), Width::Known(4));
}

#[test]
fn wrong_entries_are_all_reported() {
    let table = table(&[
        ("amount", &["1", "x", "3", "inf"]),
        ("country", &["DE", "FR", "FR", "DE"]),
        ("when", &["2026-01-01", "1.2.2026", "", "2026-01-02"]),
        ("y", &["B", "M", "B", "B"]),
    ]);
    let spec = spec(nnrun::data::SourceSpec::Table(table.clone().into()))
        .column("amount", "number |> one_hot")
        .column("amont", "number")
        .column("country", "category |> log1p")
        .column("w*", "time")
        .column("w", "drop")
        .column("z*", "drop")
        .column("country", "drop")
        .column("y", "category")
        .target("y", "binary");
    let (_, problems) = of(&spec, &table);
    let said = errors(&problems);
    let expect = [
        "E504 `y` is `B` or `M`: which one is positive?",
        "E203 the data has no column `amont` | not a column | did you mean `amount`?",
        "E203 no column is named like `z*`",
        "E204 column `country` has two entries",
        "E301 `one_hot` takes levels of a category, but here it gets numbers",
        "E502 2 cells of `amount` are not finite numbers: row 2 `x`, row 4 `inf`",
        "E301 `log1p` takes numbers, but here it gets levels of a category",
        "E502 1 cell of `when` is not ISO 8601 times: row 2 `1.2.2026`",
        "E203 the data has no column `w`",
    ];
    for part in expect {
        assert!(said.iter().any(|s| s.contains(part)), "{part}\nis not in\n{}", said.join("\n"));
    }
}

#[test]
fn a_target_is_no_feature() {
    let table = table(&[("x", &["1", "2", "4"]), ("y", &["0", "1", "1"])]);
    let spec = spec(nnrun::data::SourceSpec::Table(table.clone().into())).column("y", "number").target("y", "binary");
    let (_, problems) = of(&spec, &table);
    assert!(errors(&problems)[0].contains("`y` is the target"));
}

#[test]
fn targets_that_can_not_be_learned() {
    let cells: [(&str, &[&str], &str); 6] = [
        ("binary", &["1", "1", "1"], "is `1` in every row"),
        ("binary", &["a", "b", "c"], "3 different values, not two"),
        ("binary(positive = \"x\")", &["a", "b", "a"], "never what `positive` says"),
        ("label", &["a", "a", ""], "is `a` in every row"),
        ("label(\"cat\", \"dog\")", &["cat", "dog", "dig"], "row 3 of `y` is `dig`"),
        ("number", &["1", "2", "x"], "1 cell of `y`"),
    ];
    for (kind, cells, part) in cells {
        let table = table(&[("x", &["1", "2", "4"]), ("y", cells)]);
        let spec = spec(nnrun::data::SourceSpec::Table(table.clone().into())).target("y", kind);
        let said = errors(&of(&spec, &table).1);
        assert!(said.len() == 1 && said[0].contains(part), "{kind}: {said:?}");
    }
}

#[test]
fn vectors_are_found_by_their_name() {
    let table = table(&[("o[0]", &["1", "2", "4"]), ("o[1]", &["5", "2", "4"]), ("y", &["0", "1", "1"])]);
    let spec = spec(nnrun::data::SourceSpec::Table(table.clone().into()))
        .column("o", "number |> identity")
        .target("y", "number");
    let (schema, problems) = of(&spec, &table);
    assert!(problems.is_empty(), "{:?}", said(&problems));
    assert_eq!(schema.inputs[0].width(), Width::Known(2));
}

#[test]
fn a_few_wrong_cells_in_a_column_of_numbers_stop_the_inference() {
    let cells: Vec<String> = (0..30).map(|i| if i == 4 { "7,5".into() } else { format!("{}.5", i * i) }).collect();
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    let table = table(&[("x", &cells)]);
    let (_, problems) = of(&spec(nnrun::data::SourceSpec::Table(table.clone().into())), &table);
    assert!(errors(&problems)[0].contains("1 cell of `x` is not finite numbers: row 5 `7,5`"), "{:?}", said(&problems));
}
