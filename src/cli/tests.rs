//! Whole commands against a backend that only pretends.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::front::perform_words;
use super::help::HyperHelp;
use super::render::shapes::ModelShapes;
use super::request::{self, Predict as PredictRequest, Resume, Shapes};
use super::{Backend, Checked, Exit, Interrupt, Output, ProgramHelp, Refusal, Screen, Surroundings};
use crate::diag::{Diagnostic, codes};
use crate::text::{Sources, Span};
use crate::train::event::*;

const PIPE: Surroundings =
    Surroundings { out_is_terminal: false, err_is_terminal: false, no_color: false, dumb: false, width: None };

/// Standard output or standard error, to be read afterwards.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

/// Checks by searching for a misspelt word, and runs by sending the same events whatever the program.
struct Pretender;

impl Backend for Pretender {
    fn check(&mut self, file: &Path) -> Checked {
        let text = std::fs::read_to_string(file).unwrap();
        let mut sources = Sources::default();
        let id = sources.add(file.file_name().unwrap().to_string_lossy(), text.as_str()).id;
        let mut diagnostics = Vec::new();
        for (at, word) in text.match_indices("Linaer") {
            let span = Span::new(id, at, at + word.len());
            let diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, "no layer is called `Linaer`");
            diagnostics.push(diagnostic.at(span, "").suggest(span, Some("Linear")));
        }
        Checked { sources, file: id, diagnostics }
    }

    fn help(&mut self, _: &Path) -> Result<ProgramHelp, Refusal> {
        let text = |t: &str| t.to_string();
        let lr = HyperHelp { name: text("lr"), kind: text("real"), default: text("1e-3"), doc: text("learning rate") };
        Ok(ProgramHelp { doc: text("Fraud."), hypers: vec![lr] })
    }

    fn run(&mut self, request: &request::Run, output: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        let known = |a: &&request::HyperArgument| a.name != "lr" && a.name != "width";
        if let Some(argument) = request.hypers.iter().find(known) {
            let hypers = vec!["lr".to_string(), "width".to_string()];
            return Err(Refusal::UnknownHyper { argument: argument.clone(), hypers });
        }
        events().iter().for_each(|e| output.event(e));
        Ok(Exit::Fine)
    }

    fn shapes(&mut self, request: &Shapes) -> Result<Vec<ModelShapes>, Refusal> {
        Err(Refusal::Program(self.check(&request.file)))
    }

    fn predict(&mut self, _: &PredictRequest, output: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        output.text("id,prob\n7,0.25\n");
        Ok(Exit::Fine)
    }

    fn resume(&mut self, _: &Resume, _: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        Ok(Exit::Interrupted)
    }

    fn test(&mut self, _: &request::Test, output: &mut Output, _: &Interrupt) -> Result<Exit, Refusal> {
        let failure = Some("draw 17: z = 0.0, y = 1\n  focal(z, y) = 0.17, expected 0.35".to_string());
        output.event(&Event::Test(Test { name: "focal_is_half_bce".into(), passed: true, claims: 1, failure: None }));
        output.event(&Event::Test(Test { name: "focal_gradient".into(), passed: false, claims: 1, failure }));
        Ok(Exit::Program)
    }

    fn doc(&mut self, name: Option<&str>) -> Result<String, Refusal> {
        let name = name.unwrap_or_default().to_string();
        Err(Refusal::NothingNamed { name, suggestion: Some("Linear".to_string()) })
    }

    fn repl(&mut self, _: Option<&Path>, _: &mut Output, _: &Interrupt) -> Exit {
        Exit::Fine
    }
}

fn named<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Named<T> {
    items.into_iter().map(|(n, v)| (n.to_string(), v)).collect()
}

fn epochs(train: &str, planned: u64, done: u64, best: u64) -> Vec<Event> {
    let start = Event::Train(Train {
        train: train.into(),
        model: "FraudDetection".into(),
        parameters: 8465,
        rows: 12000,
        epochs: planned,
        steps_per_epoch: 47,
        report_every: 5,
    });
    let epoch = |e: u64| {
        let loss = 0.7 / e as f64;
        Event::Epoch(Epoch {
            train: train.into(),
            epoch: e,
            step: 47 * e,
            loss,
            lr: 1e-3 / e as f64,
            seconds: 0.8 * e as f64,
            val: named([("loss", 1.1 * loss), ("pr_auc", 0.9 - loss)]),
            best: e <= best,
        })
    };
    std::iter::once(start).chain((1..=done).map(epoch)).collect()
}

fn evaluate(of: &str, shift: f64) -> Event {
    let confusion = MetricTable {
        row_title: "true".into(),
        rows: vec!["no".into(), "yes".into()],
        column_title: "predicted".into(),
        columns: vec!["no".into(), "yes".into()],
        cells: vec![vec![1150.0, 12.0], vec![20.0, 18.0]],
    };
    Event::Evaluate(Evaluate {
        name: "evaluate".into(),
        of: of.into(),
        split: "test".into(),
        rows: 1200,
        metrics: named([
            ("pr_auc", Metric::Number(0.6213 + shift)),
            ("roc_auc", Metric::Number(0.912)),
            ("brier", Metric::Number(0.00512)),
            ("auc_of_slice", Metric::Undefined("only one class in these rows".into())),
            ("confusion", Metric::Table(confusion)),
        ]),
        intervals: named([("pr_auc", [0.581, 0.6603]), ("roc_auc", [0.89, 0.93])]),
        level: Some(0.95),
        importance: None,
        threshold: Some(0.312),
        thresholds: Named::default(),
        baselines: named([
            ("prevalence", named([("pr_auc", Metric::Number(0.0312)), ("roc_auc", Metric::Number(0.5))])),
            ("logistic", named([("pr_auc", Metric::Number(0.441))])),
        ]),
        slices: vec![Slice {
            slice: "country = DE".into(),
            rows: 312,
            metrics: named([("pr_auc", Metric::Number(0.58)), ("roc_auc", Metric::Number(0.9))]),
            intervals: named([("pr_auc", [0.41, 0.72])]),
        }],
    })
}

fn predictions() -> Event {
    let row = |id: &str, p: f64, yes: bool| vec![Cell::Text(id.into()), Cell::Number(p), Cell::Yes(yes)];
    Event::Predict(Predict {
        name: "predict".into(),
        columns: ["transaction_id", "prob", "is_fraud"].map(String::from).to_vec(),
        rows: vec![row("T-1\u{1b}[2J", 0.82, true), row("T-2", 0.0417, false)],
        reasons: vec![
            vec![
                Reason { column: "amount".into(), value: "912.4".into(), change: 0.4131 },
                Reason { column: "country".into(), value: "N\u{1b}G".into(), change: 0.22 },
                Reason { column: "minutes_since_the_last_transaction".into(), value: String::new(), change: -0.0312 },
            ],
            vec![],
        ],
        output: Some("scored.csv".into()),
    })
}

fn events() -> Vec<Event> {
    let print = |expression: &str, text: &str| Event::Print(Print { expression: expression.into(), text: text.into() });
    let part = |name: &str, calls, seconds| Part { name: name.into(), calls, seconds };
    let mut all = vec![
        Event::Run(Run { folder: "runs/fraud-1".into(), schema: 1 }),
        print("sigmoid([-5, 0])", "[0.006693, 0.5]"),
        print("classes(digits.digit)", "10"),
        Event::Note(Note { text: "columns are read as they are".into() }),
    ];
    all.extend(epochs("head", 10, 10, 10));
    all.push(Event::Step(Step { train: "head".into(), epoch: 10, step: 470, loss: f64::NAN }));
    all.extend(epochs("tune", 30, 17, 12));
    all.extend([evaluate("head", 0.0), evaluate("tune", 0.1)]);
    all.extend([
        predictions(),
        Event::Plot(Plot { name: "roc".into(), file: "runs/fraud-1/roc.svg".into(), text: String::new() }),
        Event::Timing(Timing { parts: vec![part("matmul", 1200, 0.75), part("read data", 1, 2.25)] }),
        Event::Done(Done { seconds: 72.3 }),
    ]);
    all
}

/// Exit status, standard output, standard error.
fn nnrun(words: &[&str], surroundings: Surroundings) -> (Exit, String, String) {
    let (out, err) = (Sink::default(), Sink::default());
    let (json, quiet) = (words.contains(&"--json"), words.contains(&"--quiet"));
    let screen = Screen::of(surroundings);
    let mut output = Output::new(Box::new(out.clone()), Box::new(err.clone()), screen, json, quiet);
    let exit = perform_words(words, &mut Pretender, &mut output);
    (exit, out.text(), err.text())
}

/// A folder with a program, and its path.
fn program(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fraud.nn");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// Compares with a file in `snapshots`; `NNRUN_BLESS=1` writes it anew.
fn assert_snapshot(name: &str, actual: &str) {
    let path = format!("{}/src/cli/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("NNRUN_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{path} differs; look at it, then bless it");
}

#[test]
fn a_run_in_a_pipe() {
    let (_folder, path) = program("");
    let (exit, out, err) = nnrun(&[path.to_str().unwrap()], PIPE);
    assert_eq!(exit, Exit::Fine);
    assert_snapshot("run", &out);
    assert_eq!(err, "note: columns are read as they are\n");
    for line in out.lines() {
        assert!(crate::text::layout::width(line) <= 80, "{line}");
    }
}

#[test]
fn a_quiet_run_shows_results_only() {
    let (_folder, path) = program("");
    let (_, out, err) = nnrun(&[path.to_str().unwrap(), "--quiet"], PIPE);
    assert!(out.starts_with("sigmoid([-5, 0]) = [0.006693, 0.5]\n"), "{out}");
    assert!(out.contains("\nevaluate  1,200 test rows") && out.contains("\npredict  2 rows"), "{out}");
    assert!(!out.contains("epoch") && !out.contains("runs/") && err.is_empty(), "{out}{err}");
}

#[test]
fn a_run_as_json() {
    let (_folder, path) = program("");
    let (_, out, err) = nnrun(&[path.to_str().unwrap(), "--json"], PIPE);
    assert!(err.is_empty());
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|l| l["type"] == kind).collect::<Vec<_>>();
    assert_eq!(lines.len(), of("epoch").len() + 12, "every epoch is there, steps are not");
    assert_eq!(of("epoch").len(), 27);
    assert_eq!(of("epoch")[1]["val"]["pr_auc"], 0.55);
    assert_eq!(of("run")[0].to_string(), r#"{"type":"run","folder":"runs/fraud-1","schema":1}"#);
    assert_eq!(of("done")[0]["seconds"], 72.3);
    let evaluate = of("evaluate")[1];
    assert_eq!(
        (&evaluate["of"], &evaluate["split"], &evaluate["rows"]),
        (&"tune".into(), &"test".into(), &1200.into())
    );
    assert_eq!(evaluate["intervals"]["pr_auc"][1], 0.6603);
    assert_eq!(evaluate["metrics"]["auc_of_slice"], serde_json::Value::Null);
    assert_eq!(evaluate["metrics"]["confusion"]["cells"][0][0], 1150.0);
    assert_eq!(of("predict")[0]["rows"][1].to_string(), r#"{"transaction_id":"T-2","prob":0.0417,"is_fraud":false}"#);
}

#[test]
fn progress_is_drawn_on_standard_error_and_taken_away() {
    let (out, err) = (Sink::default(), Sink::default());
    let terminal = Surroundings { err_is_terminal: true, width: Some(70), ..PIPE };
    let mut output = Output::new(Box::new(out.clone()), Box::new(err.clone()), Screen::of(terminal), false, false);
    let all = epochs("train", 30, 3, 0);
    output.event(&all[0]);
    std::thread::sleep(std::time::Duration::from_millis(120));
    output.event(&Event::Step(Step { train: "train".into(), epoch: 1, step: 12, loss: 0.71 }));
    assert!(err.text().contains("epoch 1/30  loss 0.7100"), "{}", err.text());
    output.event(&all[1]);
    assert!(err.text().contains("0.7100\u{1b}[2K") || err.text().contains("left\r\u{1b}[2K"), "{:?}", err.text());
    output.finish(Exit::Fine);
    assert!(!out.text().contains('\u{1b}'), "{}", out.text());
}

#[test]
fn mistakes_on_the_command_line_name_what_was_meant() {
    let (_folder, path) = program("");
    let path = path.to_str().unwrap();
    let (exit, _, err) = nnrun(&[&path.replace("fraud", "fruad")], PIPE);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("there is no file") && err.contains(&format!("did you mean `{path}`?")), "{err}");
    let (exit, _, err) = nnrun(&[path, "--widht", "3"], PIPE);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("has no hyper `widht`\n  help: did you mean `--width`?"), "{err}");
    let (exit, _, err) = nnrun(&["doc", "Linaer"], PIPE);
    assert!(exit == Exit::Usage && err.contains("did you mean `Linear`?"), "{err}");
    let (exit, _, err) = nnrun(&["explain", "E411"], PIPE);
    assert!(exit == Exit::Usage && err.contains("did you mean `E401`?"), "{err}");
}

#[test]
fn check_prints_problems_and_their_status() {
    let (_folder, path) = program("model M(x: real[3]) -> logit { Linaer(1) }\n");
    let (exit, out, err) = nnrun(&["check", path.to_str().unwrap()], PIPE);
    assert_eq!((exit, out.as_str()), (Exit::Program, ""));
    assert!(err.starts_with("fraud.nn:1:32: error[E201]: no layer is called `Linaer`\n"), "{err}");
    let (exit, out, err) = nnrun(&["check", path.to_str().unwrap(), "--json"], PIPE);
    assert_eq!((exit, err.as_str()), (Exit::Program, ""));
    assert!(out.starts_with(r#"{"type":"diagnostic","code":"E201","severity":"error""#), "{out}");
    std::fs::write(&path, "print 1\n").unwrap();
    let (exit, out, _) = nnrun(&["check", path.to_str().unwrap()], PIPE);
    assert_eq!((exit, out), (Exit::Fine, format!("{}: no problems\n", path.display())));
}

#[test]
fn fix_shows_a_diff_or_changes_the_file() {
    let before = "# a comment\nmodel M(x: real[3]) -> logit {\n  Linaer(1)\n}\n";
    let (_folder, path) = program(before);
    let name = path.to_str().unwrap();
    let (exit, out, _) = nnrun(&["fix", name, "--dry-run"], PIPE);
    let diff = "@@ -1,4 +1,4 @@\n # a comment\n model M(x: real[3]) -> logit {\n-  Linaer(1)\n+  Linear(1)\n }\n";
    assert_eq!((exit, out), (Exit::Fine, format!("--- {name}\n+++ {name}\n{diff}")));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    let (exit, out, _) = nnrun(&["fix", name], PIPE);
    assert_eq!((exit, out), (Exit::Fine, format!("{name}: 1 change\n  write `Linear`\n")));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before.replace("Linaer", "Linear"));
    let (_, out, _) = nnrun(&["fix", name], PIPE);
    assert_eq!(out, format!("{name}: nothing to fix\n"));
}

#[test]
fn the_other_commands_show_what_the_backend_gives() {
    let (_folder, path) = program("Linaer");
    let name = path.to_str().unwrap();
    let (exit, out, _) = nnrun(&["test", name], PIPE);
    let failed = "test focal_gradient: FAILED\n  draw 17: z = 0.0, y = 1\n    focal(z, y) = 0.17, expected 0.35\n";
    assert_eq!((exit, out), (Exit::Program, format!("test focal_is_half_bce: ok (1 claim)\n\n{failed}")));
    assert_eq!(nnrun(&["predict", "m", "x.csv"], PIPE).1, "id,prob\n7,0.25\n");
    assert_eq!(nnrun(&["resume", "runs/a-1"], PIPE).0, Exit::Interrupted);
    assert_eq!(nnrun(&["shapes", name], PIPE).0, Exit::Program);
    assert!(nnrun(&[name, "--help"], PIPE).1.contains("--lr  learning rate\n        real, default 1e-3\n"));
    assert!(nnrun(&["explain", "e401"], PIPE).1.starts_with("E401: shapes that do not fit\n"));
    assert!(nnrun(&["--version"], PIPE).1.starts_with("nnrun 0."));
}

/// A reader who has gone, or a disk that is full.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_who_had_enough_is_no_fault_a_full_disk_is() {
    let exit = |kind| {
        let mut output = Output::new(Box::new(Broken(kind)), Box::new(io::sink()), Screen::of(PIPE), false, false);
        perform_words(&["--help"], &mut Pretender, &mut output)
    };
    assert_eq!(exit(io::ErrorKind::BrokenPipe), Exit::Fine);
    assert_eq!(exit(io::ErrorKind::StorageFull), Exit::Output);
}
