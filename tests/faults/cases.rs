//! The fault benchmark: what nnrun says of faulty programs and of their fixed forms. Used by `cargo bench --bench faults` and by
//! the tests.
//!
//! A case is a folder `NN_name` with `faulty.nn`, `fixed.nn` and `expect.txt`: the codes of which one has to be said of the faulty
//! program, all of which name its fault or what follows from it. `README.md` there says where the collections come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use nnrun::diag::{Diagnostic, Severity};
use nnrun::session::{self, Listener, Options};
use nnrun::text::Sources;
use nnrun::train::event::Event;

/// Cases that come from one source.
#[derive(Debug)]
pub struct Collection {
    pub folder: &'static str,
    /// How many there are, with those that have no program.
    pub size: u32,
    /// What the table calls it, and the part of it that was held out while probes were tuned.
    titles: [Option<&'static str>; 3],
}

/// DeepFD's benchmark; numbers are those of its list.
pub const FIRST: Collection =
    Collection {
        folder: "tests/faults", size: 58, titles: [Some("DeepFD"), Some("… tuned on"), Some("… held out")]
    };

/// What was rebuilt when the probes were done.
pub const SECOND: Collection =
    Collection { folder: "tests/faults/second", size: 38, titles: [Some("second collection"), None, None] };

/// What is said of a program before its first step, and while it runs.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub before: BTreeSet<&'static str>,
    pub while_running: BTreeSet<&'static str>,
}

#[derive(Debug)]
pub struct Case {
    pub number: u32,
    pub name: String,
    pub held_out: bool,
    pub expected: Vec<String>,
    pub faulty: Said,
    pub fixed: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Before,
    WhileRunning,
    Missed,
}

impl Case {
    pub fn found(&self) -> Found {
        // W823 (the same answer for every row) says more than W824 (nothing was learned) and silences it.
        let has = |said: &BTreeSet<&str>| {
            self.expected.iter().any(|e| said.contains(e.as_str()) || (e == "W824" && said.contains("W823")))
        };
        match (has(&self.faulty.before), has(&self.faulty.while_running)) {
            (true, _) => Found::Before,
            (_, true) => Found::WhileRunning,
            _ => Found::Missed,
        }
    }

    pub fn is_quiet_when_fixed(&self) -> bool {
        self.fixed.before.is_empty() && self.fixed.while_running.is_empty()
    }
}

impl Collection {
    fn path(&self, name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(self.folder).join(name)
    }

    /// The numbers of the cases that were held out.
    fn held_out(&self) -> BTreeSet<u32> {
        let text = std::fs::read_to_string(self.path("held_out.txt")).unwrap_or_default();
        text.lines().filter_map(|l| l.parse().ok()).collect()
    }

    /// Cases without a program, and why.
    pub fn left_out(&self) -> BTreeMap<u32, String> {
        let text = read(&self.path("left_out.txt"));
        let pairs = text.lines().filter_map(|l| l.split_once(": "));
        pairs.filter_map(|(n, why)| Some((n.parse().ok()?, why.to_string()))).collect()
    }

    /// Runs all cases.
    pub fn run(&self) -> Vec<Case> {
        let held_out = self.held_out();
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(self.path("")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
        folders.sort();
        let case = |path: &PathBuf| {
            let name = path.file_name()?.to_string_lossy().to_string();
            let (number, name) = name.split_once('_')?;
            let number = number.parse().ok()?;
            let expected = read(&path.join("expect.txt")).split_whitespace().map(str::to_string).collect();
            Some(Case {
                number,
                name: name.to_string(),
                held_out: held_out.contains(&number),
                expected,
                faulty: run(&path.join("faulty.nn"), None, true),
                fixed: run(&path.join("fixed.nn"), None, true),
            })
        };
        folders.iter().filter_map(case).collect()
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[derive(Default)]
struct Ears(BTreeSet<&'static str>);

impl Listener for Ears {
    fn event(&mut self, _: &Event) {}

    fn diagnostics(&mut self, diagnostics: &[Diagnostic], _: &Sources) {
        self.0.extend(diagnostics.iter().filter(|d| counts(d)).map(|d| d.code.id));
    }

    fn interrupted(&self) -> bool {
        false
    }
}

/// Errors, warnings, and the notes of probes; not the notes about choices.
fn counts(d: &Diagnostic) -> bool {
    d.severity != Severity::Note || d.code.id.starts_with("N8")
}

/// Checks a program and runs it if it has no errors.
pub fn run(path: &Path, seed: Option<u64>, probes: bool) -> Said {
    let checked = session::load(path, &[]);
    let mut said = Said::default();
    said.before.extend(checked.diagnostics.iter().filter(|d| counts(d)).map(|d| d.code.id));
    if checked.has_errors() {
        return said;
    }
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed, threads: 1, out: Some(out.path().join("run")), timing: false, probes };
    let mut ears = Ears::default();
    session::execute(&checked, path, &[], options, &mut ears);
    said.while_running = ears.0;
    said
}

fn joined(codes: &BTreeSet<&'static str>) -> String {
    codes.iter().copied().collect::<Vec<_>>().join(" ")
}

/// The figures of collections and of their parts, as the README shows them.
pub fn figures(of: &[(&Collection, &[Case])]) -> String {
    let mut out = String::from(
        "| cases | before the first step | while running | missed | not expressible | caught | false alarms on fixed programs |\n|---|---|---|---|---|---|---|\n",
    );
    for (collection, cases) in of {
        let (left_out, held) = (collection.left_out(), collection.held_out());
        for (title, wanted) in collection.titles.iter().zip([None, Some(false), Some(true)]) {
            let Some(title) = title else { continue };
            let of: Vec<&Case> = cases.iter().filter(|c| wanted.is_none_or(|w| c.held_out == w)).collect();
            let without = left_out.keys().filter(|n| wanted.is_none_or(|w| held.contains(n) == w)).count();
            let count = |f: Found| of.iter().filter(|c| c.found() == f).count();
            let (before, running, missed) = (count(Found::Before), count(Found::WhileRunning), count(Found::Missed));
            let alarms = of.iter().filter(|c| !c.is_quiet_when_fixed()).count();
            let total = of.len() + without;
            let share = |n: usize, of: usize| format!("{:.0} %", 100.0 * n as f64 / of.max(1) as f64);
            let caught = before + running;
            let _ = writeln!(
                out,
                "| {title}: {total} | {before} | {running} | {missed} | {without} | {} ({} of the expressible) | {alarms} of {} |",
                share(caught, total),
                share(caught, of.len()),
                of.len()
            );
        }
    }
    out
}

/// Every case of a collection.
pub fn table(collection: &Collection, cases: &[Case]) -> String {
    let mut out = String::from("| case | | said of the faulty program | found |\n|---|---|---|---|\n");
    for c in cases {
        let found = match c.found() {
            Found::Before => "before the first step",
            Found::WhileRunning => "while running",
            Found::Missed => "missed",
        };
        let said = [joined(&c.faulty.before), joined(&c.faulty.while_running)].join(" ");
        let name = c.name.replace('_', " ");
        let held = if c.held_out { ", held out" } else { "" };
        let _ = writeln!(out, "| {} | {name}{held} | {} | {found} |", c.number, said.trim());
        if !c.is_quiet_when_fixed() {
            let alarms = [joined(&c.fixed.before), joined(&c.fixed.while_running)].join(" ");
            let _ = writeln!(out, "| | fixed | {} | false alarm |", alarms.trim());
        }
    }
    for (n, why) in &collection.left_out() {
        let _ = writeln!(out, "| {n} | {why} | | not expressible |");
    }
    out
}
