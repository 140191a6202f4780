//! Functions of numbers and of what is the same in all rows: what a normalisation over rows does to each column, in one
//! way through memory. What belongs to the columns stays in registers while the kernel goes down the rows.

use super::isa::{Isa, per_isa};
use super::vector::Vector;

/// What is computed of `a` and `b`, which have a number for each element, and of `p`, `q`, `r`, `s`, which have one for
/// each column. The same to the bit as its operations one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByColumn {
    /// `(a - p) * q * r + s`: a normalisation
    Normalise,
    /// `max((a - p) * q * r + s, 0)`
    NormaliseRelu,
    /// `b - 2 * (a - p) * q`: the derivative of a normalisation by way of the numbers and of their variance
    Uncentred,
    /// `b - 2 * (a - p) * q - r`: all of it
    Denormalise,
}

impl ByColumn {
    /// How many of the arguments have a number for each element, and how many one for each column.
    pub fn arguments(self) -> (usize, usize) {
        match self {
            ByColumn::Normalise | ByColumn::NormaliseRelu => (1, 4),
            ByColumn::Uncentred => (2, 2),
            ByColumn::Denormalise => (2, 3),
        }
    }
}

/// The most arguments of each kind.
pub const EACH: usize = 2;
pub const COLUMNS: usize = 4;

/// Dense rows of `width` numbers; `out` may be one of `each`, and overlaps nothing otherwise.
#[derive(Debug, Clone, Copy)]
pub struct ByColumnArgs {
    pub out: *mut f32,
    pub each: [*const f32; EACH],
    pub columns: [*const f32; COLUMNS],
    pub rows: usize,
    pub width: usize,
}

/// # Safety
/// The instruction set that the kernel was chosen for is present, and the memory is as [`ByColumnArgs`] says. Arguments
/// beyond the function's own are not read.
pub type ByColumnKernel = unsafe fn(&ByColumnArgs);

/// The loop for a function on an instruction set.
pub fn kernel(function: ByColumn, isa: Isa) -> ByColumnKernel {
    match function {
        ByColumn::Normalise => entry::<Normalise>(isa),
        ByColumn::NormaliseRelu => entry::<NormaliseRelu>(isa),
        ByColumn::Uncentred => entry::<Uncentred>(isa),
        ByColumn::Denormalise => entry::<Denormalise>(isa),
    }
}

/// Adds the sums of each column to `width` running results at `out`, in order of rows; the function's results are not
/// written.
pub fn sums_kernel(function: ByColumn, isa: Isa) -> ByColumnKernel {
    match function {
        ByColumn::Normalise => sums_entry::<Normalise>(isa),
        ByColumn::NormaliseRelu => sums_entry::<NormaliseRelu>(isa),
        ByColumn::Uncentred => sums_entry::<Uncentred>(isa),
        ByColumn::Denormalise => sums_entry::<Denormalise>(isa),
    }
}

trait Function: 'static {
    const FUNCTION: ByColumn;
    fn apply<V: Vector>(each: [V; EACH], columns: [V; COLUMNS]) -> V;
}

struct Normalise;
struct NormaliseRelu;
struct Uncentred;
struct Denormalise;

impl Function for Normalise {
    const FUNCTION: ByColumn = ByColumn::Normalise;
    #[inline(always)]
    fn apply<V: Vector>([a, _]: [V; EACH], [p, q, r, s]: [V; COLUMNS]) -> V {
        ((a - p) * q).fma(r, s)
    }
}

impl Function for NormaliseRelu {
    const FUNCTION: ByColumn = ByColumn::NormaliseRelu;
    #[inline(always)]
    fn apply<V: Vector>(each: [V; EACH], columns: [V; COLUMNS]) -> V {
        each[0].all(0.0).max(Normalise::apply(each, columns))
    }
}

impl Function for Uncentred {
    const FUNCTION: ByColumn = ByColumn::Uncentred;
    #[inline(always)]
    fn apply<V: Vector>([a, b]: [V; EACH], [p, q, ..]: [V; COLUMNS]) -> V {
        ((a - p) * q).fma(a.all(-2.0), b)
    }
}

impl Function for Denormalise {
    const FUNCTION: ByColumn = ByColumn::Denormalise;
    #[inline(always)]
    fn apply<V: Vector>(each: [V; EACH], columns: [V; COLUMNS]) -> V {
        Uncentred::apply(each, columns) - columns[2]
    }
}

per_isa!(fn entry<F: Function> => write(x: &ByColumnArgs));
per_isa!(fn sums_entry<F: Function> => sums(x: &ByColumnArgs));

/// # Safety
/// As [`ByColumnKernel`].
#[inline(always)]
unsafe fn write<V: Vector, F: Function>(x: &ByColumnArgs) {
    // SAFETY: passed on.
    unsafe { run::<V, F, false>(x) }
}

/// # Safety
/// As [`ByColumnKernel`].
#[inline(always)]
unsafe fn sums<V: Vector, F: Function>(x: &ByColumnArgs) {
    // SAFETY: passed on.
    unsafe { run::<V, F, true>(x) }
}

/// # Safety
/// As [`ByColumnKernel`].
#[inline(always)]
unsafe fn run<V: Vector, F: Function, const SUM: bool>(x: &ByColumnArgs) {
    // SAFETY: columns stay below the width.
    unsafe {
        let mut column = 0;
        while column + 2 * V::LANES <= x.width {
            down::<V, F, 2, true, SUM>(x, column);
            column += 2 * V::LANES;
        }
        if column + V::LANES <= x.width {
            down::<V, F, 1, true, SUM>(x, column);
            column += V::LANES;
        }
        if column < x.width {
            down::<V, F, 1, false, SUM>(x, column);
        }
    }
}

/// `COUNT` vectors of columns from `column` on, what is left of them if not `WHOLE`, in all rows.
///
/// # Safety
/// As [`ByColumnKernel`].
#[inline(always)]
unsafe fn down<V: Vector, F: Function, const COUNT: usize, const WHOLE: bool, const SUM: bool>(
    x: &ByColumnArgs,
    column: usize,
) {
    let left = x.width - column;
    let (each, columns) = F::FUNCTION.arguments();
    // SAFETY: columns stay below the width, rows below `rows`.
    unsafe {
        let part = |from: *const f32| if WHOLE { V::load(from) } else { V::load_first(from, left) };
        let mut kept = [[V::splat(0.0); COLUMNS]; COUNT];
        for (k, kept) in kept.iter_mut().enumerate() {
            for (kept, from) in kept.iter_mut().zip(x.columns).take(columns) {
                *kept = part(from.add(column + k * V::LANES));
            }
        }
        let mut sums = [V::splat(0.0); COUNT];
        if SUM {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = part(x.out.add(column + k * V::LANES));
            }
        }
        for row in 0..x.rows {
            for (k, kept) in kept.iter().enumerate() {
                let at = row * x.width + column + k * V::LANES;
                let mut numbers = [V::splat(0.0); EACH];
                for (number, from) in numbers.iter_mut().zip(x.each).take(each) {
                    *number = part(from.add(at));
                }
                let y = F::apply(numbers, *kept);
                if SUM {
                    sums[k] = sums[k] + y;
                } else if WHOLE {
                    y.store(x.out.add(at));
                } else {
                    y.store_first(x.out.add(at), left);
                }
            }
        }
        if SUM {
            for (k, sum) in sums.iter().enumerate() {
                let to = x.out.add(column + k * V::LANES);
                if WHOLE { sum.store(to) } else { sum.store_first(to, left) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_widths_agree_with_loops() {
        let numbers = |n: usize, seed: usize| -> Vec<f32> {
            (0..n).map(|i| ((i * 37 + seed * 11) % 64) as f32 / 8.0 - 3.5).collect()
        };
        for isa in Isa::available() {
            for (rows, width) in [(0, 4), (1, 1), (3, 7), (2, 16), (5, 33), (4, 64), (3, 100)] {
                let [a, b] = [1, 2].map(|seed| numbers(rows * width, seed));
                let columns = [3, 4, 5, 6].map(|seed| numbers(width, seed));
                let all = [ByColumn::Normalise, ByColumn::NormaliseRelu, ByColumn::Uncentred, ByColumn::Denormalise];
                for function in all {
                    let mut out = vec![-7.0; rows * width + 1];
                    let args = ByColumnArgs {
                        out: out.as_mut_ptr(),
                        each: [a.as_ptr(), b.as_ptr()],
                        columns: std::array::from_fn(|i| columns[i].as_ptr()),
                        rows,
                        width,
                    };
                    // SAFETY: all have the lengths that the kernel asks for.
                    unsafe { kernel(function, isa)(&args) };
                    assert_eq!(out.pop(), Some(-7.0), "written beyond the end");
                    let mut summed = vec![0.25; width];
                    // SAFETY: as above.
                    unsafe { sums_kernel(function, isa)(&ByColumnArgs { out: summed.as_mut_ptr(), ..args }) };
                    for (c, got) in summed.iter().enumerate() {
                        let expected = 0.25 + (0..rows).map(|r| out[r * width + c]).sum::<f32>();
                        assert!((got - expected).abs() < 1e-3, "{isa:?} {function:?} {rows} x {width}, {c}");
                    }
                    for (at, got) in out.iter().enumerate() {
                        let [p, q, r, s] = std::array::from_fn(|i| columns[i][at % width]);
                        // All numbers are eighths, so that nothing is rounded.
                        let expected = match function {
                            ByColumn::Normalise => (a[at] - p) * q * r + s,
                            ByColumn::NormaliseRelu => ((a[at] - p) * q * r + s).max(0.0),
                            ByColumn::Uncentred => b[at] - 2.0 * (a[at] - p) * q,
                            ByColumn::Denormalise => b[at] - 2.0 * (a[at] - p) * q - r,
                        };
                        assert_eq!(*got, expected, "{isa:?} {function:?} {rows} x {width}, {at}");
                    }
                }
            }
        }
    }
}
