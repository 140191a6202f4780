//! The register tile: a few rows by one or two vectors of columns, summed over `k` in registers.

use crate::engine::kernels::isa::Isa;
#[cfg(target_arch = "x86_64")]
use crate::engine::kernels::vector::{Avx2, Avx512};
use crate::engine::kernels::vector::{Portable, Vector};

/// One tile of `c`.
#[derive(Debug, Clone, Copy)]
pub struct TileArgs {
    pub k: usize,
    pub a: *const f32,
    pub a_row: isize,
    pub a_column: isize,
    /// Rows of contiguous numbers.
    pub b: *const f32,
    pub b_row: isize,
    pub c: *mut f32,
    pub c_row: usize,
    /// Columns in the last vector, `1..=LANES`.
    pub last: usize,
    /// Whether the sums start from what `c` holds, or from 0.
    pub resume: bool,
}

/// # Safety
/// The instruction set is present; the tile's rows and columns are readable and writable where [`TileArgs`] says.
pub type Tile = unsafe fn(&TileArgs);

/// The tiles of an instruction set.
#[derive(Debug, Clone, Copy)]
pub struct Tiles {
    pub lanes: usize,
    /// The most rows of tiles of one and of two vectors.
    pub max_rows: [usize; 2],
    /// By vectors less one, then rows less one.
    kernels: [[Tile; 12]; 2],
}

impl Tiles {
    pub fn new(isa: Isa) -> Tiles {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Tiles { lanes: Avx512::LANES, max_rows: [12, 12], kernels: table!(avx512) },
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Tiles { lanes: Avx2::LANES, max_rows: [12, 6], kernels: table!(avx2) },
            _ => Tiles { lanes: Portable::LANES, max_rows: [4, 2], kernels: table!(portable) },
        }
    }

    /// `rows` and `vectors` from 1 up to `max_rows` and 2.
    pub fn get(&self, rows: usize, vectors: usize) -> Tile {
        self.kernels[vectors - 1][rows - 1]
    }
}

macro_rules! table {
    ($f:ident) => {
        [table!($f, 1), table!($f, 2)]
    };
    ($f:ident, $vectors:literal) => {
        [
            $f::<1, $vectors>,
            $f::<2, $vectors>,
            $f::<3, $vectors>,
            $f::<4, $vectors>,
            $f::<5, $vectors>,
            $f::<6, $vectors>,
            $f::<7, $vectors>,
            $f::<8, $vectors>,
            $f::<9, $vectors>,
            $f::<10, $vectors>,
            $f::<11, $vectors>,
            $f::<12, $vectors>,
        ]
    };
}
use table;

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512<const ROWS: usize, const VECTORS: usize>(x: &TileArgs) {
    // SAFETY: the caller's promise, passed on.
    unsafe { tile::<Avx512, ROWS, VECTORS>(x) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const ROWS: usize, const VECTORS: usize>(x: &TileArgs) {
    // SAFETY: the caller's promise, passed on.
    unsafe { tile::<Avx2, ROWS, VECTORS>(x) }
}

unsafe fn portable<const ROWS: usize, const VECTORS: usize>(x: &TileArgs) {
    // SAFETY: the caller's promise, passed on.
    unsafe { tile::<Portable, ROWS, VECTORS>(x) }
}

/// # Safety
/// As [`Tile`].
#[inline(always)]
unsafe fn tile<V: Vector, const ROWS: usize, const VECTORS: usize>(x: &TileArgs) {
    // SAFETY: passed on.
    unsafe {
        if x.last == V::LANES {
            sum::<V, ROWS, VECTORS>(x, |p| V::load(p), |v, p| v.store(p))
        } else {
            let n = x.last;
            sum::<V, ROWS, VECTORS>(x, |p| V::load_first(p, n), |v, p| v.store_first(p, n))
        }
    }
}

/// The tile, with the given access to the last vector of a row.
///
/// # Safety
/// As [`Tile`].
#[inline(always)]
unsafe fn sum<V: Vector, const ROWS: usize, const VECTORS: usize>(
    x: &TileArgs,
    load_last: impl Fn(*const f32) -> V,
    store_last: impl Fn(V, *mut f32),
) {
    // SAFETY: offsets are those of the tile's elements.
    unsafe {
        let load = |p: *const f32, j: usize| {
            let p = p.add(j * V::LANES);
            if j + 1 == VECTORS { load_last(p) } else { V::load(p) }
        };
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        if x.resume {
            for (i, row) in sums.iter_mut().enumerate() {
                for (j, s) in row.iter_mut().enumerate() {
                    *s = load(x.c.add(i * x.c_row), j);
                }
            }
        }
        let (mut a, mut b) = (x.a, x.b);
        for _ in 0..x.k {
            let mut columns = [V::splat(0.0); VECTORS];
            for (j, v) in columns.iter_mut().enumerate() {
                *v = load(b, j);
            }
            for (i, row) in sums.iter_mut().enumerate() {
                let factor = V::splat(*a.offset(i as isize * x.a_row));
                for (s, v) in row.iter_mut().zip(columns) {
                    *s = factor.fma(v, *s);
                }
            }
            a = a.wrapping_offset(x.a_column);
            b = b.wrapping_offset(x.b_row);
        }
        for (i, row) in sums.iter().enumerate() {
            for (j, s) in row.iter().enumerate() {
                let p = x.c.add(i * x.c_row + j * V::LANES);
                if j + 1 == VECTORS {
                    store_last(*s, p);
                } else {
                    s.store(p);
                }
            }
        }
    }
}
