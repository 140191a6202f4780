//! Products of matrices, `c = a b`, for any strides of `a` and `b`.
//!
//! Every number of `c` is one chain `((0 + a0 b0) + a1 b1) + …` of fused multiply-adds over `k`, whatever tile or block
//! it falls into; so it does not depend on the other rows and columns, nor on how they are divided among threads.
//! Products with a single column (`n = 1`) have an order of their own, which depends on `k` and the strides only.

mod block;
mod pack;
mod tile;
mod vector;

pub use block::Gemm;

/// A matrix: element `(i, j)` is at `start + i * row + j * column`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix {
    pub start: *const f32,
    pub row: isize,
    pub column: isize,
}

impl Matrix {
    /// # Safety
    /// The element lies within the matrix.
    unsafe fn at(self, i: usize, j: usize) -> *const f32 {
        // SAFETY: promised by the caller.
        unsafe { self.start.offset(i as isize * self.row + j as isize * self.column) }
    }
}

/// A product's extents: `[m, k] @ [k, n]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extents {
    pub m: usize,
    pub n: usize,
    pub k: usize,
}

impl Extents {
    /// Floating-point operations of the product.
    pub fn flops(self) -> usize {
        2 * self.m * self.n * self.k
    }
}


#[cfg(test)]
mod tests;
