use super::super::ticks::number;
use super::super::{AxisSpec, Bar, Figure, Layer, Style};

/// How much a metric suffers when a feature is shuffled.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    pub feature: String,
    pub mean: f64,
    /// Standard deviation over the repetitions; 0 for none.
    pub std: f64,
}

/// Features that fit one page.
const SHOWN: usize = 30;

/// Permutation importance (Breiman 2001), the most important feature first. Ties keep their order.
pub fn importance(mut features: Vec<Importance>, metric: &str) -> Figure {
    features.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    let more = features.len().saturating_sub(SHOWN);
    features.truncate(SHOWN);
    let bars = features.iter().enumerate().map(|(i, f)| Bar {
        at: i as f64,
        width: 0.72,
        from: 0.0,
        to: f.mean,
        error: (f.std > 0.0).then_some((f.mean - f.std, f.mean + f.std)),
        text: number(f.mean, 3),
    });
    let layer = Layer::Bars { name: String::new(), bars: bars.collect(), horizontal: true, style: Style::default() };
    Figure {
        title: "Permutation importance".into(),
        note: if more > 0 { format!("the first {SHOWN} features; {more} more are not shown") } else { String::new() },
        x: AxisSpec::new(format!("{metric} lost when the feature is shuffled")),
        y: AxisSpec::default().categories(features.into_iter().map(|f| f.feature).collect()),
        layers: vec![layer],
        ..Figure::default()
    }
}
