//! Copies of parts of matrices into the order in which tiles read them.

use super::Matrix;
use crate::engine::kernels::isa::Isa;

/// Columns `0..columns` of rows `0..rows` of `b`, as panels of `width` columns: row after row of a panel, dense.
///
/// # Safety
/// The elements are readable; `to` has room for `rows * columns`, rounded up to whole panels.
pub unsafe fn panels(b: Matrix, rows: usize, columns: usize, width: usize, isa: Isa, to: *mut f32) {
    let mut j = 0;
    while j < columns {
        let w = width.min(columns - j);
        // SAFETY: panel `j / width` begins at `j * rows`, and holds `rows` rows of `width`.
        unsafe {
            let (from, to) = (Matrix { start: b.at(0, j), ..b }, to.add(j * rows));
            if b.column == 1 {
                for p in 0..rows {
                    std::ptr::copy_nonoverlapping(from.at(p, 0), to.add(p * width), w);
                }
            } else {
                transpose(from, rows, w, width, isa, to);
            }
        }
        j += width;
    }
}

/// A matrix written row by row, rows `stride` apart; for matrices whose columns are what lies together.
///
/// # Safety
/// The elements are readable; `to` has room for `rows` rows.
pub unsafe fn transpose(from: Matrix, rows: usize, columns: usize, stride: usize, isa: Isa, to: *mut f32) {
    // SAFETY: all offsets are those of elements of the two matrices.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        if isa == Isa::Avx512 && from.row == 1 {
            return wide::transpose(from, rows, columns, stride, to);
        }
        let _ = isa;
        transpose_part(from, 0..rows, 0..columns, stride, to);
    }
}

/// # Safety
/// As [`transpose`].
unsafe fn transpose_part(
    from: Matrix,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    stride: usize,
    to: *mut f32,
) {
    for c0 in columns.clone().step_by(8) {
        let c1 = (c0 + 8).min(columns.end);
        for r in rows.clone() {
            for c in c0..c1 {
                // SAFETY: promised by the caller.
                unsafe { *to.add(r * stride + c) = *from.at(r, c) }
            }
        }
    }
}

/// `rows` rows of `a` over columns `0..k`: for each column, the rows' numbers together.
///
/// # Safety
/// The elements are readable; `to` has room for `rows * k`.
pub unsafe fn rows(a: Matrix, rows: usize, k: usize, to: *mut f32) {
    // SAFETY: all offsets are those of elements of the two matrices.
    unsafe {
        if a.row == 1 && rows == 12 {
            for p in 0..k {
                to.add(p * 12).cast::<[f32; 12]>().write_unaligned(a.at(0, p).cast::<[f32; 12]>().read_unaligned());
            }
        } else if a.row == 1 {
            for p in 0..k {
                std::ptr::copy_nonoverlapping(a.at(0, p), to.add(p * rows), rows);
            }
        } else {
            for i in 0..rows {
                for p in 0..k {
                    *to.add(p * rows + i) = *a.at(i, p);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::*;

    use super::{Matrix, transpose_part};

    /// 16 by 16 numbers at a time, in registers.
    ///
    /// # Safety
    /// As [`super::transpose`], with AVX-512 present and `from.row == 1`.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn transpose(from: Matrix, rows: usize, columns: usize, stride: usize, to: *mut f32) {
        let (whole_rows, whole_columns) = (rows / 16 * 16, columns / 16 * 16);
        // SAFETY: all offsets are those of elements of the two matrices.
        unsafe {
            for c in (0..whole_columns).step_by(16) {
                for r in (0..whole_rows).step_by(16) {
                    block(from.at(r, c), from.column, to.add(r * stride + c), stride);
                }
            }
            transpose_part(from, whole_rows..rows, 0..whole_columns, stride, to);
            transpose_part(from, 0..rows, whole_columns..columns, stride, to);
        }
    }

    /// # Safety
    /// AVX-512 is present; 16 rows of 16 numbers are readable and writable.
    #[target_feature(enable = "avx512f")]
    unsafe fn block(from: *const f32, from_stride: isize, to: *mut f32, to_stride: usize) {
        // SAFETY: promised by the caller.
        unsafe {
            let mut r = [_mm512_setzero_ps(); 16];
            for (i, row) in r.iter_mut().enumerate() {
                *row = _mm512_loadu_ps(from.offset(i as isize * from_stride));
            }
            // Pairs of rows are interleaved, then pairs of pairs, then the four quarters exchanged.
            let mut t = [_mm512_setzero_ps(); 16];
            for i in 0..8 {
                t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            for i in 0..4 {
                let pair = |j: usize| _mm512_castps_pd(t[4 * i + j]);
                r[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(pair(0), pair(2)));
                r[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(pair(0), pair(2)));
                r[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(pair(1), pair(3)));
                r[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(pair(1), pair(3)));
            }
            for q in 0..4 {
                let even_top = _mm512_shuffle_f32x4::<0x88>(r[q], r[4 + q]);
                let odd_top = _mm512_shuffle_f32x4::<0xDD>(r[q], r[4 + q]);
                let even_low = _mm512_shuffle_f32x4::<0x88>(r[8 + q], r[12 + q]);
                let odd_low = _mm512_shuffle_f32x4::<0xDD>(r[8 + q], r[12 + q]);
                let rows = [
                    _mm512_shuffle_f32x4::<0x88>(even_top, even_low),
                    _mm512_shuffle_f32x4::<0x88>(odd_top, odd_low),
                    _mm512_shuffle_f32x4::<0xDD>(even_top, even_low),
                    _mm512_shuffle_f32x4::<0xDD>(odd_top, odd_low),
                ];
                for (l, row) in rows.into_iter().enumerate() {
                    _mm512_storeu_ps(to.add((4 * l + q) * to_stride), row);
                }
            }
        }
    }
}
