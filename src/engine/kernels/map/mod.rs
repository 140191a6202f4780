//! Elementwise kernels: one loop for each [`Function`].

mod functions;
mod operation;

pub use functions::kernel;
pub(super) use functions::{larger, smaller};
pub use operation::Function;

use super::vector::Vector;

/// What an elementwise kernel works on: `out[i] = f(a[i * step], b[i * step], c[i * step])` for `i < len`.
/// An operand with step 0 is a block of [`super::MAX_LANES`] equal numbers.
#[derive(Debug, Clone, Copy)]
pub struct MapArgs {
    pub out: *mut f32,
    pub args: [*const f32; 3],
    pub steps: [usize; 3],
    pub len: usize,
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
    fn apply<V: Vector>(a: V, b: V, c: V) -> V;
}

/// # Safety
/// As [`MapKernel`].
#[inline(always)]
unsafe fn map<V: Vector, F: Lanes>(x: &MapArgs) {
    let dense = x.steps.iter().take(F::ARITY).all(|&step| step == 1);
    // SAFETY: passed on.
    unsafe { if dense { steps::<V, F, true>(x) } else { steps::<V, F, false>(x) } }
}

/// With `DENSE`, all steps are 1: then addresses take no arithmetic.
///
/// # Safety
/// As [`MapKernel`].
#[inline(always)]
unsafe fn steps<V: Vector, F: Lanes, const DENSE: bool>(x: &MapArgs) {
    let wide = F::UNROLL * V::LANES;
    let mut out = x.out;
    let [mut a, mut b, mut c] = x.args;
    let [sa, sb, sc] = if DENSE { [1; 3] } else { x.steps };
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
