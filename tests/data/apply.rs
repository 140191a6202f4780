use nnrun::data::{Dataset, Fitted, PieceKind, RawTable, SourceSpec, TargetKind, prepare, read, schema};
use nnrun::diag::Problems;

use crate::build::{Say, errors, example, said, spec, table};

fn prepared(spec: &nnrun::data::DataSpec) -> (Option<Dataset>, Problems) {
    let mut problems = Problems::default();
    let table = read(&spec.source, &mut problems).unwrap();
    let schema = schema(spec, &table, &mut problems);
    (prepare(spec, schema, table, &mut problems), problems)
}

fn small() -> RawTable {
    table(&[
        ("id", &["a", "b", "c", "d", "e", "f"]),
        ("n", &["1", "", "3", "5", "100", ""]),
        ("c", &["x", "y", "x", "", "z", "w"]),
        ("y", &["no", "yes", "no", "yes", "yes", "no"]),
    ])
}

/// The first four rows are for training.
fn small_spec(c: &str) -> nnrun::data::DataSpec {
    let rows = small();
    let day = ["1", "2", "3", "4", "5", "6"];
    let mut columns = vec![nnrun::data::RawColumn::texts("day", day)];
    columns.extend(rows.columns().iter().map(|c| {
        let cells: Vec<String> = (0..6).map(|row| c.cell(row).into_owned()).collect();
        nnrun::data::RawColumn::texts(c.name.clone(), cells.iter().map(String::as_str))
    }));
    spec(SourceSpec::Table(RawTable::new(columns).into()))
        .column("id", "id")
        .column("day", "drop")
        .column("n", "number |> identity")
        .column("c", c)
        .target("y", "binary")
        .split("by_time(day, train = 0.67, test = 0.33)")
}

#[test]
fn only_training_rows_are_looked_at() {
    let (dataset, problems) = prepared(&small_spec("category |> one_hot"));
    let dataset = dataset.unwrap_or_else(|| panic!("{:?}", said(&problems)));
    assert_eq!(dataset.split.train, [0, 1, 2, 3]);
    let block = &dataset.blocks[0];
    let names: Vec<&str> = block
        .pieces
        .iter()
        .flat_map(|p| match &p.kind {
            PieceKind::Dense { feature_names, .. } => feature_names.iter().map(String::as_str).collect::<Vec<_>>(),
            PieceKind::Embed { .. } => Vec::new(),
        })
        .collect();
    assert_eq!(names, ["n", "n_missing", "c=x", "c=y", "c=<unseen>", "c=<missing>"]);
    let rows: Vec<&[f32]> = block.values.chunks(block.width).collect();
    // The median of 1, 3, 5 is 3: row 5 with its 100 is not for training.
    assert_eq!(rows[0], [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(rows[1], [3.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(rows[3], [5.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(rows[4], [100.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(dataset.targets[0].values, [0.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
    assert_eq!(dataset.raw_number("y").unwrap(), [0.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
    assert_eq!(dataset.raw_number("n").unwrap()[4], 100.0);
    assert_eq!(dataset.raw_number("c"), None);
    assert_eq!(dataset.ids(&[2, 4]), [("id".to_owned(), vec!["c".to_owned(), "e".to_owned()])]);
}

#[test]
fn embeddings_are_indices() {
    let (dataset, _) = prepared(&small_spec("category |> embed(3)"));
    let dataset = dataset.unwrap();
    let piece = &dataset.blocks[0].pieces[1];
    assert_eq!((piece.at, &piece.kind), (2, &PieceKind::Embed { levels: 4, dim: 3 }));
    let indices: Vec<f32> = dataset.blocks[0].values.chunks(3).map(|row| row[2]).collect();
    assert_eq!(indices, [2.0, 3.0, 2.0, 1.0, 0.0, 0.0]);
    assert_eq!(dataset.fitted.inputs[0].width(), 5);
}

#[test]
fn most_frequent_and_mean_stand_in() {
    let spec = small_spec("category |> one_hot").missing("mean(flag = false)", "most_frequent");
    let dataset = prepared(&spec).0.unwrap();
    let rows: Vec<&[f32]> = dataset.blocks[0].values.chunks(5).collect();
    assert_eq!(rows[3], [5.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(rows[1][0], 3.0);
}

#[test]
fn missing_cells_can_be_forbidden() {
    let (dataset, problems) = prepared(&small_spec("category |> one_hot").missing("error", "error"));
    assert!(dataset.is_none());
    let said = errors(&problems);
    assert!(said[0].starts_with("E510 `n` is missing in 1 training rows: 2"), "{said:?}");
    assert!(said[1].starts_with("E510 `c` is missing in 1 training rows: 4"), "{said:?}");
}

#[test]
fn a_fit_survives_json_to_the_bit_and_the_order_of_columns() {
    let spec = spec(example("transactions.csv"))
        .column("customer_id", "drop")
        .column("amount, distance_from_home_km", "number |> log1p |> zscore")
        .column("merchant_category", "category |> embed(4)")
        .target("is_fraud", "binary")
        .split("by_time(time, train = 0.7, val = 0.15, test = 0.15)");
    let (dataset, problems) = prepared(&spec);
    let dataset = dataset.unwrap_or_else(|| panic!("{:?}", said(&problems)));
    let json = serde_json::to_string(&*dataset.fitted).unwrap();
    let loaded: Fitted = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&loaded).unwrap(), json);

    let reversed: Vec<_> = dataset
        .table
        .columns()
        .iter()
        .rev()
        .map(|c| {
            let cells: Vec<String> = (0..500).map(|row| c.cell(row).into_owned()).collect();
            nnrun::data::RawColumn::texts(c.name.clone(), cells.iter().map(String::as_str))
        })
        .filter(|c| c.name != "is_fraud")
        .collect();
    let reversed = RawTable::new(reversed);
    let mut problems = Problems::default();
    let bound = loaded.bind(&reversed, &mut problems).unwrap();
    assert!(problems.is_empty(), "{:?}", said(&problems));
    let (blocks, bad) = bound.blocks(&[499, 3, 4]);
    assert!(bad.is_empty() && bound.targets(&[1]).is_empty());
    let whole = &dataset.blocks[0];
    let row = |i: usize| &whole.values[i * whole.width..(i + 1) * whole.width];
    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&blocks[0].values), [bits(row(499)), bits(row(3)), bits(row(4))].concat());
}

#[test]
fn new_rows_with_what_training_never_saw() {
    let spec = spec(example("transactions.csv")).target("is_fraud", "binary");
    let fitted = prepared(&spec).0.unwrap().fitted;
    let mut problems = Problems::default();
    let new = read(&example("new_transactions.csv"), &mut problems).unwrap();
    let bound = fitted.bind(&new, &mut problems).unwrap();
    let said = said(&problems);
    assert!(
        said.iter().any(|s| s.starts_with("W712 1 of 40 cells of `amount` are missing, but no training row's was")),
        "{said:?}"
    );
    assert!(said.iter().any(|s| s.contains("2 of 40 cells of `country`") && s.contains("`NZ` (2)")), "{said:?}");
    assert!(said.iter().any(|s| s.contains("`charity` (2)")), "{said:?}");
    // Account ages were missing in training, so nothing is said of them.
    assert!(!said.iter().any(|s| s.contains("account_age_days")), "{said:?}");
    let rows: Vec<u32> = (0..40).collect();
    let (blocks, bad) = bound.blocks(&rows);
    assert!(bad.is_empty() && blocks[0].values.iter().all(|x| x.is_finite()));
}

#[test]
fn tables_that_do_not_fit_the_model() {
    let fitted = prepared(&small_spec("category |> one_hot")).0.unwrap().fitted;
    let mut problems = Problems::default();
    assert!(fitted.bind(&table(&[("c", &["x"]), ("N", &["1"])]), &mut problems).is_none());
    let said_of = errors(&problems);
    assert!(
        said_of[0].contains("no column `n`, which the model needs") && said_of[0].contains("it has `N`"),
        "{said_of:?}"
    );
    let mut problems = Problems::default();
    assert!(fitted.bind(&table(&[("c", &["x", "y"]), ("n", &["1", "two"])]), &mut problems).is_none());
    assert!(errors(&problems)[0].contains("1 cell of `n` is not finite numbers: row 2 `two`"), "{:?}", said(&problems));
}

#[test]
fn a_row_that_can_not_be_transformed_is_named() {
    let rows = table(&[("n", &["1", "5", "3", "-7"]), ("y", &["1.5", "2", "3.5", "4"]), ("t", &["1", "2", "3", "4"])]);
    let of = |split: &str| {
        let spec = spec(SourceSpec::Table(rows.clone().into()))
            .column("n", "number |> log1p")
            .column("t", "drop")
            .target("y", "number")
            .split(split);
        errors(&prepared(&spec).1)
    };
    let said = of("by_time(t, train = 0.75, test = 0.25)");
    assert!(said.len() == 1 && said[0].contains("row 4: `n` = -7 has no finite `log1p`"), "{said:?}");
    let said = of("by_time(t, train = 1)");
    assert!(said.len() == 1 && said[0].starts_with("E509") && said[0].contains("down to -7"), "{said:?}");
}

#[test]
fn number_targets_are_undone() {
    let rows = table(&[("n", &["1", "5", "3", "7"]), ("y", &["10", "200", "35", ""])]);
    let spec = spec(SourceSpec::Table(rows.into())).target("y", "number |> log1p |> zscore");
    let (dataset, problems) = prepared(&spec);
    let dataset = dataset.unwrap_or_else(|| panic!("{:?}", said(&problems)));
    let target = &dataset.targets[0];
    assert_eq!(target.kind, TargetKind::Number);
    assert_eq!(dataset.split.train, [0, 1, 2]);
    assert!(target.values[3].is_nan() && target.raw[3].is_nan());
    let sum: f32 = target.values[..3].iter().sum();
    assert!(sum.abs() < 1e-5, "{sum}");
    for i in 0..3 {
        let undone = dataset.fitted.targets[0].undo(f64::from(target.values[i]));
        assert!((undone / target.raw[i] - 1.0).abs() < 1e-6, "{undone}");
    }
}
