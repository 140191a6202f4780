//! The prelude in `f32`, by the fast kernels: for each of its entries the largest error against PyTorch's `f64` is at most
//! twice that of PyTorch's own `f32`, or 1e-6 where that is more.

use super::*;
use crate::engine::exec::{self, Arena, Executable, Options};
use crate::plan::{Host, HostMemory};

/// Numbers smaller than this part of the largest one are measured by it.
const FLOOR: f64 = 1e-6;

/// What rounding once or twice makes.
const ROUNDING: f64 = 1e-6;

/// The measure of `float32_error`: the largest `|a - b| / max(|b|, share * max |b|)`.
pub(super) fn relative_error(found: &[f32], exact: &[f64], share: f64) -> f64 {
    assert_eq!(found.len(), exact.len());
    let largest = exact.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let floor = (share * largest).max(1e-30);
    let error = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs() / b.abs().max(floor);
    // Unlike `max`, keeps what is not a number.
    found.iter().zip(exact).map(error).fold(0.0, |m, x| if x <= m { m } else { x })
}

/// A program as it is executed after training is planned.
pub(super) fn simplified(program: &Program) -> Program {
    let mut program = program.clone();
    let all: Vec<NodeId> = program.outputs.iter().copied().chain(program.updates.iter().map(|u| u.1)).collect();
    let (graph, map) = rewrite::simplify_final(&program.graph, &all);
    program.graph = graph;
    program.outputs.iter_mut().for_each(|n| *n = map[n.0 as usize].unwrap());
    program.updates.iter_mut().for_each(|u| u.1 = map[u.1.0 as usize].unwrap());
    program
}

pub(super) fn narrowed(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|x| *x as f32).collect()
}

fn arena_of(numbers: &[f64]) -> Arena {
    let mut arena = Arena::new(numbers.len());
    arena.copy_from_slice(&narrowed(numbers));
    arena
}

/// A result of a case that was compared.
struct Compared {
    what: String,
    /// The entry of the library.
    entry: String,
    error: f64,
    /// PyTorch's.
    own: f64,
}

/// Above it a result is lost in rounding, so that its error says nothing of the others'.
const LOST: f64 = 1e-3;

fn single(case: &Json) -> Vec<Compared> {
    let prepared = prepare(case).unwrap_or_else(|problem| panic!("{}: {problem}", case["name"]));
    let Prepared { program, names, rows, inputs, arena } = prepared;
    let program = simplified(&program);
    let mut executable = Executable::compile(&program, &Options::default()).unwrap();
    let inputs: Vec<Vec<f32>> = inputs.iter().map(|i| narrowed(i)).collect();
    let lists: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut slots = arena_of(&arena);
    let call = exec::Call { rows, key: Key(1), inputs: &lists, scalars: &[], slots: &mut slots };
    executable.run(call).unwrap_or_else(|fault| panic!("{}: {fault}", case["name"]));
    let share = case["floor"].as_f64().unwrap_or(FLOOR);
    let compared = |what: &str, found: &[f32], exact: &[f64], own: f64| Compared {
        what: format!("{}: {what}", case["name"]),
        entry: case["nn"].as_str().unwrap().to_string(),
        error: relative_error(found, exact, share),
        own,
    };
    let mut all = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let exact = expected(case, name);
        match case["float32_error"][name].as_f64() {
            Some(own) => all.push(compared(name, executable.output(i), &exact, own)),
            None => assert_eq!(narrowed(&exact), executable.output(i), "{name}, which is not finite"),
        }
    }
    for (path, exact) in arrays(case, "buffers_after") {
        let slot = program.slots.iter().find(|s| *s.path == *path).unwrap();
        all.push(compared(&path, &slots[slot.offset..slot.offset + slot.len()], &exact, 0.0));
    }
    all
}

/// Cases with an element next to a zero, where correctly rounded steps alone come within 1 % of the bound: mish's
/// derivative at -1.234 (2.97e-6 of 3.00e-6), for which 3.2e-6 is allowed.
const NEXT_TO_A_ZERO: [(&str, f64); 1] = [("\"Mish 1 x [2, 6]\": x", 3.2e-6)];

/// Compares the largest error of each entry of the library with PyTorch's largest for it.
fn judge(all: &[Compared]) {
    let mut largest: BTreeMap<&str, f64> = BTreeMap::new();
    for c in all.iter().filter(|c| c.own <= LOST) {
        let own = largest.entry(&c.entry).or_default();
        *own = own.max(c.own);
    }
    let mut told = Vec::new();
    for c in all {
        let own = if c.own > LOST { c.own } else { largest[&*c.entry] };
        let next_to_a_zero = NEXT_TO_A_ZERO.iter().find(|(what, _)| *what == c.what).map_or(0.0, |(_, bound)| *bound);
        let allowed = ROUNDING.max(2.0 * own).max(next_to_a_zero);
        if c.error.is_nan() || c.error > allowed {
            told.push(format!("{}: error {:.3e} where {allowed:.3e} is allowed", c.what, c.error));
        }
    }
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
}

fn run_all(file: &str) {
    let all: Vec<Compared> = cases(&load(file)).flat_map(single).collect();
    judge(&all);
}

#[test]
fn activations_are_as_exact_as_pytorchs() {
    run_all("torch_activations");
}

#[test]
fn layers_are_as_exact_as_pytorchs() {
    run_all("torch_layers");
}

#[test]
fn losses_are_as_exact_as_pytorchs() {
    run_all("torch_losses");
}

#[test]
fn what_is_expressed_is_as_exact_as_pytorchs() {
    run_all("torch_expressed");
}

/// A schedule is computed by the host in `f64` and rounded once, as PyTorch's is.
#[test]
fn schedules_are_as_exact_as_pytorchs() {
    let file = load("torch_schedules");
    let compared = |case: &Json| {
        let Prepared { program, rows, inputs, mut arena, .. } = prepare(case).unwrap();
        let lists: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
        let mut call = Call { rows, key: Key(1), inputs: &lists, scalars: &[], arena: &mut arena };
        let rates: Numbers = reference::run(&program, &mut call).unwrap().outputs[0].iter().copied().collect();
        let error = relative_error(&narrowed(&rates), &expected(case, "out"), FLOOR);
        Compared { what: case["name"].to_string(), entry: case["nn"].as_str().unwrap().to_string(), error, own: 0.0 }
    };
    let all: Vec<Compared> = cases(&file).map(compared).collect();
    judge(&all);
}

/// The values after each of the recorded updates.
fn trajectory(text: &str, file: &Json) -> Result<Vec<f32>, String> {
    let Updates { program, arena, value, grad } = updates(text, file)?;
    let (program, host) = Host::split(simplified(&program));
    let mut executable = Executable::compile(&program, &Options::default()).map_err(|f| f.to_string())?;
    let mut slots = arena_of(&arena);
    let mut scalars = HostMemory::default();
    let mut kept = Vec::new();
    for (t, gradient, recorded) in gradients(file) {
        slots[grad.clone()].copy_from_slice(&narrowed(&gradient));
        host.run(|name| if name == "update" { t as f64 } else { f64::NAN }, &mut scalars);
        let call = exec::Call { rows: 1, key: Key(1), inputs: &[], scalars: &scalars.results, slots: &mut slots };
        executable.run(call).map_err(|f| f.to_string())?;
        if recorded {
            kept.extend(&slots[value.clone()]);
        }
    }
    Ok(kept)
}

#[test]
fn optimizers_are_as_exact_as_pytorchs() {
    let file = load("torch_optimizers");
    let compared = |case: &Json| {
        let name = case["name"].as_str().unwrap();
        let kept = trajectory(name, &file).unwrap_or_else(|p| panic!("{name}: {p}"));
        Compared {
            what: name.to_string(),
            entry: case["nn"].as_str().unwrap().to_string(),
            error: relative_error(&kept, &numbers(&case["values"]), FLOOR),
            own: case["float32_error"].as_f64().unwrap(),
        }
    };
    let all: Vec<Compared> = cases(&file).map(compared).collect();
    judge(&all);
}
