use crate::diag::{Diagnostic, codes};
use crate::text::Span;

use super::raw::{MISSING, Numbers, is_missing};
use super::schema::answer;
use super::{Kind, RawColumn, moment};

/// Cells that the message itself shows.
const IN_MESSAGE: usize = 4;

/// Cells that do not hold what their column should.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BadCells {
    /// The first few rows.
    pub rows: Vec<u32>,
    pub count: usize,
}

impl BadCells {
    pub fn push(&mut self, row: u32) {
        self.count += 1;
        if self.rows.len() < Numbers::KEPT {
            self.rows.push(row);
        }
    }

    /// Those of a column of this kind.
    pub fn of(column: &RawColumn, kind: &Kind, pair: Option<&(String, String)>) -> BadCells {
        let mut bad = BadCells::default();
        match kind {
            Kind::Number if column.known_fixed().is_some() => {}
            Kind::Number => {
                let numbers = column.numbers();
                bad = BadCells { rows: numbers.bad.clone(), count: numbers.bad_count };
            }
            Kind::Time { format } => {
                for row in 0..column.len() {
                    let cell = column.cell(row);
                    if moment::parse(&cell, format.as_deref()).is_none() && !is_missing(&cell) {
                        bad.push(row as u32);
                    }
                }
            }
            Kind::Binary { .. } => {
                let Some((no, yes)) = pair else { return bad };
                for row in 0..column.len() {
                    let cell = column.cell(row);
                    if answer(&cell, no, yes).is_nan() && !is_missing(&cell) {
                        bad.push(row as u32);
                    }
                }
            }
            Kind::Category | Kind::Id | Kind::Drop | Kind::Label { .. } => {}
        }
        bad
    }

    /// For example ``amount` should hold finite numbers, but 2 cells do not: row 17 `abc`, row 20 `inf``; rows count from 1.
    pub fn diagnostic(&self, column: &RawColumn, kind: &Kind, span: Option<Span>) -> Diagnostic {
        let cells: Vec<String> = self
            .rows
            .iter()
            .map(|&row| format!("row {} `{}`", row + 1, shortened(&column.cell(row as usize))))
            .collect();
        let (first, further) = cells.split_at(cells.len().min(IN_MESSAGE));
        let rest = match self.count - first.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let some = if self.count == 1 { "1 cell does not".to_owned() } else { format!("{} cells do not", self.count) };
        let message =
            format!("`{}` should hold {}, but {some}: {}{rest}", column.name, expected(kind), first.join(", "));
        let diagnostic = Diagnostic::new(&codes::DATA_CELL, message);
        let diagnostic = match span {
            Some(span) => diagnostic.at(span, format!("{} is needed in every row", expected_one(kind))),
            None => diagnostic,
        };
        let diagnostic = match further {
            [] => diagnostic,
            _ if self.count > cells.len() => diagnostic.help(format!("the next are {}", further.join(", "))),
            _ => diagnostic.help(format!("the others are {}", further.join(", "))),
        };
        diagnostic.help(advice(column, kind))
    }
}

fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Time { format: None } => "ISO 8601 times".into(),
        Kind::Time { format: Some(format) } => format!("times like `{format}`"),
        Kind::Binary { .. } => "one of two answers".into(),
        _ => "finite numbers".into(),
    }
}

fn expected_one(kind: &Kind) -> &'static str {
    match kind {
        Kind::Time { .. } => "a time",
        Kind::Binary { .. } => "one of two answers",
        _ => "a finite number",
    }
}

fn advice(column: &RawColumn, kind: &Kind) -> String {
    let name = &column.name;
    let missing = MISSING.iter().skip(1).copied().collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Time { .. } => format!("say how they are written: `{name}: time(format = \"%d.%m.%Y %H:%M\")`"),
        _ => format!(
            "correct these cells, empty them (or write one of {missing}) if the value is not known, or declare `{name}: category`"
        ),
    }
}

fn shortened(cell: &str) -> String {
    const MOST: usize = 24;
    match cell.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &cell[..at]),
        None => cell.to_owned(),
    }
}
