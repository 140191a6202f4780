//! The fault benchmark's figures, and what must hold of them.

#[path = "../faults/cases.rs"]
mod cases;

use cases::{Found, all, left_out, run, table};

use crate::nnrun::{golden, root};

#[test]
fn faults_are_found_and_fixed_programs_are_quiet() {
    let cases = all();
    let left_out = left_out();
    let numbers: Vec<u32> = cases.iter().map(|c| c.number).chain(left_out.keys().copied()).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=cases::ALL).collect::<Vec<_>>(), "every case is here once");
    let alarms: Vec<_> =
        cases.iter().filter(|c| !c.fixed.before.is_empty() || !c.fixed.while_running.is_empty()).collect();
    assert!(alarms.is_empty(), "{alarms:?}");
    let caught = cases.iter().filter(|c| c.found() != Found::Missed).count();
    assert!(caught * 10 >= cases.len() * 8, "{}", table(&cases));
    golden(&root().join("tests/faults/table.md"), &table(&cases));
}

/// Two seeds of each; `cargo bench --bench faults -- sound` takes five, and twenty random models.
#[test]
fn no_probe_warns_of_an_example() {
    let mut said = Vec::new();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "nn") {
            for seed in [1, 2] {
                let found = run(&path, Some(seed), true).while_running;
                let probes: Vec<_> = found.iter().filter(|c| c[1..].starts_with('8')).collect();
                if !probes.is_empty() {
                    said.push(format!("{} with seed {seed}: {probes:?}", path.display()));
                }
            }
        }
    }
    assert!(said.is_empty(), "{}", said.join("\n"));
}
