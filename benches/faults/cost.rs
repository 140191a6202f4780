//! What the probes cost: trainings with and without them in turn, timed from the first step to the last.

use std::path::{Path, PathBuf};
use std::time::Instant;

use nnrun::diag::Diagnostic;
use nnrun::session::{self, Listener, Options};
use nnrun::text::Sources;
use nnrun::train::event::Event;
use nnrun::train::probes::Probes;
use nnrun::train::{Outcome, Run, Setup};

/// Seconds that a workload is measured, and the least and the most pairs of trainings.
const SECONDS: f64 = 12.0;
const PAIRS: (usize, usize) = (7, 400);

const WORKLOADS: [(&str, &str); 5] =
    [("W1", "churn.csv"), ("W2", "diabetes.csv"), ("W3", "fraud.csv"), ("W3b32", "fraud.csv"), ("W4", "digits.csv")];

struct Silent;

impl Listener for Silent {
    fn event(&mut self, _: &Event) {}
    fn diagnostics(&mut self, _: &[Diagnostic], _: &Sources) {}
    fn interrupted(&self) -> bool {
        false
    }
}

/// Measures the workloads of these names, all if there are none. `data` has their files, as `bench.py data` of the peers writes
/// them.
pub fn report(data: &Path, names: &[String]) {
    println!(
        "| workload | steps | off | on | pairs | on / off | middle half | fastest quarters | said |\n|---|---|---|---|---|---|---|---|---|"
    );
    for (name, file) in WORKLOADS.iter().filter(|(n, _)| names.is_empty() || names.iter().any(|w| w == n)) {
        match data.join(file).exists() {
            true => measure(name, file, data),
            false => eprintln!("{name}: there is no {}", data.join(file).display()),
        }
    }
}

fn measure(name: &str, file: &str, data: &Path) {
    let workloads = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workloads");
    let folder = tempfile::tempdir().unwrap();
    let at = |f: &str| -> PathBuf { folder.path().join(f) };
    std::fs::copy(data.join(file), at(file)).unwrap();
    std::fs::copy(workloads.join(format!("{name}.nn")), at("w.nn")).unwrap();
    let checked = session::load(&at("w.nn"), &[]);
    let options = Options { seed: Some(0), threads: 1, out: None, timing: false, probes: true };
    let setup = session::first_training(&checked, options, &mut Silent).unwrap().setup;
    let mut ratios = Vec::new();
    let (mut off, mut on) = (Vec::new(), Vec::new());
    let mut said = 0;
    let begun = Instant::now();
    while ratios.len() < PAIRS.1 && (ratios.len() < PAIRS.0 || begun.elapsed().as_secs_f64() < SECONDS) {
        // Which one goes first changes from pair to pair.
        let (first, second) = (ratios.len().is_multiple_of(2), ratios.len() % 2 == 1);
        let mut seconds = [0.0; 2];
        for probed in [first, second] {
            let (time, found) = train(&setup, probed);
            seconds[usize::from(probed)] = time;
            said = said.max(found);
        }
        off.push(seconds[0]);
        on.push(seconds[1]);
        ratios.push(seconds[1] / seconds[0]);
    }
    let pairs = ratios.len();
    let steps = Run::new(setup).unwrap().planned_steps();
    println!(
        "| {name} | {steps} | {:.3} ms | {:.3} ms | {pairs} | {:.4} | {:.3}..{:.3} | {:.4} | {said} |",
        quantile(&mut off, 0.5) * 1e3,
        quantile(&mut on, 0.5) * 1e3,
        quantile(&mut ratios, 0.5),
        quantile(&mut ratios, 0.25),
        quantile(&mut ratios, 0.75),
        fastest(&mut on) / fastest(&mut off),
    );
}

/// The mean of the fastest quarter: what other programs disturb the least.
fn fastest(of: &mut [f64]) -> f64 {
    of.sort_by(f64::total_cmp);
    let quarter = &of[..of.len().div_ceil(4)];
    quarter.iter().sum::<f64>() / quarter.len() as f64
}

/// Seconds of a whole training, and how much its probes said. What sets probes up is in the time.
fn train(setup: &Setup, probed: bool) -> (f64, usize) {
    let mut run = Run::new(setup.clone()).unwrap();
    let mut said = 0;
    let start = Instant::now();
    let mut probes = probed.then(|| Probes::new(&run));
    while !run.is_finished() {
        if let Some(probes) = &mut probes {
            probes.before(&mut run);
        }
        let Outcome::Stepped(report) = run.advance().unwrap() else { break };
        if let Some(probes) = &mut probes {
            said += probes.after(&mut run, &report).len();
        }
    }
    (start.elapsed().as_secs_f64(), said)
}

fn quantile(of: &mut [f64], q: f64) -> f64 {
    of.sort_by(f64::total_cmp);
    of[((of.len() - 1) as f64 * q).round() as usize]
}
