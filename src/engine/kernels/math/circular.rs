//! Sine and cosine. Argument reduction and polynomials after Cephes (S. Moshier), `sinf`.

use super::polynomial;
use crate::engine::kernels::vector::{Bits, ToInt, Vector};

/// Above it the reduction by three parts of pi/2 loses digits.
const LIMIT: f32 = 8192.0;

/// Absolute error 2^-23; 2 ulp for `|x| <= pi`.
#[inline(always)]
pub fn sin<V: Vector>(x: V) -> V {
    if x.any(!x.abs().le(x.all(LIMIT))) { x.each(f32::sin) } else { quadrant(x, 0) }
}

/// Absolute error 2^-23; 2 ulp for `|x| <= 1`.
#[inline(always)]
pub fn cos<V: Vector>(x: V) -> V {
    if x.any(!x.abs().le(x.all(LIMIT))) { x.each(f32::cos) } else { quadrant(x, 1) }
}

/// The sine of `x + shift * pi/2`.
#[inline(always)]
fn quadrant<V: Vector>(x: V, shift: u32) -> V {
    let magic = x.all(12_582_912.0);
    let j = x.fma(x.all(std::f32::consts::FRAC_2_PI), magic) - magic;
    let r = j.fma(x.all(-1.570_312_5), x);
    let r = j.fma(x.all(-4.837_513e-4), r);
    let r = j.fma(x.all(-7.549_79e-8), r);
    let z = r * r;
    let sine = (polynomial(z, [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1]) * z).fma(r, r);
    let cosine = polynomial(z, [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2, -0.5]).fma(z, x.all(1.0));
    let q = j.to_int();
    let q = q + q.all(shift);
    let odd = (q & q.all(1)).to_float();
    let y = V::select(odd.eq(x.all(0.0)), sine, cosine);
    (y.bits() ^ (q & q.all(2)).shl::<30>()).float()
}
