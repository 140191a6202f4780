use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::cells::{Cells, Decode};
use super::fit::median;
use super::raw::Levels;
use super::{Dataset, RawColumn, RawTable, moment};

/// Moments that stand for a column of times.
const MOMENTS: usize = 24;
const DAY: f64 = 86_400.0;

/// What the training rows usually have in each column that the inputs are made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    pub columns: Vec<UsualColumn>,
}

/// Cells that stand for a column, as a file would have them; one empty cell where no training row has any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsualColumn {
    pub column: String,
    /// The median of numbers, the commonest level of others. No moment is usual, so that times have the cells of
    /// several training rows: one for each of equal shares of the rows, in the order of their time of day.
    pub cells: Vec<String>,
}

impl Usual {
    /// From the training rows of a data set, in the order in which the inputs read the columns.
    pub fn of(data: &Dataset) -> Usual {
        let mut read: Vec<(&str, Vec<&Decode>)> = Vec::new();
        for piece in data.fitted.inputs.iter().flat_map(|input| &input.pieces) {
            for name in piece.reads() {
                match read.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, ways)) => ways.push(&piece.decode),
                    None => read.push((name, vec![&piece.decode])),
                }
            }
        }
        let columns = read.into_iter().filter_map(|(name, ways)| {
            let column = data.table.column(name)?;
            let cells = usual_cells(column, &ways, &data.split.train);
            Some(UsualColumn { column: name.to_string(), cells })
        });
        Usual { columns: columns.collect() }
    }
}

impl UsualColumn {
    /// What a table would be like if a column had this cell in every row; only columns of `beside` are kept.
    pub fn table(&self, cell: &str, table: &RawTable, beside: &[&str]) -> RawTable {
        let own = RawColumn::texts(self.column.as_str(), std::iter::repeat_n(cell, table.rows()));
        let others = beside.iter().filter(|name| **name != self.column).filter_map(|name| table.column(name).cloned());
        RawTable::of_shared(std::iter::once(own.into()).chain(others).collect())
    }
}

/// A column that is read in several ways has one cell: a level if one of them needs levels.
fn usual_cells(column: &RawColumn, ways: &[&Decode], train: &[u32]) -> Vec<String> {
    let levels = |d: &&&Decode| matches!(d, Decode::Level | Decode::Binary { .. } | Decode::Cross { .. });
    match ways.iter().find(levels).or(ways.first()) {
        Some(Decode::Number) => vec![middle(column, train)],
        Some(Decode::Time { format }) => moments(column, format.as_deref(), train),
        _ => vec![commonest(column, train)],
    }
}

fn middle(column: &RawColumn, train: &[u32]) -> String {
    let known: Vec<f64> = Cells::of(column, &Decode::Number).gather(train).numbers().to_vec();
    let known: Vec<f64> = known.into_iter().filter(|x| !x.is_nan()).collect();
    if known.is_empty() { String::new() } else { median(known).to_string() }
}

/// Of a tie the level that comes first.
fn commonest(column: &RawColumn, train: &[u32]) -> String {
    let levels = column.levels();
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for row in train {
        match levels.codes.get(*row as usize) {
            Some(&code) if code != Levels::MISSING => *counts.entry(code).or_insert(0) += 1,
            _ => {}
        }
    }
    let best = counts.iter().max_by_key(|(code, count)| (**count, std::cmp::Reverse(**code)));
    best.and_then(|(code, _)| levels.names.get(*code as usize)).map_or(String::new(), |name| name.to_string())
}

fn moments(column: &RawColumn, format: Option<&str>, train: &[u32]) -> Vec<String> {
    let clock = |row: &u32| moment::parse(&column.cell(*row as usize), format).map(|m| (m.clock, *row));
    let mut known: Vec<(f64, u32)> = train.iter().filter_map(clock).collect();
    known.sort_by(|a, b| a.0.rem_euclid(DAY).total_cmp(&b.0.rem_euclid(DAY)).then(a.0.total_cmp(&b.0)));
    let count = known.len().min(MOMENTS);
    let cells = (0..count).map(|i| known[(2 * i + 1) * known.len() / (2 * count)].1);
    let cells: Vec<String> = cells.map(|row| column.cell(row as usize).into_owned()).collect();
    if cells.is_empty() { vec![String::new()] } else { cells }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> RawColumn {
        RawColumn::texts("c", cells.iter().copied())
    }

    #[test]
    fn numbers_have_a_median_and_levels_a_commonest_one() {
        let column = texts(&["1", "4", "", "2", "100"]);
        assert_eq!(usual_cells(&column, &[&Decode::Number], &[0, 1, 2, 3]), ["2"]);
        assert_eq!(usual_cells(&column, &[&Decode::Number], &[0, 1, 2]), ["2.5"]);
        assert_eq!(usual_cells(&column, &[&Decode::Number], &[2]), [""]);
        let column = texts(&["b", "a", "b", "", "a", "z", "z", "z"]);
        assert_eq!(usual_cells(&column, &[&Decode::Level], &[0, 1, 2, 3]), ["b"]);
        assert_eq!(usual_cells(&column, &[&Decode::Level], &[0, 1, 2, 3, 4]), ["a"]);
        assert_eq!(usual_cells(&column, &[&Decode::Level], &[3]), [""]);
    }

    #[test]
    fn a_number_that_is_crossed_too_has_a_level() {
        let column = texts(&["1", "1", "5", "9", "10"]);
        let crossed = Decode::Cross { of: vec!["c".into(), "d".into()] };
        assert_eq!(usual_cells(&column, &[&Decode::Number, &crossed], &[0, 1, 2, 3, 4]), ["1"]);
    }

    #[test]
    fn times_have_the_hours_of_the_training_rows_in_their_shares() {
        // A day of 300 rows in the morning, another of 100 in the evening, and a cell that is missing.
        let morning = (0..300).map(|i| format!("2026-01-01T08:{:02}", i / 5));
        let cells: Vec<String> = morning.chain((0..100).map(|i| format!("2026-01-02T20:{:02}", i / 2))).collect();
        let column = RawColumn::texts("c", cells.iter().map(String::as_str).chain([""]));
        let all: Vec<u32> = (0..401).collect();
        let usual = usual_cells(&column, &[&Decode::Time { format: None }], &all);
        let hour = |h: &str| usual.iter().filter(|c| c[11..].starts_with(h)).count();
        assert_eq!((usual.len(), hour("08"), hour("20")), (24, 18, 6));
        assert_eq!(usual_cells(&column, &[&Decode::Time { format: None }], &[5, 400]), [cells[5].clone()]);
    }
}
