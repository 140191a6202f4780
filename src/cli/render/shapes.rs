pub use crate::session::{LayerShape, ModelShapes};

use super::table::{Side, Table};
use crate::text::{Paint, Tone, format, layout};

/// The layers as a table, then the totals.
pub fn render(shapes: &ModelShapes, paint: Paint, columns: usize) -> String {
    let heads = [("path", Side::Left), ("layer", Side::Left), ("output", Side::Left), ("parameters", Side::Right)];
    let frozen = shapes.layers.iter().any(|l| l.trainable < l.parameters);
    let trainable = frozen.then(|| ("trainable".to_string(), Side::Right));
    let mut table = Table::new(heads.map(|(n, s)| (n.to_string(), s)).into_iter().chain(trainable));
    for layer in &shapes.layers {
        let count = |n: u64| if layer.parameters == 0 { "–".to_string() } else { format::count(n) };
        let texts = [&layer.path, &layer.layer, &layer.output].map(|t| layout::printable(t));
        table.row(texts.into_iter().chain([count(layer.parameters), count(layer.trainable)]).collect());
    }
    let (all, trained) = shapes.layers.iter().fold((0, 0), |(a, t), l| (a + l.parameters, t + l.trainable));
    let share = if trained < all { format!(", {} trainable", format::count(trained)) } else { String::new() };
    let mut out = format!("{}\n{}", paint.apply(Tone::Strong, &shapes.model), table.render(paint, columns));
    out += &format!(
        "  {}{share}; memory {} for weights and optimiser, {} for a batch of {}\n",
        format::counted(all, "parameter"),
        format::bytes(shapes.weight_bytes),
        format::bytes(shapes.step_bytes),
        format::count(shapes.batch_size)
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_part_shows_in_a_column_and_in_the_total() {
        let layer = |path: &str, layer: &str, output: &str, parameters, trainable| LayerShape {
            path: path.into(),
            layer: layer.into(),
            output: output.into(),
            parameters,
            trainable,
        };
        let mut shapes = ModelShapes {
            model: "Melanoma".into(),
            layers: vec![
                layer("backbone", "ResNet", "real[512]", 11_176_512, 0),
                layer("fc.0", "Linear", "real[1]", 513, 513),
                layer("fc.1", "Sigmoid", "prob", 0, 0),
            ],
            weight_bytes: 44_712_204,
            step_bytes: 1_500_000,
            batch_size: 32,
        };
        let expected = "Melanoma
  path      layer    output     parameters  trainable
  backbone  ResNet   real[512]  11,176,512          0
  fc.0      Linear   real[1]           513        513
  fc.1      Sigmoid  prob                –          –
  11,177,025 parameters, 513 trainable; memory 45 MB for weights and optimiser, 1.5 MB for a batch of 32
";
        assert_eq!(render(&shapes, Paint::default(), 80), expected);
        shapes.layers.remove(0);
        assert!(!render(&shapes, Paint::default(), 80).contains("trainable"));
    }
}
