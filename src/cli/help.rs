//! `--help` for all, for one command, and for one program.

use super::command::{self, Command};
use super::exit::Exit;
use super::flag::{self, Flag};
use crate::text::{Paint, Tone, layout};

/// One hyper of a program, as its help shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HyperHelp {
    pub name: String,
    /// As written: `real in 1e-5..1e-1 log`.
    pub kind: String,
    /// As written: `1e-3`.
    pub default: String,
    /// Its `##` comment; may be empty.
    pub doc: String,
}

/// `nnrun --help`.
pub fn general(paint: Paint, columns: usize) -> String {
    let mut out = format!("nnrun {}: {}\n\n", env!("CARGO_PKG_VERSION"), "a declarative language for neural networks");
    out += &format!("{} nnrun FILE [--HYPER VALUE]… [FLAG]…\n", heading(paint, "usage:"));
    out += "       nnrun COMMAND …\n";
    let commands: Vec<_> = command::ALL.iter().map(|c| (command_words(c), c.help.to_string())).collect();
    push_section(&mut out, "commands:", &commands, paint, columns);
    push_section(&mut out, "flags of `nnrun FILE`:", &flags(command::RUN.all_flags()), paint, columns);
    let exits: Vec<_> = Exit::ALL.iter().map(|(e, help)| ((*e as u8).to_string(), help.to_string())).collect();
    push_section(&mut out, "exit status:", &exits, paint, columns);
    out + "\n`nnrun COMMAND --help` and `nnrun FILE --help` say more.\n"
}

/// `nnrun check --help`.
pub fn of_command(command: &Command, paint: Paint, columns: usize) -> String {
    let mut out = sentence(command.help) + "\n\n";
    push_usage(&mut out, &command.usage(), paint, columns);
    out.push('\n');
    for line in layout::wrap(command.about, columns) {
        out += &format!("{line}\n");
    }
    push_section(&mut out, "flags:", &flags(command.all_flags()), paint, columns);
    out += &format!("\n{}\n", heading(paint, "examples:"));
    for example in command.examples {
        out += &format!("  nnrun {example}\n");
    }
    out
}

/// `nnrun FILE --help`: the hypers of a program, then the flags that all have.
///
/// `doc` is the program's own documentation, empty if it has none.
pub fn of_file(file: &str, doc: &str, hypers: &[HyperHelp], paint: Paint, columns: usize) -> String {
    let mut out = String::new();
    push_usage(&mut out, &format!("nnrun {file} [--HYPER VALUE]… [FLAG]…"), paint, columns);
    if !doc.is_empty() {
        out.push('\n');
        layout::wrap(&layout::printable(doc), columns).iter().for_each(|line| out += &format!("{line}\n"));
    }
    if hypers.is_empty() {
        out += &format!("\n{file} has no hypers.\n");
    } else {
        push_section(&mut out, &format!("hypers of {file}:"), &hyper_rows(hypers), paint, columns);
    }
    push_section(&mut out, "flags:", &flags(command::RUN.all_flags()), paint, columns);
    out
}

/// The table of commands for the README, in Markdown.
pub fn readme_table() -> String {
    let mut out = String::from("| command | does |\n|---|---|\n");
    for command in command::ALL {
        out += &format!("| `{}` | {} |\n", command.usage().replace('|', "\\|"), command.help);
    }
    out
}

fn command_words(command: &Command) -> String {
    let arguments = command.arguments.iter().map(|a| a.shown());
    let name = (command.name != command::RUN.name).then(|| command.name.to_string());
    name.into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}

fn flags(flags: impl Iterator<Item = &'static Flag>) -> Vec<(String, String)> {
    flags.map(|f| (f.shown(), f.help.to_string())).collect()
}

fn hyper_rows(hypers: &[HyperHelp]) -> Vec<(String, String)> {
    let row = |h: &HyperHelp| {
        let value = format!("{}, default {}", h.kind, h.default);
        let text = if h.doc.is_empty() { value } else { format!("{}\n{value}", h.doc.trim()) };
        (format!("--{}", h.name), layout::printable(&text))
    };
    hypers.iter().map(row).collect()
}

fn heading(paint: Paint, text: &str) -> String {
    paint.apply(Tone::Strong, text)
}

/// `Check only, never train.`
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| format!("{}{}.", c.to_uppercase(), chars.as_str()))
}

fn push_usage(out: &mut String, usage: &str, paint: Paint, columns: usize) {
    for (i, line) in layout::wrap(usage, columns.saturating_sub(9)).iter().enumerate() {
        match i {
            0 => *out += &format!("{} {line}\n", heading(paint, "usage:")),
            _ => *out += &format!("         {line}\n"),
        }
    }
}

/// Two columns; a long text on the left gets a line of its own.
fn push_section(out: &mut String, title: &str, rows: &[(String, String)], paint: Paint, columns: usize) {
    *out += &format!("\n{}\n", heading(paint, title));
    let widest = rows.iter().map(|(left, _)| layout::width(left)).filter(|w| *w <= 24).max().unwrap_or(0);
    for (left, right) in rows {
        let mut left = format!("  {}", layout::left(left, widest));
        for line in layout::wrap(right, columns.saturating_sub(widest + 4)) {
            if layout::width(&left) > widest + 2 {
                *out += &format!("{left}\n");
                left = " ".repeat(widest + 2);
            }
            *out += format!("{left}  {line}").trim_end();
            out.push('\n');
            left = " ".repeat(widest + 2);
        }
    }
}

/// The flag that a word of the command line would be, for messages that warn of hypers of its name.
pub fn reserved_flag(hyper: &str) -> Option<&'static str> {
    flag::reserved().find(|long| long.replace('-', "_") == hyper)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Paint = Paint { color: false };

    #[test]
    fn general_help_names_every_command_flag_and_status_within_the_width() {
        let text = general(PLAIN, 80);
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for command in command::ALL {
            assert!(one_line.contains(command.help), "{} is missing", command.name);
        }
        for flag in command::RUN.all_flags() {
            assert!(text.contains(&flag.shown()), "{} is missing", flag.long);
        }
        assert!(text.contains("130  interrupted, resumable"));
        for line in text.lines() {
            assert!(layout::width(line) <= 80, "{line}");
        }
    }

    #[test]
    fn help_on_a_command_has_usage_flags_and_examples() {
        let text = of_command(&command::CHECK, PLAIN, 80);
        assert!(
            text.starts_with("Check only, never train; print every problem.\n\nusage: nnrun check FILE… [--json] ")
        );
        assert!(text.contains("\n  --deny warnings  let warnings fail the command, as errors do\n"), "{text}");
        assert!(text.ends_with("  nnrun check *.nn --deny warnings\n"));
    }

    #[test]
    fn help_on_a_file_documents_its_hypers() {
        let hyper = |name: &str, kind: &str, default: &str, doc: &str| HyperHelp {
            name: name.into(),
            kind: kind.into(),
            default: default.into(),
            doc: doc.into(),
        };
        let hypers = [
            hyper("lr", "real in 1e-5..1e-1 log", "1e-3", "peak learning rate"),
            hyper("width", "int in 16..1024", "64", ""),
        ];
        let text = of_file("fraud.nn", "Which transactions are fraud?", &hypers, PLAIN, 80);
        let expected = "usage: nnrun fraud.nn [--HYPER VALUE]… [FLAG]…

Which transactions are fraud?

hypers of fraud.nn:
  --lr     peak learning rate
           real in 1e-5..1e-1 log, default 1e-3
  --width  int in 16..1024, default 64

flags:
";
        assert!(text.starts_with(expected), "{text}");
        assert!(of_file("f.nn", "", &[], PLAIN, 80).contains("f.nn has no hypers."));
    }

    #[test]
    fn examples_are_valid_command_lines() {
        for command in command::ALL {
            for example in command.examples {
                let words = example.split_whitespace().take_while(|w| *w != ">").map(std::ffi::OsString::from);
                if let Err(error) = crate::cli::args::parse(words) {
                    panic!("`nnrun {example}` is refused: {error}");
                }
            }
        }
    }

    #[test]
    fn a_hyper_can_be_told_from_a_flag() {
        assert_eq!(reserved_flag("seed"), Some("seed"));
        assert_eq!(reserved_flag("lr"), None);
    }

    #[test]
    fn the_readme_has_this_table() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
        // Until there is a README there is nothing to compare.
        if let Ok(readme) = readme {
            assert!(readme.contains(&readme_table()), "README.md should contain\n{}", readme_table());
        }
    }
}
