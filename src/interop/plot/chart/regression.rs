use super::super::ticks::count;
use super::super::{Aspect, AxisSpec, Figure, Layer, Point, Style};

/// Predictions over true values, `(true, predicted)`, in the target's own units; on the diagonal they agree.
pub fn predicted_vs_true(points: Vec<Point>, target: &str, unit: &str) -> Figure {
    let finite = || points.iter().flat_map(|p| [p.0, p.1]).filter(|v| v.is_finite());
    let (lo, hi) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let room = (hi - lo) * 0.04;
    let axis = |kind: &str| {
        let axis = AxisSpec::new(format!("{kind} {target}")).unit(unit);
        if room > 0.0 { axis.range(lo - room, hi + room) } else { axis }
    };
    Figure {
        title: format!("Predicted and true {target}"),
        note: rows(&points),
        x: axis("true"),
        y: axis("predicted"),
        layers: vec![
            Layer::Diagonal { label: "equal".into() },
            Layer::Points { name: String::new(), points, style: Style::default() },
        ],
        aspect: Aspect::Square,
        ..Figure::default()
    }
}

/// What is left over, true minus predicted, by prediction: `(predicted, residual)`.
pub fn residuals(points: Vec<Point>, target: &str, unit: &str) -> Figure {
    Figure {
        title: format!("Residuals of {target}"),
        note: rows(&points),
        x: AxisSpec::new(format!("predicted {target}")).unit(unit),
        y: AxisSpec::new("true − predicted").unit(unit),
        layers: vec![
            Layer::HorizontalLine { y: 0.0, label: String::new() },
            Layer::Points { name: String::new(), points, style: Style::default() },
        ],
        ..Figure::default()
    }
}

fn rows(points: &[Point]) -> String {
    let counted = |n: usize| if n == 1 { "1 row".to_string() } else { format!("{} rows", count(n)) };
    match points.iter().filter(|(x, y)| !(x.is_finite() && y.is_finite())).count() {
        0 => counted(points.len()),
        left_out => format!("{}; {} not finite and left out", counted(points.len() - left_out), counted(left_out)),
    }
}
