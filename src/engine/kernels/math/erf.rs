//! The error function. Two polynomials after N. Juffa.

use super::{exp, polynomial};
use crate::engine::kernels::vector::Vector;

/// 2 ulp.
#[inline(always)]
pub fn erf<V: Vector>(x: V) -> V {
    let t = x.abs();
    let far = {
        let t = x.all(4.0).min(t);
        let p = polynomial(
            t,
            [
                -1.728_534_7e-5,
                3.831_971_3e-4,
                -3.883_964_4e-3,
                2.425_462_2e-2,
                -1.067_778_8e-1,
                -6.348_466_9e-1,
                -1.287_175_1e-1,
            ],
        );
        (x.all(1.0) - exp(p.fma(t, t.neg()))).copysign(x)
    };
    let near = polynomial(
        x * x,
        [-5.967_617e-4, 4.991_194_2e-3, -2.676_813_5e-2, 1.128_199_2e-1, -3.761_253_4e-1, 1.283_791_7e-1],
    )
    .fma(x, x);
    V::select(x.all(0.927_734_4).lt(t), far, near)
}
