//! Programs put together at random: layers, losses, derivatives, updates.

use super::*;
use crate::engine::gradient::gradient;
use crate::engine::graph::{At, Graph, Map, NodeId, Op, Place, Reduction, SlotId};
use crate::engine::program::{InputInfo, SlotInfo};
use crate::engine::random::Generator;
use crate::types::{Axis, Shape};

const ROWS: usize = 7;
const MANY_ROWS: usize = 300;
const WIDTHS: [usize; 5] = [1, 3, 5, 18, 32];

struct Maker {
    graph: Graph,
    draws: Generator,
    slots: Vec<SlotInfo>,
    /// Nodes of shape `[batch, width]`, `[batch]`, `[width]` and of rank 0.
    known: Vec<NodeId>,
    parameters: Vec<NodeId>,
}

impl Maker {
    fn at(&mut self) -> At<'_> {
        self.graph.at_place(&Place::default())
    }

    fn pick(&mut self, n: usize) -> usize {
        self.draws.below(n.max(1) as u64) as usize
    }

    fn parameter(&mut self, shape: &[usize]) -> NodeId {
        let id = SlotId(self.slots.len() as u32);
        let offset = self.slots.last().map_or(0, |s| s.offset + s.len().next_multiple_of(16));
        self.slots.push(SlotInfo { path: format!("slot{}", id.0).into(), shape: shape.to_vec(), offset });
        let shape = Shape::of(shape.iter().copied());
        let n = self.at().node_shaped(Op::Slot(id), &[], shape);
        self.parameters.push(n);
        self.known.push(n);
        n
    }

    fn shape(&self, n: NodeId) -> Shape {
        self.graph.shape(n).clone()
    }

    /// Grows the pool by one node made of others.
    fn grow(&mut self) {
        let i = self.pick(self.known.len());
        let x = self.known[i];
        let shape = self.shape(x);
        let rank = shape.rank();
        let same: Vec<NodeId> = self
            .known
            .iter()
            .copied()
            .filter(|&n| *self.graph.shape(n) == shape || self.graph.shape(n).rank() == 0)
            .collect();
        let other = same[self.pick(same.len())];
        let choice = self.pick(22);
        let width = WIDTHS[self.pick(WIDTHS.len())];
        let new = match choice {
            0 => self.at().map(Map::Tanh, &[x]),
            1 => self.at().sigmoid(x),
            2 => {
                let mut at = self.at();
                let zero = at.constant(0.0);
                at.max(x, zero)
            }
            3 => self.at().add(x, other),
            4 => self.at().mul(x, other),
            5 => self.at().sub(other, x),
            6 => {
                let mut at = self.at();
                let (scale, one) = (at.mul(other, other), at.constant(1.0));
                let below = at.add(scale, one);
                at.div(x, below)
            }
            7..=9 if rank > 0 => {
                let axis = self.pick(rank);
                let kind = [Reduction::Sum, Reduction::Max, Reduction::Sum][self.pick(3)];
                let mut at = self.at();
                let reduced = at.reduce(kind, x, &[axis]);
                let scaled = at.scale(reduced, 0.25);
                let centre = at.expand_to(scaled, &[axis], &shape);
                let near = at.sub(x, centre);
                self.known.push(scaled);
                near
            }
            10 if rank > 0 => self.at().sum_all(x),
            11 | 12 if rank == 2 => {
                let Some(columns) = shape.0[1].dim.constant() else { return };
                let w = self.parameter(&[width, columns as usize]);
                let b = self.parameter(&[width]);
                let mut at = self.at();
                let t = at.transpose(w);
                let product = at.matmul(x, t);
                let shape = at.shape(product).clone();
                let b = at.expand_to(b, &[0], &shape);
                at.add(product, b)
            }
            13 if rank == 2 => {
                let stream = self.draws.next_u64();
                let mut at = self.at();
                let u = at.node_shaped(Op::Lots { stream }, &[], shape);
                let p = at.constant(0.7);
                let keep = at.less(u, p);
                let kept = at.mul(x, keep);
                at.scale(kept, 1.0 / 0.7)
            }
            14 if rank == 1 => {
                let wide = Shape([shape.0.clone(), vec![Axis::new(width)]].concat());
                self.at().expand_to(x, &[1], &wide)
            }
            15 if rank == 1 => {
                let wide = Shape([shape.0.clone(), vec![Axis::new(1)]].concat());
                self.at().reshape(x, &wide)
            }
            16 if rank == 1 => {
                let wide = Shape([vec![Axis::batch()], shape.0.clone()].concat());
                self.at().expand_to(x, &[0], &wide)
            }
            17 if rank == 2 => {
                let Some(columns) = shape.0[1].dim.constant() else { return };
                let start = self.pick(columns as usize);
                self.at().slice(x, 1, start, Axis::new(columns as usize - start))
            }
            18 if rank == 2 && self.shape(other).rank() == 2 => self.at().concat(&[x, other], 1),
            19 if rank > 0 => {
                let axis = self.pick(rank);
                self.at().flip(x, axis)
            }
            20 if rank == 2 => self.at().transpose(x),
            21 => {
                let mut at = self.at();
                let three = at.constant(3.0);
                let less = at.less(x, three);
                let half = at.scale(x, 0.5);
                at.where_(less, half, x)
            }
            _ => self.at().softplus(x),
        };
        self.known.push(new);
    }
}

/// A program with outputs, gradients of the last scalar, and updates of some slots.
fn program(seed: u64) -> (Program, Vec<f32>) {
    let mut maker = Maker {
        graph: Graph::default(),
        draws: Generator::new(Key(seed)),
        slots: Vec::new(),
        known: Vec::new(),
        parameters: Vec::new(),
    };
    for (i, width) in [3, 5].into_iter().enumerate() {
        let shape = Shape(vec![Axis::batch(), Axis::new(width)]);
        let input = maker.at().node_shaped(Op::Input(crate::engine::graph::InputId(i as u32)), &[], shape);
        maker.known.push(input);
    }
    let scalar = maker.at().node(Op::Scalar(crate::engine::graph::ScalarId(0)), &[]);
    maker.known.push(scalar);
    maker.parameter(&[4]);
    for _ in 0..6 + maker.pick(20) {
        maker.grow();
    }
    let last = *maker.known.last().unwrap();
    let loss = maker.at().sum_all(last);
    let mut outputs = vec![loss];
    for _ in 0..2 {
        let i = maker.pick(maker.known.len());
        outputs.push(maker.known[i]);
    }
    let parameters = maker.parameters.clone();
    let gradients = gradient(&mut maker.graph, loss, &parameters);
    let mut updates = Vec::new();
    for (i, (parameter, gradient)) in parameters.iter().zip(gradients).enumerate() {
        let Some(gradient) = gradient else { continue };
        let mut at = maker.at();
        let step = at.mul(gradient, scalar);
        let new = at.sub(*parameter, step);
        updates.push((SlotId(i as u32), new));
        if i == 1 {
            outputs.push(new);
        }
    }
    let inputs = [3, 5].map(|w| InputInfo { name: "input".into(), shape: vec![w] }).to_vec();
    let len = maker.slots.last().map_or(0, |s| s.offset + s.len());
    let slots = (0..len).map(|_| maker.draws.unit() as f32 - 0.5).collect();
    let Maker { graph, slots: infos, .. } = maker;
    (Program { graph, inputs, slots: infos, scalars: vec!["lr".into()], outputs, updates }, slots)
}

#[test]
fn random_programs_agree_with_the_reference() {
    for seed in 0..400 {
        let (program, slots) = program(seed);
        let mut draws = Generator::new(Key(seed + 1_000_000));
        // Many rows make passes of several tiles; the plain kernels take their time with them.
        let many = (seed % 8 == 0).then_some(MANY_ROWS);
        for rows in [ROWS, 1].into_iter().chain(many) {
            let mut input = |width: usize| (0..rows * width).map(|_| draws.unit() as f32 - 0.5).collect::<Vec<f32>>();
            let inputs = [input(3), input(5)];
            agree(&format!("seed {seed}"), &program, rows, &inputs, &[0.125], &slots);
        }
    }
}

/// Rows longer than a tile, with and without sums that keep them whole, and axes around rows and columns.
#[test]
fn long_rows_and_outer_axes_agree_with_the_reference() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let x = at.node_shaped(Op::Slot(SlotId(0)), &[], Shape::of([3, 2500]));
    let b = at.node_shaped(Op::Slot(SlotId(1)), &[], Shape::of([2500]));
    let wide = at.expand_to(b, &[0], &Shape::of([3, 2500]));
    let sum = at.add(x, wide);
    let long = at.sigmoid(sum);
    let mixed = at.mul(sum, x);
    let columns = at.sum(mixed, &[0]);
    let rows = at.reduce(Reduction::Max, mixed, &[1]);
    let stack = at.reshape(x, &Shape::of([3, 50, 50]));
    let c = at.slice(b, 0, 7, Axis::new(50));
    let channel = at.expand_to(c, &[0, 2], &Shape::of([3, 50, 50]));
    let scaled = at.mul(stack, channel);
    let turned = at.permute(scaled, vec![2, 0, 1]);
    let part = at.reshape(columns, &Shape::of([50, 50]));
    let both = at.expand_to(part, &[1], &Shape::of([50, 3, 50]));
    let last = at.add(turned, both);
    let channels = at.sum(scaled, &[0, 2]);
    let slot = |shape: &[usize], offset: usize| SlotInfo { path: "slot".into(), shape: shape.to_vec(), offset };
    let outputs = vec![long, columns, rows, scaled, last, channels];
    let slots = vec![slot(&[3, 2500], 0), slot(&[2500], 7504)];
    let program = Program { graph, slots, outputs, ..Program::default() };
    let slots: Vec<f32> = (0..10_004).map(|i| ((i * 71) % 997) as f32 / 997.0 - 0.5).collect();
    agree("long rows", &program, 1, &[], &[], &slots);
}

/// Two slots that take each other's old value, and one that is read after it could have been written.
#[test]
fn every_read_sees_the_value_from_before() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let [a, b, c] = [0, 1, 2].map(|i| at.node_shaped(Op::Slot(SlotId(i)), &[], Shape::of([3])));
    let two = at.constant(2.0);
    let (from_b, from_a) = (at.mul(b, two), at.add(a, two));
    let flipped = at.flip(c, 0);
    let turned = at.add(c, flipped);
    let sum = at.sum_all(c);
    let slot = |i: usize| SlotInfo { path: "slot".into(), shape: vec![3], offset: 16 * i };
    let program = Program {
        graph,
        slots: vec![slot(0), slot(1), slot(2)],
        outputs: vec![sum, a],
        updates: vec![(SlotId(0), from_b), (SlotId(1), from_a), (SlotId(2), turned)],
        ..Program::default()
    };
    let slots: Vec<f32> = (0..35).map(|i| i as f32).collect();
    agree("exchange", &program, 1, &[], &[], &slots);
}
