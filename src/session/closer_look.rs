//! The rows of an evaluation looked at closer: their weights, groups and slices, and which columns matter.

use std::sync::Arc;

use crate::check::measure::Asked;
use crate::check::{EvaluateItem, Slicing, row_expression};
use crate::data::{Block, Levels, RawColumn, RawTable, TargetColumn};
use crate::diag::{Diagnostic, codes};
use crate::engine::random::{Generator, Key};
use crate::metrics::{self, Score};
use crate::syntax::ast::Expr;
use crate::text::{Span, format};
use crate::train::Feeds;
use crate::train::event::{self, ColumnImportance};
use crate::train::scoring::Scene;

use super::evaluate::{label, shown};
use super::execute::{Execution, Stop, fault, first_error};
use super::trained::Trained;

/// Numbers with more distinct values than this are cut at their quartiles.
const FEW_LEVELS: usize = 12;
/// Levels beyond these, which have the most rows, are one slice.
const MOST_SLICES: usize = 20;
/// Times that a column is shuffled.
const REPEATS: usize = 5;
/// Rows on which importance is measured, at most; more change no digit that is shown.
const IMPORTANCE_ROWS: usize = 10_000;

/// Where the rows of an evaluation lie.
pub(super) struct Place {
    pub table: RawTable,
    /// Numbers of rows of the table, in the order of the sample.
    pub rows: Vec<u32>,
    /// Inputs and targets of all rows of the table, if it is not the training's own.
    pub blocks: Option<(Vec<Block>, Vec<TargetColumn>)>,
}

/// Rows with what is known of their columns.
pub(super) struct AtHand<'a> {
    pub trained: &'a Trained,
    pub of: &'a Place,
}

/// Some of the rows, by their positions in the sample.
pub(super) struct Slice {
    name: String,
    at: Vec<u32>,
}

impl Execution<'_> {
    /// The metrics of each slice, with their intervals.
    pub(super) fn slices(
        &self,
        item: &EvaluateItem,
        slices: Vec<Slice>,
        scene: &Scene<'_>,
        groups: Option<&[u32]>,
        trained: &Trained,
    ) -> Vec<event::Slice> {
        let of = |slice: Slice| {
            let part = scene.part(&slice.at);
            let scene = part.scene(scene);
            let groups: Option<Vec<u32>> =
                groups.map(|g| slice.at.iter().filter_map(|&i| g.get(i as usize).copied()).collect());
            event::Slice {
                slice: slice.name,
                rows: slice.at.len() as u64,
                metrics: shown(item, &scene, trained),
                intervals: self.intervals(item, &scene, groups.as_deref(), trained.run.setup.plan.whole_batch),
            }
        };
        slices.into_iter().map(of).collect()
    }
}

impl AtHand<'_> {
    /// The weight of each row.
    pub fn weight(&self, expr: Option<&Expr>) -> Result<Option<Vec<f64>>, Diagnostic> {
        let Some(expr) = expr else { return Ok(None) };
        let weight = self.numbers(expr)?;
        match weight.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            None => Ok(Some(weight)),
            Some(i) => {
                let row = self.of.rows.get(i).map_or(0, |r| r + 1);
                let message = format!("the weight of row {row} is {}", format::number(weight[i], 6));
                let d = Diagnostic::new(&codes::DATA_CELL, message).at(expr.span, "a weight is a number of at least 0");
                Err(d.help("`where(row.w > 0, row.w, 0)` takes such rows out"))
            }
        }
    }

    /// A number for each row that is the same for rows of one group; rows whose cell is missing are groups of their own.
    pub fn groups(&self, by: Option<&(Arc<str>, Span)>) -> Result<Option<Vec<u32>>, Diagnostic> {
        let Some((name, span)) = by else { return Ok(None) };
        let levels = self.column(name, *span)?.levels();
        let known = levels.names.len() as u32;
        let group = |&row: &u32| match levels.codes.get(row as usize) {
            Some(&code) if code != Levels::MISSING => code,
            _ => known.saturating_add(row),
        };
        Ok(Some(self.of.rows.iter().map(group).collect()))
    }

    /// The slices of all ways to cut, one after the other.
    pub fn parts(&self, slicings: &[Slicing]) -> Result<Vec<Slice>, Diagnostic> {
        let mut out = Vec::new();
        for slicing in slicings {
            out.extend(self.cut(slicing)?);
        }
        Ok(out)
    }

    fn cut(&self, slicing: &Slicing) -> Result<Vec<Slice>, Diagnostic> {
        match slicing {
            Slicing::Condition { expr, text } => {
                let holds = self.numbers(expr)?;
                let at = |wanted: bool| positions(holds.len(), |i| (holds[i] == 1.0) == wanted);
                let slices = [(text.clone(), true), (format!("not ({text})"), false)];
                let slices = slices.map(|(name, wanted)| Slice { name, at: at(wanted) });
                Ok(slices.into_iter().filter(|s| !s.at.is_empty()).collect())
            }
            Slicing::Column { name, span } => {
                let column = self.column(name, *span)?;
                let numbers = self.trained.run.setup.data.raw_number_of(&self.of.table, name);
                let ordered = numbers.filter(|_| column.levels().names.len() > FEW_LEVELS);
                Ok(match ordered {
                    Some(numbers) => self.quarters(name, column, &numbers),
                    None => self.levels(name, column),
                })
            }
        }
    }

    /// A slice for each level, those with the most rows if there are many, and one for missing cells.
    fn levels(&self, name: &str, column: &RawColumn) -> Vec<Slice> {
        let levels = column.levels();
        let mut slices: Vec<Slice> =
            levels.names.iter().map(|level| Slice { name: format!("{name} = {level}"), at: vec![] }).collect();
        let mut missing = Vec::new();
        for (i, &row) in self.of.rows.iter().enumerate() {
            let code = levels.codes.get(row as usize).copied().unwrap_or(Levels::MISSING);
            match slices.get_mut(code as usize) {
                Some(slice) => slice.at.push(i as u32),
                None => missing.push(i as u32),
            }
        }
        slices.retain(|s| !s.at.is_empty());
        if slices.len() > MOST_SLICES {
            slices.sort_by_key(|s| std::cmp::Reverse(s.at.len()));
            let rest = slices.split_off(MOST_SLICES);
            let name = format!("{name}: {} other levels", rest.len());
            slices.push(Slice { name, at: sorted(rest.into_iter().flat_map(|s| s.at).collect()) });
        }
        if !missing.is_empty() {
            slices.push(Slice { name: format!("{name} missing"), at: missing });
        }
        slices
    }

    /// Four slices with about as many rows each, and one for missing cells.
    fn quarters(&self, name: &str, column: &RawColumn, numbers: &[f64]) -> Vec<Slice> {
        let value = |row: u32| numbers.get(row as usize).copied().unwrap_or(f64::NAN);
        let mut known: Vec<u32> = self.of.rows.iter().copied().filter(|&r| !value(r).is_nan()).collect();
        known.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
        let mut bounds: Vec<u32> =
            (1..4).filter_map(|q| known.get((known.len() * q / 4).checked_sub(1)?).copied()).collect();
        bounds.dedup_by(|a, b| value(*a) == value(*b));
        let shown = |row: u32| match crate::data::is_missing(&column.cell(row as usize)) {
            true => String::new(),
            false => cell(column, row),
        };
        let mut slices = Vec::new();
        for q in 0..=bounds.len() {
            let (above, to) = (q.checked_sub(1).and_then(|b| bounds.get(b)), bounds.get(q));
            let inside = |x: f64| above.is_none_or(|a| x > value(*a)) && to.is_none_or(|t| x <= value(*t));
            let name = match (above, to) {
                (None, Some(t)) => format!("{name} up to {}", shown(*t)),
                (Some(a), Some(t)) => format!("{name} over {}, up to {}", shown(*a), shown(*t)),
                (Some(a), None) => format!("{name} over {}", shown(*a)),
                (None, None) => format!("{name} known"),
            };
            slices.push(Slice { name, at: positions(self.of.rows.len(), |i| inside(value(self.of.rows[i]))) });
        }
        let missing = positions(self.of.rows.len(), |i| value(self.of.rows[i]).is_nan());
        slices.push(Slice { name: format!("{name} missing"), at: missing });
        slices.retain(|s| !s.at.is_empty());
        slices
    }

    fn column(&self, name: &str, span: Span) -> Result<&RawColumn, Diagnostic> {
        self.of.table.column(name).map(|c| &**c).ok_or_else(|| {
            let d = Diagnostic::new(&codes::UNKNOWN_COLUMN, format!("these rows have no column `{name}`"));
            d.at(span, "not in the file").help("add the column to the file, or leave it out here")
        })
    }

    /// The value of an expression for each of the rows.
    fn numbers(&self, expr: &Expr) -> Result<Vec<f64>, Diagnostic> {
        let rows = &self.of.rows;
        let column = |name: &str| {
            let all = self.trained.run.setup.data.raw_number_of(&self.of.table, name)?;
            Some(rows.iter().map(|&r| all.get(r as usize).copied().unwrap_or(f64::NAN)).collect::<Vec<f64>>())
        };
        let (world, data) = (&self.trained.world, &self.trained.run.setup.item.data);
        row_expression::evaluate(world, data, expr, rows.len(), &column).map_err(|p| first_error(p, expr.span))
    }
}

/// The cell of a row, numbers with few digits.
pub(super) fn cell(column: &RawColumn, row: u32) -> String {
    let text = column.cell(row as usize);
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() && text.len() > 6 => format::number(x, 5),
        _ => text.to_string(),
    }
}

fn positions(rows: usize, wanted: impl Fn(usize) -> bool) -> Vec<u32> {
    (0..rows).filter(|&i| wanted(i)).map(|i| i as u32).collect()
}

fn sorted(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers
}

/// How much worse a metric becomes as each column is shuffled among the rows (Breiman 2001).
pub(super) fn importance(
    trained: &mut Trained,
    place: &Place,
    scene: &Scene<'_>,
    metric: &Asked,
) -> Result<event::Importance, Stop> {
    let mut at: Vec<u32> = (0..place.rows.len() as u32).collect();
    if at.len() > IMPORTANCE_ROWS {
        Generator::new(Key(0).named("importance rows")).shuffle(&mut at);
        at.truncate(IMPORTANCE_ROWS);
        at.sort_unstable();
    }
    let part = scene.part(&at);
    let part = part.scene(scene);
    let rows: Vec<u32> = at.iter().filter_map(|&k| place.rows.get(k as usize).copied()).collect();
    let data = trained.run.setup.data.clone();
    let (blocks, targets) = match &place.blocks {
        Some((blocks, targets)) => (blocks.as_slice(), targets.as_slice()),
        None => (data.blocks.as_slice(), data.targets.as_slice()),
    };
    let own: Vec<Block> = blocks.iter().map(|b| chosen(b, &rows)).collect();
    let targets: Vec<TargetColumn> = targets.iter().map(|t| chosen_target(t, &rows)).collect();
    let columns = columns(&own);
    let mut shuffled = own.clone();
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let item = trained.run.setup.item.clone();
    let feeds = trained.run.setup.plan.forward_feeds.clone();
    let mut failed = None;
    let rescore = |feature: usize, order: &[u32]| {
        let column = &columns[feature];
        move_column(&own, &mut shuffled, column, |row| order[row] as usize);
        let mut of = Feeds::of_blocks(&feeds, &shuffled, &targets);
        let score = match trained.run.answers_of(&mut of, &all) {
            Ok(mut answers) => {
                trained.calibrate(&mut answers);
                Scene { answers: &answers, ..part }.score(metric)
            }
            Err(f) => {
                failed.get_or_insert(f);
                Score::Undefined("no answers")
            }
        };
        // Or its numbers would be copied for the change.
        drop(of);
        move_column(&own, &mut shuffled, column, |row| row);
        score
    };
    let base = part.score(metric);
    let found = metrics::permutation_importance(metric.better(), &base, columns.len(), rows.len(), REPEATS, 0, rescore);
    if let Some(f) = failed {
        return Err(fault(f, &item).into());
    }
    let mut columns: Vec<ColumnImportance> = columns
        .into_iter()
        .zip(found)
        .filter_map(|(column, i)| i.map(|i| ColumnImportance { column, mean: i.mean, deviation: i.deviation }))
        .collect();
    columns.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(event::Importance { metric: label(metric), rows: rows.len() as u64, repeats: REPEATS as u64, columns })
}

/// The columns behind some inputs, each once.
fn columns(blocks: &[Block]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for piece in blocks.iter().flat_map(|b| &b.pieces) {
        if !out.contains(&piece.column) {
            out.push(piece.column.clone());
        }
    }
    out
}

/// Everything that one column gives to the inputs, taken from row `source(row)` of `from`.
fn move_column(from: &[Block], to: &mut [Block], column: &str, source: impl Fn(usize) -> usize) {
    for (from, to) in from.iter().zip(to) {
        let width = to.width;
        for piece in from.pieces.iter().filter(|p| p.column == column) {
            let own = piece.at..piece.at + piece.kind.raw_width();
            for (row, out) in Arc::make_mut(&mut to.values).chunks_exact_mut(width.max(1)).enumerate() {
                let start = source(row) * width;
                if let (Some(out), Some(values)) =
                    (out.get_mut(own.clone()), from.values.get(start + own.start..start + own.end))
                {
                    out.copy_from_slice(values);
                }
            }
        }
    }
}

fn chosen(block: &Block, rows: &[u32]) -> Block {
    let row = |&r: &u32| block.values.get(r as usize * block.width..(r as usize + 1) * block.width).unwrap_or(&[]);
    let values = Arc::new(rows.iter().flat_map(row).copied().collect());
    Block { name: block.name.clone(), rows: rows.len(), width: block.width, values, pieces: block.pieces.clone() }
}

fn chosen_target(target: &TargetColumn, rows: &[u32]) -> TargetColumn {
    let of = |r: &u32| *r as usize * target.width..(*r as usize + 1) * target.width;
    TargetColumn {
        name: target.name.clone(),
        kind: target.kind.clone(),
        width: target.width,
        values: rows.iter().flat_map(|r| target.values.get(of(r)).unwrap_or(&[])).copied().collect(),
        raw: rows.iter().flat_map(|r| target.raw.get(of(r)).unwrap_or(&[])).copied().collect(),
    }
}
