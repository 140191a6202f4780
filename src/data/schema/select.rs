use crate::data::cross::crossed_name;
use crate::data::{ColumnSelector, RawTable};
use crate::diag::{Diagnostic, Problems, codes};
use crate::text::{Span, closest};

impl ColumnSelector {
    pub fn span(&self) -> Span {
        match self {
            ColumnSelector::Name(_, span) | ColumnSelector::Pattern(_, span) | ColumnSelector::Cross(_, span) => *span,
        }
    }
}

/// The columns of the table that a selector means, by position; none is an error.
pub fn select(selector: &ColumnSelector, table: &RawTable, problems: &mut Problems) -> Vec<usize> {
    let found = match selector {
        ColumnSelector::Name(name, _) => named(name, table),
        ColumnSelector::Pattern(pattern, _) => {
            (0..table.columns().len()).filter(|&i| matches(pattern, &table.columns()[i].name)).collect()
        }
        // What was wrong with it was said when the column was made.
        ColumnSelector::Cross(columns, _) => return table.position(&crossed_name(columns)).into_iter().collect(),
    };
    if found.is_empty() {
        problems.push(nothing(selector, table));
    }
    found
}

/// The column of this name, or the elements `name[0]`, `name[1]`, … of a vector.
fn named(name: &str, table: &RawTable) -> Vec<usize> {
    match table.position(name) {
        Some(i) => vec![i],
        None => (0..).map_while(|i| table.position(&format!("{name}[{i}]"))).collect(),
    }
}

fn nothing(selector: &ColumnSelector, table: &RawTable) -> Diagnostic {
    match selector {
        ColumnSelector::Name(name, span) => unknown_column(name, *span, table),
        ColumnSelector::Cross(columns, span) => unknown_column(&crossed_name(columns), *span, table),
        ColumnSelector::Pattern(pattern, span) => {
            Diagnostic::new(&codes::UNKNOWN_COLUMN, format!("no column is named like `{pattern}`"))
                .at(*span, "matches nothing")
                .help(listing(table))
        }
    }
}

/// A column that is not there, with the one that was probably meant.
pub fn unknown_column(name: &str, span: Span, table: &RawTable) -> Diagnostic {
    let near = closest(name, table.names());
    let diagnostic =
        Diagnostic::new(&codes::UNKNOWN_COLUMN, format!("the data has no column `{name}`")).at(span, "not a column");
    match near {
        // Other names than identifiers are written in quotes, so that the fix can't be a plain word.
        Some(near) if !near.chars().all(|c| c.is_alphanumeric() || c == '_') => {
            diagnostic.suggest(span, Some(&format!("\"{near}\"")))
        }
        Some(near) => diagnostic.suggest(span, Some(near)),
        None => diagnostic.help(listing(table)),
    }
}

fn listing(table: &RawTable) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = table.names().take(SHOWN).collect();
    let more = table.columns().len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the columns are {}{rest}", names.join(", "))
}

/// Whether `name` is what `pattern` describes: `*` is any text, `?` any one character.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // The last star, and where in the name it stopped: on a mismatch it takes one character more.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, end)) => {
                    star = Some((at, end + 1));
                    p = at + 1;
                    n = end + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name) in [("v*", "v10"), ("*", ""), ("a*b*c", "abbc"), ("?x", "äx"), ("a*a", "aaa")] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("v*", "av"), ("?", ""), ("a*b*c", "acb"), ("V*", "v1"), ("a", "ab")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
