//! Into how many parts a step is divided among threads: settled with the plan, from the step's whole size.
//!
//! Parts never share a sum: a product is divided by rows or columns of its result, a pass by rows if nothing is summed
//! over them. So results do not depend on the number of threads.

use std::ops::Range;

use crate::engine::kernels::gemm::Extents;

use super::pass::{Instruction, Tile};
use super::step::{LinkedPass, MatMul, Step};

/// Floating-point operations of a product from which on dividing it pays: some 30 microseconds, since what one core has
/// written has to come over to the other.
const PRODUCT: usize = 3_000_000;
/// The same of a pass: numbers times instructions.
const PASS: usize = 60_000;
/// Rows and columns that a part of a product has at least, in whole tiles.
const TILE_ROWS: usize = 12;
const TILE_COLUMNS: usize = 32;

/// How a product is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Stack,
    Rows,
    Columns,
}

/// The parts of a step; 1 if it stays whole.
pub fn parts(step: &Step, threads: usize) -> usize {
    if threads < 2 {
        return 1;
    }
    match step {
        Step::MatMul(x) if x.extents.n > 1 && x.extents.flops() * x.stack.len() >= PRODUCT => {
            let (count, unit) = length(x);
            threads.min(count / unit).max(1)
        }
        Step::Pass(pass) if is_divisible(pass) => {
            let work = pass.rows * pass.columns * pass.body.len();
            let tiles = pass.rows.div_ceil(pass.tile.rows.max(1));
            if work >= PASS { threads.min(tiles).max(1) } else { 1 }
        }
        _ => 1,
    }
}

/// Which side of a product is divided.
pub fn side(x: &MatMul) -> Side {
    let Extents { m, n, .. } = x.extents;
    match () {
        () if x.stack.len() >= 8 => Side::Stack,
        // Panels of the second factor are packed: by columns each part packs its own.
        () if n >= 4 * TILE_COLUMNS => Side::Columns,
        () if m >= 2 * TILE_ROWS => Side::Rows,
        () => Side::Columns,
    }
}

fn length(x: &MatMul) -> (usize, usize) {
    match side(x) {
        Side::Stack => (x.stack.len(), 1),
        Side::Rows => (x.extents.m, TILE_ROWS),
        Side::Columns => (x.extents.n, TILE_COLUMNS),
    }
}

/// The products, rows or columns of one part.
pub fn of_product(x: &MatMul, part: usize, parts: usize) -> Range<usize> {
    let (count, unit) = length(x);
    range(count, unit, part, parts)
}

/// The rows of one part of a pass.
pub fn of_pass(rows: usize, tile: Tile, part: usize, parts: usize) -> Range<usize> {
    range(rows, tile.rows.max(1), part, parts)
}

/// `count` in units, divided as evenly as may be.
fn range(count: usize, unit: usize, part: usize, parts: usize) -> Range<usize> {
    let units = count.div_ceil(unit);
    let at = |i: usize| (units * i / parts * unit).min(count);
    at(part)..at(part + 1)
}

/// Whether rows can be done in any order: nothing is summed over them, and nothing is done once behind them.
fn is_divisible(pass: &LinkedPass) -> bool {
    let along = |x: &Instruction| {
        !matches!(
            x,
            Instruction::Columns { .. }
                | Instruction::Whole { .. }
                | Instruction::Check { .. }
                | Instruction::Start { .. }
        )
    };
    pass.outer.is_empty() && pass.after.is_empty() && pass.before.iter().chain(&pass.body).all(along)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once() {
        for count in [0, 1, 11, 12, 13, 100, 535_818] {
            for parts in 1..9 {
                let ranges: Vec<Range<usize>> = (0..parts).map(|i| range(count, 12, i, parts)).collect();
                assert_eq!((ranges[0].start, ranges[parts - 1].end), (0, count));
                assert!(ranges.windows(2).all(|w| w[0].end == w[1].start));
                assert!(ranges.iter().all(|r| r.start % 12 == 0));
            }
        }
    }
}
