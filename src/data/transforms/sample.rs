use super::transform::Values;

/// All training values of a column, for fits that need their order.
#[derive(Debug, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    pub fn absorb(&mut self, values: &Values) {
        self.0.extend(values.numbers().iter().filter(|x| !x.is_nan()));
    }

    /// The values in order; the sample is empty afterwards.
    pub fn sorted(&mut self) -> Vec<f64> {
        let mut values = std::mem::take(&mut self.0);
        values.sort_by(f64::total_cmp);
        values
    }
}

/// The quantile `q` in `0..=1` of sorted values, linear between neighbours as in numpy; 0 of none.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = q.clamp(0.0, 1.0) * last as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let (a, b) = (sorted[low], sorted[(low + 1).min(last)]);
    // numpy goes from the nearer end, so that equal neighbours give just their value.
    if part < 0.5 { a + (b - a) * part } else { b - (b - a) * (1.0 - part) }
}
