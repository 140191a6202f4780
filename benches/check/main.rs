//! How long a check takes, as `nnrun check` does it: reading the file, its data, and all of the messages.
//! `cargo bench --bench check [NAME]`; exits with 1 where a bound is missed.

use std::path::Path;
use std::time::{Duration, Instant};

use nnrun::session;

/// Checks of each program, of which the median counts.
const TIMES: usize = 31;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = std::env::temp_dir().join(format!("nnrun-check-{}", std::process::id()));
    std::fs::create_dir_all(&made).expect("a folder for the programs");
    std::fs::write(made.join("sequence.nn"), sequence(1000)).expect("a program");
    std::fs::write(made.join("named.nn"), named(1000)).expect("a program");
    std::fs::write(made.join("lines.nn"), lines(10_000)).expect("a program");
    let cases = [
        ("fraud", root.join("examples/fraud.nn"), Some(10)),
        ("churn", root.join("examples/churn.nn"), Some(10)),
        ("sigmoid", root.join("examples/sigmoid.nn"), Some(10)),
        ("1000 layers in a sequence", made.join("sequence.nn"), Some(200)),
        ("1000 layers by name", made.join("named.nn"), Some(200)),
        ("10000 lines", made.join("lines.nn"), None),
    ];
    let mut missed = false;
    println!("{:<28} {:>10} {:>10} {:>10}", "check of", "least", "median", "bound");
    for (name, path, bound) in cases {
        if !args.first().is_none_or(|a| name.starts_with(a.as_str())) {
            continue;
        }
        let mut times: Vec<Duration> = (0..TIMES).map(|_| once(&path)).collect();
        times.sort();
        let median = times[TIMES / 2];
        let bound: Option<Duration> = bound.map(Duration::from_millis);
        let shown = bound.map_or(String::new(), |b| format!("{b:?}"));
        println!("{name:<28} {:>10.2?} {median:>10.2?} {shown:>10}", times[0]);
        missed |= bound.is_some_and(|b| median > b);
    }
    std::fs::remove_dir_all(&made).ok();
    if missed {
        eprintln!("a bound is missed");
        std::process::exit(1);
    }
}

fn once(path: &Path) -> Duration {
    let start = Instant::now();
    let checked = session::load(path, &[]);
    let took = start.elapsed();
    assert!(!checked.has_errors(), "{}: {:?}", path.display(), checked.diagnostics.first().map(|d| &d.message));
    took
}

const DATA: &str = "data points {
  source = generate(100, seed = 1) { a ~ normal(0, 1); b ~ normal(0, 1); y ~ bernoulli(sigmoid(2 * a - b)) }
  target y: binary
}
";

const TRAIN: &str = "train { loss = bce_with_logits; optimizer = adam(lr = 1e-3); epochs = 1 }\n";

/// A model whose layers stand in a sequence.
fn sequence(layers: usize) -> String {
    let body = "  Linear(8); ReLU\n".repeat(layers / 2);
    format!("{DATA}\nmodel Deep(x: points.features) -> logit {{\n{body}  Linear(1)\n}}\n\n{TRAIN}")
}

/// A model whose layers have names, and values that flow through them.
fn named(layers: usize) -> String {
    let (mut names, mut flow) = (String::new(), String::from("  let h0 = first(x)\n"));
    for i in 1..layers {
        names += &format!("  layer{i}: Linear(8)\n");
        flow += &format!("  let h{i} = relu(layer{i}(h{}))\n", i - 1);
    }
    let last = layers - 1;
    format!(
        "{DATA}\nmodel Deep(x: points.features) -> logit {{\n  first: Linear(8)\n  head: Linear(1)\n{names}{flow}  return head(h{last})\n}}\n\n{TRAIN}"
    )
}

/// A long file of small definitions.
fn lines(n: usize) -> String {
    (0..n / 2)
        .map(|i| format!("fn f{i}(x: real[n]) -> real[n] {{ return {i} * x + sigmoid(x) }}\nprint f{i}([1, 2])\n"))
        .collect()
}
