//! From the words of the command line to the exit status: parses, asks the [`Backend`], shows what comes back.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::backend::{Backend, Refusal};
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::output::Output;
use super::request::{Check, Request, Shapes};
use super::usage::UsageError;
use super::{args, command, completion, fix, help, render};
use crate::diag::explain;
use crate::text::closest;

/// Does what the command line of this process asks for.
pub fn main(backend: &mut dyn Backend) -> Exit {
    let words = std::env::args_os().skip(1);
    match args::parse(words) {
        Ok(request) => {
            let mut output = Output::standard(request.json(), request.quiet());
            let exit = perform(&request, backend, &mut output);
            output.finish(exit)
        }
        Err(error) => {
            let mut output = Output::standard(false, false);
            output.error_text(&error.to_string());
            output.finish(Exit::Usage)
        }
    }
}

/// Does what the words ask for, for tests of whole commands.
pub fn perform_words(words: &[&str], backend: &mut dyn Backend, output: &mut Output) -> Exit {
    let exit = match args::parse(words.iter().map(OsString::from)) {
        Ok(request) => perform(&request, backend, output),
        Err(error) => usage(&error, output),
    };
    output.finish(exit)
}

/// Does one request.
pub fn perform(request: &Request, backend: &mut dyn Backend, output: &mut Output) -> Exit {
    if let Some(error) = missing_file(request) {
        return usage(&error, output);
    }
    match run(request, backend, output) {
        Ok(exit) => exit,
        Err(refusal) => refused(refusal, request, output),
    }
}

fn run(request: &Request, backend: &mut dyn Backend, output: &mut Output) -> Result<Exit, Refusal> {
    let (paint, columns) = (output.screen().out.paint, output.screen().out.width.min(100));
    match request {
        Request::Help(name) => output.text(&match name.and_then(command::named) {
            Some(command) => help::of_command(command, paint, columns),
            None => help::general(paint, columns),
        }),
        Request::Version => output.text(concat!("nnrun ", env!("CARGO_PKG_VERSION"), "\n")),
        Request::FileHelp(file) => {
            let of = backend.help(file)?;
            output.text(&help::of_file(&file.display().to_string(), &of.doc, &of.hypers, paint, columns));
        }
        Request::Run(run) => return backend.run(run, output, &Interrupt::install()),
        Request::Check(request) => return Ok(check(request, backend, output)),
        Request::Shapes(request) => return shapes(request, backend, output),
        Request::Explain { code } => return Ok(explain_code(code, output)),
        Request::Predict(predict) => return backend.predict(predict, output, &Interrupt::install()),
        Request::Resume(resume) => return backend.resume(resume, output, &Interrupt::install()),
        Request::Test(test) => return backend.test(test, output, &Interrupt::install()),
        Request::Fix { file, dry_run } => return Ok(fix::run(file, *dry_run, backend, output)),
        Request::Doc { name } => {
            let text = backend.doc(name.as_deref())?;
            output.text(&text);
        }
        Request::Repl { file } => {
            return Ok(backend.repl(file.as_deref(), output, &Interrupt::install()));
        }
        Request::Completion { shell } => return Ok(complete(shell, output)),
    }
    Ok(Exit::Fine)
}

fn check(request: &Check, backend: &mut dyn Backend, output: &mut Output) -> Exit {
    let mut worst = Exit::Fine;
    for file in &request.files {
        let checked = backend.check(file);
        output.diagnostics(&checked.diagnostics, &checked.sources);
        let problems = checked.diagnostics.iter().any(|d| d.severity != crate::diag::Severity::Note);
        if !problems && !output.json() {
            output.text(&format!("{}: no problems\n", file.display()));
        }
        let diagnostics = &checked.diagnostics;
        let exit = if request.deny_warnings { Exit::denying_warnings(diagnostics) } else { Exit::of(diagnostics) };
        worst = if worst == Exit::Fine { exit } else { worst };
    }
    worst
}

fn shapes(request: &Shapes, backend: &mut dyn Backend, output: &mut Output) -> Result<Exit, Refusal> {
    let look = output.screen().out;
    for (i, model) in backend.shapes(request)?.iter().enumerate() {
        match output.json() {
            true => output.json_line(model),
            false => {
                let gap = if i > 0 { "\n" } else { "" };
                output.text(&format!("{gap}{}", render::shapes::render(model, look.paint, look.width)));
            }
        }
    }
    Ok(Exit::Fine)
}

fn explain_code(code: &str, output: &mut Output) -> Exit {
    match explain::find(code) {
        Ok(code) => {
            output.text(&explain::render(code, output.screen().out));
            Exit::Fine
        }
        Err(unknown) => {
            let error = UsageError::new(Some(&command::EXPLAIN), format!("there is no code `{}`", unknown.word));
            usage(&error.suggest(unknown.suggestion), output)
        }
    }
}

fn complete(shell: &str, output: &mut Output) -> Exit {
    match completion::script(shell) {
        Some(script) => {
            output.text(&script);
            Exit::Fine
        }
        None => {
            let error = UsageError::new(Some(&command::COMPLETION), format!("there is no script for `{shell}`"));
            usage(&error.help(format!("there are some for {}", completion::SHELLS.join(", "))), output)
        }
    }
}

fn refused(refusal: Refusal, request: &Request, output: &mut Output) -> Exit {
    match refusal {
        Refusal::Program(checked) => {
            output.diagnostics(&checked.diagnostics, &checked.sources);
            Exit::of(&checked.diagnostics)
        }
        Refusal::Hypers(checked) => {
            output.diagnostics(&checked.diagnostics, &checked.sources);
            Exit::Usage
        }
        Refusal::UnknownHyper { argument, hypers } => {
            let hypers: Vec<&str> = hypers.iter().map(String::as_str).collect();
            let file = programs(request).first().map_or(String::new(), |f| f.display().to_string());
            usage(&args::unknown_hyper(&argument, &file, &hypers), output)
        }
        Refusal::NothingNamed { name, suggestion } => {
            let error = UsageError::new(Some(&command::DOC), format!("there is no documentation of `{name}`"));
            usage(&error.suggest(suggestion), output)
        }
    }
}

fn usage(error: &UsageError, output: &mut Output) -> Exit {
    output.error_text(&error.to_string());
    Exit::Usage
}

/// The programs that a request names.
fn programs(request: &Request) -> Vec<&Path> {
    match request {
        Request::Run(r) => vec![&r.file],
        Request::FileHelp(file) | Request::Fix { file, .. } => vec![file],
        Request::Check(r) => r.files.iter().map(|f| f.as_path()).collect(),
        Request::Shapes(r) => vec![&r.file],
        Request::Test(r) => vec![&r.file],
        Request::Repl { file } => file.iter().map(|f| f.as_path()).collect(),
        _ => Vec::new(),
    }
}

/// A program that is not there is a mistake on the command line, with the nearest one beside it as suggestion.
fn missing_file(request: &Request) -> Option<UsageError> {
    if let Some(folder) = programs(request).into_iter().find(|f| f.is_dir()) {
        let message = format!("`{}` is a folder, where a program is needed", folder.display());
        let error = UsageError::new(None, message);
        return Some(error.help("name a file that ends in `.nn`"));
    }
    let file = programs(request).into_iter().find(|f| !f.exists())?;
    let error = UsageError::new(None, format!("there is no file `{}`", file.display()));
    let found = nearest_program(file);
    Some(error.suggest(found.as_ref().map(|f| f.display())))
}

fn nearest_program(file: &Path) -> Option<PathBuf> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let program = |entry: std::fs::DirEntry| entry.file_name().into_string().ok().filter(|n| n.ends_with(".nn"));
    let mut names: Vec<String> = std::fs::read_dir(folder).ok()?.flatten().filter_map(program).collect();
    names.sort();
    let name = file.file_name()?.to_string_lossy();
    closest(&name, names.iter().map(String::as_str)).map(|n| file.with_file_name(n))
}
