use super::super::ticks::{number, score};
use super::super::{Aspect, AxisSpec, Figure, Layer, Mark, Point, Style};

/// How well scores rank one class before the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Of the class or of the model.
    pub name: String,
    /// For [`roc`]: (false positive rate, true positive rate); for [`pr`]: (recall, precision).
    pub points: Vec<Point>,
    /// The area under the curve, or the average precision.
    pub score: f64,
}

/// Where a threshold puts a model on its curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoint {
    pub threshold: f64,
    pub at: Point,
}

/// Just enough to show lines along the border.
const UNIT: (f64, f64) = (-0.015, 1.015);

/// Receiver operating characteristic. Only the true and false positive rates count, not the prevalence.
pub fn roc(rankings: Vec<Ranking>, chosen: Option<OperatingPoint>) -> Figure {
    let (note, mut layers) = curves("AUC", rankings, chosen);
    layers.insert(0, Layer::Diagonal { label: "chance".into() });
    Figure {
        title: "ROC curve".into(),
        note,
        x: AxisSpec::new("false positive rate").range(UNIT.0, UNIT.1),
        y: AxisSpec::new("true positive rate").range(UNIT.0, UNIT.1),
        layers,
        aspect: Aspect::Square,
        ..Figure::default()
    }
}

/// Precision over recall. `prevalence` is the part of positives, which is the precision of chance.
pub fn pr(rankings: Vec<Ranking>, prevalence: Option<f64>, chosen: Option<OperatingPoint>) -> Figure {
    let (note, mut layers) = curves("average precision", rankings, chosen);
    if let Some(y) = prevalence {
        layers.insert(0, Layer::HorizontalLine { y, label: format!("prevalence {}", number(y, 3)) });
    }
    Figure {
        title: "Precision-recall curve".into(),
        note,
        x: AxisSpec::new("recall").range(UNIT.0, UNIT.1),
        y: AxisSpec::new("precision").range(UNIT.0, UNIT.1),
        layers,
        aspect: Aspect::Square,
        ..Figure::default()
    }
}

/// One curve has its score in the note, several have them in the legend.
fn curves(kind: &str, rankings: Vec<Ranking>, chosen: Option<OperatingPoint>) -> (String, Vec<Layer>) {
    let note = match rankings.as_slice() {
        [only] => format!("{kind} {}", score(only.score)),
        [] => String::new(),
        _ => format!("{kind} in the legend"),
    };
    let lines = rankings.into_iter().map(|ranking| Layer::Line {
        name: format!("{} ({})", ranking.name, score(ranking.score)),
        points: ranking.points,
        style: Style::default(),
    });
    let mut layers: Vec<_> = lines.collect();
    if let Some(point) = chosen {
        let label = format!("threshold {}", number(point.threshold, 3));
        let style = Style { color: Some(0), ..Style::default() };
        layers.push(Layer::Marks { marks: vec![Mark { at: point.at, label }], style });
    }
    (note, layers)
}
