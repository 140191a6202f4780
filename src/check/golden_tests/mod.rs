//! The prelude against PyTorch: the cases of `tests/goldens/torch_*.json`, in `f64` by the reference kernels.
//! Formats are described in `tests/goldens/torch_cases.py` and the scripts beside it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::engine::gradient::gradient;
use crate::engine::graph::{InputId, Map, NodeId, Op, Place};
use crate::engine::program::{InputInfo, Program, SlotInfo};
use crate::engine::random::Key;
use crate::engine::reference::{self, Call};
use crate::engine::rewrite;
use crate::syntax::{self, ast};
use crate::text::Sources;
use crate::types::{Axis, Shape};

use crate::check::call::Site;
use crate::check::elaborate::{Elaborator, Role};
use crate::check::frame::Frame;
use crate::check::scope::{Definition, DefinitionKind, Scope};
use crate::check::signature::{DimPattern, Reading};
use crate::check::value::{Argument, Tensor, Value};
use crate::check::world::World;

mod single;

type Numbers = Vec<f64>;

fn load(name: &str) -> Json {
    let path = format!("{}/tests/goldens/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))).unwrap()
}

fn cases(file: &Json) -> impl Iterator<Item = &Json> {
    file["cases"].as_array().unwrap().iter()
}

fn numbers(array: &Json) -> Numbers {
    array["data"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn arrays(case: &Json, key: &str) -> BTreeMap<String, Numbers> {
    let Some(object) = case[key].as_object() else { return BTreeMap::new() };
    object.iter().map(|(k, v)| (k.clone(), numbers(v))).collect()
}

/// The definitions of a program text, without data.
fn world(text: &str) -> World {
    let mut sources = Sources::default();
    let source = sources.add("golden.nn", text);
    let parsed = syntax::parse(&source);
    assert!(parsed.problems.is_empty(), "{text}: {:?}", parsed.problems);
    let mut scope = Scope::new(sources);
    for item in parsed.file.items {
        let ast::ItemKind::Def(def) = item.kind else { continue };
        let (Some(kind), Some(name)) = (DefinitionKind::of(&def.kind.text), &def.name) else { continue };
        let name = name.text.clone();
        scope.define(Definition { kind, name, doc: item.doc, def, library: false });
    }
    World::new(scope, BTreeMap::new())
}

/// A tensor input of the model, by its declared type.
fn declared_input(e: &mut Elaborator, param: &ast::Param, frame: &Frame) -> Option<Tensor> {
    let ast::TypeKind::Named { path, args, dims, .. } = &param.ty.as_ref()?.kind else { return None };
    let domain = e.domain_pattern(&path[0].text, args, frame, param.span)?;
    let mut axes = Vec::new();
    if domain.has_class_axis() {
        axes.extend(domain.classes().cloned().map(Axis::new));
    }
    for pattern in e.dim_patterns(dims.as_deref().unwrap_or(&[]), frame)? {
        match pattern {
            DimPattern::Dim(dim, _) => axes.push(Axis::new(dim)),
            DimPattern::Star(_) => return None,
        }
    }
    let node = e.input(&param.name.text, Shape(axes), frame, param.span)?;
    Some(Tensor { node, domain, batched: true })
}

/// Memory for all slots, filled from `values`; paths without a value hold zeros.
fn memory(e: &Elaborator, values: &BTreeMap<String, Numbers>) -> (Vec<SlotInfo>, Numbers) {
    let (mut slots, mut arena) = (Vec::new(), Vec::new());
    for slot in &e.slots {
        let shape = slot.shape.concrete(0).expect("all extents are numbers");
        let info = SlotInfo { path: slot.path.clone(), shape, offset: arena.len() };
        let zeros = vec![0.0; info.len()];
        let filled = values.get(&*slot.path).unwrap_or(&zeros);
        assert_eq!(filled.len(), info.len(), "{}", slot.path);
        arena.extend(filled);
        slots.push(info);
    }
    (slots, arena)
}

fn program(e: &Elaborator, slots: Vec<SlotInfo>, outputs: Vec<NodeId>) -> Program {
    let info = |i: &crate::check::elaborate::InputDecl| InputInfo {
        name: i.name.clone(),
        shape: i.shape.concrete(0).unwrap(),
    };
    Program {
        graph: e.graph.clone(),
        inputs: e.inputs.iter().map(info).collect(),
        slots,
        scalars: e.scalars.clone(),
        outputs,
        updates: e.updates.iter().map(|u| (u.slot, u.node)).collect(),
    }
}

/// Where two arrays differ: relative to the number itself, with some room for what cancels within the array.
fn difference(found: &[f64], expected: &[f64]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!("{} numbers where {} are expected", found.len(), expected.len()));
    }
    let largest = expected.iter().fold(1.0f64, |m, x| m.max(x.abs()));
    let bad = |(a, b): &(&f64, &f64)| (*a - *b).abs() > 1e-9 * b.abs() + 1e-12 * largest || a.is_nan();
    let (a, b) = found.iter().zip(expected).find(bad)?;
    Some(format!("{a} where PyTorch has {b}, in {found:?} and {expected:?}"))
}

/// The problems of a program, a line each.
fn told(e: &Elaborator) -> String {
    let line = |p: &crate::diag::Diagnostic| {
        let labels: Vec<&str> = p.labels.iter().map(|l| &*l.text).collect();
        format!("{} ({})", p.message, labels.join("; "))
    };
    e.problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A case of a layer, function, loss or schedule, ready to run.
struct Prepared {
    program: Program,
    /// What each output of the program is: "out", or what the result is derived by.
    names: Vec<String>,
    rows: usize,
    inputs: Vec<Numbers>,
    arena: Numbers,
}

/// The program of a case with its derivatives, or what is wrong with it.
fn prepare(case: &Json) -> Result<Prepared, String> {
    let world = world(case["program"].as_str().unwrap());
    let mut e = Elaborator::new(&world, case["training"].as_bool().unwrap());
    let model = world.scope.lookup("M").unwrap();
    let root = Rc::new(Frame { training: e.training, ..Frame::default() });
    let span = model.def.span;
    let params = model.input().unwrap().params.clone();
    let mut inputs: Vec<String> = Vec::new();
    let mut args = Vec::new();
    for param in &params {
        let Some(tensor) = declared_input(&mut e, param, &root) else { return Err(told(&e)) };
        inputs.push(param.name.text.to_string());
        args.push(Argument { name: None, value: Value::Tensor(tensor), span });
    }
    let site = Site { caller: &root, span, reading: Reading::Free };
    let result = e.apply(&model, vec![], args, Some("".into()), false, site);
    let Some(Value::Tensor(out)) = result.filter(|_| e.problems.is_empty()) else {
        return Err(format!("no result: {}", told(&e)));
    };
    let given = arrays(case, "inputs");
    let mut values: Vec<Numbers> = params.iter().map(|p| given[&*p.name.text].clone()).collect();
    let weight = if case["per"] == "batch" {
        e.constant(numbers(&case["grad_out"])[0])
    } else if case["grads"].is_object() {
        values.push(numbers(&case["grad_out"]));
        e.input("grad_out", Shape(e.visible(&out)), &root, span).unwrap()
    } else {
        e.constant(0.0)
    };
    let place = Place::default();
    let loss = e.graph.at_place(&place).map(Map::Mul, &[out.node, weight]);
    let loss = e.graph.at_place(&place).sum_all(loss);
    let [out, loss] = stable(&mut e, [out.node, loss]);
    let mut wanted: Vec<(String, NodeId)> = vec![("out".into(), out)];
    for name in case["grads"].as_object().into_iter().flat_map(|g| g.keys()) {
        let leaf = match inputs.iter().position(|i| i == name) {
            Some(i) => Op::Input(InputId(i as u32)),
            None => Op::Slot(e.slot_at(name).unwrap_or_else(|| panic!("no parameter {name}"))),
        };
        wanted.push((name.clone(), derivative(&mut e, loss, &leaf)));
    }
    let rows = case["inputs"][&*params[0].name.text]["shape"][0].as_u64().unwrap() as usize;
    let mut slots = arrays(case, "parameters");
    slots.extend(arrays(case, "buffers"));
    let (infos, arena) = memory(&e, &slots);
    let program = program(&e, infos, wanted.iter().map(|w| w.1).collect());
    let names = wanted.into_iter().map(|w| w.0).collect();
    Ok(Prepared { program, names, rows, inputs: values, arena })
}

/// What PyTorch has for an output of a case.
fn expected(case: &Json, name: &str) -> Numbers {
    numbers(if name == "out" { &case["out"] } else { &case["grads"][name] })
}

/// What of a case is not as PyTorch says.
fn check(case: &Json) -> Vec<String> {
    let Prepared { program, names, rows, inputs, mut arena } = match prepare(case) {
        Ok(prepared) => prepared,
        Err(problem) => return vec![problem],
    };
    let lists: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let mut call = Call { rows, key: Key(1), inputs: &lists, scalars: &[], arena: &mut arena };
    let outcome = match reference::run(&program, &mut call) {
        Ok(outcome) => outcome,
        Err(fault) => return vec![fault.to_string()],
    };
    let mut wrong = Vec::new();
    for (name, found) in names.iter().zip(&outcome.outputs) {
        let found: Numbers = found.iter().copied().collect();
        wrong.extend(difference(&found, &expected(case, name)).map(|d| format!("{name}: {d}")));
    }
    for (path, expected) in arrays(case, "buffers_after") {
        let slot = program.slots.iter().find(|s| *s.path == *path).unwrap();
        let found = &arena[slot.offset..slot.offset + slot.len()];
        wrong.extend(difference(found, &expected).map(|d| format!("{path}: {d}")));
    }
    wrong
}

/// Brings the graph to its stable forms, as a plan does before it differentiates.
fn stable(e: &mut Elaborator, outputs: [NodeId; 2]) -> [NodeId; 2] {
    let all: Vec<NodeId> = outputs.into_iter().chain(e.updates.iter().map(|u| u.node)).collect();
    let (graph, map) = rewrite::simplify(&e.graph, &all);
    e.graph = graph;
    let new = |n: NodeId| map[n.0 as usize].unwrap();
    e.updates.iter_mut().for_each(|u| u.node = new(u.node));
    outputs.map(new)
}

/// The derivative of a scalar by an input or a parameter, zeros where it does not depend on it.
fn derivative(e: &mut Elaborator, loss: NodeId, leaf: &Op) -> NodeId {
    let uses = (0..e.graph.nodes.len()).filter(|i| e.graph.nodes[*i].op == *leaf);
    let nodes: Vec<NodeId> = uses.map(|i| NodeId(i as u32)).collect();
    let found = gradient(&mut e.graph, loss, &nodes);
    let place = Place::default();
    let zero = match nodes.first() {
        Some(n) => e.graph.shape(*n).clone(),
        None => return e.constant(0.0),
    };
    let zero = e.graph.at_place(&place).full(0.0, &zero);
    found.into_iter().flatten().fold(zero, |sum, g| e.graph.at_place(&place).map(Map::Add, &[sum, g]))
}

fn run_all(file: &str) {
    let file = load(file);
    let mut told = Vec::new();
    for case in cases(&file) {
        for problem in check(case) {
            told.push(format!("{}: {problem}", case["name"]));
        }
    }
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
}

#[test]
fn activations_are_pytorchs() {
    run_all("torch_activations");
}

#[test]
fn layers_are_pytorchs() {
    run_all("torch_layers");
}

#[test]
fn losses_are_pytorchs() {
    run_all("torch_losses");
}

/// Modules that the library does not have, in a few lines: those of `docs/torch.md`.
#[test]
fn what_is_expressed_is_pytorchs() {
    run_all("torch_expressed");
}

#[test]
fn schedules_are_pytorchs() {
    run_all("torch_schedules");
}

/// The updates of one tensor by an optimizer.
struct Updates {
    program: Program,
    /// The memory before the first update: the value, and the optimizer's states.
    arena: Numbers,
    value: Range<usize>,
    grad: Range<usize>,
}

/// An optimizer as a program, or what is wrong with it.
fn updates(text: &str, file: &Json) -> Result<Updates, String> {
    let world = world("");
    let source = world.scope.sources().add("optimizer", text);
    let (expr, problems) = syntax::parse_expr(&source);
    assert!(problems.is_empty(), "{text}");
    let start = numbers(&file["value"]);
    let pass = crate::check::training::update_pass(&world, &expr, Shape::of([start.len() as i64])).unwrap();
    let e = pass.elaborator;
    if !e.problems.is_empty() {
        return Err(told(&e));
    }
    let place = |name: &str| e.slot_at(name).map(|s| s.0 as usize).unwrap();
    let (slots, mut arena) = memory(&e, &BTreeMap::from([("value".into(), start)]));
    let range = |slot: &SlotInfo| slot.offset..slot.offset + slot.len();
    let (value, grad) = (range(&slots[place("value")]), range(&slots[place("grad")]));
    let mut initial = program(&e, slots.clone(), e.slots.iter().map(|s| s.init).collect());
    initial.updates.clear();
    let initial = step(&initial, 1.0, &mut arena)?;
    for ((slot, init), decl) in slots.iter().zip(initial).zip(&e.slots).filter(|(_, d)| d.role == Role::State) {
        assert_eq!(init.len(), slot.len(), "{}", decl.path);
        arena[range(slot)].copy_from_slice(&init);
    }
    Ok(Updates { program: program(&e, slots, vec![]), arena, value, grad })
}

/// The number of each update with its gradient, and whether the value behind it was recorded.
fn gradients(file: &Json) -> Vec<(u64, Numbers, bool)> {
    let snapshots: Vec<u64> = file["snapshots"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    let grads = numbers(&file["grads"]);
    let width = numbers(&file["value"]).len();
    let each = (1..=*snapshots.last().unwrap()).zip(grads.chunks(width));
    each.map(|(t, g)| (t, g.to_vec(), snapshots.contains(&t))).collect()
}

/// The values after each of the recorded updates, one behind the other.
fn trajectory(text: &str, file: &Json) -> Result<Numbers, String> {
    let Updates { program, mut arena, value, grad } = updates(text, file)?;
    let mut kept = Vec::new();
    for (t, gradient, recorded) in gradients(file) {
        arena[grad.clone()].copy_from_slice(&gradient);
        step(&program, t as f64, &mut arena)?;
        if recorded {
            kept.extend(&arena[value.clone()]);
        }
    }
    Ok(kept)
}

/// One run, in which the optimizer's `step` is `t`.
fn step(program: &Program, t: f64, arena: &mut [f64]) -> Result<Vec<Numbers>, String> {
    let scalars: Numbers = program.scalars.iter().map(|s| if &**s == "update" { t } else { f64::NAN }).collect();
    let mut call = Call { rows: 1, key: Key(1), inputs: &[], scalars: &scalars, arena };
    let outcome = reference::run(program, &mut call).map_err(|f| f.to_string())?;
    Ok(outcome.outputs.iter().map(|o| o.iter().copied().collect()).collect())
}

#[test]
fn optimizers_are_pytorchs() {
    let file = load("torch_optimizers");
    let mut told = Vec::new();
    for case in cases(&file) {
        let name = case["name"].as_str().unwrap();
        match trajectory(name, &file) {
            Ok(kept) => told.extend(difference(&kept, &numbers(&case["values"])).map(|d| format!("{name}: {d:.400}"))),
            Err(problem) => told.push(format!("{name}: {problem}")),
        }
    }
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
}

/// What is wrong with a matrix that is known, orthogonal or sparse.
fn matrix_values(case: &Json, drawn: &ndarray::ArrayD<f64>) -> Option<Vec<String>> {
    let matrix = drawn.view().into_dimensionality::<ndarray::Ix2>().ok()?;
    let number = |key: &str| case[key].as_f64().unwrap();
    match case["kind"].as_str().unwrap() {
        "values" => {
            let expected: Numbers = case["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            let found: Numbers = drawn.iter().copied().collect();
            Some(difference(&found, &expected).into_iter().collect())
        }
        "orthogonal" => {
            let wide = matrix.nrows() <= matrix.ncols();
            let products = if wide { matrix.dot(&matrix.t()) } else { matrix.t().dot(&matrix) };
            let gain = number("gain").powi(2);
            let expected = |(i, j): (usize, usize)| if i == j { gain } else { 0.0 };
            let bad = products.indexed_iter().find(|(at, x)| (*x - expected(*at)).abs() > 1e-9 * gain);
            Some(bad.into_iter().map(|(at, x)| format!("the product at {at:?} is {x}")).collect())
        }
        "sparse" => {
            let zeros = |column: ndarray::ArrayView1<f64>| column.iter().filter(|x| **x == 0.0).count() as f64;
            let mut wrong: Vec<String> = matrix
                .columns()
                .into_iter()
                .map(zeros)
                .filter(|n| *n != number("zeros"))
                .map(|n| format!("a column with {n} zeros"))
                .collect();
            let left: Numbers = drawn.iter().copied().filter(|x| *x != 0.0).collect();
            let (n, expected) = (left.len() as f64, number("std"));
            let std = (left.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
            if (std - expected).abs() > 5.0 * expected / (2.0 * n).sqrt() {
                wrong.push(format!("deviation {std} where {expected} is expected"));
            }
            // Where the zeros are differs from column to column.
            let first: Vec<bool> = matrix.column(0).iter().map(|x| *x == 0.0).collect();
            if matrix.columns().into_iter().all(|c| c.iter().map(|x| *x == 0.0).eq(first.iter().copied())) {
                wrong.push("all columns have their zeros in the same rows".into());
            }
            Some(wrong)
        }
        _ => None,
    }
}

/// Mean and standard deviation of the draws, or the constant, against what PyTorch draws from.
fn initial_values(case: &Json) -> Vec<String> {
    let world = world(case["program"].as_str().unwrap());
    let mut e = Elaborator::new(&world, true);
    let model = world.scope.lookup("M").unwrap();
    let root: Rc<Frame> = Rc::new(Frame { training: e.training, ..Frame::default() });
    let span = model.def.span;
    let params = model.input().unwrap().params.clone();
    let inputs: Option<Vec<Tensor>> = params.iter().map(|p| declared_input(&mut e, p, &root)).collect();
    let args = inputs.unwrap().into_iter().map(|t| Argument { name: None, value: Value::Tensor(t), span }).collect();
    let site = Site { caller: &root, span, reading: Reading::Free };
    if e.apply(&model, vec![], args, Some("".into()), false, site).is_none() || !e.problems.is_empty() {
        return vec![told(&e)];
    }
    let slot = e.slot_at(case["path"].as_str().unwrap()).unwrap();
    let init = e.slots[slot.0 as usize].init;
    let mut program = program(&e, memory(&e, &BTreeMap::new()).0, vec![init]);
    program.updates.clear();
    let mut arena = memory(&e, &BTreeMap::new()).1;
    let mut call = Call { rows: 1, key: Key(3), inputs: &[], scalars: &[], arena: &mut arena };
    let drawn = reference::run(&program, &mut call).unwrap().outputs.remove(0);
    let number = |key: &str| case[key].as_f64().unwrap();
    if let Some(wrong) = matrix_values(case, &drawn) {
        return wrong;
    }
    let n = drawn.len() as f64;
    let mean = drawn.sum() / n;
    let std = (drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let (expected_mean, expected_std, bounds) = match case["kind"].as_str().unwrap() {
        "uniform" => {
            let (low, high) = (number("low"), number("high"));
            ((low + high) / 2.0, (high - low) / 12f64.sqrt(), (low, high))
        }
        "normal" => (number("mean"), number("std"), (f64::NEG_INFINITY, f64::INFINITY)),
        "truncated" => (number("mean"), number("std"), (number("low"), number("high"))),
        _ => (number("value"), 0.0, (number("value"), number("value"))),
    };
    let mut wrong = Vec::new();
    // Five standard errors.
    if (mean - expected_mean).abs() > 5.0 * expected_std / n.sqrt() {
        wrong.push(format!("mean {mean} where {expected_mean} is expected"));
    }
    if (std - expected_std).abs() > 5.0 * expected_std / n.sqrt() {
        wrong.push(format!("standard deviation {std} where {expected_std} is expected"));
    }
    let room = 1e-12 * expected_std;
    if drawn.iter().any(|x| *x < bounds.0 - room || *x > bounds.1 + room) {
        wrong.push(format!("a draw outside of {bounds:?}"));
    }
    wrong
}

#[test]
fn initial_values_are_drawn_as_pytorch_draws() {
    let file = load("torch_inits");
    let mut told = Vec::new();
    for case in cases(&file) {
        told.extend(initial_values(case).into_iter().map(|p| format!("{}: {p}", case["name"])));
    }
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
}

#[test]
fn every_entry_of_the_prelude_is_compared() {
    let files =
        ["torch_activations", "torch_layers", "torch_losses", "torch_schedules", "torch_optimizers", "torch_inits"];
    let files: Vec<Json> = files.iter().map(|f| load(f)).collect();
    let compared: std::collections::BTreeSet<&str> =
        files.iter().flat_map(cases).filter_map(|c| c["nn"].as_str()).collect();
    let missing: Vec<&str> = crate::prelude::ENTRIES.iter().map(|e| e.name).filter(|n| !compared.contains(n)).collect();
    assert!(missing.is_empty(), "no golden for {missing:?}");
}
