//! Elementwise operations of one argument.

use std::f64::consts::PI;

use crate::engine::graph::{At, Map, NodeId};

use super::primitive::{Kernel, Primitive};
use super::shape;

const fn unary(name: &'static str, map: Map, kernel: fn(f64) -> f64) -> Primitive {
    let mut row = Primitive::new(name, shape::elementwise::<1>, Kernel::Unary(kernel));
    row.map = Some(map);
    row
}

pub static NEG: Primitive = unary("neg", Map::Neg, |x| -x)
    .doc("The negative, `-x`.")
    .derivative(|at, s, _| Some(at.neg(s.gradient)))
    .ranges(&[(-2.0, 2.0)]);

pub static ABS: Primitive = unary("abs", Map::Abs, f64::abs)
    .signature("abs(x: real[*S]) -> real[*S]")
    .doc("The absolute value, `|x|`. Its derivative at 0 is 0.")
    .derivative(|at, s, _| {
        let sign = at.sign(s.args[0]);
        Some(at.mul(s.gradient, sign))
    })
    .ranges(&[(-2.0, 2.0)]);

pub static SIGN: Primitive = unary("sign", Map::Sign, sign)
    .signature("sign(x: real[*S]) -> real[*S]")
    .doc("-1, 0 or 1, the sign of `x`. Its derivative is 0.")
    .not_differentiable()
    .ranges(&[(-2.0, 2.0)]);

pub static EXP: Primitive = unary("exp", Map::Exp, f64::exp)
    .signature("exp(x: real[*S]) -> real[*S]")
    .doc("The exponential, `e^x`.")
    .derivative(|at, s, _| Some(at.mul(s.gradient, s.node)))
    .ranges(&[(-3.0, 3.0)]);

pub static EXPM1: Primitive = unary("expm1", Map::Expm1, f64::exp_m1)
    .signature("expm1(x: real[*S]) -> real[*S]")
    .doc("`e^x - 1`, exact for small `x`.")
    .derivative(|at, s, _| {
        // Not the result + 1, in which small slopes are lost.
        let slope = at.exp(s.args[0]);
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-3.0, 3.0)]);

pub static LOG: Primitive = unary("log", Map::Log, f64::ln)
    .signature("log(x: real[*S]) -> real[*S]")
    .doc("The natural logarithm; minus infinity at 0, not a number below.")
    .derivative(|at, s, _| Some(at.div(s.gradient, s.args[0])))
    .ranges(&[(0.2, 4.0)]);

pub static LOG1P: Primitive = unary("log1p", Map::Log1p, f64::ln_1p)
    .signature("log1p(x: real[*S]) -> real[*S]")
    .doc("`log(1 + x)`, exact for small `x`.")
    .derivative(|at, s, _| {
        let one = at.constant(1.0);
        let shifted = at.add(s.args[0], one);
        Some(at.div(s.gradient, shifted))
    })
    .ranges(&[(-0.8, 3.0)]);

pub static SAFE_LOG: Primitive = unary("safe_log", Map::SafeLog, |x| if x.ln() < -100.0 { -100.0 } else { x.ln() })
    .signature("safe_log(x: real[*S]) -> real[*S]")
    .doc("`max(log(x), -100)` with the derivative `1 / max(x, 1e-12)`, as in PyTorch's binary_cross_entropy.")
    .derivative(|at, s, _| {
        let least = at.constant(1e-12);
        let divisor = at.max(s.args[0], least);
        Some(at.div(s.gradient, divisor))
    })
    .ranges(&[(0.2, 4.0)]);

pub static SQRT: Primitive = unary("sqrt", Map::Sqrt, f64::sqrt)
    .signature("sqrt(x: real[*S]) -> real[*S]")
    .doc("The square root. Its derivative at 0 is infinite.")
    .derivative(|at, s, _| {
        let double = at.scale(s.node, 2.0);
        Some(at.div(s.gradient, double))
    })
    .ranges(&[(0.2, 4.0)]);

pub static SIN: Primitive = unary("sin", Map::Sin, f64::sin)
    .signature("sin(x: real[*S]) -> real[*S]")
    .doc("The sine of an angle in radians.")
    .derivative(|at, s, _| {
        let cos = at.cos(s.args[0]);
        Some(at.mul(s.gradient, cos))
    })
    .ranges(&[(-4.0, 4.0)]);

pub static COS: Primitive = unary("cos", Map::Cos, f64::cos)
    .signature("cos(x: real[*S]) -> real[*S]")
    .doc("The cosine of an angle in radians.")
    .derivative(|at, s, _| {
        let sin = at.sin(s.args[0]);
        let slope = at.neg(sin);
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-4.0, 4.0)]);

pub static TAN: Primitive = unary("tan", Map::Tan, f64::tan)
    .signature("tan(x: real[*S]) -> real[*S]")
    .doc("The tangent of an angle in radians.")
    .derivative(|at, s, _| {
        let slope = one_plus_square(at, s.node);
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-1.2, 1.2)]);

pub static ASIN: Primitive = unary("asin", Map::Asin, f64::asin)
    .signature("asin(x: real[*S]) -> real[*S]")
    .doc("The angle in radians whose sine is `x`, for `x` in -1..1.")
    .derivative(|at, s, _| {
        let root = root_of_one_minus_square(at, s.args[0]);
        Some(at.div(s.gradient, root))
    })
    .ranges(&[(-0.9, 0.9)]);

pub static ACOS: Primitive = unary("acos", Map::Acos, f64::acos)
    .signature("acos(x: real[*S]) -> real[*S]")
    .doc("The angle in radians whose cosine is `x`, for `x` in -1..1.")
    .derivative(|at, s, _| {
        let root = root_of_one_minus_square(at, s.args[0]);
        let slope = at.div(s.gradient, root);
        Some(at.neg(slope))
    })
    .ranges(&[(-0.9, 0.9)]);

pub static ATAN: Primitive = unary("atan", Map::Atan, f64::atan)
    .signature("atan(x: real[*S]) -> real[*S]")
    .doc("The angle in radians, between -π/2 and π/2, whose tangent is `x`.")
    .derivative(|at, s, _| {
        let divisor = one_plus_square(at, s.args[0]);
        Some(at.div(s.gradient, divisor))
    })
    .ranges(&[(-3.0, 3.0)]);

pub static SINH: Primitive = unary("sinh", Map::Sinh, f64::sinh)
    .signature("sinh(x: real[*S]) -> real[*S]")
    .doc("The hyperbolic sine, `(e^x - e^-x) / 2`.")
    .derivative(|at, s, _| {
        let cosh = at.cosh(s.args[0]);
        Some(at.mul(s.gradient, cosh))
    })
    .ranges(&[(-3.0, 3.0)]);

pub static COSH: Primitive = unary("cosh", Map::Cosh, f64::cosh)
    .signature("cosh(x: real[*S]) -> real[*S]")
    .doc("The hyperbolic cosine, `(e^x + e^-x) / 2`.")
    .derivative(|at, s, _| {
        let sinh = at.sinh(s.args[0]);
        Some(at.mul(s.gradient, sinh))
    })
    .ranges(&[(-3.0, 3.0)]);

pub static TANH: Primitive = unary("tanh", Map::Tanh, f64::tanh)
    .signature("tanh(x: real[*S]) -> real[*S]")
    .doc("The hyperbolic tangent, between -1 and 1.")
    .derivative(|at, s, _| {
        // Not 1 minus the square, whose rounding shows where it is near 1.
        let one = at.constant(1.0);
        let (below, above) = (at.add(one, s.node), at.sub(one, s.node));
        let slope = at.mul(below, above);
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-3.0, 3.0)]);

pub static ERF: Primitive = unary("erf", Map::Erf, erf)
    .signature("erf(x: real[*S]) -> real[*S]")
    .doc("The error function, `2 / sqrt(π) * ∫ e^(-t²) dt` from 0 to `x`.")
    .derivative(|at, s, _| {
        let square = at.mul(s.args[0], s.args[0]);
        let exponent = at.neg(square);
        let bell = at.exp(exponent);
        let slope = at.scale(bell, 2.0 / PI.sqrt());
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-2.5, 2.5)]);

pub static SIGMOID: Primitive = unary("sigmoid", Map::Sigmoid, sigmoid)
    .signature("sigmoid(z: logit[*S]) -> prob[*S]")
    .doc("The probability that a score stands for, `1 / (1 + e^-z)`.")
    .derivative(|at, s, _| {
        let one = at.constant(1.0);
        let rest = at.sub(one, s.node);
        let slope = at.mul(rest, s.node);
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-4.0, 4.0)]);

pub static SOFTPLUS: Primitive = unary("softplus", Map::Softplus, softplus)
    .signature("softplus(x: real[*S]) -> real[*S]")
    .doc("`log(1 + e^x)`, computed so that it never overflows.")
    .derivative(|at, s, _| {
        let slope = at.sigmoid(s.args[0]);
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-4.0, 4.0)]);

pub static FLOOR: Primitive = unary("floor", Map::Floor, f64::floor)
    .signature("floor(x: real[*S]) -> real[*S]")
    .doc("The largest whole number that is not above `x`. Its derivative is 0.")
    .not_differentiable()
    .ranges(&[(-3.0, 3.0)]);

pub static CEIL: Primitive = unary("ceil", Map::Ceil, f64::ceil)
    .signature("ceil(x: real[*S]) -> real[*S]")
    .doc("The smallest whole number that is not below `x`. Its derivative is 0.")
    .not_differentiable()
    .ranges(&[(-3.0, 3.0)]);

pub static ROUND: Primitive = unary("round", Map::Round, f64::round_ties_even)
    .signature("round(x: real[*S]) -> real[*S]")
    .doc("The nearest whole number, halves to the even one. Its derivative is 0.")
    .not_differentiable()
    .ranges(&[(-3.0, 3.0)]);

pub static NOT: Primitive = unary("not", Map::Not, |x| f64::from(x == 0.0))
    .doc("1 where `x` is 0, otherwise 0.")
    .not_differentiable()
    .ranges(&[(-1.0, 1.0)]);

pub static IS_FINITE: Primitive = unary("is_finite", Map::IsFinite, |x| f64::from(x.is_finite()))
    .signature("is_finite(x: real[*S]) -> binary[*S]")
    .doc("1 where `x` is neither infinite nor not a number, otherwise 0.")
    .not_differentiable()
    .ranges(&[(-1.0, 1.0)]);

fn one_plus_square(at: &mut At, x: NodeId) -> NodeId {
    let one = at.constant(1.0);
    let square = at.mul(x, x);
    at.add(square, one)
}

fn root_of_one_minus_square(at: &mut At, x: NodeId) -> NodeId {
    let one = at.constant(1.0);
    let square = at.mul(x, x);
    let rest = at.sub(one, square);
    at.sqrt(rest)
}

fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

fn softplus(x: f64) -> f64 {
    let ramp = if x > 0.0 { x } else { 0.0 };
    ramp + (-x.abs()).exp().ln_1p()
}

/// `2 / sqrt(π) * e^(-x²) * Σ 2^n x^(2n+1) / (1·3·…·(2n+1))`: all terms have one sign (Abramowitz, Stegun 7.1.6).
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let mut term = x;
    let mut sum = x;
    let mut odd = 1.0;
    while term.abs() > f64::EPSILON / 4.0 * sum.abs() {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}
