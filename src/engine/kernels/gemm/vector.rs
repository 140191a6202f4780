//! Products with a single column: a matrix and a vector.

use super::Matrix;
use crate::engine::kernels::isa::{Isa, per_isa};
use crate::engine::kernels::vector::Vector;

/// `c[i * c_row] = sum over p of a[i, p] * x[p]`
#[derive(Debug, Clone, Copy)]
pub struct VectorArgs {
    pub m: usize,
    pub k: usize,
    /// Its rows or its columns are contiguous.
    pub a: Matrix,
    pub x: *const f32,
    pub x_stride: isize,
    pub c: *mut f32,
    pub c_row: usize,
}

/// # Safety
/// The instruction set is present, and the memory is as [`VectorArgs`] says.
pub type VectorKernel = unsafe fn(&VectorArgs);

per_isa!(fn dots_entry<> => dots(x: &VectorArgs));
per_isa!(fn columns_entry<> => columns(x: &VectorArgs));

/// For contiguous rows of `a` and `x_stride == 1`.
pub fn dots_kernel(isa: Isa) -> VectorKernel {
    dots_entry(isa)
}

/// For contiguous columns of `a`.
pub fn columns_kernel(isa: Isa) -> VectorKernel {
    columns_entry(isa)
}

/// # Safety
/// As [`VectorKernel`], with `a.column == 1` and `x_stride == 1`.
#[inline(always)]
unsafe fn dots<V: Vector>(x: &VectorArgs) {
    // SAFETY: offsets stay within rows of `k` numbers.
    unsafe {
        if x.k <= V::LANES {
            let factor = V::load_first(x.x, x.k);
            for i in 0..x.m {
                *x.c.add(i * x.c_row) = (V::load_first(x.a.at(i, 0), x.k) * factor).sum();
            }
            return;
        }
        for i in 0..x.m {
            let row = x.a.at(i, 0);
            let mut sums = [V::splat(0.0); 4];
            let mut p = 0;
            while p + 4 * V::LANES <= x.k {
                for (j, s) in sums.iter_mut().enumerate() {
                    let at = p + j * V::LANES;
                    *s = V::load(row.add(at)).fma(V::load(x.x.add(at)), *s);
                }
                p += 4 * V::LANES;
            }
            while p + V::LANES <= x.k {
                sums[0] = V::load(row.add(p)).fma(V::load(x.x.add(p)), sums[0]);
                p += V::LANES;
            }
            if p < x.k {
                let (a, b) = (V::load_first(row.add(p), x.k - p), V::load_first(x.x.add(p), x.k - p));
                sums[1] = a.fma(b, sums[1]);
            }
            *x.c.add(i * x.c_row) = ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum();
        }
    }
}

/// # Safety
/// As [`VectorKernel`], with `a.row == 1`.
#[inline(always)]
unsafe fn columns<V: Vector>(x: &VectorArgs) {
    let mut i = 0;
    while i < x.m {
        let n = (x.m - i).min(V::LANES);
        // SAFETY: rows `i..i + n`, columns below `k`.
        unsafe {
            let load = |p: usize| {
                let at = x.a.at(i, p);
                if n == V::LANES { V::load(at) } else { V::load_first(at, n) }
            };
            let factor = |p: usize| V::splat(*x.x.offset(p as isize * x.x_stride));
            // Four chains, since one would wait for each addition.
            let mut sums = [V::splat(0.0); 4];
            let mut p = 0;
            while p + 4 <= x.k {
                for (j, s) in sums.iter_mut().enumerate() {
                    *s = load(p + j).fma(factor(p + j), *s);
                }
                p += 4;
            }
            while p < x.k {
                sums[0] = load(p).fma(factor(p), sums[0]);
                p += 1;
            }
            let sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])).lanes();
            for (j, s) in sum[..n].iter().enumerate() {
                *x.c.add((i + j) * x.c_row) = *s;
            }
        }
        i += V::LANES;
    }
}
