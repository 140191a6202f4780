use super::super::ticks::number;
use super::super::{AxisSpec, Figure, Layer, Mark, Point, Style};

/// Cost (in `unit`, or a count) at each threshold on the probability, and the chosen one.
pub fn threshold_cost(points: Vec<Point>, chosen: Option<Point>, unit: &str) -> Figure {
    let style = Style { color: Some(0), ..Style::default() };
    let mut layers = vec![Layer::Step { name: String::new(), points, style }];
    let mut note = String::new();
    if let Some((threshold, cost)) = chosen {
        let label = format!("threshold {}", number(threshold, 3));
        note = format!("chosen: {label}, cost {} {unit}", number(cost, 4)).trim_end().to_string();
        layers.push(Layer::Marks { marks: vec![Mark { at: (threshold, cost), label }], style });
    }
    Figure {
        title: "Cost by threshold".into(),
        note,
        x: AxisSpec::new("threshold on the probability").range(-0.01, 1.01),
        y: AxisSpec::new("cost").unit(unit),
        layers,
        ..Figure::default()
    }
}
