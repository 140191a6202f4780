//! `data` items: from entries to a [`DataSpec`], and from the data's schema to what models see of it.

use std::path::Path;
use std::sync::Arc;

use crate::data::{
    self, Choice, ColumnEntry, ColumnSelector, DataSpec, InputSpec, KINDS, MISSING_CATEGORY, MISSING_NUMBER,
    MissingPolicy, PieceForm, RawTable, SOURCES, SPLITS, Schema, SourceSpec, TRANSFORMS, Table, TargetKind, TargetSpec,
    Width,
};
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, EntryKind, Expr, ExprKind, Selector};
use crate::text::{Span, closest};
use crate::types::{Dim, Domain};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::given::{given, whole};
use super::program::DataItem;
use super::row_args::{Written, written};
use super::value::{Piece, PieceKind};
use super::world::{ColumnView, DataView, InputView, TargetView};

/// Settings of a `data` item.
const SETTINGS: [&str; 4] = ["source", "missing", "split", "augment"];

/// Reads one `data` item. The source is read to learn its columns.
pub(super) fn data_item(e: &mut Elaborator<'_>, def: &ast::Def, base: &Path) -> Option<DataItem> {
    let frame = Frame::default();
    let name = match &def.name {
        Some(name) => name.text.clone(),
        None => {
            let d = Diagnostic::new(&codes::MISSING, "a `data` item needs a name")
                .at(def.kind.span, "which data?")
                .help("for example `data customers { … }`; models then take `customers.features`");
            e.report(&frame, d);
            "data".into()
        }
    };
    let source_entry = def.body.entries.iter().find_map(|entry| match &entry.kind {
        EntryKind::Setting { key, value, .. } if &*key.text == "source" => Some(value),
        _ => None,
    });
    let sides = given(e, &def.body, base, &frame);
    let source = match (source_entry, sides) {
        (value, Some(sides)) => whole(e, value, sides, base, def, &frame),
        (Some(value), None) => source(e, value, base, &frame),
        (None, None) => {
            let d = Diagnostic::new(&codes::MISSING, format!("data `{name}` has no source"))
                .at(def.name.as_ref().map_or(def.kind.span, |n| n.span), "where do its rows come from?")
                .help("add `source = csv(\"file.csv\")`");
            e.report(&frame, d);
            None
        }
    };
    let mut problems = crate::diag::Problems::default();
    let table = match &source {
        Some(SourceSpec::Table(table)) => Some(table.clone()),
        Some(other) => data::read(other, &mut problems).map(Arc::new),
        None => None,
    };
    e.problems.extend(problems);
    let columns: Vec<Arc<str>> = table.iter().flat_map(|t| t.names().map(Arc::from).collect::<Vec<_>>()).collect();
    let mut spec = DataSpec {
        name: name.to_string(),
        span: def.name.as_ref().map_or(def.kind.span, |n| n.span),
        source: source.unwrap_or_else(|| SourceSpec::Table(Arc::new(RawTable::new(vec![])))),
        columns: vec![],
        inputs: vec![],
        targets: vec![],
        missing: MissingPolicy::default(),
        split: None,
    };
    for entry in &def.body.entries {
        data_entry(e, entry, &mut spec, &columns, &frame);
    }
    let mut problems = crate::diag::Problems::default();
    let table = table.map(|table| Arc::new(data::with_crosses(&spec, &table, &mut problems)));
    let schema = table.as_ref().map(|t| data::schema(&spec, t, &mut problems));
    let schema = schema.filter(|_| !problems.has_errors());
    if let Some(schema) = &schema {
        offer_entries(e, &def.body, schema, &mut problems);
    }
    e.problems.extend(problems);
    let is_split = |e: &ast::Entry| matches!(&e.kind, EntryKind::Setting { key, .. } if &*key.text == "split");
    let unknown_sides = spec.split.is_none() && def.body.entries.iter().any(is_split);
    Some(DataItem { name, span: spec.span, spec, table, schema, unknown_sides })
}

/// Gives the first note on what was inferred the fix that writes all of it into the file.
fn offer_entries(e: &Elaborator<'_>, body: &ast::Block, schema: &Schema, problems: &mut crate::diag::Problems) {
    let mut entries: Vec<(String, Vec<&str>)> = Vec::new();
    for inferred in schema.columns.iter().filter_map(|c| c.inferred.as_deref()) {
        let Some((name, kind)) = inferred.rsplit_once(": ") else { continue };
        match entries.iter_mut().find(|(k, _)| k == kind) {
            Some((_, names)) => names.push(name),
            None => entries.push((kind.to_string(), vec![name])),
        }
    }
    if entries.is_empty() {
        return;
    }
    let lines: Vec<String> = entries.iter().map(|(kind, names)| format!("{}: {kind}", names.join(", "))).collect();
    let sources = e.world.scope.sources();
    let inside = sources.slice(Span { end: body.span.end.saturating_sub(1), ..body.span }).to_string();
    let blank = inside.len() - inside.trim_end_matches([' ', '\t']).len();
    let end = body.span.end.saturating_sub(1 + blank as u32);
    let at = Span { start: end, end, ..body.span };
    let text = match inside.contains('\n') {
        true => lines.iter().map(|l| format!("  {l}\n")).collect::<String>(),
        false => format!("; {}", lines.join("; ")),
    };
    problems.amend_first(&codes::INFERRED, |d| {
        d.fixes.push(crate::diag::Fix {
            title: "write the inferred entries into the file".into(),
            edits: vec![crate::diag::Edit { span: at, text }],
        });
    });
}

fn data_entry(e: &mut Elaborator<'_>, entry: &ast::Entry, spec: &mut DataSpec, columns: &[Arc<str>], frame: &Frame) {
    match &entry.kind {
        EntryKind::Setting { key, value, .. } => match &*key.text {
            "source" => {}
            "missing" => spec.missing = missing(e, value, frame),
            "split" => {
                spec.split = choice(e, &SPLITS, value, columns, "split", frame);
                if let Some(Err(d)) = spec.split.as_ref().map(|s| s.make()) {
                    e.report(frame, d);
                }
            }
            "augment" => not_yet(e, entry.span, "augmentation of images", frame),
            _ => unknown_setting(e, key, "data", &SETTINGS, columns, frame),
        },
        EntryKind::Named { target: false, names, value, when: None } => {
            if let Some(found) = column_entry(e, names, value, entry.span, columns, frame) {
                spec.columns.push(found);
            }
        }
        EntryKind::Named { target: true, names, value, when: None } => {
            if let Some(found) = column_entry(e, names, value, entry.span, columns, frame) {
                spec.targets.extend(targets(found));
            }
        }
        EntryKind::Group { kind, name, body } if &*kind.text == "input" => {
            let entries = group(e, body, columns, frame);
            spec.inputs.push(InputSpec { name: name.text.to_string(), span: name.span, columns: entries });
        }
        EntryKind::Group { kind, name, body } if &*kind.text == "target" => {
            let entries = group(e, body, columns, frame);
            let selectors = entries.iter().flat_map(|c| c.columns.clone()).collect();
            let first = entries.into_iter().next();
            spec.targets.push(TargetSpec {
                name: name.text.to_string(),
                columns: selectors,
                kind: first.as_ref().and_then(|c| c.kind.clone()),
                transforms: first.map_or(vec![], |c| c.transforms),
                span: name.span,
            });
        }
        EntryKind::Error => {}
        EntryKind::Stage { value, .. } if matches!(&value.kind, ExprKind::Name(n) if columns.contains(&n.text)) => {
            let message = "a column's entry says its kind";
            e.fail(frame, &codes::MISSING, entry.span, message, "for example `name: number` or `name: drop`");
        }
        _ => {
            let d = Diagnostic::new(&codes::NOT_A_VALUE, "this has no place in a `data` item")
                .at(entry.span, "not a column entry, and not a setting")
                .help("entries are `column: kind |> transform`, `target column: kind`, `source = …`, `missing = …`, `split = …`");
            e.report(frame, d);
        }
    }
}

fn targets(entry: ColumnEntry) -> impl Iterator<Item = TargetSpec> {
    entry.columns.clone().into_iter().map(move |selector| {
        let name = match &selector {
            ColumnSelector::Name(name, _) | ColumnSelector::Pattern(name, _) => name.clone(),
            ColumnSelector::Cross(columns, _) => columns.join("_x_"),
        };
        TargetSpec {
            name,
            columns: vec![selector],
            kind: entry.kind.clone(),
            transforms: entry.transforms.clone(),
            span: entry.span,
        }
    })
}

fn group(e: &mut Elaborator<'_>, body: &ast::Block, columns: &[Arc<str>], frame: &Frame) -> Vec<ColumnEntry> {
    let mut out = Vec::new();
    for entry in &body.entries {
        match &entry.kind {
            EntryKind::Named { names, value, .. } => {
                out.extend(column_entry(e, names, value, entry.span, columns, frame));
            }
            EntryKind::Error => {}
            _ => {
                e.fail(
                    frame,
                    &codes::NOT_A_VALUE,
                    entry.span,
                    "a column entry is expected",
                    "for example `age: number`",
                );
            }
        }
    }
    out
}

fn column_entry(
    e: &mut Elaborator<'_>,
    names: &[Selector],
    value: &Expr,
    span: Span,
    columns: &[Arc<str>],
    frame: &Frame,
) -> Option<ColumnEntry> {
    let selectors = names.iter().map(|s| selector(e, s, frame)).collect::<Option<Vec<_>>>()?;
    let mut stages: Vec<&Expr> = Vec::new();
    let mut at = value;
    while let ExprKind::Pipe { value, stage } = &at.kind {
        stages.push(stage);
        at = value;
    }
    let kind = kind_choice(e, at, columns, frame)?;
    stages.reverse();
    let transforms = stages
        .into_iter()
        .map(|s| choice(e, &TRANSFORMS, s, columns, "transform", frame))
        .collect::<Option<Vec<_>>>()?;
    Some(ColumnEntry { columns: selectors, kind: Some(kind), transforms, span })
}

fn kind_choice(
    e: &mut Elaborator<'_>,
    value: &Expr,
    columns: &[Arc<str>],
    frame: &Frame,
) -> Option<Choice<data::Make<data::Kind>>> {
    if let Some(w) = written(value)
        && matches!(&*w.name.text, "image" | "text" | "window")
    {
        not_yet(e, value.span, &format!("a column of kind `{}`", w.name.text), frame);
        return None;
    }
    choice(e, &KINDS, value, columns, "kind of column", frame)
}

fn selector(e: &mut Elaborator<'_>, s: &Selector, frame: &Frame) -> Option<ColumnSelector> {
    match s {
        Selector::Name(name) => Some(ColumnSelector::Name(name.text.to_string(), name.span)),
        Selector::Pattern { function, args, span } => match (&*function.text, args.as_slice()) {
            ("columns", [ast::Arg { value: Expr { kind: ExprKind::Str(pattern), .. }, .. }]) => {
                Some(ColumnSelector::Pattern(pattern.to_string(), *span))
            }
            ("cross", [_, _, ..]) => {
                let names = args.iter().map(|arg| e.column_arg(&arg.value, &[], frame)).collect::<Option<Vec<_>>>()?;
                let names = names.iter().filter_map(crate::data::spelled).collect();
                Some(ColumnSelector::Cross(names, *span))
            }
            ("cross", _) => {
                let message = "`cross` is of two columns or more";
                e.fail(frame, &codes::ARITY, *span, message, "for example `cross(country, device)`");
                None
            }
            _ => {
                let d =
                    Diagnostic::new(&codes::UNKNOWN_NAME, "columns are named, or chosen by `columns(\"pattern*\")`")
                        .at(*span, "neither")
                        .suggest(function.span, closest(&function.text, ["columns", "cross"]));
                e.report(frame, d);
                None
            }
        },
    }
}

/// A row of a table with its arguments.
pub(super) fn choice<M>(
    e: &mut Elaborator<'_>,
    table: &'static Table<M>,
    value: &Expr,
    columns: &[Arc<str>],
    what: &str,
    frame: &Frame,
) -> Option<Choice<M>> {
    let Some(given) = written(value) else {
        if !matches!(value.kind, ExprKind::Error) {
            let known: Vec<&str> = table.names().collect();
            let message = format!("a {what} is expected: {}", known.join(", "));
            e.fail(frame, &codes::WRONG_KIND, value.span, message, &format!("not a {what}"));
        }
        return None;
    };
    let Some(row) = table.find(&given.name.text) else {
        unknown_row(e, &given, table.names().collect(), what, frame);
        return None;
    };
    let args = e.row_args(row.signature, &given, columns, &[], frame)?;
    Some(Choice { row, args, span: value.span })
}

pub(super) fn unknown_row(e: &mut Elaborator<'_>, given: &Written<'_>, known: Vec<&str>, what: &str, frame: &Frame) {
    let close = super::foreign::row(&given.name.text)
        .filter(|w| known.contains(w))
        .or_else(|| closest(&given.name.text, known.iter().copied()));
    let mut d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no {what} `{}`", given.name.text))
        .at(given.name.span, format!("unknown {what}"))
        .suggest(given.name.span, close);
    if what == "kind of column" && TRANSFORMS.find(&given.name.text).is_some() {
        d = d.help(format!("a kind comes first, then what is done with it: `number |> {}`", given.name.text));
    } else if close.is_none() {
        d = d.help(format!("there are {}", known.join(", ")));
    }
    e.report(frame, d);
}

fn missing(e: &mut Elaborator<'_>, value: &Expr, frame: &Frame) -> MissingPolicy {
    let mut policy = MissingPolicy::default();
    let ExprKind::Record(fields) = &value.kind else {
        let d = Diagnostic::new(&codes::WRONG_KIND, "`missing` says what to do for each kind of column")
            .at(value.span, "expected a record")
            .help("for example `missing = (number = median(flag = true), category = level)`");
        e.report(frame, d);
        return policy;
    };
    for (key, value) in fields {
        match &*key.text {
            "number" => policy.number = choice(e, &MISSING_NUMBER, value, &[], "way to fill missing numbers", frame),
            "category" => {
                policy.category = choice(e, &MISSING_CATEGORY, value, &[], "way to fill missing categories", frame);
            }
            _ => unknown_setting(e, key, "missing", &["number", "category"], &[], frame),
        }
    }
    policy
}

pub(super) fn source(e: &mut Elaborator<'_>, value: &Expr, base: &Path, frame: &Frame) -> Option<SourceSpec> {
    if let ExprKind::WithBlock { head, block } = &value.kind {
        return match written(head) {
            Some(w) if &*w.name.text == "generate" => super::generate::generate(e, &w, block),
            _ => {
                e.fail(frame, &codes::WRONG_KIND, head.span, "only `generate(rows) { … }` takes a block", "here");
                None
            }
        };
    }
    let given = written(value);
    if let Some(w) = &given {
        match &*w.name.text {
            "rows" => return inline_rows(e, w, frame).map(|t| SourceSpec::Table(Arc::new(t))),
            "images" => {
                not_yet(e, value.span, "folders of images", frame);
                return None;
            }
            _ => {}
        }
    }
    let choice = choice(e, &SOURCES, value, &[], "source", frame)?;
    match choice.make() {
        Ok(spec) => Some(spec.relative_to(base)),
        Err(d) => {
            e.report(frame, d);
            None
        }
    }
}

/// `rows([(a = 1, b = "x"), …])`
fn inline_rows(e: &mut Elaborator<'_>, w: &Written<'_>, frame: &Frame) -> Option<RawTable> {
    match w.args {
        [ast::Arg { value: Expr { kind: ExprKind::List(items), .. }, .. }] => rows_table(e, items, frame),
        _ => {
            let message = "`rows` takes a list of records";
            e.fail(frame, &codes::WRONG_KIND, w.span, message, "for example `rows([(age = 31, left = true)])`");
            None
        }
    }
}

/// Records as a table of texts; a list value fills the columns `name[0]`, `name[1]`, ….
pub(super) fn rows_table(e: &mut Elaborator<'_>, items: &[Expr], frame: &Frame) -> Option<RawTable> {
    let mut names: Vec<String> = Vec::new();
    let mut rows: Vec<Vec<(String, String)>> = Vec::new();
    for item in items {
        let ExprKind::Record(fields) = &item.kind else {
            let d = Diagnostic::new(&codes::WRONG_KIND, "a row is a record")
                .at(item.span, "not a record")
                .help("for example `(age = 31, city = \"Bonn\")`");
            e.report(frame, d);
            return None;
        };
        let mut row = Vec::new();
        for (name, value) in fields {
            cells(e, &name.text, value, &mut row, frame)?;
        }
        for (name, _) in &row {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        rows.push(row);
    }
    let columns = names.iter().map(|name| {
        let cells = rows.iter().map(|r| r.iter().find(|(n, _)| n == name).map_or("", |(_, c)| c.as_str()));
        data::RawColumn::texts(name.clone(), cells.collect::<Vec<_>>())
    });
    Some(RawTable::new(columns.collect()))
}

fn cells(
    e: &mut Elaborator<'_>,
    name: &str,
    value: &Expr,
    row: &mut Vec<(String, String)>,
    frame: &Frame,
) -> Option<()> {
    if let ExprKind::Name(word) = &value.kind
        && !e.world.hypers.contains_key(&word.text)
    {
        let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{}` is a name, and a cell holds a value", word.text))
            .at(value.span, "a text stands in quotes")
            .fix("write it in quotes", value.span, format!("\"{}\"", word.text));
        e.report(frame, d);
        return None;
    }
    match e.eval(value, frame) {
        super::value::Value::Text(t) => row.push((name.into(), t.to_string())),
        super::value::Value::Bool(Some(b)) => row.push((name.into(), b.to_string())),
        super::value::Value::List(items) => {
            for (i, (item, _)) in items.iter().enumerate() {
                row.push((format!("{name}[{i}]"), item.as_number()?.to_string()));
            }
        }
        super::value::Value::Error => return None,
        other => match other.as_number() {
            Some(x) => row.push((name.into(), x.to_string())),
            None => {
                let message = format!("a cell is a number, a text, true or false, and this is {}", other.kind());
                e.fail(frame, &codes::WRONG_KIND, value.span, message, "not a cell");
                return None;
            }
        },
    }
    Some(())
}

pub(super) fn not_yet(e: &mut Elaborator<'_>, span: Span, what: &str, frame: &Frame) {
    let d = Diagnostic::new(&codes::NOT_YET, format!("nnrun does not run {what} yet"))
        .at(span, "part of the language, kept for a later version");
    e.report(frame, d);
}

pub(super) fn unknown_setting(
    e: &mut Elaborator<'_>,
    key: &ast::Ident,
    item: &str,
    known: &[&str],
    columns: &[Arc<str>],
    frame: &Frame,
) {
    let is_column = columns.contains(&key.text);
    let close = closest(&key.text, known.iter().copied());
    let mut d = Diagnostic::new(&codes::UNKNOWN_KEY, format!("`{item}` has no setting `{}`", key.text))
        .at(key.span, "unknown setting");
    if let Some(advice) = super::foreign::setting_advice(item, &key.text) {
        e.report(frame, d.help(advice));
        return;
    }
    d = match is_column {
        true => d.help(format!("a column's kind is given with a colon: `{}: number`", key.text)),
        false if close.is_some() => d.suggest(key.span, close),
        false => {
            // Known only to say where it goes.
            let real: Vec<&str> = known.iter().copied().filter(|k| *k != "schedule").collect();
            d.help(format!("its settings are {}", real.join(", ")))
        }
    };
    // Neither near a setting nor a column: likely a column that is to be computed.
    if item == "data" && !is_column && close.is_none() {
        d = d
            .help("columns are not computed here: add one to the table, or compute in the model, the loss or a metric");
    }
    e.report(frame, d);
}

/// What models and losses see, before the fit: extents that depend on the training rows are symbols.
///
/// A dropped column can still be read as a number by losses, costs and weights, if `table` has numbers in it.
pub fn view_of(name: &Arc<str>, span: Span, schema: Option<&Schema>, table: Option<&RawTable>) -> DataView {
    let Some(schema) = schema else {
        return DataView { name: name.clone(), span, inputs: vec![], targets: vec![], columns: vec![], fitted: false };
    };
    let mut symbols = 0;
    let inputs = schema.inputs.iter().map(|i| input_view(name, i, &mut symbols)).collect();
    let targets = schema.targets.iter().map(target_view).collect();
    let columns = schema
        .columns
        .iter()
        .map(|c| ColumnView {
            name: c.name.as_str().into(),
            numeric: match c.kind {
                data::Kind::Number | data::Kind::Time { .. } | data::Kind::Binary { .. } => true,
                data::Kind::Drop => {
                    table.and_then(|t| t.column(&c.name)).is_some_and(|column| column.bad_numbers() == 0)
                }
                _ => false,
            },
        })
        .collect();
    DataView { name: name.clone(), span, inputs, targets, columns, fitted: false }
}

fn input_view(data: &str, input: &data::InputSchema, symbols: &mut u32) -> InputView {
    let mut at = Dim::from(0);
    let mut width = Dim::from(0);
    let mut pieces = Vec::new();
    let mut known = |w: Width, column: &str| match w {
        Width::Known(n) => Dim::from(n),
        Width::Unknown => {
            *symbols += 1;
            Dim::name(format!("{data}.{column}"), *symbols)
        }
    };
    for piece in &input.pieces {
        let (kind, raw, seen) = match piece.form {
            PieceForm::Dense { width } => {
                let width = known(width, &piece.column);
                (PieceKind::Dense { width: width.clone() }, width.clone(), width)
            }
            PieceForm::Embed { levels, dim } => (
                PieceKind::Embed { levels: known(levels, &piece.column), dim: dim as i64 },
                Dim::from(1),
                Dim::from(dim),
            ),
        };
        pieces.push(Piece { column: piece.column.as_str().into(), at: at.clone(), kind });
        at = &at + &raw;
        width = &width + &seen;
    }
    InputView { name: input.name.as_str().into(), pieces, raw_width: at, width }
}

fn target_view(t: &data::TargetSchema) -> TargetView {
    target(&t.name, &t.kind, t.span, t.columns.len())
}

fn target(name: &str, kind: &TargetKind, span: Span, columns: usize) -> TargetView {
    let classes: Vec<Arc<str>> = kind.classes().into_iter().map(Arc::from).collect();
    let domain = match kind {
        TargetKind::Binary { .. } => Domain::Binary,
        TargetKind::Label { classes } => Domain::LabelOf(Dim::from(classes.len())),
        TargetKind::Number => Domain::Real,
    };
    TargetView { name: name.into(), domain, span, classes, width: columns.max(1) }
}

/// What models see after the fit: every extent is a number.
pub fn fitted_view(name: &Arc<str>, span: Span, fitted: &data::Fitted, columns: Vec<ColumnView>) -> DataView {
    let inputs = fitted
        .inputs
        .iter()
        .map(|input| {
            let pieces = input
                .layout()
                .into_iter()
                .map(|p| {
                    let kind = match p.kind {
                        data::PieceKind::Dense { width, .. } => PieceKind::Dense { width: Dim::from(width) },
                        data::PieceKind::Embed { levels, dim } => {
                            PieceKind::Embed { levels: Dim::from(levels), dim: dim as i64 }
                        }
                    };
                    Piece { column: p.column.as_str().into(), at: Dim::from(p.at), kind }
                })
                .collect();
            InputView {
                name: input.name.as_str().into(),
                pieces,
                raw_width: Dim::from(input.raw_width()),
                width: Dim::from(input.width()),
            }
        })
        .collect();
    let targets = fitted.targets.iter().map(|t| target(&t.name, &t.kind, span, t.columns.len())).collect();
    DataView { name: name.clone(), span, inputs, targets, columns, fitted: true }
}
