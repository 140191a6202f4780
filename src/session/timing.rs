//! Where the time of a training went, as parts of the table that `--timing` prints.

use std::time::Duration;

use crate::train::event::Part;
use crate::train::{Phase, Run, Spent};

/// The parts of a training that took `seconds` in all: each layer in each phase, then the rest (compiling, files).
pub(super) fn of_training(name: &str, run: &Run, seconds: f64) -> Vec<Part> {
    let steps = run.state.step;
    let mut parts: Vec<(String, Duration)> = Vec::new();
    for spent in run.profile() {
        let label = label(&spent);
        match parts.iter_mut().find(|(l, _)| *l == label) {
            Some((_, time)) => *time += spent.time,
            None => parts.push((label, spent.time)),
        }
    }
    let told: Duration = parts.iter().map(|(_, time)| *time).sum();
    let part = |(label, time): (String, Duration)| Part {
        name: format!("{name} {label}"),
        calls: steps,
        seconds: time.as_secs_f64(),
    };
    let mut parts: Vec<Part> = parts.into_iter().filter(|(_, time)| !time.is_zero()).map(part).collect();
    let rest = (seconds - told.as_secs_f64()).max(0.0);
    parts.push(Part { name: format!("{name} rest"), calls: 1, seconds: rest });
    parts
}

/// `forward feature_extractor.0.1 – 3`
fn label(spent: &Spent) -> String {
    let phase = match spent.phase {
        Phase::Batch => return "batch".into(),
        Phase::Epoch => return "end of epochs".into(),
        Phase::Update => return "update".into(),
        Phase::Forward => "forward",
        Phase::Backward => "backward",
    };
    match &spent.paths[..] {
        [] => format!("{phase} loss"),
        [one] => format!("{phase} {one}"),
        [first, .., last] => format!("{phase} {first} – {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_called_by_its_phase_and_layers() {
        let of = |phase, paths: &[&str]| {
            label(&Spent {
                phase,
                paths: paths.iter().map(|p| (*p).into()).collect(),
                what: String::new(),
                time: Duration::ZERO,
            })
        };
        assert_eq!(of(Phase::Forward, &["body.0", "body.1", "body.2"]), "forward body.0 – body.2");
        assert_eq!(of(Phase::Backward, &["body.0"]), "backward body.0");
        assert_eq!(of(Phase::Forward, &[]), "forward loss");
        assert_eq!(of(Phase::Update, &[]), "update");
    }
}
