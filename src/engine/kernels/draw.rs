//! Random numbers as a function of key and element index: the same as [`crate::engine::random`], in lanes.

use super::isa::{Isa, per_isa};
use super::map::MapArgs;
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
per_isa!(fn dropout_entry<> => dropout(x: &DrawArgs, y: &MapArgs));

/// Draws from `0..1`, 1 excluded.
pub fn uniform_kernel(isa: Isa) -> DrawKernel {
    uniform_entry(isa)
}

/// # Safety
/// As [`DrawKernel`] and [`super::map::MapKernel`].
pub type DropoutKernel = unsafe fn(&DrawArgs, &MapArgs);

/// `out[i] = a[i] * b[i]` where the draw is below `c`, else `a[i] * 0`; `b` and `c` are blocks of equal numbers.
pub fn dropout_kernel(isa: Isa) -> DropoutKernel {
    dropout_entry(isa)
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
    // SAFETY of the conversion's type: `V::Bits::Vector` is `V`.
    let scaled = x * x.all(1.0 / 16_777_216.0);
    scaled
}

/// # Safety
/// As [`DrawKernel`].
#[inline(always)]
unsafe fn uniform<V: Vector>(x: &DrawArgs) {
    // SAFETY: `len` numbers are writable.
    unsafe {
        let words = x.words.map(|w| V::Bits::splat(w));
        let mut index = V::Bits::splat(x.index) + V::Bits::count();
        let step = V::Bits::splat(V::LANES as u32);
        let mut at = 0;
        while at + V::LANES <= x.len {
            draw::<V>(index, words).store(x.out.add(at));
            index = index + step;
            at += V::LANES;
        }
        if at < x.len {
            draw::<V>(index, words).store_first(x.out.add(at), x.len - at);
        }
    }
}

/// # Safety
/// As [`DropoutKernel`].
#[inline(always)]
unsafe fn dropout<V: Vector>(x: &DrawArgs, y: &MapArgs) {
    // SAFETY: `len` numbers are writable at `out` and readable at the first operand; the others are blocks.
    unsafe {
        let words = x.words.map(|w| V::Bits::splat(w));
        let (scale, below) = (V::load(y.args[1]), V::load(y.args[2]));
        let zero = V::splat(0.0);
        let mut index = V::Bits::splat(x.index) + V::Bits::count();
        let step = V::Bits::splat(V::LANES as u32);
        let mut at = 0;
        while at + V::LANES <= x.len {
            let kept = V::select(draw::<V>(index, words).lt(below), scale, zero);
            (V::load(y.args[0].add(at)) * kept).store(x.out.add(at));
            index = index + step;
            at += V::LANES;
        }
        if at < x.len {
            let kept = V::select(draw::<V>(index, words).lt(below), scale, zero);
            (V::load_first(y.args[0].add(at), x.len - at) * kept).store_first(x.out.add(at), x.len - at);
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
}
