use crate::engine::graph::Map;
use crate::engine::kernels::Isa;
use crate::engine::kernels::map::{Function, MapArgs, Step, kernel};

/// Every 9973rd float, and those where something happens.
fn floats() -> Vec<f32> {
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MIN_POSITIVE,
        1e-45,
        -1e-45,
        f32::MAX,
        f32::MIN,
        88.72,
        88.73,
        -87.4,
        -103.9,
        -104.1,
        0.927_734_4,
        8192.0,
        8193.0,
        16.6,
        -17.4,
    ];
    (0..=u32::MAX).step_by(9973).map(f32::from_bits).chain(special).collect()
}

fn apply(map: Map, isa: Isa, x: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    let args = MapArgs { out: out.as_mut_ptr(), args: [x.as_ptr(); 3], steps: [Step::Each; 3], len: x.len(), width: 1 };
    // SAFETY: both have `len` numbers.
    unsafe { kernel(Function::Map(map), isa)(&args) };
    out
}

/// The distance in units in the last place of `exact`, rounded to `f32`.
fn ulps(y: f32, exact: f64) -> f64 {
    let rounded = exact as f32;
    if y == rounded || y.is_nan() && rounded.is_nan() {
        return 0.0;
    }
    if rounded.is_infinite() {
        // One unit beyond the largest number is infinity.
        return if y == f32::MAX.copysign(rounded) { 1.0 } else { f64::INFINITY };
    }
    let magnitude = rounded.abs().max(f32::MIN_POSITIVE);
    let unit = f64::from(f32::from_bits(magnitude.to_bits() + 1)) - f64::from(magnitude);
    ((f64::from(y) - exact) / unit).abs()
}

fn check(map: Map, bound: f64, exact: impl Fn(f64) -> f64) {
    let x = floats();
    for isa in Isa::available() {
        let bound = if isa == Isa::Scalar { bound + 1.0 } else { bound };
        let mut worst = (0.0, 0.0, 0.0);
        for (x, y) in x.iter().zip(apply(map, isa, &x)) {
            let error = ulps(y, exact(f64::from(*x)));
            if error > worst.0 || error.is_nan() {
                worst = (error, *x, y);
            }
        }
        assert!(worst.0 <= bound, "{map:?} on {isa:?}: {} ulp at {:e} ({:e})", worst.0, worst.1, worst.2);
    }
}

#[test]
fn exponentials_keep_their_bounds() {
    check(Map::Exp, 2.0, f64::exp);
    check(Map::Expm1, 3.0, f64::exp_m1);
    check(Map::Sigmoid, 3.0, |x| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) });
    check(Map::Tanh, 3.0, f64::tanh);
}

#[test]
fn logarithms_keep_their_bounds() {
    check(Map::Log, 2.0, f64::ln);
    check(Map::Log1p, 3.0, f64::ln_1p);
    check(Map::Softplus, 4.0, |x| x.max(0.0) + (-x.abs()).exp().ln_1p());
    check(Map::SafeLog, 2.0, |x| if x.ln() < -100.0 { -100.0 } else { x.ln() });
}

#[test]
fn circular_functions_keep_their_absolute_error() {
    let x = floats();
    for isa in Isa::available() {
        for (map, exact) in [(Map::Sin, f64::sin as fn(f64) -> f64), (Map::Cos, f64::cos)] {
            for (x, y) in x.iter().zip(apply(map, isa, &x)) {
                let expected = exact(f64::from(*x));
                let same = y.is_nan() && expected.is_nan();
                assert!(same || (f64::from(y) - expected).abs() <= 2f64.powi(-23), "{map:?} {isa:?} {x:e}: {y:e}");
            }
        }
    }
}

/// By the series with positive terms (Abramowitz and Stegun 7.1.6); beyond 6 it is 1 to the last bit.
fn erf(x: f64) -> f64 {
    let t = x.abs();
    if t >= 6.0 {
        return 1f64.copysign(x);
    }
    let (mut term, mut sum, mut n) = (t, t, 0.0);
    while term > 1e-18 * sum {
        n += 1.0;
        term *= 2.0 * t * t / (2.0 * n + 1.0);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-t * t).exp() * sum.copysign(x)
}

#[test]
fn erf_keeps_its_bound() {
    // Values from Abramowitz and Stegun's table 7.1.
    for (x, y) in [(0.1, 0.112_462_916_0), (0.9, 0.796_908_212_4), (1.5, 0.966_105_146_5), (3.0, 0.999_977_909_5)] {
        assert!((erf(x) - y).abs() < 1e-10);
    }
    check(Map::Erf, 2.0, erf);
    for isa in Isa::available() {
        let odd = apply(Map::Erf, isa, &[0.7, -0.7, 2.0, -2.0, -0.0]);
        assert!(odd[0] == -odd[1] && odd[2] == -odd[3] && odd[4].to_bits() == (-0f32).to_bits(), "{isa:?}");
    }
}
