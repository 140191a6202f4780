//! Every primitive alone, on its samples and their derivatives.

use super::*;
use crate::engine::gradient::gradient;

#[test]
fn every_primitive_agrees_with_its_reference() {
    for primitive in ops::all() {
        for sample in primitive.samples() {
            let made = sample.program().unwrap();
            let slots: Vec<f32> = made.arena.iter().map(|&x| x as f32).collect();
            let input = made.input.iter().map(|&x| x as f32).collect();
            let what = format!("{:?}", sample.op);
            agree(&what, &made.program, made.rows, &[input], &[made.scalar as f32], &slots);
        }
    }
}

#[test]
fn every_derivative_agrees_with_its_reference() {
    for primitive in ops::all() {
        for sample in primitive.samples() {
            let mut made = sample.program().unwrap();
            let output = made.program.outputs[0];
            let gradients = gradient(&mut made.program.graph, output, &made.args);
            made.program.outputs.extend(gradients.into_iter().flatten());
            let slots: Vec<f32> = made.arena.iter().map(|&x| x as f32).collect();
            let input = made.input.iter().map(|&x| x as f32).collect();
            let what = format!("derivative of {:?}", sample.op);
            agree(&what, &made.program, made.rows, &[input], &[made.scalar as f32], &slots);
        }
    }
}
