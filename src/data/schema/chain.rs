use std::sync::Arc;

use crate::data::transforms::Form;
use crate::data::{Choice, Kind, MakeTransform, PieceForm, RawColumn, TRANSFORMS, TargetKind, Transform, Width};
use crate::diag::{Diagnostic, Problems, codes};
use crate::text::Span;
use crate::types::{ArgValue, Args};

/// What the cells of a kind are before any transform; `None` for kinds that are no feature.
pub fn form_of(kind: &Kind) -> Option<Form> {
    match kind {
        Kind::Number | Kind::Binary { .. } => Some(Form::Number),
        Kind::Category => Some(Form::Level),
        Kind::Time { .. } => Some(Form::Time),
        Kind::Id | Kind::Drop | Kind::Label { .. } => None,
    }
}

/// The transforms of a column that gives none.
fn defaults(kind: &Kind, span: Span) -> Vec<Choice<MakeTransform>> {
    let chosen = match kind {
        Kind::Number => choice("zscore", Args::default(), span),
        Kind::Category => choice("one_hot", Args::default(), span),
        Kind::Time { .. } => {
            let parts = ["hour", "weekday"].map(|p| ArgValue::Word(Arc::from(p)));
            choice("cyclic", Args(vec![("parts".into(), ArgValue::List(parts.into()))]), span)
        }
        _ => None,
    };
    chosen.into_iter().collect()
}

/// A transform by name, as the program would choose it.
pub fn choice(name: &str, args: Args, span: Span) -> Option<Choice<MakeTransform>> {
    TRANSFORMS.find(name).map(|row| Choice { row, args, span })
}

/// The transforms of a feature, defaults filled in, each checked against what comes before it; and what they give.
pub fn chain(
    column: &str,
    kind: &Kind,
    transforms: &[Choice<MakeTransform>],
    target: Option<&TargetKind>,
    span: Span,
    problems: &mut Problems,
) -> Option<(Vec<Choice<MakeTransform>>, PieceForm)> {
    let mut form = form_of(kind)?;
    let mut all = if transforms.is_empty() { defaults(kind, span) } else { transforms.to_vec() };
    for transform in &all {
        if transform.row.make.takes != form {
            problems.push(unfitting(column, kind, form, transform));
            return None;
        }
        form = transform.row.make.gives;
        match made(transform, target).map(|made| made.gives()) {
            Ok(gives) => form = gives.unwrap_or(form),
            Err(diagnostic) => {
                problems.push(diagnostic);
                return None;
            }
        }
    }
    if form == Form::Level {
        all.extend(choice("one_hot", Args::default(), span));
    }
    if form == Form::Time {
        all.extend(defaults(kind, span));
    }
    let last = match all.last().map(|last| made(last, target)) {
        None => return Some((all, PieceForm::Dense { width: Width::Known(1) })),
        Some(Ok(transform)) => transform,
        Some(Err(diagnostic)) => {
            problems.push(diagnostic);
            return None;
        }
    };
    let form = match last.dim() {
        Some(dim) => PieceForm::Embed { levels: last.width(), dim },
        None => PieceForm::Dense { width: last.width() },
    };
    Some((all, form))
}

/// A transform that knows the first target.
pub fn made(choice: &Choice<MakeTransform>, target: Option<&TargetKind>) -> Result<Box<dyn Transform>, Diagnostic> {
    let mut transform = choice.make()?;
    transform.meet(target).map_err(|why| Diagnostic::new(&codes::WRONG_KIND, why).at(choice.span, "asked for here"))?;
    Ok(transform)
}

/// A number's form with the feature that its missing cells may add.
pub fn flagged(form: PieceForm, kind: &Kind, flag: bool, column: &RawColumn) -> PieceForm {
    let number = form_of(kind) == Some(Form::Number);
    match form {
        PieceForm::Dense { .. } if number && flag && has_missing(column, kind) => {
            PieceForm::Dense { width: Width::Unknown }
        }
        other => other,
    }
}

fn has_missing(column: &RawColumn, kind: &Kind) -> bool {
    match kind {
        Kind::Binary { .. } => column.levels().missing > 0,
        _ => column.missing_numbers() > 0,
    }
}

fn unfitting(column: &str, kind: &Kind, form: Form, transform: &Choice<MakeTransform>) -> Diagnostic {
    let (name, takes) = (transform.row.name, transform.row.make.takes);
    let message = format!("`{name}` takes {}, but here it gets {}", takes.name(), form.name());
    let diagnostic = Diagnostic::new(&codes::WRONG_KIND, message)
        .at(transform.span, format!("`{column}` is a {} column", kind.name()));
    match (takes, form) {
        (_, Form::Dense | Form::Index) => diagnostic.help("nothing can follow here: the features are finished"),
        (Form::Level, Form::Number) => {
            diagnostic.help(format!("if its numbers are levels, write `{column}: category |> {name}`"))
        }
        (Form::Number, Form::Level) => {
            diagnostic.help(format!("if its cells are numbers, write `{column}: number |> {name}`"))
        }
        (Form::Time, _) => diagnostic.help(format!("if its cells are times, write `{column}: time |> {name}`")),
        _ => diagnostic,
    }
}
