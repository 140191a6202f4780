//! Every command, once: the parser, `--help`, completion and the README are made from these rows.

use super::flag::{self, Flag};

/// One command of the command line.
#[derive(Debug)]
pub struct Command {
    /// The first word behind `nnrun`; `run` may be left out.
    pub name: &'static str,
    pub arguments: &'static [Argument],
    pub flags: &'static [&'static Flag],
    /// Whether other `--name value` pairs are hypers of the program.
    pub hypers: bool,
    /// One line, without a full stop.
    pub help: &'static str,
    /// What more there is to know: a paragraph for `nnrun <command> --help`.
    pub about: &'static str,
    /// Command lines that work, without `nnrun`.
    pub examples: &'static [&'static str],
}

/// A positional argument.
#[derive(Debug)]
pub struct Argument {
    pub name: &'static str,
    pub required: bool,
    /// Takes all that follow.
    pub many: bool,
}

impl Argument {
    const fn one(name: &'static str) -> Argument {
        Argument { name, required: true, many: false }
    }

    const fn optional(name: &'static str) -> Argument {
        Argument { name, required: false, many: false }
    }

    /// `FILE`, `FILE…`, `[FILE]`.
    pub fn shown(&self) -> String {
        let name = format!("{}{}", self.name, if self.many { "…" } else { "" });
        if self.required { name } else { format!("[{name}]") }
    }
}

impl Command {
    /// The flags of the command and those that all have.
    pub fn all_flags(&self) -> impl Iterator<Item = &'static Flag> + use<> {
        self.flags.iter().copied().chain([&flag::HELP, &flag::VERSION])
    }

    /// `nnrun check FILE… [--json] [--deny warnings]`.
    pub fn usage(&self) -> String {
        let mut parts = vec!["nnrun".to_string()];
        if self.name != RUN.name {
            parts.push(self.name.to_string());
        }
        parts.extend(self.arguments.iter().map(Argument::shown));
        if self.hypers {
            parts.push("[--HYPER VALUE]…".to_string());
        }
        for flag in self.flags {
            let short = flag.short.map(|c| format!("-{c}")).unwrap_or(format!("--{}", flag.long));
            parts.push(format!("[{short}{}]", flag.takes.shown()));
        }
        parts.join(" ")
    }
}

pub static RUN: Command = Command {
    name: "run",
    arguments: &[Argument::one("FILE")],
    flags: &[&flag::SEED, &flag::THREADS, &flag::OUT, &flag::TIMING, &flag::PROBES, &flag::JSON, &flag::QUIET],
    hypers: true,
    help: "check the whole file, then run its actions in order",
    about: "Nothing starts before the whole file has been checked, including what would run last. The results go to a \
            new folder. The file's `hyper`s are flags: `nnrun FILE --help` documents them.",
    examples: &["fraud.nn", "fraud.nn --lr 3e-4 --width 128 --seed 1", "fraud.nn --help"],
};

pub static CHECK: Command = Command {
    name: "check",
    arguments: &[Argument { name: "FILE", required: true, many: true }],
    flags: &[&flag::JSON, &flag::DENY],
    hypers: false,
    help: "check only, never train; print every problem",
    about: "Reads the data too where it is there, so that widths and classes are known. Without it, the check goes as \
            far as it can and says so.",
    examples: &["check fraud.nn", "check *.nn --deny warnings"],
};

pub static SHAPES: Command = Command {
    name: "shapes",
    arguments: &[Argument::one("FILE")],
    flags: &[&flag::JSON],
    hypers: true,
    help: "show the model as a table: path, layer, output type, parameters",
    about: "One line for each layer, with the parameters it holds and whether they are trained; below, the totals and \
            the memory that a training step takes.",
    examples: &["shapes fraud.nn", "shapes fraud.nn --width 256"],
};

pub static EXPLAIN: Command = Command {
    name: "explain",
    arguments: &[Argument::one("CODE")],
    flags: &[],
    hypers: false,
    help: "show the page of one diagnostic: what it means, a bad and a good program",
    about: "Every error, warning and note has a code that never changes its meaning.",
    examples: &["explain E401"],
};

pub static PREDICT: Command = Command {
    name: "predict",
    arguments: &[Argument::one("MODEL"), Argument::one("INPUT")],
    flags: &[&flag::OUTPUT, &flag::REASONS],
    hypers: false,
    help: "apply a saved model to raw rows or images",
    about: "Nothing but the model file is needed. There is one line for each row of INPUT, in order: ids, then the \
            probability (`prob_<class>` for several) and the decision, or the value in its own units. A reason is a \
            column, its cell, and how much the prediction changes if the cell is what the training rows usually have.",
    examples: &[
        "predict runs/fraud-1/model.safetensors new.csv -o scored.csv",
        "predict runs/fraud-1/model.safetensors new.csv --reasons 3",
    ],
};

pub static RESUME: Command = Command {
    name: "resume",
    arguments: &[Argument::one("RUN")],
    flags: &[&flag::THREADS, &flag::TIMING, &flag::PROBES, &flag::JSON, &flag::QUIET],
    hypers: false,
    help: "go on with an interrupted run from its last checkpoint",
    about: "RUN is the folder of the run. The results are, to the last bit, those of a run that was never interrupted.",
    examples: &["resume runs/fraud-1"],
};

pub static TEST: Command = Command {
    name: "test",
    arguments: &[Argument::one("FILE")],
    flags: &[&flag::JSON],
    hypers: true,
    help: "run the file's `test` items",
    about: "Each claim is tried on 100 seeded draws of its arguments; of those that fail, the smallest is shown.",
    examples: &["test losses.nn"],
};

pub static FIX: Command = Command {
    name: "fix",
    arguments: &[Argument::one("FILE")],
    flags: &[&flag::DRY_RUN],
    hypers: false,
    help: "apply the certain fixes",
    about: "Changes the file only where a diagnostic knows for certain what was meant. The rest of the file, comments \
            and layout included, stays as it is.",
    examples: &["fix fraud.nn --dry-run", "fix fraud.nn"],
};

pub static DOC: Command = Command {
    name: "doc",
    arguments: &[Argument::optional("NAME")],
    flags: &[],
    hypers: false,
    help: "show the documentation of anything in the library or the language",
    about: "Without a NAME, lists what there is.",
    examples: &["doc Linear", "doc adam", "doc train"],
};

pub static REPL: Command = Command {
    name: "repl",
    arguments: &[Argument::optional("FILE")],
    flags: &[],
    hypers: false,
    help: "open the interactive session; also reads commands from a pipe",
    about: "With a FILE, starts with what it defines, without running its actions.",
    examples: &["repl", "repl fraud.nn"],
};

pub static COMPLETION: Command = Command {
    name: "completion",
    arguments: &[Argument::one("SHELL")],
    flags: &[],
    hypers: false,
    help: "print what makes bash, zsh or fish complete nnrun's commands and flags",
    about: "SHELL is `bash`, `zsh` or `fish`. Put the output where your shell looks for completions.",
    examples: &["completion bash > ~/.local/share/bash-completion/completions/nnrun"],
};

/// All commands, in the order of the help.
pub static ALL: &[&Command] =
    &[&RUN, &CHECK, &SHAPES, &EXPLAIN, &PREDICT, &RESUME, &TEST, &FIX, &DOC, &REPL, &COMPLETION];

/// The command of this name.
pub fn named(name: &str) -> Option<&'static Command> {
    ALL.iter().find(|c| c.name == name).copied()
}
