//! Functions around `log`. Polynomial after Cephes (S. Moshier), `logf`.

use super::{exp, polynomial};
use crate::engine::kernels::vector::{Bits, Vector};

/// 2 ulp; denormal arguments included, `-inf` at 0, NaN below.
#[inline(always)]
pub fn log<V: Vector>(x: V) -> V {
    let (zero, infinity) = (x.all(0.0), x.all(f32::INFINITY));
    let denormal = x.lt(x.all(f32::MIN_POSITIVE));
    let scaled = V::select(denormal, x * x.all(8_388_608.0), x);
    // The fraction of `scaled` is brought to sqrt(1/2) .. sqrt(2).
    let bits = scaled.bits();
    let shifted = bits + bits.all(0x3F80_0000 - 0x3F35_04F3);
    let e = (shifted.sar::<23>() - bits.all(127)).to_float();
    let e = V::select(denormal, e - x.all(23.0), e);
    let f = ((shifted & bits.all(0x007F_FFFF)) + bits.all(0x3F35_04F3)).float() - x.all(1.0);
    let z = f * f;
    let p = polynomial(
        f,
        [
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_9e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_7e-1,
            2.000_071_5e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    let y = (p * f).fma(z, e * x.all(-2.121_944_4e-4));
    let y = z.fma(x.all(-0.5), y);
    let y = e.fma(x.all(0.693_359_4), f + y);
    let y = V::select(x.lt(infinity), y, x);
    let y = V::select(x.eq(zero), x.all(f32::NEG_INFINITY), y);
    V::select(x.lt(zero), x.all(f32::NAN), y)
}

/// `log(1 + x)`: 3 ulp. The rounding of `1 + x` is undone to first order.
#[inline(always)]
pub fn log1p<V: Vector>(x: V) -> V {
    let one = x.all(1.0);
    let u = x + one;
    let y = log(u) + (x - (u - one)) / u;
    let ordinary = x.all(0.0).lt(u) & u.lt(x.all(f32::INFINITY));
    V::select(ordinary, y, log(u))
}

/// `log(1 + exp(x))`: 4 ulp.
#[inline(always)]
pub fn softplus<V: Vector>(x: V) -> V {
    x.all(0.0).max(x) + log1p(exp(x.abs().neg()))
}
