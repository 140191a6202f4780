use std::path::PathBuf;

use super::command::Command;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Help on one command, or on all.
    Help(Option<&'static str>),
    Version,
    /// `nnrun FILE --help`: the file's hypers.
    FileHelp(PathBuf),
    Run(Run),
    Check(Check),
    Shapes(Shapes),
    Explain {
        code: String,
    },
    Predict(Predict),
    Resume(Resume),
    Test(Test),
    Fix {
        file: PathBuf,
        dry_run: bool,
    },
    Doc {
        name: Option<String>,
    },
    Repl {
        file: Option<PathBuf>,
    },
    Completion {
        shell: String,
    },
}

/// A `--name value` pair that is no flag of nnrun: a hyper of the program, as is to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HyperArgument {
    /// With `_` where `-` was written.
    pub name: String,
    /// None for `--name` alone, which switches a `bool` on.
    pub value: Option<String>,
}

/// `nnrun FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub file: PathBuf,
    /// In the order written; the last of a name counts.
    pub hypers: Vec<HyperArgument>,
    pub seed: Option<u64>,
    pub threads: Option<usize>,
    pub out: Option<PathBuf>,
    pub timing: bool,
    pub probes: bool,
    pub json: bool,
    pub quiet: bool,
}

/// `nnrun check FILE…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub files: Vec<PathBuf>,
    pub json: bool,
    pub deny_warnings: bool,
}

/// `nnrun shapes FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shapes {
    pub file: PathBuf,
    pub hypers: Vec<HyperArgument>,
    pub json: bool,
}

/// `nnrun predict MODEL INPUT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predict {
    pub model: PathBuf,
    pub input: PathBuf,
    /// Standard output if none.
    pub output: Option<PathBuf>,
    /// How many reasons each row gets.
    pub reasons: usize,
}

/// `nnrun resume RUN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    pub run: PathBuf,
    pub threads: Option<usize>,
    pub timing: bool,
    /// None: as the run was started.
    pub probes: Option<bool>,
    pub json: bool,
    pub quiet: bool,
}

/// `nnrun test FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    pub file: PathBuf,
    pub hypers: Vec<HyperArgument>,
    pub json: bool,
}

impl Request {
    pub(super) fn help(command: &'static Command) -> Request {
        Request::Help(Some(command.name))
    }

    /// Whether results, events and diagnostics are to be JSON.
    pub fn json(&self) -> bool {
        match self {
            Request::Run(r) => r.json,
            Request::Check(r) => r.json,
            Request::Shapes(r) => r.json,
            Request::Resume(r) => r.json,
            Request::Test(r) => r.json,
            _ => false,
        }
    }

    /// Whether only results, warnings and errors are to be shown.
    pub fn quiet(&self) -> bool {
        match self {
            Request::Run(r) => r.quiet,
            Request::Resume(r) => r.quiet,
            _ => false,
        }
    }
}
