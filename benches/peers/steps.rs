//! nnrun's own side: the training of a program, step by step, in a process of its own.

use std::path::Path;
use std::time::Instant;

use nnrun::diag::{Diagnostic, Severity};
use nnrun::session::{self, Listener, Options};
use nnrun::text::Sources;
use nnrun::train::event::Event;
use nnrun::train::{Outcome, Run};

/// Repeats of a measurement, and the least time that one takes.
const REPEATS: usize = 9;
const LEAST_SECONDS: f64 = 0.05;
/// Steps between two looks at the clock.
const LEAST_STEPS: usize = 100;

struct Silent;

impl Listener for Silent {
    fn event(&mut self, _: &Event) {}
    fn diagnostics(&mut self, diagnostics: &[Diagnostic], _: &Sources) {
        for d in diagnostics.iter().filter(|d| d.severity == Severity::Error) {
            eprintln!("{}", d.message);
        }
    }
    fn interrupted(&self) -> bool {
        false
    }
}

/// Trains, and prints a line of JSON as the peers do.
pub fn measure(program: &Path, threads: usize) {
    let checked = session::load(program, &[]);
    Silent.diagnostics(&checked.diagnostics, &checked.sources);
    let train = || {
        let options = Options { seed: Some(0), threads, out: None, timing: false, probes: false };
        session::first_training(&checked, options, &mut Silent).unwrap_or_else(|d| {
            eprintln!("{}", d.message);
            std::process::exit(1)
        })
    };
    let mut times = Vec::new();
    let mut loss = f64::NAN;
    if std::env::var("PROFILE").is_ok() {
        return profile(train());
    }
    let mut training = None;
    for _ in 0..REPEATS {
        // Whole epochs, so that shuffling is in it; a training that ends begins anew.
        let (mut steps, mut spent) = (0, 0.0);
        while spent < LEAST_SECONDS {
            // One that has ended goes before the next one comes: memory is measured too.
            training = training.filter(|run: &Run| run.state.step < run.planned_steps());
            let run = training.get_or_insert_with(train);
            let epoch = run.batches_per_epoch().max(1) as usize;
            // The clock itself takes as long as a tenth of the shortest step.
            let wanted = (epoch * LEAST_STEPS.div_ceil(epoch)).min((run.planned_steps() - run.state.step) as usize);
            let start = Instant::now();
            loss = advance(run, wanted);
            spent += start.elapsed().as_secs_f64();
            steps += wanted;
        }
        times.push(spent / steps as f64 * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let (median, best) = (times[REPEATS / 2], times[0]);
    println!(
        "{{\"peer\":\"nnrun\",\"metric\":\"us_per_step\",\"value\":{median:.4},\"best\":{best:.4},\"loss\":{loss:.6}}}"
    );
    if let Some(mib) = peak_mib() {
        println!("{{\"peer\":\"nnrun\",\"metric\":\"peak_rss\",\"value\":{mib:.1}}}");
    }
}

/// Where the time of a step goes, kernel by kernel.
fn profile(mut run: Run) {
    let steps = (run.batches_per_epoch() as usize * 3).min(run.planned_steps() as usize / 2);
    advance(&mut run, steps);
    run.start_profile();
    advance(&mut run, steps);
    for part in run.profile() {
        let time = part.time.as_secs_f64() * 1e6 / steps as f64;
        println!("{time:9.2} us  {:?} {}  {}", part.phase, part.paths.join(" "), part.what);
    }
}

fn advance(run: &mut Run, steps: usize) -> f64 {
    let mut loss = f64::NAN;
    for _ in 0..steps {
        match run.advance() {
            Ok(Outcome::Stepped(report)) => loss = report.loss,
            Ok(Outcome::Finished) => break,
            Err(fault) => {
                eprintln!("{fault:?}");
                std::process::exit(1)
            }
        }
    }
    loss
}

/// The most memory this process had at once.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}
