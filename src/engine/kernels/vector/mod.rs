//! One interface to the vector registers of each instruction set.
//!
//! A value of a vector type is the proof that its instruction set is present: the functions that make one from
//! nothing are `unsafe`, all others take a vector and are safe. Everything is `#[inline(always)]`, so that a body
//! generic over [`Vector`] becomes vector code inside the `#[target_feature]` entry that calls it.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Not, Sub};

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub use portable::Portable;

/// The widest vector: blocks of equal numbers are this long.
pub const MAX_LANES: usize = 16;

/// Numbers in lanes.
pub trait Vector:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + 'static
{
    const LANES: usize;
    type Mask: Copy + BitAnd<Output = Self::Mask> + BitOr<Output = Self::Mask> + Not<Output = Self::Mask>;
    type Bits: Bits<Vector = Self>;

    /// # Safety
    /// The instruction set must be present.
    unsafe fn splat(x: f32) -> Self;
    /// # Safety
    /// The instruction set must be present, `LANES` numbers readable.
    unsafe fn load(from: *const f32) -> Self;
    /// The first `n < LANES` numbers, zeros behind.
    /// # Safety
    /// The instruction set must be present, `n` numbers readable.
    unsafe fn load_first(from: *const f32, n: usize) -> Self;
    /// # Safety
    /// `LANES` numbers must be writable.
    unsafe fn store(self, to: *mut f32);
    /// # Safety
    /// `n < LANES` numbers must be writable.
    unsafe fn store_first(self, to: *mut f32, n: usize);

    /// The same number in all lanes.
    #[inline(always)]
    fn all(self, x: f32) -> Self {
        // SAFETY: `self` proves the instruction set.
        unsafe { Self::splat(x) }
    }

    /// `self * b + c`, rounded once where the instruction set can.
    fn fma(self, b: Self, c: Self) -> Self;
    /// `self < b ? self : b`; so `b` if one is NaN.
    fn min(self, b: Self) -> Self;
    /// `self > b ? self : b`; so `b` if one is NaN.
    fn max(self, b: Self) -> Self;
    fn sqrt(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    /// To the nearest whole number, halves to even.
    fn round(self) -> Self;
    fn lt(self, b: Self) -> Self::Mask;
    fn le(self, b: Self) -> Self::Mask;
    fn eq(self, b: Self) -> Self::Mask;
    /// `mask ? a : b`
    fn select(mask: Self::Mask, a: Self, b: Self) -> Self;
    fn bits(self) -> Self::Bits;

    /// The lanes as an array, with zeros behind; for what is not worth a vector.
    #[inline(always)]
    fn lanes(self) -> [f32; MAX_LANES] {
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: `LANES <= MAX_LANES`.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes
    }

    /// A function applied lane by lane.
    #[inline(always)]
    fn each(self, f: impl Fn(f32) -> f32) -> Self {
        let mut lanes = self.lanes();
        for x in &mut lanes[..Self::LANES] {
            *x = f(*x);
        }
        // SAFETY: `self` proves the instruction set.
        unsafe { Self::load(lanes.as_ptr()) }
    }

    /// A function of two numbers applied lane by lane.
    #[inline(always)]
    fn each2(self, b: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let (mut lanes, b) = (self.lanes(), b.lanes());
        for (x, y) in lanes[..Self::LANES].iter_mut().zip(b) {
            *x = f(*x, y);
        }
        // SAFETY: `self` proves the instruction set.
        unsafe { Self::load(lanes.as_ptr()) }
    }

    /// 1 where the mask is set, else 0.
    #[inline(always)]
    fn number(self, mask: Self::Mask) -> Self {
        Self::select(mask, self.all(1.0), self.all(0.0))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        (self.bits() & self.bits().all(0x7FFF_FFFF)).float()
    }

    #[inline(always)]
    fn neg(self) -> Self {
        (self.bits() ^ self.bits().all(0x8000_0000)).float()
    }

    /// The magnitude of `self` with the sign of `sign`.
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        ((self.abs().bits()) | (sign.bits() & sign.bits().all(0x8000_0000))).float()
    }

    /// `self * 2^n` for whole `n` in -252..=254, overflow and denormal results included.
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        let n = n.to_int();
        let half = n.sar::<1>();
        self * power_of_two(half) * power_of_two(n - half)
    }

    /// Whether the mask is set in any lane.
    fn any_of(mask: Self::Mask) -> bool;

    /// Whether the mask is set in any lane.
    #[inline(always)]
    fn any(self, mask: Self::Mask) -> bool {
        Self::any_of(mask)
    }

    /// The lanes added up: halves onto halves.
    #[inline(always)]
    fn sum(self) -> f32 {
        fold(self, |a, b| a + b)
    }
}

/// `2^n` for whole `n` in -126..=127.
#[inline(always)]
fn power_of_two<B: Bits>(n: B) -> B::Vector {
    (n + n.all(127)).shl::<23>().float()
}

/// The lanes combined by halves, an order that depends on the number of lanes only.
#[inline(always)]
pub fn fold<V: Vector>(x: V, f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = x.lanes();
    let mut width = V::LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] = f(lanes[i], lanes[i + width]);
        }
    }
    lanes[0]
}

/// Whole numbers of 32 bits in lanes.
pub trait Bits:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + std::ops::BitXor<Output = Self>
{
    type Vector: Vector;

    /// # Safety
    /// The instruction set must be present.
    unsafe fn splat(x: u32) -> Self;
    /// 0, 1, 2, …
    /// # Safety
    /// The instruction set must be present.
    unsafe fn count() -> Self;

    #[inline(always)]
    fn all(self, x: u32) -> Self {
        // SAFETY: `self` proves the instruction set.
        unsafe { Self::splat(x) }
    }

    /// The halves of 16 bits as numbers: those of the first lane, lower half first, then of the second, and so on.
    fn halves(self) -> [Self; 2];
    /// `self < b`, both below 2^31.
    fn less(self, b: Self) -> <Self::Vector as Vector>::Mask;
    /// `self == b`
    fn same(self, b: Self) -> <Self::Vector as Vector>::Mask;
    fn shl<const N: u32>(self) -> Self;
    /// Zeros come in from above.
    fn shr<const N: u32>(self) -> Self;
    /// Copies of the sign come in from above.
    fn sar<const N: u32>(self) -> Self;
    /// The same bits read as a float.
    fn float(self) -> Self::Vector;
    /// The signed whole number as a float.
    fn to_float(self) -> Self::Vector;
}

/// The conversion of floats with whole values below 2^22 to integers.
pub trait ToInt: Vector {
    fn to_int(self) -> Self::Bits;
}

impl<V: Vector> ToInt for V {
    #[inline(always)]
    fn to_int(self) -> V::Bits {
        // 1.5 * 2^23 puts a whole number of less than 23 bits into the low bits of the fraction.
        let magic = self.all(12_582_912.0);
        (self + magic).bits() - magic.bits()
    }
}
