use std::ops::Range;
use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};
use crate::text::closest;

use super::bad_cells::BadCells;
use super::cells::{Cells, Decode, answers, classes};
use super::cross::crossed_levels;
use super::dataset::{Block, TargetColumn};
use super::fitted::{Fill, Fitted, FittedPiece, FittedTarget};
use super::folds::NO_FOLD;
use super::raw::Levels;
use super::step::{run, run_training};
use super::transforms::Values;
use super::unforeseen::Unforeseen;
use super::{Kind, RawColumn, RawTable, TargetKind};

/// Features that are computed at a time: few enough for the caches.
const CHUNK: usize = 1 << 15;
/// Rows whose features are put side by side together.
const FEW: usize = 16;

/// A fit tied to the columns of one table, whatever their order there.
#[derive(Debug)]
pub struct Bound<'a> {
    fitted: &'a Fitted,
    /// For each input, for each piece.
    cells: Vec<Vec<Cells<'a>>>,
    table: &'a RawTable,
    /// Of the rows of its own data: what transforms that see the target give them depends on their folds.
    folds: Option<&'a [u8]>,
}

/// A row that can't be given to the model, and why. Its features hold what could be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// From 0, in the table.
    pub row: u32,
    pub column: String,
    pub message: String,
}

impl Fitted {
    /// Finds the needed columns of a table. A column that is not there, or that has other cells than numbers where
    /// numbers are needed, is an error; unseen levels and missing cells are fine, and counted in a warning where
    /// the model was not made for them. Further columns are ignored; targets need not be there.
    pub fn bind<'a>(&'a self, table: &'a RawTable, problems: &mut Problems) -> Option<Bound<'a>> {
        let mut found = Problems::default();
        let bound = self.bind_quietly(table, &mut found);
        if let Some(bound) = &bound {
            bound.unforeseen().warn(self, &mut found);
        }
        problems.extend(found);
        bound
    }

    /// The same without the warnings.
    pub fn bind_quietly<'a>(&'a self, table: &'a RawTable, problems: &mut Problems) -> Option<Bound<'a>> {
        let mut sound = true;
        let mut cells = Vec::new();
        for input in &self.inputs {
            let of = input.pieces.iter().filter_map(|piece| {
                let cells = bind_piece(piece, table, problems);
                sound &= cells.is_some();
                cells
            });
            cells.push(of.collect());
        }
        for target in &self.targets {
            sound &= target_is_sound(target, table, problems);
        }
        sound.then_some(Bound { fitted: self, cells, table, folds: None })
    }

    /// Computes anew what blocks of all rows have of one column, from a table where that column is another one.
    ///
    /// `other` needs only the columns that are read together with it. A row that can't be used keeps what could be
    /// computed.
    ///
    /// # Errors
    /// If cells of the column can't be read.
    pub fn refill(&self, blocks: &mut [Block], column: &str, other: &RawTable) -> Result<(), Diagnostic> {
        let rows: Vec<u32> = (0..other.rows() as u32).collect();
        for (input, block) in self.inputs.iter().zip(blocks) {
            let width = block.width;
            for (piece, place) in input.pieces.iter().zip(&block.pieces) {
                if width == 0 || !piece.reads().any(|name| name == column) {
                    continue;
                }
                let mut problems = Problems::default();
                let Some(cells) = bind_piece(piece, other, &mut problems) else {
                    let first = problems.sorted().into_iter().next();
                    return Err(first.unwrap_or_else(|| Diagnostic::new(&codes::DATA, "these rows can't be used")));
                };
                let values = Arc::make_mut(&mut block.values);
                let chunk = chunk(width);
                for (rows, out) in rows.chunks(chunk).zip(values.chunks_mut(chunk * width)) {
                    let of = RowsOf { rows, span: span(rows), piece, at: place.at, folds: None };
                    let mut features = Vec::new();
                    of.features(&cells, &mut features, &mut Vec::new());
                    put_side_by_side(out, width, &features);
                }
            }
        }
        Ok(())
    }

    /// The columns that some features are made of together with this one, itself included.
    pub fn read_with(&self, column: &str) -> Vec<&str> {
        let pieces = self.inputs.iter().flat_map(|input| &input.pieces);
        let mut names: Vec<&str> =
            pieces.filter(|p| p.reads().any(|name| name == column)).flat_map(|p| p.reads()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn bind_piece<'a>(piece: &FittedPiece, table: &'a RawTable, problems: &mut Problems) -> Option<Cells<'a>> {
    if let Decode::Cross { of } = &piece.decode {
        return bind_cross(piece, of, table, problems);
    }
    let column = found(&piece.column, table, problems)?;
    let kind = piece.decode.kind();
    let bad = BadCells::of(column, &kind, piece.decode.pair().as_ref());
    if bad.count > 0 {
        problems.push(bad.diagnostic(column, &kind, None));
        return None;
    }
    let mut cells = Cells::of(column, &piece.decode);
    piece.fill.prepare(&mut cells);
    Some(cells)
}

/// The crossed levels of a table that has the columns they are made of.
fn bind_cross<'a>(
    piece: &FittedPiece,
    of: &[String],
    table: &'a RawTable,
    problems: &mut Problems,
) -> Option<Cells<'a>> {
    let mut cells = match table.column(&piece.column).filter(|column| column.crossed() == Some(of)) {
        Some(column) => Cells::of(column, &Decode::Level),
        None => {
            let columns: Vec<&RawColumn> = of.iter().filter_map(|name| found(name, table, problems)).collect();
            if columns.len() < of.len() {
                return None;
            }
            let levels = crossed_levels(&columns);
            Cells::Levels { names: levels.names, codes: levels.codes.into() }
        }
    };
    piece.fill.prepare(&mut cells);
    Some(cells)
}

/// A column that the model needs.
fn found<'a>(name: &str, table: &'a RawTable, problems: &mut Problems) -> Option<&'a RawColumn> {
    let column = table.column(name).map(|column| &**column);
    if column.is_none() {
        let message = format!("the data has no column `{name}`, which the model needs");
        let diagnostic = Diagnostic::new(&codes::UNKNOWN_COLUMN, message);
        problems.push(match closest(name, table.names()) {
            Some(near) => diagnostic.help(format!("it has `{near}`: rename it if that is the same")),
            None => diagnostic.help("add it; single cells of it may be empty"),
        });
    }
    column
}

/// Whether the target's cells, where the table has them, are what the model was trained on.
fn target_is_sound(target: &FittedTarget, table: &RawTable, problems: &mut Problems) -> bool {
    let mut sound = true;
    for (i, column) in target.columns.iter().enumerate().filter_map(|(i, name)| Some((i, table.column(name)?))) {
        let (kind, pair) = match &target.kind {
            TargetKind::Binary { pairs } => (Kind::Binary { positive: None }, pairs.get(i)),
            TargetKind::Number => (Kind::Number, None),
            TargetKind::Label { classes } => {
                sound &= classes_are_known(column, classes, problems);
                continue;
            }
        };
        let bad = BadCells::of(column, &kind, pair);
        if bad.count > 0 {
            problems.push(bad.diagnostic(column, &kind, None));
            sound = false;
        }
    }
    sound
}

fn classes_are_known(column: &RawColumn, names: &[String], problems: &mut Problems) -> bool {
    let of = classes(column, names);
    let codes = &column.levels().codes;
    let Some(row) = of.iter().zip(codes).position(|(class, code)| class.is_nan() && *code != Levels::MISSING) else {
        return true;
    };
    let message = format!(
        "row {} of `{}` is `{}`, a class that the training rows did not have",
        row + 1,
        column.name,
        column.cell(row)
    );
    problems.push(Diagnostic::new(&codes::DATA_CELL, message).help(format!("the classes are {}", names.join(", "))));
    false
}

impl<'a> Bound<'a> {
    /// The same for the rows that it was fitted on, by their folds.
    pub(super) fn in_folds(self, folds: Option<&'a [u8]>) -> Self {
        Bound { folds, ..self }
    }
}

impl Bound<'_> {
    pub fn rows(&self) -> usize {
        self.table.rows()
    }

    /// The inputs of these rows of the table, in the order of `rows`, and the rows that can't be used.
    pub fn blocks(&self, rows: &[u32]) -> (Vec<Block>, Vec<RowProblem>) {
        let mut problems = Vec::new();
        let inputs = self.fitted.inputs.iter().zip(&self.cells);
        let blocks = inputs.map(|(input, cells)| {
            let pieces = input.layout();
            let width = input.raw_width();
            let mut values = vec![0.0; rows.len() * width];
            if width > 0 {
                let chunk = chunk(width);
                for (rows, out) in rows.chunks(chunk).zip(values.chunks_mut(chunk * width)) {
                    let (span, mut features) = (span(rows), Vec::new());
                    for ((piece, cells), place) in input.pieces.iter().zip(cells).zip(&pieces) {
                        let folds = self.folds.filter(|_| piece.sees_target());
                        let of = RowsOf { rows, span: span.clone(), piece, at: place.at, folds };
                        of.features(cells, &mut features, &mut problems);
                    }
                    put_side_by_side(out, width, &features);
                }
            }
            Block { name: input.name.clone(), rows: rows.len(), width, values: Arc::new(values), pieces }
        });
        let blocks = blocks.collect();
        problems.sort_by_key(|p: &RowProblem| p.row);
        (blocks, problems)
    }

    /// The targets that the table has, for these rows; NaN where the cell is missing.
    pub fn targets(&self, rows: &[u32]) -> Vec<TargetColumn> {
        self.fitted.targets.iter().filter_map(|target| target_column(target, self.table, rows)).collect()
    }

    /// What the training rows did not have.
    pub fn unforeseen(&self) -> Unforeseen {
        Unforeseen::of(self.fitted, &self.cells, self.rows())
    }
}

/// Rows that are transformed together.
fn chunk(width: usize) -> usize {
    (CHUNK / width.max(1)).max(FEW)
}

/// The rows as a range, if they follow each other.
fn span(rows: &[u32]) -> Option<Range<usize>> {
    let first = *rows.first()?;
    let follows = rows.iter().zip(first..).all(|(row, next)| *row == next);
    follows.then(|| first as usize..first as usize + rows.len())
}

/// Features that stand beside each other in a block, of some rows one behind the other.
struct Features {
    at: usize,
    width: usize,
    values: Vec<f32>,
}

/// Puts the features of a piece behind those of another into the rows of a block of this width.
fn put_side_by_side(out: &mut [f32], width: usize, features: &[Features]) {
    for (i, out) in out.chunks_mut(FEW * width).enumerate() {
        for of in features {
            let values = of.values.get(i * FEW * of.width..).unwrap_or_default();
            if of.width == 1 {
                let places = out.iter_mut().skip(of.at).step_by(width);
                places.zip(values).for_each(|(out, value)| *out = *value);
                continue;
            }
            for (row, values) in out.chunks_exact_mut(width).zip(values.chunks_exact(of.width.max(1))) {
                let place = row.get_mut(of.at..of.at + of.width);
                place.into_iter().for_each(|place| place.copy_from_slice(values));
            }
        }
    }
}

/// One piece in some rows.
struct RowsOf<'a> {
    rows: &'a [u32],
    /// The same rows, if they follow each other.
    span: Option<Range<usize>>,
    piece: &'a FittedPiece,
    /// Where the piece stands in a block.
    at: usize,
    folds: Option<&'a [u8]>,
}

impl RowsOf<'_> {
    fn features(&self, cells: &Cells, out: &mut Vec<Features>, problems: &mut Vec<RowProblem>) {
        let gathered = match &self.span {
            Some(span) => cells.span(span.clone()),
            None => cells.gather(self.rows),
        };
        if let (Fill::Error, Values::Levels { codes, .. }) = (&self.piece.fill, &gathered) {
            for (i, _) in codes.iter().enumerate().filter(|(_, code)| **code == Levels::MISSING) {
                problems.push(self.problem(i, missing(&self.piece.column)));
            }
        }
        let missing = self.piece.flag().then(|| gathered.numbers().iter().map(|x| f32::from(x.is_nan())).collect());
        let values = self.piece.fill.fill(gathered);
        let folds = self.folds.map(|folds| {
            self.rows.iter().map(|&row| folds.get(row as usize).copied().unwrap_or(NO_FOLD)).collect::<Vec<_>>()
        });
        let values = match folds {
            Some(folds) => run_training(&self.piece.steps, values, &folds),
            None => run(&self.piece.steps, values),
        };
        let (width, values) = match values {
            Values::Numbers(x) | Values::Times(x) => (1, x.iter().map(|x| *x as f32).collect()),
            Values::Dense { width, values } => (width, values),
            Values::Index(indices) => (1, indices.iter().map(|i| *i as f32).collect()),
            Values::Levels { .. } => (0, Vec::new()),
        };
        self.check(width, &values, cells, problems);
        out.push(Features { at: self.at, width, values });
        if let Some(values) = missing {
            let at = self.at + self.piece.kind().raw_width() - 1;
            out.push(Features { at, width: 1, values });
        }
    }

    /// Reports rows with features that are not finite.
    fn check(&self, width: usize, values: &[f32], cells: &Cells, problems: &mut Vec<RowProblem>) {
        if values.iter().fold(true, |all, x| all & x.is_finite()) {
            return;
        }
        for (i, _) in values.chunks(width.max(1)).enumerate().filter(|(_, row)| row.iter().any(|x| !x.is_finite())) {
            let column = &self.piece.column;
            let message = match self.rows.get(i).and_then(|row| cells.number(*row)) {
                Some(x) if !x.is_nan() => format!("`{column}` = {x} has no finite {}", self.chain()),
                _ => missing(column),
            };
            problems.push(self.problem(i, message));
        }
    }

    fn chain(&self) -> String {
        self.piece.steps.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(" |> ")
    }

    fn problem(&self, i: usize, message: String) -> RowProblem {
        RowProblem { row: self.rows[i], column: self.piece.column.clone(), message }
    }
}

fn missing(column: &str) -> String {
    format!("`{column}` is missing, which `missing = (… = error)` does not allow")
}

/// A target of these rows; `None` if the table lacks one of its columns.
fn target_column(target: &FittedTarget, table: &RawTable, rows: &[u32]) -> Option<TargetColumn> {
    let mut of = Vec::new();
    for (i, name) in target.columns.iter().enumerate() {
        of.push(target_numbers(&target.kind, i, table.column(name)?));
    }
    let width = of.len();
    let raw: Vec<f64> =
        rows.iter().flat_map(|&row| of.iter().map(move |c| c.get(row as usize).copied().unwrap_or(f64::NAN))).collect();
    let values = target.transform(raw.clone()).iter().map(|x| *x as f32).collect();
    Some(TargetColumn { name: target.name.clone(), kind: target.kind.clone(), width, values, raw })
}

/// A target's column in its own units: 0 or 1, the number of the class, or the number.
pub fn target_numbers(kind: &TargetKind, i: usize, column: &RawColumn) -> Vec<f64> {
    match kind {
        TargetKind::Binary { pairs } => match pairs.get(i) {
            Some((no, yes)) => answers(column, no, yes),
            None => Vec::new(),
        },
        TargetKind::Label { classes: names } => classes(column, names),
        TargetKind::Number => column.numbers().into_owned().values,
    }
}

/// What `row.<column>` is in the column's own units; `None` if it holds no numbers.
pub fn raw_number(table: &RawTable, fitted: &Fitted, decode: Option<&Decode>, column: &str) -> Option<Vec<f64>> {
    let raw = table.column(column)?;
    let of_target = fitted.targets.iter().find_map(|t| {
        let i = t.columns.iter().position(|c| c == column)?;
        Some(target_numbers(&t.kind, i, raw))
    });
    match (of_target, decode) {
        (Some(numbers), _) => Some(numbers),
        (None, Some(Decode::Binary { no, yes })) => Some(answers(raw, no, yes)),
        (None, Some(Decode::Time { format })) => {
            Some(super::cells::times(raw, format.as_deref(), |moment| moment.instant()))
        }
        _ if raw.bad_numbers() == 0 => Some(raw.numbers().into_owned().values),
        _ => None,
    }
}
