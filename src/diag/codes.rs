//! The table of all codes. Families: E1 syntax, E2 names, E3 types and domains, E4 shapes, E5 data,
//! E6 resources and files, W7 lints, R8 run time, W8 and N8 faults seen while training, N9 notes.

use super::Severity;

/// A kind of problem: stable, documented in its page, `nnrun explain` shows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub id: &'static str,
    pub title: &'static str,
    pub severity: Severity,
    /// What `nnrun explain` shows: `pages/<id>.md`, a title, prose, a bad and a good program.
    pub page: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal $severity:ident $title:literal;)*) => {
        $(#[doc = $title] pub static $name: Code = Code {
            id: $id,
            title: $title,
            severity: Severity::$severity,
            page: include_str!(concat!("pages/", $id, ".md")),
        };)*
        /// Every code, in the order of the table.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    SYNTAX = "E101" Error "this is not the syntax of the language";
    UNCLOSED = "E102" Error "an opening bracket is never closed";
    NOT_YET = "E103" Error "part of the language that this version does not run yet";
    TOO_DEEP = "E104" Error "nested or chained too deep";
    NOT_TEXT = "E105" Error "the file is not UTF-8 text";
    UNKNOWN_NAME = "E201" Error "a name that is not defined";
    UNKNOWN_KEY = "E202" Error "a setting that does not exist here";
    UNKNOWN_COLUMN = "E203" Error "a column that the data does not have";
    DUPLICATE = "E204" Error "the same name twice";
    MISSING = "E205" Error "something required is missing";
    ARITY = "E206" Error "wrong number of arguments";
    UNKNOWN_ARGUMENT = "E207" Error "an argument that does not exist";
    WRONG_KIND = "E301" Error "a value of another kind was expected";
    OUT_OF_RANGE = "E302" Error "a value outside its range";
    DOMAIN = "E303" Error "numbers that mean something else than expected";
    NOT_A_VALUE = "E304" Error "this can't stand here";
    LOSS_TARGET = "E305" Error "the loss does not fit the model's result and the target";
    SHAPE = "E401" Error "shapes that do not fit";
    AXIS = "E402" Error "an axis that does not exist";
    DATA = "E501" Error "the data can't be read or used";
    DATA_CELL = "E502" Error "a cell that does not hold what its column says";
    SPLIT = "E503" Error "rows of a split are needed that the data does not have";
    TARGET = "E504" Error "the target can't be learned from";
    DATA_FILE = "E505" Error "a data file can't be opened";
    DATA_TEXT = "E506" Error "a data file is not UTF-8 text";
    DATA_HEADER = "E507" Error "the first line does not name the columns";
    DATA_ROW = "E508" Error "a row has more or fewer cells than there are columns";
    DATA_FIT = "E509" Error "a transform can't be fitted on the training rows";
    DATA_MISSING = "E510" Error "a cell is missing where the program allows none";
    FILE = "E601" Error "a file can't be read";
    MODEL_FILE = "E602" Error "this is not a sound model file";
    OUTPUT = "E603" Error "the output can't be written";
    RESOURCE = "E604" Error "more memory than there is";
    UNUSED = "W701" Warning "defined but never used";
    NO_EFFECT = "W702" Warning "can't influence the loss";
    ROWS_LEFT_OUT = "W711" Warning "rows that are on no side of the split";
    UNFORESEEN = "W712" Warning "cells of a sort that the training rows did not have";
    FEW_ROWS = "W713" Warning "too few rows to say much";
    OVERLAP = "W714" Warning "the same row on two sides of a split";
    TWO_LINEAR = "W721" Warning "two Linear in a row";
    AFTER_LAST = "W722" Warning "an activation or a dropout after the last layer";
    SATURATING = "W723" Warning "saturating activations in deep hidden layers";
    BATCH_OF_ONE = "W724" Warning "BatchNorm in batches of one row";
    DROPOUT_RATE = "W725" Warning "a dropout of more than half";
    DROPOUT_BEFORE_NORM = "W726" Warning "dropout before BatchNorm";
    LEARNING_RATE = "W727" Warning "a learning rate far from what is usual";
    SQUASHED_TWICE = "W728" Warning "a sigmoid or softmax of what was squashed before";
    CLASS_AXIS = "W729" Warning "a softmax over another axis than the product before it made";
    UNSCALED = "W731" Warning "features that are not scaled";
    IDENTIFIER = "W732" Warning "an identifier as a feature";
    DETERMINES_TARGET = "W733" Warning "a feature that determines the target";
    CONSTANT_COLUMN = "W734" Warning "a feature that is the same in every row";
    MOSTLY_MISSING = "W735" Warning "a feature that is mostly missing";
    WIDE_ONE_HOT = "W736" Warning "a one_hot of very many levels";
    GROUP_SPLIT = "W737" Warning "rows of one group on both sides of the split";
    LATER_TIME = "W738" Warning "training rows that are later than test rows";
    TARGET_RANGE = "W739" Warning "a target far from what the model gives";
    ACCURACY_ALONE = "W741" Warning "imbalanced classes judged by accuracy alone";
    UNCALIBRATED = "W742" Warning "probabilities of a weighted loss, reported uncalibrated";
    NOT_FINITE = "R801" Error "a number is not finite";
    REQUIRE = "R802" Error "a requirement is not met";
    INITIAL_LOSS = "W811" Warning "a first loss far above that of a constant answer";
    SAME_ROWS = "W812" Warning "training rows that are all the same";
    NO_GRADIENT = "W813" Warning "gradients that are all exactly 0";
    DEAD_UNITS = "W814" Warning "a layer whose units are never active";
    SATURATED = "W815" Warning "a hidden layer at the limits of its activation";
    VANISHING = "W816" Warning "hardly any gradient in the first layer";
    EXPLODING = "W817" Warning "gradients that grow without bound";
    LARGE_UPDATES = "W818" Warning "steps as large as the weights";
    SMALL_UPDATES = "W819" Warning "steps too small to move the weights";
    LOSS_RISES = "W821" Warning "a training loss that rises";
    OSCILLATES = "W822" Warning "a loss that goes up and down";
    COLLAPSED = "W823" Warning "the same answer for every row";
    NO_PROGRESS = "W824" Warning "nothing was learned";
    OVERFITS = "W825" Warning "training rows learned by heart";
    LEAK = "W826" Warning "val rows that are easier than they can be";
    STILL_FALLING = "N827" Note "the loss was still falling at the end";
    INFERRED = "N901" Note "a choice that was made for you";
    SHADOWS = "N902" Note "a definition that hides one of the library";
    BIAS_BEFORE_NORM = "N903" Note "a bias that a normalisation subtracts again";
}
