/// Figures of many numbers. Mean, deviation, least and largest are of the finite ones.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    pub count: usize,
    pub mean: f64,
    /// Of all finite numbers as a population.
    pub std: f64,
    /// Share of exact zeros, `0..=1`.
    pub zeros: f64,
    pub min: f64,
    pub max: f64,
    /// `sqrt(Σ x²)`.
    pub norm: f64,
    /// How many are infinite or not a number.
    pub non_finite: usize,
}

impl Stats {
    pub fn of(values: &[f32]) -> Stats {
        let (mut n, mut sum, mut squares, mut zeros) = (0usize, 0.0f64, 0.0f64, 0usize);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for x in values.iter().filter(|x| x.is_finite()) {
            let x = f64::from(*x);
            n += 1;
            sum += x;
            squares += x * x;
            zeros += usize::from(x == 0.0);
            min = min.min(x);
            max = max.max(x);
        }
        if n == 0 {
            return Stats { count: values.len(), non_finite: values.len(), ..Stats::default() };
        }
        let mean = sum / n as f64;
        // A second pass: the sum of squares alone would cancel where the mean is large.
        let spread: f64 = values.iter().filter(|x| x.is_finite()).map(|x| (f64::from(*x) - mean).powi(2)).sum();
        Stats {
            count: values.len(),
            mean,
            std: (spread / n as f64).sqrt(),
            zeros: zeros as f64 / values.len() as f64,
            min,
            max,
            norm: squares.sqrt(),
            non_finite: values.len() - n,
        }
    }
}
