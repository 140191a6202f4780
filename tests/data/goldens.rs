//! Agreement with scikit-learn; `tests/goldens/preprocessing.py` writes the file.

use nnrun::data::{RawColumn, RawTable, SourceSpec, fit, schema};
use nnrun::diag::Problems;
use serde::Deserialize;
use serde_json::Value;

use crate::build::{Say, said, spec};

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    chain: String,
    policy: String,
    train: Vec<Value>,
    new: Vec<Value>,
    /// For transforms that see the target.
    target: Option<Target>,
    train_features: Vec<Vec<Option<f64>>>,
    new_features: Vec<Vec<Option<f64>>>,
}

#[derive(Deserialize)]
struct Target {
    kind: String,
    cells: Vec<String>,
}

fn column(cells: &[Value]) -> RawTable {
    let text = |cell: &Value| match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let cells: Vec<String> = cells.iter().map(text).collect();
    RawTable::new(vec![RawColumn::texts("x", cells.iter().map(String::as_str))])
}

/// Equal within 1e-6, relative for large numbers; features are `f32`, so theirs is the precision to ask for.
fn close(ours: f32, theirs: f64) -> bool {
    (f64::from(ours) - theirs).abs() <= 1e-6 * theirs.abs().max(1.0)
}

#[test]
fn transforms_agree_with_scikit_learn() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../goldens/preprocessing.json")).unwrap();
    assert!(cases.len() > 50);
    let mut failures = Vec::new();
    for case in cases {
        let mut train = column(&case.train);
        if let Some(target) = &case.target {
            train = train.with(RawColumn::texts("y", target.cells.iter().map(String::as_str)));
        }
        let mut spec = spec(SourceSpec::Table(train.clone().into()))
            .column("x", &format!("{} |> {}", case.kind, case.chain))
            .missing(&format!("{}(flag = false)", case.policy), "level");
        if let Some(target) = &case.target {
            spec = spec.target("y", &target.kind);
        }
        let mut problems = Problems::default();
        let schema = schema(&spec, &train, &mut problems);
        let rows: Vec<u32> = (0..train.rows() as u32).collect();
        let fitted = fit(&spec, &schema, &train, &rows, &mut problems);
        let fitted = fitted.unwrap_or_else(|| panic!("{}: {:?}", case.name, said(&problems)));
        for (cells, expected) in [(&case.train, &case.train_features), (&case.new, &case.new_features)] {
            let table = column(cells);
            let rows: Vec<u32> = (0..table.rows() as u32).collect();
            let bound = fitted.bind(&table, &mut problems).unwrap();
            let (mut blocks, bad) = bound.blocks(&rows);
            let block = blocks.remove(0);
            for (i, expected) in expected.iter().enumerate() {
                let row = &block.values[i * block.width..(i + 1) * block.width];
                // Behind the levels come the slots that scikit-learn does not have.
                for (ours, theirs) in row.iter().zip(expected) {
                    match theirs {
                        Some(theirs) if close(*ours, *theirs) => {}
                        None if bad.iter().any(|b| b.row == i as u32) => {}
                        theirs => failures.push(format!("{} row {i}: {ours}, not {theirs:?}", case.name)),
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
