//! Elementwise operations and their gradients against PyTorch's at awkward points: see `tests/goldens/primitives.py`.

use serde_json::Value;

use crate::engine::gradient::gradient;
use crate::engine::graph::{Graph, NodeId, Op, Place, SlotId};
use crate::engine::program::{Program, SlotInfo};
use crate::engine::random::Key;
use crate::engine::reference::{self, Call};
use crate::types::Shape;

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// PyTorch's derivative of expm1 is `expm1(x) + 1`, whose absolute error is that of a number near 1.
fn agrees(found: f64, expected: f64) -> bool {
    found == expected
        || found.is_nan() && expected.is_nan()
        || (found - expected).abs() <= 1e-13 * expected.abs() + 1e-16
}

/// The operation's value and its gradients by each argument.
fn compute(op: Op, args: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = args[0].len();
    let slots: Vec<SlotInfo> = (0..args.len())
        .map(|i| SlotInfo { path: format!("x{i}").into(), shape: vec![count], offset: i * count })
        .collect();
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let leaves: Vec<NodeId> =
        (0..args.len()).map(|i| at.node_shaped(Op::Slot(SlotId(i as u32)), &[], Shape::of([count]))).collect();
    let result = at.node(op, &leaves);
    let zeros = at.full(0.0, &Shape::of([count]));
    let gradients = gradient(&mut graph, result, &leaves);
    let outputs = std::iter::once(result).chain(gradients.into_iter().map(|g| g.unwrap_or(zeros))).collect();
    let program = Program { graph, slots, outputs, ..Program::default() };
    let mut arena = args.concat();
    let mut call = Call { rows: 0, key: Key(0), inputs: &[], scalars: &[], arena: &mut arena };
    let outcome = reference::run(&program, &mut call).unwrap();
    outcome.outputs.iter().map(|o| o.iter().copied().collect()).collect()
}

#[test]
fn elementwise_operations_agree_with_pytorch_at_awkward_points() {
    let golden: Value = serde_json::from_str(include_str!("../../../tests/goldens/primitives.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    let maps = super::all().filter(|row| row.map.is_some());
    for row in maps {
        let case = cases.iter().find(|c| c["name"] == row.name).unwrap_or_else(|| panic!("{} has no golden", row.name));
        let args: Vec<Vec<f64>> = case["args"].as_array().unwrap().iter().map(numbers).collect();
        let found = compute(row.op().unwrap(), &args);
        let mut expected = vec![numbers(&case["value"])];
        let gradients = case["gradients"].as_array().unwrap().iter();
        expected.extend(gradients.map(|g| if g.is_null() { vec![0.0; args[0].len()] } else { numbers(g) }));
        for (part, (found, expected)) in found.iter().zip(&expected).enumerate() {
            for (i, (&f, &e)) in found.iter().zip(expected).enumerate() {
                let point: Vec<f64> = args.iter().map(|a| a[i]).collect();
                let what = if part == 0 { "value".into() } else { format!("gradient {part}") };
                assert!(agrees(f, e), "{} at {point:?}: {what} is {f}, PyTorch has {e}", row.name);
            }
        }
    }
}
