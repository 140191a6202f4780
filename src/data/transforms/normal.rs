/// The x below which a standard normal number lies with probability `p`, to about 1e-15 for p in 1e-300..1:
/// a rational start (Abramowitz and Stegun 26.2.23), then Halley's method on the distribution function.
pub fn inverse_normal(p: f64) -> f64 {
    if p > 0.5 {
        return -inverse_normal(1.0 - p);
    }
    if p.is_nan() || p <= 0.0 {
        return if p.is_nan() { p } else { f64::NEG_INFINITY };
    }
    let t = (-2.0 * p.ln()).sqrt();
    let up = 2.515517 + t * (0.802853 + t * 0.010328);
    let down = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let mut x = up / down - t;
    for _ in 0..4 {
        let step = (normal(x) - p) / density(x);
        x -= step / (1.0 + x * step / 2.0);
    }
    x
}

fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The normal distribution function for x <= 0.
fn normal(x: f64) -> f64 {
    if x > -3.0 { 0.5 - density(x) * series(-x) } else { density(x) * tail(-x) }
}

/// (Phi(x) - 1/2) / phi(x) = x + x^3/3 + x^5/15 + …
fn series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 1.0);
    while term.abs() > 1e-17 * sum.abs() {
        n += 2.0;
        term *= x * x / n;
        sum += term;
    }
    sum
}

/// Mills' ratio (1 - Phi(x)) / phi(x) as a continued fraction: 1/(x + 1/(x + 2/(x + 3/(x + …
fn tail(x: f64) -> f64 {
    let mut fraction = x;
    for n in (1..=120).rev() {
        fraction = x + f64::from(n) / fraction;
    }
    1.0 / fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantiles() {
        // scipy.stats.norm.ppf
        let known = [
            (1e-7, -5.199_337_582_192_816),
            (0.001, -3.090_232_306_167_813),
            (0.025, -1.959_963_984_540_054),
            (0.3, -0.524_400_512_708_040_7),
            (0.5, 0.0),
            (0.9, 1.281_551_565_544_6),
        ];
        for (p, x) in known {
            assert!((inverse_normal(p) - x).abs() < 1e-12, "{p} {}", inverse_normal(p));
        }
    }
}
