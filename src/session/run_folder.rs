use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diag::{Diagnostic, codes};
use crate::interop::{atomic_write, is_unfinished};
use crate::train::event::Event;

/// Version of the folder's layout.
pub const SCHEMA: u32 = 1;

/// The folder of one run: program, models, metrics, plots, and what is needed to go on.
#[derive(Debug)]
pub struct RunFolder {
    pub path: PathBuf,
    metrics: Option<std::fs::File>,
}

/// What a run was started with: `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub schema: u32,
    pub version: String,
    /// As given on the command line.
    pub program: String,
    /// Where the program lay: paths in it are relative to this.
    pub base: PathBuf,
    pub hypers: Vec<(String, String)>,
    pub seed: Option<u64>,
    /// Whether probes watch trainings.
    #[serde(default = "on")]
    pub probes: bool,
    pub isa: String,
    /// Texts of the files that the program uses, by path relative to `base`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uses: BTreeMap<String, String>,
}

/// Runs of versions that did not write it down had them.
fn on() -> bool {
    true
}

impl RunFolder {
    /// A fresh folder: `out`, which must not exist, or the next `runs/<program>-<n>`.
    pub fn create(program: &Path, out: Option<&Path>) -> Result<RunFolder, Diagnostic> {
        let path = match out {
            Some(path) => {
                if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                    std::fs::create_dir_all(parent).map_err(|e| unwritable(parent, &e))?;
                }
                match std::fs::create_dir(path) {
                    Ok(()) => path.to_path_buf(),
                    Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                        return Err(Diagnostic::new(&codes::OUTPUT, format!("`{}` exists already", path.display()))
                            .help("a run never writes into what is there: choose another folder for `--out`"));
                    }
                    Err(e) => return Err(unwritable(path, &e)),
                }
            }
            None => next(Path::new("runs"), program)?,
        };
        Ok(RunFolder { path, metrics: None })
    }

    /// The folder of an earlier run.
    pub fn open(path: &Path) -> Result<(RunFolder, Request), Diagnostic> {
        let file = path.join("run.json");
        let text = std::fs::read_to_string(&file).map_err(|e| {
            Diagnostic::new(&codes::FILE, format!("`{}` is not the folder of a run: {e}", path.display()))
                .help("give the folder that the run printed, for example `runs/fraud-3`")
        })?;
        let request: Request = serde_json::from_str(&text)
            .map_err(|e| Diagnostic::new(&codes::FILE, format!("`{}` can't be understood: {e}", file.display())))?;
        if request.schema != SCHEMA {
            let message = format!("`{}` was written by another version of nnrun ({})", path.display(), request.version);
            return Err(Diagnostic::new(&codes::FILE, message).help("start the program anew"));
        }
        Ok((RunFolder { path: path.to_path_buf(), metrics: None }, request))
    }

    /// Removes the folder if the run left nothing but a description of itself in it.
    pub fn discard_if_unused(&self) {
        const OWN: [&str; 2] = ["program.nn", "run.json"];
        let Ok(entries) = std::fs::read_dir(&self.path) else { return };
        let unused = entries.flatten().all(|e| OWN.iter().any(|own| e.file_name() == **own));
        if unused {
            OWN.iter().for_each(|own| drop(std::fs::remove_file(self.path.join(own))));
            let _ = std::fs::remove_dir(&self.path);
        }
    }

    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file of the folder, whole or not at all.
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<PathBuf, Diagnostic> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| unwritable(parent, &e))?;
        }
        atomic_write(&path, bytes).map_err(Diagnostic::from)?;
        Ok(path)
    }

    /// Appends an event to `metrics.ndjson`.
    pub fn record(&mut self, event: &Event) -> Result<(), Diagnostic> {
        let path = self.path.join("metrics.ndjson");
        let result = (|| {
            if self.metrics.is_none() {
                self.metrics = Some(std::fs::OpenOptions::new().create(true).append(true).open(&path)?);
            }
            let mut line = serde_json::to_string(event).unwrap_or_default();
            line.push('\n');
            match &mut self.metrics {
                Some(file) => file.write_all(line.as_bytes()),
                None => Ok(()),
            }
        })();
        result.map_err(|e| unwritable(&path, &e))
    }

    /// Bytes of `metrics.ndjson` so far.
    pub fn recorded(&self) -> u64 {
        std::fs::metadata(self.path.join("metrics.ndjson")).map_or(0, |m| m.len())
    }

    /// Removes what a process that was ended in the middle of writing left behind.
    pub fn clear_unfinished(&self) {
        clear_unfinished(&self.path);
    }

    /// Forgets events behind the first `bytes` of them.
    pub fn forget_after(&mut self, bytes: u64) -> Result<(), Diagnostic> {
        let path = self.path.join("metrics.ndjson");
        self.metrics = None;
        match std::fs::OpenOptions::new().write(true).open(&path) {
            Ok(file) => file.set_len(bytes.min(self.recorded())).map_err(|e| unwritable(&path, &e)),
            Err(_) => Ok(()),
        }
    }
}

/// Also in the folders below, where a program's own `to "plots/loss.svg"` is written.
fn clear_unfinished(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => clear_unfinished(&entry.path()),
            Ok(_) if is_unfinished(&entry.file_name().to_string_lossy()) => {
                let _ = std::fs::remove_file(entry.path());
            }
            _ => {}
        }
    }
}

/// `runs/fraud-3`: the first number that is not taken; two runs at the same time get two folders.
fn next(parent: &Path, program: &Path) -> Result<PathBuf, Diagnostic> {
    std::fs::create_dir_all(parent).map_err(|e| unwritable(parent, &e))?;
    let stem = program.file_stem().map_or("run".into(), |s| s.to_string_lossy().into_owned());
    for n in 1.. {
        let path = parent.join(format!("{stem}-{n}"));
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(unwritable(&path, &e)),
        }
    }
    Err(Diagnostic::new(&codes::OUTPUT, "there is no free number for the run's folder"))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let why = match error.kind() {
        std::io::ErrorKind::StorageFull => "the disk is full".to_string(),
        std::io::ErrorKind::PermissionDenied => "no permission".to_string(),
        std::io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_string(),
        std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
            "it is, or lies below, a file where a folder is needed".to_string()
        }
        _ => error.to_string(),
    };
    Diagnostic::new(&codes::OUTPUT, format!("`{}` can't be written: {why}", path.display()))
        .help("`--out` chooses another folder")
}
