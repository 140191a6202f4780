use std::collections::BTreeSet;

use nnrun::data::{RawColumn, RawTable, SourceSpec, Split, prepare, schema, split};
use nnrun::diag::Problems;

use crate::build::{Say, errors, said, spec, table};

fn of(table: &RawTable, how: &str) -> (Split, Problems) {
    let spec = spec(SourceSpec::Table(table.clone().into())).target("y", "binary").split(how);
    let mut problems = Problems::default();
    let schema = schema(&spec, table, &mut Problems::default());
    let split = split(&spec, &schema, table, &mut problems);
    (split, problems)
}

/// 200 rows: y is 1 in every tenth, `who` names a group of about seven rows, `t` goes backwards in pairs.
fn rows() -> RawTable {
    let text = |f: &dyn Fn(usize) -> String| (0..200).map(f).collect::<Vec<_>>();
    let column = |name: &str, cells: Vec<String>| RawColumn::texts(name, cells.iter().map(String::as_str));
    RawTable::new(vec![
        column("x", text(&|i| format!("{}", i * i % 17))),
        column("who", text(&|i| format!("p{}", i * 13 % 29))),
        column("t", text(&|i| format!("2026-01-01T{:02}:{:02}", (199 - i) / 2 / 60, (199 - i) / 2 % 60))),
        column("y", text(&|i| u8::from(i % 10 == 0).to_string())),
    ])
}

fn sizes(split: &Split) -> [usize; 3] {
    [split.train.len(), split.val.len(), split.test.len()]
}

fn all(split: &Split) -> BTreeSet<u32> {
    [&split.train, &split.val, &split.test].into_iter().flatten().copied().collect()
}

#[test]
fn every_row_is_on_one_side_and_seeds_move_them() {
    let (a, problems) = of(&rows(), "random(train = 0.7, val = 0.15, test = 0.15)");
    assert!(problems.is_empty());
    assert_eq!(sizes(&a), [140, 30, 30]);
    assert_eq!(all(&a).len(), 200);
    assert_eq!(a, of(&rows(), "random(train = 0.7, val = 0.15, test = 0.15, seed = 0)").0);
    assert_ne!(a, of(&rows(), "random(train = 0.7, val = 0.15, test = 0.15, seed = 1)").0);
    // Not simply in order.
    assert!(a.test.iter().any(|&row| row < 100) && a.test.iter().any(|&row| row >= 100));
}

#[test]
fn remainders_go_to_the_largest() {
    let ten = table(&[("y", &["0", "1", "0", "1", "0", "1", "0", "1", "0", "1", "1"])]);
    assert_eq!(sizes(&of(&ten, "random(train = 0.7, val = 0.15, test = 0.15)").0), [8, 2, 1]);
    assert_eq!(sizes(&of(&ten, "random(train = 0.5, test = 0.5)").0), [6, 0, 5]);
}

#[test]
fn strata_keep_their_shares() {
    let (split, problems) = of(&rows(), "stratified(train = 0.6, val = 0.2, test = 0.2)");
    assert!(problems.is_empty(), "{:?}", said(&problems));
    let positives = |side: &[u32]| side.iter().filter(|row| **row % 10 == 0).count();
    assert_eq!([positives(&split.train), positives(&split.val), positives(&split.test)], [12, 4, 4]);
    assert_eq!(sizes(&split), [120, 40, 40]);
}

#[test]
fn groups_stay_together() {
    for how in ["random", "stratified"] {
        let (split, _) = of(&rows(), &format!("{how}(train = 0.5, val = 0.25, test = 0.25, group = who)"));
        let groups = |side: &[u32]| side.iter().map(|row| row * 13 % 29).collect::<BTreeSet<_>>();
        let (train, val, test) = (groups(&split.train), groups(&split.val), groups(&split.test));
        assert_eq!(train.len() + val.len() + test.len(), 29, "{how}");
        let [a, b, c] = sizes(&split);
        assert!(a + b + c == 200 && a.abs_diff(100) < 8 && b.abs_diff(50) < 8, "{how} {a} {b} {c}");
    }
}

#[test]
fn the_latest_rows_are_tested() {
    let (split, problems) = of(&rows(), "by_time(t, train = 0.7, val = 0.1, test = 0.2)");
    assert!(problems.is_empty(), "{:?}", said(&problems));
    assert_eq!(split.test, (0..40).collect::<Vec<u32>>());
    assert_eq!(split.val, (40..60).collect::<Vec<u32>>());
    // Rows 8 and 9 have the same time, and the table's order decides.
    let (split, _) = of(&rows(), "by_time(t, train = 0.955, test = 0.045)");
    assert_eq!(split.test, [0, 1, 2, 3, 4, 5, 6, 7, 9]);
}

#[test]
fn rows_without_a_time_or_a_target_are_on_no_side() {
    let rows = table(&[
        ("t", &["2026-01-03", "", "2026-01-01", "2026-01-02", "2026-01-04"]),
        ("y", &["0", "1", "1", "", "0"]),
    ]);
    let (split, problems) = of(&rows, "by_time(t, train = 0.5, test = 0.5)");
    assert_eq!((split.train, split.test), (vec![0, 2], vec![4]));
    let said = said(&problems);
    assert!(
        said[0].starts_with("N901 rows without a target are left out: 1 of 5") && said[0].contains("row 4"),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("W711 rows without `t` are on no side of the split: 1") && said[1].contains("row 2"),
        "{said:?}"
    );
}

#[test]
fn splits_that_can_not_be() {
    let parts = [
        ("random(train = 0.7, test = 0.2)", "must sum to 100%"),
        ("random(train = 0, test = 1)", "no rows to train on"),
        ("random(train = 0.999, test = 0.001)", "no rows for `test`"),
        ("random(train = 0.5, test = 0.5, group = whom)", "no column `whom`"),
        ("by_time(x2, train = 0.5, test = 0.5)", "no column `x2`"),
        ("by_time(who, train = 0.5, test = 0.5)", "`who` should hold ISO 8601 times"),
    ];
    for (how, part) in parts {
        let said = errors(&of(&rows(), how).1);
        assert!(said.len() == 1 && said[0].contains(part), "{how}: {said:?}");
    }
}

#[test]
fn a_stratum_that_is_too_small_is_a_warning() {
    let rows = table(&[("y", &["0", "0", "0", "1", "0", "0", "0"])]);
    let (_, problems) = of(&rows, "stratified(train = 0.5, test = 0.5)");
    assert!(said(&problems)[0].starts_with("W713 class `1` is too rare"), "{:?}", said(&problems));
}

#[test]
fn a_target_with_a_typo_does_not_panic() {
    let rows = rows();
    let spec =
        spec(SourceSpec::Table(rows.clone().into())).target("z", "binary").split("stratified(train = 0.5, test = 0.5)");
    let mut problems = Problems::default();
    let schema = schema(&spec, &rows, &mut problems);
    assert!(prepare(&spec, schema, rows, &mut problems).is_none());
}

#[test]
fn copies_of_training_rows_are_reported() {
    let cells: Vec<String> = (0..20).map(|i| (if i >= 18 { i - 10 } else { i }).to_string()).collect();
    let t: Vec<String> = (0..20).map(|i| i.to_string()).collect();
    let texts = |name: &str, cells: &[String]| RawColumn::texts(name, cells.iter().map(String::as_str));
    let rows = RawTable::new(vec![texts("x", &cells), texts("y", &cells), texts("t", &t)]);
    let spec = spec(SourceSpec::Table(rows.clone().into()))
        .column("t", "drop")
        .target("y", "number")
        .split("by_time(t, train = 0.7, val = 0.15, test = 0.15)");
    let mut problems = Problems::default();
    let schema = schema(&spec, &rows, &mut Problems::default());
    prepare(&spec, schema, rows, &mut problems).unwrap();
    let said = said(&problems);
    assert!(said[0].starts_with("W714 2 of 3 test rows") && said[0].contains("row 19"), "{said:?}");
}
