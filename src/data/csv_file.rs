use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord};

use crate::diag::{Diagnostic, Problems, codes};
use crate::text::closest;

use super::csv_columns::read_columns;
use super::csv_header::header;
use super::raw::ColumnBuilder;
use super::schema::matches;
use super::text_check::{NotText, TextCheck};
use super::{CsvSource, RawTable};

/// Bad rows that are reported one by one.
const REPORTED: usize = 12;
/// Rows have `u32` numbers.
const MOST_ROWS: usize = u32::MAX as usize;

type Input = Box<dyn Read + Send>;

const BUFFER: usize = 1 << 18;

/// Reads a CSV file, or all files that a pattern means (`part-*.csv`, in the order of their names), in one pass. Every
/// ragged row is reported (of each file the first dozen by themselves); the table then holds the others.
pub fn read_csv(source: &CsvSource, problems: &mut Problems) -> Option<RawTable> {
    let paths = expand(&source.path);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    if paths.len() == 1
        && let Ok(table) = read_columns(source, threads)
    {
        return Some(table);
    }
    let mut columns = Vec::new();
    for path in paths {
        let part = CsvSource { path, ..source.clone() };
        if let Err(diagnostic) = Csv::open(&part).and_then(|csv| csv.read(&mut columns, problems)) {
            problems.push(*diagnostic);
            return None;
        }
    }
    Some(finish(columns, source))
}

fn finish(columns: Vec<ColumnBuilder>, source: &CsvSource) -> RawTable {
    RawTable::new(columns.into_iter().map(|c| c.finish(source.decimal)).collect())
}

/// The table in a text, record by record.
#[cfg(test)]
pub fn read_records(source: &CsvSource, text: &[u8], problems: &mut Problems) -> Option<RawTable> {
    let input: Input = Box::new(std::io::Cursor::new(text.to_vec()));
    let csv = Csv { source, reader: builder(source.delimiter).from_reader(TextCheck::new(input)) };
    let mut columns = Vec::new();
    csv.read(&mut columns, problems).ok().map(|()| finish(columns, source))
}

/// The files that a path means: itself, or if there is no such file and its last part has `*` or `?`, those like it.
pub fn expand(path: &Path) -> Vec<PathBuf> {
    let itself = vec![path.to_owned()];
    let pattern = path.file_name().and_then(|name| name.to_str()).filter(|name| name.contains(['*', '?']));
    let (Some(pattern), false) = (pattern, path.exists()) else { return itself };
    let mut names = names_in(path);
    names.retain(|name| matches(pattern, name));
    if names.is_empty() { itself } else { names.into_iter().map(|name| path.with_file_name(name)).collect() }
}

/// The names in the first line of a file, if it can be read.
pub fn first_line(source: &CsvSource) -> Option<Vec<String>> {
    let path = expand(&source.path).into_iter().next()?;
    let mut reader = builder(source.delimiter).from_reader(open(&path).ok()?);
    let mut record = StringRecord::new();
    let found = reader.read_record(&mut record).ok()?;
    found.then(|| record.iter().map(|name| name.trim().to_owned()).collect())
}

impl CsvSource {
    /// Whether there is such a file, or one like it.
    pub fn is_there(&self) -> bool {
        expand(&self.path).iter().any(|path| path.is_file())
    }
}

/// What ends the reading, boxed since it is large and rare.
type Failure = Box<Diagnostic>;

struct Csv<'a> {
    source: &'a CsvSource,
    reader: Reader<TextCheck<Input>>,
}

/// The opened file, unpacked if it is gzip.
pub fn open(path: &Path) -> std::io::Result<Input> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    let mut file = BufReader::with_capacity(BUFFER, file);
    let packed = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let text: Input = if packed { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(text)
}

pub fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).buffer_capacity(BUFFER);
    builder
}

impl<'a> Csv<'a> {
    fn open(source: &'a CsvSource) -> Result<Self, Failure> {
        let input = open(&source.path).map_err(|e| Box::new(cannot_open(source, &e)))?;
        Ok(Csv { source, reader: builder(source.delimiter).from_reader(TextCheck::new(input)) })
    }

    fn next(&mut self, record: &mut StringRecord) -> Result<bool, Failure> {
        match self.reader.read_record(record) {
            Ok(more) => Ok(more),
            Err(error) => Err(Box::new(match self.reader.get_ref().fault {
                Some(fault) => self.not_text(fault),
                None => at_source(
                    Diagnostic::new(&codes::DATA_FILE, format!("`{}` can't be read to its end", self.shown())),
                    self.source,
                    format!("{error}"),
                ),
            })),
        }
    }

    /// Appends the rows to `columns`, which are empty for a first file.
    fn read(mut self, columns: &mut Vec<ColumnBuilder>, problems: &mut Problems) -> Result<(), Failure> {
        let mut record = StringRecord::new();
        if !self.next(&mut record)? {
            return Err(Box::new(at_source(
                Diagnostic::new(&codes::DATA_HEADER, format!("`{}` is empty", self.shown())),
                self.source,
                "a line that names the columns, and rows, are needed",
            )));
        }
        let names = header(self.source, &record, problems)?;
        if columns.is_empty() {
            columns.extend(names.into_iter().map(ColumnBuilder::new));
        } else {
            self.same_columns(columns, &names)?;
        }
        if self.rows(columns, problems)? == 0 {
            return Err(Box::new(at_source(
                Diagnostic::new(&codes::DATA, format!("`{}` has a header but no rows", self.shown())),
                self.source,
                format!("{} columns are named, and the file ends", columns.len()),
            )));
        }
        Ok(())
    }

    /// Checks that a further file has the columns of those before it, in their order.
    fn same_columns(&self, columns: &[ColumnBuilder], names: &[String]) -> Result<(), Failure> {
        let other = (0..columns.len().max(names.len()))
            .find(|&i| columns.get(i).map(ColumnBuilder::name) != names.get(i).map(String::as_str));
        let Some(i) = other else { return Ok(()) };
        let shown = |name: Option<&str>| name.map_or("nothing".to_owned(), |n| format!("`{n}`"));
        let (here, before) = (shown(names.get(i).map(String::as_str)), shown(columns.get(i).map(ColumnBuilder::name)));
        Err(Box::new(
            at_source(
                Diagnostic::new(
                    &codes::DATA_HEADER,
                    format!("`{}` has other columns than the files before it", self.shown()),
                ),
                self.source,
                format!("column {} is {here}, but was {before}", i + 1),
            )
            .help("files that are read together need the same first line"),
        ))
    }

    /// Appends the rows; gives how many there are, ragged ones included.
    fn rows(&mut self, columns: &mut [ColumnBuilder], problems: &mut Problems) -> Result<usize, Failure> {
        let mut record = StringRecord::new();
        let mut ragged = 0;
        let mut row = 0usize;
        while self.next(&mut record)? {
            row += 1;
            if record.len() != columns.len() {
                ragged += 1;
                if ragged <= REPORTED {
                    problems.push(self.ragged(row, &record, columns.len()));
                }
                continue;
            }
            let kept = columns.iter_mut().zip(&record).all(|(column, cell)| column.push(cell));
            if !kept || columns.first().is_some_and(|c| c.len() >= MOST_ROWS) {
                return Err(Box::new(self.too_large()));
            }
        }
        if ragged > REPORTED {
            problems.push(self.more_ragged(ragged, row));
        }
        Ok(row)
    }

    fn shown(&self) -> String {
        self.source.path.display().to_string()
    }

    fn ragged(&self, row: usize, record: &StringRecord, columns: usize) -> Diagnostic {
        let line = record.position().map_or(0, csv::Position::line);
        let message = format!(
            "row {row} of `{}` (line {line}) has {} cells, but there are {columns} columns",
            self.shown(),
            record.len()
        );
        let diagnostic = at_source(
            Diagnostic::new(&codes::DATA_ROW, message),
            self.source,
            format!("row {row}: {} instead of {columns}", record.len()),
        );
        let swallowed = record.iter().next_back().is_some_and(|cell| cell.contains('\n'));
        diagnostic.help(match (swallowed, record.len() > columns) {
            (true, _) => "its last cell goes over several lines: a quote that opens there is probably never closed",
            (_, true) => "a cell that contains the delimiter must be in double quotes",
            _ => "an empty cell still needs its delimiter",
        })
    }

    fn more_ragged(&self, ragged: usize, rows: usize) -> Diagnostic {
        let message =
            format!("{ragged} of {rows} rows of `{}` have more or fewer cells than there are columns", self.shown());
        at_source(Diagnostic::new(&codes::DATA_ROW, message), self.source, format!("the first {REPORTED} are listed"))
    }

    fn too_large(&self) -> Diagnostic {
        at_source(
            Diagnostic::new(&codes::RESOURCE, format!("`{}` is too large", self.shown())),
            self.source,
            "a column can hold 4 GiB of text, a table 4,294,967,295 rows",
        )
    }

    fn not_text(&self, fault: NotText) -> Diagnostic {
        let place = self.place_of(fault.offset);
        let message = match fault.byte {
            0 => format!("`{}` is not a text file: byte {} is 0", self.shown(), fault.offset),
            byte => format!("`{}` is not UTF-8: byte {} is 0x{byte:02X}", self.shown(), fault.offset),
        };
        at_source(Diagnostic::new(&codes::DATA_TEXT, message), self.source, place)
            .help(advice(&self.source.path, fault))
    }

    /// Where a byte is, in rows and columns: reads the file once more, up to there.
    fn place_of(&self, offset: u64) -> String {
        let Ok(input) = open(&self.source.path) else { return format!("byte {offset}") };
        let mut reader = builder(self.source.delimiter).from_reader(input.take(offset).chain(&b"x"[..]));
        let mut names = Vec::new();
        let mut record = ByteRecord::new();
        let (mut row, mut column) = (0, 0);
        while let Ok(true) = reader.read_byte_record(&mut record) {
            if names.is_empty() {
                names = record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
            } else {
                row += 1;
            }
            column = record.len();
        }
        match (row, names.get(column.saturating_sub(1))) {
            (0, _) => format!("in the header, column {column}"),
            (_, Some(name)) => format!("in row {row}, column {column} (`{name}`)"),
            (_, None) => format!("in row {row}, column {column}"),
        }
    }
}

/// What to do about a file that is not text.
fn advice(path: &Path, fault: NotText) -> &'static str {
    let mut start = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or(0);
    match &start[..read] {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "it is UTF-16: save it again as UTF-8, or `iconv -f UTF-16 -t UTF-8`",
        [b'P', b'K', ..] => "it is a zip archive or a spreadsheet: export the sheet as CSV (UTF-8)",
        [b'P', b'A', b'R', b'1'] => "it is a Parquet file: write it out as CSV (UTF-8)",
        _ if fault.byte == 0 => "it looks like a binary file: give a CSV file",
        _ => "save it again as UTF-8; if it comes from Windows, `iconv -f CP1252 -t UTF-8` is probably right",
    }
}

/// Names the source in the program, if it is there.
pub fn at_source(diagnostic: Diagnostic, source: &CsvSource, label: impl Into<String>) -> Diagnostic {
    let label = label.into();
    match source.span {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic.help(label),
    }
}

fn cannot_open(source: &CsvSource, error: &std::io::Error) -> Diagnostic {
    use std::io::ErrorKind;
    let path = &source.path;
    let shown = path.display();
    let (message, label) = match error.kind() {
        ErrorKind::NotFound => (format!("there is no file `{shown}`"), "paths are relative to the program".to_owned()),
        ErrorKind::IsADirectory => (format!("`{shown}` is a folder"), "name a file in it".to_owned()),
        ErrorKind::PermissionDenied => (format!("`{shown}` may not be read"), "its permissions forbid it".to_owned()),
        _ => (format!("`{shown}` can't be opened"), error.to_string()),
    };
    let diagnostic = at_source(Diagnostic::new(&codes::DATA_FILE, message), source, label);
    match neighbour(path) {
        Some(name) if error.kind() == ErrorKind::NotFound => diagnostic.help(format!("did you mean `{name}`?")),
        _ => diagnostic,
    }
}

/// The file in the same folder that was probably meant.
fn neighbour(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    closest(wanted, names_in(path).iter().map(String::as_str)).map(str::to_owned)
}

/// The names in the folder of this path, sorted; none if it can't be listed.
fn names_in(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names
}
