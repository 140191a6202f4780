use crate::data::bad_cells::BadCells;
use crate::data::raw::is_missing;
use crate::data::transforms::Form;
use crate::data::{DataSpec, Kind, RawColumn, RawTable, TRANSFORMS, TargetSpec};
use crate::diag::{Diagnostic, Problems, codes};
use crate::text::{Span, closest};

use super::binary::{NotBinary, pair};
use super::select::select;
use super::{TargetKind, TargetSchema};

/// Labels with more classes are taken for a mistake.
const MOST_CLASSES: usize = 10_000;
/// Unlabelled numbers with up to this many values may be classes: the note says so.
const FEW_VALUES: usize = 20;

/// The targets of the program, with their classes; those with errors are left out.
pub fn resolve_targets(spec: &DataSpec, table: &RawTable, problems: &mut Problems) -> Vec<TargetSchema> {
    let mut targets: Vec<TargetSchema> = Vec::new();
    for target in &spec.targets {
        if let Some(first) = targets.iter().find(|t| t.name == target.name) {
            problems.push(
                Diagnostic::new(&codes::DUPLICATE, format!("there are two targets `{}`", target.name))
                    .at(target.span, "here again")
                    .at(first.span, "here first"),
            );
            continue;
        }
        targets.extend(resolve(target, table, problems));
    }
    targets
}

fn resolve(target: &TargetSpec, table: &RawTable, problems: &mut Problems) -> Option<TargetSchema> {
    let positions: Vec<usize> = target.columns.iter().flat_map(|s| select(s, table, problems)).collect();
    if positions.is_empty() {
        return None;
    }
    let columns: Vec<&RawColumn> = positions.iter().filter_map(|&i| table.columns().get(i).map(|c| &**c)).collect();
    let kind = match target.kind.as_ref().map(|choice| choice.make()) {
        Some(Ok(kind)) => kind,
        Some(Err(diagnostic)) => {
            problems.push(diagnostic);
            return None;
        }
        None => inferred(target, columns[0], problems),
    };
    let kind = match kind {
        Kind::Binary { positive } => binary(target, &columns, positive.as_deref(), problems)?,
        Kind::Label { names } => TargetKind::Label { classes: label(target, &columns, names, problems)? },
        Kind::Number => number(target, &columns, problems)?,
        other => {
            problems.push(
                Diagnostic::new(&codes::WRONG_KIND, format!("a target can't be of kind `{}`", other.name()))
                    .at(target.span, "a target is `binary`, `label` or `number`"),
            );
            return None;
        }
    };
    transforms_fit(target, &kind, problems).then(|| TargetSchema {
        name: target.name.clone(),
        columns: columns.iter().map(|c| c.name.clone()).collect(),
        kind,
        transforms: target.transforms.clone(),
        span: target.span,
    })
}

fn inferred(target: &TargetSpec, column: &RawColumn, problems: &mut Problems) -> Kind {
    let bad = column.bad_numbers();
    let (kind, why) = match pair(column, None) {
        Ok(_) => (Kind::Binary { positive: None }, "two answers".to_owned()),
        Err(_) if bad > 0 => (Kind::Label { names: None }, "text".to_owned()),
        Err(_) => {
            let values = column.levels().names.len();
            let classes = if values <= FEW_VALUES { "; if they are classes, write `label`" } else { "" };
            (Kind::Number, format!("{values} different numbers{classes}"))
        }
    };
    let entry = format!("target {}: {}", target.name, kind.name());
    problems.push(
        Diagnostic::new(&codes::INFERRED, format!("inferred `{entry}`: {why}"))
            .at(target.span, format!("write `{entry}` to decide it yourself")),
    );
    kind
}

fn binary(
    target: &TargetSpec,
    columns: &[&RawColumn],
    positive: Option<&str>,
    problems: &mut Problems,
) -> Option<TargetKind> {
    let mut pairs = Vec::new();
    for column in columns {
        match pair(column, positive) {
            Ok(pair) => pairs.push(pair),
            Err(why) => problems.push(not_binary(&column.name, why, target.span)),
        }
    }
    (pairs.len() == columns.len()).then_some(TargetKind::Binary { pairs })
}

/// Says why a column has no two answers.
pub fn not_binary(column: &str, why: NotBinary, span: Span) -> Diagnostic {
    let of = |message: String, label: String| Diagnostic::new(&codes::TARGET, message).at(span, label);
    match why {
        NotBinary::NoCells => of(format!("all cells of `{column}` are missing"), "nothing to learn from".into()),
        NotBinary::OneValue(only) => {
            of(format!("`{column}` is `{only}` in every row"), "a yes/no answer needs rows of both sorts".into())
                .help("add rows with the other answer, or choose another column")
        }
        NotBinary::WhichIsYes(a, b) => {
            of(format!("`{column}` is `{a}` or `{b}`: which one is positive?"), "1, true and yes are known".into())
                .help(format!("write `binary(positive = \"{b}\")`"))
        }
        NotBinary::NoSuchPositive(values) => {
            of(format!("`{column}` is never what `positive` says"), format!("its cells are `{}`", values.join("`, `")))
                .help("write one of them, as it is spelled in the data")
        }
        NotBinary::MoreValues(values, count) => of(
            format!("`{column}` has {count} different values, not two: `{}`, …", values.join("`, `")),
            "not a yes/no answer".into(),
        )
        .help(format!("write `{column}: label` for one of several classes, `{column}: number` for a quantity")),
    }
}

/// The classes in order: as given, else sorted; at least two.
fn label(
    target: &TargetSpec,
    columns: &[&RawColumn],
    names: Option<Vec<String>>,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let [column] = columns else {
        problems.push(
            Diagnostic::new(&codes::TARGET, format!("target `{}` has {} columns", target.name, columns.len()))
                .at(target.span, "a label is one column")
                .help("write a target for each, or `binary` if each is a yes/no answer"),
        );
        return None;
    };
    let levels = &column.levels().names;
    let error = |message: String, label: &str| Diagnostic::new(&codes::TARGET, message).at(target.span, label);
    if let Some(names) = names {
        return named_classes(target, column, names, problems);
    }
    let diagnostic = match levels.len() {
        0 => error(format!("all cells of `{}` are missing", column.name), "nothing to learn from"),
        1 => error(format!("`{}` is `{}` in every row", column.name, levels[0]), "two classes at least are needed"),
        n if n > MOST_CLASSES => error(format!("`{}` has {n} classes", column.name), "probably not a label")
            .help(format!("write `target {}: number` if it is a quantity", target.name)),
        _ => return Some(levels.iter().map(|l| l.to_string()).collect()),
    };
    problems.push(diagnostic);
    None
}

fn named_classes(
    target: &TargetSpec,
    column: &RawColumn,
    names: Vec<String>,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let mut sound = true;
    if let Some(twice) = names.iter().enumerate().find_map(|(i, n)| names[..i].contains(n).then_some(n)) {
        problems.push(
            Diagnostic::new(&codes::DUPLICATE, format!("class `{twice}` is named twice"))
                .at(target.span, "in this list"),
        );
        sound = false;
    }
    for level in column.levels().names.iter().filter(|level| !names.iter().any(|n| *n == ***level)) {
        let row = (0..column.len()).find(|&row| column.cell(row).trim_ascii() == &**level).unwrap_or(0);
        let diagnostic = Diagnostic::new(
            &codes::TARGET,
            format!("row {} of `{}` is `{level}`, which is none of the classes", row + 1, column.name),
        )
        .at(target.span, format!("the classes are {}", names.join(", ")));
        let near = closest(level, names.iter().map(String::as_str));
        problems.push(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("add it to the list, or empty the cell to leave the row out"),
        });
        sound = false;
    }
    if names.len() < 2 {
        problems
            .push(Diagnostic::new(&codes::TARGET, "two classes at least are needed").at(target.span, "one is named"));
        sound = false;
    }
    sound.then_some(names)
}

fn number(target: &TargetSpec, columns: &[&RawColumn], problems: &mut Problems) -> Option<TargetKind> {
    let mut sound = true;
    for column in columns {
        let bad = BadCells::of(column, &Kind::Number, None);
        if bad.count > 0 {
            problems.push(bad.diagnostic(column, &Kind::Number, Some(target.span)));
            sound = false;
        } else if (0..column.len()).all(|row| is_missing(&column.cell(row))) {
            problems.push(
                Diagnostic::new(&codes::TARGET, format!("all cells of `{}` are missing", column.name))
                    .at(target.span, "nothing to learn from"),
            );
            sound = false;
        }
    }
    sound.then_some(TargetKind::Number)
}

/// Only numbers have transforms, and only those that can be undone.
fn transforms_fit(target: &TargetSpec, kind: &TargetKind, problems: &mut Problems) -> bool {
    let before = problems.len();
    for transform in &target.transforms {
        let name = transform.row.name;
        let wrong =
            |message: String, label: &str| Diagnostic::new(&codes::WRONG_KIND, message).at(transform.span, label);
        let make = &transform.row.make;
        if *kind != TargetKind::Number {
            problems.push(wrong(format!("only number targets take transforms, so not `{name}`"), "leave it out"));
        } else if make.takes != Form::Number || !make.undoes {
            problems.push(
                wrong(format!("`{name}` can't be undone"), "predictions could not be given in the target's units")
                    .help(format!("targets take {}", undoable())),
            );
        }
    }
    problems.len() == before
}

/// The transforms that can be undone.
fn undoable() -> String {
    let rows = TRANSFORMS.0.iter().filter(|row| row.make.undoes);
    rows.map(|row| format!("`{}`", row.name)).collect::<Vec<_>>().join(", ")
}
