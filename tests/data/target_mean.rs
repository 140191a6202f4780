//! A target encoding never shows a training row its own target.

use nnrun::data::{Dataset, RawColumn, RawTable, SourceSpec, prepare, schema};
use nnrun::diag::Problems;

use crate::build::{Say, errors, spec};

const ROWS: usize = 90;

fn prepared(targets: &[f64], chain: &str, group: &str) -> Dataset {
    let of = |f: &dyn Fn(usize) -> String| (0..ROWS).map(f).collect::<Vec<_>>();
    let column = |name: &str, cells: Vec<String>| RawColumn::texts(name, cells.iter().map(String::as_str));
    let level = |i: usize| if i.is_multiple_of(11) { String::new() } else { format!("l{}", i * i % 7) };
    let table = RawTable::new(vec![
        column("x", of(&level)),
        column("who", of(&|i| format!("p{}", i / 3))),
        column("y", of(&|i| targets[i].to_string())),
    ]);
    let spec = spec(SourceSpec::Table(table.clone().into()))
        .column("x", &format!("category |> {chain}"))
        .column("who", "drop")
        .target("y", "number |> identity")
        .split(&format!("random(train = 0.7, test = 0.3{group})"));
    let mut problems = Problems::default();
    let schema = schema(&spec, &table, &mut problems);
    let dataset = prepare(&spec, schema, table, &mut problems);
    dataset.unwrap_or_else(|| panic!("{:?}", errors(&problems)))
}

fn targets() -> Vec<f64> {
    (0..ROWS).map(|i| (i * 37 % 23) as f64).collect()
}

#[test]
fn a_training_row_never_sees_its_own_target() {
    let before = prepared(&targets(), "target_mean", "");
    for &row in &before.split.train[..12] {
        let mut changed = targets();
        changed[row as usize] += 1000.0;
        let after = prepared(&changed, "target_mean", "");
        let (a, b) = (&before.blocks[0].values, &after.blocks[0].values);
        assert_eq!(a[row as usize], b[row as usize], "row {row}");
        // And the others do see it: those of its level, but for the fold.
        let moved = before.split.train.iter().filter(|r| a[**r as usize] != b[**r as usize]).count();
        assert!(moved > 3 * before.split.train.len() / 5, "{moved}");
    }
}

#[test]
fn rows_of_one_group_share_a_fold() {
    let before = prepared(&targets(), "target_mean(5)", ", group = who");
    let row = before.split.train[4];
    let mut changed = targets();
    changed[row as usize] += 1000.0;
    let after = prepared(&changed, "target_mean(5)", ", group = who");
    for other in before.split.train.iter().filter(|r| **r / 3 == row / 3) {
        assert_eq!(before.blocks[0].values[*other as usize], after.blocks[0].values[*other as usize]);
    }
}

/// What follows is fitted on what the training rows are given: their mean is 0, that of the full fit would not be.
#[test]
fn later_transforms_are_fitted_on_what_rows_get() {
    let dataset = prepared(&targets(), "target_mean |> zscore", "");
    let train = &dataset.split.train;
    let sum: f32 = train.iter().map(|r| dataset.blocks[0].values[*r as usize]).sum();
    assert!((sum / train.len() as f32).abs() < 1e-5, "{sum}");
}

/// Test rows change nothing, and get the fit over all training rows.
#[test]
fn test_rows_are_not_looked_at() {
    let before = prepared(&targets(), "target_mean", "");
    let mut changed = targets();
    before.split.test.iter().for_each(|r| changed[*r as usize] = 1e6);
    assert_eq!(before.blocks[0].values, prepared(&changed, "target_mean", "").blocks[0].values);
    // Two test rows of one level are given the same number, also if a training row of it is not.
    let of = |r: u32| before.blocks[0].values[r as usize];
    let level = |r: u32| if r.is_multiple_of(11) { 99 } else { r * r % 7 };
    for a in &before.split.test {
        assert!(before.split.test.iter().filter(|b| level(*a) == level(**b)).all(|b| of(*a) == of(*b)));
    }
}
