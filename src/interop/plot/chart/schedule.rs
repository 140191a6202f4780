use super::super::{AxisSpec, Figure, Layer, Point, Style};

/// A setting that changes over the steps of a training, such as `lr`.
pub fn schedule(setting: &str, points: Vec<Point>) -> Figure {
    Figure {
        title: format!("{setting} by step"),
        x: AxisSpec::new("step").whole(),
        y: AxisSpec::new(setting),
        layers: vec![Layer::Line { name: String::new(), points, style: Style::default() }],
        ..Figure::default()
    }
}
