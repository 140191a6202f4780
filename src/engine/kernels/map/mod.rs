//! Elementwise kernels: one loop for each [`Function`].

mod functions;
mod operation;

pub use functions::kernel;
pub(super) use functions::{larger, smaller};
pub use operation::Function;

use super::vector::Vector;

/// What an elementwise kernel works on: `out[i] = f(a[i], b[i], c[i])` for `i < len`, each operand read as its step says.
#[derive(Debug, Clone, Copy)]
pub struct MapArgs {
    pub out: *mut f32,
    pub args: [*const f32; 3],
    pub steps: [Step; 3],
    pub len: usize,
    /// The length of rows, where an operand is the same in each; `len` is a multiple of it then.
    pub width: usize,
}

/// How an operand is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A block of [`super::MAX_LANES`] equal numbers, for all elements.
    Block,
    /// A number for each element.
    Each,
    /// A row of numbers, again and again; for functions that say so ([`Function::takes_columns`]), with another operand
    /// that is read by `Each`.
    Columns,
}

/// # Safety
/// The instruction set that the kernel was chosen for is present; `out` and the operands are as [`MapArgs`] says,
/// and each operand is `out` itself or does not overlap it. Operands beyond the function's arity are not read.
pub type MapKernel = unsafe fn(&MapArgs);

/// A function of up to three numbers, on vectors.
trait Lanes: 'static {
    const ARITY: usize;
    /// Vectors in flight: few for functions with many registers.
    const UNROLL: usize;
    /// Whether operands may stay in registers: for functions that are no more than their loads and stores.
    const COLUMNS: bool;
    fn apply<V: Vector>(a: V, b: V, c: V) -> V;
}

/// # Safety
/// As [`MapKernel`].
#[inline(always)]
unsafe fn map<V: Vector, F: Lanes>(x: &MapArgs) {
    let lasts = |i: usize| usize::from(i < F::ARITY && x.steps[i] != Step::Each) << i;
    // SAFETY: passed on.
    unsafe {
        match lasts(0) | lasts(1) | lasts(2) {
            0 => steps::<V, F, true>(x),
            1 if F::COLUMNS => lasting::<V, F, 1>(x),
            2 if F::COLUMNS => lasting::<V, F, 2>(x),
            3 if F::COLUMNS && F::ARITY > 2 => lasting::<V, F, 3>(x),
            4 if F::COLUMNS && F::ARITY > 2 => lasting::<V, F, 4>(x),
            5 if F::COLUMNS && F::ARITY > 2 => lasting::<V, F, 5>(x),
            6 if F::COLUMNS && F::ARITY > 2 => lasting::<V, F, 6>(x),
            _ => steps::<V, F, false>(x),
        }
    }
}

/// Vectors in flight where operands stay in registers.
const LASTING: usize = 4;

/// The operands of the bits in `LAST` are the same in each row: they are loaded once, and stay in registers while the
/// kernel goes down the rows.
///
/// # Safety
/// As [`MapKernel`].
#[inline(always)]
unsafe fn lasting<V: Vector, F: Lanes, const LAST: usize>(x: &MapArgs) {
    // SAFETY: columns stay below the width, rows within `len`; what is left is passed on.
    unsafe {
        if x.steps.contains(&Step::Columns) {
            let mut column = 0;
            while column + LASTING * V::LANES <= x.width {
                down::<V, F, LAST, LASTING, true>(x, x.width, column, V::LANES);
                column += LASTING * V::LANES;
            }
            while column < x.width {
                let last = (x.width - column).min(V::LANES);
                match last == V::LANES {
                    true => down::<V, F, LAST, 1, true>(x, x.width, column, last),
                    false => down::<V, F, LAST, 1, false>(x, x.width, column, last),
                }
                column += V::LANES;
            }
        } else {
            // Blocks alone: rows as long as what is in flight.
            let width = LASTING * V::LANES;
            let done = x.len / width * width;
            down::<V, F, LAST, LASTING, true>(&MapArgs { len: done, ..*x }, width, 0, V::LANES);
            let each = |i: usize| if LAST >> i & 1 == 0 { done } else { 0 };
            let args = std::array::from_fn(|i| x.args[i].wrapping_add(each(i)));
            steps::<V, F, false>(&MapArgs { out: x.out.add(done), args, len: x.len - done, ..*x });
        }
    }
}

/// A vector, or its first numbers.
///
/// # Safety
/// The instruction set is present, and so many numbers are readable.
#[inline(always)]
unsafe fn part<V: Vector, const WHOLE: bool>(from: *const f32, first: usize) -> V {
    // SAFETY: passed on.
    unsafe { if WHOLE { V::load(from) } else { V::load_first(from, first) } }
}

/// `COUNT` vectors of each row, from a column on; `last` columns in the last of them, a whole vector if `WHOLE`.
///
/// # Safety
/// As [`MapKernel`], with rows of `width`.
#[inline(always)]
unsafe fn down<V: Vector, F: Lanes, const LAST: usize, const COUNT: usize, const WHOLE: bool>(
    x: &MapArgs,
    width: usize,
    column: usize,
    last: usize,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let zero = V::splat(0.0);
        let mut kept = [[zero; 3]; COUNT];
        for (k, vectors) in kept.iter_mut().enumerate() {
            for (i, v) in vectors.iter_mut().enumerate().filter(|(i, _)| LAST >> i & 1 == 1) {
                *v = match x.steps[i] {
                    Step::Block => V::load(x.args[i]),
                    _ => part::<V, WHOLE>(x.args[i].add(column + k * V::LANES), last),
                };
            }
        }
        for row in 0..x.len / width {
            for (k, vectors) in kept.iter().enumerate() {
                let at = row * width + column + k * V::LANES;
                let mut numbers = [zero; 3];
                for (i, number) in numbers.iter_mut().enumerate().take(F::ARITY) {
                    *number = match LAST >> i & 1 {
                        1 => vectors[i],
                        _ => part::<V, WHOLE>(x.args[i].add(at), last),
                    };
                }
                let y = F::apply(numbers[0], numbers[1], numbers[2]);
                if WHOLE { y.store(x.out.add(at)) } else { y.store_first(x.out.add(at), last) }
            }
        }
    }
}

/// With `DENSE`, each operand has a number for each element: then addresses take no arithmetic.
///
/// # Safety
/// As [`MapKernel`].
#[inline(always)]
unsafe fn steps<V: Vector, F: Lanes, const DENSE: bool>(x: &MapArgs) {
    let wide = F::UNROLL * V::LANES;
    let mut out = x.out;
    let [mut a, mut b, mut c] = x.args;
    let [sa, sb, sc] = if DENSE { [1; 3] } else { x.steps.map(|s| usize::from(s != Step::Block)) };
    let mut left = x.len;
    // SAFETY: all offsets stay below `len`, or within the block of an operand with step 0.
    unsafe {
        let zero = V::splat(0.0);
        let load = |p: *const f32, used: bool| if used { V::load(p) } else { zero };
        while left >= wide {
            for k in 0..F::UNROLL {
                let at = k * V::LANES;
                let va = load(a.wrapping_add(at * sa), F::ARITY > 0);
                let vb = load(b.wrapping_add(at * sb), F::ARITY > 1);
                let vc = load(c.wrapping_add(at * sc), F::ARITY > 2);
                F::apply(va, vb, vc).store(out.add(at));
            }
            out = out.add(wide);
            a = a.wrapping_add(wide * sa);
            b = b.wrapping_add(wide * sb);
            c = c.wrapping_add(wide * sc);
            left -= wide;
        }
        while left >= V::LANES {
            let (va, vb, vc) = (load(a, F::ARITY > 0), load(b, F::ARITY > 1), load(c, F::ARITY > 2));
            F::apply(va, vb, vc).store(out);
            out = out.add(V::LANES);
            a = a.wrapping_add(V::LANES * sa);
            b = b.wrapping_add(V::LANES * sb);
            c = c.wrapping_add(V::LANES * sc);
            left -= V::LANES;
        }
        if left > 0 {
            let first = |p: *const f32, used: bool| if used { V::load_first(p, left) } else { zero };
            let (va, vb, vc) = (first(a, F::ARITY > 0), first(b, F::ARITY > 1), first(c, F::ARITY > 2));
            F::apply(va, vb, vc).store_first(out, left);
        }
    }
}

#[cfg(test)]
mod tests;
