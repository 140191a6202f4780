//! Trainings without a fault, of which no probe may warn.

use std::path::Path;

use super::cases::run;
use super::random;

/// The examples with five seeds each, and twenty random models that train well with two.
pub fn report() {
    let mut alarms = 0;
    let mut trainings = 0;
    let mut look = |path: &Path, seed: u64| {
        let said = run(path, Some(seed), true).while_running;
        let probes: Vec<_> = said.iter().filter(|c| c[1..].starts_with('8')).collect();
        trainings += 1;
        alarms += usize::from(!probes.is_empty());
        if !probes.is_empty() {
            println!("{} with seed {seed}: {probes:?}", path.display());
        }
    };
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut files: Vec<_> = std::fs::read_dir(examples).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "nn")) {
        (0..5).for_each(|seed| look(path, seed));
    }
    let folder = tempfile::tempdir().unwrap();
    for i in 0..random::ALL {
        let path = folder.path().join(format!("random_{i}.nn"));
        std::fs::write(&path, random::program(i)).unwrap();
        (0..2).for_each(|seed| look(&path, seed));
    }
    println!("{alarms} of {trainings} sound trainings had a warning or note of a probe");
}
