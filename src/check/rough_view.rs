//! What models see of data with a mistake in it, so that the rest of the file is checked all the same.

use std::sync::Arc;

use crate::data::{self, ColumnSelector, RawTable, TargetSpec};
use crate::types::{Dim, Domain};

use super::program::DataItem;
use super::value::{Piece, PieceKind};
use super::world::{ColumnView, DataView, InputView, TargetView};

/// Widths are symbols; targets are what the file says of them. Without a table there are no columns, so trainings wait.
pub(super) fn rough_view(item: &DataItem) -> DataView {
    let table = item.table.as_deref();
    let named = item.spec.inputs.iter().map(|i| i.name.as_str());
    let inputs = std::iter::once("features").chain(named).zip(1..).map(|(name, symbol)| {
        let width = Dim::name(format!("{}.{name}", item.name), symbol);
        let kind = PieceKind::Dense { width: width.clone() };
        let piece = Piece { column: name.into(), at: Dim::from(0), kind };
        InputView { name: name.into(), pieces: vec![piece], raw_width: width.clone(), width }
    });
    let columns = table
        .into_iter()
        .flat_map(|t| t.columns())
        .map(|c| ColumnView { name: c.name.as_str().into(), numeric: c.bad_numbers() == 0 });
    DataView {
        name: item.name.clone(),
        span: item.span,
        inputs: inputs.collect(),
        targets: item.spec.targets.iter().filter_map(|t| target(t, table, &item.name)).collect(),
        columns: columns.collect(),
        fitted: false,
    }
}

fn target(spec: &TargetSpec, table: Option<&RawTable>, data: &str) -> Option<TargetView> {
    let single = matches!(spec.columns.as_slice(), [ColumnSelector::Name(..)]);
    let kind = spec.kind.as_ref()?.make().ok().filter(|_| single)?;
    let levels = || table.and_then(|t| t.column(&spec.name)).map(|c| c.levels().names.to_vec());
    let mut classes: Vec<Arc<str>> = Vec::new();
    let domain = match kind {
        data::Kind::Binary { .. } => Domain::Binary,
        data::Kind::Number => Domain::Real,
        data::Kind::Label { names } => {
            classes = names.map(|n| n.into_iter().map(Arc::from).collect()).or_else(levels).unwrap_or_default();
            match classes.len() {
                0 => Domain::LabelOf(Dim::name(format!("{data}.{}", spec.name), 0)),
                n => Domain::LabelOf(Dim::from(n)),
            }
        }
        _ => return None,
    };
    Some(TargetView { name: spec.name.as_str().into(), domain, span: spec.span, classes, width: 1 })
}
