use super::*;
use crate::engine::graph::Map;
use crate::engine::kernels::Isa;

fn run(function: Function, isa: Isa, args: [&[f32]; 3], steps: [Step; 3], len: usize, width: usize) -> Vec<f32> {
    let mut out = vec![-7.0; len + 1];
    let args = MapArgs { out: out.as_mut_ptr(), args: args.map(<[f32]>::as_ptr), steps, len, width };
    // SAFETY: streams have `len` numbers, blocks `MAX_LANES`.
    unsafe { kernel(function, isa)(&args) };
    assert_eq!(out.pop(), Some(-7.0), "{function:?}: written beyond the end");
    out
}

#[test]
fn all_lengths_and_blocks_of_equal_numbers_are_covered() {
    let a: Vec<f32> = (0..200).map(|i| i as f32).collect();
    let block = [3.0; super::super::MAX_LANES];
    for isa in Isa::available() {
        for len in 0..150 {
            let got =
                run(Function::MulAdd, isa, [&a, &block, &a[50..]], [Step::Each, Step::Block, Step::Each], len, len);
            let expected: Vec<f32> = (0..len).map(|i| a[i] * 3.0 + a[50 + i]).collect();
            assert_eq!(got, expected, "{isa:?} {len}");
        }
    }
}

#[test]
fn rows_that_come_again_are_covered() {
    let a: Vec<f32> = (0..400).map(|i| i as f32).collect();
    let block = [3.0; super::super::MAX_LANES];
    let all = [Step::Block, Step::Each, Step::Columns];
    for isa in Isa::available() {
        for (width, rows) in [(1, 5), (7, 3), (16, 2), (33, 4), (64, 3), (100, 2), (130, 3)] {
            for code in 0..27 {
                let steps = [all[code % 3], all[code / 3 % 3], all[code / 9]];
                if !steps.contains(&Step::Each) {
                    continue;
                }
                let args = std::array::from_fn(|i| if steps[i] == Step::Block { &block[..] } else { &a[i..] });
                let number = |i: usize, at: usize| match steps[i] {
                    Step::Block => 3.0,
                    Step::Each => a[i + at],
                    Step::Columns => a[i + at % width],
                };
                let got = run(Function::SubThenMul, isa, args, steps, rows * width, width);
                let expected = (0..rows * width).map(|at| (number(0, at) - number(1, at)) * number(2, at));
                assert_eq!(got, expected.collect::<Vec<_>>(), "{isa:?} {steps:?} {rows} x {width}");
            }
        }
    }
}

#[test]
fn numbers_that_are_not_numbers_go_through() {
    let nan = f32::NAN;
    let (a, b) = ([1.0, nan, 2.0, -3.0, 0.5], [nan, 1.0, 1.0, -4.0, -0.5]);
    for isa in Isa::available() {
        let of = |f: Function| run(f, isa, [&a, &b, &b], [Step::Each; 3], a.len(), a.len());
        let same = |got: Vec<f32>, expected: [f32; 5]| {
            assert_eq!(got.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected.map(f32::to_bits), "{isa:?}");
        };
        assert!(of(Function::Map(Map::Max))[..2].iter().all(|x| x.is_nan()));
        assert!(of(Function::Map(Map::Min))[..2].iter().all(|x| x.is_nan()));
        assert!(of(Function::Relu)[1].is_nan());
        same(of(Function::Map(Map::Lt)), [0.0, 0.0, 0.0, 0.0, 0.0]);
        same(of(Function::Map(Map::IsFinite)), [1.0, 0.0, 1.0, 1.0, 1.0]);
        same(of(Function::Map(Map::Not)), [0.0; 5]);
        same(of(Function::Map(Map::And)), [1.0; 5]);
        assert_eq!(of(Function::Map(Map::Max))[2..], [2.0, -3.0, 0.5]);
        assert_eq!(of(Function::Map(Map::Sign))[3..], [-1.0, 1.0]);
        assert_eq!(of(Function::Map(Map::Round))[2..], [2.0, -3.0, 0.0]);
        assert_eq!(of(Function::Map(Map::Floor))[4], 0.0);
        assert_eq!(of(Function::Map(Map::Ceil))[4], 1.0);
        assert_eq!(of(Function::Map(Map::Mod))[2..], [0.0, -3.0, 0.0]);
    }
}
