//! Functions around `exp`. Argument reduction and polynomial after Cephes (S. Moshier), `expf`.

use super::polynomial;
use crate::engine::kernels::vector::Vector;

const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// `x = n ln 2 + r` with `|r| <= ln 2 / 2`; gives `n`, `r` and `q` with `exp(r) = 1 + r + r^2 q`.
#[inline(always)]
fn reduce<V: Vector>(x: V) -> (V, V, V) {
    let magic = x.all(12_582_912.0);
    let n = x.fma(x.all(std::f32::consts::LOG2_E), magic) - magic;
    let r = n.fma(x.all(-LN2_HIGH), x);
    let r = n.fma(x.all(-LN2_LOW), r);
    let q = polynomial(r, [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1]);
    (n, r, q)
}

/// 2 ulp; overflow to infinity and denormal results included.
#[inline(always)]
pub fn exp<V: Vector>(x: V) -> V {
    let x = x.all(89.0).min(x.all(-104.0).max(x));
    let (n, r, q) = reduce(x);
    q.fma(r * r, r + x.all(1.0)).scale(n)
}

/// `exp(x) - 1`: 3 ulp.
#[inline(always)]
pub fn expm1<V: Vector>(x: V) -> V {
    let x = x.all(89.0).min(x.all(-18.0).max(x));
    let (n, r, q) = reduce(x);
    let power = x.all(0.5).scale(n);
    let half = q.fma(r * r, r).fma(power, power - x.all(0.5));
    half + half
}

/// `1 / (1 + exp(-x))`: 3 ulp, also where it is tiny.
#[inline(always)]
pub fn sigmoid<V: Vector>(x: V) -> V {
    let e = exp(x.abs().neg());
    let above = x.all(1.0) / (x.all(1.0) + e);
    V::select(x.lt(x.all(0.0)), e * above, above)
}

/// 3 ulp. Near 0 by the polynomial of Cephes' `tanhf`, so that `x - tanh(x)` keeps digits.
#[inline(always)]
pub fn tanh<V: Vector>(x: V) -> V {
    let z = x * x;
    let small = polynomial(z, [-5.704_988_7e-3, 2.063_908_9e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328_2e-1]);
    let small = (small * z).fma(x, x);
    let e = expm1(x.all(20.0).min(x.abs() + x.abs()));
    let large = e / (e + x.all(2.0));
    V::select(x.abs().lt(x.all(0.625)), small, large).copysign(x)
}
