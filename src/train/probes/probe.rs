use crate::diag::{Code, Diagnostic};
use crate::train::run::Run;

use super::story::{Sample, Story};

/// One thing that can go wrong while training. Everything about it stands in its file: what is looked at, from where on it is
/// reported, where that threshold comes from, and what is said.
pub struct Probe {
    pub code: &'static Code,
    pub when: When,
    /// What there is to say. A probe must not warn of a sound training: it rather stays silent.
    pub look: fn(&mut Run, &Story, &Sample) -> Vec<Diagnostic>,
}

/// When a probe looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Behind the first step of a fresh training, whose loss is that of the initial weights.
    First,
    /// Behind steps 1, 4, 16, 64, … and the last one that is planned.
    Sample,
    /// The same, and behind epochs 1, 2, 4, 8, …: what looks at losses alone.
    Course,
    /// At the end of the training.
    End,
}
