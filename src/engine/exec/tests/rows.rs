//! What a row's result depends on, and what a run leaves behind when it fails.

use super::*;
use crate::engine::graph::{Graph, InputId, Map, Node, NodeId, Op, Place, ScalarId, SlotId};
use crate::engine::program::{InputInfo, SlotInfo};
use crate::types::{Axis, Shape};

const WIDTHS: [usize; 5] = [10, 70, 33, 16, 1];

/// Layers with softmax and fixed scales of the columns: what is computed for each row by itself.
fn network() -> (Program, Arena) {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let mut x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(WIDTHS[0])]));
    let mut slots = Vec::new();
    let mut end = 0;
    for pair in WIDTHS.windows(2) {
        let shape = vec![pair[1], pair[0]];
        slots.push(SlotInfo { path: "w".into(), shape: shape.clone(), offset: end });
        end += pair[0] * pair[1];
        let w = at.node_shaped(Op::Slot(SlotId(slots.len() as u32 - 1)), &[], Shape::of(shape));
        let t = at.transpose(w);
        let z = at.matmul(x, t);
        let shape = at.shape(z).clone();
        let sum = at.sum(z, &[1]);
        let mean = at.scale(sum, 1.0 / pair[1] as f64);
        let mean = at.expand_to(mean, &[1], &shape);
        let near = at.sub(z, mean);
        let exp = at.exp(near);
        let sum = at.sum(exp, &[1]);
        let sum = at.expand_to(sum, &[1], &shape);
        let share = at.div(exp, sum);
        let sum = at.add(near, share);
        // As BatchNorm does when it is applied: the same numbers divide every row.
        let (id, widths) = (SlotId(slots.len() as u32), vec![pair[1]]);
        slots.push(SlotInfo { path: "s".into(), shape: widths.clone(), offset: end });
        end += pair[1];
        let scale = at.node_shaped(Op::Slot(id), &[], Shape::of(widths));
        let scale = at.exp(scale);
        let scale = at.expand_to(scale, &[0], &shape);
        let three = at.constant(3.0);
        let scaled = at.div(sum, scale);
        let thirds = at.expand_to(three, &[0, 1], &shape);
        x = at.div(scaled, thirds);
    }
    let mut arena = Arena::new(end);
    arena.iter_mut().enumerate().for_each(|(i, x)| *x = ((i * 37) % 101) as f32 / 101.0 - 0.5);
    let inputs = vec![InputInfo { name: "x".into(), shape: vec![WIDTHS[0]] }];
    (Program { graph, inputs, slots, outputs: vec![x], ..Program::default() }, arena)
}

fn run(executable: &mut Executable, slots: &mut Arena, x: &[f32]) -> Vec<f32> {
    let rows = x.len() / WIDTHS[0];
    let call = Call { rows, key: Key(1), inputs: &[x], scalars: &[], slots };
    executable.run(call).unwrap();
    executable.output(0).to_vec()
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    let (program, mut slots) = network();
    let x: Vec<f32> = (0..150 * WIDTHS[0]).map(|i| ((i * 53) % 97) as f32 / 97.0 - 0.5).collect();
    for isa in Isa::available() {
        let options = Options { max_rows: 150, isa, ..Options::default() };
        let mut executable = Executable::compile(&program, &options).unwrap();
        let all = run(&mut executable, &mut slots, &x);
        let mut parts = Vec::new();
        for rows in [1, 2, 13, 100, 34] {
            let start = parts.len() * WIDTHS[0];
            parts.extend(run(&mut executable, &mut slots, &x[start..start + rows * WIDTHS[0]]));
        }
        assert_eq!(parts, all, "{isa:?}");
    }
}

#[test]
fn more_rows_than_were_expected_are_computed_too() {
    let (program, mut slots) = network();
    let x: Vec<f32> = (0..150 * WIDTHS[0]).map(|i| ((i * 53) % 97) as f32 / 97.0 - 0.5).collect();
    let mut small = Executable::compile(&program, &Options { max_rows: 2, ..Options::default() }).unwrap();
    let before = small.memory();
    let mut large = Executable::compile(&program, &Options { max_rows: 150, ..Options::default() }).unwrap();
    assert_eq!(run(&mut small, &mut slots, &x), run(&mut large, &mut slots, &x));
    assert!(small.memory() > before);
    assert!(run(&mut small, &mut slots, &[]).is_empty());
}

#[test]
fn what_reaches_beyond_memory_is_refused() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(2)]));
    let mut program = Program {
        graph,
        inputs: vec![InputInfo { name: "x".into(), shape: vec![2] }],
        slots: vec![SlotInfo { path: "w".into(), shape: vec![3], offset: 0 }],
        outputs: vec![NodeId(1)],
        ..Program::default()
    };
    let node = |op: Op, args: &[NodeId], shape: Shape| Node { op, args: args.to_vec(), shape, place: Place::default() };
    let bad = [
        node(Op::Slice { axis: 0, start: 0 }, &[x], Shape::of([8, 2])),
        node(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(3)])),
        node(Op::Input(InputId(1)), &[], Shape(vec![Axis::batch(), Axis::new(2)])),
        node(Op::Slot(SlotId(0)), &[], Shape::of([4])),
        node(Op::Scalar(ScalarId(0)), &[], Shape::scalar()),
        node(Op::Literal(std::sync::Arc::new([1.0])), &[], Shape::of([2])),
        node(Op::Reshape, &[x], Shape::of([9])),
        node(Op::MatMul, &[x, x], Shape(vec![Axis::batch(), Axis::new(2)])),
        node(Op::Map(Map::Neg), &[x], Shape::of([99])),
        node(Op::Map(Map::Add), &[x], Shape(vec![Axis::batch(), Axis::new(2)])),
    ];
    for node in bad {
        program.graph.nodes.truncate(1);
        program.graph.nodes.push(node.clone());
        let result = Executable::compile(&program, &Options { max_rows: 4, ..Options::default() });
        assert!(result.is_err(), "{:?}", node.op);
    }
}

#[test]
fn a_number_out_of_range_stops_the_run_at_its_node() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch()]));
    let table = at.node_shaped(Op::Slot(SlotId(0)), &[], Shape::of([3, 2]));
    let checked = at.node(Op::Checked { low: 0.0, high: 9.0, whole: true }, &[x]);
    let rows = at.take(table, checked);
    let ones = at.full(1.0, &Shape::of([3, 2]));
    let new = at.add(table, ones);
    let program = Program {
        graph,
        inputs: vec![InputInfo { name: "x".into(), shape: vec![] }],
        slots: vec![SlotInfo { path: "table".into(), shape: vec![3, 2], offset: 0 }],
        outputs: vec![rows],
        updates: vec![(SlotId(0), new)],
        ..Program::default()
    };
    let mut executable = Executable::compile(&program, &Options::default()).unwrap();
    let first: Vec<f32> = (0..6).map(|i| i as f32).collect();
    let mut slots = Arena::from(&first[..]);
    let mut fault = |x: &[f32]| {
        let call = Call { rows: x.len(), key: Key(1), inputs: &[x], scalars: &[], slots: &mut slots };
        executable.run(call).unwrap_err()
    };
    let expected = Fault::Range { node: checked, value: 0.5, low: 0.0, high: 9.0, whole: true };
    assert_eq!(fault(&[1.0, 0.5]), expected);
    assert_eq!(fault(&[1.0, 3.0]), Fault::Position { node: rows, value: 3.0, count: 3 });
    assert!(matches!(fault(&[f32::NAN]), Fault::Range { .. }));
    let short = Call { rows: 2, key: Key(1), inputs: &[&[1.0]], scalars: &[], slots: &mut slots };
    assert_eq!(executable.run(short), Err(Fault::Input { index: 0, found: 1, expected: 2 }));
    assert_eq!(&slots[..6], &first[..], "slots were written");
    let good = Call { rows: 2, key: Key(1), inputs: &[&[2.0, 0.0]], scalars: &[], slots: &mut slots };
    executable.run(good).unwrap();
    assert_eq!(executable.output(0), [4.0, 5.0, 0.0, 1.0]);
    assert_eq!(slots[0], 1.0);
}

#[test]
fn a_number_for_all_is_right_in_a_pass_of_one_row() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(3)]));
    let s = at.node(Op::Scalar(ScalarId(0)), &[]);
    let exp = at.exp(s);
    // Cheap enough to be computed again where it is taken from rows.
    let negative = at.neg(exp);
    let difference = at.sub(negative, x);
    let sums = at.sum(difference, &[0]);
    let program = Program {
        graph,
        inputs: vec![InputInfo { name: "x".into(), shape: vec![3] }],
        scalars: vec!["s".into()],
        outputs: vec![sums, exp],
        ..Program::default()
    };
    for rows in [1, 2, 7] {
        let x = (0..3 * rows).map(|i| i as f32 / 4.0).collect();
        super::agree(&format!("{rows} rows"), &program, rows, &[x], &[0.5], &[]);
    }
}
