//! Updates with two running means become one instruction, however they are written.

use super::*;
use crate::engine::graph::{At, Graph, Map, NodeId, Op, Place, ScalarId, SlotId};
use crate::engine::program::SlotInfo;
use crate::types::Shape;

const COUNT: usize = 1100;

#[derive(Clone, Copy)]
struct Form {
    lerps: [bool; 2],
    /// 0: `sqrt(v) + eps`; 1: `sqrt(v) / s + eps`; 2: `sqrt(v / s) + eps`
    root: usize,
    shrinks: bool,
    /// The first mean divided by a correction before it is multiplied by the rate.
    corrected: bool,
    /// The first mean is used for something else as well.
    shared: bool,
}

/// Slots: value, gradient, first mean, second mean. Scalars: rate, correction.
fn program(form: Form) -> Program {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let shape = Shape::of([COUNT]);
    let [value, g, m, v] = [0, 1, 2, 3].map(|i| at.node_shaped(Op::Slot(SlotId(i)), &[], shape.clone()));
    let [rate, correction] = [0, 1].map(|i| at.node(Op::Scalar(ScalarId(i)), &[]));
    let mean = |at: &mut At, old: NodeId, new: NodeId, share: f64, lerp: bool| {
        if lerp {
            let way = at.sub(new, old);
            let way = at.scale(way, share);
            return at.add(old, way);
        }
        let (kept, part) = (at.scale(old, 1.0 - share), at.scale(new, share));
        at.add(kept, part)
    };
    let m1 = mean(&mut at, m, g, 0.1, form.lerps[0]);
    let square = at.mul(g, g);
    let v1 = mean(&mut at, v, square, 0.01, form.lerps[1]);
    let below = match form.root {
        0 => at.map(Map::Sqrt, &[v1]),
        1 => {
            let root = at.map(Map::Sqrt, &[v1]);
            at.div(root, correction)
        }
        _ => {
            let whole = at.div(v1, correction);
            at.map(Map::Sqrt, &[whole])
        }
    };
    let eps = at.constant(1e-3);
    let below = at.add(below, eps);
    let first = if form.corrected { at.div(m1, correction) } else { m1 };
    let step = at.mul(rate, first);
    let step = at.div(step, below);
    let kept = if form.shrinks { at.scale(value, 0.99) } else { value };
    let new = at.sub(kept, step);
    let outputs = if form.shared { vec![at.map(Map::Abs, &[m1])] } else { Vec::new() };
    let slots = (0..4).map(|i| SlotInfo { path: "slot".into(), shape: vec![COUNT], offset: i * 1104 }).collect();
    let updates = vec![(SlotId(0), new), (SlotId(2), m1), (SlotId(3), v1)];
    Program { graph, slots, scalars: vec!["rate".into(), "correction".into()], outputs, updates, ..Program::default() }
}

fn slots() -> Vec<f32> {
    // Second moments are not negative.
    (0..4 * 1104).map(|i| ((i * 71) % 997) as f32 / 997.0 - if i < 3 * 1104 { 0.5 } else { 0.0 }).collect()
}

fn is_one_instruction(program: &Program) -> bool {
    let options = Options { max_rows: 1, ..Options::default() };
    let steps = Executable::compile(program, &options).unwrap().profile();
    let fused: Vec<&str> = steps.iter().map(|s| &*s.what).filter(|w| w.contains("Moments")).collect();
    fused.len() == 1 && fused[0].split("each: ").nth(1).is_some_and(|body| body.starts_with("Moments"))
}

#[test]
fn every_form_is_one_instruction_and_agrees_with_the_reference() {
    for lerps in [[true, true], [true, false], [false, true], [false, false]] {
        for root in 0..3 {
            for (shrinks, corrected) in [(false, false), (true, false), (false, true), (true, true)] {
                let program = program(Form { lerps, root, shrinks, corrected, shared: false });
                let what = format!("{lerps:?} {root} {shrinks} {corrected}");
                assert!(is_one_instruction(&program), "{what}");
                agree(&what, &program, 1, &[], &[0.1, 0.7], &slots());
            }
        }
    }
}

#[test]
fn a_mean_that_others_read_stays_an_instruction_of_its_own() {
    let form = Form { lerps: [true, false], root: 1, shrinks: false, corrected: false, shared: true };
    let program = program(form);
    assert!(!is_one_instruction(&program));
    agree("shared", &program, 1, &[], &[0.1, 0.7], &slots());
}
