use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::RawColumn;
use crate::data::raw::{Levels, number};

/// Spellings of yes and the no that goes with each, compared without case.
const PAIRS: &[(&str, &str)] = &[("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t")];

/// Why a column is not binary.
#[derive(Debug, PartialEq, Eq)]
pub enum NotBinary {
    NoCells,
    /// Only this one.
    OneValue(String),
    /// Two that do not say which one is yes.
    WhichIsYes(String, String),
    /// `positive` is not among them.
    NoSuchPositive(Vec<String>),
    /// The first few, and how many.
    MoreValues(Vec<String>, usize),
}

/// The cells for no and yes.
pub fn pair(column: &RawColumn, positive: Option<&str>) -> Result<(String, String), NotBinary> {
    let Some(names) = few_levels(column, 5) else {
        let levels = &column.levels().names;
        return Err(NotBinary::MoreValues(levels.iter().take(4).map(|l| l.to_string()).collect(), levels.len()));
    };
    let owned = |l: &Arc<str>| l.to_string();
    match (&names[..], positive) {
        ([], _) => Err(NotBinary::NoCells),
        ([a, b], Some(positive)) if same(a, positive) => Ok((owned(b), owned(a))),
        ([a, b], Some(positive)) if same(b, positive) => Ok((owned(a), owned(b))),
        ([only], Some(positive)) if same(only, positive) => Err(NotBinary::OneValue(owned(only))),
        ([_] | [_, _], Some(_)) => Err(NotBinary::NoSuchPositive(names.iter().map(owned).collect())),
        ([only], None) => Err(NotBinary::OneValue(owned(only))),
        ([a, b], None) => PAIRS
            .iter()
            .find_map(|(no, yes)| match () {
                () if same(a, no) && same(b, yes) => Some((owned(a), owned(b))),
                () if same(b, no) && same(a, yes) => Some((owned(b), owned(a))),
                () => None,
            })
            .ok_or_else(|| NotBinary::WhichIsYes(owned(a), owned(b))),
        (more, _) => Err(NotBinary::MoreValues(more.iter().take(4).map(owned).collect(), column.levels().names.len())),
    }
}

/// 0 for no, 1 for yes, NaN for any other cell.
pub fn answer(cell: &str, no: &str, yes: &str) -> f64 {
    match cell {
        _ if same(cell, yes) => 1.0,
        _ if same(cell, no) => 0.0,
        _ => f64::NAN,
    }
}

/// Whether two cells are the same answer: `1` and `1.0`, `Yes` and `yes` are.
pub fn same(a: &str, b: &str) -> bool {
    match (number(a, b'.'), number(b, b'.')) {
        (Some(x), Some(y)) => x == y,
        _ => a.trim().to_lowercase() == b.trim().to_lowercase(),
    }
}

/// The distinct answers of a column, of several spellings of one the first by name; `None` if there are more than `most`.
fn few_levels(column: &RawColumn, most: usize) -> Option<Vec<Arc<str>>> {
    let levels: &Levels = column.levels();
    if levels.names.len() > most {
        return None;
    }
    let mut kept: Vec<Arc<str>> = Vec::new();
    let mut seen = BTreeSet::new();
    for name in levels.names.iter() {
        if seen.insert(name) && !kept.iter().any(|k| same(k, name)) {
            kept.push(name.clone());
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[&str], positive: Option<&str>) -> Result<(String, String), NotBinary> {
        pair(&RawColumn::texts("y", cells.iter().copied()), positive)
    }

    fn ok(no: &str, yes: &str) -> Result<(String, String), NotBinary> {
        Ok((no.into(), yes.into()))
    }

    #[test]
    fn known_pairs_need_no_words() {
        assert_eq!(of(&["1", "0", ""], None), ok("0", "1"));
        assert_eq!(of(&["1.0", "0.0", "1"], None), ok("0.0", "1"));
        assert_eq!(of(&["No", "YES", "no"], None), ok("No", "YES"));
        assert_eq!(of(&["True", "False"], None), ok("False", "True"));
    }

    #[test]
    fn other_pairs_must_say_which_is_positive() {
        assert_eq!(of(&["B", "M", "B"], None), Err(NotBinary::WhichIsYes("B".into(), "M".into())));
        assert_eq!(of(&["B", "M", "B"], Some("B")), ok("M", "B"));
        assert_eq!(of(&["B", "M", "B"], Some("X")), Err(NotBinary::NoSuchPositive(vec!["B".into(), "M".into()])));
        assert_eq!(of(&["1", "2"], None), Err(NotBinary::WhichIsYes("1".into(), "2".into())));
    }

    #[test]
    fn one_or_three_values_are_not_two() {
        assert_eq!(of(&["1", "1", "NA"], None), Err(NotBinary::OneValue("1".into())));
        assert_eq!(
            of(&["a", "b", "c"], None),
            Err(NotBinary::MoreValues(["a", "b", "c"].map(str::to_owned).into(), 3))
        );
        assert_eq!(of(&["", "NA"], None), Err(NotBinary::NoCells));
    }
}
