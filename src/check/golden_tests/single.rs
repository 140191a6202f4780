//! The prelude in `f32`, by the fast kernels: at most twice as far from PyTorch's `f64` as PyTorch's own `f32` is, or 1e-6
//! where that is more.

use super::*;
use crate::engine::exec::{self, Arena, Executable, Options};

/// What rounding once or twice makes.
const ROUNDING: f64 = 1e-6;

/// The measure of `float32_error`: the largest `|a - b| / max(|b|, 1e-6 * max |b|)`.
pub(super) fn relative_error(found: &[f32], exact: &[f64]) -> f64 {
    assert_eq!(found.len(), exact.len());
    let largest = exact.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let floor = (1e-6 * largest).max(1e-30);
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

/// What of a case is further from PyTorch than it may be.
fn single(case: &Json) -> Vec<String> {
    let Prepared { program, names, rows, inputs, arena } = match prepare(case) {
        Ok(prepared) => prepared,
        Err(problem) => return vec![problem],
    };
    let program = simplified(&program);
    let mut executable = Executable::compile(&program, &Options::default()).unwrap();
    let inputs: Vec<Vec<f32>> = inputs.iter().map(|i| narrowed(i)).collect();
    let lists: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut slots = arena_of(&arena);
    let call = exec::Call { rows, key: Key(1), inputs: &lists, scalars: &[], slots: &mut slots };
    if let Err(fault) = executable.run(call) {
        return vec![fault.to_string()];
    }
    let mut wrong = Vec::new();
    let mut compare = |name: &str, found: &[f32], exact: &[f64], own: f64| {
        let error = relative_error(found, exact);
        let allowed = ROUNDING.max(2.0 * own);
        if error.is_nan() || error > allowed {
            wrong.push(format!("{name}: error {error:.3e} where {allowed:.3e} is allowed"));
        }
    };
    for (i, name) in names.iter().enumerate() {
        let exact = expected(case, name);
        if let Some(own) = case["float32_error"][name].as_f64() {
            compare(name, executable.output(i), &exact, own);
        } else {
            assert_eq!(narrowed(&exact), executable.output(i), "{name}, which is not finite");
        }
    }
    for (path, exact) in arrays(case, "buffers_after") {
        let slot = program.slots.iter().find(|s| *s.path == *path).unwrap();
        compare(&path, &slots[slot.offset..slot.offset + slot.len()], &exact, 0.0);
    }
    wrong
}

fn run_all(file: &str) {
    let file = load(file);
    let told: Vec<String> =
        cases(&file).flat_map(|c| single(c).into_iter().map(|p| format!("{}: {p}", c["name"]))).collect();
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
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
fn schedules_are_as_exact_as_pytorchs() {
    run_all("torch_schedules");
}

/// The values after each of the recorded updates.
fn trajectory(text: &str, file: &Json) -> Result<Vec<f32>, String> {
    let Updates { program, arena, value, grad } = updates(text, file)?;
    let program = simplified(&program);
    let mut executable = Executable::compile(&program, &Options::default()).map_err(|f| f.to_string())?;
    let mut slots = arena_of(&arena);
    let mut kept = Vec::new();
    for (t, gradient, recorded) in gradients(file) {
        slots[grad.clone()].copy_from_slice(&narrowed(&gradient));
        let scalars: Vec<f32> =
            program.scalars.iter().map(|s| if &**s == "update" { t as f32 } else { f32::NAN }).collect();
        let call = exec::Call { rows: 1, key: Key(1), inputs: &[], scalars: &scalars, slots: &mut slots };
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
    let mut told = Vec::new();
    for case in cases(&file) {
        let name = case["name"].as_str().unwrap();
        let kept = trajectory(name, &file).unwrap_or_else(|p| panic!("{name}: {p}"));
        let error = relative_error(&kept, &numbers(&case["values"]));
        let allowed = ROUNDING.max(2.0 * case["float32_error"].as_f64().unwrap());
        if error.is_nan() || error > allowed {
            told.push(format!("{name}: error {error:.3e} where {allowed:.3e} is allowed"));
        }
    }
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
}
