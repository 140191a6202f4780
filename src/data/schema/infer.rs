use std::collections::HashSet;
use std::sync::Arc;

use crate::data::raw::{Numbers, is_missing, number};
use crate::data::row::spelled;
use crate::data::{Kind, RawColumn, moment};
use crate::types::{ArgValue, Args};

/// Categories with more levels are embedded, not one-hot.
const ONE_HOT_LEVELS: usize = 50;
/// Categories with fewer rows for each level are left out: too little to learn a level from.
const ROWS_PER_LEVEL: usize = 20;
/// Columns with fewer rows are not taken for ids because all cells differ.
const ID_ROWS: usize = 20;
/// From this share of numbers on, the other cells are taken for mistakes.
const MOSTLY: f64 = 0.9;

/// What an unmentioned column is taken for.
#[derive(Debug)]
pub struct Inference {
    pub kind: Kind,
    /// Names and arguments of the transforms.
    pub transforms: Vec<(&'static str, Args)>,
    pub why: String,
    /// Something about it looks like a mistake.
    pub doubtful: bool,
}

/// A column that holds numbers but for a few cells: what it is can't be said.
#[derive(Debug, PartialEq, Eq)]
pub struct AlmostNumbers;

impl Inference {
    fn new(kind: Kind, transforms: &[&'static str], why: impl Into<String>) -> Self {
        let transforms = transforms.iter().map(|name| (*name, Args::default())).collect();
        Inference { kind, transforms, why: why.into(), doubtful: false }
    }

    fn with(kind: Kind, name: &'static str, args: Args, why: impl Into<String>) -> Self {
        Inference { kind, transforms: vec![(name, args)], why: why.into(), doubtful: false }
    }

    /// As an entry writes it: `category |> embed(4)`.
    pub fn spelled(&self) -> String {
        let mut text = self.kind.name().to_owned();
        for (name, args) in &self.transforms {
            text.push_str(" |> ");
            text.push_str(name);
            let args: Vec<String> = args.0.iter().filter_map(|(_, v)| spelled_arg(v)).collect();
            if !args.is_empty() {
                text.push_str(&format!("({})", args.join(", ")));
            }
        }
        text
    }
}

/// As an argument is written; nothing for what is left out.
fn spelled_arg(value: &ArgValue) -> Option<String> {
    match value {
        ArgValue::List(values) => Some(values.iter().filter_map(spelled).collect::<Vec<_>>().join(", ")),
        one => spelled(one),
    }
}

/// Decides from name and cells what a column is.
pub fn infer(column: &RawColumn) -> Result<Inference, AlmostNumbers> {
    let numbers = column.numbers();
    let present = column.len() - numbers.missing;
    if present == 0 {
        return Ok(Inference::new(Kind::Drop, &[], "all cells are missing"));
    }
    if numbers.bad_count == 0 {
        return Ok(infer_numbers(column, &numbers));
    }
    if (present - numbers.bad_count) as f64 >= MOSTLY * present as f64 {
        return Err(AlmostNumbers);
    }
    Ok(infer_texts(column, present))
}

fn infer_numbers(column: &RawColumn, numbers: &Numbers) -> Inference {
    let few = few_values(&numbers.values);
    if let (Some([only]), 0) = (few.as_deref(), numbers.missing) {
        return Inference::new(Kind::Drop, &[], format!("every row has {only}"));
    }
    if numbers.missing == 0 && counts_rows(&numbers.values) {
        return Inference::new(Kind::Id, &[], "it counts the rows");
    }
    if named_id(&column.name) && numbers.values.iter().all(|x| x.is_nan() || x.fract() == 0.0) {
        return numbered(column, numbers);
    }
    match few.as_deref() {
        Some([a, b]) => Inference::new(Kind::Number, &["min_max"], format!("two numbers, {a} and {b}")),
        _ => Inference::new(Kind::Number, &["zscore"], "numbers"),
    }
}

/// Whole numbers whose name says that they are no quantity.
fn numbered(column: &RawColumn, numbers: &Numbers) -> Inference {
    let levels = distinct(column);
    if levels == column.len() - numbers.missing {
        return Inference::new(Kind::Id, &[], "its name says so, and every number is different");
    }
    category(levels, column.len() - numbers.missing, "whole numbers of something, as its name says")
}

fn infer_texts(column: &RawColumn, present: usize) -> Inference {
    if let Some(has_hours) = times(column) {
        let parts: &[&str] = if has_hours { &["hour", "weekday"] } else { &["weekday", "month"] };
        let list = parts.iter().map(|p| ArgValue::Word(Arc::from(*p))).collect();
        let args = Args(vec![("parts".into(), ArgValue::List(list))]);
        let why = if has_hours { "ISO 8601 times" } else { "ISO 8601 dates" };
        return Inference::with(Kind::Time { format: None }, "cyclic", args, why);
    }
    let levels = distinct(column);
    let all_present = present == column.len();
    if levels == 1 && all_present {
        return Inference::new(Kind::Drop, &[], format!("every row has `{}`", column.cell(0).trim()));
    }
    let inference = if levels == present && present >= ID_ROWS {
        Inference::new(Kind::Id, &[], "text, different in every row")
    } else {
        category(levels, present, "text")
    };
    match numbers_in_disguise(column) && levels > 2 {
        true => Inference {
            why: format!("{}; its cells look like numbers such as `{}`, though", inference.why, column.cell(0).trim()),
            doubtful: true,
            ..inference
        },
        false => inference,
    }
}

fn category(levels: usize, present: usize, what: &str) -> Inference {
    let why = format!("{what} of {levels} level{}", if levels == 1 { "" } else { "s" });
    if levels <= ONE_HOT_LEVELS {
        return Inference::new(Kind::Category, &["one_hot"], why);
    }
    if present / levels < ROWS_PER_LEVEL {
        return Inference::new(Kind::Drop, &[], format!("{why}, too many for {present} rows to learn them from"));
    }
    let args = Args(vec![("dim".into(), ArgValue::Int(embedding_dim(levels)))]);
    Inference::with(Kind::Category, "embed", args, format!("{why}, too many for `one_hot`"))
}

/// fastai's rule, 1.6 n^0.56, between 4 and 32.
fn embedding_dim(levels: usize) -> i64 {
    ((1.6 * (levels as f64).powf(0.56)).round() as i64).clamp(4, 32)
}

/// The distinct numbers, if there are at most two.
fn few_values(values: &[f64]) -> Option<Vec<f64>> {
    let mut seen: Vec<f64> = Vec::new();
    for &x in values.iter().filter(|x| !x.is_nan()) {
        if !seen.contains(&x) {
            seen.push(x);
            if seen.len() > 2 {
                return None;
            }
        }
    }
    seen.sort_by(f64::total_cmp);
    Some(seen)
}

fn counts_rows(values: &[f64]) -> bool {
    let Some(&first) = values.first() else { return false };
    values.len() > 2 && (first == 0.0 || first == 1.0) && values.iter().enumerate().all(|(i, x)| *x == first + i as f64)
}

fn named_id(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower == "id" || lower.ends_with("_id") || lower.ends_with(" id") || name.ends_with("ID") || name.ends_with("Id")
}

fn distinct(column: &RawColumn) -> usize {
    let cells = (0..column.len()).map(|row| column.cell(row)).filter(|cell| !is_missing(cell));
    cells.collect::<HashSet<_>>().len()
}

/// Whether all cells are ISO times, and if so whether any has hours.
fn times(column: &RawColumn) -> Option<bool> {
    let mut has_hours = false;
    for row in 0..column.len() {
        let cell = column.cell(row);
        match moment::parse(&cell, None) {
            Some(moment) => has_hours |= moment.has_hours,
            None if is_missing(&cell) => {}
            None => return None,
        }
    }
    Some(has_hours)
}

/// Whether most cells would be numbers without their separators, currency or per cent signs.
fn numbers_in_disguise(column: &RawColumn) -> bool {
    let sign = |c: char| matches!(c, ',' | '\'' | ' ' | '$' | '€' | '£' | '%' | '\u{a0}' | '\u{202f}');
    let rows = column.len().min(1000);
    let cells = (0..rows).map(|row| column.cell(row)).filter(|cell| !is_missing(cell));
    let (mut all, mut numbers) = (0usize, 0usize);
    for cell in cells {
        all += 1;
        numbers += usize::from(number(&cell.replace(sign, ""), b'.').is_some());
    }
    all > 0 && numbers as f64 >= MOSTLY * all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, cells: impl IntoIterator<Item = String>) -> String {
        let cells: Vec<String> = cells.into_iter().collect();
        infer(&RawColumn::texts(name, cells.iter().map(String::as_str))).unwrap().spelled()
    }

    fn of(name: &str, cells: &[&str]) -> String {
        entry(name, cells.iter().map(|c| (*c).to_owned()))
    }

    #[test]
    fn numbers() {
        assert_eq!(of("a", &["1.5", "2", "", "7"]), "number |> zscore");
        assert_eq!(of("a", &["1", "0", "NA", "1"]), "number |> min_max");
        assert_eq!(of("a", &["3", "3.0", "3"]), "drop");
        assert_eq!(of("a", &["3", "", "3"]), "number |> zscore");
        assert_eq!(of("n", &["1", "2", "3", "4"]), "id");
        assert_eq!(of("customer_id", &["17", "4", "256"]), "id");
        assert_eq!(of("shop_id", &["17", "4", "4"]), "category |> one_hot");
        assert_eq!(of("a", &["", "NA", "?"]), "drop");
    }

    #[test]
    fn texts() {
        assert_eq!(of("c", &["DE", "FR", "DE"]), "category |> one_hot");
        assert_eq!(of("c", &["DE", "", "DE"]), "category |> one_hot");
        assert_eq!(of("c", &["DE", "DE"]), "drop");
        assert_eq!(of("t", &["2026-01-31T08:30", "", "2026-02-01"]), "time |> cyclic(hour, weekday)");
        assert_eq!(of("t", &["2026-01-31", "2026-02-01"]), "time |> cyclic(weekday, month)");
        assert_eq!(entry("name", (0..30).map(|i| format!("n{i}"))), "id");
        assert_eq!(entry("town", (0..300).map(|i| format!("n{}", i % 60))), "drop");
        assert_eq!(entry("town", (0..3000).map(|i| format!("n{}", i % 60))), "category |> embed(16)");
    }

    #[test]
    fn a_few_other_cells_among_numbers_are_a_doubt() {
        let cells: Vec<String> = (0..40).map(|i| if i == 7 { "12O".into() } else { format!("{i}.5") }).collect();
        assert_eq!(infer(&RawColumn::texts("a", cells.iter().map(String::as_str))).unwrap_err(), AlmostNumbers);
    }

    #[test]
    fn numbers_with_signs_are_doubtful() {
        let prices = RawColumn::texts("price", ["1,200.50", "$3", "17%", "4"].iter().copied());
        assert!(infer(&prices).unwrap().doubtful);
    }
}
