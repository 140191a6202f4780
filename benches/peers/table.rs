//! What is printed.

use std::path::Path;
use std::process::Command;

/// One contestant's results in one workload.
#[derive(Debug, Clone)]
pub struct Cell {
    pub name: String,
    pub values: Vec<f64>,
    /// Peak memory in MiB, 0 if unknown.
    pub memory: f64,
    pub calibration: Vec<f64>,
    pub failed: Option<String>,
}

impl Cell {
    pub fn new(name: &str) -> Cell {
        Cell { name: name.into(), values: Vec::new(), memory: 0.0, calibration: Vec::new(), failed: None }
    }

    pub fn median(&self) -> Option<f64> {
        median(&self.values)
    }
}

pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// Processor, date and versions, as a line above the tables.
pub fn machine(python: &Path) -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|l| l.split(':').next().is_some_and(|k| k.trim() == name));
        line.and_then(|l| l.split(':').nth(1)).unwrap_or("?").trim().to_string()
    };
    let cores = info.lines().filter(|l| l.starts_with("processor")).count();
    let code = "import importlib.metadata as m\nfor n in ('torch', 'jax', 'onnxruntime', 'polars'):\n    \
                try: print(n, m.version(n), end='; ')\n    except Exception: pass";
    let versions = Command::new(python).args(["-c", code]).output();
    let versions = versions.map(|o| String::from_utf8_lossy(&o.stdout).trim_end_matches("; ").to_string());
    let date = Command::new("date").arg("+%Y-%m-%d").output();
    let date = date.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string()).unwrap_or_default();
    format!(
        "{date}; {} (family {}, model {}), {cores} cores; {} kernels; nnrun {}; {}",
        field("model name"),
        field("cpu family"),
        field("model"),
        nnrun::engine::exec::Isa::detect().name(),
        env!("CARGO_PKG_VERSION"),
        versions.unwrap_or_default()
    )
}

/// Times a step; each peer's cell has its time, and how many times nnrun's that is.
pub fn steps(rows: &[(String, usize, Vec<Cell>)]) -> String {
    let mut out =
        String::from("µs a step (median of the rounds), and how many of nnrun's steps go into one of the peer's\n\n");
    out += "| workload | threads | nnrun | peers | nnrun MiB | peers MiB | speed of the machine |\n|---|---|---|---|---|---|---|\n";
    for (name, threads, cells) in rows {
        let Some((own, peers)) = cells.split_first() else { continue };
        let mine = own.median().unwrap_or(f64::NAN);
        let each = |f: &dyn Fn(&Cell) -> String| {
            peers.iter().filter(|c| !c.values.is_empty()).map(f).collect::<Vec<_>>().join("<br>")
        };
        let times = each(&|c| {
            let time = c.median().unwrap_or(f64::NAN);
            format!("{} {} ({:.2}×)", c.name, short(time), time / mine)
        });
        let memory = each(&|c| if c.memory > 0.0 { format!("{} {:.0}", c.name, c.memory) } else { String::new() });
        let memory = memory.replace("<br><br>", "<br>");
        let all: Vec<f64> = cells.iter().flat_map(|c| c.calibration.iter().copied()).collect();
        let (least, most) = all.iter().fold((f64::MAX, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
        let memory = memory.trim_start_matches("<br>");
        out += &format!(
            "| {name} | {threads} | {} | {times} | {:.0} | {memory} | {least:.2}–{most:.2} ms |\n",
            short(mine),
            own.memory
        );
    }
    out
}

/// Times of whole processes in seconds.
pub fn processes(title: &str, cells: &[Cell]) -> String {
    let mine = cells.first().and_then(Cell::median).unwrap_or(f64::NAN);
    let mut out = format!("{title}\n\n| | seconds | × nnrun | MiB |\n|---|---|---|---|\n");
    for cell in cells.iter().filter(|c| !c.values.is_empty()) {
        let time = cell.median().unwrap_or(f64::NAN);
        out += &format!("| {} | {time:.4} | {:.1} | {:.0} |\n", cell.name, time / mine, cell.memory);
    }
    out
}

/// Three figures.
pub fn short(x: f64) -> String {
    match x {
        x if x < 10.0 => format!("{x:.2}"),
        x if x < 100.0 => format!("{x:.1}"),
        _ => format!("{x:.0}"),
    }
}
