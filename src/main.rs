use std::path::Path;
use std::process::ExitCode;

use nnrun::cli::request::{Predict, Resume, Run, Shapes, Test};
use nnrun::cli::{Backend, Checked, Exit, Interrupt, Output, ProgramHelp, Refusal, render::shapes::ModelShapes};
use nnrun::diag::{Diagnostic, codes};

fn main() -> ExitCode {
    nnrun::cli::main(&mut Unfinished).into()
}

/// Refuses everything that needs the stages behind the command line.
struct Unfinished;

fn not_yet() -> Checked {
    let diagnostic = Diagnostic::new(&codes::NOT_YET, "this version does not run programs yet");
    Checked { diagnostics: vec![diagnostic], ..Checked::default() }
}

impl Backend for Unfinished {
    fn check(&mut self, _: &Path) -> Checked {
        not_yet()
    }

    fn help(&mut self, _: &Path) -> Result<ProgramHelp, Refusal> {
        Err(Refusal::Program(not_yet()))
    }

    fn run(&mut self, _: &Run, _: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        Err(Refusal::Program(not_yet()))
    }

    fn shapes(&mut self, _: &Shapes) -> Result<Vec<ModelShapes>, Refusal> {
        Err(Refusal::Program(not_yet()))
    }

    fn predict(&mut self, _: &Predict, _: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        Err(Refusal::Program(not_yet()))
    }

    fn resume(&mut self, _: &Resume, _: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        Err(Refusal::Program(not_yet()))
    }

    fn test(&mut self, _: &Test, _: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        Err(Refusal::Program(not_yet()))
    }

    fn doc(&mut self, _: Option<&str>) -> Result<String, Refusal> {
        Err(Refusal::Program(not_yet()))
    }

    fn repl(&mut self, _: Option<&Path>) -> Exit {
        Exit::Program
    }
}
