//! `plot` items.

use std::path::PathBuf;
use std::sync::Arc;

use crate::check::{PlotItem, PlotWhat, Side, function_plot};
use crate::diag::{Diagnostic, codes};
use crate::interop::plot::{Figure, Theme, chart};
use crate::metrics;
use crate::train::event::{self, Event};

use super::Listener;
use super::execute::{Execution, Stop, fault, first_error};

/// Points at which a function is drawn.
const POINTS: usize = 401;

impl Execution<'_> {
    pub(super) fn plot(&mut self, item: &PlotItem, listener: &mut dyn Listener) -> Result<(), Stop> {
        let figures = self.figures(item)?;
        let several = figures.len() > 1;
        for (name, figure) in figures {
            self.draw(item, &name, &figure, several, listener)?;
        }
        Ok(())
    }

    /// What an item draws, each with the name that its file takes.
    pub(super) fn figures(&mut self, item: &PlotItem) -> Result<Vec<(String, Figure)>, Stop> {
        Ok(match &item.what {
            PlotWhat::Functions { functions, low, high, marks } => {
                let mut drawn = Vec::new();
                for (f, primes, name) in functions {
                    let world = &self.program.world;
                    let points = function_plot::sample(world, f, *primes, *low, *high, POINTS)
                        .map_err(|p| first_error(p, item.span))?;
                    let marks = function_plot::at(world, f, *primes, marks).map_err(|p| first_error(p, item.span))?;
                    drawn.push(chart::Function { name: name.clone(), points, marks });
                }
                let names: Vec<&str> = functions.iter().map(|(_, _, n)| n.as_str()).collect();
                let title = names.join(", ");
                let stem = names.first().map_or("plot", |n| n.trim_end_matches('\'')).to_string();
                vec![(stem, chart::function_plot(&title, "x", drawn))]
            }
            PlotWhat::Training { series, of, on } => {
                let mut figures = Vec::new();
                for (name, span) in series {
                    let figure = self.training_figure(name, of, on.as_ref().map(|(_, s)| *s), *span)?;
                    figures.push((name.to_string(), figure));
                }
                figures
            }
        })
    }

    fn draw(
        &mut self,
        item: &PlotItem,
        name: &str,
        figure: &Figure,
        several: bool,
        listener: &mut dyn Listener,
    ) -> Result<(), Stop> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = match &item.to {
            Some((path, _)) if several => {
                let stem = path.file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned());
                let ending = path.extension().map_or("svg".into(), |s| s.to_string_lossy().into_owned());
                path.with_file_name(format!("{stem}-{name}.{ending}"))
            }
            Some((path, _)) => path.clone(),
            None => free_name(&folder.path, name),
        };
        let size = figure.natural_size();
        let bytes = match path.extension().and_then(|e| e.to_str()) {
            Some("png") => figure.png(size, Theme::Light).map_err(Diagnostic::from)?,
            _ => figure.svg(size).into_bytes(),
        };
        let written = folder.write(&path, &bytes)?;
        let text = figure.terminal(80, 20, false);
        let event = event::Plot { name: name.to_string(), file: written.display().to_string(), text };
        self.tell(Event::Plot(event), listener)
    }

    fn training_figure(
        &mut self,
        name: &str,
        of: &Arc<str>,
        on: Option<Side>,
        span: crate::text::Span,
    ) -> Result<Figure, Stop> {
        let Some(trained) = self.trained.get_mut(of) else {
            return Err(Diagnostic::new(&codes::MISSING, format!("there is no training `{of}`"))
                .at(span, "here")
                .into());
        };
        let history = trained.run.state.history.epochs.clone();
        match name {
            "loss" => {
                let train = history.iter().map(|e| (e.epoch as f64, e.loss)).collect();
                let val: Vec<(f64, f64)> = history
                    .iter()
                    .filter_map(|e| e.val.iter().find(|(n, _)| n == "loss").map(|(_, x)| (e.epoch as f64, *x)))
                    .collect();
                let mut series = vec![("train".to_string(), train)];
                if !val.is_empty() {
                    series.push(("val".to_string(), val));
                }
                let kept = trained.run.state.keep_best.map(|_| trained.run.state.keep_epoch as f64);
                return Ok(chart::training_curves("loss", series, kept));
            }
            "lr" => {
                let points = history.iter().map(|e| (e.step as f64, e.lr)).collect();
                return Ok(chart::schedule("lr", points));
            }
            _ => {}
        }
        let side = on.unwrap_or(Side::Test);
        let rows = Self::side_rows(trained, side);
        if rows.is_empty() {
            let d = Diagnostic::new(&codes::SPLIT, format!("there are no {} rows to plot", side.name()));
            return Err(d.at(span, "plotted here").into());
        }
        let item = trained.run.setup.item.clone();
        let answers = trained.answers(&rows).map_err(|f| fault(f, &item))?;
        let truth = trained.truth(&rows).unwrap_or_default();
        let Some(sample) = trained.sample(&answers, &truth) else {
            let d = Diagnostic::new(&codes::TARGET, "this training's results answer no target");
            return Err(d.at(span, "plotted here").into());
        };
        let undefined = |why: &str| {
            Diagnostic::new(&codes::TARGET, format!("`{name}` can't be drawn: {why}")).at(span, "plotted here")
        };
        match name {
            "roc" => {
                let curve = metrics::roc_curve(&sample).map_err(undefined)?;
                let score =
                    metrics::find_metric("roc_auc").and_then(|m| m.score(&sample, &Default::default()).number());
                let points =
                    curve.false_positive_rate.iter().copied().zip(curve.true_positive_rate.iter().copied()).collect();
                let ranking = chart::Ranking { name: of.to_string(), points, score: score.unwrap_or(f64::NAN) };
                Ok(chart::roc(vec![ranking], None))
            }
            "pr" => {
                let curve = metrics::pr_curve(&sample).map_err(undefined)?;
                let score = metrics::find_metric("pr_auc").and_then(|m| m.score(&sample, &Default::default()).number());
                let points = curve.recall.iter().copied().zip(curve.precision.iter().copied()).collect();
                let prevalence = truth.iter().sum::<f64>() / truth.len() as f64;
                let ranking = chart::Ranking { name: of.to_string(), points, score: score.unwrap_or(f64::NAN) };
                Ok(chart::pr(vec![ranking], Some(prevalence), None))
            }
            "calibration" => {
                let bins = metrics::calibration_bins(&sample, 10).map_err(undefined)?;
                let bins: Vec<chart::CalibrationBin> = bins
                    .iter()
                    .map(|b| chart::CalibrationBin {
                        predicted: b.mean_predicted,
                        observed: b.observed,
                        rows: b.weight.round().max(0.0) as usize,
                    })
                    .collect();
                let brier = metrics::find_metric("brier").and_then(|m| m.score(&sample, &Default::default()).number());
                Ok(chart::calibration(&bins, brier))
            }
            _ => {
                let score = metrics::find_metric("confusion").map(|m| m.score(&sample, &Default::default()));
                let Some(metrics::Score::Table(table)) = score else { return Err(undefined("no table").into()) };
                let classes = trained.classes();
                let n = classes.len();
                let cell = |r: usize, c: usize| table.cell(r, c).unwrap_or(0.0).round().max(0.0) as u64;
                let counts: Vec<Vec<u64>> = (0..n).map(|r| (0..n).map(|c| cell(r, c)).collect()).collect();
                Ok(chart::confusion(&counts, &classes))
            }
        }
    }
}

/// `loss.svg`, or `loss-2.svg` if that is there.
fn free_name(folder: &std::path::Path, name: &str) -> PathBuf {
    let clean: String = name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let first = PathBuf::from(format!("{clean}.svg"));
    if !folder.join(&first).exists() {
        return first;
    }
    (2..).map(|n| PathBuf::from(format!("{clean}-{n}.svg"))).find(|p| !folder.join(p).exists()).unwrap_or(first)
}
