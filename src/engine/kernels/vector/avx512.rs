//! 16 lanes: AVX-512 F, VL, BW, DQ.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Not, Sub};

use super::{Bits, Vector};

#[derive(Clone, Copy)]
pub struct Avx512(__m512);

#[derive(Clone, Copy)]
pub struct Bits512(__m512i);

#[derive(Clone, Copy)]
pub struct Mask512(__mmask16);

#[inline(always)]
fn first(n: usize) -> __mmask16 {
    ((1u32 << n) - 1) as __mmask16
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

operator!(Avx512, Add, add, _mm512_add_ps);
operator!(Avx512, Sub, sub, _mm512_sub_ps);
operator!(Avx512, Mul, mul, _mm512_mul_ps);
operator!(Avx512, Div, div, _mm512_div_ps);
operator!(Bits512, Add, add, _mm512_add_epi32);
operator!(Bits512, Sub, sub, _mm512_sub_epi32);
operator!(Bits512, Mul, mul, _mm512_mullo_epi32);
operator!(Bits512, BitAnd, bitand, _mm512_and_si512);
operator!(Bits512, BitOr, bitor, _mm512_or_si512);
operator!(Bits512, BitXor, bitxor, _mm512_xor_si512);

impl BitAnd for Mask512 {
    type Output = Mask512;
    #[inline(always)]
    fn bitand(self, b: Mask512) -> Mask512 {
        Mask512(self.0 & b.0)
    }
}

impl BitOr for Mask512 {
    type Output = Mask512;
    #[inline(always)]
    fn bitor(self, b: Mask512) -> Mask512 {
        Mask512(self.0 | b.0)
    }
}

impl Not for Mask512 {
    type Output = Mask512;
    #[inline(always)]
    fn not(self) -> Mask512 {
        Mask512(!self.0)
    }
}

// SAFETY, for all blocks below: a vector proves the instruction set, or the caller of an `unsafe fn` promises it;
// pointers are covered by the trait's contracts.
impl Vector for Avx512 {
    const LANES: usize = 16;
    type Mask = Mask512;
    type Bits = Bits512;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Avx512(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Avx512(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        Avx512(unsafe { _mm512_maskz_loadu_ps(first(n), from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        unsafe { _mm512_mask_storeu_ps(to, first(n), self.0) }
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        Avx512(unsafe { _mm512_fmadd_ps(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        Avx512(unsafe { _mm512_min_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        Avx512(unsafe { _mm512_max_ps(self.0, b.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Avx512(unsafe { _mm512_sqrt_ps(self.0) })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Avx512(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn ceil(self) -> Self {
        Avx512(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn round(self) -> Self {
        Avx512(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn lt(self, b: Self) -> Mask512 {
        Mask512(unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, b.0) })
    }
    #[inline(always)]
    fn le(self, b: Self) -> Mask512 {
        Mask512(unsafe { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, b.0) })
    }
    #[inline(always)]
    fn eq(self, b: Self) -> Mask512 {
        Mask512(unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, b.0) })
    }
    #[inline(always)]
    fn select(mask: Mask512, a: Self, b: Self) -> Self {
        Avx512(unsafe { _mm512_mask_blend_ps(mask.0, b.0, a.0) })
    }
    #[inline(always)]
    fn any_of(mask: Mask512) -> bool {
        mask.0 != 0
    }
    #[inline(always)]
    fn bits(self) -> Bits512 {
        Bits512(unsafe { _mm512_castps_si512(self.0) })
    }
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        Avx512(unsafe { _mm512_scalef_ps(self.0, n.0) })
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        unsafe { _mm512_reduce_add_ps(self.0) }
    }
}

// SAFETY: as above.
impl Bits for Bits512 {
    type Vector = Avx512;

    #[inline(always)]
    unsafe fn splat(x: u32) -> Self {
        Bits512(unsafe { _mm512_set1_epi32(x as i32) })
    }
    #[inline(always)]
    unsafe fn count() -> Self {
        Bits512(unsafe { _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0) })
    }
    #[inline(always)]
    fn halves(self) -> [Self; 2] {
        unsafe {
            let (low, high) = (_mm512_castsi512_si256(self.0), _mm512_extracti64x4_epi64::<1>(self.0));
            [Bits512(_mm512_cvtepu16_epi32(low)), Bits512(_mm512_cvtepu16_epi32(high))]
        }
    }
    #[inline(always)]
    fn less(self, b: Self) -> Mask512 {
        Mask512(unsafe { _mm512_cmplt_epi32_mask(self.0, b.0) })
    }
    #[inline(always)]
    fn same(self, b: Self) -> Mask512 {
        Mask512(unsafe { _mm512_cmpeq_epi32_mask(self.0, b.0) })
    }
    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        Bits512(unsafe { _mm512_slli_epi32::<N>(self.0) })
    }
    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        Bits512(unsafe { _mm512_srli_epi32::<N>(self.0) })
    }
    #[inline(always)]
    fn sar<const N: u32>(self) -> Self {
        Bits512(unsafe { _mm512_srai_epi32::<N>(self.0) })
    }
    #[inline(always)]
    fn float(self) -> Avx512 {
        Avx512(unsafe { _mm512_castsi512_ps(self.0) })
    }
    #[inline(always)]
    fn to_float(self) -> Avx512 {
        Avx512(unsafe { _mm512_cvtepi32_ps(self.0) })
    }
}
