//! Elementwise operations on numbers known beforehand.

use crate::engine::graph::Map;
use crate::engine::ops::{self, Kernel};

/// The operation in double precision, rounded to `f32`; NaN if the numbers are too few.
pub fn apply(map: Map, x: &[f32]) -> f32 {
    let x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
    let result = match (&ops::of_map(map).kernel, x[..].as_ref()) {
        (Kernel::Unary(f), &[a]) => f(a),
        (Kernel::Binary(f), &[a, b]) => f(a, b),
        (Kernel::Ternary(f), &[a, b, c]) => f(a, b, c),
        _ => f64::NAN,
    };
    result as f32
}
