use super::lab::Lab;
use super::simplify;
use crate::engine::gradient::gradient;
use crate::engine::graph::Graph;
use crate::engine::graph::{At, Map, NodeId, Op, Reduction, SlotId};
use crate::types::{Axis, Shape};

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
fn a_quotient_by_sums_of_other_rows_is_no_softmax() {
    let mut lab = Lab::shaped(&[0.1, 0.9, 0.3, 0.2], &[2, 2]);
    let z = lab.z;
    let mut at = lab.at();
    let e = at.exp(z);
    let sum = at.sum(e, &[1]);
    let across = at.expand_to(sum, &[0], &Shape::of([2, 2]));
    let tripled = at.scale(across, 3.0);
    let one = at.constant(1.0);
    let results = [across, tripled].map(|d| {
        let quotient = at.div(e, d);
        let rest = at.sub(one, quotient);
        at.log(rest)
    });
    let (simple, map) = simplify(&lab.graph, &results);
    let mapped = results.map(|n| map[n.0 as usize].unwrap());
    let found = lab.run::<f64>(simple, &mapped);
    for (f, e) in found.concat().iter().zip(lab.run::<f64>(lab.graph.clone(), &results).concat()) {
        assert!((f - e).abs() < 1e-12, "{f} {e}");
    }
}
