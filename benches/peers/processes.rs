//! Whole processes: scoring a million rows, a cold start, and ten times the rows.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Request;
use super::contest::{Contestant, nnrun, turns};
use super::table;

pub fn run(request: &Request, work: &Path, has: &dyn Fn(&str) -> bool) {
    if request.wants("W7") {
        scoring(request, work, has);
    }
    if request.wants("W8") {
        cold_start(request, work, has);
    }
    if request.wants("rows") {
        ten_times_the_rows(request, work);
    }
}

fn whole(name: &str, command: Vec<String>) -> Contestant {
    Contestant { name: name.into(), command, reports: false, once: false }
}

fn words(parts: &[&dyn AsRef<Path>]) -> Vec<String> {
    parts.iter().map(|p| p.as_ref().to_string_lossy().to_string()).collect()
}

/// Runs nnrun once; gives seconds and peak memory in MiB.
fn once(arguments: &[String], work: &Path) -> Option<(f64, f64)> {
    let mut command = Command::new(nnrun());
    run_once(command.args(arguments).current_dir(work)).ok()
}

/// Seconds and peak memory in MiB of a whole process, which is looked at twice a millisecond.
pub fn run_once(command: &mut Command) -> Result<(f64, f64), String> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0f64;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|l| l.starts_with("VmHWM")).and_then(|l| l.split_whitespace().nth(1));
        peak = peak.max(line.and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0);
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) if status.success() => return Ok((start.elapsed().as_secs_f64(), peak)),
            Some(status) => return Err(status.to_string()),
            None => std::thread::sleep(Duration::from_micros(500)),
        }
    }
}

/// W7: the fraud model on a million rows, CSV to CSV.
fn scoring(request: &Request, work: &Path, has: &dyn Fn(&str) -> bool) {
    let run = work.join("scoring");
    let _ = std::fs::remove_dir_all(&run);
    let train = words(&[&"W3.nn", &"--quiet", &"--out", &run]);
    let model = run.join("model.safetensors");
    let input = work.join("fraud_score.csv");
    if once(&train, work).is_none() || !model.exists() || !input.exists() {
        return eprintln!("W7: no model or no rows, left out");
    }
    let output = work.join("scored.csv");
    let threads = request.threads.iter().copied().max().unwrap_or(1);
    let t = threads.to_string();
    let predict = words(&[&"predict", &model, &input, &"-o", &output]);
    let mut contestants = vec![whole("nnrun", [vec![nnrun().to_string_lossy().to_string()], predict.clone()].concat())];
    if let Some(peers) = &request.peers {
        let (torch, onnx) = (peers.join("score_torch.py"), peers.join("score_ort.py"));
        let (weights, exported) = (request.data.join("fraud-model.safetensors"), request.data.join("fraud-model.onnx"));
        let python = &request.python;
        if has("torch") && weights.exists() {
            let command = words(&[python, &torch, &input, &weights, &work.join("torch.csv"), &t]);
            contestants.push(whole("pandas + PyTorch", command));
        } else {
            eprintln!("W7: no PyTorch, or the peers' `bench.py export` has not written its model");
        }
        if has("onnxruntime") && has("polars") && exported.exists() {
            let command = words(&[python, &onnx, &input, &exported, &work.join("onnx.csv"), &t, &"polars"]);
            contestants.push(whole("polars + onnxruntime", command));
        }
    }
    let cells = turns(&contestants, request.rounds, "W7", threads);
    println!("{}", table::processes("W7: a million rows scored, CSV to CSV, the whole process", &cells));
}

/// W8: a hundred epochs of the smallest training, from the start of the process to its end.
fn cold_start(request: &Request, work: &Path, has: &dyn Fn(&str) -> bool) {
    let out = work.join("cold");
    // Each round needs a fresh folder, so the folder is removed within the measured command.
    let own = format!(
        "rm -rf '{out}'; exec '{nnrun}' '{program}' --quiet --epochs 100 --out '{out}'",
        out = out.display(),
        nnrun = nnrun().display(),
        program = work.join("W1.nn").display()
    );
    let mut contestants = vec![whole("nnrun", words(&[&"sh", &"-c", &own]))];
    if let Some(peers) = request.peers.as_ref().filter(|_| has("torch")) {
        let (script, table) = (peers.join("train_churn.py"), request.data.join("churn.csv"));
        contestants.push(whole("PyTorch", words(&[&request.python, &script, &table, &work.join("churn.pt")])));
    }
    let cells = turns(&contestants, request.rounds.max(5), "W8", 1);
    println!("{}", table::processes("W8: cold start, 100 epochs of W1, the whole process", &cells));
}

/// One epoch of the fraud model on its table, and on the table ten times over.
fn ten_times_the_rows(request: &Request, work: &Path) {
    let Ok(text) = std::fs::read_to_string(work.join("fraud.csv")) else {
        return eprintln!("rows: no fraud.csv, left out");
    };
    let Some((header, rows)) = text.split_once('\n') else { return };
    let mut ten = format!("{header}\n");
    for _ in 0..10 {
        ten += rows;
    }
    let program = std::fs::read_to_string(work.join("W3.nn")).unwrap_or_default();
    let program = program.replace("fraud.csv", "fraud10.csv");
    let written =
        std::fs::write(work.join("fraud10.csv"), ten).and_then(|()| std::fs::write(work.join("W3x10.nn"), program));
    if let Err(e) = written {
        return eprintln!("rows: {e}");
    }
    let mut results: Vec<Vec<(f64, f64)>> = vec![Vec::new(); 2];
    for _ in 0..request.rounds {
        for (program, results) in ["W3.nn", "W3x10.nn"].iter().zip(&mut results) {
            let out = work.join("rows");
            let _ = std::fs::remove_dir_all(&out);
            results.extend(once(&words(&[program, &"--quiet", &"--out", &out]), work));
        }
    }
    let _ = std::fs::remove_file(work.join("fraud10.csv"));
    let median = |i: usize| table::median(&results[i].iter().map(|r| r.0).collect::<Vec<_>>()).unwrap_or(f64::NAN);
    let peak = |i: usize| results[i].iter().map(|r| r.1).fold(0.0, f64::max);
    let mut out = String::from(
        "Ten times the rows: W3, five epochs, the whole process\n\n| rows | seconds | MiB |\n|---|---|---|\n",
    );
    let _ = writeln!(out, "| 100 000 | {:.3} | {:.0} |", median(0), peak(0));
    let _ = writeln!(out, "| 1 000 000 | {:.3} ({:.2}×) | {:.0} |", median(1), median(1) / median(0), peak(1));
    println!("{out}");
}
