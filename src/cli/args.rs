//! From words to a [`Request`], by the tables of commands and flags.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::command::{self, Command};
use super::flag::{self, Flag, Takes};
use super::request::{Check, HyperArgument, Predict, Request, Resume, Run, Shapes, Test};
use super::usage::UsageError;
use crate::text::closest;

/// Parses the words behind the name of the binary.
///
/// # Errors
/// For unknown commands and flags (where no hyper can be meant), and for missing, superfluous and unusable values.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Request, UsageError> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let first = words.first().and_then(|w| w.to_str()).and_then(command::named);
    let command = first.unwrap_or(&command::RUN);
    if first.is_some() {
        words.remove(0);
    }
    let matches = Matches::read(command, words)?;
    if matches.has(&flag::VERSION) {
        return Ok(Request::Version);
    }
    if matches.has(&flag::HELP) {
        return help(&matches, first.is_some());
    }
    matches.check_count(first.is_some())?;
    matches.request()
}

fn help(matches: &Matches, named: bool) -> Result<Request, UsageError> {
    match matches.positional.first() {
        Some(word) if matches.command.name == command::RUN.name => {
            matches.check_file(word, named)?;
            Ok(Request::FileHelp(word.into()))
        }
        None if !named => Ok(Request::Help(None)),
        _ => Ok(Request::help(matches.command)),
    }
}

/// The words sorted by what they are.
struct Matches {
    command: &'static Command,
    positional: Vec<OsString>,
    /// In the order written.
    flags: Vec<(&'static Flag, OsString)>,
    hypers: Vec<HyperArgument>,
}

impl Matches {
    fn read(command: &'static Command, words: Vec<OsString>) -> Result<Matches, UsageError> {
        let mut matches = Matches { command, positional: Vec::new(), flags: Vec::new(), hypers: Vec::new() };
        let mut parser = lexopt::Parser::from_args(words);
        let broken = |e: lexopt::Error| UsageError::new(Some(command), e.to_string());
        while let Some(word) = parser.next().map_err(broken)? {
            match word {
                lexopt::Arg::Value(value) => matches.positional.push(value),
                lexopt::Arg::Short(c) => {
                    let found = command.all_flags().find(|f| f.short == Some(c));
                    let flag = found.ok_or_else(|| UsageError::new(Some(command), format!("unknown flag `-{c}`")))?;
                    matches.take(flag, &mut parser)?;
                }
                lexopt::Arg::Long(name) => {
                    let name = name.to_string();
                    match command.all_flags().find(|f| f.long == name) {
                        Some(flag) => matches.take(flag, &mut parser)?,
                        None if command.hypers => matches.take_hyper(&name, &mut parser)?,
                        None => return Err(unknown_flag(command, &name)),
                    }
                }
            }
        }
        Ok(matches)
    }

    fn take(&mut self, flag: &'static Flag, parser: &mut lexopt::Parser) -> Result<(), UsageError> {
        let fail = |message: String| UsageError::new(Some(self.command), message);
        if let Takes::Nothing = flag.takes {
            if parser.optional_value().is_some() {
                return Err(fail(format!("`--{}` takes no value", flag.long)));
            }
            self.flags.push((flag, OsString::new()));
            return Ok(());
        }
        let needs = || fail(format!("`--{}` needs a value", flag.long)).help(format!("write `{}`", flag.shown()));
        let value = parser.value().map_err(|_| needs())?;
        if let Some(wrong) = unusable(flag, &value) {
            return Err(fail(wrong));
        }
        self.flags.push((flag, value));
        Ok(())
    }

    /// A flag that is not nnrun's own: a hyper and its value, which may be negative but does not start with `--`.
    fn take_hyper(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<(), UsageError> {
        let text = |word: OsString| {
            let wrong = |w: OsString| UsageError::new(Some(self.command), format!("{w:?} is not UTF-8 text"));
            word.into_string().map_err(wrong)
        };
        let attached = parser.optional_value();
        let next = |word: &OsStr| !word.as_encoded_bytes().starts_with(b"--");
        let value = attached.or_else(|| parser.try_raw_args()?.next_if(next));
        let value = value.map(text).transpose()?;
        self.hypers.push(HyperArgument { name: name.replace('-', "_"), value });
        Ok(())
    }

    fn has(&self, flag: &'static Flag) -> bool {
        self.flags.iter().any(|(f, _)| f.long == flag.long)
    }

    /// The last value that was given.
    fn value(&self, flag: &'static Flag) -> Option<&OsStr> {
        self.flags.iter().rev().find(|(f, _)| f.long == flag.long).map(|(_, v)| v.as_os_str())
    }

    fn path(&self, flag: &'static Flag) -> Option<PathBuf> {
        self.value(flag).map(PathBuf::from)
    }

    /// [`unusable`] has seen to it that it is a number.
    fn whole(&self, flag: &'static Flag) -> Option<u64> {
        self.value(flag)?.to_str()?.parse().ok()
    }

    fn threads(&self) -> Option<usize> {
        self.whole(&flag::THREADS).map(|n| usize::try_from(n).unwrap_or(usize::MAX))
    }

    fn argument(&self, index: usize) -> PathBuf {
        self.positional.get(index).map(PathBuf::from).unwrap_or_default()
    }

    fn text(&self, index: usize) -> Option<String> {
        self.positional.get(index).map(|w| w.to_string_lossy().into_owned())
    }

    fn check_count(&self, named: bool) -> Result<(), UsageError> {
        let all = self.command.arguments;
        if let Some(missing) = all.iter().filter(|a| a.required).nth(self.positional.len()) {
            return Err(UsageError::new(named.then_some(self.command), format!("{} is missing", missing.name)));
        }
        if let Some(file) = self.positional.first().filter(|_| self.command.name == command::RUN.name) {
            self.check_file(file, named)?;
        }
        let many = all.iter().any(|a| a.many);
        match self.positional.get(all.len()).filter(|_| !many) {
            Some(extra) => Err(self.superfluous(extra)),
            None => Ok(()),
        }
    }

    fn superfluous(&self, extra: &OsStr) -> UsageError {
        let error =
            UsageError::new(Some(self.command), format!("one argument too many: `{}`", extra.to_string_lossy()));
        // `nnrun file.nn check` and `nnrun --json check file.nn` put the command too late.
        match extra.to_str().and_then(command::named) {
            Some(command) => error.help(format!("a command comes first: `nnrun {} …`", command.name)),
            None => error,
        }
    }

    /// A word without a dot or a separator is no path to a program but a command, misspelt or too late.
    fn check_file(&self, word: &OsStr, named: bool) -> Result<(), UsageError> {
        let text = word.to_string_lossy();
        if named || text.contains(['.', '/', '\\']) {
            return Ok(());
        }
        if let Some(command) = command::named(&text) {
            let error = UsageError::new(Some(command), format!("`{text}` must be the first word"));
            return Err(error.help(format!("write `nnrun {text} …` and the flags behind it")));
        }
        let error = UsageError::new(None, format!("`{text}` is neither a command nor the path of a program"));
        Err(match closest(&text, command::ALL.iter().map(|c| c.name)) {
            Some(name) => error.suggest(Some(format!("nnrun {name}"))),
            None => error.help(format!("programs end in `.nn`; to run a file of this name, write `./{text}`")),
        })
    }

    fn request(self) -> Result<Request, UsageError> {
        let json = self.has(&flag::JSON);
        Ok(match self.command.name {
            "check" => Request::Check(Check {
                files: self.positional.iter().map(PathBuf::from).collect(),
                json,
                deny_warnings: self.has(&flag::DENY),
            }),
            "shapes" => Request::Shapes(Shapes { file: self.argument(0), hypers: self.hypers, json }),
            "explain" => Request::Explain { code: self.text(0).unwrap_or_default() },
            "predict" => Request::Predict(Predict {
                model: self.argument(0),
                input: self.argument(1),
                output: self.path(&flag::OUTPUT),
                reasons: self.whole(&flag::REASONS).map_or(0, |n| usize::try_from(n).unwrap_or(usize::MAX)),
            }),
            "resume" => Request::Resume(Resume {
                run: self.argument(0),
                threads: self.threads(),
                timing: self.has(&flag::TIMING),
                probes: self.probes(),
                json,
                quiet: self.has(&flag::QUIET),
            }),
            "test" => Request::Test(Test { file: self.argument(0), hypers: self.hypers, json }),
            "fix" => Request::Fix { file: self.argument(0), dry_run: self.has(&flag::DRY_RUN) },
            "doc" => Request::Doc { name: self.text(0) },
            "completion" => Request::Completion { shell: self.text(0).unwrap_or_default() },
            "repl" => Request::Repl { file: self.positional.first().map(PathBuf::from) },
            _ => Request::Run(self.run()),
        })
    }

    fn probes(&self) -> Option<bool> {
        self.value(&flag::PROBES).map(|v| v == "on")
    }

    fn run(self) -> Run {
        Run {
            file: self.argument(0),
            seed: self.whole(&flag::SEED),
            threads: self.threads(),
            out: self.path(&flag::OUT),
            timing: self.has(&flag::TIMING),
            probes: self.probes().unwrap_or(true),
            json: self.has(&flag::JSON),
            quiet: self.has(&flag::QUIET),
            hypers: self.hypers,
        }
    }
}

/// Why the value can't be used, if it can't.
fn unusable(flag: &Flag, value: &OsStr) -> Option<String> {
    let shown = value.to_string_lossy();
    match flag.takes {
        Takes::Whole { least } => {
            let fits = value.to_str().and_then(|v| v.parse::<u64>().ok()).is_some_and(|n| n >= least);
            (!fits).then(|| format!("`--{}` takes a whole number of at least {least}, not `{shown}`", flag.long))
        }
        Takes::Choice(words) => (!words.iter().any(|w| value == *w))
            .then(|| format!("`--{}` takes `{}`, not `{shown}`", flag.long, words.join("` or `"))),
        Takes::Path(_) => value.is_empty().then(|| format!("`--{}` needs a path, not an empty text", flag.long)),
        Takes::Nothing => None,
    }
}

fn unknown_flag(command: &'static Command, name: &str) -> UsageError {
    let error = UsageError::new(Some(command), format!("`nnrun {}` has no flag `--{name}`", command.name));
    let near = closest(name, command.all_flags().map(|f| f.long));
    error.suggest(near.map(|n| format!("--{n}")))
}

/// For a `--name` that turned out to be neither a flag nor one of the program's hypers.
pub fn unknown_hyper(argument: &HyperArgument, file: &str, hypers: &[&str]) -> UsageError {
    let command = &command::RUN;
    let error = UsageError::new(Some(command), format!("`{file}` has no hyper `{}`", argument.name));
    let flags: Vec<String> = command.all_flags().map(|f| f.long.replace('-', "_")).collect();
    let near = closest(&argument.name, hypers.iter().copied().chain(flags.iter().map(String::as_str)));
    match (near, hypers) {
        (Some(near), _) => error.suggest(Some(format!("--{}", near))),
        (None, []) => error.help(format!("it has none; `hyper {}: real = …` in the file makes one", argument.name)),
        (None, _) => error.help(format!("it has `--{}`", hypers.join("`, `--"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Request {
        parse(line.split_whitespace().map(OsString::from)).unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    fn refused(line: &str) -> String {
        parse(line.split_whitespace().map(OsString::from)).expect_err(line).to_string()
    }

    fn hyper(name: &str, value: Option<&str>) -> HyperArgument {
        HyperArgument { name: name.into(), value: value.map(String::from) }
    }

    #[test]
    fn a_file_runs_with_flags_and_hypers_in_any_order() {
        let Request::Run(run) = parsed("--seed 3 fraud.nn --lr 3e-4 --threads=2 --shift -3 --bn --json --out o") else {
            panic!("not a run")
        };
        assert_eq!(run.file, PathBuf::from("fraud.nn"));
        assert_eq!(run.hypers, [hyper("lr", Some("3e-4")), hyper("shift", Some("-3")), hyper("bn", None)]);
        assert_eq!((run.seed, run.threads, run.json, run.quiet, run.probes), (Some(3), Some(2), true, false, true));
        assert_eq!(run.out, Some(PathBuf::from("o")));
    }

    #[test]
    fn hypers_may_be_written_with_dashes_and_equals_signs() {
        let Request::Run(run) = parsed("run f.nn --hidden-width=128 --name --quiet") else { panic!("not a run") };
        assert_eq!(run.hypers, [hyper("hidden_width", Some("128")), hyper("name", None)]);
        assert!(run.quiet);
    }

    #[test]
    fn each_command_gets_its_arguments() {
        assert_eq!(
            parsed("check a.nn b.nn --deny warnings"),
            Request::Check(Check { files: vec!["a.nn".into(), "b.nn".into()], json: false, deny_warnings: true })
        );
        let predict = |output: Option<&str>, reasons| {
            let (model, input) = ("m.safetensors".into(), "new.csv".into());
            Request::Predict(Predict { model, input, output: output.map(PathBuf::from), reasons })
        };
        assert_eq!(parsed("predict m.safetensors new.csv -o out.csv"), predict(Some("out.csv"), 0));
        assert_eq!(parsed("predict m.safetensors --reasons 3 new.csv"), predict(None, 3));
        assert_eq!(parsed("fix a.nn --dry-run"), Request::Fix { file: "a.nn".into(), dry_run: true });
        assert_eq!(parsed("explain E401"), Request::Explain { code: "E401".into() });
        assert_eq!(parsed("repl"), Request::Repl { file: None });
        assert_eq!(parsed("doc Linear"), Request::Doc { name: Some("Linear".into()) });
    }

    #[test]
    fn help_is_for_all_for_a_command_or_for_a_file() {
        assert_eq!(parsed("--help"), Request::Help(None));
        assert_eq!(parsed("check -h"), Request::Help(Some("check")));
        assert_eq!(parsed("check --help a.nn"), Request::Help(Some("check")));
        assert_eq!(parsed("fraud.nn --help"), Request::FileHelp("fraud.nn".into()));
        assert_eq!(parsed("-V"), Request::Version);
    }

    #[test]
    fn mistakes_are_refused_with_a_suggestion() {
        let cases = [
            ("chekc a.nn", "did you mean `nnrun check`?"),
            ("--json check a.nn", "`check` must be the first word"),
            ("fraud", "write `./fraud`"),
            ("", "FILE is missing"),
            ("predict m.safetensors", "INPUT is missing"),
            ("check a.nn --jsno", "did you mean `--json`?"),
            ("f.nn g.nn", "one argument too many: `g.nn`"),
            ("f.nn check", "a command comes first: `nnrun check …`"),
            ("f.nn --seed", "`--seed` needs a value"),
            ("f.nn --seed -1", "a whole number of at least 0, not `-1`"),
            ("f.nn --threads 0", "a whole number of at least 1, not `0`"),
            ("f.nn --probes maybe", "takes `on` or `off`, not `maybe`"),
            ("f.nn --json=1", "`--json` takes no value"),
            ("f.nn -x", "unknown flag `-x`"),
        ];
        for (line, part) in cases {
            let message = refused(line);
            assert!(message.contains(part), "{line}: {message}");
            assert!(message.contains("usage: nnrun"), "{line}: {message}");
        }
    }

    #[test]
    fn an_unknown_hyper_suggests_hypers_and_flags() {
        let of = |name: &str, hypers: &[&str]| unknown_hyper(&hyper(name, None), "f.nn", hypers).to_string();
        assert!(of("widht", &["lr", "width"]).contains("did you mean `--width`?"));
        assert!(of("tming", &["lr"]).contains("did you mean `--timing`?"));
        assert!(of("momentum", &["lr", "width"]).contains("it has `--lr`, `--width`"));
        assert!(of("momentum", &[]).contains("it has none"));
    }

    #[test]
    fn paths_need_not_be_text() {
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            let path = OsString::from_vec(b"caf\xe9.nn".to_vec());
            let Ok(Request::Run(run)) = parse([path.clone()]) else { panic!("refused") };
            assert_eq!(run.file, PathBuf::from(path));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_words_break_the_parser(words in proptest::collection::vec("(--?)?[a-z=.]{0,8}", 0..6)) {
            let _ = parse(words.into_iter().map(OsString::from));
        }
    }
}
