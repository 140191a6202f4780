use crate::diag::{Diagnostic, Problems, codes};
use crate::engine::random::{Generator, Key};

use super::cells::{classes, times};
use super::group::{Unit, units};
use super::raw::is_missing;
use super::row::{Make, Row, Table};
use super::schema::unknown_column;
use super::{Choice, DataSpec, Kind, RawTable, Schema, TargetKind, moment};

/// Row numbers of the table, each side in the order of the table; rows without a target are on no side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    pub train: Vec<u32>,
    pub val: Vec<u32>,
    pub test: Vec<u32>,
}

/// Names of the sides, in the order of [`SplitPlan::fractions`].
const SIDES: [&str; 3] = ["train", "val", "test"];

impl Split {
    /// The rows of `train`, `val` or `test`.
    pub fn side(&self, name: &str) -> Option<&[u32]> {
        match name {
            "train" => Some(&self.train),
            "val" => Some(&self.val),
            "test" => Some(&self.test),
            _ => None,
        }
    }

    /// For each of `rows` rows whether it is on any side.
    pub fn members(&self, rows: usize) -> Vec<bool> {
        let mut on = vec![false; rows];
        for &row in self.train.iter().chain(&self.val).chain(&self.test) {
            if let Some(on) = on.get_mut(row as usize) {
                *on = true;
            }
        }
        on
    }
}

/// How rows are split.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitPlan {
    pub kind: SplitKind,
    /// Of train, val and test; they sum to 1.
    pub fractions: [f64; 3],
    /// Apart from the training's seed.
    pub seed: u64,
    /// Rows with the same cell in this column stay on one side.
    pub group: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SplitKind {
    Random,
    /// Each class (of the first target) is split by itself.
    Stratified,
    /// The earliest rows are for training, the latest for testing.
    ByTime {
        column: String,
    },
    /// Each side has a source of its own.
    Given,
}

/// Ways to split rows.
pub static SPLITS: Table<Make<SplitPlan>> = Table(&[
    Row {
        name: "random",
        signature: "random(train: real in 0..1, val: real in 0..1 = 0, test: real in 0..1 = 0, seed: int = 0, group: column = none)",
        doc: "Rows in random order, cut at the fractions. `seed` is the split's own: the training's seed never moves a row. Rows with the same cell in `group` stay on one side.",
        example: "split = random(train = 80%, test = 20%)",
        make: |args, span| super::split_plan::plan(SplitKind::Random, args, span),
    },
    Row {
        name: "stratified",
        signature: "stratified(train: real in 0..1, val: real in 0..1 = 0, test: real in 0..1 = 0, seed: int = 0, group: column = none)",
        doc: "Like `random` within each class of the first target, so that every side has the same share of each.",
        example: "split = stratified(train = 70%, val = 15%, test = 15%)",
        make: |args, span| super::split_plan::plan(SplitKind::Stratified, args, span),
    },
    Row {
        name: "by_time",
        signature: "by_time(column: column, train: real in 0..1, val: real in 0..1 = 0, test: real in 0..1 = 0, group: column = none)",
        doc: "Rows in the order of a column of times or numbers, cut at the fractions: the model is tested on what came after its training. Equal times keep the order of the table. A group stands where its first row does.",
        example: "split = by_time(time, train = 70%, val = 15%, test = 15%)",
        make: |args, span| {
            let column = args.text("column").unwrap_or_default().to_owned();
            super::split_plan::plan(SplitKind::ByTime { column }, args, span)
        },
    },
    Row {
        name: "given",
        signature: "given(train: source = none, val: source = none, test: source = none, group: column = none)",
        doc: "A source for each side; without `train` the training rows are those of the item's own `source`. The first decides on the columns, which the others need too, in any order. Warns of cells of `group` that are on two sides.",
        example: "split = given(train = csv(\"train.csv\"), test = csv(\"test.csv\"))",
        make: |args, _| Ok(super::split_plan::given(args)),
    },
]);

/// Assigns rows to sides. Without a `split` all rows are for training. Rows without a target are left out, and
/// counted in a note; sides that end up empty although they were asked for are errors.
pub fn split(spec: &DataSpec, schema: &Schema, table: &RawTable, problems: &mut Problems) -> Split {
    let rows = labelled(spec, schema, table, problems);
    let Some(choice) = &spec.split else {
        return Split { train: rows, ..Split::default() };
    };
    let split = choice.make().and_then(|plan| Splitter { choice, plan: &plan, schema, table }.split(rows, problems));
    split.unwrap_or_else(|diagnostic| {
        problems.push(diagnostic);
        Split::default()
    })
}

/// The rows whose targets are all there.
fn labelled(spec: &DataSpec, schema: &Schema, table: &RawTable, problems: &mut Problems) -> Vec<u32> {
    let columns: Vec<_> =
        schema.targets.iter().flat_map(|t| &t.columns).filter_map(|name| table.column(name)).collect();
    let (kept, left): (Vec<u32>, Vec<u32>) =
        (0..table.rows() as u32).partition(|&row| !columns.iter().any(|column| is_missing(&column.cell(row as usize))));
    if !left.is_empty() {
        let span = schema.targets.first().map_or(spec.span, |t| t.span);
        let message = format!("rows without a target are left out: {} of {}", left.len(), table.rows());
        let first = left.first().map_or(0, |row| row + 1);
        problems.push(Diagnostic::new(&codes::INFERRED, message).at(span, format!("the first is row {first}")));
    }
    if kept.is_empty() {
        problems.push(Diagnostic::new(&codes::SPLIT, "no row can be trained on").at(spec.span, "all lack a target"));
    }
    kept
}

struct Splitter<'a> {
    choice: &'a Choice<Make<SplitPlan>>,
    plan: &'a SplitPlan,
    schema: &'a Schema,
    table: &'a RawTable,
}

impl Splitter<'_> {
    fn split(&self, rows: Vec<u32>, problems: &mut Problems) -> Result<Split, Diagnostic> {
        if self.plan.kind == SplitKind::Given {
            return self.given(rows, problems);
        }
        let total = rows.len();
        let group = self.plan.group.as_deref().map(|name| self.column(name)).transpose()?;
        let rows = match &self.plan.kind {
            SplitKind::ByTime { column } => self.in_time(column, rows, problems)?,
            _ => rows,
        };
        let units = units(rows, group);
        let mut sides: [Vec<u32>; 3] = Default::default();
        match &self.plan.kind {
            SplitKind::ByTime { .. } => self.cut(units, &mut sides),
            SplitKind::Random => self.cut(self.shuffled(units, 0), &mut sides),
            SplitKind::Stratified => self.stratified(units, &mut sides, problems)?,
            SplitKind::Given => {}
        }
        for (i, side) in sides.iter_mut().enumerate() {
            side.sort_unstable();
            if self.plan.fractions[i] > 0.0 && side.is_empty() {
                return Err(self.empty(SIDES[i], total));
            }
        }
        let [train, val, test] = sides;
        Ok(Split { train, val, test })
    }

    /// The rows by the source that they came from.
    fn given(&self, rows: Vec<u32>, problems: &mut Problems) -> Result<Split, Diagnostic> {
        let counts = self.table.sides().unwrap_or([rows.len(), 0, 0]);
        let (val, test) = (counts[0] as u32, (counts[0] + counts[1]) as u32);
        let mut sides: [Vec<u32>; 3] = Default::default();
        for row in rows {
            sides[usize::from(row >= val) + usize::from(row >= test)].push(row);
        }
        for (i, side) in sides.iter().enumerate().filter(|(i, _)| self.plan.fractions[*i] > 0.0) {
            if side.is_empty() {
                return Err(Diagnostic::new(&codes::SPLIT, format!("the split leaves no rows for `{}`", SIDES[i]))
                    .at(self.choice.span, "all rows of that source lack a target"));
            }
        }
        let [train, val, test] = sides;
        let split = Split { train, val, test };
        if let Some(group) = self.plan.group.as_deref().map(|name| self.column(name)).transpose()? {
            super::overlap::groups(group, &split, self.choice.span).into_iter().for_each(|d| problems.push(d));
        }
        Ok(split)
    }

    fn column(&self, name: &str) -> Result<&super::RawColumn, Diagnostic> {
        self.table.column(name).map(|c| &**c).ok_or_else(|| unknown_column(name, self.choice.span, self.table))
    }

    fn empty(&self, side: &str, rows: usize) -> Diagnostic {
        let units = if self.plan.group.is_some() { "groups" } else { "rows" };
        Diagnostic::new(&codes::SPLIT, format!("the split leaves no rows for `{side}`"))
            .at(self.choice.span, format!("there are {rows} rows, and too few {units} to cut them like this"))
            .help(format!("give `{side}` a larger part, or leave it out"))
    }

    fn shuffled(&self, mut units: Vec<Unit>, stratum: u64) -> Vec<Unit> {
        Generator::new(Key(self.plan.seed).named("split").derive(stratum)).shuffle(&mut units);
        units
    }

    /// Gives the units, in this order, to the sides.
    fn cut(&self, units: Vec<Unit>, sides: &mut [Vec<u32>; 3]) {
        let rows = units.iter().map(|u| u.rows.len()).sum();
        let mut ends = [0; 3];
        let mut end = 0;
        for (i, count) in shares(rows, &self.plan.fractions).into_iter().enumerate() {
            end += count;
            ends[i] = end;
        }
        let mut done = 0;
        for unit in units {
            // A group belongs to the side in which its middle lies.
            let middle = done + unit.rows.len().saturating_sub(1) / 2;
            let side = ends.iter().position(|&end| middle < end).unwrap_or(2);
            done += unit.rows.len();
            sides[side].extend(unit.rows);
        }
    }

    fn stratified(
        &self,
        units: Vec<Unit>,
        sides: &mut [Vec<u32>; 3],
        problems: &mut Problems,
    ) -> Result<(), Diagnostic> {
        let (class_of, names) = self.classes()?;
        let mut strata: Vec<Vec<Unit>> = vec![Vec::new(); names.len()];
        for unit in units {
            let class = unit.majority(names.len(), |row| class_of.get(row as usize).copied().unwrap_or(f64::NAN));
            if let Some(stratum) = strata.get_mut(class) {
                stratum.push(unit);
            }
        }
        let needed = self.plan.fractions.iter().filter(|f| **f > 0.0).count();
        for (i, stratum) in strata.into_iter().enumerate() {
            if stratum.len() < needed {
                let message = format!("class `{}` is too rare to be on every side of the split", names[i]);
                problems.push(
                    Diagnostic::new(&codes::FEW_ROWS, message)
                        .at(self.choice.span, format!("rows (or groups) of it: {}", stratum.len())),
                );
            }
            self.cut(self.shuffled(stratum, i as u64), sides);
        }
        Ok(())
    }

    /// For each row of the table the number of its class, and the names of the classes.
    fn classes(&self) -> Result<(Vec<f64>, Vec<String>), Diagnostic> {
        let target = self.schema.targets.first();
        let column = target.and_then(|t| t.columns.first()).and_then(|name| self.table.column(name));
        match (target.map(|t| &t.kind), column) {
            (Some(kind @ TargetKind::Label { .. }), Some(column)) => {
                Ok((classes(column, &kind.classes()), kind.classes()))
            }
            (Some(kind @ TargetKind::Binary { pairs }), Some(column)) => {
                let of = pairs.first().map(|(no, yes)| super::cells::answers(column, no, yes));
                Ok((of.unwrap_or_default(), kind.classes()))
            }
            _ => Err(Diagnostic::new(&codes::SPLIT, "`stratified` needs a target with classes")
                .at(self.choice.span, "the first target is none")
                .help("write `random` or `by_time`")),
        }
    }

    /// The rows in order of a column; those without a time are left out, with a warning.
    fn in_time(&self, name: &str, rows: Vec<u32>, problems: &mut Problems) -> Result<Vec<u32>, Diagnostic> {
        let column = self.column(name)?;
        let of = self.instants(name, column)?;
        let at = |row: &u32| of.get(*row as usize).copied().unwrap_or(f64::NAN);
        let (mut rows, left): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(|row| !at(row).is_nan());
        if let Some(first) = left.first() {
            let message = format!("rows without `{name}` are on no side of the split: {}", left.len());
            problems.push(
                Diagnostic::new(&codes::ROWS_LEFT_OUT, message)
                    .at(self.choice.span, format!("the first is row {}", first + 1))
                    .help("fill these cells, or split in another way"),
            );
        }
        rows.sort_by(|a, b| at(a).total_cmp(&at(b)));
        Ok(rows)
    }

    fn instants(&self, name: &str, column: &super::RawColumn) -> Result<Vec<f64>, Diagnostic> {
        let kind = self.schema.column(name).map(|c| &c.kind);
        let format = match kind {
            Some(Kind::Time { format }) => format.as_deref(),
            _ if column.bad_numbers() == 0 => return Ok(column.numbers().into_owned().values),
            _ => None,
        };
        let kind = Kind::Time { format: format.map(str::to_owned) };
        let bad = super::bad_cells::BadCells::of(column, &kind, None);
        if bad.count > 0 {
            return Err(bad.diagnostic(column, &kind, Some(self.choice.span)));
        }
        Ok(times(column, format, |m: moment::Moment| m.instant()))
    }
}

/// Whole numbers that sum to `total`, as near to the fractions as can be: the largest remainders get one more, of
/// equal ones the first.
fn shares(total: usize, fractions: &[f64; 3]) -> [usize; 3] {
    let exact = fractions.map(|f| f * total as f64);
    // What should be whole may be a rounding error below it.
    let mut counts = exact.map(|x| (x + 1e-9 * total.max(1) as f64).floor() as usize);
    let mut order = [0, 1, 2];
    let remainder = |i: usize| exact[i] - counts[i] as f64;
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
    let missing = total.saturating_sub(counts.iter().sum());
    for &i in order.iter().filter(|&&i| fractions[i] > 0.0).cycle().take(missing) {
        counts[i] += 1;
    }
    counts
}
