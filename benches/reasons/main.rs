//! Whether reasons name what decided: `cargo bench --bench reasons` trains `examples/fraud.nn`, whose data has a known
//! generator, and counts.
//!
//! First, of frauds how many of their three reasons are among the three columns that count most by the generator's own
//! probabilities (`tests/goldens/reasons.py`). Second, with as many columns of noise added as the model has others, how
//! many reasons name a column that the generator uses. The status is 1 where ten frauds do no better than by chance.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, exit};

use nnrun::engine::random::{Generator, Key};

const REASONS: usize = 3;
/// Columns that the model's features are made of.
const COLUMNS: usize = 18;
/// Rows before the test rows, 85 % of 20,000.
const SEEN: usize = 17_000;
/// Above this a count could be chance.
const CHANCE: f64 = 0.01;

type Named = BTreeMap<String, Vec<String>>;

/// The reasons of a fraud, with its id.
struct Fraud {
    id: String,
    tested: bool,
    named: Vec<String>,
}

fn nnrun(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_nnrun")).args(words).output().expect("nnrun runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Trains a program and gives the reasons of the frauds in a file.
fn frauds(program: &str, data: &str, folder: &Path) -> Vec<Fraud> {
    let run = folder.join("run");
    nnrun(&[program, "--out", &run.display().to_string(), "--quiet"]);
    let model = run.join("model.safetensors").display().to_string();
    let scored = nnrun(&["predict", &model, data, "--reasons", &REASONS.to_string()]);
    let mut truth = csv::Reader::from_path(data).expect("the data");
    let last = truth.headers().expect("a header").iter().position(|name| name == "is_fraud").expect("the target");
    let mut scored = csv::Reader::from_reader(scored.as_bytes());
    let rows = truth.records().zip(scored.records()).map(|(t, s)| (t.expect("a row"), s.expect("a row")));
    let fraud = |(i, (truth, scored)): (usize, (csv::StringRecord, csv::StringRecord))| {
        let name = |reason: &str| reason.split(' ').next().unwrap_or_default().to_string();
        let named = scored.iter().skip(3).filter(|reason| !reason.is_empty()).map(name).collect();
        (&truth[last] == "1").then(|| Fraud { id: scored[0].to_string(), tested: i >= SEEN, named })
    };
    rows.enumerate().filter_map(fraud).collect()
}

/// The chance of at least `hits`, where each of `draws` draws takes `REASONS` of `columns`, of which `good` are hits.
fn by_chance(hits: usize, draws: usize, columns: usize, good: usize) -> f64 {
    let choose = |n: usize, k: usize| (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>();
    let once: Vec<f64> = (0..=REASONS)
        .map(|k| choose(good, k) * choose(columns - good, REASONS - k) / choose(columns, REASONS))
        .collect();
    let mut all = vec![1.0];
    for _ in 0..draws {
        let mut next = vec![0.0; all.len() + REASONS];
        for (i, p) in all.iter().enumerate() {
            once.iter().enumerate().for_each(|(k, q)| next[i + k] += p * q);
        }
        all = next;
    }
    all[hits.min(all.len())..].iter().sum()
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| std::fs::read_to_string(root.join(path)).expect("a file of the repository");
    let counting: Named = serde_json::from_str(&text("tests/goldens/reasons.json")).expect("a table of columns");
    let data = root.join("examples/data/transactions.csv").display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let found = frauds(&root.join("examples/fraud.nn").display().to_string(), &data, folder.path());
    println!("reasons among the {REASONS} columns that count most by the generator, of {COLUMNS} columns");
    let mut fine = true;
    let tested = || found.iter().filter(|f| f.tested);
    let groups: [(&str, Vec<&Fraud>); 3] = [
        ("ten frauds of the test rows", tested().take(10).collect()),
        ("all frauds of the test rows", tested().collect()),
        ("all frauds", found.iter().collect()),
    ];
    let good = |f: &Fraud, id: &str| f.named.iter().filter(|c| counting[id].contains(c)).count();
    for (what, of) in &groups {
        let hits: usize = of.iter().map(|f| good(f, &f.id)).sum();
        let chance = by_chance(hits, of.len(), COLUMNS, REASONS);
        let others: usize = of.iter().map(|f| of.iter().map(|g| good(f, &g.id)).sum::<usize>()).sum();
        println!(
            "{what:<28} {hits:>4} of {:>4}   any three columns {:>5.1} (p = {chance:.1e})   other frauds' reasons {:>5.1}",
            of.len() * REASONS,
            (of.len() * REASONS * REASONS) as f64 / COLUMNS as f64,
            others as f64 / of.len() as f64,
        );
        fine &= chance < CHANCE;
    }
    println!("\nreasons that name one of these {COLUMNS} columns, with {COLUMNS} columns of noise beside them");
    let (program, noisy) = with_noise(&text("examples/fraud.nn"), &data, folder.path());
    let folder = tempfile::tempdir().expect("a folder");
    let found = frauds(&program, &noisy, folder.path());
    for (what, of) in [("ten frauds of the test rows", 10), ("all frauds of the test rows", usize::MAX)] {
        let of: Vec<&Fraud> = found.iter().filter(|f| f.tested).take(of).collect();
        let hits = of.iter().flat_map(|f| &f.named).filter(|c| !c.starts_with("noise")).count();
        let chance = by_chance(hits, of.len(), 2 * COLUMNS, COLUMNS);
        let all = of.len() * REASONS;
        println!("{what:<28} {hits:>4} of {all:>4}   by chance {:>5.1} (p = {chance:.1e})", all as f64 / 2.0);
        fine &= chance < CHANCE;
    }
    if !fine {
        println!("\nsome reasons are no better than chance");
        exit(1);
    }
}

/// The program and its data with columns that have nothing to do with fraud.
fn with_noise(program: &str, data: &str, folder: &Path) -> (String, String) {
    let mut normal = Generator::new(Key(1).named("noise"));
    let mut text = String::new();
    for (i, line) in std::fs::read_to_string(data).expect("the data").lines().enumerate() {
        text += line;
        for k in 0..COLUMNS {
            let radius = (-2.0 * (1.0 - normal.unit()).ln()).sqrt();
            let x = radius * (std::f64::consts::TAU * normal.unit()).cos();
            text += &if i == 0 { format!(",noise_{k}") } else { format!(",{x:.4}") };
        }
        text.push('\n');
    }
    let noisy = folder.join("noisy.csv");
    std::fs::write(&noisy, text).expect("writes");
    let program: String = program.lines().filter(|l| !l.starts_with("predict")).map(|l| format!("{l}\n")).collect();
    let program = program
        .replace("\"data/transactions.csv\"", &format!("{:?}", noisy.display().to_string()))
        .replace("  columns(\"v*\"): ", "  columns(\"noise_*\"): number |> zscore\n  columns(\"v*\"): ");
    let path = folder.join("noisy.nn");
    std::fs::write(&path, program).expect("writes");
    (path.display().to_string(), noisy.display().to_string())
}
