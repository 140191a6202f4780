//! The interactive front end of [`crate::session::lab`]: line editing on a terminal, plain lines from a pipe.

mod helper;
mod show;

use std::cell::RefCell;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor};

use crate::cli::{Exit, Interrupt, Output};
use crate::diag::{Diagnostic, codes};
use crate::session::lab::{Lab, LabOptions, Refused, Sink, Words};
use crate::syntax::{Completeness, complete};
use crate::text::Sources;

use helper::Helper;
use show::Front;

const PROMPT: &str = "nn> ";
/// Lines of history that are kept.
const HISTORY: usize = 5000;
/// The longest entry of a pipe.
const LONGEST: usize = 16 << 20;

/// Opens a session and takes entries until the user leaves, the pipe ends, or an entry of the pipe fails.
pub fn run(file: Option<&Path>, threads: usize, output: &mut Output, interrupt: &Interrupt) -> Exit {
    let options = LabOptions { threads, ..LabOptions::default() };
    let opened = Lab::open(file, options, &mut Front { output, interrupt });
    let mut lab = match opened {
        Ok(lab) => lab,
        Err(d) => return Exit::of(std::slice::from_ref(&d)),
    };
    let exit = match std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        true => interactive(&mut lab, output, interrupt),
        false => piped(&mut lab, output, interrupt),
    };
    output.finish(exit)
}

/// Does one entry and shows what it answers.
fn enter(lab: &mut Lab, text: &str, output: &mut Output, interrupt: &Interrupt) -> Result<(), Refused> {
    let result = lab.enter(text, &mut Front { output, interrupt });
    output.finish(Exit::Fine);
    result
}

fn status(refused: &Refused) -> Exit {
    match refused {
        Refused::Wrong(d) => match Exit::of(std::slice::from_ref(d)) {
            Exit::Fine => Exit::Program,
            exit => exit,
        },
        Refused::Interrupted => Exit::Interrupted,
    }
}

/// Entries from a pipe: no prompt, and the first one that fails ends the session, since the rest may build on it.
fn piped(lab: &mut Lab, output: &mut Output, interrupt: &Interrupt) -> Exit {
    let mut input = std::io::stdin().lock();
    let mut entry = String::new();
    loop {
        let mut bytes = Vec::new();
        let read = std::io::Read::take(&mut input, LONGEST as u64).read_until(b'\n', &mut bytes);
        let last = !matches!(read, Ok(n) if n > 0);
        match String::from_utf8(bytes) {
            Ok(line) => entry.push_str(&line),
            Err(_) => {
                let d = Diagnostic::new(&codes::NOT_TEXT, "the line that came through the pipe is not UTF-8 text");
                output.diagnostics(std::slice::from_ref(&d), &Sources::default());
                return Exit::of(&[d]);
            }
        }
        let whole = last || entry.len() > LONGEST || complete(&entry) == Completeness::Complete;
        if !whole {
            continue;
        }
        let text = std::mem::take(&mut entry);
        if let Err(refused) = enter(lab, &text, output, interrupt) {
            return status(&refused);
        }
        if lab.wants_to_quit() || last {
            return Exit::Fine;
        }
        // Between entries there is nothing to stop but the session itself.
        if interrupt.is_set() {
            return Exit::Interrupted;
        }
    }
}

fn interactive(lab: &mut Lab, output: &mut Output, interrupt: &Interrupt) -> Exit {
    let words = Rc::new(RefCell::new(Words::of(lab)));
    let paint = output.screen().out.paint;
    let color = if paint.color { ColorMode::Enabled } else { ColorMode::Disabled };
    let built = Config::builder().max_history_size(HISTORY).and_then(|c| c.history_ignore_dups(true));
    let config = match built {
        Ok(builder) => builder.completion_type(CompletionType::List).color_mode(color).build(),
        Err(_) => Config::default(),
    };
    let mut editor: Editor<Helper, FileHistory> = match Editor::with_config(config) {
        Ok(editor) => editor,
        Err(e) => {
            output.error_text(&format!("the terminal can't be used for editing lines: {e}\n"));
            return piped(lab, output, interrupt);
        }
    };
    editor.set_auto_add_history(false);
    editor.set_helper(Some(Helper::new(words.clone(), paint)));
    let history = history_file();
    if let Some(path) = &history {
        let _ = editor.load_history(path);
    }
    Front { output, interrupt }.aside(lab.greeting());
    loop {
        match editor.readline(PROMPT) {
            Ok(line) => {
                if line.trim().is_empty() {
                    continue;
                }
                let _ = editor.add_history_entry(line.as_str());
                if let Some(path) = &history {
                    let _ = editor.append_history(path);
                }
                interrupt.clear();
                // An entry that fails has been explained, and the session is as before.
                let _ = enter(lab, &line, output, interrupt);
                interrupt.clear();
                if lab.wants_to_quit() {
                    return Exit::Fine;
                }
                *words.borrow_mut() = Words::of(lab);
            }
            // Ctrl-C while typing drops the line.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Exit::Fine,
            Err(e) => {
                output.error_text(&format!("the terminal can't be read: {e}\n"));
                return Exit::Usage;
            }
        }
    }
}

/// `$XDG_STATE_HOME/nnrun/history`, or below the home folder; none where neither is known.
fn history_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")))?;
    let folder = state.join("nnrun");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}
