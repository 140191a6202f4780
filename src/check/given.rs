//! `split = given(train = csv(…), test = csv(…))`: a source for each side.

use std::path::Path;

use crate::data::SourceSpec;
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{self, EntryKind, Expr};

use super::data_item::source;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::row_args::written;

/// The sources of train, val and test, if the split is given by them.
pub(super) fn given(
    e: &mut Elaborator<'_>,
    body: &ast::Block,
    base: &Path,
    frame: &Frame,
) -> Option<[Option<SourceSpec>; 3]> {
    let split = body.entries.iter().find_map(|entry| match &entry.kind {
        EntryKind::Setting { key, value, .. } if &*key.text == "split" => written(value),
        _ => None,
    })?;
    if &*split.name.text != "given" {
        return None;
    }
    let mut sides: [Option<SourceSpec>; 3] = Default::default();
    for (i, arg) in split.args.iter().enumerate() {
        let side = match &arg.name {
            Some(name) => ["train", "val", "test"].iter().position(|side| *side == &*name.text),
            None => Some(i),
        };
        if let Some(side) = side.and_then(|side| sides.get_mut(side)) {
            *side = source(e, &arg.value, base, frame);
        }
    }
    Some(sides)
}

/// The source of all rows: those of the sides, the training rows being those of `source` if there is one.
pub(super) fn whole(
    e: &mut Elaborator<'_>,
    entry: Option<&Expr>,
    mut sides: [Option<SourceSpec>; 3],
    base: &Path,
    def: &ast::Def,
    frame: &Frame,
) -> Option<SourceSpec> {
    match (entry, &sides[0]) {
        (Some(value), Some(_)) => {
            let d = Diagnostic::new(&codes::DUPLICATE, "the training rows have two sources")
                .at(value.span, "here, and in the `train` of the split")
                .help("leave out one of them");
            e.report(frame, d);
            return None;
        }
        (Some(value), None) => sides[0] = Some(source(e, value, base, frame)?),
        (None, None) => {
            let d = Diagnostic::new(&codes::MISSING, "the split gives no rows to train on")
                .at(def.name.as_ref().map_or(def.kind.span, |n| n.span), "which rows are for training?")
                .help("write `train = csv(\"train.csv\")` into the split");
            e.report(frame, d);
            return None;
        }
        (None, Some(_)) => {}
    }
    Some(SourceSpec::Sides(Box::new(sides)))
}
