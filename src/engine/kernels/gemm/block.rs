//! The division of a product into tiles, with and without packing.

use super::tile::{TileArgs, Tiles};
use super::vector::{VectorArgs, VectorKernel, columns_kernel, dots_kernel};
use super::{Extents, Matrix, pack};
use crate::engine::kernels::isa::Isa;

/// Rows of `b` that are packed at once: a panel of two vectors then fits the first cache.
const K_BLOCK: usize = 384;
/// Columns of `b` that are packed at once: together they fit the second cache.
const N_BLOCK: usize = 512;
/// Up to this many numbers `b` is used in place, or transposed as a whole.
const SMALL: usize = 16 * 1024;
/// Rows of `c` below which packing `b` does not pay.
const FEW_ROWS: usize = 24;

/// The products of one instruction set.
#[derive(Debug, Clone, Copy)]
pub struct Gemm {
    isa: Isa,
    tiles: Tiles,
    dots: VectorKernel,
    columns: VectorKernel,
}

impl Gemm {
    pub fn new(isa: Isa) -> Gemm {
        Gemm { isa, tiles: Tiles::new(isa), dots: dots_kernel(isa), columns: columns_kernel(isa) }
    }

    /// Numbers of scratch memory that [`Gemm::run`] may use for these extents.
    pub fn scratch(&self, x: Extents) -> usize {
        let width = x.n.next_multiple_of(2 * self.tiles.lanes);
        let turned = if x.m * x.n <= SMALL { x.n * x.m.next_multiple_of(self.tiles.lanes) } else { 0 };
        let own = if x.k * x.n <= SMALL { x.k * width + x.k } else { K_BLOCK * width.min(N_BLOCK) + 12 * K_BLOCK };
        own.max(turned)
    }

    /// Whether rows of the result fill vectors badly and its columns well, both operands lying so that neither has to be
    /// turned itself.
    fn is_better_turned(&self, x: Extents, a: Matrix, b: Matrix) -> bool {
        let vectors = |columns: usize| columns.div_ceil(self.tiles.lanes);
        let fits = x.m * x.n <= SMALL && x.k * x.m <= 2 * SMALL && x.k >= 16 && x.m > 1;
        a.row == 1 && b.column == 1 && fits && 4 * x.n * vectors(x.m) <= 3 * x.m * vectors(x.n)
    }

    /// The transpose of `transpose(b) transpose(a)`: each number is the same sum in the same order.
    ///
    /// # Safety
    /// As [`Gemm::run`], with `a.row == 1` and `b.column == 1`.
    unsafe fn turned(&self, x: Extents, a: Matrix, b: Matrix, c: *mut f32, c_row: usize, scratch: *mut f32) {
        let height = x.m.next_multiple_of(self.tiles.lanes);
        let turn = |x: Matrix| Matrix { row: x.column, column: x.row, ..x };
        // SAFETY: passed on; the result fits the scratch memory.
        unsafe {
            self.tiles_in_place(Extents { m: x.n, n: x.m, k: x.k }, turn(b), turn(a), scratch, height, false);
            let result = Matrix { start: scratch, row: 1, column: height as isize };
            pack::transpose(result, x.m, x.n, c_row, self.isa, c);
        }
    }

    /// Writes `a b` to `c`, whose rows are contiguous and `c_row` apart.
    ///
    /// # Safety
    /// `a` is `[m, k]` and `b` is `[k, n]`, readable; the rows of `c` are writable and overlap neither;
    /// `scratch` has [`Gemm::scratch`] numbers. The instruction set is present.
    pub unsafe fn run(&self, x: Extents, a: Matrix, b: Matrix, c: *mut f32, c_row: usize, scratch: *mut f32) {
        let small = x.k * x.n <= SMALL;
        // SAFETY: passed on.
        unsafe {
            if x.n == 1 {
                self.vector(x, a, b, c, c_row, scratch)
            } else if self.is_better_turned(x, a, b) {
                self.turned(x, a, b, c, c_row, scratch)
            } else if b.column == 1 && (small || x.m < FEW_ROWS) {
                self.tiles_in_place(x, a, b, c, c_row, false)
            } else if small {
                let width = x.n.next_multiple_of(self.tiles.lanes);
                pack::transpose(b, x.k, x.n, width, self.isa, scratch);
                let dense = Matrix { start: scratch, row: width as isize, column: 1 };
                self.tiles_in_place(x, a, dense, c, c_row, false)
            } else {
                self.packed(x, a, b, c, c_row, scratch)
            }
        }
    }

    /// # Safety
    /// As [`Gemm::run`], with `n == 1`.
    unsafe fn vector(&self, x: Extents, a: Matrix, b: Matrix, c: *mut f32, c_row: usize, scratch: *mut f32) {
        let mut args = VectorArgs { m: x.m, k: x.k, a, x: b.start, x_stride: b.row, c, c_row };
        // SAFETY: passed on; `x` fits the scratch memory.
        unsafe {
            if a.column == 1 || x.k == 1 {
                if b.row != 1 && x.k <= SMALL {
                    for p in 0..x.k {
                        *scratch.add(p) = *b.at(p, 0);
                    }
                    args.x = scratch;
                    args.x_stride = 1;
                }
                if args.x_stride == 1 {
                    return (self.dots)(&args);
                }
            }
            if a.row == 1 {
                (self.columns)(&args)
            } else {
                self.tiles_in_place(x, a, Matrix { column: 1, ..b }, c, c_row, false)
            }
        }
    }

    /// Tiles over a `b` whose rows are contiguous.
    ///
    /// # Safety
    /// As [`Gemm::run`], with `b.column == 1`.
    unsafe fn tiles_in_place(&self, x: Extents, a: Matrix, b: Matrix, c: *mut f32, c_row: usize, resume: bool) {
        let width = 2 * self.tiles.lanes;
        let mut j = 0;
        while j < x.n {
            let w = width.min(x.n - j);
            // SAFETY: columns `j..j + w` of `b` and `c`.
            unsafe {
                let b = Matrix { start: b.at(0, j), ..b };
                self.column_of_tiles(Extents { n: w, ..x }, a, b, c.add(j), c_row, resume);
            }
            j += width;
        }
    }

    /// Tiles below each other, all of one or two vectors.
    ///
    /// # Safety
    /// As [`Gemm::tiles_in_place`], with `n` up to two vectors.
    unsafe fn column_of_tiles(&self, x: Extents, a: Matrix, b: Matrix, c: *mut f32, c_row: usize, resume: bool) {
        let lanes = self.tiles.lanes;
        let vectors = x.n.div_ceil(lanes);
        let count = x.m.div_ceil(self.tiles.max_rows[vectors - 1]);
        let mut i = 0;
        for t in 0..count {
            // Rows in equal parts: no thin tile at the end.
            let rows = (x.m - i).div_ceil(count - t);
            // SAFETY: rows `i..i + rows`.
            unsafe {
                let args = TileArgs {
                    k: x.k,
                    a: a.at(i, 0),
                    a_row: a.row,
                    a_column: a.column,
                    b: b.start,
                    b_row: b.row,
                    c: c.add(i * c_row),
                    c_row,
                    last: x.n - (vectors - 1) * lanes,
                    resume,
                };
                self.tiles.get(rows, vectors)(&args);
            }
            i += rows;
        }
    }

    /// Blocks of `b` packed into panels, rows of `a` packed where they do not lie well.
    ///
    /// # Safety
    /// As [`Gemm::run`].
    unsafe fn packed(&self, x: Extents, a: Matrix, b: Matrix, c: *mut f32, c_row: usize, scratch: *mut f32) {
        let width = 2 * self.tiles.lanes;
        let tall = self.tiles.max_rows[1];
        // SAFETY: the block of `b` takes the first part of the scratch memory, rows of `a` the rest.
        unsafe {
            let packed_a = scratch.add(K_BLOCK * x.n.next_multiple_of(width).min(N_BLOCK));
            for j0 in (0..x.n).step_by(N_BLOCK) {
                let columns = N_BLOCK.min(x.n - j0);
                for p0 in (0..x.k).step_by(K_BLOCK) {
                    let k = K_BLOCK.min(x.k - p0);
                    let part = Matrix { start: b.at(p0, j0), ..b };
                    pack::panels(part, k, columns, width, self.isa, scratch);
                    let count = x.m.div_ceil(tall);
                    let mut i = 0;
                    for t in 0..count {
                        let m = (x.m - i).div_ceil(count - t);
                        let mut rows = Matrix { start: a.at(i, p0), ..a };
                        if lies_badly(a) {
                            pack::rows(rows, m, k, packed_a);
                            rows = Matrix { start: packed_a, row: 1, column: m as isize };
                        }
                        for j in (0..columns).step_by(width) {
                            let n = width.min(columns - j);
                            let panel = Matrix { start: scratch.add(j * k), row: width as isize, column: 1 };
                            let c = c.add(i * c_row + j0 + j);
                            self.column_of_tiles(Extents { m, n, k }, rows, panel, c, c_row, p0 > 0);
                        }
                        i += m;
                    }
                }
            }
        }
    }
}

/// Whether a tile's rows of `a` touch more cache lines than they have numbers for, or all in one cache set.
fn lies_badly(a: Matrix) -> bool {
    a.column != 1 || a.row % 512 == 0
}
