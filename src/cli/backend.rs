use std::path::Path;

use super::exit::Exit;
use super::help::HyperHelp;
use super::interrupt::Interrupt;
use super::output::Output;
use super::render::shapes::ModelShapes;
use super::request::{HyperArgument, Predict, Resume, Run, Shapes, Test};
use crate::diag::Diagnostic;
use crate::text::{FileId, Sources};

/// A program that was checked: its texts and all there is to say of it, in order of place.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub sources: Sources,
    /// The program itself among the sources.
    pub file: FileId,
    pub diagnostics: Vec<Diagnostic>,
}

/// Why a command did not get as far as doing its work.
#[derive(Debug)]
pub enum Refusal {
    /// The program has errors; they are among the diagnostics.
    Program(Checked),
    /// The program has no errors but those that the values of its hypers on the command line make.
    Hypers(Checked),
    /// The command line named a hyper that the program does not have; these are those it has.
    UnknownHyper { argument: HyperArgument, hypers: Vec<String> },
    /// There is no documentation under this name, but there may be some under another one.
    NothingNamed { name: String, suggestion: Option<String> },
}

/// What `nnrun FILE --help` says of a program.
#[derive(Debug, Clone, Default)]
pub struct ProgramHelp {
    /// The `##` comment at the head of the file; may be empty.
    pub doc: String,
    pub hypers: Vec<HyperHelp>,
}

/// What the front end needs of the rest of nnrun.
///
/// Those methods that run something show events and diagnostics on `output` as they come, and say how it ended.
pub trait Backend {
    fn check(&mut self, file: &Path) -> Checked;
    fn help(&mut self, file: &Path) -> Result<ProgramHelp, Refusal>;
    fn run(&mut self, request: &Run, output: &mut Output, interrupt: &Interrupt) -> Result<Exit, Refusal>;
    fn shapes(&mut self, request: &Shapes) -> Result<Vec<ModelShapes>, Refusal>;
    fn predict(&mut self, request: &Predict, output: &mut Output, interrupt: &Interrupt) -> Result<Exit, Refusal>;
    fn resume(&mut self, request: &Resume, output: &mut Output, interrupt: &Interrupt) -> Result<Exit, Refusal>;
    fn test(&mut self, request: &Test, output: &mut Output, interrupt: &Interrupt) -> Result<Exit, Refusal>;
    /// Markdown on one name, or on what there is.
    fn doc(&mut self, name: Option<&str>) -> Result<String, Refusal>;
    /// An interactive session, until the user leaves it.
    fn repl(&mut self, file: Option<&Path>, output: &mut Output, interrupt: &Interrupt) -> Exit;
}
