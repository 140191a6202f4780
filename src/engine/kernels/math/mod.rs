//! Elementary functions on vectors: polynomials with a stated error, on the whole range of `f32`.
//!
//! Errors are in units in the last place (ulp) of the correctly rounded result, with fused multiply-add; the portable
//! set may be one ulp worse. Tests hold them on a walk through all floats.

mod circular;
mod erf;
mod exponential;
mod logarithm;

pub use circular::{cos, sin};
pub use erf::erf;
pub use exponential::{exp, expm1, sigmoid, tanh};
pub use logarithm::{log, log1p, softplus};

use super::vector::Vector;

/// `c[0] * x^(n-1) + … + c[n-1]` by Horner's rule.
#[inline(always)]
fn polynomial<V: Vector, const N: usize>(x: V, coefficients: [f32; N]) -> V {
    let mut sum = x.all(coefficients[0]);
    for &c in &coefficients[1..] {
        sum = sum.fma(x, x.all(c));
    }
    sum
}

#[cfg(test)]
mod tests;
