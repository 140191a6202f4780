//! 8 lanes: AVX2 and FMA.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Not, Sub};

use super::{Bits, Vector};

#[derive(Clone, Copy)]
pub struct Avx2(__m256);

#[derive(Clone, Copy)]
pub struct Bits256(__m256i);

/// All bits of a lane set or none.
#[derive(Clone, Copy)]
pub struct Mask256(__m256);

/// The lanes below `n`. Caller: the instruction set is present.
#[inline(always)]
unsafe fn first(n: usize) -> __m256i {
    // SAFETY: promised by the caller.
    unsafe { _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0)) }
}

/// A binary operator by an intrinsic.
macro_rules! operator {
    ($type:ident, $trait:ident, $name:ident, $intrinsic:ident) => {
        impl $trait for $type {
            type Output = $type;
            #[inline(always)]
            fn $name(self, b: $type) -> $type {
                // SAFETY: `self` proves the instruction set.
                $type(unsafe { $intrinsic(self.0, b.0) })
            }
        }
    };
}

operator!(Avx2, Add, add, _mm256_add_ps);
operator!(Avx2, Sub, sub, _mm256_sub_ps);
operator!(Avx2, Mul, mul, _mm256_mul_ps);
operator!(Avx2, Div, div, _mm256_div_ps);
operator!(Bits256, Add, add, _mm256_add_epi32);
operator!(Bits256, Sub, sub, _mm256_sub_epi32);
operator!(Bits256, Mul, mul, _mm256_mullo_epi32);
operator!(Bits256, BitAnd, bitand, _mm256_and_si256);
operator!(Bits256, BitOr, bitor, _mm256_or_si256);
operator!(Bits256, BitXor, bitxor, _mm256_xor_si256);
operator!(Mask256, BitAnd, bitand, _mm256_and_ps);
operator!(Mask256, BitOr, bitor, _mm256_or_ps);

impl Not for Mask256 {
    type Output = Mask256;
    #[inline(always)]
    fn not(self) -> Mask256 {
        // SAFETY: `self` proves the instruction set.
        Mask256(unsafe { _mm256_xor_ps(self.0, _mm256_castsi256_ps(_mm256_set1_epi32(-1))) })
    }
}

// SAFETY, for all blocks below: a vector proves the instruction set, or the caller of an `unsafe fn` promises it;
// pointers are covered by the trait's contracts.
impl Vector for Avx2 {
    const LANES: usize = 8;
    type Mask = Mask256;
    type Bits = Bits256;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Avx2(unsafe { _mm256_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Avx2(unsafe { _mm256_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        Avx2(unsafe { _mm256_maskload_ps(from, first(n)) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        unsafe { _mm256_maskstore_ps(to, first(n), self.0) }
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        Avx2(unsafe { _mm256_fmadd_ps(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        Avx2(unsafe { _mm256_min_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        Avx2(unsafe { _mm256_max_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Avx2(unsafe { _mm256_sqrt_ps(self.0) })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Avx2(unsafe { _mm256_floor_ps(self.0) })
    }
    #[inline(always)]
    fn ceil(self) -> Self {
        Avx2(unsafe { _mm256_ceil_ps(self.0) })
    }
    #[inline(always)]
    fn round(self) -> Self {
        Avx2(unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn lt(self, b: Self) -> Mask256 {
        Mask256(unsafe { _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, b.0) })
    }
    #[inline(always)]
    fn le(self, b: Self) -> Mask256 {
        Mask256(unsafe { _mm256_cmp_ps::<_CMP_LE_OQ>(self.0, b.0) })
    }
    #[inline(always)]
    fn eq(self, b: Self) -> Mask256 {
        Mask256(unsafe { _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, b.0) })
    }
    #[inline(always)]
    fn select(mask: Mask256, a: Self, b: Self) -> Self {
        Avx2(unsafe { _mm256_blendv_ps(b.0, a.0, mask.0) })
    }
    #[inline(always)]
    fn any_of(mask: Mask256) -> bool {
        unsafe { _mm256_movemask_ps(mask.0) != 0 }
    }
    #[inline(always)]
    fn bits(self) -> Bits256 {
        Bits256(unsafe { _mm256_castps_si256(self.0) })
    }
}

// SAFETY: as above.
impl Bits for Bits256 {
    type Vector = Avx2;

    #[inline(always)]
    unsafe fn splat(x: u32) -> Self {
        Bits256(unsafe { _mm256_set1_epi32(x as i32) })
    }
    #[inline(always)]
    unsafe fn count() -> Self {
        Bits256(unsafe { _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0) })
    }
    #[inline(always)]
    fn halves(self) -> [Self; 2] {
        unsafe {
            let (low, high) = (_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0));
            [Bits256(_mm256_cvtepu16_epi32(low)), Bits256(_mm256_cvtepu16_epi32(high))]
        }
    }
    #[inline(always)]
    fn less(self, b: Self) -> Mask256 {
        Mask256(unsafe { _mm256_castsi256_ps(_mm256_cmpgt_epi32(b.0, self.0)) })
    }
    #[inline(always)]
    fn same(self, b: Self) -> Mask256 {
        Mask256(unsafe { _mm256_castsi256_ps(_mm256_cmpeq_epi32(self.0, b.0)) })
    }
    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        Bits256(unsafe { _mm256_sll_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }
    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        Bits256(unsafe { _mm256_srl_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }
    #[inline(always)]
    fn sar<const N: u32>(self) -> Self {
        Bits256(unsafe { _mm256_sra_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }
    #[inline(always)]
    fn float(self) -> Avx2 {
        Avx2(unsafe { _mm256_castsi256_ps(self.0) })
    }
    #[inline(always)]
    fn to_float(self) -> Avx2 {
        Avx2(unsafe { _mm256_cvtepi32_ps(self.0) })
    }
}
