use super::super::{AxisSpec, Figure, Layer, Point, Style};

/// A setting that changes over the steps of a training, such as `lr`; a line for each of the named series.
pub fn schedule(setting: &str, series: Vec<(String, Vec<Point>)>) -> Figure {
    let line = |(name, points)| Layer::Line { name, points, style: Style::default() };
    Figure {
        title: format!("{setting} by step"),
        x: AxisSpec::new("step").whole(),
        y: AxisSpec::new(setting),
        layers: series.into_iter().map(line).collect(),
        ..Figure::default()
    }
}
