//! Specs as the checker would build them.

use std::path::Path;
use std::sync::Arc;

use nnrun::data::{
    Choice, ColumnEntry, ColumnSelector, CsvSource, DataSpec, KINDS, MISSING_CATEGORY, MISSING_NUMBER, Make,
    MakeTransform, MissingPolicy, RawColumn, RawTable, Row, SPLITS, SourceSpec, SplitPlan, TRANSFORMS, Table,
    TargetSpec,
};
use nnrun::diag::{Problems, Severity};
use nnrun::text::{FileId, Span};
use nnrun::types::{ArgValue, Args};

pub fn span() -> Span {
    Span::new(FileId(0), 0, 1)
}

/// `name(key = value, …)`, values as in a program; positional ones get the signature's names.
fn choose<M>(rows: &Table<M>, text: &str) -> Choice<M> {
    let (name, args) = text.trim().split_once('(').unwrap_or((text.trim(), ""));
    let row: &'static Row<M> = rows.find(name).unwrap_or_else(|| panic!("no row {name}"));
    let keys = row.signature.split_once('(').unwrap().1;
    let mut keys = keys.split(", ").map(|k| k.split(':').next().unwrap().trim_end_matches(')'));
    let mut list: Vec<(Arc<str>, ArgValue)> = Vec::new();
    for arg in args.trim_end_matches(')').split(',').map(str::trim).filter(|a| !a.is_empty()) {
        match arg.split_once('=') {
            Some((key, value)) => list.push((key.trim().into(), value_of(value.trim()))),
            None if row.signature.contains("words(") || row.signature.contains("texts") => {
                let key: Arc<str> = row.signature.split_once('(').unwrap().1.split(':').next().unwrap().into();
                match list.iter_mut().find(|(k, _)| *k == key) {
                    Some((_, ArgValue::List(values))) => values.push(value_of(arg)),
                    _ => list.push((key, ArgValue::List(vec![value_of(arg)]))),
                }
            }
            None => list.push((keys.next().unwrap().into(), value_of(arg))),
        }
    }
    Choice { row, args: Args(list), span: span() }
}

fn value_of(text: &str) -> ArgValue {
    match text {
        "true" | "false" => ArgValue::Bool(text == "true"),
        _ => text
            .parse()
            .map(ArgValue::Int)
            .or_else(|_| text.parse().map(ArgValue::Real))
            .unwrap_or_else(|_| ArgValue::Text(text.trim_matches('"').into())),
    }
}

/// `kind |> transform |> …`
fn chain(text: &str) -> (Choice<Make<nnrun::data::Kind>>, Vec<Choice<MakeTransform>>) {
    let mut parts = text.split("|>");
    (choose(&KINDS, parts.next().unwrap()), parts.map(|t| choose(&TRANSFORMS, t)).collect())
}

fn selector(name: &str) -> ColumnSelector {
    match name.contains('*') {
        true => ColumnSelector::Pattern(name.into(), span()),
        false => ColumnSelector::Name(name.into(), span()),
    }
}

pub fn spec(source: SourceSpec) -> DataSpec {
    DataSpec {
        name: "d".into(),
        span: span(),
        source,
        columns: Vec::new(),
        inputs: Vec::new(),
        targets: Vec::new(),
        missing: MissingPolicy::default(),
        split: None,
    }
}

pub fn csv(path: impl AsRef<Path>) -> SourceSpec {
    SourceSpec::Csv(CsvSource { path: path.as_ref().into(), delimiter: b',', decimal: b'.', span: Some(span()) })
}

pub fn example(name: &str) -> SourceSpec {
    csv(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(name))
}

pub trait Say: Sized {
    /// A column entry: `.column("amount, v*", "number |> zscore")`.
    fn column(self, names: &str, chain: &str) -> Self;
    fn target(self, name: &str, chain: &str) -> Self;
    fn split(self, split: &str) -> Self;
    fn missing(self, number: &str, category: &str) -> Self;
}

impl Say for DataSpec {
    fn column(mut self, names: &str, text: &str) -> Self {
        let (kind, transforms) = chain(text);
        let columns = names.split(", ").map(selector).collect();
        self.columns.push(ColumnEntry { columns, kind: Some(kind), transforms, span: span() });
        self
    }

    fn target(mut self, name: &str, text: &str) -> Self {
        let (kind, transforms) = chain(text);
        let name = name.to_owned();
        self.targets.push(TargetSpec {
            columns: vec![selector(&name)],
            name,
            kind: Some(kind),
            transforms,
            span: span(),
        });
        self
    }

    fn split(mut self, text: &str) -> Self {
        let choice: Choice<Make<SplitPlan>> = choose(&SPLITS, text);
        self.split = Some(choice);
        self
    }

    fn missing(mut self, number: &str, category: &str) -> Self {
        self.missing = MissingPolicy {
            number: Some(choose(&MISSING_NUMBER, number)),
            category: Some(choose(&MISSING_CATEGORY, category)),
        };
        self
    }
}

/// A table of texts: `table(&[("a", &["1", "2"])])`.
pub fn table(columns: &[(&str, &[&str])]) -> RawTable {
    RawTable::new(columns.iter().map(|(name, cells)| RawColumn::texts(*name, cells.iter().copied())).collect())
}

/// Codes and messages, and what the labels and the help say.
pub fn said(problems: &Problems) -> Vec<String> {
    let text = |d: &nnrun::diag::Diagnostic| {
        let labels = d.labels.iter().map(|l| l.text.clone());
        let parts: Vec<String> = labels.chain(d.help.iter().cloned()).collect();
        format!("{} {} | {}", d.code.id, d.message, parts.join(" | "))
    };
    problems.iter().map(text).collect()
}

pub fn errors(problems: &Problems) -> Vec<String> {
    let errors = problems.iter().zip(said(problems)).filter(|(d, _)| d.severity == Severity::Error);
    errors.map(|(_, text)| text).collect()
}
