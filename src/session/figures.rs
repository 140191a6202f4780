//! Pictures of what a training has and of what it says of rows.

use crate::check::measure::{Asked, Measure};
use crate::check::row_expression;
use crate::diag::Diagnostic;
use crate::engine::random::Key;
use crate::engine::reference;
use crate::interop::plot::diagram::Diagram;
use crate::interop::plot::{Figure, Theme, chart};
use crate::metrics::{self, Predictions, Request, Sample, Score, Task};
use crate::plan;
use crate::train::Feeds;
use crate::train::event;
use crate::train::scoring::Question;

use super::execute::first_error;
use super::trained::Trained;

/// Steps at which a schedule is drawn, at most.
const SCHEDULE_POINTS: u64 = 600;
/// Distributions in one picture; more can't be told apart.
const GROUPS: usize = 6;
/// Pictures of distributions, at most.
const PICTURES: usize = 8;
/// Curves of classes in one picture.
const CLASS_CURVES: usize = 10;
/// Rows whose activations are looked at.
const ACTIVATION_ROWS: usize = 500;
/// Bins of a calibration plot.
const BINS: usize = 10;

/// A figure with axes, or a diagram.
#[derive(Debug, Clone)]
pub enum Picture {
    Figure(Box<Figure>),
    Diagram(Diagram),
}

impl From<Figure> for Picture {
    fn from(figure: Figure) -> Picture {
        Picture::Figure(Box::new(figure))
    }
}

impl Picture {
    /// As a file with this ending, `svg` or `png`.
    pub fn bytes(&self, ending: &str, theme: Theme) -> Result<Vec<u8>, Diagnostic> {
        match (self, ending) {
            (Picture::Figure(f), "png") => f.png(f.natural_size(), theme).map_err(Diagnostic::from),
            (Picture::Figure(f), _) => Ok(f.svg(f.natural_size()).into_bytes()),
            (Picture::Diagram(d), "png") => d.png(theme).map_err(Diagnostic::from),
            (Picture::Diagram(d), _) => Ok(d.svg().into_bytes()),
        }
    }

    /// In characters.
    pub fn terminal(&self, columns: usize, rows: usize, color: bool) -> String {
        match self {
            Picture::Figure(f) => f.terminal(columns, rows, color),
            Picture::Diagram(d) => d.terminal(columns, color),
        }
    }
}

/// What trainings reported by epoch, and their rate by step; `None` for other names.
pub(super) fn history(name: &str, trained: &[&Trained]) -> Option<Figure> {
    let [only] = trained else { return histories(name, trained) };
    if name == "lr" {
        return Some(chart::schedule("lr", vec![(String::new(), rates(only))]));
    }
    let state = &only.run.state;
    let kept = state.keep_best.map(|_| state.keep_epoch as f64);
    Some(chart::training_curves(name, curves(name, only)?, kept))
}

/// A line for each training, under its name; a second one for its val rows.
fn histories(name: &str, trained: &[&Trained]) -> Option<Figure> {
    if name == "lr" {
        return Some(chart::schedule("lr", trained.iter().map(|t| (t.name.to_string(), rates(t))).collect()));
    }
    let of_rows = |t: &Trained, rows: &str| match rows {
        "val" if name == "loss" => format!("{} val", t.name),
        _ => t.name.to_string(),
    };
    let mut series = Vec::new();
    for one in trained {
        series.extend(curves(name, one)?.into_iter().map(|(rows, points)| (of_rows(one, &rows), points)));
    }
    Some(chart::training_curves(name, series, None))
}

/// The name of a line and its points.
type Curve = (String, Vec<(f64, f64)>);

/// A metric of a training by epoch, of its training rows and of its val rows, as far as it was measured.
fn curves(name: &str, trained: &Trained) -> Option<Vec<Curve>> {
    let epochs = &trained.run.state.history.epochs;
    let by_epoch = |of: &dyn Fn(&crate::train::EpochRecord) -> Option<f64>| -> Vec<(f64, f64)> {
        epochs.iter().filter_map(|e| Some((e.epoch as f64, of(e)?))).collect()
    };
    let val = by_epoch(&|e| e.val.iter().find(|(n, _)| n == name).map(|(_, x)| *x));
    let mut series = Vec::new();
    if name == "loss" {
        series.push(("train".to_string(), by_epoch(&|e| Some(e.loss))));
    } else if val.is_empty() {
        return None;
    }
    if !val.is_empty() {
        series.push(("val".to_string(), val));
    }
    Some(series)
}

/// The rate of each step that was taken, or of some of them, the last included.
fn rates(trained: &Trained) -> Vec<(f64, f64)> {
    let run = &trained.run;
    let steps = run.state.step;
    let per_epoch = run.batches_per_epoch().div_ceil(run.setup.item.accumulate.max(1) as u64).max(1);
    let points = steps.min(SCHEDULE_POINTS);
    let last = points.saturating_sub(1).max(1);
    let at = |i: u64| i * steps.saturating_sub(1) / last;
    (0..points).map(at).map(|step| (step as f64, run.rate_at(step, step / per_epoch))).collect()
}

/// Distributions of the trained weights, a group for each tensor.
pub(super) fn weights(trained: &Trained) -> Vec<Picture> {
    let parts = &trained.run.setup.plan.parts;
    let is_weight =
        |path: &str| parts.iter().any(|p| *p.path == *path && p.role == crate::check::elaborate::Role::Parameter);
    let tensors = trained.run.tensors().into_iter().filter(|(path, ..)| is_weight(path));
    let (several, single): (Vec<_>, Vec<_>) = tensors.partition(|(_, _, values)| values.len() > 1);
    // One number has no distribution, unless there is nothing else.
    let shown = if several.is_empty() { single } else { several };
    let groups = shown.into_iter().map(|(path, _, values)| (path.to_string(), numbers(&values)));
    distributions("weight", "weights", groups.collect())
}

/// Distributions of what the layers give for some rows, a group for each.
pub(super) fn activations(trained: &Trained, rows: &[u32]) -> Result<Vec<Picture>, String> {
    let setup = &trained.run.setup;
    let unknown = || "its layers can't be computed one by one".to_string();
    let found = plan::activations(&trained.world, &setup.item, &setup.plan).ok_or_else(unknown)?;
    let mut arena = vec![0.0f32; setup.plan.arena];
    for (path, _, values) in trained.run.tensors() {
        let part = setup.plan.parts.iter().find(|p| p.path == path).ok_or_else(unknown)?;
        arena.get_mut(part.range()).ok_or_else(unknown)?.copy_from_slice(&values);
    }
    // Evenly spaced, so that the order of the rows does not matter much.
    let count = rows.len().min(ACTIVATION_ROWS);
    let some: Vec<u32> = (0..count).filter_map(|i| rows.get(i * rows.len() / count.max(1)).copied()).collect();
    let mut feeds = Feeds::of_dataset(&found.feeds, &setup.data, &setup.models).ok_or_else(unknown)?;
    feeds.gather(&some);
    let scalars = vec![0.0f32; found.program.scalars.len()];
    let batch = feeds.batch();
    let mut call =
        reference::Call { rows: some.len(), key: Key(0), inputs: &batch, scalars: &scalars, arena: &mut arena };
    let outcome = reference::run(&found.program, &mut call).map_err(|f| f.what)?;
    let groups = found
        .layers
        .iter()
        .zip(&outcome.outputs)
        .map(|((path, layer), values)| (format!("{path} {layer}"), values.iter().map(|x| f64::from(*x)).collect()));
    Ok(distributions("activation", "activations", groups.collect()))
}

fn numbers(values: &[f32]) -> Vec<f64> {
    values.iter().map(|x| f64::from(*x)).collect()
}

/// A picture for each handful of groups.
fn distributions(label: &str, counted: &str, groups: Vec<(String, Vec<f64>)>) -> Vec<Picture> {
    let all = groups.len();
    let mut pictures: Vec<Figure> = groups
        .chunks(GROUPS)
        .take(PICTURES)
        .map(|some| {
            let mut figure = chart::histogram(label, "", counted, some.to_vec());
            figure.title = match some {
                [(only, _)] => format!("Distribution of {counted}: {only}"),
                _ => format!("Distributions of {counted}"),
            };
            figure
        })
        .collect();
    let left = all.saturating_sub(GROUPS * PICTURES);
    if let (Some(last), true) = (pictures.last_mut(), left > 0) {
        let more = format!("{left} more are not shown");
        last.note = if last.note.is_empty() { more } else { format!("{}; {more}", last.note) };
    }
    pictures.into_iter().map(Picture::from).collect()
}

/// The metric by which importance is measured unless another is named.
pub(super) fn usual_metric(questions: &[Question], scored: usize) -> Option<Asked> {
    let question = questions.iter().find(|q| q.answer == scored)?;
    let name = match question.task {
        Task::Binary => "roc_auc",
        Task::Classes => "accuracy",
        Task::Regression => "r2",
    };
    let field = (questions.len() > 1).then(|| question.field.clone());
    metrics::find_metric(name).map(|m| Asked { field, measure: Measure::Known(Request::plain(m)) })
}

pub(super) fn importance(found: &event::Importance) -> Figure {
    let feature =
        |c: &event::ColumnImportance| chart::Importance { feature: c.column.clone(), mean: c.mean, std: c.deviation };
    chart::importance(found.columns.iter().map(feature).collect(), &found.metric)
}

/// What a training said of some rows, and what is known of them.
pub(super) struct Subject<'a> {
    pub name: &'a str,
    pub sample: Sample<'a>,
    pub classes: &'a [String],
    pub target: &'a str,
    /// If it was fitted.
    pub threshold: Option<f64>,
    /// What a miss and a false alarm cost, for each row.
    pub costs: Option<(&'a [f64], &'a [f64])>,
}

/// What a miss and a false alarm cost, for each row.
type Costs = (Vec<f64>, Vec<f64>);

/// What a miss and a false alarm cost for each of these rows of a training's own data, where its threshold is by cost.
pub(super) fn costs(trained: &Trained, rows: &[u32]) -> Result<Option<Costs>, Diagnostic> {
    let item = &trained.run.setup.item;
    let drawn = trained.scored().and_then(|i| trained.run.forward.answers.get(i));
    let mut of_drawn = item.threshold.iter().filter(|t| drawn.is_some_and(|a| a.name == t.field));
    let Some(threshold) = of_drawn.find(|t| t.rule.per_row.contains(&"miss")) else { return Ok(None) };
    let data = &trained.run.setup.data;
    let column = |name: &str| {
        let all = data.raw_number(name)?;
        Some(rows.iter().map(|&r| all.get(r as usize).copied().unwrap_or(f64::NAN)).collect::<Vec<f64>>())
    };
    let cost = |name: &str| match threshold.per_row.iter().find(|(n, _)| &**n == name) {
        Some((_, expr)) => row_expression::evaluate(&trained.world, &item.data, expr, rows.len(), &column)
            .map_err(|p| first_error(p, threshold.span)),
        None => Ok(vec![threshold.args.real(name).unwrap_or(1.0); rows.len()]),
    };
    Ok(Some((cost("miss")?, cost("alarm")?)))
}

/// A picture of rows by its name; of several trainings for `roc` and `pr`, else of the first. Why not, if they have none.
pub(super) fn of_rows(name: &str, subjects: &[Subject<'_>]) -> Result<Figure, String> {
    let Some(first) = subjects.first() else { return Err("there is nothing to draw".into()) };
    let task = first.sample.predicted.task();
    match (name, task) {
        ("roc", Task::Binary) => roc(subjects),
        ("pr", Task::Binary) => pr(subjects),
        ("roc" | "pr", Task::Classes) => class_curves(name, first),
        ("calibration", Task::Binary) => calibration(first),
        ("confusion", Task::Binary | Task::Classes) => confusion(first),
        ("cost", Task::Binary) => cost(first),
        ("predicted", Task::Regression) => {
            Ok(chart::predicted_vs_true(pairs(first, |truth, p| (truth, p)), first.target, ""))
        }
        ("residuals", Task::Regression) => {
            Ok(chart::residuals(pairs(first, |truth, p| (p, truth - p)), first.target, ""))
        }
        _ => Err("it is for another kind of target".into()),
    }
}

fn pairs(subject: &Subject<'_>, of: impl Fn(f64, f64) -> (f64, f64)) -> Vec<(f64, f64)> {
    let Predictions::Number { value } = subject.sample.predicted else { return vec![] };
    subject.sample.target.iter().zip(value).map(|(y, p)| of(*y, *p)).collect()
}

fn score(metric: &str, sample: &Sample<'_>) -> f64 {
    let score = metrics::find_metric(metric).and_then(|m| Request::plain(m).score(sample).number());
    score.unwrap_or(f64::NAN)
}

/// Weights of positive and negative rows, and those of them that are decided yes at a threshold.
fn decided(sample: &Sample<'_>, threshold: f64) -> [f64; 4] {
    let Predictions::Binary { prob } = sample.predicted else { return [f64::NAN; 4] };
    let mut sums = [0.0; 4];
    for ((p, y), w) in prob.iter().zip(sample.target).zip(sample.weights()) {
        let negative = usize::from(*y < 0.5);
        sums[negative] += w;
        sums[2 + negative] += if *p >= threshold { w } else { 0.0 };
    }
    sums
}

fn roc_points(sample: &Sample<'_>) -> Result<Vec<(f64, f64)>, &'static str> {
    let curve = metrics::roc_curve(sample)?;
    Ok(curve.false_positive_rate.into_iter().zip(curve.true_positive_rate).collect())
}

fn pr_points(sample: &Sample<'_>) -> Result<Vec<(f64, f64)>, &'static str> {
    let curve = metrics::pr_curve(sample)?;
    Ok(curve.recall.into_iter().zip(curve.precision).collect())
}

/// The threshold's place on the curve, if there is only one curve and the threshold was fitted.
fn operating_point(subjects: &[Subject<'_>], at: impl Fn([f64; 4]) -> (f64, f64)) -> Option<chart::OperatingPoint> {
    let [only] = subjects else { return None };
    let threshold = only.threshold?;
    let at = at(decided(&only.sample, threshold));
    (at.0.is_finite() && at.1.is_finite()).then_some(chart::OperatingPoint { threshold, at })
}

fn roc(subjects: &[Subject<'_>]) -> Result<Figure, String> {
    let ranking = |s: &Subject<'_>| {
        let points = roc_points(&s.sample)?;
        Ok(chart::Ranking { name: s.name.to_string(), points, score: score("roc_auc", &s.sample) })
    };
    let rankings = subjects.iter().map(ranking).collect::<Result<Vec<_>, &str>>()?;
    let chosen = operating_point(subjects, |[positive, negative, hits, alarms]| (alarms / negative, hits / positive));
    Ok(chart::roc(rankings, chosen))
}

fn pr(subjects: &[Subject<'_>]) -> Result<Figure, String> {
    let ranking = |s: &Subject<'_>| {
        let points = pr_points(&s.sample)?;
        Ok(chart::Ranking { name: s.name.to_string(), points, score: score("pr_auc", &s.sample) })
    };
    let rankings = subjects.iter().map(ranking).collect::<Result<Vec<_>, &str>>()?;
    let prevalence = subjects.first().map(|s| {
        let [positive, negative, ..] = decided(&s.sample, 0.5);
        positive / (positive + negative)
    });
    let chosen = operating_point(subjects, |[positive, _, hits, alarms]| (hits / positive, hits / (hits + alarms)));
    Ok(chart::pr(rankings, prevalence, chosen))
}

/// Each class against the rest; the classes that are told apart worst, if there are many.
fn class_curves(name: &str, subject: &Subject<'_>) -> Result<Figure, String> {
    let Predictions::Classes { prob, classes } = subject.sample.predicted else {
        return Err("it is for classes".into());
    };
    let mut rankings: Vec<chart::Ranking> = Vec::new();
    for class in 0..classes {
        let own: Vec<f64> = prob.iter().skip(class).step_by(classes.max(1)).copied().collect();
        let target: Vec<f64> =
            subject.sample.target.iter().map(|y| f64::from(u8::from(*y as usize == class))).collect();
        let sample =
            Sample { weight: subject.sample.weight, ..Sample::new(Predictions::Binary { prob: &own }, &target) };
        let (points, metric) = match name {
            "roc" => (roc_points(&sample), "roc_auc"),
            _ => (pr_points(&sample), "pr_auc"),
        };
        // A class without rows has no curve.
        let Ok(points) = points else { continue };
        let label = subject.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
        rankings.push(chart::Ranking { name: label, points, score: score(metric, &sample) });
    }
    if rankings.is_empty() {
        return Err("no class has rows in it and outside of it".into());
    }
    let all = rankings.len();
    if all > CLASS_CURVES {
        rankings.sort_by(|a, b| a.score.total_cmp(&b.score));
        rankings.truncate(CLASS_CURVES);
    }
    let several = rankings.len() > 1;
    let mut figure = if name == "roc" { chart::roc(rankings, None) } else { chart::pr(rankings, None, None) };
    if several {
        figure.title = format!("{}, each class against the rest", figure.title);
    }
    if all > CLASS_CURVES {
        figure.note = format!("the {CLASS_CURVES} of {all} classes with the lowest scores");
    }
    Ok(figure)
}

fn calibration(subject: &Subject<'_>) -> Result<Figure, String> {
    let bins = metrics::calibration_bins(&subject.sample, BINS)?;
    let bin = |b: &metrics::CalibrationBin| chart::CalibrationBin {
        predicted: b.mean_predicted,
        observed: b.observed,
        rows: b.weight.round().max(0.0) as usize,
    };
    let brier = Some(score("brier", &subject.sample)).filter(|b| b.is_finite());
    Ok(chart::calibration(&bins.iter().map(bin).collect::<Vec<_>>(), brier))
}

fn confusion(subject: &Subject<'_>) -> Result<Figure, String> {
    let found = metrics::find_metric("confusion").map(|m| Request::plain(m).score(&subject.sample));
    let table = match found {
        Some(Score::Table(table)) => table,
        Some(Score::Undefined(why)) => return Err(why.into()),
        _ => return Err("there is no table".into()),
    };
    let n = table.rows.labels.len();
    let cell = |r: usize, c: usize| table.cell(r, c).unwrap_or(0.0).round().max(0.0) as u64;
    let counts: Vec<Vec<u64>> = (0..n).map(|r| (0..n).map(|c| cell(r, c)).collect()).collect();
    let name = |i: usize| subject.classes.get(i).cloned().unwrap_or_else(|| i.to_string());
    Ok(chart::confusion(&counts, &(0..n).map(name).collect::<Vec<_>>()))
}

/// The cost of deciding at each threshold; between two scores all thresholds decide alike.
fn cost(subject: &Subject<'_>) -> Result<Figure, String> {
    let Some((miss, alarm)) = subject.costs else { return Err("the training does not say what mistakes cost".into()) };
    let curve = metrics::cost_curve(&subject.sample, miss, alarm)?;
    let starts = std::iter::once(0.0).chain(curve.threshold.iter().copied());
    let mut points: Vec<(f64, f64)> = starts.zip(curve.cost.iter().copied()).collect();
    points.extend(curve.cost.last().map(|last| (1.0, *last)));
    let chosen = subject.threshold.and_then(|t| {
        let at = curve.threshold.partition_point(|score| *score < t);
        Some((t, *curve.cost.get(at)?))
    });
    Ok(chart::threshold_cost(points, chosen, ""))
}
