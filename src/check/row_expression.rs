//! Expressions over the columns of a row, in the columns' own units: costs and weights.

use std::sync::Arc;

use crate::diag::Problems;
use crate::engine::program::{InputInfo, Program};
use crate::engine::random::Key;
use crate::engine::reference;
use crate::syntax::ast::Expr;

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::Value;
use super::world::World;

/// The value for each of `rows` rows; `column` gives a column's numbers for these rows.
pub fn evaluate(
    world: &World,
    data: &Arc<str>,
    expr: &Expr,
    rows: usize,
    column: &dyn Fn(&str) -> Option<Vec<f64>>,
) -> Result<Vec<f64>, Problems> {
    let mut e = Elaborator::new(world, false);
    let mut frame = Frame { has_batch: true, ..Frame::default() };
    frame.values.insert("row".into(), Value::Row(data.clone()));
    let value = e.eval(expr, &frame);
    if let Some(x) = value.as_number() {
        return Ok(vec![x; rows]);
    }
    let Some(t) = e.tensor_of(value, &frame, expr.span) else { return Err(e.problems) };
    let inputs: Vec<InputInfo> = e.inputs.iter().map(|i| InputInfo { name: i.name.clone(), shape: vec![] }).collect();
    let columns: Vec<Vec<f64>> = inputs
        .iter()
        .map(|i| i.name.split_once('.').and_then(|(_, name)| column(name)).unwrap_or_else(|| vec![f64::NAN; rows]))
        .collect();
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let graph = std::mem::take(&mut e.graph);
    let program = Program { graph, inputs, outputs: vec![t.node], ..Program::default() };
    let mut call = reference::Call::<f64> { rows, key: Key(0), inputs: &views, scalars: &[], arena: &mut [] };
    match reference::run(&program, &mut call) {
        Ok(outcome) => {
            let values: Vec<f64> = outcome.outputs.iter().flatten().copied().collect();
            Ok(if values.len() == 1 { vec![values[0]; rows] } else { values })
        }
        Err(_) => Ok(vec![f64::NAN; rows]),
    }
}
