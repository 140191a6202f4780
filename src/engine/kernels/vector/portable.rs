//! 8 lanes in plain Rust, for every processor; the compiler makes SSE2 or NEON code of it.

use std::array::from_fn;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Not, Sub};

use super::{Bits, Vector};

const LANES: usize = 8;

#[derive(Clone, Copy)]
pub struct Portable([f32; LANES]);

#[derive(Clone, Copy)]
pub struct BitsPortable([u32; LANES]);

/// All bits of a lane set or none.
#[derive(Clone, Copy)]
pub struct MaskPortable([u32; LANES]);

macro_rules! operator {
    ($type:ident, $trait:ident, $name:ident, |$a:ident, $b:ident| $result:expr) => {
        impl $trait for $type {
            type Output = $type;
            #[inline(always)]
            fn $name(self, other: $type) -> $type {
                $type(from_fn(|i| {
                    let ($a, $b) = (self.0[i], other.0[i]);
                    $result
                }))
            }
        }
    };
}

operator!(Portable, Add, add, |a, b| a + b);
operator!(Portable, Sub, sub, |a, b| a - b);
operator!(Portable, Mul, mul, |a, b| a * b);
operator!(Portable, Div, div, |a, b| a / b);
operator!(BitsPortable, Add, add, |a, b| a.wrapping_add(b));
operator!(BitsPortable, Sub, sub, |a, b| a.wrapping_sub(b));
operator!(BitsPortable, Mul, mul, |a, b| a.wrapping_mul(b));
operator!(BitsPortable, BitAnd, bitand, |a, b| a & b);
operator!(BitsPortable, BitOr, bitor, |a, b| a | b);
operator!(BitsPortable, BitXor, bitxor, |a, b| a ^ b);
operator!(MaskPortable, BitAnd, bitand, |a, b| a & b);
operator!(MaskPortable, BitOr, bitor, |a, b| a | b);

impl Not for MaskPortable {
    type Output = MaskPortable;
    #[inline(always)]
    fn not(self) -> MaskPortable {
        MaskPortable(self.0.map(|m| !m))
    }
}

#[inline(always)]
fn mask(bit: bool) -> u32 {
    (bit as u32).wrapping_neg()
}

/// 2^23: floats from here on are whole.
const WHOLE: f32 = 8_388_608.0;

/// Halves to even, by the rounding of an addition; no library call.
#[inline(always)]
fn round_even(x: f32) -> f32 {
    let magic = WHOLE.copysign(x);
    if x.abs() < WHOLE { ((x + magic) - magic).copysign(x) } else { x }
}

#[inline(always)]
fn floor(x: f32) -> f32 {
    let near = round_even(x);
    if near > x { near - 1.0 } else { near }
}

// SAFETY, for all blocks below: pointers are covered by the trait's contracts; no instruction set is needed.
impl Vector for Portable {
    const LANES: usize = LANES;
    type Mask = MaskPortable;
    type Bits = BitsPortable;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Portable([x; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Portable(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        Portable(from_fn(|i| if i < n { unsafe { from.add(i).read() } } else { 0.0 }))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        for i in 0..n.min(LANES) {
            unsafe { to.add(i).write(self.0[i]) }
        }
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        if cfg!(target_arch = "aarch64") {
            Portable(from_fn(|i| self.0[i].mul_add(b.0[i], c.0[i])))
        } else {
            self * b + c
        }
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        Portable(from_fn(|i| if self.0[i] < b.0[i] { self.0[i] } else { b.0[i] }))
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        Portable(from_fn(|i| if self.0[i] > b.0[i] { self.0[i] } else { b.0[i] }))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Portable(self.0.map(f32::sqrt))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Portable(self.0.map(floor))
    }
    #[inline(always)]
    fn ceil(self) -> Self {
        Portable(self.0.map(|x| -floor(-x)))
    }
    #[inline(always)]
    fn round(self) -> Self {
        Portable(self.0.map(round_even))
    }
    #[inline(always)]
    fn lt(self, b: Self) -> MaskPortable {
        MaskPortable(from_fn(|i| mask(self.0[i] < b.0[i])))
    }
    #[inline(always)]
    fn le(self, b: Self) -> MaskPortable {
        MaskPortable(from_fn(|i| mask(self.0[i] <= b.0[i])))
    }
    #[inline(always)]
    fn eq(self, b: Self) -> MaskPortable {
        MaskPortable(from_fn(|i| mask(self.0[i] == b.0[i])))
    }
    #[inline(always)]
    fn select(mask: MaskPortable, a: Self, b: Self) -> Self {
        Portable(from_fn(|i| f32::from_bits((a.0[i].to_bits() & mask.0[i]) | (b.0[i].to_bits() & !mask.0[i]))))
    }
    #[inline(always)]
    fn any_of(mask: MaskPortable) -> bool {
        mask.0.iter().any(|&m| m != 0)
    }
    #[inline(always)]
    fn bits(self) -> BitsPortable {
        BitsPortable(self.0.map(f32::to_bits))
    }
}

// SAFETY: as above.
impl Bits for BitsPortable {
    type Vector = Portable;

    #[inline(always)]
    unsafe fn splat(x: u32) -> Self {
        BitsPortable([x; LANES])
    }
    #[inline(always)]
    unsafe fn count() -> Self {
        BitsPortable(from_fn(|i| i as u32))
    }
    #[inline(always)]
    fn halves(self) -> [Self; 2] {
        let half = |i: usize| self.0[i / 2] >> (16 * (i % 2)) & 0xFFFF;
        [BitsPortable(from_fn(half)), BitsPortable(from_fn(|i| half(LANES + i)))]
    }
    #[inline(always)]
    fn less(self, b: Self) -> MaskPortable {
        MaskPortable(from_fn(|i| mask(self.0[i] < b.0[i])))
    }
    #[inline(always)]
    fn same(self, b: Self) -> MaskPortable {
        MaskPortable(from_fn(|i| mask(self.0[i] == b.0[i])))
    }
    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        BitsPortable(self.0.map(|x| x << N))
    }
    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        BitsPortable(self.0.map(|x| x >> N))
    }
    #[inline(always)]
    fn sar<const N: u32>(self) -> Self {
        BitsPortable(self.0.map(|x| ((x as i32) >> N) as u32))
    }
    #[inline(always)]
    fn float(self) -> Portable {
        Portable(self.0.map(f32::from_bits))
    }
    #[inline(always)]
    fn to_float(self) -> Portable {
        Portable(self.0.map(|x| x as i32 as f32))
    }
}
