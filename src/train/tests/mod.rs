//! Whole trainings through plan and engine, from given weights and with given batches.

mod averages;
mod extreme;
mod full_batch;
mod inspect;
mod plateau;
mod random;
mod settings;
mod torch;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Run, Setup};
use crate::check::{Action, check, data_item};
use crate::data;
use crate::diag::Problems;
use crate::plan;
use crate::text::Sources;

/// The training of a program whose data item `d` reads `d.csv`, which holds `csv`.
fn setup(program: &str, csv: &str) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), csv).unwrap();
    let mut sources = Sources::default();
    let source = sources.add("test.nn", program);
    let checked = check(sources, &source, folder.path(), &[]);
    let told: Vec<&str> = checked.diagnostics.iter().map(|d| &*d.message).collect();
    assert!(!checked.has_errors(), "{program}\n{told:?}");
    let item = checked.program.actions.iter().find_map(|a| match a {
        Action::Train(item) => Some((**item).clone()),
        _ => None,
    });
    let (item, d) = (item.unwrap(), &checked.program.data[0]);
    let (schema, table) = (d.schema.clone().unwrap(), (**d.table.as_ref().unwrap()).clone());
    let dataset = data::prepare(&d.spec, schema, table, &mut Problems::default()).unwrap();
    let mut world = checked.program.world.clone();
    let view = world.data[&item.data].clone();
    let fitted = data_item::fitted_view(&view.name, view.span, &dataset.fitted, view.columns);
    world.data.insert(item.data.clone(), fitted);
    let plan = plan::compile(&world, &item).unwrap_or_else(|p| panic!("{p:?}"));
    Setup { item, plan: Arc::new(plan), data: Arc::new(dataset), models: Default::default(), seed: 0, threads: 1 }
}

/// The training with these weights in place of drawn ones; all that it has must be given.
fn run_from(setup: Setup, weights: &BTreeMap<String, (Vec<usize>, Vec<f64>)>) -> Run {
    let mut run = Run::new(setup).unwrap_or_else(|f| panic!("{f:?}"));
    let find = |path: &str| {
        let (shape, values) = weights.get(path)?;
        Some((shape.clone(), values.iter().map(|x| *x as f32).collect()))
    };
    let without = run.load(&find);
    assert!(without.is_empty(), "no values for {without:?}");
    run
}

/// Columns `x0`, `x1` and so on, and the target `y`.
fn csv<'a>(rows: impl Iterator<Item = (&'a [f64], f64)>) -> String {
    let mut text = String::new();
    for (x, y) in rows {
        if text.is_empty() {
            let names: Vec<String> = (0..x.len()).map(|i| format!("x{i}")).collect();
            text = format!("{},y\n", names.join(","));
        }
        let cells: Vec<String> = x.iter().map(|v| v.to_string()).collect();
        text += &format!("{},{y}\n", cells.join(","));
    }
    text
}
