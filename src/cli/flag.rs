//! Every flag, once: the parser, `--help`, completion and the README are made from these rows.

/// One flag of the command line.
#[derive(Debug)]
pub struct Flag {
    /// Without the dashes.
    pub long: &'static str,
    pub short: Option<char>,
    pub takes: Takes,
    /// One line, without a full stop.
    pub help: &'static str,
}

/// The value that a flag needs.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    Nothing,
    /// A whole number of at least `least`.
    Whole {
        least: u64,
    },
    /// A path, under this name in the help.
    Path(&'static str),
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Takes {
    /// As the help shows it: ` N`, ` DIR`, ` on|off`, or nothing.
    pub fn shown(self) -> String {
        match self {
            Takes::Nothing => String::new(),
            Takes::Whole { .. } => " N".to_string(),
            Takes::Path(name) => format!(" {name}"),
            Takes::Choice(words) => format!(" {}", words.join("|")),
        }
    }
}

impl Flag {
    /// `--out DIR`, or `-o, --output FILE`.
    pub fn shown(&self) -> String {
        let short = self.short.map_or(String::new(), |c| format!("-{c}, "));
        format!("{short}--{}{}", self.long, self.takes.shown())
    }

    const fn switch(long: &'static str, help: &'static str) -> Flag {
        Flag { long, short: None, takes: Takes::Nothing, help }
    }
}

pub static SEED: Flag = Flag {
    long: "seed",
    short: None,
    takes: Takes::Whole { least: 0 },
    help: "seed of initial weights, shuffling and dropout; overrides the file's; never moves rows between splits",
};
pub static THREADS: Flag = Flag {
    long: "threads",
    short: None,
    takes: Takes::Whole { least: 1 },
    help: "number of threads (default: one for each core); results do not depend on it",
};
pub static OUT: Flag = Flag {
    long: "out",
    short: None,
    takes: Takes::Path("DIR"),
    help: "folder for the results, which must not exist yet (default: runs/<file>-<n>)",
};
pub static TIMING: Flag = Flag::switch("timing", "print where the time went");
pub static PROBES: Flag = Flag {
    long: "probes",
    short: None,
    takes: Takes::Choice(&["on", "off"]),
    help: "look for dead units, vanishing gradients and the like while training (default: on)",
};
pub static JSON: Flag = Flag::switch("json", "print results, events and diagnostics as JSON, one object a line");
pub static QUIET: Flag = Flag::switch("quiet", "print results, warnings and errors only");
pub static DENY: Flag = Flag {
    long: "deny",
    short: None,
    takes: Takes::Choice(&["warnings"]),
    help: "let warnings fail the command, as errors do",
};
pub static OUTPUT: Flag = Flag {
    long: "output",
    short: Some('o'),
    takes: Takes::Path("FILE"),
    help: "write the predictions there (default: standard output)",
};
pub static REASONS: Flag = Flag {
    long: "reasons",
    short: None,
    takes: Takes::Whole { least: 0 },
    help: "for each row the N columns that moved its prediction most, as columns `reason_1`, … (default: 0)",
};
pub static DRY_RUN: Flag = Flag::switch("dry-run", "show what would change, and change nothing");
pub static HELP: Flag = Flag {
    long: "help",
    short: Some('h'),
    takes: Takes::Nothing,
    help: "print help; behind a FILE, the hypers of that file too",
};
pub static VERSION: Flag =
    Flag { long: "version", short: Some('V'), takes: Takes::Nothing, help: "print the version of nnrun" };

/// Names that a program's hypers can't bear, since `nnrun FILE` has a flag of that name.
pub fn reserved() -> impl Iterator<Item = &'static str> {
    super::command::RUN.all_flags().map(|f| f.long)
}
