//! Programs of a session, and what tells whether two of them mean the same training.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::check::Checked;
use crate::engine::program::Program;
use crate::plan::HostMemory;
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

/// Steps whose scheduled numbers are compared: the first ones, and so many parts of the whole training.
const EARLY: u32 = 256;
const SPREAD: u32 = 128;

/// Equal for trainings that take the same steps from the same state.
pub fn fingerprint(setup: &Setup) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: String| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    let (plan, item) = (&setup.plan, &setup.item);
    let mut programs: Vec<&Program> = vec![&plan.step, &plan.forward, &plan.init];
    programs.extend(&plan.norm);
    programs.extend(plan.updates.iter().map(|u| &u.program));
    for program in programs {
        for node in &program.graph.nodes {
            // Axes know where they were written, which moves when other items change.
            let dims: Vec<_> = node.shape.0.iter().map(|a| &a.dim).collect();
            add(format!("{:?}{:?}{dims:?}", node.op, node.args));
        }
        add(format!("{:?}{:?}{:?}{:?}", program.outputs, program.updates, program.scalars, program.inputs));
    }
    // What the trainer computes by itself, schedules above all, is compared by what it gives.
    let per_epoch = (setup.data.split.train.len() as f64 / item.batch_size.max(1) as f64).ceil().max(1.0);
    let by_epochs = item.epochs.map(|n| n as f64 * per_epoch);
    let planned = item.steps.map(|n| n as f64).or(by_epochs).unwrap_or(1.0).max(1.0);
    let early = (0..EARLY).map(f64::from);
    let spread = (0..=SPREAD).map(|i| (planned * f64::from(i) / f64::from(SPREAD)).floor());
    let steps: Vec<f64> = early.chain(spread).collect();
    for host in std::iter::once(&plan.step_host).chain(plan.updates.iter().map(|u| &u.host)) {
        let mut memory = HostMemory::default();
        for &step in &steps {
            let read = |name: &str| match name {
                "step" => step,
                "update" => step + 1.0,
                "epoch" => (step / per_epoch).floor(),
                "progress" => step / planned,
                _ => 0.5,
            };
            host.run(read, &mut memory);
            add(memory.results.iter().map(|x| format!("{:08x}", x.to_bits())).collect());
        }
    }
    for part in &plan.parts {
        add(format!("{} {:?} {:?} {}", part.path, part.role, part.shape, part.frozen));
    }
    let watched = |w: &crate::check::Watched| w.name();
    let stop = item.stop.as_ref().map(|(w, patience, delta)| (watched(w), *patience, *delta));
    let keep = item.keep.as_ref().map(watched);
    add(format!(
        "{} {:?} {:?} {} {:?} {stop:?} {keep:?} {:?} {}",
        item.batch_size, item.epochs, item.steps, item.accumulate, item.clip, item.average, setup.seed
    ));
    for plateau in &item.plateaus {
        add(format!("{:?} {}", plateau.rule, watched(&plateau.watched)));
    }
    add(format!("{:?} {:?} {:?}", plan.answers, plan.step_feeds, plan.forward_feeds));
    add(checkpoint::digest(&setup.data));
    hex(hash)
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
