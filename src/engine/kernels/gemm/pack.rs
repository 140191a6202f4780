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
        for c0 in (0..columns).step_by(8) {
            let c1 = (c0 + 8).min(columns);
            for r in 0..rows {
                for c in c0..c1 {
                    *to.add(r * stride + c) = *from.at(r, c);
                }
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

    use super::Matrix;

    /// 16 by 16 numbers at a time, in registers.
    ///
    /// # Safety
    /// As [`super::transpose`], with AVX-512 present and `from.row == 1`.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn transpose(from: Matrix, rows: usize, columns: usize, stride: usize, to: *mut f32) {
        for c in (0..columns).step_by(16) {
            for r in (0..rows).step_by(16) {
                let (height, width) = ((rows - r).min(16), (columns - c).min(16));
                // SAFETY: all offsets are those of elements of the two matrices.
                unsafe {
                    let to = to.add(r * stride + c);
                    if height == 16 && width == 16 {
                        block::<true>(from.at(r, c), from.column, to, stride, height, width);
                    } else {
                        block::<false>(from.at(r, c), from.column, to, stride, height, width);
                    }
                }
            }
        }
    }

    /// # Safety
    /// AVX-512 is present; `width` rows of `height` numbers are readable, the same turned writable; 16 each if `WHOLE`.
    #[target_feature(enable = "avx512f")]
    unsafe fn block<const WHOLE: bool>(
        from: *const f32,
        from_stride: isize,
        to: *mut f32,
        to_stride: usize,
        height: usize,
        width: usize,
    ) {
        let first = |n: usize| if WHOLE { 0xFFFF } else { (0xFFFF_u32 >> (16 - n)) as u16 };
        let (tall, wide) = (first(height), first(width));
        // SAFETY: promised by the caller.
        unsafe {
            let mut r = [_mm512_setzero_ps(); 16];
            for (i, row) in r.iter_mut().enumerate() {
                if WHOLE || i < width {
                    *row = _mm512_maskz_loadu_ps(tall, from.offset(i as isize * from_stride));
                }
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
                    if WHOLE || 4 * l + q < height {
                        _mm512_mask_storeu_ps(to.add((4 * l + q) * to_stride), wide, row);
                    }
                }
            }
        }
    }
}
