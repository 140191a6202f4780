use super::design::{Design, add_scaled, solve};
use super::lbfgs::minimise;
use super::{FittedBaseline, Task, Training};

/// Up to here the normal equations are solved; beyond, their matrix costs more than steps along the gradient.
const MOST_COLUMNS: usize = 256;

/// Least squares with an intercept, as scikit-learn's `LinearRegression` for features that are not collinear.
/// Of collinear columns the later ones get a coefficient of 0, which predicts the same.
pub(super) fn fit(training: &Training<'_>) -> Result<FittedBaseline, String> {
    let design = Design::new(training, 0.0);
    let mean = training.mean();
    let residual: Vec<f64> = training.target.iter().map(|y| y - mean).collect();
    let scaled =
        if training.columns <= MOST_COLUMNS { direct(&design, &residual) } else { iterative(&design, &residual) };
    let (coefficients, intercept) = design.undo(&scaled, mean);
    if !(intercept.is_finite() && coefficients.iter().all(|c| c.is_finite())) {
        return Err("the features are too large to be fitted".into());
    }
    Ok(FittedBaseline::Linear {
        task: Task::Regression,
        columns: training.columns,
        coefficients,
        intercepts: vec![intercept],
    })
}

fn direct(design: &Design<'_>, target: &[f64]) -> Vec<f64> {
    let n = design.columns;
    let (mut matrix, mut vector) = (vec![0.0; n * n], vec![0.0; n]);
    design.each_row(|i, row| {
        let w = design.weight[i];
        add_outer(&mut matrix, w, row);
        add_scaled(&mut vector, w * target[i], row);
    });
    solve(&mut matrix, vector)
}

/// Adds `factor * row * row'` to the lower triangle of `matrix`.
pub(super) fn add_outer(matrix: &mut [f64], factor: f64, row: &[f64]) {
    let n = row.len();
    for (i, x) in row.iter().enumerate() {
        add_scaled(&mut matrix[i * n..=i * n + i], factor * x, &row[..=i]);
    }
}

fn iterative(design: &Design<'_>, target: &[f64]) -> Vec<f64> {
    let total: f64 = design.weight.iter().sum();
    let size = target.iter().fold(f64::MIN_POSITIVE, |m, y| m.max(y.abs()));
    minimise(vec![0.0; design.columns], 1e-9 * size, 1000, |point, gradient| {
        gradient.fill(0.0);
        let mut value = 0.0;
        design.each_row(|i, row| {
            let error = super::design::dot(row, point) - target[i];
            let w = design.weight[i] / total;
            value += 0.5 * w * error * error;
            add_scaled(gradient, w * error, row);
        });
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Generator, Key};

    #[test]
    fn both_ways_find_the_same_coefficients() {
        let (rows, columns) = (200, 5);
        let mut generator = Generator::new(Key(3));
        let features: Vec<f32> = (0..rows * columns).map(|i| generator.unit() as f32 + (i % columns) as f32).collect();
        let target: Vec<f64> =
            features.chunks(columns).map(|x| f64::from(2.0 * x[0] - x[3]) + 0.1 * generator.unit()).collect();
        let training = Training {
            features: &features,
            columns,
            target: &target,
            weight: None,
            task: Task::Regression,
            classes: 0,
        };
        let design = Design::new(&training, 0.0);
        let residual: Vec<f64> = target.iter().map(|y| y - training.mean()).collect();
        let (a, b) = (direct(&design, &residual), iterative(&design, &residual));
        a.iter().zip(&b).for_each(|(x, y)| assert!((x - y).abs() < 1e-7, "{a:?} {b:?}"));
    }
}
