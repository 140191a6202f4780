use std::collections::HashMap;

use super::RawColumn;
use super::raw::Levels;

/// Rows that stay together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    pub rows: Vec<u32>,
}

impl Unit {
    /// The class that most of its rows have, of equally frequent ones the first.
    pub fn majority(&self, classes: usize, class_of: impl Fn(u32) -> f64) -> usize {
        let mut counts = vec![0usize; classes];
        for &row in &self.rows {
            if let Some(count) = counts.get_mut(class_of(row) as usize) {
                *count += 1;
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        counts.iter().position(|&c| c == most).unwrap_or(0)
    }
}

/// Each group in the place of its first row; a row without a group is one by itself.
pub fn units(rows: Vec<u32>, group: Option<&RawColumn>) -> Vec<Unit> {
    let Some(group) = group else {
        return rows.into_iter().map(|row| Unit { rows: vec![row] }).collect();
    };
    let codes = &group.levels().codes;
    let mut units: Vec<Unit> = Vec::new();
    let mut place: HashMap<u32, usize> = HashMap::new();
    for row in rows {
        let code = codes.get(row as usize).copied().unwrap_or(Levels::MISSING);
        let at = if code == Levels::MISSING { units.len() } else { *place.entry(code).or_insert(units.len()) };
        if at == units.len() {
            units.push(Unit::default());
        }
        units[at].rows.push(row);
    }
    units
}
