use crate::engine::gradient::gradient;
use crate::engine::graph::{Graph, InputId, Map, NodeId, Op, Place, Reduction, SlotId};
use crate::engine::program::{InputInfo, Program, SlotInfo};
use crate::engine::random::Key;
use crate::engine::reference;
use crate::types::{Axis, Shape};

use super::{centre, gather_sums, simplify, simplify_final, without_zeros};

const WIDTH: usize = 3;
const ROWS: usize = 5;

/// `sum((x + b, centred and divided by its deviation, times w) ^ 3 * x)`, and the mean of `x + b`.
struct Normalised {
    graph: Graph,
    loss: NodeId,
    mean: NodeId,
}

fn normalised() -> Normalised {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(WIDTH)]));
    let [b, w] = [0, 1].map(|i| at.node_shaped(Op::Slot(SlotId(i)), &[], Shape::of([WIDTH])));
    let shape = at.shape(x).clone();
    let wide = at.expand_to(b, &[0], &shape);
    let y = at.add(x, wide);
    let rows = at.node(Op::Length { axis: 0 }, &[y]);
    let sum = at.sum(y, &[0]);
    let mean = at.div(sum, rows);
    let wide = at.expand_to(mean, &[0], &shape);
    let centred = at.sub(y, wide);
    let squares = at.mul(centred, centred);
    let squares = at.sum(squares, &[0]);
    let var = at.div(squares, rows);
    let eps = at.constant(1e-5);
    let var = at.add(var, eps);
    let deviation = at.sqrt(var);
    let wide = at.expand_to(deviation, &[0], &shape);
    let normal = at.div(centred, wide);
    let wide = at.expand_to(w, &[0], &shape);
    let scaled = at.mul(normal, wide);
    let square = at.mul(scaled, scaled);
    let cube = at.mul(square, scaled);
    let weighted = at.mul(cube, x);
    let loss = at.sum_all(weighted);
    Normalised { graph, loss, mean }
}

fn run(graph: Graph, outputs: Vec<NodeId>) -> Vec<Vec<f64>> {
    let slot = |i: usize| SlotInfo { path: "p".into(), shape: vec![WIDTH], offset: i * WIDTH };
    let program = Program {
        graph,
        inputs: vec![InputInfo { name: "x".into(), shape: vec![WIDTH] }],
        slots: vec![slot(0), slot(1)],
        outputs,
        ..Program::default()
    };
    let x: Vec<f64> = (0..ROWS * WIDTH).map(|i| ((i * 7 + 3) % 11) as f64 * 0.3 - 1.0).collect();
    let mut arena = [0.5, -2.0, 40.0, 1.0, 0.7, -1.3];
    let mut call = reference::Call { rows: ROWS, key: Key(0), inputs: &[&x[..]], scalars: &[], arena: &mut arena };
    let outcome = reference::run(&program, &mut call).unwrap_or_else(|f| panic!("{}", f.what));
    outcome.outputs.iter().map(|o| o.iter().copied().collect()).collect()
}

fn slots(graph: &Graph) -> Vec<NodeId> {
    let of = |i| graph.nodes.iter().position(|n| n.op == Op::Slot(SlotId(i))).map(|n| NodeId(n as u32));
    [0, 1].into_iter().filter_map(of).collect()
}

fn inputs(graph: &Graph) -> NodeId {
    NodeId(graph.nodes.iter().position(|n| n.op == Op::Input(InputId(0))).unwrap() as u32)
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-9 * (1.0 + b.abs()))
}

#[test]
fn a_shift_before_centring_leaves_the_values_and_has_no_derivative() {
    let Normalised { graph, loss, mean } = normalised();
    let (simple, map) = simplify(&graph, &[loss, mean]);
    let [loss, mean] = [loss, mean].map(|n| map[n.0 as usize].unwrap());
    let (mut centred, map) = centre(&simple, &[loss, mean]);
    let moved = [loss, mean].map(|n| map[n.0 as usize].unwrap());
    let before = run(simple, vec![loss, mean]);
    let after = run(centred.clone(), moved.to_vec());
    assert!(before.iter().zip(&after).all(|(a, b)| close(a, b)), "{before:?} {after:?}");
    let parameters = slots(&centred);
    let derivatives = gradient(&mut centred, moved[0], &parameters);
    assert!(derivatives[0].is_none() && derivatives[1].is_some(), "{derivatives:?}");
}

#[test]
fn sums_of_derivatives_keep_their_values_and_become_fewer() {
    let Normalised { graph, loss, .. } = normalised();
    let (simple, map) = simplify(&graph, &[loss]);
    let (mut graph, moved) = centre(&simple, &[map[loss.0 as usize].unwrap()]);
    let loss = moved[map[loss.0 as usize].unwrap().0 as usize].unwrap();
    let wrt = [inputs(&graph), *slots(&graph).last().unwrap()];
    let derivatives: Vec<NodeId> = gradient(&mut graph, loss, &wrt).into_iter().map(Option::unwrap).collect();
    let (plain, map) = simplify_final(&graph, &derivatives);
    let plain_outputs: Vec<NodeId> = derivatives.iter().map(|n| map[n.0 as usize].unwrap()).collect();
    let (gathered, map) = gather_sums(&plain, &plain_outputs);
    let outputs: Vec<NodeId> = plain_outputs.iter().map(|n| map[n.0 as usize].unwrap()).collect();
    let sums = |g: &Graph| g.nodes.iter().filter(|n| matches!(n.op, Op::Reduce(Reduction::Sum, _))).count();
    assert!(sums(&gathered) < sums(&plain), "{} {}", sums(&gathered), sums(&plain));
    let (before, after) = (run(plain, plain_outputs), run(gathered, outputs));
    assert!(before.iter().zip(&after).all(|(a, b)| close(a, b)), "{before:?} {after:?}");
}

#[test]
fn a_sum_of_centred_numbers_is_zero() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(WIDTH)]));
    let shape = at.shape(x).clone();
    let rows = at.node(Op::Length { axis: 0 }, &[x]);
    let sum = at.sum(x, &[0]);
    let mean = at.div(sum, rows);
    let wide = at.expand_to(mean, &[0], &shape);
    let centred = at.sub(x, wide);
    let scaled = at.scale(centred, 3.0);
    let none = at.sum(scaled, &[0]);
    let (gathered, map) = gather_sums(&graph, &[none]);
    let none = map[none.0 as usize].unwrap();
    assert!(!gathered.nodes.iter().any(|n| matches!(n.op, Op::Reduce(..) | Op::Map(Map::Sub))));
    assert_eq!(run(gathered, vec![none]), [vec![0.0; WIDTH]]);
}

#[test]
fn a_weight_decay_of_nothing_goes() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let [g, w] = [0, 1].map(|i| at.node_shaped(Op::Slot(SlotId(i)), &[], Shape::of([WIDTH])));
    let none = at.constant(0.0);
    let decay = at.mul(none, w);
    let decayed = at.add(g, decay);
    let two = at.constant(2.0);
    let kept = at.mul(two, w);
    let both = at.add(decayed, kept);
    let (simple, map) = without_zeros(&graph, &[decayed, both]);
    assert_eq!(simple.get(map[decayed.0 as usize].unwrap()).op, Op::Slot(SlotId(0)));
    assert_eq!(simple.nodes.iter().filter(|n| n.op == Op::Map(Map::Mul)).count(), 1, "a decay of 2 stays");
}

#[test]
fn signs_cancel_or_become_differences() {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let [a, b] = [0, 1].map(|i| at.node_shaped(Op::Slot(SlotId(i)), &[], Shape::of([WIDTH])));
    let [minus_a, minus_b] = [a, b].map(|x| at.neg(x));
    // Moved in between, as a column of one is by its loss.
    let turned = at.reshape(minus_b, &Shape::of([WIDTH, 1]));
    let back = at.reshape(turned, &Shape::of([WIDTH]));
    let product = at.mul(minus_a, back);
    let quotient = at.div(a, minus_b);
    let sum = at.add(product, quotient);
    let total = at.sum(sum, &[0]);
    let both = at.add(minus_a, minus_b);
    let less = at.sub(minus_a, b);
    let outputs = [total, both, less];
    let (moved, map) = gather_sums(&graph, &outputs);
    let found = outputs.map(|n| map[n.0 as usize].unwrap());
    let signs = |g: &Graph| g.nodes.iter().filter(|n| n.op == Op::Map(Map::Neg)).count();
    assert_eq!((signs(&graph), signs(&moved)), (2, 1), "that of the sum which both of the others are");
    assert_eq!(run(graph, outputs.to_vec()), run(moved, found.to_vec()));
}
