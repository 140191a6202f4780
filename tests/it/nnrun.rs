//! Runs the program under test in a folder of its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

/// A temporary folder in which commands run.
pub struct Folder(tempfile::TempDir);

/// What a command printed, and how it ended.
pub struct Ran {
    pub out: String,
    pub err: String,
    pub status: i32,
}

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// With a copy of the repository's examples and their data.
    pub fn with_examples() -> Folder {
        let folder = Folder::new();
        for sub in ["examples", "examples/data", "examples/parts", "examples/tutorials", "examples/tutorials/data"] {
            std::fs::create_dir_all(folder.path(sub)).unwrap();
            for entry in std::fs::read_dir(root().join(sub)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    std::fs::copy(&path, folder.path(sub).join(path.file_name().unwrap())).unwrap();
                }
            }
        }
        folder
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders that it lies in.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    pub fn run(&self, words: &[&str]) -> Ran {
        let output = command(self.0.path(), words).output().unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code().unwrap_or(-1),
        }
    }

    /// Both outputs in one text, in the order in which they were written.
    pub fn run_shown(&self, words: &[&str]) -> String {
        let shown = self.path(".shown");
        let file = std::fs::File::create(&shown).unwrap();
        command(self.0.path(), words).stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
        std::fs::read_to_string(shown).unwrap()
    }
}

/// Plain instructions, so that numbers are the same on every machine.
fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nnrun"));
    command.args(words).current_dir(folder).env("NNRUN_ISA", "scalar").env_remove("NO_COLOR");
    command
}

impl Ran {
    /// The diagnostics that `--json` printed: code, severity and message.
    pub fn diagnostics(&self) -> Vec<(String, String, String)> {
        let lines = self.out.lines().map(|l| serde_json::from_str::<Json>(l).unwrap_or_else(|e| panic!("{e}: {l}")));
        let text = |d: &Json, key: &str| d[key].as_str().unwrap_or_default().to_string();
        let diagnostics = lines.filter(|d| d["type"] == "diagnostic");
        diagnostics.map(|d| (text(&d, "code"), text(&d, "severity"), text(&d, "message"))).collect()
    }

    /// The lines of the program, from 1, at which `--json` printed a code; 0 for one without a place.
    pub fn lines_of(&self, code: &str) -> BTreeSet<usize> {
        let lines = self.out.lines().filter_map(|l| serde_json::from_str::<Json>(l).ok());
        lines.filter(|d| d["code"] == code).map(|d| d["line"].as_u64().unwrap_or(0) as usize).collect()
    }
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Replaces what differs from run to run: the time at the end of a line, such as `0.3s`, `12s` or `(1m 07s)`.
pub fn masked(text: &str) -> String {
    let number = |digits: &str| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let ends = |word: &str, unit: char| word.trim_matches(['(', ')']).strip_suffix(unit).is_some_and(number);
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((front, seconds)) if ends(seconds, 's') => match front.rsplit_once(' ') {
            Some((front, minutes)) if ends(minutes, 'm') => format!("{} …", front.trim_end()),
            _ => format!("{} …", front.trim_end()),
        },
        _ => line.trim_end().to_string(),
    };
    text.lines().map(|l| line(l) + "\n").collect()
}

#[test]
fn times_are_masked() {
    let text = "  1  0.5  0.1s\n  2  0.5   12s\nresults in a (1m 07s)\nloss 0.5\n";
    assert_eq!(masked(text), "  1  0.5 …\n  2  0.5 …\nresults in a …\nloss 0.5\n");
}

/// Compares with a stored text; `NNRUN_BLESS=1` stores it instead.
pub fn golden(path: &Path, text: &str) {
    if std::env::var_os("NNRUN_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(path, text).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    let diff = nnrun::text::diff::unified(&stored, text);
    let help = "if the new text is right, test again with NNRUN_BLESS=1";
    assert!(stored == text, "{} is stale; {help}\n{diff}", path.display());
}
