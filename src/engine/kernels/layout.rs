//! Copies between strided views and dense memory.

/// `rows` by `columns` numbers at any distance from each other.
#[derive(Debug, Clone, Copy)]
pub struct Strided {
    pub from: *const f32,
    pub row_stride: isize,
    pub column_stride: isize,
}

/// Writes a strided matrix densely, row by row.
///
/// # Safety
/// All elements of the view are readable, `rows * columns` numbers writable at `to`, and the two do not overlap.
pub unsafe fn copy_dense(view: Strided, rows: usize, columns: usize, to: *mut f32) {
    let Strided { from, row_stride, column_stride } = view;
    // SAFETY: promised by the caller; every offset is that of an element.
    unsafe {
        match (row_stride, column_stride) {
            (_, 1) => {
                for r in 0..rows {
                    let row = from.offset(r as isize * row_stride);
                    std::ptr::copy_nonoverlapping(row, to.add(r * columns), columns);
                }
            }
            (_, 0) => {
                for r in 0..rows {
                    let x = *from.offset(r as isize * row_stride);
                    std::slice::from_raw_parts_mut(to.add(r * columns), columns).fill(x);
                }
            }
            _ => {
                // Blocks of columns, so that what is read stays in cache while its neighbours are.
                let mut c0 = 0;
                while c0 < columns {
                    let c1 = (c0 + 16).min(columns);
                    for r in 0..rows {
                        let row = from.offset(r as isize * row_stride);
                        for c in c0..c1 {
                            *to.add(r * columns + c) = *row.offset(c as isize * column_stride);
                        }
                    }
                    c0 = c1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_stride_is_copied() {
        let source: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        for (rows, columns, row_stride, column_stride) in
            [(3, 5, 5, 1), (4, 37, 1, 4), (3, 4, 2, 0), (3, 4, 0, 1), (2, 20, -20, -1), (1, 1, 7, 9), (0, 4, 1, 1)]
        {
            let start = if row_stride < 0 { 500 } else { 0 };
            let mut dense = vec![-1.0; rows * columns];
            let view = Strided { from: source[start..].as_ptr(), row_stride, column_stride };
            // SAFETY: all offsets lie within `source`.
            unsafe { copy_dense(view, rows, columns, dense.as_mut_ptr()) };
            for r in 0..rows {
                for c in 0..columns {
                    let at = start as isize + r as isize * row_stride + c as isize * column_stride;
                    assert_eq!(dense[r * columns + c], at as f32);
                }
            }
        }
    }
}
