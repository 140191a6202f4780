use crate::diag::{Diagnostic, codes};
use crate::text::Span;

use super::moment::DIRECTIVES;
use super::row::{Make, Row, Table};

/// What a column's cells are.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Number,
    Category,
    /// A moment; `None` is ISO 8601.
    Time {
        format: Option<String>,
    },
    /// Carried to the output, never a feature.
    Id,
    Drop,
    /// Two values; `None` knows 1, true and yes.
    Binary {
        positive: Option<String>,
    },
    /// One of several classes; `None` takes those of the labelled rows. Only for targets.
    Label {
        names: Option<Vec<String>>,
    },
}

/// Kinds of columns and targets.
pub static KINDS: Table<Make<Kind>> = Table(&[
    Row {
        name: "number",
        signature: "number()",
        doc: "A number. Default transform: `zscore`. Missing cells follow `missing = (number = …)`.",
        example: "amount: number |> log1p |> zscore",
        make: |_, _| Ok(Kind::Number),
    },
    Row {
        name: "category",
        signature: "category()",
        doc: "One of a set of levels. Default transform: `one_hot`. Missing cells follow `missing = (category = …)`.",
        example: "country: category |> one_hot",
        make: |_, _| Ok(Kind::Category),
    },
    Row {
        name: "time",
        signature: "time(format: text = none)",
        doc: "A moment: ISO 8601 (`2026-01-31`, `2026-01-31T08:30:00Z`), or as `format` says: `%Y %m %d %H %M %S %b %y %z`. Default transform: `cyclic(hour, weekday)`.",
        example: "ordered: time(format = \"%d.%m.%Y\") |> cyclic(weekday, month)",
        make: |args, span| time(args.text("format"), span),
    },
    Row {
        name: "id",
        signature: "id()",
        doc: "Carried to the output of `predict`, never a feature.",
        example: "transaction_id: id",
        make: |_, _| Ok(Kind::Id),
    },
    Row {
        name: "drop",
        signature: "drop()",
        doc: "Not used by the model. Losses, costs, splits and weights can still name the column.",
        example: "customer_id: drop",
        make: |_, _| Ok(Kind::Drop),
    },
    Row {
        name: "binary",
        signature: "binary(positive: text = none)",
        doc: "Yes or no: 1, true or yes is positive; for any other pair `positive` says which.",
        example: "target diagnosis: binary(positive = \"M\")",
        make: |args, _| Ok(Kind::Binary { positive: args.text("positive").map(str::to_owned) }),
    },
    Row {
        name: "label",
        signature: "label(names: texts = none)",
        doc: "One of several classes, numbered from 0 in the order of `names`, else sorted over all labelled rows.",
        example: "target animal: label(\"cat\", \"dog\", \"horse\")",
        make: |args, _| {
            let names: Vec<String> = args.list("names").iter().filter_map(super::row::spelled).collect();
            Ok(Kind::Label { names: (!names.is_empty()).then_some(names) })
        },
    },
]);

fn time(format: Option<&str>, span: Span) -> Result<Kind, Diagnostic> {
    let mut letters = format.unwrap_or("").chars();
    while let Some(letter) = letters.next() {
        let directive = if letter == '%' { letters.next().unwrap_or(' ') } else { continue };
        if !DIRECTIVES.contains(directive) {
            return Err(Diagnostic::new(&codes::OUT_OF_RANGE, format!("a format of times has no `%{directive}`"))
                .at(span, "known are %Y %y %m %b %B %d %H %I %p %M %S %f %z %s %%"));
        }
    }
    Ok(Kind::Time { format: format.map(str::to_owned) })
}

impl Kind {
    /// As it is written in a file, without its arguments.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Category => "category",
            Kind::Time { .. } => "time",
            Kind::Id => "id",
            Kind::Drop => "drop",
            Kind::Binary { .. } => "binary",
            Kind::Label { .. } => "label",
        }
    }
}
