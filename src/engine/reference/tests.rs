use std::sync::Arc;

use super::*;
use crate::engine::graph::{At, InputId, Op, Reduction, ScalarId};
use crate::engine::program::InputInfo;
use crate::text::{FileId, Span};
use crate::types::{Axis, Shape};

fn literal(at: &mut At, shape: &[usize], values: &[f64]) -> NodeId {
    at.node_shaped(Op::Literal(values.into()), &[], Shape::of(shape.iter().copied()))
}

/// The value of what `build` makes.
fn value(build: impl FnOnce(&mut At) -> NodeId) -> Result<Vec<f64>, Fault> {
    let mut program = Program::default();
    let result = build(&mut program.graph.at_place(&Place::default()));
    program.outputs.push(result);
    let mut call = Call::<f64> { rows: 0, key: Key(1), inputs: &[], scalars: &[], arena: &mut [] };
    Ok(run(&program, &mut call)?.outputs[0].iter().copied().collect())
}

#[test]
fn operations_along_an_axis_have_the_values_of_numpy() {
    let x = [3.0, 1.0, 2.0, 0.0, 5.0, 5.0];
    let apply = |op: Op| {
        value(|at| {
            let x = literal(at, &[2, 3], &x);
            at.node(op, &[x])
        })
        .unwrap()
    };
    assert_eq!(apply(Op::CumSum { axis: 0 }), [3.0, 1.0, 2.0, 3.0, 6.0, 7.0]);
    assert_eq!(apply(Op::CumSum { axis: 1 }), [3.0, 4.0, 6.0, 0.0, 5.0, 10.0]);
    assert_eq!(apply(Op::ArgSort { axis: 1 }), [1.0, 2.0, 0.0, 0.0, 1.0, 2.0]);
    assert_eq!(apply(Op::ArgMax { axis: 1 }), [0.0, 1.0], "the first of several");
    assert_eq!(apply(Op::ArgMax { axis: 0 }), [0.0, 1.0, 1.0]);
    assert_eq!(apply(Op::Flip { axis: 1 }), [2.0, 1.0, 3.0, 5.0, 5.0, 0.0]);
    assert_eq!(apply(Op::Permute(vec![1, 0])), [3.0, 0.0, 1.0, 5.0, 2.0, 5.0]);
    assert_eq!(apply(Op::Pad { axis: 0, before: 1, after: 0 }), [0.0, 0.0, 0.0, 3.0, 1.0, 2.0, 0.0, 5.0, 5.0]);
    assert_eq!(apply(Op::Reduce(Reduction::Prod, vec![0])), [0.0, 5.0, 10.0]);
    assert_eq!(apply(Op::Reduce(Reduction::Min, vec![0, 1])), [0.0]);
    assert_eq!(apply(Op::Length { axis: 1 }), [3.0]);
}

#[test]
fn not_a_number_is_the_largest_and_sorts_last() {
    let x = [1.0, f64::NAN, 3.0, f64::NAN];
    let apply = |op: Op| {
        value(|at| {
            let x = literal(at, &[4], &x);
            at.node(op, &[x])
        })
        .unwrap()
    };
    assert_eq!(apply(Op::ArgMax { axis: 0 }), [1.0]);
    assert_eq!(apply(Op::ArgSort { axis: 0 }), [0.0, 2.0, 1.0, 3.0]);
    assert!(apply(Op::Reduce(Reduction::Max, vec![0]))[0].is_nan());
}

#[test]
fn products_and_lookups_have_the_values_of_numpy() {
    let product = value(|at| {
        let a = literal(at, &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let b = literal(at, &[2, 1], &[10.0, 1.0]);
        at.matmul(a, b)
    });
    assert_eq!(product.unwrap(), [12.0, 34.0]);
    let looked_up = |indices: &[f64]| {
        value(|at| {
            let table = literal(at, &[3, 2], &[0.0, 1.0, 10.0, 11.0, 20.0, 21.0]);
            let index = literal(at, &[2], indices);
            at.take(table, index)
        })
    };
    assert_eq!(looked_up(&[2.0, 0.0]).unwrap(), [20.0, 21.0, 0.0, 1.0]);
    assert_eq!(looked_up(&[1.0, 3.0]).unwrap_err().what, "3 is not a position among 3 (they count from 0)");
    assert!(looked_up(&[-1.0, 0.5]).is_err());
    let added = value(|at| {
        let index = literal(at, &[3], &[1.0, 0.0, 1.0]);
        let rows = literal(at, &[3, 2], &[1.0, 2.0, 3.0, 4.0, 10.0, 20.0]);
        at.node_shaped(Op::ScatterAdd, &[index, rows], Shape::of([2, 2]))
    });
    assert_eq!(added.unwrap(), [3.0, 4.0, 11.0, 22.0]);
}

#[test]
fn a_fault_names_the_place() {
    let mut program = Program::default();
    let span = Span::new(FileId(0), 4, 9);
    let place = Place { span: Some(span), path: Some(Arc::from("head")) };
    let mut at = program.graph.at_place(&place);
    let half = at.constant(0.5);
    let whole = at.node(Op::Checked { low: 0.0, high: 1.0, whole: true }, &[half]);
    program.outputs.push(whole);
    let mut call = Call::<f32> { rows: 1, key: Key(0), inputs: &[], scalars: &[], arena: &mut [] };
    let fault = run(&program, &mut call).unwrap_err();
    assert_eq!((fault.node, fault.place), (whole, place));
    assert_eq!(fault.what, "0.5 is not a whole number in 0..1");
}

/// `a <- b * scalar`, `b <- a + mean over the batch of the input`.
fn exchange() -> Program {
    let slot = |path: &str, offset| SlotInfo { path: path.into(), shape: vec![2], offset };
    let mut program = Program {
        inputs: vec![InputInfo { name: "x".into(), shape: vec![2] }],
        slots: vec![slot("a", 0), slot("b", 2)],
        scalars: vec!["lr".into()],
        ..Program::default()
    };
    let mut at = program.graph.at_place(&Place::default());
    let a = at.node_shaped(Op::Slot(SlotId(0)), &[], Shape::of([2]));
    let b = at.node_shaped(Op::Slot(SlotId(1)), &[], Shape::of([2]));
    let x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(2)]));
    let scalar = at.node(Op::Scalar(ScalarId(0)), &[]);
    let rows = at.node(Op::Length { axis: 0 }, &[x]);
    let sum = at.sum(x, &[0]);
    let mean = at.div(sum, rows);
    let new_a = at.mul(b, scalar);
    let new_b = at.add(a, mean);
    program.updates = vec![(SlotId(0), new_a), (SlotId(1), new_b)];
    program.outputs = vec![mean];
    program
}

#[test]
fn updates_take_effect_after_all_reads() {
    let program = exchange();
    let mut arena = [1.0f32, 2.0, 3.0, 4.0];
    let x = [1.0f32, 10.0, 2.0, 20.0, 6.0, 60.0];
    let mut call = Call { rows: 3, key: Key(0), inputs: &[&x], scalars: &[0.5], arena: &mut arena };
    let outcome = run(&program, &mut call).unwrap();
    assert_eq!(outcome.outputs[0].as_slice(), Some(&[3.0f32, 30.0][..]));
    assert_eq!(arena, [1.5, 2.0, 4.0, 32.0]);
}

#[test]
fn missing_memory_is_a_fault() {
    let program = exchange();
    let mut arena = [0.0f64; 3];
    let mut call = Call { rows: 1, key: Key(0), inputs: &[&[1.0, 2.0]], scalars: &[0.5], arena: &mut arena };
    assert!(run(&program, &mut call).is_err());
    let mut arena = [0.0f64; 4];
    let mut call = Call { rows: 2, key: Key(0), inputs: &[&[1.0, 2.0]], scalars: &[0.5], arena: &mut arena };
    assert!(run(&program, &mut call).is_err(), "too few rows");
}

#[test]
fn every_value_is_rounded_to_the_type_of_the_program() {
    let mut program = Program::default();
    let mut at = program.graph.at_place(&Place::default());
    let large = at.constant(1e30);
    let square = at.mul(large, large);
    let root = at.sqrt(square);
    program.outputs = vec![root];
    let mut call = Call::<f32> { rows: 0, key: Key(0), inputs: &[], scalars: &[], arena: &mut [] };
    let all = values(&program, &call).unwrap();
    assert_eq!(all[root.0 as usize][[]], f32::INFINITY);
    assert_eq!(run(&program, &mut call).unwrap().outputs[0][[]], f32::INFINITY);
}

#[test]
fn draws_have_the_moments_of_their_distribution_and_follow_the_key() {
    let draw = |op: Op, key: u64| {
        let mut program = Program::default();
        let mut at = program.graph.at_place(&Place::default());
        let n = at.node_shaped(op, &[], Shape::of([100, 1000]));
        program.outputs.push(n);
        let mut call = Call::<f64> { rows: 0, key: Key(key), inputs: &[], scalars: &[], arena: &mut [] };
        run(&program, &mut call).unwrap().outputs.remove(0).into_raw_vec_and_offset().0
    };
    let moment = |x: &[f64], k: i32| x.iter().map(|v| v.powi(k)).sum::<f64>() / x.len() as f64;
    let normal = draw(Op::Normal { stream: 1 }, 7);
    for (k, expected) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)] {
        assert!((moment(&normal, k) - expected).abs() < 0.05, "moment {k} is {}", moment(&normal, k));
    }
    let pairs: Vec<f64> = normal.windows(2).map(|w| w[0] * w[1]).collect();
    assert!(moment(&pairs, 1).abs() < 0.02, "neighbours are correlated");
    let uniform = draw(Op::Uniform { stream: 1 }, 7);
    assert!((moment(&uniform, 1) - 0.5).abs() < 0.005 && (moment(&uniform, 2) - 1.0 / 3.0).abs() < 0.005);
    assert!(uniform.iter().all(|u| (0.0..1.0).contains(u)));
    assert_eq!(uniform, draw(Op::Uniform { stream: 1 }, 7));
    assert_ne!(uniform, draw(Op::Uniform { stream: 2 }, 7));
    assert_ne!(uniform, draw(Op::Uniform { stream: 1 }, 8));
}
