use crate::data::bad_cells::BadCells;
use crate::data::{ColumnEntry, ColumnSelector, DataSpec, Kind, MissingNumber, RawTable};
use crate::diag::{Diagnostic, Problems, Severity, codes};
use crate::text::Span;

use super::binary::pair;
use super::chain::{chain, choice, flagged, form_of};
use super::infer::{AlmostNumbers, Inference, infer};
use super::select::select;
use super::targets::{not_binary, resolve_targets};
use super::{ColumnSchema, InputSchema, PieceSchema, Role, Schema, TargetKind};

/// Decides what every column is. What the program does not say is inferred and announced by a note each (columns
/// that are alike share one); everything wrong with the entries and the targets is reported.
pub fn schema(spec: &DataSpec, table: &RawTable, problems: &mut Problems) -> Schema {
    let targets = resolve_targets(spec, table, problems);
    let is_target: Vec<bool> =
        table.names().map(|name| targets.iter().any(|t| t.columns.iter().any(|c| c == name))).collect();
    let first = targets.first().filter(|t| t.columns.len() == 1).map(|t| t.kind.clone());
    let mut resolver = Resolver { spec, table, is_target, first, flag: number_flag(spec, problems), problems };
    let (columns, pieces) = resolver.columns();
    let mut inputs = Vec::new();
    if !pieces.is_empty() {
        inputs.push(InputSchema { name: "features".into(), pieces, span: spec.span });
    }
    inputs.extend(resolver.named_inputs());
    Schema { columns, inputs, targets }
}

/// Whether missing numbers may add a feature.
fn number_flag(spec: &DataSpec, problems: &mut Problems) -> bool {
    match spec.missing.number.as_ref().map(|choice| choice.make()) {
        None => true,
        Some(Ok(MissingNumber::Median { flag } | MissingNumber::Mean { flag } | MissingNumber::Value { flag, .. })) => {
            flag
        }
        Some(Ok(MissingNumber::Error)) => false,
        Some(Err(diagnostic)) => {
            problems.push(diagnostic);
            false
        }
    }
}

struct Resolver<'a> {
    spec: &'a DataSpec,
    table: &'a RawTable,
    is_target: Vec<bool>,
    /// The kind of the first target.
    first: Option<TargetKind>,
    flag: bool,
    problems: &'a mut Problems,
}

impl<'a> Resolver<'a> {
    /// For each column of the table the entry that speaks of it: names before patterns, then file order.
    fn entries(&mut self, entries: &'a [ColumnEntry]) -> Vec<Option<&'a ColumnEntry>> {
        let mut of: Vec<Option<&ColumnEntry>> = vec![None; self.table.columns().len()];
        let mut named: Vec<Option<Span>> = vec![None; of.len()];
        let is_name = |s: &ColumnSelector| !matches!(s, ColumnSelector::Pattern(..));
        for entry in entries {
            for selector in entry.columns.iter().filter(|s| is_name(s)) {
                for i in select(selector, self.table, self.problems) {
                    match named[i] {
                        _ if self.is_target[i] => {
                            self.problems.push(is_a_target(&self.table.columns()[i].name, selector.span()))
                        }
                        Some(first) => self.problems.push(twice(&self.table.columns()[i].name, first, selector.span())),
                        None => (named[i], of[i]) = (Some(selector.span()), Some(entry)),
                    }
                }
            }
        }
        for entry in entries {
            for selector in entry.columns.iter().filter(|s| !is_name(s)) {
                for i in select(selector, self.table, self.problems) {
                    if of[i].is_none() && !self.is_target[i] {
                        of[i] = Some(entry);
                    }
                }
            }
        }
        of
    }

    fn columns(&mut self) -> (Vec<ColumnSchema>, Vec<PieceSchema>) {
        let main = self.entries(&self.spec.columns);
        let mut of = main.clone();
        for input in &self.spec.inputs {
            let theirs = self.entries(&input.columns);
            of.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = mine.or(theirs));
        }
        let group =
            self.spec.split.as_ref().and_then(|s| s.args.text("group")).and_then(|name| self.table.position(name));
        let mut columns = Vec::new();
        let mut pieces = Vec::new();
        let mut announced = Announced::default();
        for (i, entry) in of.iter().enumerate() {
            let name = self.table.columns()[i].name.clone();
            if self.is_target[i] {
                columns.push(self.target_column(name));
                continue;
            }
            let (piece, column) = match entry {
                Some(entry) => self.declared(i, entry),
                None => self.inferred(i, group == Some(i), &mut announced),
            };
            columns.push(column);
            pieces.extend(piece);
        }
        announced.say(self.spec, self.problems);
        (columns, pieces)
    }

    fn target_column(&self, name: String) -> ColumnSchema {
        ColumnSchema { name, kind: Kind::Drop, role: Role::Target, pair: None, span: None, inferred: None }
    }

    fn named_inputs(&mut self) -> Vec<InputSchema> {
        let mut inputs: Vec<InputSchema> = Vec::new();
        for input in &self.spec.inputs {
            if input.name == "features" || inputs.iter().any(|i| i.name == input.name) {
                self.problems.push(
                    Diagnostic::new(&codes::DUPLICATE, format!("there are two inputs `{}`", input.name))
                        .at(input.span, "give this one another name"),
                );
                continue;
            }
            // Problems with these entries were reported when the columns were resolved: equal ones count once.
            let of = self.entries(&input.columns);
            let pieces =
                of.iter().enumerate().filter_map(|(i, entry)| entry.and_then(|e| self.declared(i, e).0)).collect();
            inputs.push(InputSchema { name: input.name.clone(), pieces, span: input.span });
        }
        inputs
    }

    fn declared(&mut self, i: usize, entry: &ColumnEntry) -> (Option<PieceSchema>, ColumnSchema) {
        let column = &self.table.columns()[i];
        let kind = self.kind(i, entry);
        let pair = match &kind {
            Kind::Binary { positive } => match pair(column, positive.as_deref()) {
                Ok(pair) => Some(pair),
                Err(why) => {
                    self.problems.push(not_binary(&column.name, why, entry.span));
                    None
                }
            },
            _ => None,
        };
        if matches!(kind, Kind::Label { .. }) {
            self.problems.push(
                Diagnostic::new(&codes::WRONG_KIND, format!("`{}` can't be a label: only targets are", column.name))
                    .at(entry.span, "write `category`, or `target` before it"),
            );
        }
        if form_of(&kind).is_none() && !entry.transforms.is_empty() {
            self.problems.push(
                Diagnostic::new(&codes::WRONG_KIND, format!("a column of kind `{}` takes no transforms", kind.name()))
                    .at(entry.span, format!("`{}` is no feature", column.name)),
            );
        }
        let bad = BadCells::of(column, &kind, pair.as_ref());
        if bad.count > 0 {
            self.problems.push(bad.diagnostic(column, &kind, Some(entry.span)));
        }
        let piece = self.piece(i, kind.clone(), pair.clone(), &entry.transforms, Some(entry.span));
        let column = self.schema_of(i, kind, pair, Some(entry.span), None);
        (piece, column)
    }

    /// What the entry says, else what its first transform takes, else what the cells look like.
    fn kind(&mut self, i: usize, entry: &ColumnEntry) -> Kind {
        use crate::data::transforms::Form;
        let column = &self.table.columns()[i];
        match (&entry.kind, entry.transforms.first().map(|t| t.row.make.takes)) {
            (Some(choice), _) => choice.make().unwrap_or_else(|diagnostic| {
                self.problems.push(diagnostic);
                Kind::Drop
            }),
            (None, Some(Form::Number)) => Kind::Number,
            (None, Some(Form::Time)) => Kind::Time { format: None },
            (None, Some(_)) => Kind::Category,
            (None, None) => infer(column).map_or(Kind::Number, |inference| inference.kind),
        }
    }

    fn inferred(&mut self, i: usize, is_group: bool, announced: &mut Announced) -> (Option<PieceSchema>, ColumnSchema) {
        let column = &self.table.columns()[i];
        let inference = match infer(column) {
            _ if is_group => Inference::group(),
            Ok(inference) => inference,
            Err(AlmostNumbers) => {
                let bad = BadCells::of(column, &Kind::Number, None);
                self.problems.push(bad.diagnostic(column, &Kind::Number, Some(self.spec.source_span())));
                return (None, self.schema_of(i, Kind::Drop, None, None, None));
            }
        };
        announced.add(&column.name, &inference);
        let transforms: Vec<_> =
            inference.transforms.iter().filter_map(|(name, args)| choice(name, args.clone(), self.spec.span)).collect();
        let entry = format!("{}: {}", quoted(&column.name), inference.spelled());
        let piece = self.piece(i, inference.kind.clone(), None, &transforms, None);
        (piece, self.schema_of(i, inference.kind, None, None, Some(entry)))
    }

    fn piece(
        &mut self,
        i: usize,
        kind: Kind,
        pair: Option<(String, String)>,
        transforms: &[crate::data::Choice<crate::data::MakeTransform>],
        span: Option<Span>,
    ) -> Option<PieceSchema> {
        let column = &self.table.columns()[i];
        let at = span.unwrap_or(self.spec.span);
        let (transforms, form) = chain(&column.name, &kind, transforms, self.first.as_ref(), at, self.problems)?;
        let form = flagged(form, &kind, self.flag, column);
        Some(PieceSchema { column: column.name.clone(), kind, pair, transforms, form, span })
    }

    fn schema_of(
        &self,
        i: usize,
        kind: Kind,
        pair: Option<(String, String)>,
        span: Option<Span>,
        inferred: Option<String>,
    ) -> ColumnSchema {
        let role = match kind {
            Kind::Id => Role::Id,
            Kind::Drop | Kind::Label { .. } => Role::Unused,
            _ => Role::Feature,
        };
        ColumnSchema { name: self.table.columns()[i].name.clone(), kind, role, pair, span, inferred }
    }
}

impl Inference {
    fn group() -> Self {
        Inference { kind: Kind::Id, transforms: Vec::new(), why: "rows are split by it".into(), doubtful: false }
    }
}

/// What was inferred, columns that are alike together.
#[derive(Default)]
struct Announced(Vec<Announcement>);

struct Announcement {
    columns: Vec<String>,
    entry: String,
    why: String,
    doubtful: bool,
}

impl Announced {
    fn add(&mut self, column: &str, inference: &Inference) {
        let (entry, why, doubtful) = (inference.spelled(), inference.why.clone(), inference.doubtful);
        match self.0.iter_mut().find(|a| a.entry == entry && a.why == why) {
            Some(same) => same.columns.push(quoted(column)),
            None => self.0.push(Announcement { columns: vec![quoted(column)], entry, why, doubtful }),
        }
    }

    fn say(self, spec: &DataSpec, problems: &mut Problems) {
        for a in self.0 {
            let message = format!("inferred `{}: {}`: {}", listed(&a.columns), a.entry, a.why);
            let mut diagnostic = Diagnostic::new(&codes::INFERRED, message)
                .at(spec.span, format!("add `{}: {}` to decide it yourself", listed(&a.columns), a.entry));
            if a.doubtful {
                diagnostic.severity = Severity::Warning;
            }
            problems.push(diagnostic);
        }
    }
}

/// `a, b, c`, or `a, b, … z (64 columns)` if they are many.
fn listed(columns: &[String]) -> String {
    match columns {
        [first, second, .., last] if columns.len() > 8 => {
            format!("{first}, {second}, … {last} ({} columns)", columns.len())
        }
        all => all.join(", "),
    }
}

/// As a program writes the name of a column.
fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

fn is_a_target(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&codes::DUPLICATE, format!("`{name}` is the target, so it can't be a feature"))
        .at(span, "this entry is too much")
        .help("its kind stands behind `target`: a model that sees the answer learns nothing")
}

fn twice(name: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(&codes::DUPLICATE, format!("column `{name}` has two entries"))
        .at(second, "here again")
        .at(first, "here first")
}
