//! Tabular data: the only reader of data files.
//!
//! `read` → [`RawTable`] → `schema` → [`Schema`] → `split` → [`Split`] → `fit` → [`Fitted`] → `apply` → [`Block`]s;
//! [`prepare`] does all of it. Whatever is fitted is fitted on the training rows only; [`Fitted`] is all that is
//! needed to apply it to a new table.

mod apply;
mod bad_cells;
mod cells;
mod cross;
mod csv_blocks;
mod csv_columns;
mod csv_file;
mod csv_header;
mod csv_scan;
mod dataset;
mod fit;
mod fitted;
mod fixed_point;
mod folds;
mod group;
mod kernels;
mod kinds;
mod missing;
mod moment;
mod overlap;
mod plain_rows;
mod plain_table;
mod quick_number;
mod raw;
mod row;
mod schema;
mod sides;
mod sniff;
mod sources;
mod spec;
mod split;
mod split_plan;
mod step;
mod text_check;
mod transforms;
mod unforeseen;
mod usual;

pub use apply::{Bound, RowProblem};
pub use cells::Decode;
pub use cross::with_crosses;
pub use csv_blocks::{CsvBlock, CsvBlocks, Scratch};
pub use csv_scan::{NotPlain, Use};
pub use dataset::{Block, Dataset, Piece, PieceKind, TargetColumn, ids, prepare};
pub use fit::fit;
pub use fitted::{Fill, Fitted, FittedInput, FittedPiece, FittedTarget};
pub use kinds::{KINDS, Kind};
pub use missing::{MISSING_CATEGORY, MISSING_NUMBER, MissingCategory, MissingNumber};
pub use plain_table::Reading;
pub use raw::{Levels, Numbers, RawColumn, RawTable, is_missing};
pub use row::{Choice, Make, Row, Table, spelled};
pub use schema::{
    ColumnSchema, InputSchema, PieceForm, PieceSchema, Role, Schema, TargetKind, TargetSchema, Width, schema,
};
pub use sources::{SOURCES, read};
pub use spec::{ColumnEntry, ColumnSelector, CsvSource, DataSpec, InputSpec, MissingPolicy, SourceSpec, TargetSpec};
pub use split::{SPLITS, Split, SplitKind, SplitPlan, split};
pub use step::Step;
pub use transforms::{Form, MakeTransform, TRANSFORMS, Transform, Values};
pub use unforeseen::Unforeseen;
pub use usual::{Usual, UsualColumn};
