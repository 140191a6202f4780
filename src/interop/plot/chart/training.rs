use super::super::ticks::number;
use super::super::{AxisSpec, Figure, Layer, Point, Style};

/// A loss or metric over the epochs, a line for each of the named series (`train`, `val`).
///
/// `kept` is the epoch whose weights were kept. A quantity that spans more than three powers of ten gets a logarithmic axis.
pub fn training_curves(quantity: &str, series: Vec<(String, Vec<Point>)>, kept: Option<f64>) -> Figure {
    let values = || series.iter().flat_map(|(_, points)| points.iter().map(|p| p.1)).filter(|v| v.is_finite());
    let (least, greatest) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let mut y = AxisSpec::new(quantity);
    if least > 0.0 && greatest / least > 1e3 {
        y = y.log();
    }
    let note = match kept {
        Some(epoch) => kept_note(quantity, &series, epoch),
        None => String::new(),
    };
    let mut layers = Vec::new();
    let names: Vec<_> = series.iter().map(|(name, _)| name.clone()).collect();
    for (name, points) in series {
        layers.push(Layer::Line { name, points, style: Style::default() });
    }
    if let Some(x) = kept {
        layers.push(Layer::VerticalLine { x, label: "kept".into() });
    }
    let title = match names.as_slice() {
        [only] => format!("{quantity} of {only}, by epoch"),
        _ => format!("{quantity} by epoch"),
    };
    Figure { title, note, x: AxisSpec::new("epoch").whole(), y, layers, ..Figure::default() }
}

fn kept_note(quantity: &str, series: &[(String, Vec<Point>)], epoch: f64) -> String {
    let at = |points: &[Point]| points.iter().find(|p| p.0 == epoch).map(|p| number(p.1, 4));
    let values: Vec<_> = series.iter().filter_map(|(name, p)| Some(format!("{name} {}", at(p)?))).collect();
    if values.is_empty() {
        return format!("kept: epoch {}", number(epoch, 6));
    }
    format!("kept: epoch {}, {quantity} {}", number(epoch, 6), values.join(", "))
}
