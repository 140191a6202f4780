//! Who runs what, in turns.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::Request;
use super::processes;
use super::table::{self, Cell};

/// One contestant in one workload.
pub struct Contestant {
    pub name: String,
    pub command: Vec<String>,
    /// Whether it prints what it measured; if not, the whole process is timed.
    pub reports: bool,
    /// Whether it takes so long to get ready that it runs in the first round alone.
    pub once: bool,
}

/// The workloads whose steps are measured.
const STEPS: [&str; 6] = ["W1", "W2", "W3", "W3b32", "W4", "own"];

pub fn run(request: &Request) {
    let work = request.work();
    if let Err(e) = prepare(request, &work) {
        eprintln!("{}: {e}", work.display());
        std::process::exit(1)
    }
    let modules = ["torch", "jax", "onnxruntime", "polars"].map(|m| (m, has_module(&request.python, m)));
    for (module, found) in &modules {
        if !found && request.peers.is_some() {
            eprintln!("{module}: not in {}, left out", request.python.display());
        }
    }
    let has = |module: &str| modules.iter().any(|(m, found)| *m == module && *found);
    println!("{}\n", table::machine(&request.python));
    let mut rows = Vec::new();
    for name in STEPS.into_iter().filter(|n| request.wants(n)) {
        for &threads in &request.threads {
            let contestants = trainers(request, &work, name, threads, &has);
            let cells = turns(&contestants, request.rounds, &format!("{name}, {threads} thread(s)"), threads);
            rows.push((name.to_string(), threads, cells));
        }
    }
    if !rows.is_empty() {
        println!("{}", table::steps(&rows));
    }
    processes::run(request, &work, &has);
}

/// Programs beside the data that they read.
fn prepare(request: &Request, work: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(work)?;
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workloads");
    for entry in std::fs::read_dir(programs)? {
        let from = entry?.path();
        std::fs::copy(&from, work.join(from.file_name().unwrap_or_default()))?;
    }
    for name in ["churn.csv", "diabetes.csv", "fraud.csv", "digits.csv", "fraud_score.csv"] {
        let (from, to) = (std::path::absolute(request.data.join(name))?, work.join(name));
        if !from.exists() {
            eprintln!("{}: not there; the peers' `bench.py data` writes it", from.display());
        } else if !to.exists() {
            std::os::unix::fs::symlink(&from, &to)?;
        }
    }
    Ok(())
}

fn has_module(python: &Path, module: &str) -> bool {
    let status = Command::new(python).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    status.is_ok_and(|s| s.success())
}

fn words(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|p| p.to_string()).collect()
}

fn trainers(request: &Request, work: &Path, name: &str, threads: usize, has: &dyn Fn(&str) -> bool) -> Vec<Contestant> {
    let own = std::env::current_exe().unwrap_or_default();
    let program = work.join(format!("{name}.nn"));
    let t = threads.to_string();
    let reporting =
        |name: &str, command: Vec<String>| Contestant { name: name.into(), command, reports: true, once: false };
    let mut all = vec![reporting("nnrun", words(&[&own.to_string_lossy(), "--steps", &program.to_string_lossy(), &t]))];
    if name == "own" && threads == 1 {
        all.push(reporting(
            "by hand",
            words(&[&own.to_string_lossy(), "--by-hand", &work.join("fraud.csv").to_string_lossy()]),
        ));
    }
    let Some(peers) = &request.peers else { return all };
    let limit = request.limit.clone().unwrap_or_else(|| peers.join("rust/limit-peer/target/release/limit"));
    let data = request.data.to_string_lossy().to_string();
    if name != "own" {
        match limit.exists() {
            true => all.push(reporting("limit-peer", words(&[&limit.to_string_lossy(), &data, name, &t]))),
            false => eprintln!("limit-peer: not at {}, left out", limit.display()),
        }
        let python = |script: &str, variant: &str| {
            let script = peers.join(script);
            let (python, script) = (request.python.to_string_lossy(), script.to_string_lossy());
            let mut command = words(&[&python, &script, name, "--data", &data, "--threads", &t]);
            if !variant.is_empty() {
                command.extend(words(&["--variant", variant]));
            }
            command
        };
        if has("torch") {
            all.push(reporting("PyTorch eager", python("torch_peer.py", "eager")));
            if name != "W1" {
                all.push(reporting("PyTorch fused Adam", python("torch_peer.py", "fused")));
            }
            if threads == 1 {
                let compiled = reporting("PyTorch compiled", python("torch_peer.py", "compile_fused"));
                all.push(Contestant { once: true, ..compiled });
            }
        }
        if has("jax") {
            all.push(reporting("JAX scan", python("jax_peer.py", "scan")));
        }
    }
    all
}

/// Everyone once, then everyone again.
pub fn turns(contestants: &[Contestant], rounds: usize, what: &str, threads: usize) -> Vec<Cell> {
    let mut cells: Vec<Cell> = contestants.iter().map(|c| Cell::new(&c.name)).collect();
    for round in 0..rounds {
        for (contestant, cell) in contestants.iter().zip(&mut cells) {
            if cell.failed.is_some() || (contestant.once && round > 0) {
                continue;
            }
            cell.calibration.push(calibrate());
            eprint!("\r\x1b[K{what}: round {} of {rounds}, {}", round + 1, contestant.name);
            match measure(contestant, threads) {
                Ok((value, memory)) => {
                    cell.values.push(value);
                    cell.memory = cell.memory.max(memory);
                }
                Err(why) => cell.failed = Some(why),
            }
        }
    }
    eprintln!("\r\x1b[K{what}: done");
    for cell in &cells {
        if let Some(why) = &cell.failed {
            eprintln!("{}: left out: {why}", cell.name);
        }
    }
    cells
}

/// A fixed loop in milliseconds: tells a slow machine from a slow program.
fn calibrate() -> f64 {
    let start = Instant::now();
    let mut x = 1.0f64;
    for i in 0..1_000_000u32 {
        x = std::hint::black_box(x * 1.000_000_1 + f64::from(i & 1));
    }
    std::hint::black_box(x);
    start.elapsed().as_secs_f64() * 1e3
}

/// The time that a contestant reports or takes, and its peak memory in MiB (0 if unknown).
fn measure(contestant: &Contestant, threads: usize) -> Result<(f64, f64), String> {
    let (program, arguments) = contestant.command.split_first().ok_or("no command")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"] {
        command.env(variable, threads.to_string());
    }
    if !contestant.reports {
        return processes::run_once(&mut command);
    }
    let output = command.output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("failed").to_string());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
    let (mut value, mut memory) = (None, 0.0);
    for line in lines {
        match line["metric"].as_str() {
            Some("us_per_step") => value = line["value"].as_f64(),
            Some("peak_rss") => memory = line["value"].as_f64().unwrap_or(0.0),
            _ => {}
        }
    }
    value.map(|v| (v, memory)).ok_or_else(|| "reported no time".into())
}

/// nnrun's own program, built beside this one.
pub fn nnrun() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_nnrun"))
}
