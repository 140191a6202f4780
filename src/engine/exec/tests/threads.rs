//! The same bits for any number of threads, on steps that are really divided among them.

use super::super::{Arena, Call, Executable, Isa, Options};
use crate::engine::gradient::gradient;
use crate::engine::graph::{Graph, InputId, NodeId, Op, Place, SlotId};
use crate::engine::program::{InputInfo, Program, SlotInfo};
use crate::engine::random::{Generator, Key};
use crate::types::{Axis, Shape};

const ROWS: usize = 180;
const WIDTHS: [usize; 4] = [90, 260, 130, 70];

/// Layers with ReLU and dropout, a squared error, and a step of gradient descent with momentum on one vector of all.
fn program() -> Program {
    let mut graph = Graph::default();
    let place = Place::default();
    let mut at = graph.at_place(&place);
    let mut x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(WIDTHS[0])]));
    let count: usize = WIDTHS.windows(2).map(|w| w[0] * w[1]).sum();
    let [all, speed] = [0, 1].map(|i| at.node_shaped(Op::Slot(SlotId(i)), &[], Shape::of([count])));
    let mut weights = Vec::new();
    let mut start = 0;
    for (i, pair) in WIDTHS.windows(2).enumerate() {
        let flat = at.slice(all, 0, start, Axis::new(pair[0] * pair[1]));
        start += pair[0] * pair[1];
        let w = at.reshape(flat, &Shape::of([pair[1], pair[0]]));
        weights.push(w);
        let t = at.transpose(w);
        let z = at.matmul(x, t);
        let zero = at.constant(0.0);
        let y = at.max(z, zero);
        let shape = at.shape(y).clone();
        let draw = at.node_shaped(Op::Lots { stream: i as u64 }, &[], shape);
        let keep = at.constant(0.75);
        let keep = at.less(draw, keep);
        x = at.mul(y, keep);
    }
    let squares = at.mul(x, x);
    let loss = at.sum_all(squares);
    let gradients = gradient(&mut graph, loss, &weights);
    let mut at = graph.at_place(&place);
    let flat: Vec<NodeId> = gradients
        .into_iter()
        .map(|g| {
            let g = g.unwrap();
            let len = at.shape(g).count();
            at.reshape(g, &Shape::of([len]))
        })
        .collect();
    let g = at.concat(&flat, 0);
    let kept = at.scale(speed, 0.9);
    let new_speed = at.add(kept, g);
    let root = at.mul(new_speed, new_speed);
    let one = at.constant(1.0);
    let root = at.add(root, one);
    let root = at.sqrt(root);
    let direction = at.div(new_speed, root);
    let step = at.scale(direction, 1e-3);
    let value = at.sub(all, step);
    let slot = |i: usize| SlotInfo { path: "s".into(), shape: vec![count], offset: i * count.next_multiple_of(16) };
    Program {
        graph,
        inputs: vec![InputInfo { name: "x".into(), shape: vec![WIDTHS[0]] }],
        slots: vec![slot(0), slot(1)],
        scalars: Vec::new(),
        outputs: vec![loss],
        updates: vec![(SlotId(0), value), (SlotId(1), new_speed)],
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let program = program();
    let mut draws = Generator::new(Key(4));
    let mut numbers = |n: usize| (0..n).map(|_| draws.unit() as f32 - 0.5).collect::<Vec<f32>>();
    let x = numbers(ROWS * WIDTHS[0]);
    let slots = numbers(program.slots[1].offset + program.slots[1].len());
    for isa in Isa::available() {
        let run = |threads: usize| {
            let options = Options { max_rows: ROWS, threads, isa, ..Options::default() };
            let mut executable = Executable::compile(&program, &options).unwrap();
            let mut arena = Arena::from(&slots[..]);
            let mut losses = Vec::new();
            // A short batch between: its parts are others.
            for (step, rows) in [ROWS, ROWS, 41, ROWS].into_iter().enumerate() {
                let inputs: [&[f32]; 1] = [&x[..rows * WIDTHS[0]]];
                let key = Key(step as u64);
                executable.run(Call { rows, key, inputs: &inputs, scalars: &[], slots: &mut arena }).unwrap();
                losses.push(executable.output(0)[0].to_bits());
            }
            let bits: Vec<u32> = arena.iter().map(|x| x.to_bits()).collect();
            (losses, bits, executable.divided())
        };
        let (losses, arena, divided) = run(1);
        assert_eq!(divided, 0);
        assert!(losses.iter().all(|&l| f32::from_bits(l).is_finite()));
        for threads in [2, 3, 8] {
            let (l, a, divided) = run(threads);
            assert!(divided >= 6, "{isa:?}: only {divided} steps are divided");
            assert_eq!(l, losses, "{isa:?}, {threads} threads");
            assert!(a == arena, "{isa:?}, {threads} threads");
        }
    }
}
