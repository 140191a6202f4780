//! Random numbers as a function of key and element index: the same as [`crate::engine::random`], in lanes.

use super::isa::{Isa, per_isa};
use super::vector::{Bits, Vector};
use crate::engine::random::{lot_bits, lower_words, unit};

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
per_isa!(fn lots_entry<> => lots(x: &DrawArgs));
per_isa!(fn keep_entry<> => keep(x: &DrawArgs, below: f32, scale: f32, from: *const f32));

/// Draws from `0..1`, 1 excluded.
pub fn uniform_kernel(isa: Isa) -> DrawKernel {
    uniform_entry(isa)
}

/// Draws for comparisons: see [`crate::engine::random::lot_bits`].
pub fn lots_kernel(isa: Isa) -> DrawKernel {
    lots_entry(isa)
}

/// # Safety
/// As [`DrawKernel`]; `len` numbers are readable at the last argument, which is `out`, apart from it, or null.
pub type KeepKernel = unsafe fn(&DrawArgs, f32, f32, *const f32);

/// `scale` where the draw by lots is below `below`, else 0; times the numbers at the last argument if that is not null.
pub fn keep_kernel(isa: Isa) -> KeepKernel {
    keep_entry(isa)
}

#[inline(always)]
fn lowbias32<B: Bits>(x: B) -> B {
    let x = (x ^ x.shr::<16>()) * x.all(0x21F0_AAAD);
    let x = (x ^ x.shr::<15>()) * x.all(0xD35A_2D97);
    x ^ x.shr::<15>()
}

/// The keys of a stream, in lanes.
#[derive(Clone, Copy)]
struct Keys<B>([B; 2]);

impl<B: Bits> Keys<B> {
    /// # Safety
    /// The instruction set is present.
    #[inline(always)]
    unsafe fn new(words: [u32; 2]) -> Self {
        // SAFETY: promised by the caller.
        unsafe { Keys([B::splat(words[0]), B::splat(words[1])]) }
    }

    #[inline(always)]
    fn hash(self, counter: B) -> B {
        lowbias32(lowbias32(counter ^ self.0[0]) ^ self.0[1])
    }
}

/// What becomes of a draw. Not closures: those that are not inlined are compiled without the instruction set.
trait Draw<V: Vector>: Copy {
    /// Of draws whose upper 16 bits and whose indices are given.
    fn all(self, upper: V::Bits, index: V::Bits) -> V;
    /// The same of all bits of one draw.
    fn one(self, bits: u32) -> f32;
}

/// The draw as a number.
#[derive(Clone, Copy)]
struct Unit<V: Vector> {
    lower: Keys<V::Bits>,
}

impl<V: Vector> Draw<V> for Unit<V> {
    #[inline(always)]
    fn all(self, upper: V::Bits, index: V::Bits) -> V {
        let x = (upper.shl::<8>() | self.lower.hash(index).shr::<24>()).to_float();
        x * x.all(1.0 / 16_777_216.0)
    }

    #[inline(always)]
    fn one(self, bits: u32) -> f32 {
        unit(bits)
    }
}

/// `scale` where the draw, in units of 2^-24, is below `least`, else 0.
#[derive(Clone, Copy)]
struct Keep<V: Vector> {
    lower: Keys<V::Bits>,
    least: u32,
    scale: f32,
}

impl<V: Vector> Draw<V> for Keep<V> {
    #[inline(always)]
    fn all(self, upper: V::Bits, index: V::Bits) -> V {
        let bound = upper.all(self.least >> 8);
        let mut kept = upper.less(bound);
        // In one vector of thousands the lower bits decide.
        if self.least & 0xFF > 0 && V::any_of(upper.same(bound)) {
            let below = self.lower.hash(index).shr::<24>().less(upper.all(self.least & 0xFF));
            kept = kept | (upper.same(bound) & below);
        }
        V::select(kept, upper.all(self.scale.to_bits()).float(), upper.all(0).float())
    }

    #[inline(always)]
    fn one(self, bits: u32) -> f32 {
        if bits >> 8 < self.least { self.scale } else { 0.0 }
    }
}

/// # Safety
/// As [`DrawKernel`].
#[inline(always)]
unsafe fn uniform<V: Vector>(x: &DrawArgs) {
    // SAFETY: `len` numbers are writable.
    unsafe {
        let keys = Keys::<V::Bits>::new(x.words);
        let scale = V::splat(1.0 / 16_777_216.0);
        let mut index = V::Bits::splat(x.index) + V::Bits::count();
        let step = V::Bits::splat(V::LANES as u32);
        let mut at = 0;
        // Two at a time, since one would wait for its multiplications.
        while at + 2 * V::LANES <= x.len {
            let next = index + step;
            let [a, b] = [keys.hash(index), keys.hash(next)].map(|bits| bits.shr::<8>().to_float() * scale);
            a.store(x.out.add(at));
            b.store(x.out.add(at + V::LANES));
            index = next + step;
            at += 2 * V::LANES;
        }
        while at < x.len {
            let left = (x.len - at).min(V::LANES);
            let y = keys.hash(index).shr::<8>().to_float() * scale;
            if left == V::LANES {
                y.store(x.out.add(at))
            } else {
                y.store_first(x.out.add(at), left)
            }
            index = index + step;
            at += left;
        }
    }
}

/// # Safety
/// As [`DrawKernel`].
#[inline(always)]
unsafe fn lots<V: Vector>(x: &DrawArgs) {
    // SAFETY: passed on.
    unsafe {
        let lower = Keys::new(lower_words(x.words));
        each::<V, Unit<V>, false>(x, std::ptr::null(), Unit { lower });
    }
}

/// # Safety
/// As [`KeepKernel`].
#[inline(always)]
unsafe fn keep<V: Vector>(x: &DrawArgs, below: f32, scale: f32, from: *const f32) {
    // Draws are whole multiples of 2^-24: in these units, whole numbers are compared.
    let least = (f64::from(below) * 16_777_216.0).ceil().clamp(0.0, 16_777_216.0) as u32;
    // SAFETY: passed on.
    unsafe {
        let draw = Keep { lower: Keys::new(lower_words(x.words)), least, scale };
        match from.is_null() {
            true => each::<V, Keep<V>, false>(x, from, draw),
            false => each::<V, Keep<V>, true>(x, from, draw),
        }
    }
}

/// Writes what becomes of each draw, times the numbers at `from` if `TIMES`.
///
/// # Safety
/// As [`DrawKernel`]; with `TIMES`, `len` numbers are readable at `from`, which is `out` or apart from it.
#[inline(always)]
unsafe fn each<V: Vector, D: Draw<V>, const TIMES: bool>(x: &DrawArgs, from: *const f32, draw: D) {
    // SAFETY: all positions are below `len`.
    unsafe {
        let single = |at: usize| {
            let y = draw.one(lot_bits(x.words, x.index.wrapping_add(at as u32)));
            x.out.add(at).write(if TIMES { *from.add(at) * y } else { y });
        };
        let mut at = 0;
        // A pair begins at an even index.
        if x.index & 1 == 1 && x.len > 0 {
            single(0);
            at = 1;
        }
        let keys = Keys::<V::Bits>::new(x.words);
        let first = x.index.wrapping_add(at as u32);
        let mut index = V::Bits::splat(first) + V::Bits::count();
        let mut pair = V::Bits::splat(first >> 1) + V::Bits::count();
        let [half, whole] = [V::Bits::splat(V::LANES as u32), V::Bits::splat(2 * V::LANES as u32)];
        // Behind the largest index pairs begin anew.
        let straight = x.len.min((u32::MAX - first) as usize);
        while at + 2 * V::LANES <= straight {
            let [a, b] = keys.hash(pair).halves();
            let (mut a, mut b) = (draw.all(a, index), draw.all(b, index + half));
            if TIMES {
                (a, b) = (V::load(from.add(at)) * a, V::load(from.add(at + V::LANES)) * b);
            }
            a.store(x.out.add(at));
            b.store(x.out.add(at + V::LANES));
            (index, pair) = (index + whole, pair + half);
            at += 2 * V::LANES;
        }
        if straight == x.len && at < x.len {
            for y in keys.hash(pair).halves() {
                let left = (x.len - at).min(V::LANES);
                let y = draw.all(y, index);
                if left == V::LANES {
                    (if TIMES { V::load(from.add(at)) * y } else { y }).store(x.out.add(at));
                } else {
                    (if TIMES { V::load_first(from.add(at), left) * y } else { y }).store_first(x.out.add(at), left);
                }
                (index, at) = (index + half, at + left);
            }
        }
        while at < x.len {
            single(at);
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Key, bits, lot_bits, unit};

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
            // SAFETY: as above.
            unsafe { lots_kernel(isa)(&args) };
            for (i, &x) in out.iter().enumerate() {
                assert_eq!(x, unit(lot_bits(words, (u32::MAX - 20).wrapping_add(i as u32))), "{isa:?} {i}");
            }
        }
    }

    #[test]
    fn what_is_kept_is_what_is_drawn_below() {
        let words = Key(9).words(1);
        let numbers: Vec<f32> = (0..1001).map(|i| i as f32 - 300.0).collect();
        // Bounds with and without lower bits, at the ends, and one that many draws meet in their upper bits.
        let bounds = [0.7, 0.5, 0.0, 1.0, 1.5, 1.0 / 65_536.0 + 1.0 / 16_777_216.0, 0.3];
        for (isa, below) in Isa::available().into_iter().flat_map(|isa| bounds.map(|b| (isa, b))) {
            for (index, len) in [(5, 1001), (6, 1001), (u32::MAX - 40, 77), (0, 0), (1, 1), (2, 1), (8, 31)] {
                let mut out = vec![0.0f32; len];
                let args = DrawArgs { out: out.as_mut_ptr(), words, index, len };
                let factor =
                    |i: usize| if unit(lot_bits(words, index.wrapping_add(i as u32))) < below { 2.5 } else { 0.0 };
                // SAFETY: `out` and `numbers` have `len` numbers.
                unsafe { keep_kernel(isa)(&args, below, 2.5, std::ptr::null()) };
                assert!(out.iter().enumerate().all(|(i, &x)| x == factor(i)), "{isa:?} {below} {index}");
                // SAFETY: as above.
                unsafe { keep_kernel(isa)(&args, below, 2.5, numbers.as_ptr()) };
                assert!(out.iter().enumerate().all(|(i, &x)| x == numbers[i] * factor(i)), "{isa:?} {below} {index}");
            }
        }
    }

    /// 2^20 draws whose upper bits tie with the bound in about 16 of them: the lower bits decide.
    #[test]
    fn ties_of_upper_bits_are_decided_by_the_lower_ones() {
        let (words, len) = (Key(4).words(2), 1 << 20);
        let below = (1234.0 * 256.0 + 100.0) / 16_777_216.0;
        let tied = (0..len as u32).filter(|&i| lot_bits(words, i) >> 16 == 1234).count();
        assert!(tied > 4, "{tied}");
        for isa in Isa::available() {
            let mut out = vec![0.0f32; len];
            let args = DrawArgs { out: out.as_mut_ptr(), words, index: 0, len };
            // SAFETY: `out` has `len` numbers.
            unsafe { keep_kernel(isa)(&args, below, 1.0, std::ptr::null()) };
            assert!(out.iter().enumerate().all(|(i, &x)| (x == 1.0) == (unit(lot_bits(words, i as u32)) < below)));
        }
    }
}
