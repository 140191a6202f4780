use super::design::{Design, add_scaled, dot, solve};
use super::lbfgs::minimise;
use super::least_squares::add_outer;
use super::{FittedBaseline, Task, Training};

/// Up to here a binary target is fitted by Newton's method, whose matrix has the square of the columns.
const MOST_COLUMNS: usize = 200;
/// The largest component of the gradient of the mean loss that counts as none.
const TOLERANCE: f64 = 1e-7;
/// The score of a class without training rows: its probability is 0.
const ABSENT: f64 = -1e30;

pub(super) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

/// `log(1 + exp(z))`.
pub(super) fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// Turns scores into probabilities; gives the logarithm of the sum of their exponentials.
pub(super) fn softmax(scores: &mut [f64]) -> f64 {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for z in scores.iter_mut() {
        *z = (*z - highest).exp();
        sum += *z;
    }
    scores.iter_mut().for_each(|p| *p /= sum);
    highest + sum.ln()
}

/// Minimises `c * sum(weight * loss) + 1/2 |coefficients|^2`, as scikit-learn's `LogisticRegression(C=c)`.
pub(super) fn fit(training: &Training<'_>, c: f64) -> Result<FittedBaseline, String> {
    if !(c.is_finite() && c > 0.0) {
        return Err(format!("`C` must be positive; it is {c}"));
    }
    let present = present_classes(training);
    if present.len() < 2 {
        return Err("the training rows have only one class".into());
    }
    let total: f64 = training.weights().iter().sum();
    // The loss of one row curves by at most 1/4.
    let design = Design::new(training, 4.0 / (c * total));
    // Of the mean loss, so that the tolerance does not depend on the number of rows.
    let penalty: Vec<f64> = design.scale.iter().map(|s| s * s / (c * total)).collect();
    match training.task {
        Task::Binary if training.columns <= MOST_COLUMNS => newton(&design, training.target, total, &penalty),
        Task::Binary => descend_binary(&design, training.target, total, &penalty),
        _ => return several(training, &design, total, &penalty, &present),
    }
    .map_or_else(
        || Err("the features are too large to be fitted".into()),
        |point| {
            let (coefficients, intercept) = design.undo(&point[..training.columns], point[training.columns]);
            let (task, columns) = (training.task, training.columns);
            Ok(FittedBaseline::Linear { task, columns, coefficients, intercepts: vec![intercept] })
        },
    )
}

fn present_classes(training: &Training<'_>) -> Vec<usize> {
    let weight = training.weights();
    let counting = training.target.iter().zip(&weight).filter(|(_, w)| **w > 0.0);
    let mut present: Vec<usize> = counting.map(|(&y, _)| y as usize).collect();
    present.sort_unstable();
    present.dedup();
    present
}

/// The penalty on the coefficients: its value, and its gradient added.
fn penalise(penalty: &[f64], point: &[f64], gradient: &mut [f64]) -> f64 {
    let mut value = 0.0;
    for ((p, u), g) in penalty.iter().zip(point).zip(gradient) {
        value += 0.5 * p * u * u;
        *g += p * u;
    }
    value
}

/// Mean loss, penalty and gradient of a binary target; the last parameter is the intercept. `with` sees each row and the second derivative of its loss.
fn binary_loss(
    design: &Design<'_>,
    target: &[f64],
    total: f64,
    penalty: &[f64],
    point: &[f64],
    gradient: &mut [f64],
    mut with: impl FnMut(&[f64], f64),
) -> f64 {
    let n = design.columns;
    gradient.fill(0.0);
    let mut value = 0.0;
    design.each_row(|i, row| {
        let z = dot(row, &point[..n]) + point[n];
        let (p, w) = (sigmoid(z), design.weight[i] / total);
        value += w * (softplus(z) - target[i] * z);
        let slope = w * (p - target[i]);
        add_scaled(&mut gradient[..n], slope, row);
        gradient[n] += slope;
        with(row, w * p * (1.0 - p));
    });
    value + penalise(penalty, point, gradient)
}

fn descend_binary(design: &Design<'_>, target: &[f64], total: f64, penalty: &[f64]) -> Option<Vec<f64>> {
    let start = vec![0.0; design.columns + 1];
    let point = minimise(start, TOLERANCE, 1000, |point, gradient| {
        binary_loss(design, target, total, penalty, point, gradient, |_, _| {})
    });
    point.iter().all(|x| x.is_finite()).then_some(point)
}

/// Newton's method with halved steps where the loss would rise.
fn newton(design: &Design<'_>, target: &[f64], total: f64, penalty: &[f64]) -> Option<Vec<f64>> {
    let n = design.columns + 1;
    let mut point = vec![0.0; n];
    let mut gradient = vec![0.0; n];
    let mut best = f64::INFINITY;
    let mut step = vec![0.0; n];
    for _ in 0..100 {
        let mut matrix = vec![0.0; n * n];
        let mut extended = vec![1.0; n];
        let value = binary_loss(design, target, total, penalty, &point, &mut gradient, |row, curvature| {
            extended[..n - 1].copy_from_slice(row);
            add_outer(&mut matrix, curvature, &extended);
        });
        if value > best + 1e-12 * best.abs() {
            step.iter_mut().for_each(|s| *s *= 0.5);
            point.iter_mut().zip(&step).for_each(|(x, s)| *x -= s);
            continue;
        }
        best = value;
        if gradient.iter().all(|g| g.abs() <= TOLERANCE) {
            break;
        }
        penalty.iter().enumerate().for_each(|(j, p)| matrix[j * n + j] += p);
        step = solve(&mut matrix, gradient.iter().map(|g| -g).collect());
        point.iter_mut().zip(&step).for_each(|(x, s)| *x += s);
    }
    point.iter().all(|x| x.is_finite()).then_some(point)
}

/// Multinomial regression on the classes that have rows; parameters are `[classes, columns + 1]`, the intercept last.
fn several(
    training: &Training<'_>,
    design: &Design<'_>,
    total: f64,
    penalty: &[f64],
    present: &[usize],
) -> Result<FittedBaseline, String> {
    let (n, k) = (design.columns, present.len());
    let class: Vec<usize> =
        training.target.iter().map(|&y| present.binary_search(&(y as usize)).unwrap_or(0)).collect();
    let mut scores = vec![0.0; k];
    let point = minimise(vec![0.0; (n + 1) * k], TOLERANCE, 500, |point, gradient| {
        gradient.fill(0.0);
        let mut value = 0.0;
        design.each_row(|i, row| {
            let outputs = point.chunks_exact(n + 1);
            scores.iter_mut().zip(outputs).for_each(|(z, w)| *z = dot(row, &w[..n]) + w[n]);
            let (w, truth) = (design.weight[i] / total, class[i]);
            let own = scores[truth];
            value += w * (softmax(&mut scores) - own);
            scores[truth] -= 1.0;
            for (slope, g) in scores.iter().zip(gradient.chunks_exact_mut(n + 1)) {
                add_scaled(&mut g[..n], w * slope, row);
                g[n] += w * slope;
            }
        });
        let outputs = point.chunks_exact(n + 1).zip(gradient.chunks_exact_mut(n + 1));
        value + outputs.map(|(w, g)| penalise(penalty, w, g)).sum::<f64>()
    });
    if point.iter().any(|x| !x.is_finite()) {
        return Err("the features are too large to be fitted".into());
    }
    let mut coefficients = vec![0.0; training.classes * n];
    let mut intercepts = vec![ABSENT; training.classes];
    for (place, &class) in present.iter().enumerate() {
        let scaled = &point[place * (n + 1)..(place + 1) * (n + 1)];
        let (raw, intercept) = design.undo(&scaled[..n], scaled[n]);
        coefficients[class * n..(class + 1) * n].copy_from_slice(&raw);
        intercepts[class] = intercept;
    }
    Ok(FittedBaseline::Linear { task: Task::Classes, columns: n, coefficients, intercepts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Generator, Key};

    fn data(rows: usize, columns: usize) -> (Vec<f32>, Vec<f64>) {
        let mut generator = Generator::new(Key(11));
        let features: Vec<f32> = (0..rows * columns).map(|_| generator.unit() as f32 * 4.0 - 2.0).collect();
        let target = features.chunks(columns).map(|x| f64::from(u8::from(x[0] + x[1] > generator.unit() as f32)));
        let target = target.collect();
        (features, target)
    }

    #[test]
    fn newton_and_descent_agree() {
        let (features, target) = data(300, 4);
        let training =
            Training { features: &features, columns: 4, target: &target, weight: None, task: Task::Binary, classes: 2 };
        let design = Design::new(&training, 0.04);
        let penalty = vec![0.01; 4];
        let a = newton(&design, &target, 300.0, &penalty).unwrap();
        let b = descend_binary(&design, &target, 300.0, &penalty).unwrap();
        a.iter().zip(&b).for_each(|(x, y)| assert!((x - y).abs() < 1e-5, "{a:?} {b:?}"));
    }

    #[test]
    fn a_class_without_rows_has_no_probability() {
        let (features, target) = data(50, 2);
        let target: Vec<f64> = target.iter().map(|y| 2.0 * y).collect();
        let training = Training {
            features: &features,
            columns: 2,
            target: &target,
            weight: None,
            task: Task::Classes,
            classes: 4,
        };
        let prob = fit(&training, 1.0).unwrap().predict(&features, 50);
        assert!(prob.chunks(4).all(|p| p[1] == 0.0 && p[3] == 0.0 && (p[0] + p[2] - 1.0).abs() < 1e-12));
    }

    #[test]
    fn extreme_scores_stay_finite() {
        assert_eq!((sigmoid(-1e6), sigmoid(1e6)), (0.0, 1.0));
        assert_eq!((softplus(-1e6), softplus(1e6)), (0.0, 1e6));
    }
}
