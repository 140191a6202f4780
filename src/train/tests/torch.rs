//! 200 updates of three models against PyTorch: the cases of `tests/goldens/torch_models.json`, which
//! `tests/goldens/torch_models.py` describes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::{Feeds, Setup};
use super::{csv, run_from, setup};
use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::engine::reference;
use crate::plan::{Host, HostMemory};

const STEPS: usize = 200;

pub(super) type Weights = BTreeMap<String, (Vec<usize>, Vec<f64>)>;

fn file() -> Json {
    let path = format!("{}/tests/goldens/torch_models.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn numbers(list: &Json) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

pub(super) fn arrays(case: &Json, key: &str) -> Weights {
    let Some(object) = case[key].as_object() else { return Weights::new() };
    let shape = |a: &Json| numbers(&a["shape"]).iter().map(|n| *n as usize).collect();
    object.iter().map(|(k, v)| (k.clone(), (shape(v), numbers(&v["data"])))).collect()
}

/// A case as a training: the model reads the data's columns in place of an unnamed input.
struct Case<'a> {
    case: &'a Json,
    csv: String,
    batch: usize,
    rows: usize,
    weights: Weights,
}

impl<'a> Case<'a> {
    fn all(file: &'a Json) -> Vec<Case<'a>> {
        let cases = file["cases"].as_array().unwrap().iter();
        cases
            .map(|case| {
                let data = &file["data"][case["data"].as_str().unwrap()];
                let (x, y) = (numbers(&data["x"]["data"]), numbers(&data["y"]["data"]));
                let csv = csv(x.chunks(x.len() / y.len()).zip(y.iter().copied()));
                let mut weights = arrays(case, "parameters");
                weights.extend(arrays(case, "buffers"));
                Case { case, csv, batch: case["batch_size"].as_u64().unwrap() as usize, rows: y.len(), weights }
            })
            .collect()
    }

    fn setup(&self) -> Setup {
        let text = self.case["program"].as_str().unwrap();
        let (before, rest) = text.split_once("real[").unwrap();
        let (_, after) = rest.split_once(']').unwrap();
        let train = format!("train {{ batch_size = {}; steps = {STEPS};", self.batch);
        let model = format!("{before}d.features{after}").replace("train {", &train);
        let data = "data d { source = csv(\"d.csv\"); target y: binary; columns(\"x*\"): number |> identity }";
        setup(&format!("{data}\n{model}"), &self.csv)
    }

    /// Rows of an update, counted from 0.
    fn rows_of(&self, update: usize) -> Vec<u32> {
        (0..self.batch).map(|i| ((update * self.batch + i) % self.rows) as u32).collect()
    }

    fn name(&self) -> &str {
        self.case["name"].as_str().unwrap()
    }
}

/// The largest `|a - b| / max(|b|, 1e-6 * max |b|)`, as `float32_error` is measured.
fn relative_error(found: &[f64], exact: &[f64]) -> f64 {
    assert_eq!(found.len(), exact.len());
    let floor = (1e-6 * exact.iter().fold(0.0f64, |m, x| m.max(x.abs()))).max(1e-30);
    let each = found.iter().zip(exact).map(|(a, b)| (a - b).abs() / b.abs().max(floor));
    // Unlike `max`, keeps what is not a number.
    each.fold(0.0, |m, x| if x <= m { m } else { x })
}

/// One program in `f64`, by the reference kernels.
fn execute(program: &Program, host: &Host, step: usize, batch: &[&[f32]], arena: &mut [f64]) -> Vec<f64> {
    let mut memory = HostMemory::default();
    host.run(|name| if name == "update" { step as f64 + 1.0 } else { f64::NAN }, &mut memory);
    let scalars: Vec<f64> = host.exact(&memory).collect();
    let inputs: Vec<Vec<f64>> = batch.iter().map(|b| b.iter().map(|x| f64::from(*x)).collect()).collect();
    let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let rows = batch.first().zip(program.inputs.first());
    let rows = rows.map_or(1, |(b, info)| b.len() / info.shape.iter().product::<usize>().max(1));
    let mut call = reference::Call { rows, key: Key(0), inputs: &inputs, scalars: &scalars, arena };
    let outcome = reference::run(program, &mut call).unwrap_or_else(|f| panic!("{f}"));
    outcome.outputs.first().map(|o| o.iter().copied().collect()).unwrap_or_default()
}

#[test]
fn trainings_in_double_precision_are_pytorchs() {
    let file = file();
    let mut wrong = Vec::new();
    for case in Case::all(&file) {
        let setup = case.setup();
        let plan = &setup.plan;
        let mut arena = vec![0.0; plan.arena];
        for part in &plan.parts {
            // Optimizer states start as zeros here.
            let Some((shape, values)) = case.weights.get(&*part.path) else { continue };
            assert_eq!(*shape, part.shape, "{}", part.path);
            // As few digits as hold an `f32`.
            let values = values.iter().map(|x| f64::from(*x as f32));
            arena[part.range()].iter_mut().zip(values).for_each(|(to, x)| *to = x);
        }
        let mut feeds = Feeds::of_dataset(&plan.step_feeds, &setup.data, &setup.models).unwrap();
        let mut losses = Vec::new();
        for step in 0..STEPS {
            feeds.gather(&case.rows_of(step));
            losses.extend(feeds.with_batch(|batch| execute(&plan.step, &plan.step_host, step, batch, &mut arena)));
            for update in &plan.updates {
                execute(&update.program, &update.host, step, &[], &mut arena);
            }
        }
        let mut compare = |what: &str, found: &[f64], exact: &[f64], allowed: f64| {
            let error = relative_error(found, exact);
            if error.is_nan() || error > allowed {
                wrong.push(format!("{}: {what} has an error of {error:.3e}", case.name()));
            }
        };
        compare("the loss", &losses, &numbers(&case.case["losses"]), 1e-9);
        for (path, (_, exact)) in arrays(case.case, "final") {
            let part = plan.parts.iter().find(|p| *p.path == *path).unwrap();
            // The file has nine digits.
            compare(&path, &arena[part.range()], &exact, 1e-9 + 5e-9);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn trainings_in_single_precision_are_as_exact_as_pytorchs() {
    let file = file();
    let mut wrong = Vec::new();
    for case in Case::all(&file) {
        let mut run = run_from(case.setup(), &case.weights);
        let losses: Vec<f64> = (0..STEPS).map(|s| run.train_on(&case.rows_of(s)).unwrap()).collect();
        let exact = numbers(&case.case["losses"]);
        let own = relative_error(&numbers(&case.case["losses_float32"]), &exact);
        let (error, allowed) = (relative_error(&losses, &exact), (2.0 * own).max(1e-5));
        if error.is_nan() || error > allowed {
            wrong.push(format!("{}: the loss has an error of {error:.3e}, PyTorch's {own:.3e}", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
