//! The command line's way to the session.

use std::path::Path;

use super::backend::{Backend, Checked, ProgramHelp, Refusal};
use super::exit::Exit;
use super::help::HyperHelp;
use super::interrupt::Interrupt;
use super::output::Output;
use super::render::shapes::ModelShapes;
use super::request::{HyperArgument, Predict, Resume, Run, Shapes, Test};
use crate::check;
use crate::diag::{Diagnostic, Severity, codes};
use crate::session::{self, Ending, Listener, Options};
use crate::text::{Sources, closest};
use crate::train::event::{self, Event};

/// Runs programs.
#[derive(Debug, Default)]
pub struct SessionBackend;

struct Front<'a> {
    output: &'a mut Output,
    interrupt: &'a Interrupt,
}

impl Listener for Front<'_> {
    fn event(&mut self, event: &Event) {
        self.output.event(event);
    }

    fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        self.output.diagnostics(diagnostics, sources);
    }

    fn interrupted(&self) -> bool {
        self.interrupt.is_set()
    }
}

fn shown(checked: &check::Checked) -> Checked {
    Checked { sources: checked.sources.clone(), file: checked.program.file, diagnostics: checked.diagnostics.clone() }
}

/// Hypers of the command line as the check takes them; unknown ones are refused.
fn load(file: &Path, hypers: &[HyperArgument]) -> Result<(check::Checked, Vec<(String, String)>), Refusal> {
    let overrides: Vec<(String, String)> =
        hypers.iter().map(|h| (h.name.clone(), h.value.clone().unwrap_or_else(|| "true".to_string()))).collect();
    let checked = session::load(file, &[]);
    let sound = !checked.has_errors();
    for argument in hypers {
        let known = checked.program.hypers.iter().any(|h| *h.name == *argument.name);
        if !known && sound {
            let hypers = checked.program.hypers.iter().map(|h| h.name.to_string()).collect();
            return Err(Refusal::UnknownHyper { argument: argument.clone(), hypers });
        }
    }
    let checked = if overrides.is_empty() { checked } else { session::load(file, &overrides) };
    if sound && checked.has_errors() {
        return Err(Refusal::Hypers(shown(&checked)));
    }
    Ok((checked, overrides))
}

fn exit_of(ending: &Ending) -> Exit {
    match ending {
        Ending::Finished => Exit::Fine,
        Ending::Failed(d) => Exit::of(std::slice::from_ref(d)),
        Ending::Interrupted => Exit::Interrupted,
    }
}

fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()))
}

impl Backend for SessionBackend {
    fn check(&mut self, file: &Path) -> Checked {
        shown(&session::load(file, &[]))
    }

    fn help(&mut self, file: &Path) -> Result<ProgramHelp, Refusal> {
        let checked = session::load(file, &[]);
        if checked.has_errors() {
            return Err(Refusal::Program(shown(&checked)));
        }
        let hypers = checked.program.hypers.iter().map(|h| HyperHelp {
            name: h.name.to_string(),
            kind: h.ty.clone(),
            default: h.default.clone(),
            doc: h.doc.as_ref().map(|d| d.to_string()).unwrap_or_default(),
        });
        let doc = checked.program.doc.as_ref().map(|d| d.to_string()).unwrap_or_default();
        Ok(ProgramHelp { doc, hypers: hypers.collect() })
    }

    fn run(&mut self, request: &Run, output: &mut Output, interrupt: &Interrupt) -> Result<Exit, Refusal> {
        let (checked, overrides) = load(&request.file, &request.hypers)?;
        if checked.has_errors() {
            return Err(Refusal::Program(shown(&checked)));
        }
        output.diagnostics(&checked.diagnostics, &checked.sources);
        let options = Options {
            seed: request.seed,
            threads: threads(request.threads),
            out: request.out.clone(),
            timing: request.timing,
            probes: request.probes,
        };
        let mut front = Front { output, interrupt };
        let ending = session::execute(&checked, &request.file, &overrides, options, &mut front);
        Ok(exit_of(&ending))
    }

    fn shapes(&mut self, request: &Shapes) -> Result<Vec<ModelShapes>, Refusal> {
        let (checked, _) = load(&request.file, &request.hypers)?;
        if checked.has_errors() {
            return Err(Refusal::Program(shown(&checked)));
        }
        match session::shapes(&checked) {
            Ok(models) => Ok(models),
            Err(d) => Err(Refusal::Program(Checked { diagnostics: vec![d], ..shown(&checked) })),
        }
    }

    fn predict(&mut self, request: &Predict, output: &mut Output, interrupt: &Interrupt) -> Result<Exit, Refusal> {
        if let Some(path) = &request.output
            && [&request.model, &request.input].iter().any(|read| same_file(read, path))
        {
            let d = Diagnostic::new(&codes::OUTPUT, format!("`{}` is what is read", path.display()));
            return Ok(failed(output, d.help("choose another file for `--output`")));
        }
        let mut front = Front { output, interrupt };
        let asked = session::PredictFile {
            model: &request.model,
            input: &request.input,
            output: request.output.as_deref(),
            reasons: request.reasons,
            threads: threads(None),
        };
        match session::predict_file(asked, &mut front) {
            Ok(text) => text.iter().for_each(|text| output.text(text)),
            Err(d) => return Ok(failed(output, d)),
        }
        Ok(Exit::Fine)
    }

    fn resume(&mut self, request: &Resume, output: &mut Output, interrupt: &Interrupt) -> Result<Exit, Refusal> {
        let how = session::Resume { threads: threads(request.threads), timing: request.timing, probes: request.probes };
        let mut front = Front { output, interrupt };
        Ok(exit_of(&session::resume(&request.run, how, &mut front)))
    }

    fn test(&mut self, request: &Test, output: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        let (checked, _) = load(&request.file, &request.hypers)?;
        if checked.has_errors() {
            return Err(Refusal::Program(shown(&checked)));
        }
        let shown: Vec<Diagnostic> =
            checked.diagnostics.iter().filter(|d| d.severity == Severity::Warning).cloned().collect();
        output.diagnostics(&shown, &checked.sources);
        let mut passed = true;
        for test in &checked.program.tests {
            let (ok, failure) = match check::run_test(&checked.program.world, test) {
                Ok(failures) if failures.is_empty() => (true, None),
                Ok(failures) => {
                    (false, Some(failures.iter().map(|f| describe(f, &checked.sources)).collect::<Vec<_>>().join("\n")))
                }
                Err(problems) => {
                    output.diagnostics(&problems.sorted(), &checked.sources);
                    (false, Some("it can't be run".to_string()))
                }
            };
            passed &= ok;
            let claims = test.def.body.entries.len() as u64;
            output.event(&Event::Test(event::Test { name: test.name.to_string(), passed: ok, claims, failure }));
        }
        Ok(if passed { Exit::Fine } else { Exit::Program })
    }

    fn doc(&mut self, name: Option<&str>) -> Result<String, Refusal> {
        match (session::documentation(name), name) {
            (Some(text), _) => Ok(text),
            (None, name) => {
                let name = name.unwrap_or_default();
                let suggestion = closest(name, session::documented_names()).map(str::to_string);
                Err(Refusal::NothingNamed { name: name.to_string(), suggestion })
            }
        }
    }

    fn repl(&mut self, file: Option<&Path>, output: &mut Output, interrupt: &Interrupt) -> Exit {
        crate::repl::run(file, threads(None), output, interrupt)
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b && a.is_file())
}

/// There is no program in `predict`: what is not right is the model or the data.
fn failed(output: &mut Output, d: Diagnostic) -> Exit {
    let exit = match Exit::of(std::slice::from_ref(&d)) {
        Exit::Program => Exit::Data,
        exit => exit,
    };
    output.diagnostics(&[d], &Sources::default());
    exit
}

fn describe(failure: &check::TestFailure, sources: &Sources) -> String {
    let place = sources.get(failure.span.file).map(|s| {
        let (line, column) = s.line_column(failure.span.start);
        format!("{}:{line}:{column}: ", s.name)
    });
    let mut out = format!("{}{}", place.unwrap_or_default(), failure.message);
    for (name, value) in &failure.details {
        out.push_str(&format!("\n  {name} = {value}"));
    }
    out
}
