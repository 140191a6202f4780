//! Training steps of small networks as programs: forward, loss, derivatives, Adam over all parameters at once.

use nnrun::engine::exec::Arena;
use nnrun::engine::gradient::gradient;
use nnrun::engine::graph::{At, Graph, InputId, NodeId, Op, Place, ScalarId, SlotId};
use nnrun::engine::program::{InputInfo, Program, SlotInfo};
use nnrun::engine::random::{Generator, Key};
use nnrun::types::{Axis, Shape};

/// A layer: `Linear(out)`, then batch normalisation, ReLU and dropout where wanted.
#[derive(Clone, Copy)]
pub struct Layer {
    pub out: usize,
    pub norm: bool,
    pub relu: bool,
    pub dropout: f64,
}

pub const fn linear(out: usize) -> Layer {
    Layer { out, norm: false, relu: false, dropout: 0.0 }
}

pub const fn relu(out: usize) -> Layer {
    Layer { relu: true, ..linear(out) }
}

pub struct Model {
    pub program: Program,
    pub slots: Arena,
    pub features: usize,
    pub classes: usize,
}

struct Build {
    graph: Graph,
    slots: Vec<SlotInfo>,
    end: usize,
    /// Position in the vector of parameters, and shape.
    parameters: Vec<(usize, Vec<usize>)>,
    count: usize,
    updates: Vec<(SlotId, NodeId)>,
}

impl Build {
    fn at(&mut self) -> At<'_> {
        self.graph.at_place(&Place::default())
    }

    fn slot(&mut self, shape: &[usize]) -> (SlotId, NodeId) {
        let id = SlotId(self.slots.len() as u32);
        self.slots.push(SlotInfo { path: "slot".into(), shape: shape.to_vec(), offset: self.end });
        self.end += shape.iter().product::<usize>().next_multiple_of(16);
        (id, self.at().node_shaped(Op::Slot(id), &[], Shape::of(shape.iter().copied())))
    }

    fn parameter(&mut self, shape: &[usize]) {
        self.parameters.push((self.count, shape.to_vec()));
        self.count += shape.iter().product::<usize>();
    }
}

fn row(at: &mut At, x: NodeId, like: NodeId) -> NodeId {
    let shape = at.shape(like).clone();
    at.expand_to(x, &[0], &shape)
}

/// `adam`: Adam, else plain gradient descent. One class: a binary target and its cross-entropy.
pub fn training_step(features: usize, layers: &[Layer], adam: bool) -> Model {
    let graph = Graph::default();
    let mut b = Build { graph, slots: Vec::new(), end: 0, parameters: Vec::new(), count: 0, updates: Vec::new() };
    let mut width = features;
    for layer in layers {
        b.parameter(&[layer.out, width]);
        b.parameter(&[layer.out]);
        if layer.norm {
            b.parameter(&[layer.out]);
            b.parameter(&[layer.out]);
        }
        width = layer.out;
    }
    let count = b.count;
    let (group, all) = b.slot(&[count]);
    let mut leaves = Vec::new();
    for (start, shape) in b.parameters.clone() {
        let len = shape.iter().product::<usize>();
        let mut at = b.at();
        let part = at.slice(all, 0, start, Axis::new(len));
        leaves.push(at.reshape(part, &Shape::of(shape)));
    }
    let mut x = b.at().node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(features)]));
    let y = b.at().node_shaped(Op::Input(InputId(1)), &[], Shape(vec![Axis::batch()]));
    let mut leaf = leaves.iter().copied();
    let mut next = || leaf.next().unwrap();
    for (i, layer) in layers.iter().enumerate() {
        let (w, bias) = (next(), next());
        let mut at = b.at();
        let t = at.transpose(w);
        x = at.matmul(x, t);
        let wide = row(&mut at, bias, x);
        x = at.add(x, wide);
        if layer.norm {
            let (weight, shift) = (next(), next());
            x = batch_norm(&mut b, x, weight, shift, layer.out);
        }
        let mut at = b.at();
        if layer.relu {
            let zero = at.constant(0.0);
            x = at.max(x, zero);
        }
        if layer.dropout > 0.0 {
            let shape = at.shape(x).clone();
            let u = at.node_shaped(Op::Lots { stream: i as u64 }, &[], shape);
            let p = at.constant(1.0 - layer.dropout);
            let keep = at.less(u, p);
            let kept = at.mul(x, keep);
            x = at.scale(kept, 1.0 / (1.0 - layer.dropout));
        }
    }
    let loss = loss(&mut b, x, y, width);
    let gradients = gradient(&mut b.graph, loss, &leaves);
    let mut at = b.at();
    let flat: Vec<NodeId> = gradients
        .into_iter()
        .zip(&leaves)
        .map(|(g, &leaf)| {
            let len = at.shape(leaf).count().constant().unwrap() as usize;
            at.reshape(g.unwrap(), &Shape::of([len]))
        })
        .collect();
    let g = at.concat(&flat, 0);
    if adam {
        update_adam(&mut b, group, all, g)
    } else {
        update_sgd(&mut b, group, all, g)
    }
    let inputs =
        vec![InputInfo { name: "x".into(), shape: vec![features] }, InputInfo { name: "y".into(), shape: vec![] }];
    let scalars = vec!["lr".into(), "step".into()];
    let mut draws = Generator::new(Key(1));
    let mut slots = Arena::new(b.end);
    for (start, shape) in &b.parameters {
        let bound = if shape.len() == 2 { 1.0 / (shape[1] as f64).sqrt() } else { 0.1 };
        for x in &mut slots[*start..start + shape.iter().product::<usize>()] {
            *x = ((draws.unit() * 2.0 - 1.0) * bound) as f32;
        }
    }
    let program = Program { graph: b.graph, inputs, slots: b.slots, scalars, outputs: vec![loss], updates: b.updates };
    Model { program, slots, features, classes: width }
}

fn batch_norm(b: &mut Build, x: NodeId, weight: NodeId, shift: NodeId, width: usize) -> NodeId {
    let (mean_slot, running_mean) = b.slot(&[width]);
    let (var_slot, running_var) = b.slot(&[width]);
    let mut at = b.at();
    let rows = at.node(Op::Length { axis: 0 }, &[x]);
    let sum = at.sum(x, &[0]);
    let mean = at.div(sum, rows);
    let wide = row(&mut at, mean, x);
    let centred = at.sub(x, wide);
    let squares = at.mul(centred, centred);
    let squares = at.sum(squares, &[0]);
    let var = at.div(squares, rows);
    let eps = at.constant(1e-5);
    let shifted = at.add(var, eps);
    let deviation = at.sqrt(shifted);
    let deviation = row(&mut at, deviation, x);
    let normal = at.div(centred, deviation);
    let (weight, shift) = (row(&mut at, weight, x), row(&mut at, shift, x));
    let scaled = at.mul(normal, weight);
    let y = at.add(scaled, shift);
    let lerp = |at: &mut At, old: NodeId, new: NodeId| {
        let difference = at.sub(new, old);
        let part = at.scale(difference, 0.1);
        at.add(old, part)
    };
    let new_mean = lerp(&mut at, running_mean, mean);
    let one = at.constant(1.0);
    let less = at.sub(rows, one);
    let unbiased = at.div(squares, less);
    let new_var = lerp(&mut at, running_var, unbiased);
    b.updates.push((mean_slot, new_mean));
    b.updates.push((var_slot, new_var));
    y
}

fn loss(b: &mut Build, x: NodeId, y: NodeId, classes: usize) -> NodeId {
    let mut at = b.at();
    let rows = at.node(Op::Length { axis: 0 }, &[x]);
    let each = if classes == 1 {
        let z = at.reshape(x, &Shape(vec![Axis::batch()]));
        let soft = at.softplus(z);
        let product = at.mul(z, y);
        at.sub(soft, product)
    } else {
        // Cross-entropy by log-sum-exp, the true class picked by comparing positions.
        let shape = at.shape(x).clone();
        let largest = at.reduce(nnrun::engine::graph::Reduction::Max, x, &[1]);
        let largest = at.node(Op::StopGradient, &[largest]);
        let wide = at.expand_to(largest, &[1], &shape);
        let below = at.sub(x, wide);
        let exp = at.exp(below);
        let sum = at.sum(exp, &[1]);
        let log = at.log(sum);
        let positions = at.node_shaped(Op::Iota { axis: 1 }, &[], shape.clone());
        let targets = at.expand_to(y, &[1], &shape);
        let hit = at.equal(positions, targets);
        let picked = at.mul(hit, below);
        let picked = at.sum(picked, &[1]);
        at.sub(log, picked)
    };
    let sum = at.sum_all(each);
    at.div(sum, rows)
}

fn update_sgd(b: &mut Build, group: SlotId, all: NodeId, g: NodeId) {
    let mut at = b.at();
    let lr = at.node(Op::Scalar(ScalarId(0)), &[]);
    let step = at.mul(lr, g);
    let new = at.sub(all, step);
    b.updates.push((group, new));
}

fn update_adam(b: &mut Build, group: SlotId, all: NodeId, g: NodeId) {
    let count = b.count;
    let (m_slot, m) = b.slot(&[count]);
    let (v_slot, v) = b.slot(&[count]);
    let mut at = b.at();
    let (lr, step) = (at.node(Op::Scalar(ScalarId(0)), &[]), at.node(Op::Scalar(ScalarId(1)), &[]));
    let (b1, b2, one, eps) = (at.constant(0.9), at.constant(0.999), at.constant(1.0), at.constant(1e-8));
    let correction = |at: &mut At, beta: NodeId| {
        let power = at.pow(beta, step);
        at.sub(one, power)
    };
    let (c1, c2) = (correction(&mut at, b1), correction(&mut at, b2));
    let (old, new) = (at.mul(b1, m), at.scale(g, 0.1));
    let new_m = at.add(old, new);
    let square = at.mul(g, g);
    let (old, new) = (at.mul(b2, v), at.scale(square, 0.001));
    let new_v = at.add(old, new);
    let (first, second) = (at.div(new_m, c1), at.div(new_v, c2));
    let root = at.sqrt(second);
    let below = at.add(root, eps);
    let scaled = at.mul(lr, first);
    let change = at.div(scaled, below);
    let value = at.sub(all, change);
    b.updates.extend([(group, value), (m_slot, new_m), (v_slot, new_v)]);
}
