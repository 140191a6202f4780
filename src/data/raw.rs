use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use super::fixed_point::FixedPoint;
use super::quick_number::quick_number;

/// Spellings of a missing cell, compared without case and without the spaces around.
pub static MISSING: &[&str] = &["", "na", "n/a", "nan", "null", "none", "?"];

/// Whether a cell says that its value is missing; see `MISSING`.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim_ascii();
    cell.len() <= 4 && MISSING.iter().any(|m| cell.eq_ignore_ascii_case(m))
}

/// Cells as they were read, by column. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct RawTable {
    columns: Vec<Arc<RawColumn>>,
    rows: usize,
    by_name: Arc<HashMap<String, usize>>,
    /// How many rows are for train, val and test, where each has its own source.
    sides: Option<[usize; 3]>,
}

impl RawTable {
    /// A table of these columns, which must be equally long; a name that comes twice is found where it comes first.
    pub fn new(columns: Vec<RawColumn>) -> Self {
        RawTable::of_shared(columns.into_iter().map(Arc::new).collect())
    }

    /// The same of columns that other tables have too.
    pub fn of_shared(columns: Vec<Arc<RawColumn>>) -> Self {
        let rows = columns.iter().map(|c| c.len()).min().unwrap_or(0);
        let mut by_name = HashMap::with_capacity(columns.len());
        for (i, column) in columns.iter().enumerate() {
            by_name.entry(column.name.clone()).or_insert(i);
        }
        RawTable { columns, rows, by_name: Arc::new(by_name), sides: None }
    }

    /// The same rows, of which these many are for train, val and test.
    pub fn on_sides(self, rows: [usize; 3]) -> Self {
        RawTable { sides: Some(rows), ..self }
    }

    pub fn sides(&self) -> Option<[usize; 3]> {
        self.sides
    }

    /// The same rows with a further column.
    pub fn with(&self, column: RawColumn) -> Self {
        let mut table = self.clone();
        Arc::make_mut(&mut table.by_name).entry(column.name.clone()).or_insert(self.columns.len());
        table.columns.push(Arc::new(column));
        table
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> &[Arc<RawColumn>] {
        &self.columns
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|c| c.name.as_str())
    }

    pub fn column(&self, name: &str) -> Option<&Arc<RawColumn>> {
        self.position(name).and_then(|i| self.columns.get(i))
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

#[derive(Debug)]
enum Cells {
    /// All cells one after the other, and where each ends.
    Text {
        text: String,
        ends: Vec<u32>,
    },
    Fixed(FixedPoint),
    Numbers,
    /// A crossed column, whose levels are known, and the columns it is made of.
    Crossed(Vec<String>),
}

/// One column as it was read or generated.
#[derive(Debug)]
pub struct RawColumn {
    pub name: String,
    cells: Cells,
    decimal: u8,
    numbers: OnceLock<Numbers>,
    levels: OnceLock<Levels>,
}

/// A column's cells as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// NaN where the cell is missing or not a number.
    pub values: Vec<f64>,
    /// Rows whose cell is neither missing nor a finite number; at most [`Numbers::KEPT`] of them.
    pub bad: Vec<u32>,
    /// How many there are in all.
    pub bad_count: usize,
    pub missing: usize,
}

impl Numbers {
    pub const KEPT: usize = 12;
}

/// A column's cells as numbers of levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// The distinct cells, without the spaces around, sorted as `sort_levels` does.
    pub names: Arc<[Arc<str>]>,
    /// For each row the index into `names`, or [`Levels::MISSING`].
    pub codes: Vec<u32>,
    pub missing: usize,
}

impl Levels {
    pub const MISSING: u32 = u32::MAX;
}

impl RawColumn {
    /// A column of texts.
    pub fn texts<'a>(name: impl Into<String>, cells: impl IntoIterator<Item = &'a str>) -> Self {
        let mut builder = ColumnBuilder::new(name);
        for cell in cells {
            builder.push(cell);
        }
        builder.finish(b'.')
    }

    /// A column of numbers; NaN is a missing cell.
    pub fn numbers_of(name: impl Into<String>, values: Vec<f64>) -> Self {
        RawColumn::read_as(name.into(), Numbers::of(values))
    }

    /// A column whose cells were read as numbers, and are not kept.
    pub fn read_as(name: String, numbers: Numbers) -> Self {
        let column = RawColumn::of(name, Cells::Numbers, b'.');
        let _ = column.numbers.set(numbers);
        column
    }

    /// A column of decimal numbers.
    pub fn fixed(name: String, cells: FixedPoint, decimal: u8) -> Self {
        RawColumn::of(name, Cells::Fixed(cells), decimal)
    }

    /// A column made of others.
    pub fn crossed_of(name: String, of: Vec<String>, levels: Levels) -> Self {
        let column = RawColumn::of(name, Cells::Crossed(of), b'.');
        let _ = column.levels.set(levels);
        column
    }

    /// The columns that it is made of.
    pub fn crossed(&self) -> Option<&[String]> {
        match &self.cells {
            Cells::Crossed(of) => Some(of),
            _ => None,
        }
    }

    pub fn decimal(&self) -> u8 {
        self.decimal
    }

    /// The same cells, whose numbers are those of these columns one behind the other.
    pub fn with_numbers_of(self, parts: &[&RawColumn]) -> Self {
        let mut all = Numbers { values: Vec::new(), bad: Vec::new(), bad_count: 0, missing: 0 };
        for part in parts {
            all.append(&part.numbers());
        }
        let column = RawColumn { numbers: OnceLock::new(), ..self };
        let _ = column.numbers.set(all);
        column
    }

    fn of(name: String, cells: Cells, decimal: u8) -> Self {
        RawColumn { name, cells, decimal, numbers: OnceLock::new(), levels: OnceLock::new() }
    }

    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Text { ends, .. } => ends.len(),
            Cells::Fixed(fixed) => fixed.len(),
            Cells::Numbers => self.numbers.get().map_or(0, |n| n.values.len()),
            Cells::Crossed(_) => self.levels.get().map_or(0, |l| l.codes.len()),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell as it was written; empty for a row there is not.
    pub fn cell(&self, row: usize) -> Cow<'_, str> {
        match &self.cells {
            Cells::Text { text, ends } => {
                let end = ends.get(row).copied().unwrap_or(0) as usize;
                let start = row.checked_sub(1).and_then(|r| ends.get(r)).copied().unwrap_or(0) as usize;
                Cow::Borrowed(text.get(start..end).unwrap_or(""))
            }
            Cells::Fixed(fixed) => Cow::Owned(fixed.cell(row)),
            Cells::Numbers => match self.numbers().values.get(row) {
                Some(x) if !x.is_nan() => Cow::Owned(x.to_string()),
                _ => Cow::Borrowed(""),
            },
            Cells::Crossed(_) => {
                let level = self.levels.get().and_then(|l| l.names.get(*l.codes.get(row)? as usize));
                Cow::Borrowed(level.map_or("", |name| &**name))
            }
        }
    }

    /// The number in one cell, if it holds one; does not read the others.
    pub fn number_at(&self, row: usize) -> Option<f64> {
        match (&self.cells, self.numbers.get()) {
            (Cells::Text { .. }, None) => number(&self.cell(row), self.decimal),
            (Cells::Fixed(fixed), None) => Some(fixed.value(row)).filter(|x| x.is_finite()),
            _ => self.numbers().values.get(row).copied().filter(|x| x.is_finite()),
        }
    }

    /// All cells as numbers: parsed at the first call and kept, or made anew where that is easy.
    pub fn numbers(&self) -> Cow<'_, Numbers> {
        if let (Cells::Fixed(fixed), None) = (&self.cells, self.numbers.get()) {
            let values = fixed.values(0..fixed.len());
            return Cow::Owned(Numbers { missing: fixed.missing(), ..Numbers::finite(values) });
        }
        Cow::Borrowed(self.numbers_kept())
    }

    /// The same, kept in any case.
    pub fn numbers_kept(&self) -> &Numbers {
        self.numbers.get_or_init(|| Numbers::parse((0..self.len()).map(|r| self.cell(r)), self.decimal))
    }

    /// How many cells are neither missing nor a finite number.
    pub fn bad_numbers(&self) -> usize {
        if self.known_fixed().is_some() { 0 } else { self.numbers().bad_count }
    }

    /// How many cells are missing where numbers should be.
    pub fn missing_numbers(&self) -> usize {
        self.known_fixed().map_or_else(|| self.numbers().missing, FixedPoint::missing)
    }

    /// The cells, if they are decimal numbers and nothing else is known of them.
    pub fn known_fixed(&self) -> Option<&FixedPoint> {
        match (&self.cells, self.numbers.get()) {
            (Cells::Fixed(fixed), None) => Some(fixed),
            _ => None,
        }
    }

    /// Tells cells of this column apart that are written differently.
    pub fn hash_cell(&self, row: usize, state: &mut impl Hasher) {
        match &self.cells {
            Cells::Fixed(fixed) => fixed.key(row).hash(state),
            _ => self.cell(row).hash(state),
        }
    }

    /// All cells as levels, looked up at the first call.
    pub fn levels(&self) -> &Levels {
        self.levels.get_or_init(|| match &self.cells {
            Cells::Fixed(fixed) => Levels::of_fixed(fixed),
            _ => Levels::of((0..self.len()).map(|r| self.cell(r))),
        })
    }
}

impl Numbers {
    /// The numbers of further rows.
    pub fn append(&mut self, further: &Numbers) {
        let rows = self.values.len() as u32;
        let room = Numbers::KEPT.saturating_sub(self.bad.len());
        self.bad.extend(further.bad.iter().take(room).map(|row| row + rows));
        self.bad_count += further.bad_count;
        self.missing += further.missing;
        self.values.extend_from_slice(&further.values);
    }

    /// Numbers none of which is missing or bad.
    pub fn finite(values: Vec<f64>) -> Self {
        Numbers { values, bad: Vec::new(), bad_count: 0, missing: 0 }
    }

    /// Infinite numbers are bad cells.
    fn of(values: Vec<f64>) -> Self {
        let missing = values.iter().filter(|x| x.is_nan()).count();
        let infinite = values.iter().enumerate().filter(|(_, x)| x.is_infinite()).map(|(row, _)| row as u32);
        let (bad, bad_count) = (infinite.clone().take(Numbers::KEPT).collect(), infinite.count());
        Numbers { values, bad, bad_count, missing }
    }

    fn parse<'a>(cells: impl ExactSizeIterator<Item = Cow<'a, str>>, decimal: u8) -> Self {
        let mut numbers =
            Numbers { values: Vec::with_capacity(cells.len()), bad: Vec::new(), bad_count: 0, missing: 0 };
        for (row, cell) in cells.enumerate() {
            let value = match number(&cell, decimal) {
                Some(x) => x,
                None if is_missing(&cell) => {
                    numbers.missing += 1;
                    f64::NAN
                }
                None => {
                    numbers.bad_count += 1;
                    if numbers.bad.len() < Numbers::KEPT {
                        numbers.bad.push(row as u32);
                    }
                    f64::NAN
                }
            };
            numbers.values.push(value);
        }
        numbers
    }
}

/// The finite number that a cell holds.
pub fn number(cell: &str, decimal: u8) -> Option<f64> {
    let cell = cell.trim_ascii();
    if let Some((value, length)) = quick_number(cell.as_bytes(), decimal)
        && length == cell.len()
    {
        return Some(value);
    }
    let parsed = match decimal {
        b',' if cell.contains('.') => return None,
        b',' => cell.replace(',', ".").parse::<f64>(),
        _ => cell.parse::<f64>(),
    };
    parsed.ok().filter(|x| x.is_finite())
}

impl Levels {
    fn of<'a>(cells: impl Iterator<Item = Cow<'a, str>>) -> Self {
        let mut seen: HashMap<Arc<str>, u32> = HashMap::new();
        let mut missing = 0;
        let mut codes: Vec<u32> = Vec::with_capacity(cells.size_hint().0);
        let mut last: Option<Cow<'a, str>> = None;
        for cell in cells {
            // Equal cells often follow each other.
            if let (Some(before), Some(&code)) = (&last, codes.last())
                && *before == cell
            {
                missing += usize::from(code == Levels::MISSING);
                codes.push(code);
                continue;
            }
            let whole = cell;
            let cell = whole.trim_ascii();
            codes.push(match seen.get(cell) {
                Some(&code) => code,
                None if is_missing(cell) => {
                    missing += 1;
                    Levels::MISSING
                }
                None => {
                    let code = seen.len() as u32;
                    seen.insert(cell.into(), code);
                    code
                }
            });
            last = Some(whole);
        }
        Levels::sorted(seen.into_iter().collect(), codes, missing)
    }

    /// The same of decimal numbers.
    fn of_fixed(fixed: &FixedPoint) -> Self {
        let mut seen: HashMap<(i64, u8), u32> = HashMap::new();
        let mut names: Vec<(Arc<str>, u32)> = Vec::new();
        let codes = (0..fixed.len()).map(|row| {
            let Some(key) = fixed.key(row) else { return Levels::MISSING };
            *seen.entry(key).or_insert_with(|| {
                names.push((fixed.cell(row).into(), names.len() as u32));
                names.len() as u32 - 1
            })
        });
        let codes = codes.collect();
        Levels::sorted(names, codes, fixed.missing())
    }

    /// Of levels with the codes that they were given, in any order.
    fn sorted(mut names: Vec<(Arc<str>, u32)>, mut codes: Vec<u32>, missing: usize) -> Self {
        sort_levels(&mut names, |n| &n.0);
        let mut rank = vec![0; names.len()];
        for (new, (_, old)) in names.iter().enumerate() {
            rank[*old as usize] = new as u32;
        }
        for code in codes.iter_mut().filter(|c| **c != Levels::MISSING) {
            *code = rank[*code as usize];
        }
        Levels { names: names.into_iter().map(|n| n.0).collect(), codes, missing }
    }
}

/// Sorts as numbers if all levels are numbers, as texts (by code points) otherwise.
pub fn sort_levels<T>(levels: &mut [T], name: impl Fn(&T) -> &str) {
    if levels.iter().all(|l| number(name(l), b'.').is_some()) {
        let value = |l: &T| number(name(l), b'.').unwrap_or(0.0);
        levels.sort_by(|a, b| value(a).total_cmp(&value(b)).then_with(|| name(a).cmp(name(b))));
    } else {
        levels.sort_by(|a, b| name(a).cmp(name(b)));
    }
}

/// A column of texts in the making.
#[derive(Debug)]
pub struct ColumnBuilder {
    name: String,
    text: String,
    ends: Vec<u32>,
}

impl ColumnBuilder {
    pub fn new(name: impl Into<String>) -> Self {
        ColumnBuilder { name: name.into(), text: String::new(), ends: Vec::new() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn named(self, name: String) -> Self {
        ColumnBuilder { name, ..self }
    }

    pub fn cells(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text.get(start as usize..*end as usize).unwrap_or(""))
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Appends a cell; `false` once the column's text is longer than 4 GiB.
    pub fn push(&mut self, cell: &str) -> bool {
        let Ok(end) = u32::try_from(self.text.len() + cell.len()) else { return false };
        self.text.push_str(cell);
        self.ends.push(end);
        true
    }

    pub fn finish(self, decimal: u8) -> RawColumn {
        let (mut text, mut ends) = (self.text, self.ends);
        text.shrink_to_fit();
        ends.shrink_to_fit();
        RawColumn::of(self.name, Cells::Text { text, ends }, decimal)
    }
}
