use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Problems, codes};
use crate::text::Span;

use super::apply::target_numbers;
use super::cells::{Cells, Decode};
use super::fitted::{Fill, Fitted, FittedInput, FittedPiece, FittedTarget};
use super::folds::{NO_FOLD, folds};
use super::raw::Levels;
use super::schema::made;
use super::step::{Step, run, run_training};
use super::transforms::{Training, Values};
use super::{
    Choice, DataSpec, MakeTransform, MissingCategory, MissingNumber, MissingPolicy, PieceSchema, RawTable, Schema,
    TargetKind, TargetSchema,
};

/// Rows that a transform sees at a time.
const CHUNK: usize = 1 << 14;
const REPORTED: usize = 12;

/// Fits everything on the training rows `train`; `None` after errors.
pub fn fit(
    spec: &DataSpec,
    schema: &Schema,
    table: &RawTable,
    train: &[u32],
    problems: &mut Problems,
) -> Option<Fitted> {
    let policy = Policy::of(&spec.missing, problems)?;
    let mut fitted =
        Fitted { ids: schema.ids().map(str::to_owned).collect(), marks: spec.source.marks(), ..Fitted::default() };
    let mut sound = true;
    for target in &schema.targets {
        match fit_target(target, table, train, problems) {
            Some(target) => fitted.targets.push(target),
            None => sound = false,
        }
    }
    let supervision = Supervision::of(spec, schema, table, train);
    for input in &schema.inputs {
        let mut pieces = Vec::new();
        for piece in &input.pieces {
            let supervision = supervision.as_ref();
            let fit = PieceFit { piece, table, train, supervision, span: piece.span.unwrap_or(spec.span) };
            match fit.fit(&policy, problems) {
                Some(piece) => pieces.push(piece),
                None => sound = false,
            }
        }
        fitted.inputs.push(FittedInput { name: input.name.clone(), pieces });
    }
    sound.then_some(fitted)
}

struct Policy {
    number: MissingNumber,
    category: MissingCategory,
}

impl Policy {
    fn of(policy: &MissingPolicy, problems: &mut Problems) -> Option<Policy> {
        let number = policy.number.as_ref().map_or(Ok(MissingNumber::Median { flag: true }), |c| c.make());
        let category = policy.category.as_ref().map_or(Ok(MissingCategory::Level), |c| c.make());
        match (number, category) {
            (Ok(number), Ok(category)) => Some(Policy { number, category }),
            (number, category) => {
                number.err().into_iter().chain(category.err()).for_each(|d| problems.push(d));
                None
            }
        }
    }
}

struct PieceFit<'a> {
    piece: &'a PieceSchema,
    table: &'a RawTable,
    train: &'a [u32],
    supervision: Option<&'a Supervision>,
    span: Span,
}

impl PieceFit<'_> {
    fn fit(&self, policy: &Policy, problems: &mut Problems) -> Option<FittedPiece> {
        let column = self.table.column(&self.piece.column)?;
        let decode = Decode::of(self.piece, column);
        let mut cells = Cells::of(column, &decode);
        let fill = self.fill(&cells, policy, problems)?;
        fill.prepare(&mut cells);
        let values = |rows: &[u32]| fill.fill(cells.gather(rows));
        let steps =
            fit_steps(&self.piece.transforms, self.train, values, self.supervision, &self.piece.column, problems)?;
        Some(FittedPiece { column: self.piece.column.clone(), decode, fill, steps })
    }

    /// What stands for the missing cells, from the training rows.
    fn fill(&self, cells: &Cells, policy: &Policy, problems: &mut Problems) -> Option<Fill> {
        match cells.gather(self.train) {
            Values::Numbers(x) => self.fill_number(x, policy.number, problems),
            Values::Levels { names, codes } => match policy.category {
                MissingCategory::Level => Some(Fill::Keep),
                MissingCategory::MostFrequent => Some(most_frequent(&names, &codes)),
                MissingCategory::Error => {
                    let missing = codes.iter().zip(self.train).filter(|(c, _)| **c == Levels::MISSING).map(|(_, r)| *r);
                    self.allow_none(missing.collect(), problems)
                }
            },
            _ => Some(Fill::Keep),
        }
    }

    fn fill_number(&self, x: Vec<f64>, policy: MissingNumber, problems: &mut Problems) -> Option<Fill> {
        let total = x.len();
        let present: Vec<f64> = x.iter().copied().filter(|x| !x.is_nan()).collect();
        let any_missing = present.len() < total;
        if present.is_empty() && policy != MissingNumber::Error {
            problems.push(
                Diagnostic::new(&codes::FEW_ROWS, format!("`{}` is missing in every training row", self.piece.column))
                    .at(self.span, "the model can't learn anything from it")
                    .help(format!("write `{}: drop`", self.piece.column)),
            );
        }
        let (value, wanted) = match policy {
            MissingNumber::Median { flag } => (median(present), flag),
            MissingNumber::Mean { flag } => (mean(&present), flag),
            MissingNumber::Value { value, flag } => (value, flag),
            MissingNumber::Error => {
                let missing = x.iter().zip(self.train).filter(|(x, _)| x.is_nan()).map(|(_, r)| *r);
                return self.allow_none(missing.collect(), problems);
            }
        };
        Some(Fill::Number { value, flag: wanted && any_missing, wanted })
    }

    fn allow_none(&self, missing: Vec<u32>, problems: &mut Problems) -> Option<Fill> {
        if missing.is_empty() {
            return Some(Fill::Error);
        }
        let rows: Vec<String> = missing.iter().take(REPORTED).map(|row| (row + 1).to_string()).collect();
        let more = if missing.len() > REPORTED { ", …" } else { "" };
        let message =
            format!("`{}` is missing in {} training rows: {}{more}", self.piece.column, missing.len(), rows.join(", "));
        problems.push(
            Diagnostic::new(&codes::DATA_MISSING, message)
                .at(self.span, "`missing = (… = error)` allows none")
                .help("fill the cells, drop the column, or choose another policy for missing cells"),
        );
        None
    }
}

/// What fits that look at the target need: the first target of all rows, and the folds of the training rows.
pub struct Supervision {
    kind: TargetKind,
    target: Vec<f64>,
    pub folds: Vec<u8>,
}

impl Supervision {
    /// `None` if no transform asks for it, or if the first target is not one column.
    pub fn of(spec: &DataSpec, schema: &Schema, table: &RawTable, train: &[u32]) -> Option<Supervision> {
        let mut transforms = schema.inputs.iter().flat_map(|input| &input.pieces).flat_map(|piece| &piece.transforms);
        if !transforms.any(|choice| choice.make().is_ok_and(|t| t.sees_target())) {
            return None;
        }
        let first = schema.targets.first().filter(|target| target.columns.len() == 1)?;
        let target = target_numbers(&first.kind, 0, table.column(&first.columns[0])?);
        let folds = folds(spec, table, train, &target, Some(&first.kind));
        Some(Supervision { kind: first.kind.clone(), target, folds })
    }

    fn rows(&self, rows: &[u32]) -> (Vec<f64>, Vec<u8>) {
        let target = rows.iter().map(|&row| self.target.get(row as usize).copied().unwrap_or(f64::NAN));
        let folds = rows.iter().map(|&row| self.folds.get(row as usize).copied().unwrap_or(NO_FOLD));
        (target.collect(), folds.collect())
    }
}

/// Fits one transform after the other, each on what the ones before it give.
fn fit_steps(
    transforms: &[Choice<MakeTransform>],
    train: &[u32],
    values: impl Fn(&[u32]) -> Values,
    supervision: Option<&Supervision>,
    column: &str,
    problems: &mut Problems,
) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let choices_see_target = transforms.iter().any(|c| c.make().is_ok_and(|t| t.sees_target()));
    for choice in transforms {
        let mut transform = match made(choice, supervision.map(|s| &s.kind)) {
            Ok(transform) => transform,
            Err(diagnostic) => {
                problems.push(diagnostic);
                return None;
            }
        };
        for rows in train.chunks(CHUNK) {
            match supervision.filter(|_| choices_see_target) {
                Some(supervision) => {
                    let (target, folds) = supervision.rows(rows);
                    let values = run_training(&steps, values(rows), &folds);
                    transform.absorb_training(&values, Training { target: &target, folds: &folds });
                }
                None => transform.absorb(&run(&steps, values(rows))),
            }
        }
        if let Err(why) = transform.finish() {
            problems.push(
                Diagnostic::new(&codes::DATA_FIT, format!("{why} (column `{column}`)"))
                    .at(choice.span, format!("for `{column}`")),
            );
            return None;
        }
        steps.push(Step { name: choice.row.name, transform });
    }
    Some(steps)
}

fn fit_target(target: &TargetSchema, table: &RawTable, train: &[u32], problems: &mut Problems) -> Option<FittedTarget> {
    let mut steps = Vec::new();
    if target.kind == TargetKind::Number {
        // A target of several columns has one scale: they are one quantity, so that undoing needs no column.
        let columns = target.columns.iter().filter_map(|name| table.column(name));
        let columns: Vec<_> = columns.map(|column| column.numbers()).collect();
        let of = |row: u32| columns.iter().map(move |c| c.values.get(row as usize).copied().unwrap_or(f64::NAN));
        let values = |rows: &[u32]| Values::Numbers(rows.iter().flat_map(|&row| of(row)).collect());
        steps = fit_steps(&target.transforms, train, values, None, &target.name, problems)?;
    }
    Some(FittedTarget { name: target.name.clone(), columns: target.columns.clone(), kind: target.kind.clone(), steps })
}

impl Fill {
    /// Replaces missing levels, for which the level that stands for them must be known to the table.
    pub fn prepare(&self, cells: &mut Cells) {
        let (Fill::Level { name }, Cells::Levels { names, codes }) = (self, cells) else { return };
        if !codes.contains(&Levels::MISSING) {
            return;
        }
        let stand_in = names.iter().position(|n| **n == **name).unwrap_or_else(|| {
            *names = names.iter().cloned().chain([name.as_str().into()]).collect();
            names.len() - 1
        });
        for code in codes.to_mut().iter_mut().filter(|c| **c == Levels::MISSING) {
            *code = stand_in as u32;
        }
    }

    /// The values without missing numbers.
    pub fn fill(&self, mut values: Values) -> Values {
        if let (Fill::Number { value, .. }, Values::Numbers(x)) = (self, &mut values) {
            x.iter_mut().for_each(|x| *x = if x.is_nan() { *value } else { *x });
        }
        values
    }
}

/// As numpy: of an even count the mean of the two in the middle; 0 of none.
pub fn median(mut x: Vec<f64>) -> f64 {
    if x.is_empty() {
        return 0.0;
    }
    x.sort_by(f64::total_cmp);
    let half = x.len() / 2;
    if x.len() % 2 == 1 { x[half] } else { (x[half - 1] + x[half]) / 2.0 }
}

fn mean(x: &[f64]) -> f64 {
    if x.is_empty() { 0.0 } else { x.iter().sum::<f64>() / x.len() as f64 }
}

fn most_frequent(names: &[std::sync::Arc<str>], codes: &[u32]) -> Fill {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for &code in codes.iter().filter(|c| **c != Levels::MISSING) {
        *counts.entry(code).or_insert(0) += 1;
    }
    let most = counts.iter().max_by_key(|(code, count)| (**count, std::cmp::Reverse(**code)));
    match most.and_then(|(code, _)| names.get(*code as usize)) {
        Some(name) => Fill::Level { name: name.to_string() },
        None => Fill::Keep,
    }
}
