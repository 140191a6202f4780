use super::*;
use crate::engine::gradient::gradient;
use crate::engine::graph::{At, Map, Op, Place, Reduction, SlotId};
use crate::engine::program::{Program, SlotInfo};
use crate::engine::random::Key;
use crate::engine::reference::{self, Call, Float};
use crate::types::{Axis, Shape};

/// A graph over one vector of scores, `z`.
struct Lab {
    graph: Graph,
    z: NodeId,
    scores: Vec<f64>,
}

impl Lab {
    fn new(scores: &[f64]) -> Lab {
        Lab::shaped(scores, &[scores.len()])
    }

    fn shaped(scores: &[f64], shape: &[usize]) -> Lab {
        let mut graph = Graph::default();
        let shape = Shape::of(shape.iter().copied());
        let z = graph.at_place(&Place::default()).node_shaped(Op::Slot(SlotId(0)), &[], shape);
        Lab { graph, z, scores: scores.to_vec() }
    }

    fn at(&mut self) -> At<'_> {
        self.graph.at_place(&Place::default())
    }

    /// The value of `y`, and its gradient by `z`, in the way programs are made: rewriting, derivatives, rewriting.
    fn value_and_gradient<T: Float>(&self, y: NodeId) -> (Vec<f64>, Vec<f64>) {
        let (mut graph, map) = simplify(&self.graph, &[y, self.z]);
        let [y, z] = [y, self.z].map(|n| map[n.0 as usize].unwrap());
        let g = gradient(&mut graph, y, &[z])[0].unwrap();
        let (graph, map) = simplify_final(&graph, &[y, g]);
        let outputs = [y, g].map(|n| map[n.0 as usize].unwrap());
        let [value, gradient] = self.run::<T>(graph, &outputs).try_into().unwrap();
        (value, gradient)
    }

    fn run<T: Float>(&self, graph: Graph, outputs: &[NodeId]) -> Vec<Vec<f64>> {
        let slots = vec![SlotInfo { path: "z".into(), shape: vec![self.scores.len()], offset: 0 }];
        let program = Program { graph, slots, outputs: outputs.to_vec(), ..Program::default() };
        let mut arena: Vec<T> = self.scores.iter().map(|&x| T::from_f64(x)).collect();
        let mut call = Call { rows: 0, key: Key(0), inputs: &[], scalars: &[], arena: &mut arena };
        let outcome = reference::run(&program, &mut call).unwrap();
        outcome.outputs.iter().map(|o| o.iter().map(|x| x.to_f64()).collect()).collect()
    }

    /// The operations that are left of `y`.
    fn left(&self, y: NodeId) -> Vec<Op> {
        let (graph, _) = simplify(&self.graph, &[y]);
        graph.nodes.into_iter().map(|n| n.op).collect()
    }
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 2e-6 * e.abs().max(1e-30), "{found:?} is not {expected:?}");
    }
}

fn maps(map: &[Map]) -> Vec<Op> {
    map.iter().map(|&m| Op::Map(m)).collect()
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    if x > 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

const FAR: [f64; 8] = [1000.0, -1000.0, 30.0, -30.0, 100.0, -100.0, 0.5, 0.0];

/// `-(y * log(p) + (1 - y) * log(1 - p))`
fn bce(at: &mut At, log: Map, p: NodeId, labels: &[f64]) -> NodeId {
    let shape = at.shape(p).clone();
    let y = at.node_shaped(Op::Literal(labels.into()), &[], shape);
    let one = at.constant(1.0);
    let not_y = at.sub(one, y);
    let not_p = at.sub(one, p);
    let (log_p, log_not_p) = (at.map(log, &[p]), at.map(log, &[not_p]));
    let (a, b) = (at.mul(y, log_p), at.mul(not_y, log_not_p));
    let sum = at.add(a, b);
    at.neg(sum)
}

#[test]
fn bce_of_a_sigmoid_is_exact_at_saturation() {
    type View = fn(&mut At, NodeId) -> NodeId;
    let views: [(&str, View); 6] = [
        ("nothing", |_, x| x),
        ("reshape", |at, x| at.reshape(x, &Shape::of([2, 4]))),
        ("slice", |at, x| at.slice(x, 0, 0, Axis::new(8))),
        ("permute of reshape", |at, x| {
            let x = at.reshape(x, &Shape::of([4, 2]));
            let x = at.permute(x, vec![1, 0]);
            let x = at.permute(x, vec![1, 0]);
            at.reshape(x, &Shape::of([8]))
        }),
        ("concatenated slices", |at, x| {
            let (a, b) = (at.slice(x, 0, 0, Axis::new(3)), at.slice(x, 0, 3, Axis::new(5)));
            at.concat(&[a, b], 0)
        }),
        ("check", |at, x| at.node(Op::Checked { low: 0.0, high: 1.0, whole: false }, &[x])),
    ];
    for log in [Map::Log, Map::SafeLog] {
        for (name, view) in views {
            for y in [0.0, 1.0, 0.25] {
                let mut lab = Lab::new(&FAR);
                let z = lab.z;
                let mut at = lab.at();
                let p = at.sigmoid(z);
                let p = view(&mut at, p);
                let loss = bce(&mut at, log, p, &[y; 8]);
                let (value, gradient) = lab.value_and_gradient::<f32>(loss);
                println!("{log:?} behind {name}, y = {y}");
                let expected = FAR.map(|z| y * softplus(-z) + (1.0 - y) * softplus(z));
                assert_close(&value, &expected);
                assert_close(&gradient, &FAR.map(|z| (1.0 - y) * sigmoid(z) - y * sigmoid(-z)));
            }
        }
    }
}

#[test]
fn a_slice_of_the_scores_is_seen_through() {
    let mut lab = Lab::new(&[-1000.0, 7.0, 1000.0]);
    let z = lab.z;
    let mut at = lab.at();
    let p = at.sigmoid(z);
    let first = at.slice(p, 0, 0, Axis::new(1));
    let log = at.log(first);
    let (value, gradient) = lab.value_and_gradient::<f32>(log);
    assert_close(&value, &[-1000.0]);
    assert_close(&gradient, &[1.0, 0.0, 0.0]);
}

#[test]
fn focal_products_are_finite_at_saturation() {
    for gamma in [0.5, 1.0, 1.5, 2.0, 3.0] {
        let mut lab = Lab::new(&FAR);
        let z = lab.z;
        let mut at = lab.at();
        let p = at.sigmoid(z);
        let one = at.constant(1.0);
        let rest = at.sub(one, p);
        let gamma_node = at.constant(gamma);
        let weight = at.pow(rest, gamma_node);
        let log = at.log(p);
        let product = at.mul(weight, log);
        let (value, gradient) = lab.value_and_gradient::<f32>(product);
        for (i, z) in FAR.into_iter().enumerate() {
            let expected = -sigmoid(-z).powf(gamma) * softplus(-z);
            assert!((value[i] - expected).abs() <= 1e-5 * expected.abs() + 1e-30, "{gamma} {z} {}", value[i]);
            let w = sigmoid(-z).powf(gamma);
            let slope = w * (sigmoid(-z) + gamma * sigmoid(z) * softplus(-z));
            assert!((gradient[i] - slope).abs() <= 1e-5 * slope.abs() + 1e-30, "{gamma} {z} {}", gradient[i]);
        }
    }
}

#[test]
fn logarithms_of_one_sigmoid_become_one_softplus() {
    let mut lab = Lab::new(&FAR);
    let z = lab.z;
    let mut at = lab.at();
    let one = at.constant(1.0);
    let p = at.sigmoid(z);
    let not_p = at.sub(one, p);
    let minus_p = at.neg(p);
    let log = at.log(p);
    let log_rest = at.log(not_p);
    let log1p = at.log1p(minus_p);
    let odds = at.div(p, not_p);
    let log_odds = at.log(odds);
    let logit = at.sub(log, log_rest);
    let power = at.exp(z);
    let back = at.log(power);
    let one_plus = at.add(power, one);
    let log_one_plus = at.log(one_plus);
    let log1p_exp = at.log1p(power);
    let again = at.exp(log);
    let slot = Op::Slot(SlotId(0));
    let chain = |left: &[Map]| [vec![slot.clone()], maps(left)].concat();
    assert_eq!(lab.left(log), chain(&[Map::Neg, Map::Softplus, Map::Neg]));
    assert_eq!(lab.left(log_rest), chain(&[Map::Softplus, Map::Neg]));
    assert_eq!(lab.left(log1p), chain(&[Map::Softplus, Map::Neg]));
    assert_eq!(lab.left(log_odds), chain(&[]));
    assert_eq!(lab.left(logit), chain(&[]));
    assert_eq!(lab.left(back), chain(&[]));
    assert_eq!(lab.left(log_one_plus), chain(&[Map::Softplus]));
    assert_eq!(lab.left(log1p_exp), chain(&[Map::Softplus]));
    assert_eq!(lab.left(again), chain(&[Map::Sigmoid]));
    assert_eq!(lab.left(not_p), chain(&[Map::Neg, Map::Sigmoid]));
}

#[test]
fn the_derivative_of_sigmoid_takes_one_sigmoid() {
    let mut lab = Lab::new(&FAR);
    let p = {
        let z = lab.z;
        lab.at().sigmoid(z)
    };
    let z = lab.z;
    let g = gradient(&mut lab.graph, p, &[z])[0].unwrap();
    let sigmoids = lab.left(g).iter().filter(|op| **op == Op::Map(Map::Sigmoid)).count();
    assert_eq!(sigmoids, 1);
}

/// `exp(a) / sum(exp(a))` over the last axis, where `a` is `x - max(x)` if `shifted`.
fn softmax(at: &mut At, x: NodeId, shifted: bool) -> NodeId {
    let shape = at.shape(x).clone();
    let axis = shape.rank() - 1;
    let mut kept = shape.clone();
    kept.0[axis] = Axis::new(1);
    let keepdim = |at: &mut At, n: NodeId| {
        let n = at.reshape(n, &kept);
        at.expand_to(n, &[], &shape)
    };
    let mut a = x;
    if shifted {
        let largest = at.reduce(Reduction::Max, x, &[axis]);
        let largest = at.node(Op::StopGradient, &[largest]);
        let largest = keepdim(at, largest);
        a = at.sub(x, largest);
    }
    let e = at.exp(a);
    let sum = at.sum(e, &[axis]);
    let sum = keepdim(at, sum);
    at.div(e, sum)
}

const ROWS: [f64; 9] = [1000.0, -1000.0, 0.0, 1.0, 2.0, 3.0, 50.0, 50.0, -50.0];

fn log_softmax(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = largest + row.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
    row.iter().map(|x| x - log_sum).collect()
}

#[test]
fn the_logarithm_of_a_softmax_is_exact_at_saturation() {
    for log in [Map::Log, Map::SafeLog] {
        for shifted in [true, false] {
            let mut lab = Lab::shaped(&ROWS, &[3, 3]);
            let z = lab.z;
            let mut at = lab.at();
            let p = softmax(&mut at, z, shifted);
            let p = at.node(Op::Checked { low: 0.0, high: 1.0, whole: false }, &[p]);
            let logs = at.map(log, &[p]);
            let picked = at.slice(logs, 1, 1, Axis::new(1));
            let expected: Vec<Vec<f64>> = ROWS.chunks(3).map(log_softmax).collect();
            let (value, gradient) = lab.value_and_gradient::<f32>(picked);
            assert_close(&value, &expected.iter().map(|row| row[1]).collect::<Vec<_>>());
            let slopes = |row: &Vec<f64>| (0..3).map(|i| f64::from(i == 1) - row[i].exp()).collect::<Vec<_>>();
            let slopes = expected.iter().flat_map(slopes).collect::<Vec<_>>();
            for (f, e) in gradient.iter().zip(&slopes) {
                assert!((f - e).abs() < 2e-7, "{gradient:?} {slopes:?}");
            }
            assert!(!lab.left(picked).contains(&Op::Map(log)) || log == Map::Log, "the clamp is still there");
        }
    }
}

#[test]
fn a_label_looked_up_in_probabilities_is_looked_up_in_logarithms() {
    let mut lab = Lab::new(&[-1000.0, 0.0, 1000.0]);
    let z = lab.z;
    let mut at = lab.at();
    let p = softmax(&mut at, z, true);
    let label = at.constant(0.0);
    let right = at.take(p, label);
    let log = at.map(Map::SafeLog, &[right]);
    let (value, gradient) = lab.value_and_gradient::<f32>(log);
    assert_close(&value, &[-2000.0]);
    assert_close(&gradient, &[1.0, 0.0, -1.0]);
}

#[test]
fn the_logarithm_of_the_other_classes_is_exact_at_saturation() {
    let mut lab = Lab::shaped(&ROWS, &[3, 3]);
    let z = lab.z;
    let mut at = lab.at();
    let p = softmax(&mut at, z, true);
    let one = at.constant(1.0);
    let rest = at.sub(one, p);
    let log = at.map(Map::SafeLog, &[rest]);
    let expected = |row: &[f64]| {
        let log_of = |i: usize| {
            let others: Vec<f64> = (0..3).filter(|&j| j != i).map(|j| row[j]).collect();
            let largest = others.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let others = largest + others.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
            others + log_softmax(row)[i] - row[i]
        };
        (0..3).map(log_of).collect::<Vec<_>>()
    };
    let expected: Vec<f64> = ROWS.chunks(3).flat_map(expected).collect();
    let (value, gradient) = lab.value_and_gradient::<f32>(log);
    for (f, e) in value.iter().zip(&expected) {
        assert!((f - e).abs() <= 1e-6 * e.abs() + 1e-7, "{value:?} {expected:?}");
    }
    assert!(gradient.iter().all(|g| g.is_finite()), "{gradient:?}");
    // Adding a number to all scores of a row changes nothing.
    for row in gradient.chunks(3) {
        assert!(row.iter().sum::<f64>().abs() < 1e-5, "{gradient:?}");
    }
}

#[test]
fn stable_forms_change_no_value_where_the_plain_ones_are_exact() {
    let scores = [0.3, -1.2, 2.0, 0.0, 0.7, -0.4];
    let mut lab = Lab::shaped(&scores, &[2, 3]);
    let z = lab.z;
    let mut at = lab.at();
    let p = at.sigmoid(z);
    let q = softmax(&mut at, z, false);
    let one = at.constant(1.0);
    let (not_p, not_q) = (at.sub(one, p), at.sub(one, q));
    let c = at.less(z, one);
    let either = at.where_(c, p, not_q);
    let exponent = at.constant(1.7);
    let power = at.pow(p, exponent);
    let product = at.mul(p, q);
    let ratio = at.div(q, p);
    let both = at.concat(&[p, not_q], 0);
    let e = at.exp(z);
    let sum = at.sum(e, &[1]);
    for x in [p, q, not_p, not_q, either, power, product, ratio, both, e, sum] {
        let log = lab.at().log(x);
        let (value, gradient) = lab.value_and_gradient::<f64>(log);
        let mut plain = lab.graph.clone();
        let g = super::super::gradient::gradient(&mut plain, log, &[z])[0].unwrap();
        let expected = lab.run::<f64>(plain, &[log, g]);
        for (found, expected) in [(value, &expected[0]), (gradient, &expected[1])] {
            for (f, e) in found.iter().zip(expected) {
                assert!((f - e).abs() < 1e-12, "{:?}: {found:?} {expected:?}", lab.graph.get(x).op);
            }
        }
        assert_ne!(lab.left(log).last(), Some(&Op::Map(Map::Log)), "{:?} was not replaced", lab.graph.get(x).op);
    }
}

#[test]
fn identities_hold_for_every_number() {
    let points = [0.0, -0.0, 1.5, -2.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-310, 1e308];
    let mut lab = Lab::new(&points);
    let z = lab.z;
    let mut at = lab.at();
    let values = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, f64::INFINITY, f64::NAN];
    let constants: Vec<NodeId> = values.iter().map(|&v| at.constant(v)).collect();
    let (neg, abs, exp) = (at.neg(z), at.abs(z), at.exp(z));
    let neg_abs = at.neg(abs);
    let operands: Vec<NodeId> = constants.iter().copied().chain([z, neg, abs, exp, neg_abs]).collect();
    let binaries = [Map::Add, Map::Sub, Map::Mul, Map::Div, Map::Pow, Map::Max, Map::Min, Map::Mod, Map::And, Map::Or];
    let mut results = Vec::new();
    for &a in &operands {
        for map in [Map::Neg, Map::Abs, Map::Cos, Map::Cosh, Map::Sin, Map::Sqrt, Map::Not, Map::IsFinite] {
            results.push(at.map(map, &[a]));
        }
        for &b in &operands {
            results.extend(binaries.map(|map| at.map(map, &[a, b])));
            results.push(at.where_(a, b, z));
            results.push(at.where_(a, z, b));
        }
    }
    let (simple, map) = simplify(&lab.graph, &results);
    let mapped: Vec<NodeId> = results.iter().map(|n| map[n.0 as usize].unwrap()).collect();
    assert!(simple.nodes.len() < lab.graph.nodes.len());
    let expected = lab.run::<f64>(lab.graph.clone(), &results);
    let found = lab.run::<f64>(simple, &mapped);
    for ((e, f), n) in expected.iter().zip(&found).zip(&results) {
        let node = lab.graph.get(*n);
        for (e, f) in e.iter().zip(f) {
            let same = e.to_bits() == f.to_bits() || e.is_nan() && f.is_nan();
            assert!(
                same,
                "{:?} of {:?}: {e} became {f}",
                node.op,
                node.args.iter().map(|a| &lab.graph.get(*a).op).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn equal_parts_are_computed_once_and_dead_parts_never() {
    let mut lab = Lab::new(&[1.0, 2.0]);
    let z = lab.z;
    let mut at = lab.at();
    let (a, b) = (at.exp(z), at.exp(z));
    let _dead = at.sin(a);
    let (two, other_two) = (at.constant(2.0), at.constant(2.0));
    let (c, d) = (at.mul(a, two), at.mul(other_two, b));
    let sum = at.add(c, d);
    let (zero, minus_zero) = (at.constant(0.0), at.constant(-0.0));
    let (e, f) = (at.div(sum, zero), at.div(sum, minus_zero));
    let both = at.concat(&[e, f], 0);
    assert_eq!(lab.left(sum).len(), 5, "z, exp, 2, product, sum");
    let (graph, map) = simplify(&lab.graph, &[both]);
    assert_ne!(map[e.0 as usize], map[f.0 as usize], "0 and -0 are different divisors");
    assert_eq!(graph.nodes.len(), 10);
}

#[test]
fn chains_of_moves_become_one() {
    let mut lab = Lab::shaped(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
    let z = lab.z;
    let mut at = lab.at();
    let reshaped = at.reshape(z, &Shape::of([6]));
    let back = at.reshape(reshaped, &Shape::of([2, 3]));
    let turned = at.permute(z, vec![1, 0]);
    let turned_back = at.permute(turned, vec![1, 0]);
    let column = at.reshape(z, &Shape::of([2, 1, 3]));
    let stretched = at.node_shaped(Op::Expand { new: vec![] }, &[column], Shape::of([2, 4, 3]));
    let doubled = at.node_shaped(Op::Expand { new: vec![0] }, &[stretched], Shape::of([5, 2, 4, 3]));
    let negative = at.neg(doubled);
    let sliced = at.slice(z, 1, 1, Axis::new(2));
    let sliced = at.slice(sliced, 1, 1, Axis::new(1));
    let flipped = at.flip(z, 0);
    let flipped = at.flip(flipped, 0);
    let slot = Op::Slot(SlotId(0));
    assert_eq!(lab.left(back), [slot.clone()]);
    assert_eq!(lab.left(turned_back), [slot.clone()]);
    assert_eq!(lab.left(flipped), [slot.clone()]);
    assert_eq!(lab.left(doubled), [slot.clone(), Op::Expand { new: vec![0, 2] }]);
    assert_eq!(lab.left(negative), [slot.clone(), Op::Map(Map::Neg), Op::Expand { new: vec![0, 2] }]);
    assert_eq!(lab.left(sliced), [slot, Op::Slice { axis: 1, start: 2 }]);
    let results = [back, turned_back, doubled, negative, sliced, flipped];
    let (simple, map) = simplify(&lab.graph, &results);
    let mapped = results.map(|n| map[n.0 as usize].unwrap());
    assert_eq!(lab.run::<f64>(simple, &mapped), lab.run::<f64>(lab.graph.clone(), &results));
}

#[test]
fn a_second_pass_changes_nothing() {
    let mut lab = Lab::shaped(&ROWS, &[3, 3]);
    let z = lab.z;
    let mut at = lab.at();
    let q = softmax(&mut at, z, false);
    let one = at.constant(1.0);
    let rest = at.sub(one, q);
    let (a, b) = (at.log(q), at.log(rest));
    let p = at.sigmoid(z);
    let c = bce(&mut at, Map::SafeLog, p, &[1.0; 9]);
    let sum = at.add(a, b);
    let sum = at.add(sum, c);
    let (first, map) = simplify(&lab.graph, &[sum]);
    let (second, _) = simplify(&first, &[map[sum.0 as usize].unwrap()]);
    let ops = |graph: &Graph| graph.nodes.iter().map(|n| (n.op.clone(), n.args.clone())).collect::<Vec<_>>();
    assert_eq!(ops(&first), ops(&second));
}

#[test]
fn long_and_shared_chains_are_rewritten_in_no_time() {
    let mut lab = Lab::new(&[0.1, 0.2]);
    let z = lab.z;
    let mut at = lab.at();
    let mut product = at.sigmoid(z);
    let mut quotient = at.exp(z);
    for _ in 0..5000 {
        product = at.mul(product, product);
        let square = at.mul(quotient, quotient);
        let e = at.exp(square);
        quotient = at.div(e, square);
    }
    let (a, b) = (at.log(product), at.log(quotient));
    let started = std::time::Instant::now();
    let (graph, _) = simplify(&lab.graph, &[a, b]);
    assert!(started.elapsed().as_secs() < 5, "{:?} for {} nodes", started.elapsed(), graph.nodes.len());
}
