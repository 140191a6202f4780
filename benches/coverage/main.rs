//! Whether intervals hold what they promise: how often 95% intervals cover the truth in simulated cases, and how long an
//! evaluation of 100,000 rows takes. `cargo bench --bench coverage`, or with a number of cases behind `--`.
//!
//! The standard error of a coverage from 1000 cases is 0.7 of 100; the status is 1 where one lies outside of 93 to 97.

use std::time::Instant;

use nnrun::engine::random::{Generator, Key};
use nnrun::metrics::{Predictions, Request, Resampling, Sample, compare, find_metric, intervals};

/// Rows of one case.
const ROWS: usize = 400;
/// Rows of one group, for intervals that draw groups.
const GROUP: usize = 4;
/// Rows from which the truth is taken.
const MANY: usize = 2_000_000;
const THREADS: usize = 2;

/// What two models say of some rows.
struct Drawn {
    first: Vec<f64>,
    second: Vec<f64>,
    target: Vec<f64>,
    groups: Vec<u32>,
}

fn normal(g: &mut Generator) -> f64 {
    let radius = (-2.0 * (1.0 - g.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * g.unit()).cos()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Rows of one group share half of what the models can't know.
fn binary(rows: usize, key: Key) -> Drawn {
    let mut g = Generator::new(key);
    let mut drawn = Drawn { first: vec![], second: vec![], target: vec![], groups: vec![] };
    let mut shared = 0.0;
    for i in 0..rows {
        if i % GROUP == 0 {
            shared = normal(&mut g);
        }
        let seen = normal(&mut g);
        let yes = g.unit() < sigmoid(1.5 * seen + 1.2 * shared - 0.7);
        drawn.target.push(f64::from(u8::from(yes)));
        drawn.first.push(sigmoid(1.2 * seen - 0.5));
        drawn.second.push(sigmoid(1.2 * seen + 0.8 * normal(&mut g) - 0.5));
        drawn.groups.push((i / GROUP) as u32);
    }
    drawn
}

fn regression(rows: usize, key: Key) -> Drawn {
    let mut g = Generator::new(key);
    let mut drawn = Drawn { first: vec![], second: vec![], target: vec![], groups: vec![] };
    let mut shared = 0.0;
    for i in 0..rows {
        if i % GROUP == 0 {
            shared = normal(&mut g);
        }
        let seen = 3.0 * normal(&mut g);
        drawn.target.push(20.0 + seen + shared + normal(&mut g));
        drawn.first.push(20.0 + 0.9 * seen);
        drawn.second.push(20.0 + 0.9 * seen + 0.7 * normal(&mut g));
        drawn.groups.push((i / GROUP) as u32);
    }
    drawn
}

fn requests(names: &[&str]) -> Vec<Request> {
    names.iter().filter_map(|n| find_metric(n)).map(Request::plain).collect()
}

/// Independent rows: each group gives one.
fn thinned(drawn: &Drawn) -> Drawn {
    let pick = |v: &[f64]| v.iter().copied().step_by(GROUP).collect::<Vec<f64>>();
    let target = pick(&drawn.target);
    let groups = (0..target.len() as u32).collect();
    Drawn { first: pick(&drawn.first), second: pick(&drawn.second), target, groups }
}

/// The coverage of each metric, in percent: of one model's value, and of the difference of two.
fn coverage(
    what: &str,
    cases: usize,
    names: &[&str],
    grouped: bool,
    draw: fn(usize, Key) -> Drawn,
    predicted: for<'a> fn(&'a [f64]) -> Predictions<'a>,
) -> bool {
    let metrics = requests(names);
    let key = Key(11).named(what);
    let all = draw(MANY, key.named("truth"));
    let value = |p: &[f64]| -> Vec<f64> {
        let sample = Sample::new(predicted(p), &all.target);
        metrics.iter().filter_map(|m| m.score(&sample).number()).collect()
    };
    let (first, second) = (value(&all.first), value(&all.second));
    let (mut single, mut paired) = (vec![0usize; names.len()], vec![0usize; names.len()]);
    for case in 0..cases {
        let key = key.named("case").derive(case as u64);
        let drawn = if grouped { draw(ROWS, key) } else { thinned(&draw(ROWS * GROUP, key)) };
        let [a, b] = [&drawn.first, &drawn.second].map(|p| Sample::new(predicted(p), &drawn.target));
        let groups = grouped.then_some(drawn.groups.as_slice());
        let how = Resampling { seed: case as u64, threads: THREADS, groups, ..Resampling::default() };
        for (m, found) in intervals(&a, &metrics, &how).into_iter().enumerate() {
            single[m] += usize::from(found.is_some_and(|i| i.low <= first[m] && first[m] <= i.high));
        }
        for (m, found) in compare(&a, &b, &metrics, &how).unwrap_or_default().into_iter().enumerate() {
            let truth = second[m] - first[m];
            paired[m] += usize::from(found.is_some_and(|c| c.interval.low <= truth && truth <= c.interval.high));
        }
    }
    let percent = |n: usize| 100.0 * n as f64 / cases as f64;
    let mut fine = true;
    for (m, name) in names.iter().enumerate() {
        let (value, difference) = (percent(single[m]), percent(paired[m]));
        fine &= (93.0..=97.0).contains(&value) && (93.0..=97.0).contains(&difference);
        println!("{what:<18} {name:<18} value {value:5.1}   difference {difference:5.1}");
    }
    fine
}

fn yes_no(prob: &[f64]) -> Predictions<'_> {
    Predictions::Binary { prob }
}

fn number(value: &[f64]) -> Predictions<'_> {
    Predictions::Number { value }
}

/// An evaluation with intervals, as `evaluate` makes it.
fn timed(what: &str, names: &[&str], drawn: &Drawn, predicted: for<'a> fn(&'a [f64]) -> Predictions<'a>) {
    let metrics = requests(names);
    let sample = Sample::new(predicted(&drawn.first), &drawn.target);
    let start = Instant::now();
    let scores: Vec<f64> = metrics.iter().filter_map(|m| m.score(&sample).number()).collect();
    let found = intervals(&sample, &metrics, &Resampling { threads: THREADS, ..Resampling::default() });
    let seconds = start.elapsed().as_secs_f64();
    assert!(scores.len() == names.len() && found.iter().all(Option::is_some));
    println!("{:>9} rows, {what}: {seconds:.2} s for {}", drawn.target.len(), names.join(", "));
}

fn main() {
    let cases = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1000);
    println!("95% intervals that cover the truth, of 100, in {cases} cases of {ROWS} rows");
    let answers = ["accuracy", "balanced_accuracy", "roc_auc", "pr_auc", "brier", "log_loss", "f1", "mcc", "kappa"];
    let numbers = ["rmse", "mae", "r2", "pinball", "median_ae"];
    let mut fine = coverage("yes or no", cases, &answers, false, binary, yes_no);
    fine &= coverage("yes or no, groups", cases, &answers[..6], true, binary, yes_no);
    fine &= coverage("numbers", cases, &numbers, false, regression, number);
    fine &= coverage("numbers, groups", cases, &numbers[..3], true, regression, number);
    println!("\ntime with 1000 draws on {THREADS} threads");
    let rows = binary(100_000, Key(1));
    timed("usual metrics", &["roc_auc", "pr_auc", "log_loss", "accuracy"], &rows, yes_no);
    timed("decisions", &["precision", "recall", "f1", "mcc", "balanced_accuracy"], &rows, yes_no);
    timed("numbers", &["r2", "rmse", "mae"], &regression(100_000, Key(2)), number);
    if !fine {
        println!("\nsome coverage lies outside of 93 to 97");
        std::process::exit(1);
    }
}
