//! `plot` items.

use std::path::Path;

use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::text::Span;

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::items::{self, Known};
use super::plot_series::{drawn_task, ranges, series as series_of};
use super::program::{PlotItem, PlotWhat, Rows};
use super::settings::{each, output_path, rows};
use super::value::Value;

pub(super) fn plot_item(e: &mut Elaborator<'_>, plot: &ast::Plot, span: Span, known: &Known) -> Option<PlotItem> {
    let frame = Frame::default();
    let to = match &plot.to {
        None => None,
        Some(value) => match &value.kind {
            ExprKind::Str(path) => {
                let known_form = path.ends_with(".svg") || path.ends_with(".png");
                if !known_form {
                    let d = Diagnostic::new(&codes::OUTPUT, "a plot is written as .svg or .png")
                        .at(value.span, "another ending")
                        .help("for example `to \"curve.svg\"`");
                    e.report(&frame, d);
                    return None;
                }
                Some((output_path(e, path, value.span)?, value.span))
            }
            _ => {
                e.fail(&frame, &codes::WRONG_KIND, value.span, "`to` is followed by a file name", "in quotes");
                return None;
            }
        },
    };
    let what = match &plot.over {
        Some(over) => functions(e, plot, over)?,
        None => of_training(e, plot, span, known)?,
    };
    Some(PlotItem { span, what, to })
}

fn functions(e: &mut Elaborator<'_>, plot: &ast::Plot, over: &Expr) -> Option<PlotWhat> {
    let frame = Frame::default();
    let Value::Range(low, high) = e.eval(over, &frame) else {
        if !matches!(over.kind, ExprKind::Range { .. }) {
            e.fail(&frame, &codes::WRONG_KIND, over.span, "`over` is followed by a range", "for example `-6..6`");
        }
        return None;
    };
    let mut functions = Vec::new();
    let sources = e.world.scope.sources();
    for f in &plot.what {
        let mut primes = 0;
        let mut at = f;
        while let ExprKind::Prime(inner) = &at.kind {
            primes += 1;
            at = inner;
        }
        let mut plotter = Elaborator::new(e.world, false);
        let drawn = super::function_plot::values(&mut plotter, at, primes, &[low, (low + high) / 2.0, high]);
        e.hypers_read.extend(std::mem::take(&mut plotter.hypers_read));
        e.applied.extend(std::mem::take(&mut plotter.applied));
        e.problems.extend(std::mem::take(&mut plotter.problems));
        drawn?;
        functions.push((at.clone(), primes, sources.slice(f.span).to_string()));
    }
    let mut marks = Vec::new();
    for arg in &plot.settings {
        match arg.name.as_ref().map(|n| &*n.text) {
            Some("mark") => {
                for one in each(&arg.value) {
                    match e.eval(one, &frame).as_number() {
                        Some(x) => marks.push(x),
                        None => {
                            e.fail(&frame, &codes::WRONG_KIND, one.span, "`mark` is a list of numbers", "not a number");
                        }
                    }
                }
            }
            _ => {
                let span = arg.name.as_ref().map_or(arg.value.span, |n| n.span);
                let d =
                    Diagnostic::new(&codes::UNKNOWN_KEY, "`plot` has the setting `mark`").at(span, "unknown setting");
                e.report(&frame, d);
            }
        }
    }
    Some(PlotWhat::Functions { functions, low, high, marks })
}

fn of_training(e: &mut Elaborator<'_>, plot: &ast::Plot, span: Span, known: &Known) -> Option<PlotWhat> {
    let frame = Frame::default();
    if plot.of.is_none() {
        ranges(e, &plot.what)?;
    }
    let of = items::of(e, plot.of.as_ref(), ("plot", span), known)?;
    let mut series = Vec::new();
    for train in known.trains.iter().filter(|t| of.contains(&t.name)) {
        let task = drawn_task(e, train);
        series = plot.what.iter().map(|one| series_of(e, one, train, task)).collect::<Option<Vec<_>>>()?;
    }
    let on = match &plot.on {
        None => None,
        Some(value) => match rows(e, value, Path::new(""))? {
            Rows::Side { data, side } => Some((data, side)),
            Rows::Csv { span, .. } => {
                e.fail(&frame, &codes::WRONG_KIND, span, "a plot is on a side of the data", "for example `data.test`");
                return None;
            }
        },
    };
    Some(PlotWhat::Training { series, of, on })
}
