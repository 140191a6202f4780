//! Models and sessions as files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::diag::{Diagnostic, Severity, codes};
use crate::interop::model_file::{self, ModelFile, Tensor};
use crate::text::format;
use crate::train::{Snapshot, State as TrainState};

use super::condition::{Condition, Quantity};
use super::form::{Given, refuse};
use super::timeline::{Point, Stretch};
use super::version::Version;
use super::{Branch, Entry, Lab, LabOptions, Moment, Refused, Sink};

/// Version of the layout of session files.
const SCHEMA: u32 = 1;
const KEY: &str = "nnrun.session";

/// Everything of a session but numbers.
#[derive(Serialize, Deserialize)]
struct Saved {
    schema: u32,
    version: String,
    /// The program's file and folder.
    path: Option<PathBuf>,
    base: PathBuf,
    file_text: String,
    texts: Vec<String>,
    stretches: Vec<SavedStretch>,
    moment: SavedMoment,
    branch: String,
    branches: Vec<SavedBranch>,
    snapshots: Vec<(String, SavedMoment)>,
    breaks: Vec<String>,
    watches: Vec<String>,
    journal: Vec<String>,
    /// States beyond the starts of stretches: stretch, step, and the state itself.
    states: Vec<(usize, u64, TrainState)>,
}

#[derive(Serialize, Deserialize)]
struct SavedBranch {
    name: String,
    moment: SavedMoment,
    from: Option<(String, u64)>,
}

#[derive(Serialize, Deserialize)]
struct SavedStretch {
    train: String,
    version: usize,
    parent: Option<(usize, u64)>,
    fingerprint: String,
    start: TrainState,
}

#[derive(Serialize, Deserialize)]
struct SavedMoment {
    version: usize,
    focus: Option<String>,
    points: Vec<(String, usize, u64)>,
}

impl SavedMoment {
    fn of(m: &Moment) -> SavedMoment {
        SavedMoment {
            version: m.version,
            focus: m.focus.as_ref().map(|f| f.to_string()),
            points: m.points.iter().map(|(n, p)| (n.to_string(), p.stretch, p.step)).collect(),
        }
    }

    /// `None` if it names what the file does not have.
    fn moment(&self, versions: usize, stretches: usize) -> Option<Moment> {
        let sound = self.version < versions && self.points.iter().all(|(_, s, _)| *s < stretches);
        sound.then(|| Moment {
            version: self.version,
            focus: self.focus.as_deref().map(Arc::from),
            points: self
                .points
                .iter()
                .map(|(n, stretch, step)| (Arc::from(n.as_str()), Point { stretch: *stretch, step: *step }))
                .collect(),
        })
    }
}

fn vectors(name: &str, s: &Snapshot) -> Vec<Tensor> {
    let all = [
        ("numbers", Some(&s.numbers)),
        ("gradients", Some(&s.gradients)),
        ("best", s.best.as_ref()),
        ("average", s.average.as_ref()),
    ];
    let found = all.into_iter().filter_map(|(n, v)| v.filter(|v| !v.is_empty()).map(|v| (n, v)));
    found.map(|(n, v)| Tensor { name: format!("{name}.{n}"), shape: vec![v.len()], data: v.clone() }).collect()
}

fn snapshot(file: &ModelFile, name: &str, state: TrainState) -> Option<Snapshot> {
    let vector = |n: &str| file.tensor(&format!("{name}.{n}")).map(|t| t.data.clone());
    Some(Snapshot {
        state,
        numbers: vector("numbers").unwrap_or_default(),
        gradients: vector("gradients").unwrap_or_default(),
        best: vector("best"),
        average: vector("average"),
    })
}

pub fn save(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let path = PathBuf::from(given.text(0));
    if lab.path.as_ref().is_some_and(|own| same_file(own, &path)) {
        let d = Diagnostic::new(&codes::OUTPUT, format!("`{}` is the program itself", path.display()));
        return Err(d.help("choose another name; `show changes` prints what to paste into the program").into());
    }
    match given.form {
        0 => model(lab, &path, sink),
        _ => session(lab, &path, sink),
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn model(lab: &mut Lab, path: &Path, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let step = lab.state.moment.points[&name].step;
    lab.with_execution(&name, sink, |execution, _| {
        let Some(trained) = execution.trained.get(&name) else { return Ok(()) };
        execution.write_model(trained, path)
    })?;
    sink.line(format!("wrote the model of step {step} to {}", path.display()));
    Ok(())
}

fn session(lab: &mut Lab, path: &Path, sink: &mut dyn Sink) -> Result<(), Refused> {
    let mut tensors = Vec::new();
    let mut states = Vec::new();
    let mut wanted: Vec<(Arc<str>, Point)> = lab.state.moment.points.iter().map(|(n, p)| (n.clone(), *p)).collect();
    let named = lab.state.branches.values().map(|b| &b.moment).chain(lab.state.snapshots.values());
    wanted.extend(named.flat_map(|m| m.points.iter().map(|(n, p)| (n.clone(), *p))));
    wanted.sort();
    wanted.dedup();
    for (name, point) in wanted {
        let start = &lab.stretches[point.stretch].start;
        let present = lab.state.moment.points.get(&name) == Some(&point);
        let kept = match lab.store.before(point) {
            _ if start.state.step == point.step => continue,
            Some((step, s)) if step == point.step => (*s).clone(),
            // Named points without a snapshot are replayed when they are gone to.
            _ if !present => continue,
            _ => {
                lab.go(&name, point, sink)?;
                lab.run(&name)?.snapshot()
            }
        };
        tensors.extend(vectors(&format!("state.{}", states.len()), &kept));
        states.push((point.stretch, point.step, kept.state));
    }
    for (i, stretch) in lab.stretches.iter().enumerate() {
        tensors.extend(vectors(&format!("start.{i}"), &stretch.start));
        if !stretch.losses.is_empty() {
            let (name, data) = (format!("losses.{i}"), stretch.losses.clone());
            tensors.push(Tensor { name, shape: vec![data.len()], data });
        }
    }
    // `absolute` refuses the empty path that a program in the present folder has.
    let whole = |p: &Path| std::path::absolute(Path::new(".").join(p)).unwrap_or_else(|_| p.to_path_buf());
    let saved = Saved {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        path: lab.path.as_deref().map(whole),
        base: whole(&lab.base),
        file_text: lab.file_text.clone(),
        texts: lab.versions.iter().map(|v| v.text.clone()).collect(),
        stretches: lab
            .stretches
            .iter()
            .map(|s| SavedStretch {
                train: s.train.to_string(),
                version: s.version,
                parent: s.parent.map(|p| (p.stretch, p.step)),
                fingerprint: s.fingerprint.clone(),
                start: s.start.state.clone(),
            })
            .collect(),
        moment: SavedMoment::of(&lab.state.moment),
        branch: lab.state.branch.clone(),
        branches: lab
            .state
            .branches
            .iter()
            .map(|(n, b)| SavedBranch { name: n.clone(), moment: SavedMoment::of(&b.moment), from: b.from.clone() })
            .collect(),
        snapshots: lab.state.snapshots.iter().map(|(n, m)| (n.clone(), SavedMoment::of(m))).collect(),
        breaks: lab.state.breaks.iter().map(|b| b.text.clone()).collect(),
        watches: lab.state.watches.iter().map(|w| w.to_string()).collect(),
        journal: lab.journal.iter().map(|e| e.text.clone()).collect(),
        states,
    };
    let json = serde_json::to_string(&saved)
        .map_err(|e| Diagnostic::new(&codes::OUTPUT, format!("the session can't be described: {e}")))?;
    if tensors.is_empty() {
        tensors.push(Tensor { name: "nothing".into(), shape: vec![1], data: vec![0.0] });
    }
    let metadata = BTreeMap::from([(KEY.to_string(), json)]);
    model_file::write(path, &ModelFile { tensors, metadata }).map_err(Diagnostic::from)?;
    sink.line(format!(
        "wrote the session to {0}, with {1}; `nnrun repl {0}` goes on",
        path.display(),
        format::counted(saved.journal.len() as u64, "entry").replace("entrys", "entries")
    ));
    Ok(())
}

pub fn digest(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let digest = lab.digest(sink)?;
    sink.line(digest);
    Ok(())
}

/// Whether a file looks like a saved session: it begins as model files do.
pub fn is_session(path: &Path) -> bool {
    if path.extension().is_some_and(|e| e == "nn") {
        return false;
    }
    let mut start = [0u8; 9];
    let read = std::fs::File::open(path).and_then(|mut f| std::io::Read::read_exact(&mut f, &mut start));
    read.is_ok()
        && start[8] == b'{'
        && u64::from_le_bytes([start[0], start[1], start[2], start[3], start[4], start[5], start[6], start[7]])
            < 1 << 40
}

/// A saved session, as it was left.
pub fn open(path: &Path, options: LabOptions) -> Result<Lab, Diagnostic> {
    let file = model_file::read(path).map_err(Diagnostic::from)?;
    let unsound = |what: &str| {
        Diagnostic::new(&codes::MODEL_FILE, format!("`{}` is no saved session: {what}", path.display()))
            .help("`save session FILE` in a session writes one")
    };
    let text = file.metadata.get(KEY).ok_or_else(|| unsound("it has no journal"))?;
    let saved: Saved = serde_json::from_str(text).map_err(|e| unsound(&format!("it can't be understood ({e})")))?;
    if saved.schema != SCHEMA {
        return Err(unsound(&format!("it was written by another version of nnrun ({})", saved.version)));
    }
    let mut lab = Lab::empty(saved.path, saved.base, saved.file_text, options);
    for text in saved.texts {
        let checked = lab.check(&text);
        if let Some(error) = checked.diagnostics.iter().find(|d| d.severity == Severity::Error) {
            let d = unsound(&format!("its program no longer checks: {}", error.message));
            return Err(d.help("the data files must be where they were, and as they were"));
        }
        lab.versions.push(Version::new(text, checked));
    }
    let (versions, stretches) = (lab.versions.len(), saved.stretches.len());
    for (i, s) in saved.stretches.into_iter().enumerate() {
        let start = snapshot(&file, &format!("start.{i}"), s.start).ok_or_else(|| unsound("numbers are missing"))?;
        let parent = s.parent.map(|(stretch, step)| Point { stretch, step });
        if s.version >= versions || parent.is_some_and(|p| p.stretch >= i) {
            return Err(unsound("its parts do not fit together"));
        }
        let losses = file.tensor(&format!("losses.{i}")).map(|t| t.data.clone()).unwrap_or_default();
        let train = Arc::from(s.train.as_str());
        lab.stretches.push(Stretch { train, version: s.version, parent, start, fingerprint: s.fingerprint, losses });
    }
    for (i, (stretch, step, state)) in saved.states.into_iter().enumerate() {
        if let Some(s) = snapshot(&file, &format!("state.{i}"), state).filter(|_| stretch < stretches) {
            lab.store.keep(Point { stretch, step }, s);
        }
    }
    let moment =
        |m: &SavedMoment| m.moment(versions, stretches).ok_or_else(|| unsound("its parts do not fit together"));
    lab.state.moment = moment(&saved.moment)?;
    lab.state.branch = saved.branch;
    for b in &saved.branches {
        lab.state.branches.insert(b.name.clone(), Branch { moment: moment(&b.moment)?, from: b.from.clone() });
    }
    for (name, m) in &saved.snapshots {
        lab.state.snapshots.insert(name.clone(), moment(m)?);
    }
    lab.journal = saved.journal.into_iter().map(|text| Entry { text, before: None }).collect();
    lab.awaken(&saved.breaks, &saved.watches).map_err(|r| match r {
        Refused::Wrong(d) => d,
        Refused::Interrupted => refuse("interrupted"),
    })?;
    Ok(lab)
}

impl Lab {
    /// Brings the present trainings into memory, and checks that they are what they were.
    fn awaken(&mut self, breaks: &[String], watches: &[String]) -> Result<(), Refused> {
        let mut silent = Silent;
        for (name, point) in self.state.moment.points.clone() {
            self.go(&name, point, &mut silent)?;
            let now = super::version::fingerprint(&self.run(&name)?.setup);
            if now != self.stretches[point.stretch].fingerprint {
                let d = Diagnostic::new(
                    &codes::DATA,
                    format!("the data of `{name}` is no longer what it was when the session was saved"),
                );
                return Err(d.help("put the files back as they were, or start the program anew").into());
            }
        }
        let Some(name) = self.state.moment.focus.clone() else { return Ok(()) };
        if breaks.is_empty() && watches.is_empty() {
            return Ok(());
        }
        self.ready(&mut silent)?;
        for text in breaks {
            let condition = Condition::read(text, self.run(&name)?)?;
            self.state.breaks.push(condition);
        }
        for text in watches {
            let quantity = Quantity::read(text, self.run(&name)?)?;
            self.state.watches.push(quantity);
        }
        Ok(())
    }
}

/// Hears nothing and is never interrupted.
struct Silent;

impl crate::session::Listener for Silent {
    fn event(&mut self, _: &crate::train::event::Event) {}

    fn diagnostics(&mut self, _: &[Diagnostic], _: &crate::text::Sources) {}

    fn interrupted(&self) -> bool {
        false
    }
}

impl Sink for Silent {
    fn say(&mut self, _: super::Reply) {}
}
