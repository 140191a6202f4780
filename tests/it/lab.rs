//! A folder with a table and programs over it, and ways to run, stop and compare them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value as Json;

/// A temporary folder in which programs lie and run.
pub struct Lab(tempfile::TempDir);

/// How a command ended, and what it said.
pub struct Ended {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The status is this, the words are on standard error, and nothing panicked.
    #[track_caller]
    pub fn expect(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, status, "{}{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        let said = self.err.split_whitespace().collect::<Vec<_>>().join(" ");
        words.iter().for_each(|w| assert!(said.contains(w), "`{w}` is not in: {}", self.err));
    }

    fn of(output: Output) -> Ended {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Lab {
    /// With the table `d.csv` of 300 rows, and `new.csv` of 20 without labels.
    pub fn new() -> Lab {
        let lab = Lab(tempfile::tempdir().unwrap());
        lab.write("d.csv", table(300, true));
        lab.write("new.csv", table(20, false));
        lab
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nnrun"));
        command.args(words).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, words: &[&str]) -> Ended {
        Ended::of(self.command(words).output().unwrap())
    }

    /// Runs a program that is to succeed.
    #[track_caller]
    pub fn good(&self, words: &[&str]) -> Ended {
        let ended = self.run(words);
        ended.expect(0, &[]);
        ended
    }

    pub fn start(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// All files below a folder, with times taken out of the events, and without what only a resumed run needs.
    pub fn results(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.path(folder), "", &mut found);
        found.retain(|name, _| name != "run.json" && !name.contains("checkpoint"));
        if let Some(events) = found.get_mut("metrics.ndjson") {
            *events = without_seconds(events);
        }
        found
    }

    /// Names of the files in a folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Which results differ; their contents would fill the screen.
#[track_caller]
pub fn assert_same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>, what: &str) {
    let names = left.keys().chain(right.keys()).filter(|n| left.get(*n) != right.get(*n));
    let differ: Vec<&String> = names.collect();
    assert!(differ.is_empty(), "{what}: {differ:?} differ");
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        match path.is_dir() {
            true => collect(&path, &format!("{name}/"), found),
            false => drop(found.insert(name, std::fs::read(&path).unwrap())),
        }
    }
}

fn without_seconds(events: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    for line in std::str::from_utf8(events).unwrap().lines() {
        let mut event: Json = serde_json::from_str(line).unwrap();
        event.as_object_mut().unwrap().remove("seconds");
        writeln!(out, "{event}").unwrap();
    }
    out.into_bytes()
}

/// Rows of numbers, words and times, some of them missing, whose label follows from two columns and some noise.
fn table(rows: u64, labels: bool) -> String {
    let mut text = String::from(if labels { "id,amount,age,country,at,y\n" } else { "id,amount,age,country,at\n" });
    let mut draws = Draws(if labels { 1 } else { 2 });
    for i in 0..rows {
        let (amount, age) = (draws.below(1000) as f64 / 10.0, 18 + draws.below(70));
        let country = ["de", "fr", "it", "us"][draws.below(4) as usize];
        let (shown, day) = (if draws.below(20) == 0 { String::new() } else { age.to_string() }, 1 + i % 28);
        write!(text, "{i},{amount},{shown},{country},2024-03-{day:02}T{:02}:00:00", i % 24).unwrap();
        let score = amount / 50.0 + f64::from(country == "de") + draws.below(100) as f64 / 60.0;
        text.push_str(if labels { if score > 2.1 { ",1\n" } else { ",0\n" } } else { "\n" });
    }
    text
}

/// Repeatable draws (xorshift64*).
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
    }
}

/// The columns of [`Lab`]'s table, and a split.
pub const DATA: &str = r#"
data d {
  source = csv("d.csv")
  target y: binary
  id: id
  amount: number |> log1p |> zscore
  age: number |> zscore
  country: category |> embed(3)
  at: time |> cyclic(hour)
  split = stratified(train = 70%, val = 15%, test = 15%)
}
"#;

/// A network with dropout and batch statistics.
pub const MODEL: &str = r"
layer Hidden(n: int) { Linear(n); BatchNorm1d; ReLU; Dropout(0.2) }
model M(x: d.features) -> logit { body: seq { Hidden(16); Hidden(8) }; head: Linear(1) }
";

/// A program over [`DATA`] and [`MODEL`].
pub fn program(rest: &str) -> String {
    format!("{DATA}{MODEL}{rest}\n")
}
