use csv::StringRecord;

use crate::diag::{Diagnostic, Problems, codes};

use super::CsvSource;
use super::csv_file::at_source;
use super::raw::{is_missing, number};

/// The names of the columns. A column without a name is called by its number, `column_3`, and announced.
pub fn header(
    source: &CsvSource,
    record: &StringRecord,
    problems: &mut Problems,
) -> Result<Vec<String>, Box<Diagnostic>> {
    let cells: Vec<String> = record.iter().map(|c| c.trim().to_owned()).collect();
    let shown = source.path.display();
    if let Some(delimiter) = other_delimiter(source, &cells) {
        return Err(Box::new(
            at_source(
                Diagnostic::new(&codes::DATA_HEADER, format!("`{shown}` has a single column, `{}`", cells.join(""))),
                source,
                format!("its cells seem to be separated by {}", spelled(delimiter)),
            )
            .help(format!("write `delimiter = \"{}\"`", char::from(delimiter).escape_default())),
        ));
    }
    if !cells.is_empty() && cells.iter().all(|c| number(c, source.decimal).is_some() || is_missing(c)) {
        return Err(Box::new(
            at_source(
                Diagnostic::new(&codes::DATA_HEADER, format!("the first line of `{shown}` has numbers, not names")),
                source,
                format!("it starts with `{}`", cells.iter().take(3).cloned().collect::<Vec<_>>().join("`, `")),
            )
            .help("add a line with the names of the columns at the top of the file"),
        ));
    }
    let names = named(source, cells, problems);
    match duplicates(&names) {
        twice if twice.is_empty() => Ok(names),
        twice => Err(Box::new(
            at_source(
                Diagnostic::new(
                    &codes::DATA_HEADER,
                    format!("columns of `{shown}` have the same name: {}", twice.join(", ")),
                ),
                source,
                "every column needs a name of its own",
            )
            .help("rename them in the first line of the file"),
        )),
    }
}

/// The delimiter that was meant, if the header is one cell that another one cuts.
fn other_delimiter(source: &CsvSource, cells: &[String]) -> Option<u8> {
    let [only] = cells else { return None };
    [b',', b';', b'\t', b'|'].into_iter().find(|&d| d != source.delimiter && only.as_bytes().contains(&d))
}

fn spelled(delimiter: u8) -> &'static str {
    match delimiter {
        b'\t' => "tabs",
        b';' => "semicolons",
        b'|' => "vertical bars",
        _ => "commas",
    }
}

fn named(source: &CsvSource, cells: Vec<String>, problems: &mut Problems) -> Vec<String> {
    let name = |(i, cell): (usize, String)| {
        if !cell.is_empty() {
            return cell;
        }
        let name = format!("column_{}", i + 1);
        let message = format!("column {} of `{}` has no name: it is called `{name}`", i + 1, source.path.display());
        problems.push(at_source(Diagnostic::new(&codes::INFERRED, message), source, "from the order of the columns"));
        name
    };
    cells.into_iter().enumerate().map(name).collect()
}

/// The names that come more than once, with their columns.
fn duplicates(names: &[String]) -> Vec<String> {
    let mut firsts = std::collections::HashMap::new();
    let mut twice = Vec::new();
    for (i, name) in names.iter().enumerate() {
        if let Some(first) = firsts.insert(name, i) {
            twice.push(format!("`{name}` (columns {} and {})", first + 1, i + 1));
        }
    }
    twice
}
