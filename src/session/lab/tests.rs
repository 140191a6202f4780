use proptest::prelude::*;

use super::*;
use crate::train::event::Event;

/// Keeps what was said; stops a running command when it is told to.
#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    figures: usize,
    stop: bool,
}

impl super::super::Listener for Heard {
    fn event(&mut self, _: &Event) {}

    fn diagnostics(&mut self, diagnostics: &[Diagnostic], _: &Sources) {
        self.lines.extend(diagnostics.iter().map(|d| d.message.clone()));
    }

    fn interrupted(&self) -> bool {
        self.stop
    }
}

impl Sink for Heard {
    fn say(&mut self, reply: Reply) {
        match reply {
            Reply::Line(t) | Reply::Aside(t) | Reply::Text(t) => self.lines.push(t),
            Reply::Figure(_) => self.figures += 1,
            Reply::Table(t) => self.lines.extend(t.rows.iter().map(|r| r.join(" "))),
            Reply::Shapes(_) => {}
        }
    }
}

/// Dropout, batch statistics, a schedule that waits for a plateau, the best weights, gradients over two batches, a last short batch.
const PROGRAM: &str = "
hyper width: int in 1..64 = 6
data d {
  source = generate(90, seed = 3) {
    a ~ normal(0, 1)
    b ~ normal(0, 1)
    y ~ bernoulli(sigmoid(2 * a - b))
  }
  target y: binary
  split = random(train = 70%, val = 20%, test = 10%)
}
layer Hidden(n: int) { Linear(n); BatchNorm1d; ReLU; Dropout(0.3) }
model M(x: d.features) -> logit { body: seq { Hidden(width); Hidden(4) }; head: Linear(1) }
train {
  loss = bce_with_logits
  optimizer = adam(lr = 0.01 * warmup(step, 3) * plateau(val.loss, patience = 0))
  batch_size = 10
  accumulate = 2
  epochs = 8
  keep = best(val.loss)
  stop = early(val.loss, patience = 3)
}
";

fn lab(text: &str, budget: usize) -> Lab {
    let mut lab = Lab::empty(None, PathBuf::new(), text.to_string(), LabOptions { threads: 1, budget });
    let checked = lab.check(text);
    assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
    lab.tell(&checked, &mut Heard::default());
    lab.versions.push(Version::new(text.to_string(), checked));
    lab.state.moment.focus = lab.trainings().first().map(|t| t.name.clone());
    lab
}

#[track_caller]
fn does(lab: &mut Lab, text: &str) -> Vec<String> {
    let mut heard = Heard::default();
    let result = lab.enter(text, &mut heard);
    assert!(result.is_ok(), "{text}: {:?}", heard.lines);
    heard.lines
}

fn digest(lab: &mut Lab) -> String {
    lab.digest(&mut Heard::default()).unwrap()
}

fn step_of(lab: &Lab) -> u64 {
    lab.state.moment.points.values().next().map_or(0, |p| p.step)
}

/// Digests after each step of a run that nothing disturbs; the rate is changed after `change` steps, if it is.
fn straight(program: &str, change: Option<u64>) -> Vec<String> {
    let mut lab = lab(program, usize::MAX);
    let mut all = Vec::new();
    loop {
        if change == Some(all.len() as u64) {
            does(&mut lab, "set stop = early(val.loss, patience = 2)");
            does(&mut lab, "set optimizer = adam(lr = 0.02)");
        }
        all.push(digest(&mut lab));
        if lab.enter("step", &mut Heard::default()).is_err() {
            return all;
        }
    }
}

#[derive(Debug, Clone)]
enum Move {
    Step(u64),
    Epoch,
    Undo(u64),
    Rewind(u64),
    RewindEpoch(u64),
    Snap,
    ToSnap,
    Switch,
    Look,
    UndoEntry,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (1u64..9).prop_map(Move::Step),
        1 => Just(Move::Epoch),
        2 => (1u64..9).prop_map(Move::Undo),
        2 => (0u64..30).prop_map(Move::Rewind),
        1 => (0u64..5).prop_map(Move::RewindEpoch),
        1 => Just(Move::Snap),
        1 => Just(Move::ToSnap),
        2 => Just(Move::Switch),
        1 => Just(Move::Look),
        1 => Just(Move::UndoEntry),
    ];
    proptest::collection::vec(one, 1..24)
}

#[test]
fn every_way_to_a_step_gives_the_same_bits() {
    every_way(PROGRAM);
}

#[test]
fn every_way_to_a_step_gives_the_same_averaged_weights() {
    every_way(&PROGRAM.replace("  keep = best(val.loss)\n", "  average = ema(0.9)\n"));
}

fn every_way(program: &str) {
    let plain = straight(program, None);
    // The other branch is made at step 5 and changed there.
    let changed = straight(program, Some(5));
    assert!(plain.len() > 12 && plain[5] != plain[6] && plain[..5] == changed[..5] && plain[7] != changed[7]);
    let config = ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(moves in moves())| {
        let mut probe = lab(program, usize::MAX);
        does(&mut probe, "step");
        let name = probe.focus().unwrap();
        let size = probe.run(&name).unwrap().snapshot().numbers.len() * 8 + 1500;
        let mut lab = lab(program, 2 * size);
        does(&mut lab, "step 5");
        does(&mut lab, "branch other");
        does(&mut lab, "set stop = early(val.loss, patience = 2)");
        does(&mut lab, "set optimizer = adam(lr = 0.02)");
        does(&mut lab, "switch main");
        for m in moves {
            let text = match m {
                Move::Step(n) => format!("step {n}"),
                Move::Epoch => "epoch".into(),
                Move::Undo(n) => format!("undo {n}"),
                Move::Rewind(n) => format!("rewind to step {n}"),
                Move::RewindEpoch(n) => format!("rewind to epoch {n}"),
                Move::Snap => "snap here".into(),
                Move::ToSnap => "rewind to here".into(),
                Move::Switch => format!("switch {}", if lab.state.branch == "main" { "other" } else { "main" }),
                Move::Look => "peek".into(),
                Move::UndoEntry => "undo entry".into(),
            };
            let before = (digest(&mut lab), step_of(&lab));
            if lab.enter(&text, &mut Heard::default()).is_err() {
                prop_assert_eq!((digest(&mut lab), step_of(&lab)), before, "{} failed and changed something", text);
            }
            let step = step_of(&lab) as usize;
            let is_changed = lab.version().text.contains("lr = 0.02");
            let patient = lab.version().text.contains("patience = 3");
            let half = is_changed == patient;
            let expected = if is_changed { &changed } else { &plain };
            if !half {
                prop_assert_eq!(&digest(&mut lab), &expected[step], "after {} at step {}", text, step);
            }
            let (count, bytes) = lab.store.size();
            prop_assert!(count <= 1 || bytes <= 2 * size);
        }
    });
}

#[test]
fn a_saved_session_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.session");
    let program = folder.path().join("p.nn");
    std::fs::write(&program, PROGRAM).unwrap();
    let mut first = Lab::open(Some(&program), LabOptions::default(), &mut Heard::default()).unwrap();
    for text in ["step 7", "snap early", "branch b", "set width = 9", "step 3", "watch loss", "break when step == 30"] {
        does(&mut first, text);
    }
    does(&mut first, &format!("save session \"{}\"", path.display()));
    let mut second = Lab::open(Some(&path), LabOptions::default(), &mut Heard::default()).unwrap();
    assert_eq!(digest(&mut first), digest(&mut second));
    for text in ["step 5", "switch main", "step 2", "rewind to early", "undo 3", "switch b", "breaks", "show changes"] {
        let said = [does(&mut first, text), does(&mut second, text)].map(|lines| {
            let lines = lines.into_iter().filter(|l| !l.starts_with("replayed"));
            lines.map(|l| l.split("  took ").next().unwrap().to_string()).collect::<Vec<_>>()
        });
        assert_eq!(said[0], said[1], "{text}");
        assert_eq!(digest(&mut first), digest(&mut second), "{text}");
    }
    std::fs::write(&path, [1; 40]).unwrap();
    assert!(Lab::open(Some(&path), LabOptions::default(), &mut Heard::default()).is_err());
}

#[test]
fn what_still_fits_keeps_its_weights() {
    let mut lab = lab(PROGRAM, usize::MAX);
    does(&mut lab, "step 6");
    let before = lab.run("train").unwrap().tensors();
    let said = does(&mut lab, "set width = 12");
    let line = |start: &str| said.iter().find(|l| l.starts_with(start)).cloned().unwrap_or_default();
    assert!(line("keep their weights").contains("head.weight"), "{said:?}");
    assert!(line("start with fresh weights").contains("body.0.0.weight"), "{said:?}");
    let after = lab.run("train").unwrap().tensors();
    let find =
        |all: &[(Arc<str>, Vec<usize>, Vec<f32>)], path: &str| all.iter().find(|t| *t.0 == *path).unwrap().2.clone();
    assert_eq!(find(&before, "head.weight"), find(&after, "head.weight"));
    assert_eq!(find(&after, "body.0.0.weight").len(), 24);
    assert_eq!(step_of(&lab), 6);
    does(&mut lab, "step 2");
    assert_eq!(step_of(&lab), 8);
    // And the whole change is taken back, with the steps behind it.
    does(&mut lab, "undo 3");
    assert_eq!(step_of(&lab), 5);
    assert!(lab.version().text.contains("int in 1..64 = 6"));
    assert_eq!(does(&mut lab, "show changes"), ["nothing differs from the file"]);
}

#[test]
fn a_definition_that_nothing_of_the_training_uses_changes_nothing() {
    let mut lab = lab(PROGRAM, usize::MAX);
    does(&mut lab, "step 3");
    let (stretches, before) = (lab.stretches.len(), digest(&mut lab));
    let said = does(&mut lab, "fn twice(x: real) -> real { return 2 * x }");
    assert_eq!((lab.stretches.len(), digest(&mut lab), said.len()), (stretches, before, 1), "{said:?}");
    assert_eq!(does(&mut lab, "twice(4)"), ["8 : real"]);
}

#[test]
fn freezing_and_resetting_do_what_they_say() {
    let mut lab = lab(PROGRAM, usize::MAX);
    let find = |lab: &mut Lab, path: &str| {
        let all = lab.run("train").unwrap().tensors();
        all.into_iter().find(|t| *t.0 == *path).unwrap().2
    };
    does(&mut lab, "step");
    let start = find(&mut lab, "head.weight");
    does(&mut lab, "freeze head");
    does(&mut lab, "step 3");
    assert_eq!(find(&mut lab, "head.weight"), start);
    does(&mut lab, "unfreeze head");
    does(&mut lab, "step 3");
    assert_ne!(find(&mut lab, "head.weight"), start);
    does(&mut lab, "reset head");
    let fresh = find(&mut lab, "head.weight");
    does(&mut lab, "rewind to step 0");
    assert_eq!(find(&mut lab, "head.weight"), fresh);
}

#[test]
fn an_interrupted_run_keeps_the_steps_that_were_done() {
    let mut lab = lab(PROGRAM, usize::MAX);
    let mut heard = Heard { stop: true, ..Heard::default() };
    assert!(matches!(lab.enter("run", &mut heard), Err(Refused::Interrupted)));
    let step = step_of(&lab);
    assert!(step > 0 && step < 20);
    let there = digest(&mut lab);
    does(&mut lab, "undo entry");
    does(&mut lab, &format!("step {step}"));
    assert_eq!(digest(&mut lab), there);
}

const DIVERGES: &str = "
data d { source = generate(40, seed = 1) { x ~ normal(0, 1)
 y = 3 * x } 
 x: number
 target y: number }
model M(x: d.features) -> real { Linear(1) }
train { loss = mse; optimizer = sgd(lr = 1e18); batch_size = 8; epochs = 9 }
";

#[test]
fn a_step_that_fails_leaves_the_one_before_it_and_can_be_asked_why() {
    let mut lab = lab(DIVERGES, usize::MAX);
    let said = does(&mut lab, "run").join("\n");
    assert!(said.contains("the next step fails") && said.contains("step "), "{said}");
    let step = step_of(&lab);
    let there = digest(&mut lab);
    let why = does(&mut lab, "why nan").join("\n");
    assert!(why.contains("first") && !why.contains("all numbers"), "{why}");
    does(&mut lab, "break when loss is nan");
    let said = does(&mut lab, "step").join("\n");
    assert!(said.contains("loss is nan"), "{said}");
    assert_eq!((step_of(&lab), digest(&mut lab)), (step, there));
    does(&mut lab, "set lr = 0.01");
    does(&mut lab, "rewind to step 0");
}

#[test]
fn every_example_is_of_one_of_the_forms() {
    for command in command::COMMANDS {
        assert!(!command.examples.is_empty(), "{} has no example", command.name);
        for example in command.examples {
            let words::Entry::Command(row, rest) = words::classify(example) else { panic!("{example} is no command") };
            assert_eq!(row.name, command.name);
            assert!(form::read(row.name, row.forms, rest).is_ok(), "{example}");
        }
        for f in command.forms {
            assert!(f.starts_with(command.name), "{f}");
        }
        assert!(command.help.chars().count() <= 62, "{}: too long for a terminal of 80 columns", command.name);
    }
}

/// Pieces that lines are made of.
const PIECES: [&str; 48] = [
    "step",
    "epoch",
    "run",
    "until",
    "for",
    "1s",
    "loss",
    "<",
    "0.1",
    "nan",
    "is",
    "set",
    "lr",
    "=",
    "1e-3",
    "width",
    "0",
    "-1",
    "99999999999999999999",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "é",
    "\u{1F600}",
    "model",
    "M",
    "train",
    "head",
    "body.0",
    "undo",
    "entry",
    "rewind",
    "to",
    "best",
    "branch",
    "b",
    "switch",
    "main",
    "peek",
    "grad_norm(head)",
    "break when",
    "plot",
    "sigmoid over -1..1",
    "\n",
];

#[test]
fn nothing_typed_crashes_a_session() {
    let config = ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() };
    let piece = prop_oneof![4 => proptest::sample::select(PIECES.to_vec()).prop_map(str::to_string), 1 => "\\PC{0,6}"];
    let line = proptest::collection::vec(piece, 0..7).prop_map(|p| p.join(" "));
    proptest!(config, |(lines in proptest::collection::vec(line, 1..6), command in 0..command::COMMANDS.len())| {
        let mut lab = lab(PROGRAM, 20_000);
        let mut heard = Heard { stop: true, ..Heard::default() };
        let _ = lab.enter(command::COMMANDS[command].name, &mut heard);
        for line in lines {
            let first = first_word(&line).0.to_string();
            // Files are not to be written here.
            if first == "save" || line.contains("to \"") {
                continue;
            }
            let before = lab.digest(&mut Heard::default()).unwrap();
            if let Err(Refused::Wrong(_)) = lab.enter(&line, &mut heard) {
                prop_assert_eq!(lab.digest(&mut Heard::default()).unwrap(), before, "{} was refused", line);
            }
            let words = Words::of(&lab);
            for at in 0..=line.len() {
                words.complete(&line, at);
            }
            words.hint(&line);
        }
    });
}
