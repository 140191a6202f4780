//! Programs of a session, and what tells whether two of them mean the same training.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::check::Checked;
use crate::engine::program::Program;
use crate::session::checkpoint;
use crate::train::{Setup, Snapshot};

/// A program as it stood at some time.
pub struct Version {
    pub text: String,
    pub checked: Rc<Checked>,
}

impl Version {
    pub fn new(text: String, checked: Checked) -> Version {
        Version { text, checked: Rc::new(checked) }
    }
}

/// Equal for trainings that take the same steps from the same state.
pub fn fingerprint(setup: &Setup) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: String| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    let plan = &setup.plan;
    let mut programs: Vec<&Program> = vec![&plan.step, &plan.forward, &plan.init];
    programs.extend(&plan.norm);
    programs.extend(plan.updates.iter().map(|u| &u.program));
    for program in programs {
        for node in &program.graph.nodes {
            add(format!("{:?}{:?}{:?}", node.op, node.args, node.shape));
        }
        add(format!("{:?}{:?}{:?}{:?}", program.outputs, program.updates, program.scalars, program.inputs));
    }
    for host in std::iter::once(&plan.step_host).chain(plan.updates.iter().map(|u| &u.host)) {
        add(unplaced(&format!("{host:?}")));
    }
    for part in &plan.parts {
        add(format!("{} {:?} {:?} {}", part.path, part.role, part.shape, part.frozen));
    }
    let item = &setup.item;
    let watched = |w: &crate::check::Watched| w.name();
    let stop = item.stop.as_ref().map(|(w, patience, delta)| (watched(w), *patience, *delta));
    let keep = item.keep.as_ref().map(watched);
    add(format!(
        "{} {:?} {:?} {} {:?} {stop:?} {keep:?} {:?} {}",
        item.batch_size, item.epochs, item.steps, item.accumulate, item.clip, item.average, setup.seed
    ));
    add(format!("{:?} {:?} {:?}", plan.answers, plan.step_feeds, plan.forward_feeds));
    add(checkpoint::digest(&setup.data));
    hex(hash)
}

/// Places in the text left out: they move when other items change.
fn unplaced(debug: &str) -> String {
    let mut out = String::new();
    let mut rest = debug;
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('}').map_or(rest.len(), |e| at + e + 1);
        rest = &rest[end..];
    }
    out + rest
}

/// A digest of everything in a snapshot.
pub fn digest(s: &Snapshot) -> String {
    let mut hash = Sha256::new();
    for vector in [Some(&s.numbers), Some(&s.gradients), s.best.as_ref(), s.average.as_ref()] {
        let vector = vector.map_or(&[][..], Vec::as_slice);
        hash.update((vector.len() as u64).to_le_bytes());
        vector.iter().for_each(|x| hash.update(x.to_bits().to_le_bytes()));
    }
    hash.update(serde_json::to_string(&s.state).unwrap_or_default().as_bytes());
    hex(hash)
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
