use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fixed_point::FixedPoint;
use super::raw::Levels;
use super::schema::{PieceSchema, answer};
use super::transforms::Values;
use super::{Kind, RawColumn, moment};

/// How the cells of a feature are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Decode {
    Number,
    Level,
    Time {
        format: Option<String>,
    },
    Binary {
        no: String,
        yes: String,
    },
    /// The levels of these columns side by side.
    Cross {
        of: Vec<String>,
    },
}

impl Decode {
    pub fn of(piece: &PieceSchema, column: &RawColumn) -> Decode {
        if let Some(of) = column.crossed() {
            return Decode::Cross { of: of.to_vec() };
        }
        match (&piece.kind, &piece.pair) {
            (Kind::Number, _) => Decode::Number,
            (Kind::Time { format }, _) => Decode::Time { format: format.clone() },
            (Kind::Binary { .. }, Some((no, yes))) => Decode::Binary { no: no.clone(), yes: yes.clone() },
            _ => Decode::Level,
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Decode::Number => Kind::Number,
            Decode::Level | Decode::Cross { .. } => Kind::Category,
            Decode::Time { format } => Kind::Time { format: format.clone() },
            Decode::Binary { yes, .. } => Kind::Binary { positive: Some(yes.clone()) },
        }
    }

    pub fn pair(&self) -> Option<(String, String)> {
        match self {
            Decode::Binary { no, yes } => Some((no.clone(), yes.clone())),
            _ => None,
        }
    }
}

/// All cells of a column, read.
#[derive(Debug)]
pub enum Cells<'a> {
    /// NaN is missing.
    Numbers(Cow<'a, [f64]>),
    /// The same, made from them as they are asked for.
    Fixed(&'a FixedPoint),
    Times(Vec<f64>),
    Levels {
        names: Arc<[Arc<str>]>,
        codes: Cow<'a, [u32]>,
    },
}

impl<'a> Cells<'a> {
    pub fn of(column: &'a RawColumn, decode: &Decode) -> Self {
        match decode {
            Decode::Number => match column.known_fixed() {
                Some(fixed) => Cells::Fixed(fixed),
                None => Cells::Numbers(Cow::Borrowed(&column.numbers_kept().values)),
            },
            Decode::Level | Decode::Cross { .. } => {
                let levels = column.levels();
                Cells::Levels { names: levels.names.clone(), codes: Cow::Borrowed(&levels.codes) }
            }
            Decode::Time { format } => Cells::Times(times(column, format.as_deref(), |m| m.clock)),
            Decode::Binary { no, yes } => Cells::Numbers(Cow::Owned(answers(column, no, yes))),
        }
    }

    /// The cells of rows that follow each other; a row there is not is missing.
    pub fn span(&self, rows: Range<usize>) -> Values {
        fn copied<T: Copy>(all: &[T], rows: Range<usize>, missing: T) -> Vec<T> {
            let end = rows.end.min(all.len());
            let mut found = all.get(rows.start..end).unwrap_or_default().to_vec();
            found.resize(rows.len(), missing);
            found
        }
        match self {
            Cells::Numbers(all) => Values::Numbers(copied(all, rows, f64::NAN)),
            Cells::Fixed(fixed) => Values::Numbers(fixed.values(rows)),
            Cells::Times(all) => Values::Times(copied(all, rows, f64::NAN)),
            Cells::Levels { names, codes } => {
                Values::Levels { names: names.clone(), codes: copied(codes, rows, Levels::MISSING) }
            }
        }
    }

    /// The number or time in one row.
    pub fn number(&self, row: u32) -> Option<f64> {
        match self {
            Cells::Numbers(all) => all.get(row as usize).copied(),
            Cells::Fixed(fixed) => Some(fixed.value(row as usize)),
            Cells::Times(all) => all.get(row as usize).copied(),
            Cells::Levels { .. } => None,
        }
    }

    /// The cells of these rows; a row there is not is missing.
    pub fn gather(&self, rows: &[u32]) -> Values {
        let pick = |all: &[f64]| rows.iter().map(|&r| all.get(r as usize).copied().unwrap_or(f64::NAN)).collect();
        match self {
            Cells::Numbers(all) => Values::Numbers(pick(all)),
            Cells::Fixed(fixed) => Values::Numbers(rows.iter().map(|&r| fixed.value(r as usize)).collect()),
            Cells::Times(all) => Values::Times(pick(all)),
            Cells::Levels { names, codes } => Values::Levels {
                names: names.clone(),
                codes: rows.iter().map(|&r| codes.get(r as usize).copied().unwrap_or(Levels::MISSING)).collect(),
            },
        }
    }
}

/// Each cell as a moment, reduced to a number; NaN where there is none.
pub fn times(column: &RawColumn, format: Option<&str>, number: impl Fn(moment::Moment) -> f64) -> Vec<f64> {
    (0..column.len()).map(|row| moment::parse(&column.cell(row), format).map_or(f64::NAN, &number)).collect()
}

/// Each cell as 0 for no, 1 for yes, NaN otherwise.
pub fn answers(column: &RawColumn, no: &str, yes: &str) -> Vec<f64> {
    let levels = column.levels();
    let of: Vec<f64> = levels.names.iter().map(|name| answer(name, no, yes)).collect();
    levels.codes.iter().map(|&code| of.get(code as usize).copied().unwrap_or(f64::NAN)).collect()
}

/// Each cell as the number of its class, NaN otherwise.
pub fn classes(column: &RawColumn, classes: &[String]) -> Vec<f64> {
    let levels = column.levels();
    let class_of = |name: &str| {
        let exact = classes.iter().position(|c| c == name);
        exact.or_else(|| classes.iter().position(|c| super::schema::same(c, name)))
    };
    let of: Vec<f64> = levels.names.iter().map(|name| class_of(name).map_or(f64::NAN, |i| i as f64)).collect();
    levels.codes.iter().map(|&code| of.get(code as usize).copied().unwrap_or(f64::NAN)).collect()
}
