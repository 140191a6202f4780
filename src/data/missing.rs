use super::row::{Make, Row, Table};

/// What stands for a missing number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MissingNumber {
    Median { flag: bool },
    Mean { flag: bool },
    Value { value: f64, flag: bool },
    Error,
}

/// What stands for a missing level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingCategory {
    /// Missing is a level of its own.
    Level,
    MostFrequent,
    Error,
}

/// Policies for `missing = (number = …)`.
pub static MISSING_NUMBER: Table<Make<MissingNumber>> = Table(&[
    Row {
        name: "median",
        signature: "median(flag: bool = true)",
        doc: "The median of the training rows (of an even count the mean of the two in the middle). With `flag`, a column that has missing cells among the training rows gets a second feature `<column>_missing`, 1 where the cell was missing.",
        example: "missing = (number = median(flag = true))",
        make: |args, _| Ok(MissingNumber::Median { flag: args.bool("flag").unwrap_or(true) }),
    },
    Row {
        name: "mean",
        signature: "mean(flag: bool = true)",
        doc: "The mean of the training rows; `flag` as for `median`.",
        example: "missing = (number = mean(flag = false))",
        make: |args, _| Ok(MissingNumber::Mean { flag: args.bool("flag").unwrap_or(true) }),
    },
    Row {
        name: "value",
        signature: "value(value: real, flag: bool = true)",
        doc: "A fixed value, in the column's own units; `flag` as for `median`.",
        example: "missing = (number = value(0))",
        make: |args, _| {
            let value = args.real("value").unwrap_or(0.0);
            Ok(MissingNumber::Value { value, flag: args.bool("flag").unwrap_or(true) })
        },
    },
    Row {
        name: "error",
        signature: "error()",
        doc: "A missing number is an error.",
        example: "missing = (number = error)",
        make: |_, _| Ok(MissingNumber::Error),
    },
]);

/// Policies for `missing = (category = …)`.
pub static MISSING_CATEGORY: Table<Make<MissingCategory>> = Table(&[
    Row {
        name: "level",
        signature: "level()",
        doc: "Missing is a level of its own, with its own slot in `one_hot` and `embed`.",
        example: "missing = (category = level)",
        make: |_, _| Ok(MissingCategory::Level),
    },
    Row {
        name: "most_frequent",
        signature: "most_frequent()",
        doc: "The most frequent level of the training rows; of equally frequent ones the first by name.",
        example: "missing = (category = most_frequent)",
        make: |_, _| Ok(MissingCategory::MostFrequent),
    },
    Row {
        name: "error",
        signature: "error()",
        doc: "A missing level is an error.",
        example: "missing = (category = error)",
        make: |_, _| Ok(MissingCategory::Error),
    },
]);
