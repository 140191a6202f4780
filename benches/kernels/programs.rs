//! Small programs around one thing each.

use nnrun::engine::gradient::gradient;
use nnrun::engine::graph::{At, Graph, InputId, Map, NodeId, Op, Place, ScalarId, SlotId};
use nnrun::engine::program::{InputInfo, Program, SlotInfo};
use nnrun::engine::rewrite;
use nnrun::types::{Axis, Shape};

struct Build {
    graph: Graph,
    inputs: Vec<InputInfo>,
    slots: Vec<SlotInfo>,
    end: usize,
}

impl Build {
    fn new() -> Build {
        Build { graph: Graph::default(), inputs: Vec::new(), slots: Vec::new(), end: 0 }
    }

    fn at(&mut self) -> At<'_> {
        self.graph.at_place(&Place::default())
    }

    fn input(&mut self, width: usize) -> NodeId {
        let id = InputId(self.inputs.len() as u32);
        self.inputs.push(InputInfo { name: "x".into(), shape: vec![width] });
        self.at().node_shaped(Op::Input(id), &[], Shape(vec![Axis::batch(), Axis::new(width)]))
    }

    fn slot(&mut self, len: usize) -> (SlotId, NodeId) {
        let id = SlotId(self.slots.len() as u32);
        self.slots.push(SlotInfo { path: "slot".into(), shape: vec![len], offset: self.end });
        self.end += len.next_multiple_of(16);
        (id, self.at().node_shaped(Op::Slot(id), &[], Shape::of([len])))
    }

    fn scalar(&mut self, index: u32) -> NodeId {
        self.at().node(Op::Scalar(ScalarId(index)), &[])
    }

    /// As trainings are compiled: rewritten.
    fn finish(self, outputs: &[NodeId], updates: &[(SlotId, NodeId)]) -> Program {
        let all: Vec<NodeId> = outputs.iter().copied().chain(updates.iter().map(|u| u.1)).collect();
        let (simple, first) = rewrite::simplify_final(&self.graph, &all);
        let kept: Vec<NodeId> = all.iter().filter_map(|n| first[n.0 as usize]).collect();
        let (graph, second) = rewrite::gather_sums(&simple, &kept);
        let moved = |n: NodeId| first[n.0 as usize].and_then(|n| second[n.0 as usize]).unwrap_or(n);
        Program {
            graph,
            inputs: self.inputs,
            slots: self.slots,
            scalars: vec!["lr".into(), "beta".into()],
            outputs: outputs.iter().map(|&n| moved(n)).collect(),
            updates: updates.iter().map(|&(s, n)| (s, moved(n))).collect(),
        }
    }
}

/// A function of every number.
pub fn elementwise(name: &str, width: usize) -> Program {
    let mut b = Build::new();
    let x = b.input(width);
    let mut at = b.at();
    let y = match name {
        "relu" => {
            let zero = at.constant(0.0);
            at.max(x, zero)
        }
        "dropout" => {
            let shape = at.shape(x).clone();
            let draw = at.node_shaped(Op::Lots { stream: 1 }, &[], shape);
            let below = at.constant(0.7);
            let keep = at.less(draw, below);
            let kept = at.mul(x, keep);
            at.scale(kept, 1.0 / 0.7)
        }
        "gelu" => {
            let part = at.scale(x, std::f64::consts::FRAC_1_SQRT_2);
            let erf = at.map(Map::Erf, &[part]);
            let one = at.constant(1.0);
            let sum = at.add(one, erf);
            let half = at.scale(x, 0.5);
            at.mul(half, sum)
        }
        "sigmoid" => at.sigmoid(x),
        "tanh" => at.map(Map::Tanh, &[x]),
        "log" => at.log(x),
        "erf" => at.map(Map::Erf, &[x]),
        _ => at.exp(x),
    };
    b.finish(&[y], &[])
}

/// `(x - mean) / deviation * weight + bias` along an axis, and the derivatives by `x`, weight and bias of its product with
/// another input.
pub fn normalised(width: usize, axis: usize) -> Program {
    let mut b = Build::new();
    let (x, other) = (b.input(width), b.input(width));
    let ((_, weight), (_, bias)) = (b.slot(width), b.slot(width));
    let mut at = b.at();
    let shape = at.shape(x).clone();
    let count = at.node(Op::Length { axis }, &[x]);
    let mean = |at: &mut At, x: NodeId| {
        let sum = at.sum(x, &[axis]);
        at.div(sum, count)
    };
    let middle = mean(&mut at, x);
    let middle = at.expand_to(middle, &[axis], &shape);
    let centred = at.sub(x, middle);
    let squares = at.mul(centred, centred);
    let variance = mean(&mut at, squares);
    let eps = at.constant(1e-5);
    let variance = at.add(variance, eps);
    let deviation = at.sqrt(variance);
    let deviation = at.expand_to(deviation, &[axis], &shape);
    let normal = at.div(centred, deviation);
    let wide = at.expand_to(weight, &[0], &shape);
    let scaled = at.mul(normal, wide);
    let wide = at.expand_to(bias, &[0], &shape);
    let y = at.add(scaled, wide);
    let product = at.mul(y, other);
    let loss = at.sum_all(product);
    let derivatives = gradient(&mut b.graph, loss, &[x, weight, bias]);
    let outputs: Vec<NodeId> = [y].into_iter().chain(derivatives.into_iter().flatten()).collect();
    b.finish(&outputs, &[])
}

/// As the library has it, bias corrections left out.
pub fn adam(count: usize) -> Program {
    let mut b = Build::new();
    let ((value_slot, value), (_, g)) = (b.slot(count), b.slot(count));
    let ((m_slot, m), (v_slot, v)) = (b.slot(count), b.slot(count));
    let (lr, correction) = (b.scalar(0), b.scalar(1));
    let mut at = b.at();
    let towards = at.sub(g, m);
    let part = at.scale(towards, 0.1);
    let new_m = at.add(m, part);
    let square = at.mul(g, g);
    let part = at.scale(square, 0.001);
    let old = at.scale(v, 0.999);
    let new_v = at.add(old, part);
    let root = at.sqrt(new_v);
    let root = at.mul(root, correction);
    let eps = at.constant(1e-8);
    let below = at.add(root, eps);
    let scaled = at.mul(lr, new_m);
    let change = at.div(scaled, below);
    let new = at.sub(value, change);
    b.finish(&[], &[(value_slot, new), (m_slot, new_m), (v_slot, new_v)])
}

pub fn momentum(count: usize) -> Program {
    let mut b = Build::new();
    let ((value_slot, value), (_, g), (speed_slot, speed)) = (b.slot(count), b.slot(count), b.slot(count));
    let (lr, kept) = (b.scalar(0), b.scalar(1));
    let mut at = b.at();
    let before = at.mul(kept, speed);
    let new_speed = at.add(before, g);
    let change = at.mul(lr, new_speed);
    let new = at.sub(value, change);
    b.finish(&[], &[(value_slot, new), (speed_slot, new_speed)])
}
