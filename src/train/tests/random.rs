//! Random programs against their twins in PyTorch: the cases of `tests/goldens/torch_random.json`, which `torch_random.py`
//! describes. `NNRUN_RANDOM` names another file of such cases; with `--nocapture` the largest errors are printed.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::{Feeds, Setup};
use super::torch::{Weights, arrays, numbers};
use super::{run_from, setup};
use crate::check::Clip;
use crate::check::elaborate::Role;
use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::engine::reference;
use crate::plan::{Host, HostMemory};

const ROWS: usize = 12;
const BATCH: usize = 6;
const STEPS: usize = 10;

/// What is compared of each program.
const KINDS: [&str; 4] = ["out", "grads", "losses", "final"];

/// Above it a number is lost in rounding, so that its error says nothing of the others'.
const LOST: f64 = 1e-3;

fn file() -> Json {
    let stored = format!("{}/tests/goldens/torch_random.json", env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var("NNRUN_RANDOM").unwrap_or(stored);
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))).unwrap()
}

fn cases(file: &Json) -> Vec<(&Json, Setup)> {
    let all = file["cases"].as_array().unwrap().iter();
    all.map(|c| (c, setup(c["program"].as_str().unwrap(), c["csv"].as_str().unwrap()))).collect()
}

/// Rows of an update, counted from 0.
fn rows_of(update: usize) -> Vec<u32> {
    (0..BATCH).map(|i| ((update * BATCH + i) % ROWS) as u32).collect()
}

/// Arrays by kind and path.
type Found = BTreeMap<(&'static str, String), Vec<f64>>;

/// What PyTorch has, in the form of [`Found`].
fn expected(case: &Json) -> Found {
    let mut all = Found::new();
    all.insert(("out", String::new()), numbers(&case["out"]["data"]));
    all.insert(("losses", String::new()), numbers(&case["losses"]));
    for kind in ["grads", "final"] {
        all.extend(arrays(case, kind).into_iter().map(|(path, (_, values))| ((kind, path), values)));
    }
    all
}

fn weights(case: &Json) -> Weights {
    let mut weights = arrays(case, "parameters");
    weights.extend(arrays(case, "buffers"));
    weights
}

/// One program in `f64`, by the reference kernels; `rows` in its batch.
fn execute(program: &Program, scalars: &[f64], batch: &[&[f32]], rows: usize, arena: &mut [f64]) -> Vec<Vec<f64>> {
    let inputs: Vec<Vec<f64>> = batch.iter().map(|b| b.iter().map(|x| f64::from(*x)).collect()).collect();
    let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let mut call = reference::Call { rows, key: Key(0), inputs: &inputs, scalars, arena };
    let outcome = reference::run(program, &mut call).unwrap_or_else(|f| panic!("{f}"));
    outcome.outputs.iter().map(|o| o.iter().copied().collect()).collect()
}

/// The scalars of a program at an update, counted from 0.
fn scalars(host: &Host, step: usize, clip: f64) -> Vec<f64> {
    let read = |name: &str| match name {
        "step" => step as f64,
        "update" => step as f64 + 1.0,
        "clip" => clip,
        _ => f64::NAN,
    };
    let mut memory = HostMemory::default();
    host.run(read, &mut memory);
    host.exact(&memory).collect()
}

/// The whole training in `f64`.
fn double(case: &Json, setup: &Setup) -> Found {
    let (plan, weights) = (&setup.plan, weights(case));
    let mut arena = vec![0.0; plan.arena];
    let at_first: Vec<f64> = plan.init.scalars.iter().map(|name| if **name == *"update" { 1.0 } else { 0.0 }).collect();
    let drawn = execute(&plan.init, &at_first, &[], 1, &mut []);
    for (part, drawn) in plan.parts.iter().zip(drawn) {
        let values = match weights.get(&*part.path) {
            // As few digits as hold an `f32`.
            Some((_, values)) => values.iter().map(|x| f64::from(*x as f32)).collect(),
            None => drawn,
        };
        assert!(part.role == Role::State || weights.contains_key(&*part.path), "no values for {}", part.path);
        arena[part.range()].copy_from_slice(&values);
    }
    let mut found = Found::new();
    let mut feeds = Feeds::of_dataset(&plan.forward_feeds, &setup.data, &setup.models).unwrap();
    feeds.gather(&(0..ROWS as u32).collect::<Vec<_>>());
    let nothing = vec![f64::NAN; plan.forward.scalars.len()];
    let out = execute(&plan.forward, &nothing, &feeds.batch(), ROWS, &mut arena).swap_remove(0);
    found.insert(("out", String::new()), out);
    let mut feeds = Feeds::of_dataset(&plan.step_feeds, &setup.data, &setup.models).unwrap();
    let mut losses = Vec::new();
    for step in 0..STEPS {
        feeds.gather(&rows_of(step));
        let known = scalars(&plan.step_host, step, f64::NAN);
        losses.extend(execute(&plan.step, &known, &feeds.batch(), BATCH, &mut arena).swap_remove(0));
        if step == 0 {
            found.extend(gradients(case, setup, |range| arena[range].to_vec()));
        }
        let norm = plan.norm.as_ref().map(|p| execute(p, &[], &[], 1, &mut arena)[0][0].sqrt());
        let clip = match (plan.clip, norm) {
            (Some(Clip::Norm(max)), Some(norm)) => (max / (norm + 1e-6)).min(1.0),
            _ => 1.0,
        };
        for update in &plan.updates {
            execute(&update.program, &scalars(&update.host, step, clip), &[], 1, &mut arena);
        }
    }
    found.insert(("losses", String::new()), losses);
    for path in arrays(case, "final").into_keys() {
        let part = plan.parts.iter().find(|p| *p.path == *path).unwrap();
        found.insert(("final", path), arena[part.range()].to_vec());
    }
    found
}

/// The gradients as they lie in the arena. One that PyTorch has and this does not is zero.
fn gradients(case: &Json, setup: &Setup, read: impl Fn(std::ops::Range<usize>) -> Vec<f64>) -> Found {
    let each = arrays(case, "grads").into_keys().map(|path| {
        let slot = setup.plan.slots.iter().find(|s| *s.path == *format!("{path}.grad"));
        let slot = slot.unwrap_or_else(|| panic!("no gradient of {path}"));
        (("grads", path), read(slot.offset..slot.offset + slot.len()))
    });
    each.collect()
}

/// Where two arrays differ by more than 1e-9, with some room for what cancels within the array.
fn differs(found: &[f64], exact: &[f64]) -> bool {
    let largest = exact.iter().fold(1.0f64, |m, x| m.max(x.abs()));
    let bad = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-9 * b.abs() + 1e-12 * largest || a.is_nan();
    found.len() != exact.len() || found.iter().zip(exact).any(bad)
}

#[test]
fn random_programs_in_double_precision_are_pytorchs() {
    let file = file();
    let mut wrong = Vec::new();
    let mut largest: BTreeMap<&str, f64> = BTreeMap::new();
    for (case, setup) in cases(&file) {
        let exact = expected(case);
        let found = double(case, &setup);
        assert_eq!(found.len(), exact.len());
        for ((kind, path), exact) in &exact {
            let values = &found[&(*kind, path.clone())];
            let size = exact.iter().fold(1.0f64, |m, x| m.max(x.abs()));
            let error = values.iter().zip(exact).map(|(a, b)| (a - b).abs() / size).fold(0.0, f64::max);
            largest.entry(kind).and_modify(|e| *e = e.max(error)).or_insert(error);
            if differs(values, exact) {
                wrong.push(format!(
                    "{}: {kind} {path} {values:?} where PyTorch has {exact:?}\n{}",
                    case["name"],
                    case["program"].as_str().unwrap()
                ));
            }
        }
    }
    println!("{} programs, largest absolute errors {largest:?}", file["cases"].as_array().unwrap().len());
    assert!(wrong.is_empty(), "{} problems\n{}", wrong.len(), wrong.join("\n"));
}

/// The largest `|a - b| / max |b|`, as `float32_error` is measured.
fn relative_error(found: &[f64], exact: &[f64]) -> f64 {
    assert_eq!(found.len(), exact.len());
    let largest = exact.iter().fold(1e-30f64, |m, x| m.max(x.abs()));
    let each = found.iter().zip(exact).map(|(a, b)| (a - b).abs() / largest);
    // Unlike `max`, keeps what is not a number.
    each.fold(0.0, |m, x| if x <= m { m } else { x })
}

/// The whole training by the fast kernels.
fn single(case: &Json, setup: Setup) -> Found {
    let plan = setup.plan.clone();
    let mut run = run_from(setup, &weights(case));
    let mut found = Found::new();
    let out = run.answers(&(0..ROWS as u32).collect::<Vec<_>>()).unwrap();
    found.insert(("out", String::new()), out.values[0].to_vec());
    let mut losses = Vec::new();
    for step in 0..STEPS {
        losses.push(run.train_on(&rows_of(step)).unwrap());
        if step == 0 {
            let wide = |range: std::ops::Range<usize>| run.numbers(range).iter().map(|x| f64::from(*x)).collect();
            found.extend(gradients(case, &run.setup, wide));
        }
    }
    found.insert(("losses", String::new()), losses);
    for path in arrays(case, "final").into_keys() {
        let part = plan.parts.iter().find(|p| *p.path == *path).unwrap();
        found.insert(("final", path), run.numbers(part.range()).iter().map(|x| f64::from(*x)).collect());
    }
    found
}

/// For each kind of number the largest error over all programs is at most twice PyTorch's own, or 1e-6.
#[test]
fn random_programs_in_single_precision_are_as_exact_as_pytorchs() {
    let file = file();
    let mut wrong = Vec::new();
    for kind in KINDS {
        let mut told: Vec<(f64, f64, String)> = Vec::new();
        for (case, setup) in cases(&file) {
            let exact = expected(case);
            let found = single(case, setup);
            let errors =
                exact.iter().filter(|((k, _), _)| *k == kind).map(|(key, exact)| relative_error(&found[key], exact));
            let error = errors.fold(0.0f64, |m, x| if x <= m { m } else { x });
            let own = case["float32_error"][kind].as_f64().unwrap();
            told.push((error, own, case["name"].to_string()));
        }
        let kept = told.iter().filter(|(_, own, _)| *own <= LOST);
        let largest = kept.clone().fold(0.0f64, |m, (_, own, _)| m.max(*own));
        let ours = kept.clone().fold(0.0f64, |m, (error, ..)| m.max(*error));
        let within = told.iter().filter(|(error, own, _)| *error <= (2.0 * own).max(1e-6)).count();
        println!(
            "{kind}: largest error {ours:.2e}, PyTorch's {largest:.2e}; {within} of {} within twice PyTorch's own for the same program",
            told.len()
        );
        for (error, own, name) in &told {
            let allowed = if *own > LOST { f64::INFINITY } else { (2.0 * largest).max(1e-6) };
            if error.is_nan() || *error > allowed {
                wrong.push(format!(
                    "{name}: {kind} has an error of {error:.3e}, PyTorch's {own:.3e}, and {allowed:.3e} is allowed"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
