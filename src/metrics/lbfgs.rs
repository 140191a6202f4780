use std::collections::VecDeque;

use super::design::{add_scaled, dot};

/// How many steps are remembered for the curvature.
const MEMORY: usize = 12;

/// Minimises a smooth function from `start` by L-BFGS (Liu and Nocedal 1989); gives the point it stopped at.
///
/// `evaluate(point, gradient)` fills the gradient and returns the value. Stops when no component of the gradient
/// exceeds `tolerance`, when the value can't be lowered any more, or after `steps` steps.
pub(super) fn minimise(
    start: Vec<f64>,
    tolerance: f64,
    steps: usize,
    mut evaluate: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut point = start;
    let mut gradient = vec![0.0; point.len()];
    let mut value = evaluate(&point, &mut gradient);
    let mut history = VecDeque::new();
    for step in 0..steps {
        let steepest = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        if steepest <= tolerance {
            break;
        }
        let direction = direction(&history, &gradient);
        let first = if step == 0 { (1.0 / steepest).min(1.0) } else { 1.0 };
        let Some(next) = line_search(&point, value, &gradient, &direction, first, &mut evaluate) else { break };
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x - y).collect::<Vec<f64>>();
        let (moved, turned) = (difference(&next.point, &point), difference(&next.gradient, &gradient));
        let curvature = dot(&moved, &turned);
        if curvature > f64::EPSILON * dot(&turned, &turned) {
            history.push_back(Step { moved, turned, curvature });
            if history.len() > MEMORY {
                history.pop_front();
            }
        }
        Point { point, value, gradient } = next;
    }
    point
}

struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
    curvature: f64,
}

/// The two-loop recursion: minus the inverse curvature times the gradient.
fn direction(history: &VecDeque<Step>, gradient: &[f64]) -> Vec<f64> {
    let mut d: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(history.len());
    for step in history.iter().rev() {
        let share = dot(&step.moved, &d) / step.curvature;
        add_scaled(&mut d, -share, &step.turned);
        shares.push(share);
    }
    if let Some(last) = history.back() {
        let scale = last.curvature / dot(&last.turned, &last.turned);
        d.iter_mut().for_each(|x| *x *= scale);
    }
    for (step, share) in history.iter().zip(shares.iter().rev()) {
        let back = dot(&step.turned, &d) / step.curvature;
        add_scaled(&mut d, share - back, &step.moved);
    }
    d
}

struct Point {
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// A step that lowers the value and flattens the slope enough (weak Wolfe conditions), by doubling and bisection
/// (Lewis and Overton 2013); `None` if none of 40 does.
fn line_search(
    from: &[f64],
    value: f64,
    gradient: &[f64],
    direction: &[f64],
    first: f64,
    evaluate: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<Point> {
    let slope = dot(gradient, direction);
    if slope >= 0.0 {
        return None;
    }
    let (mut low, mut high, mut length) = (0.0, f64::INFINITY, first);
    let mut lower = None;
    for _ in 0..40 {
        let mut point = from.to_vec();
        add_scaled(&mut point, length, direction);
        let mut next = Point { value: 0.0, gradient: vec![0.0; point.len()], point };
        next.value = evaluate(&next.point, &mut next.gradient);
        let lowered = next.value <= value + 1e-4 * length * slope;
        if !lowered {
            high = length;
        } else if dot(&next.gradient, direction) < 0.9 * slope {
            low = length;
            lower = Some(next);
        } else {
            return Some(next);
        }
        length = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * low };
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_valley_of_rosenbrock() {
        let found = minimise(vec![-1.2, 1.0], 1e-10, 500, |p, g| {
            let (a, b) = (1.0 - p[0], p[1] - p[0] * p[0]);
            (g[0], g[1]) = (-2.0 * a - 400.0 * p[0] * b, 200.0 * b);
            a * a + 100.0 * b * b
        });
        assert!((found[0] - 1.0).abs() < 1e-8 && (found[1] - 1.0).abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn stops_where_there_is_no_minimum() {
        let found = minimise(vec![0.0], 1e-10, 20, |p, g| {
            g[0] = -(-p[0]).exp();
            (-p[0]).exp()
        });
        assert!(found[0].is_finite() && found[0] > 5.0, "{found:?}");
    }
}
