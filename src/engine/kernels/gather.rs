//! Rows of a table, copied one behind the other.

/// How many rows ahead of the copy memory is asked for.
const AHEAD: usize = 12;
/// Numbers of a table from which on rows are asked for a whole batch ahead: smaller ones are in a near cache anyway.
const FAR: usize = 1 << 17;
/// Wider rows are left to the processor's own prefetching, and to `memcpy`.
const NARROW: usize = 64;

/// Puts these rows of a table of `width` columns into `out`. Rows that the table lacks are left out. `next` are the rows
/// that are wanted after these: they are brought nearer on the way.
pub fn gather(table: &[f32], width: usize, rows: &[u32], next: &[u32], out: &mut Vec<f32>) {
    out.clear();
    out.reserve(rows.len() * width);
    if width == 1 {
        out.extend(rows.iter().filter_map(|&r| table.get(r as usize)));
        return;
    }
    if !(4..=NARROW).contains(&width) {
        for &row in rows {
            let at = row as usize * width;
            out.extend_from_slice(table.get(at..at + width).unwrap_or(&[]));
        }
        return;
    }
    let far = if table.len() >= FAR { next } else { &[] };
    for (i, &row) in rows.iter().enumerate() {
        if let Some(&ahead) = rows.get(i + AHEAD) {
            prefetch::<true>(table, ahead as usize * width, width);
        }
        if let Some(&ahead) = far.get(i) {
            prefetch::<false>(table, ahead as usize * width, width);
        }
        let at = row as usize * width;
        if let Some(from) = table.get(at..at + width) {
            // SAFETY: `from` has `width` numbers, at least 4, and there is room for as many behind `out`'s end, since
            // `rows.len() * width` were reserved and no row is longer.
            unsafe {
                copy(from.as_ptr(), width, out.as_mut_ptr().add(out.len()));
                out.set_len(out.len() + width);
            }
        }
    }
}

/// Copies by fours; the last four may overlap those before. For so few numbers quicker than a call.
///
/// # Safety
/// `width` numbers, at least 4, are readable and writable; the two do not overlap.
#[inline(always)]
unsafe fn copy(from: *const f32, width: usize, to: *mut f32) {
    type Four = [f32; 4];
    // SAFETY: all offsets are below `width - 3`.
    unsafe {
        let mut at = 0;
        while at + 4 <= width {
            to.add(at).cast::<Four>().write_unaligned(from.add(at).cast::<Four>().read_unaligned());
            at += 4;
        }
        let last = width - 4;
        to.add(last).cast::<Four>().write_unaligned(from.add(last).cast::<Four>().read_unaligned());
    }
}

/// Asks for the lines of a row: into the first cache if `NEAR`, else into the second.
#[inline(always)]
fn prefetch<const NEAR: bool>(table: &[f32], at: usize, width: usize) {
    #[cfg(target_arch = "x86_64")]
    for x in [at, at + width - 1].into_iter().filter_map(|at| table.get(at)) {
        use std::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        let line = (x as *const f32).cast();
        // SAFETY: a hint; it reads nothing, and the address is one of the table's.
        unsafe { if NEAR { _mm_prefetch::<_MM_HINT_T0>(line) } else { _mm_prefetch::<_MM_HINT_T1>(line) } }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (table, at, width);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_width_are_copied_in_order() {
        for width in [1, 2, 3, 4, 5, 7, 20, 63, 64, 65, 200] {
            let table: Vec<f32> = (0..30 * width).map(|i| i as f32).collect();
            let rows: Vec<u32> = (0..40).map(|i| (i * 7 + 3) % 30).collect();
            let mut out = vec![-1.0; 3];
            gather(&table, width, &rows, &rows, &mut out);
            let expected: Vec<f32> = rows.iter().flat_map(|&r| table[r as usize * width..][..width].to_vec()).collect();
            assert_eq!(out, expected, "{width}");
            gather(&table, width, &[30, 2, u32::MAX], &[u32::MAX], &mut out);
            assert_eq!(out, table[2 * width..3 * width], "{width}: rows beyond the end");
        }
    }
}
