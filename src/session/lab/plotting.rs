//! `plot …`, in the terminal or to a file.

use crate::check::{PlotItem, PlotWhat};
use crate::diag::Diagnostic;
use crate::interop::atomic_write;
use crate::interop::plot::{Figure, Theme, chart};

use super::super::figures::Picture;
use super::form::{Given, refuse};
use super::{Lab, Refused, Reply, Sink};

pub fn plot(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    lab.action(&format!("plot {}", given.text(0)), sink)
}

/// Draws what a `plot` item asks for.
pub fn draw(lab: &mut Lab, item: &PlotItem, sink: &mut dyn Sink) -> Result<(), Refused> {
    let mut figures = Vec::new();
    match &item.what {
        PlotWhat::Functions { .. } => {
            let checked = lab.checked();
            let mut execution = super::Execution::new(&checked.program, &lab.sources, lab.options(), None, false);
            figures = execution.figures(item)?;
        }
        PlotWhat::Training { series, of, on } => {
            for name in of {
                let mut drawn = lab.on_training(name, sink, |lab, sink| {
                    let mut drawn = Vec::new();
                    for one in series {
                        if &*one.0 == "loss" {
                            drawn.push(("loss".to_string(), loss(lab, name)?.into()));
                            continue;
                        }
                        let what =
                            PlotWhat::Training { series: vec![one.clone()], of: vec![name.clone()], on: on.clone() };
                        let part = PlotItem { span: item.span, what, to: None };
                        drawn.extend(lab.with_execution(name, sink, |execution, _| execution.figures(&part))?);
                    }
                    Ok(drawn)
                })?;
                // A session trains one at a time, so each is drawn by itself.
                if of.len() > 1 {
                    drawn.iter_mut().for_each(|(stem, picture)| of_training(stem, picture, name));
                }
                figures.extend(drawn);
            }
        }
    }
    let several = figures.len() > 1;
    for (name, figure) in figures {
        let Some((path, _)) = &item.to else {
            sink.say(Reply::Figure(figure));
            continue;
        };
        let mut path = path.clone();
        if several {
            let stem = path.file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned());
            let ending = path.extension().map_or("svg".into(), |s| s.to_string_lossy().into_owned());
            path = path.with_file_name(format!("{stem}-{name}.{ending}"));
        }
        let bytes = figure.bytes(path.extension().and_then(|e| e.to_str()).unwrap_or("svg"), Theme::Light)?;
        atomic_write(&path, &bytes).map_err(Diagnostic::from)?;
        sink.line(format!("wrote {}", path.display()));
    }
    Ok(())
}

/// Puts the training's name on a picture and on its file.
fn of_training(stem: &mut String, picture: &mut Picture, name: &str) {
    stem.push_str(&format!("-{name}"));
    if let Picture::Figure(figure) = picture {
        figure.title = format!("{name}: {}", figure.title);
    }
}

/// The loss of every step, and that of the val rows after every epoch.
fn loss(lab: &mut Lab, name: &str) -> Result<Figure, Refused> {
    let Some(point) = lab.state.moment.points.get(name).copied() else {
        return Err(refuse("nothing was trained yet").into());
    };
    let curve = lab.curve(point);
    if curve.is_empty() {
        return Err(refuse(format!("`{name}` has done no step yet")).help("`step` does one, `epoch` an epoch").into());
    }
    let run = lab.run(name)?;
    let val: Vec<(f64, f64)> = run
        .state
        .history
        .epochs
        .iter()
        .filter_map(|e| e.val.iter().find(|(n, _)| n == "loss").map(|(_, x)| (e.step as f64, *x)))
        .collect();
    let mut series = vec![("train".to_string(), curve)];
    if !val.is_empty() {
        series.push(("val".to_string(), val));
    }
    let mut figure = chart::training_curves("loss", series, None);
    figure.title = "loss by step".into();
    figure.x.label = "step".into();
    Ok(figure)
}
