//! Random numbers as a function of key and element index: the same as [`crate::engine::random`], in lanes.

use super::isa::{Isa, per_isa};
use super::vector::{Bits, Vector};

/// # Safety
/// The instruction set that the kernel was chosen for is present and `len` numbers are writable at `out`.
pub type DrawKernel = unsafe fn(&DrawArgs);

/// Elements `index..index + len` of a stream go to `out`.
#[derive(Debug, Clone, Copy)]
pub struct DrawArgs {
    pub out: *mut f32,
    /// From [`crate::engine::random::Key::words`].
    pub words: [u32; 2],
    pub index: u32,
    pub len: usize,
}

per_isa!(fn uniform_entry<> => uniform(x: &DrawArgs));
per_isa!(fn keep_entry<> => keep(x: &DrawArgs, below: f32, scale: f32));

/// Draws from `0..1`, 1 excluded.
pub fn uniform_kernel(isa: Isa) -> DrawKernel {
    uniform_entry(isa)
}

/// # Safety
/// As [`DrawKernel`].
pub type KeepKernel = unsafe fn(&DrawArgs, f32, f32);

/// `scale` where the draw is below `below`, else 0.
pub fn keep_kernel(isa: Isa) -> KeepKernel {
    keep_entry(isa)
}

#[inline(always)]
fn lowbias32<B: Bits>(x: B) -> B {
    let x = (x ^ x.shr::<16>()) * x.all(0x21F0_AAAD);
    let x = (x ^ x.shr::<15>()) * x.all(0xD35A_2D97);
    x ^ x.shr::<15>()
}

/// The draws of `LANES` elements whose indices are given.
#[inline(always)]
fn draw<V: Vector>(index: V::Bits, words: [V::Bits; 2]) -> V {
    let bits = lowbias32(lowbias32(index ^ words[0]) ^ words[1]);
    let x = bits.shr::<8>().to_float();
    x * x.all(1.0 / 16_777_216.0)
}

/// # Safety
/// As [`DrawKernel`].
#[inline(always)]
unsafe fn uniform<V: Vector>(x: &DrawArgs) {
    // SAFETY: passed on.
    unsafe { each::<V>(x, |draw| draw) }
}

/// # Safety
/// As [`DrawKernel`].
#[inline(always)]
unsafe fn keep<V: Vector>(x: &DrawArgs, below: f32, scale: f32) {
    // SAFETY: passed on.
    unsafe { each::<V>(x, |draw| V::select(draw.lt(draw.all(below)), draw.all(scale), draw.all(0.0))) }
}

/// Writes a function of each draw.
///
/// # Safety
/// As [`DrawKernel`].
#[inline(always)]
unsafe fn each<V: Vector>(x: &DrawArgs, f: impl Fn(V) -> V) {
    // SAFETY: `len` numbers are writable.
    unsafe {
        let words = x.words.map(|w| V::Bits::splat(w));
        let mut index = V::Bits::splat(x.index) + V::Bits::count();
        let step = V::Bits::splat(V::LANES as u32);
        let mut at = 0;
        // Two at a time, since one would wait for its multiplications.
        while at + 2 * V::LANES <= x.len {
            let next = index + step;
            let (a, b) = (draw::<V>(index, words), draw::<V>(next, words));
            f(a).store(x.out.add(at));
            f(b).store(x.out.add(at + V::LANES));
            index = next + step;
            at += 2 * V::LANES;
        }
        while at < x.len {
            let y = f(draw::<V>(index, words));
            if at + V::LANES <= x.len {
                y.store(x.out.add(at));
            } else {
                y.store_first(x.out.add(at), x.len - at);
            }
            index = index + step;
            at += V::LANES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Key, bits, unit};

    #[test]
    fn lanes_draw_what_the_scalar_generator_draws() {
        let words = Key(7).words(3);
        for isa in Isa::available() {
            let mut out = vec![0.0f32; 77];
            let args = DrawArgs { out: out.as_mut_ptr(), words, index: u32::MAX - 20, len: out.len() };
            // SAFETY: `out` has `len` numbers.
            unsafe { uniform_kernel(isa)(&args) };
            for (i, &x) in out.iter().enumerate() {
                assert_eq!(x, unit(bits(words, (u32::MAX - 20).wrapping_add(i as u32))), "{isa:?} {i}");
            }
        }
    }

    #[test]
    fn what_is_kept_is_what_is_drawn_below() {
        let words = Key(9).words(1);
        for isa in Isa::available() {
            let mut out = vec![0.0f32; 1001];
            let args = DrawArgs { out: out.as_mut_ptr(), words, index: 5, len: out.len() };
            // SAFETY: `out` has `len` numbers.
            unsafe { keep_kernel(isa)(&args, 0.7, 2.5) };
            for (i, &x) in out.iter().enumerate() {
                assert_eq!(x, if unit(bits(words, 5 + i as u32)) < 0.7 { 2.5 } else { 0.0 }, "{isa:?} {i}");
            }
        }
    }
}
