use super::Training;

/// Features as a solver sees them: each column less its mean, divided by its spread (with the penalty, if any).
///
/// Only a change of variables, which the solver's result is brought back from; the rows stay as they are in memory.
pub(super) struct Design<'a> {
    pub(super) features: &'a [f32],
    pub(super) columns: usize,
    pub(super) weight: Vec<f64>,
    mean: Vec<f64>,
    /// `1 / sqrt(variance + penalty)`, so that all directions curve alike; 1 where that is nothing.
    pub(super) scale: Vec<f64>,
}

impl<'a> Design<'a> {
    pub(super) fn new(training: &Training<'a>, penalty: f64) -> Self {
        let (features, columns, weight) = (training.features, training.columns, training.weights());
        let total: f64 = weight.iter().sum();
        let mut design = Design { features, columns, weight, mean: vec![0.0; columns], scale: vec![1.0; columns] };
        let mut sums = vec![0.0; columns];
        design.each_row(|i, row| add_scaled(&mut sums, design.weight[i], row));
        design.mean = sums.iter().map(|s| s / total).collect();
        let mut squares = vec![0.0; columns];
        design.each_row(|i, row| {
            squares.iter_mut().zip(row).for_each(|(s, x)| *s += design.weight[i] * x * x);
        });
        let scale = |(square, mean): (&f64, &f64)| {
            // What is left of a constant column is rounding.
            let spread = Some((square / total).sqrt()).filter(|s| *s > 1e-7 * mean.abs()).unwrap_or(0.0);
            let size = (spread * spread + penalty).sqrt();
            if size > 0.0 { 1.0 / size } else { 1.0 }
        };
        design.scale = squares.iter().zip(&design.mean).map(scale).collect();
        design
    }

    pub(super) fn rows(&self) -> usize {
        self.weight.len()
    }

    /// Calls `with` on each row's number and standardised features.
    pub(super) fn each_row(&self, mut with: impl FnMut(usize, &[f64])) {
        let mut row = vec![0.0; self.columns];
        for i in 0..self.rows() {
            let raw = &self.features[i * self.columns..(i + 1) * self.columns];
            for (((value, &x), m), s) in row.iter_mut().zip(raw).zip(&self.mean).zip(&self.scale) {
                *value = (f64::from(x) - m) * s;
            }
            with(i, &row);
        }
    }

    /// Coefficients and intercept for the features as they are.
    pub(super) fn undo(&self, coefficients: &[f64], intercept: f64) -> (Vec<f64>, f64) {
        let raw: Vec<f64> = coefficients.iter().zip(&self.scale).map(|(u, s)| u * s).collect();
        let shift: f64 = raw.iter().zip(&self.mean).map(|(w, m)| w * m).sum();
        (raw, intercept - shift)
    }
}

/// `sum += factor * values`.
pub(super) fn add_scaled(sum: &mut [f64], factor: f64, values: &[f64]) {
    sum.iter_mut().zip(values).for_each(|(s, x)| *s += factor * x);
}

/// The scalar product, in four interleaved partial sums.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((xs, x_rest), (ys, y_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Solves `matrix x = vector` for a symmetric positive definite matrix `[n, n]`, of which the lower triangle is read.
///
/// Cholesky, in place. A pivot below `1e-12` of the diagonal gets a ridge, which sets the direction's share to almost 0.
pub(super) fn solve(matrix: &mut [f64], mut vector: Vec<f64>) -> Vec<f64> {
    let n = vector.len();
    for i in 0..n {
        let (above, current) = matrix.split_at_mut(i * n);
        let row = &mut current[..=i];
        let diagonal = row[i];
        for j in 0..i {
            let other = &above[j * n..j * n + j + 1];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = diagonal - dot(&row[..i], &row[..i]);
        let dependent = pivot <= 1e-12 * diagonal || pivot <= 0.0;
        row[i] = if dependent { f64::MAX.sqrt() } else { pivot.sqrt() };
    }
    for i in 0..n {
        let row = &matrix[i * n..=i * n + i];
        vector[i] = (vector[i] - dot(&row[..i], &vector[..i])) / row[i];
    }
    for i in (0..n).rev() {
        vector[i] /= matrix[i * n + i];
        let value = vector[i];
        add_scaled(&mut vector[..i], -value, &matrix[i * n..i * n + i]);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let mut matrix = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        let x = solve(&mut matrix, vec![4.0 + 4.0 + 3.0, 2.0 + 10.0 + 9.0, 1.0 + 6.0 + 18.0]);
        x.iter().zip([1.0, 2.0, 3.0]).for_each(|(x, e)| assert!((x - e).abs() < 1e-12, "{x} {e}"));
    }

    #[test]
    fn a_dependent_direction_gets_nothing() {
        let x = solve(&mut [1.0, 0.0, 1.0, 1.0], vec![2.0, 2.0]);
        assert!((x[0] - 2.0).abs() < 1e-12 && x[1].abs() < 1e-12, "{x:?}");
    }
}
