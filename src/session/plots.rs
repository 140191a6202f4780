//! `plot` items.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{EvaluateItem, PlotItem, PlotWhat, Side, function_plot};
use crate::diag::{Diagnostic, codes};
use crate::interop::plot::{Theme, chart};
use crate::metrics::Task;
use crate::plan::Rate;
use crate::text::Span;
use crate::train::Answers;
use crate::train::event::{self, Event};
use crate::train::scoring::{self, Question, Scene};

use super::closer_look::{Place, importance};
use super::compare::Judged;
use super::execute::{Execution, Stop, fault, first_error};
use super::figures::{self, Picture};
use super::trained::Trained;
use super::{Listener, network};

/// Points at which a function is drawn.
const POINTS: usize = 401;

/// What a training says of some rows, and what is known of them.
struct Said {
    rows: Vec<u32>,
    answers: Answers,
    truth: Vec<f64>,
    costs: Option<(Vec<f64>, Vec<f64>)>,
    target: Arc<str>,
    classes: Vec<String>,
}

impl Said {
    fn subject<'a>(&'a self, trained: &'a Trained) -> Option<figures::Subject<'a>> {
        Some(figures::Subject {
            name: &trained.name,
            sample: trained.sample(&self.answers, &self.truth)?,
            classes: &self.classes,
            target: &self.target,
            threshold: trained.threshold(),
            costs: self.costs.as_ref().map(|(miss, alarm)| (miss.as_slice(), alarm.as_slice())),
        })
    }
}

fn undefined(name: &str, why: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&codes::TARGET, format!("`{name}` can't be drawn: {why}")).at(span, "plotted here")
}

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
    pub(super) fn figures(&mut self, item: &PlotItem) -> Result<Vec<(String, Picture)>, Stop> {
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
                vec![(stem, Picture::Figure(Box::new(chart::function_plot(&title, "x", drawn))))]
            }
            PlotWhat::Training { series, of, on } => {
                let mut figures = Vec::new();
                for (name, span) in series {
                    figures.extend(self.training_pictures(name, of, on.as_ref().map(|(_, s)| *s), *span)?);
                }
                figures
            }
        })
    }

    fn draw(
        &mut self,
        item: &PlotItem,
        name: &str,
        picture: &Picture,
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
            None => free_path(&mut self.drawn, Path::new(""), &clean(name)),
        };
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("svg");
        let bytes = picture.bytes(ending, Theme::Light)?;
        let written = folder.write(&path, &bytes)?;
        let text = picture.terminal(80, 20, false);
        let event = event::Plot { name: name.to_string(), file: written.display().to_string(), text };
        self.tell(Event::Plot(event), listener)
    }

    /// One plot of some trainings, each picture with its name; several where one would be crowded.
    fn training_pictures(
        &mut self,
        name: &str,
        of: &[Arc<str>],
        on: Option<Side>,
        span: Span,
    ) -> Result<Vec<(String, Picture)>, Stop> {
        let mut trained = Vec::new();
        for one in of {
            let missing = || Diagnostic::new(&codes::MISSING, format!("there is no training `{one}`")).at(span, "here");
            trained.push(self.trained.get(one).ok_or_else(missing)?);
        }
        if let Some(figure) = figures::history(name, &trained) {
            return Ok(vec![(name.to_string(), figure.into())]);
        }
        if of.len() > 1 && ["roc", "pr"].contains(&name) {
            let said = of.iter().map(|one| self.said(name, one, on, span)).collect::<Result<Vec<_>, Stop>>()?;
            let trained = of.iter().zip(&said).filter_map(|(one, said)| Some((self.trained.get(one)?, said)));
            let subjects: Vec<figures::Subject<'_>> = trained.filter_map(|(t, said)| said.subject(t)).collect();
            // Curves of several classes need a picture each.
            if subjects.iter().all(|s| s.sample.predicted.task() == Task::Binary) {
                let figure = figures::of_rows(name, &subjects).map_err(|why| undefined(name, &why, span))?;
                return Ok(vec![(name.to_string(), figure.into())]);
            }
        }
        let mut pictures = Vec::new();
        for one in of {
            let found = self.pictures_of_one(name, one, on, span)?;
            let several = found.len() > 1;
            let stem = if of.len() > 1 { format!("{name}-{one}") } else { name.to_string() };
            let named = |(i, picture)| (if several { format!("{stem}-{}", i + 1) } else { stem.clone() }, picture);
            pictures.extend(found.into_iter().enumerate().map(named));
        }
        Ok(pictures)
    }

    /// One plot of one training.
    fn pictures_of_one(
        &mut self,
        name: &str,
        of: &Arc<str>,
        on: Option<Side>,
        span: Span,
    ) -> Result<Vec<Picture>, Stop> {
        match (name, self.trained.get(of)) {
            ("network", Some(trained)) => return Ok(vec![Picture::Diagram(network::diagram(trained))]),
            ("weights", Some(trained)) => return Ok(figures::weights(trained)),
            _ => {}
        }
        let said = self.said(name, of, on, span)?;
        let missing = || Diagnostic::new(&codes::MISSING, format!("there is no training `{of}`")).at(span, "here");
        let trained = self.trained.get_mut(of).ok_or_else(missing)?;
        if name == "activations" {
            return figures::activations(trained, &said.rows).map_err(|why| undefined(name, &why, span).into());
        }
        if name == "importance" {
            let questions = trained.run.questions();
            let scored = trained.scored().unwrap_or(0);
            let metric = figures::usual_metric(&questions, scored).ok_or_else(|| undefined(name, "no metric", span))?;
            let data = trained.run.setup.data.clone();
            let of = |q: &Question| Some((q.target.clone(), scoring::truth(&data, &q.target, &said.rows)?));
            let truth = questions.iter().filter_map(of).collect();
            let list = trained.run.forward.answers.clone();
            let decisions = trained.decisions.clone();
            let scene = Scene {
                questions: &questions,
                list: &list,
                answers: &said.answers,
                truth: &truth,
                others: &BTreeMap::new(),
                decisions: &decisions,
                weight: None,
            };
            let place = Place { table: data.table.clone(), rows: said.rows.clone(), blocks: None };
            let found = importance(trained, &place, &scene, &metric)?;
            return Ok(vec![figures::importance(&found).into()]);
        }
        let Some(subject) = said.subject(trained) else {
            let d = Diagnostic::new(&codes::TARGET, "this training's results answer no target");
            return Err(d.at(span, "plotted here").into());
        };
        let figure = figures::of_rows(name, &[subject]).map_err(|why| undefined(name, &why, span))?;
        Ok(vec![figure.into()])
    }

    /// What a training says of the rows of a side, the test rows if none is named.
    fn said(&mut self, name: &str, of: &Arc<str>, on: Option<Side>, span: Span) -> Result<Said, Stop> {
        let missing = || Diagnostic::new(&codes::MISSING, format!("there is no training `{of}`")).at(span, "here");
        let trained = self.trained.get_mut(of).ok_or_else(missing)?;
        let side = on.unwrap_or(Side::Test);
        let rows = Self::side_rows(trained, side);
        if rows.is_empty() {
            let d = Diagnostic::new(&codes::SPLIT, format!("there are no {} rows to plot", side.name()));
            return Err(d.at(span, "plotted here").into());
        }
        // Layers are computed by a program of their own.
        let asked: &[u32] = if name == "activations" { &[] } else { &rows };
        let item = trained.run.setup.item.clone();
        let answers = trained.answers(asked).map_err(|f| fault(f, &item))?;
        let truth = trained.truth(&rows).unwrap_or_default();
        let costs = figures::costs(trained, &rows)?.filter(|_| truth.len() == rows.len());
        let target = trained.target_name().unwrap_or_default();
        Ok(Said { answers, truth, costs, target, classes: trained.classes(), rows })
    }

    /// What one wants to see of a training without asking, in `plots` of the run's folder.
    pub(super) fn training_plots(&self, trained: &Trained) -> Result<(), Stop> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut pictures = vec![("network".to_string(), Picture::Diagram(network::diagram(trained)))];
        let watched = trained.run.state.history.epochs.first();
        let names = watched.map(|e| e.val.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>()).unwrap_or_default();
        let metrics = names.into_iter().filter(|n| *n != "loss");
        let rate = matches!(trained.run.setup.plan.rate, Rate::Scheduled(_)).then_some("lr");
        for name in std::iter::once("loss").chain(rate).chain(metrics) {
            if let Some(figure) = figures::history(name, &[trained]) {
                pictures.push((name.to_string(), figure.into()));
            }
        }
        for (name, picture) in pictures {
            let path = PathBuf::from("plots").join(format!("{}-{}.svg", clean(&trained.name), clean(&name)));
            folder.write(&path, &picture.bytes("svg", Theme::Light)?)?;
        }
        Ok(())
    }

    /// What one wants to see of an evaluation without asking; a picture that its rows don't allow is left out.
    pub(super) fn evaluation_plots(&mut self, item: &EvaluateItem, judged: &[Judged]) -> Result<(), Stop> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let subjects: Vec<figures::Subject<'_>> = judged.iter().filter_map(Judged::subject).collect();
        for name in ["roc", "pr"] {
            if let Ok(figure) = figures::of_rows(name, &subjects) {
                let path = free_path(&mut self.drawn, Path::new("plots"), &format!("{}-{name}", clean(&item.name)));
                folder.write(&path, &Picture::from(figure).bytes("svg", Theme::Light)?)?;
            }
        }
        for subject in &subjects {
            for name in ["calibration", "confusion", "cost", "predicted", "residuals"] {
                let Ok(figure) = figures::of_rows(name, std::slice::from_ref(subject)) else { continue };
                let stem = match subjects.len() {
                    1 => format!("{}-{name}", clean(&item.name)),
                    _ => format!("{}-{name}-{}", clean(&item.name), clean(subject.name)),
                };
                let path = free_path(&mut self.drawn, Path::new("plots"), &stem);
                folder.write(&path, &Picture::from(figure).bytes("svg", Theme::Light)?)?;
            }
        }
        Ok(())
    }
}

fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

/// `loss.svg`, or `loss-2.svg` if this run has drawn that already.
fn free_path(drawn: &mut BTreeSet<PathBuf>, folder: &Path, stem: &str) -> PathBuf {
    let mut path = folder.join(format!("{stem}.svg"));
    let mut n = 2;
    while !drawn.insert(path.clone()) {
        path = folder.join(format!("{stem}-{n}.svg"));
        n += 1;
    }
    path
}
