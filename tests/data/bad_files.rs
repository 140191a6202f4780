use std::fs;

use nnrun::data::{SourceSpec, read};
use nnrun::diag::Problems;

use crate::build::{csv, errors, said};

/// Everything said about a file with these bytes, its path shown as `FILE`.
fn reading(bytes: &[u8]) -> (Option<nnrun::data::RawTable>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, bytes).unwrap();
    let mut problems = Problems::default();
    let table = read(&csv(&path), &mut problems);
    let shown = path.display().to_string();
    (table, said(&problems).iter().map(|text| text.replace(&shown, "FILE")).collect())
}

fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    let (table, said) = reading(bytes);
    let table = table.unwrap_or_else(|| panic!("{said:?}"));
    assert!(said.is_empty(), "{said:?}");
    let column = |c: &std::sync::Arc<nnrun::data::RawColumn>| {
        std::iter::once(c.name.clone()).chain((0..c.len()).map(|row| c.cell(row).into_owned())).collect()
    };
    table.columns().iter().map(column).collect()
}

/// Asserts that reading fails with one problem that contains all of `parts`.
#[track_caller]
fn refused(bytes: &[u8], parts: &[&str]) {
    let (table, said) = reading(bytes);
    assert!(table.is_none(), "it was read");
    assert_eq!(said.len(), 1, "{said:?}");
    for part in parts {
        assert!(said[0].contains(part), "{part:?} is not in {said:?}");
    }
}

#[test]
fn quotes_marks_and_line_ends_are_read() {
    let expected = [vec!["a", "1,5", "x\ny", ""], vec!["b", "ä", "say \"hi\"", "2"]];
    let rows = "\u{feff}a,b\r\n\"1,5\",ä\r\n\"x\ny\",\"say \"\"hi\"\"\"\r\n,2";
    assert_eq!(cells(rows.as_bytes()), expected);
}

#[test]
fn gzip_is_unpacked() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"a,b\n1,2\n").unwrap();
    assert_eq!(cells(&packed.finish().unwrap()), [["a", "1"], ["b", "2"]]);
}

#[test]
fn empty_files_and_files_without_rows_are_refused() {
    refused(b"", &["E507", "`FILE` is empty"]);
    refused(b"a,b\n", &["E501", "has a header but no rows", "2 columns"]);
    refused(b"a,b", &["has a header but no rows"]);
}

#[test]
fn the_first_byte_that_is_not_utf8_is_named() {
    refused(b"name,town\nBob,Ulm\nAnn,K\xf6ln\n", &["E506", "byte 23 is 0xF6", "row 2, column 2 (`town`)", "CP1252"]);
    refused(b"a,\xe4\n1,2\n", &["byte 2 is 0xE4", "header, column 2"]);
    refused(b"\xff\xfea\0,\0b\0\n\0", &["UTF-16"]);
}

#[test]
fn binary_files_are_refused() {
    refused(b"a,b\n1,\0\n", &["E506", "not a text file", "byte 6 is 0", "row 1, column 2 (`b`)"]);
    refused(b"PK\x03\x04\x00\x00", &["spreadsheet"]);
}

#[test]
fn ragged_rows_are_each_reported() {
    let rows: Vec<String> = (1..=30).map(|i| if i % 2 == 0 { format!("{i},x,y") } else { format!("{i},x") }).collect();
    let (_, said) = reading(format!("a,b\n{}\n", rows.join("\n")).as_bytes());
    assert_eq!(said.len(), 13, "{said:?}");
    assert!(said[0].contains("E508 row 2 of `FILE` (line 3) has 3 cells, but there are 2 columns"), "{}", said[0]);
    assert!(said[11].contains("row 24 "), "{}", said[11]);
    assert!(said[12].contains("15 of 30 rows"), "{}", said[12]);
}

#[test]
fn an_open_quote_is_suspected() {
    let (_, said) = reading(b"a,b\n1,2\n\"3,4\n5,6\n");
    assert!(said[0].contains("row 2 ") && said[0].contains("probably never closed"), "{said:?}");
}

#[test]
fn headers_that_are_none_are_refused() {
    refused(b"a,b,a,c,c\n1,2,3,4,5\n", &["E507", "`a` (columns 1 and 3)", "`c` (columns 4 and 5)"]);
    refused(b"1,2.5\n3,4\n", &["E507", "numbers, not names"]);
    refused(b"a;b\n1;2\n", &["semicolons", "delimiter = \";\""]);
    refused(b"a\tb\n1\t2\n", &["tabs", "delimiter = \"\\t\""]);
}

#[test]
fn a_column_without_a_name_gets_one() {
    let (table, said) = reading(b",a\n0,5\n");
    assert_eq!(table.unwrap().names().collect::<Vec<_>>(), ["column_1", "a"]);
    assert!(said[0].starts_with("N901") && said[0].contains("`column_1`"), "{said:?}");
}

#[test]
fn paths_that_can_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("churn.csv"), "a\n1\n").unwrap();
    let said_of = |name: &str| {
        let mut problems = Problems::default();
        assert!(read(&csv(folder.path().join(name)), &mut problems).is_none());
        errors(&problems).join("\n")
    };
    let missing = said_of("chrun.csv");
    assert!(missing.contains("E505 there is no file") && missing.contains("did you mean `churn.csv`?"), "{missing}");
    assert!(said_of("").contains("is a folder"));
    assert!(said_of("churn.csv/x").contains("E505"));
}

#[test]
fn delimiters_and_decimal_commas() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "a;b\n1,5;x\n-2;y\n1.5;z\n").unwrap();
    let SourceSpec::Csv(source) = csv(&path) else { panic!() };
    let source = SourceSpec::Csv(nnrun::data::CsvSource { delimiter: b';', decimal: b',', ..source });
    let table = read(&source, &mut Problems::default()).unwrap();
    let numbers = table.column("a").unwrap().numbers();
    assert_eq!(numbers.values[..2], [1.5, -2.0]);
    assert_eq!(numbers.bad, [2]);
}

#[test]
fn spellings_of_missing_and_of_what_is_no_number() {
    let cells =
        ["", " ", "NA", "n/a", "NaN", "null", "None", "?", "1e3", " 7 ", "inf", "-Infinity", "1e999", "nil", "0x1"];
    let column = nnrun::data::RawColumn::texts("a", cells);
    let numbers = column.numbers();
    assert_eq!(numbers.missing, 8);
    assert_eq!((numbers.values[8], numbers.values[9]), (1000.0, 7.0));
    assert_eq!(numbers.bad, [10, 11, 12, 13, 14]);
}
