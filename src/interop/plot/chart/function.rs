use super::super::ticks::number;
use super::super::{AxisSpec, Figure, Layer, Mark, Point, Style};

/// A function, or a derivative of one, over a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// As written in the program: `sigmoid`, `sigmoid'`.
    pub name: String,
    pub points: Vec<Point>,
    /// Places to point out, with their values.
    pub marks: Vec<Point>,
}

/// Functions over a common argument called `variable`; marked values are written beside their points.
pub fn function_plot(title: &str, variable: &str, functions: Vec<Function>) -> Figure {
    let single = functions.len() == 1;
    let mut layers = Vec::new();
    let mut marks = Vec::new();
    for (i, function) in functions.into_iter().enumerate() {
        let style = Style { color: Some(i), ..Style::default() };
        let label = |&(x, y): &Point| format!("{}({}) = {}", function.name, number(x, 3), number(y, 3));
        let all = function.marks.iter().map(|at| Mark { at: *at, label: label(at) }).collect();
        marks.push(Layer::Marks { marks: all, style });
        layers.push(Layer::Line { name: function.name, points: function.points, style });
    }
    let y = match (&layers[..], single) {
        ([Layer::Line { name, .. }], true) => AxisSpec::new(format!("{name}({variable})")),
        _ => AxisSpec::new("value"),
    };
    layers.extend(marks);
    Figure { title: title.into(), x: AxisSpec::new(variable), y, layers, ..Figure::default() }
}
