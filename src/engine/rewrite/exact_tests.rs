use super::lab::Lab;
use super::simplify;
use crate::engine::graph::{Map, NodeId, Op, Reduction, SlotId};
use crate::engine::random::{Generator, Key};
use crate::types::{Axis, Shape};

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

/// A graph of operations drawn at random over `z` of shape `[2, 3]`; several of them move, repeat and reduce.
fn random_graph(draws: &mut Generator) -> (Lab, NodeId) {
    let values: Vec<f64> = (0..6).map(|_| 4.0 * draws.unit() - 2.0).collect();
    let mut lab = Lab::shaped(&values, &[2, 3]);
    let mut nodes = vec![lab.z];
    let maps =
        [Map::Neg, Map::Exp, Map::Log, Map::Sigmoid, Map::Softplus, Map::Abs, Map::Log1p, Map::SafeLog, Map::Tanh];
    let pairs = [Map::Add, Map::Sub, Map::Mul, Map::Div, Map::Max, Map::Pow];
    let constants = [0.0, -0.0, 1.0, 2.0, -1.0, 0.5];
    for _ in 0..40 {
        let mut at = lab.at();
        let x = nodes[draws.below(nodes.len() as u64) as usize];
        let shape = at.shape(x).clone();
        let rank = shape.rank();
        let axis = draws.below(rank.max(1) as u64) as usize;
        let alike: Vec<NodeId> = nodes.iter().copied().filter(|&n| *at.shape(n) == shape).collect();
        let other = alike[draws.below(alike.len() as u64) as usize];
        let pair = pairs[draws.below(6) as usize];
        let n = match draws.below(14) {
            0..=3 => at.map(maps[draws.below(9) as usize], &[x]),
            4 | 5 => at.map(pair, &[x, other]),
            6 | 7 => {
                let c = at.constant(constants[draws.below(6) as usize]);
                if draws.below(2) == 0 { at.map(pair, &[x, c]) } else { at.map(pair, &[c, x]) }
            }
            8 if rank > 0 => at.reduce([Reduction::Sum, Reduction::Max][draws.below(2) as usize], x, &[axis]),
            9 if rank < 3 => {
                let mut larger = shape.clone();
                let new = draws.below(rank as u64 + 1) as usize;
                larger.0.insert(new, Axis::new(1 + draws.below(3) as i64));
                at.expand_to(x, &[new], &larger)
            }
            10 if rank > 1 => at.permute(x, (0..rank).rev().collect()),
            11 if rank > 0 => {
                let mut flat = shape.clone();
                flat.0.insert(axis, Axis::new(1));
                at.reshape(x, &flat)
            }
            12 if rank > 0 => {
                let extent = shape.0[axis].dim.constant().unwrap();
                let start = draws.below(extent as u64);
                at.slice(x, axis, start as usize, Axis::new(extent - start as i64))
            }
            13 if rank > 0 && rank < 3 => at.concat(&[x, other], axis),
            _ => at.flip(nodes[0], 1),
        };
        nodes.push(n);
    }
    let last = nodes[nodes.len() - 1];
    (lab, last)
}

#[test]
fn random_graphs_keep_their_values() {
    let mut draws = Generator::new(Key(11));
    for round in 0..2000 {
        let (lab, result) = random_graph(&mut draws);
        let (simple, map) = simplify(&lab.graph, &[result]);
        let expected = lab.run::<f64>(lab.graph.clone(), &[result]).concat();
        let found = lab.run::<f64>(simple, &[map[result.0 as usize].unwrap()]).concat();
        for (f, e) in found.iter().zip(&expected) {
            // Where the plain form is not a finite number, the stable one may be.
            let close = !e.is_finite() || (f - e).abs() <= 1e-9 * (1.0 + e.abs());
            assert!(close, "round {round}: {e} became {f}\n{:#?}", lab.left(result));
        }
    }
}
