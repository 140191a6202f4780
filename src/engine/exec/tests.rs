//! Agreement with the reference kernels.

use super::*;
use crate::engine::ops;
use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::engine::reference;

mod moments;
mod random;
mod rows;
mod samples;
mod threads;

/// Runs a program both ways and compares outputs and slots.
fn agree(what: &str, program: &Program, rows: usize, inputs: &[Vec<f32>], scalars: &[f32], slots: &[f32]) {
    let key = Key(42);
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut expected_slots = slots.to_vec();
    let mut call = reference::Call { rows, key, inputs: &inputs, scalars, arena: &mut expected_slots };
    let expected = reference::run::<f32>(program, &mut call).unwrap_or_else(|f| panic!("{what}: {f}"));
    for isa in Isa::available() {
        for fuse in [false, true] {
            let options = Options { max_rows: rows, isa, fuse, ..Options::default() };
            let mut executable = Executable::compile(program, &options).unwrap();
            let mut slots = Arena::from(slots);
            let call = Call { rows, key, inputs: &inputs, scalars, slots: &mut slots };
            executable.run(call).unwrap_or_else(|f| panic!("{what}: {f}"));
            for (i, output) in expected.outputs.iter().enumerate() {
                let output: Vec<f32> = output.iter().copied().collect();
                compare(&format!("{what} on {isa:?}, fuse {fuse}, output {i}"), executable.output(i), &output);
            }
            compare(&format!("{what} on {isa:?}, fuse {fuse}, slots"), &slots, &expected_slots);
        }
    }
}

fn compare(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (&x, &y)) in got.iter().zip(expected).enumerate() {
        let close = x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= 2e-5 * y.abs().max(1.0);
        assert!(close, "{what} at {i}: {x} instead of {y}\n{got:?}\n{expected:?}");
    }
}
