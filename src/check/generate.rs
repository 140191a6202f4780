//! `generate(rows, seed = 42) { name ~ distribution … }`: a table of draws.

use std::sync::Arc;

use crate::data::{RawColumn, RawTable, SourceSpec};
use crate::diag::{Diagnostic, codes};
use crate::engine::graph::NodeId;
use crate::engine::program::Program;
use crate::engine::random::{Key, hash_name};
use crate::engine::reference;
use crate::syntax::ast::{self, EntryKind};
use crate::types::{Axis, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::row_args::Written;
use super::value::{Distribution, Tensor, Value};

/// Most rows that can be generated.
const MAX_ROWS: i64 = 100_000_000;

/// Most numbers of a column, or of what is computed on the way to one.
const MAX_NUMBERS: usize = 100_000_000;

pub(super) fn generate(e: &mut Elaborator<'_>, w: &Written<'_>, block: &ast::Block) -> Option<SourceSpec> {
    let root = Frame::default();
    let signature = "generate(rows: int in 1..100_000_000, seed: int = 0)";
    let args = e.row_args(signature, w, &[], &[], &root)?;
    let rows = args.int("rows")?.clamp(1, MAX_ROWS) as usize;
    let seed = args.int("seed")? as u64;
    let mut inner = Elaborator::new(e.world, false);
    let columns = draws(&mut inner, block);
    let hypers = std::mem::take(&mut inner.hypers_read);
    e.applied.extend(std::mem::take(&mut inner.applied));
    let graph = std::mem::take(&mut inner.graph);
    e.problems.extend(std::mem::take(&mut inner.problems));
    e.hypers_read.extend(hypers);
    let columns = columns?;
    let program = Program { graph, outputs: columns.iter().map(|(_, n)| *n).collect(), ..Program::default() };
    let largest = program.graph.nodes.iter().map(|n| numbers(&n.shape, rows)).max().unwrap_or(0);
    if largest > MAX_NUMBERS {
        let d = Diagnostic::new(&codes::RESOURCE, "this would generate more numbers than a computer holds at once")
            .at(w.span, format!("a column of {rows} rows has more than {MAX_NUMBERS} numbers"))
            .help("generate fewer rows, or write a shorter list in the brackets behind a column's name");
        e.report(&root, d);
        return None;
    }
    let key = Key(seed).named("generate");
    let mut call = reference::Call::<f64> { rows, key, inputs: &[], scalars: &[], arena: &mut [] };
    let outcome = match reference::run(&program, &mut call) {
        Ok(outcome) => outcome,
        Err(fault) => {
            e.fail(&root, &codes::DATA, w.span, format!("rows can't be generated: {fault}"), "here");
            return None;
        }
    };
    let mut raw = Vec::new();
    for ((name, _), values) in columns.iter().zip(outcome.outputs) {
        let width = values.len().checked_div(rows).unwrap_or(1).max(1);
        let flat: Vec<f64> = values.iter().copied().collect();
        if values.ndim() < 2 {
            raw.push(RawColumn::numbers_of(name.to_string(), flat));
            continue;
        }
        for i in 0..width {
            let column = flat.iter().skip(i).step_by(width).copied().collect();
            raw.push(RawColumn::numbers_of(format!("{name}[{i}]"), column));
        }
    }
    Some(SourceSpec::Table(Arc::new(RawTable::new(raw))))
}

/// How many numbers a tensor has for so many rows; as many as can be if that is not known.
fn numbers(shape: &Shape, rows: usize) -> usize {
    let mut extents = shape.dims().map(|d| d.concrete(rows));
    extents.try_fold(1usize, |n, d| n.checked_mul(d?)).unwrap_or(usize::MAX)
}

fn draws(e: &mut Elaborator<'_>, block: &ast::Block) -> Option<Vec<(Arc<str>, NodeId)>> {
    let mut frame = Frame { has_batch: true, ..Frame::default() };
    let mut columns: Vec<(Arc<str>, NodeId)> = Vec::new();
    let mut sound = true;
    for entry in &block.entries {
        let (name, dims, value, drawn) = match &entry.kind {
            EntryKind::Draw { name, dims, dist } => (name, dims.as_slice(), dist, true),
            EntryKind::Setting { key, value, .. } => (key, &[][..], value, false),
            EntryKind::Error => return None,
            _ => {
                let d = Diagnostic::new(&codes::NOT_A_VALUE, "`generate` holds columns")
                    .at(entry.span, "not a column")
                    .help("`age ~ normal(40, 12)` draws a column, `total = a + b` computes one");
                e.report(&frame, d);
                sound = false;
                continue;
            }
        };
        if columns.iter().any(|(n, _)| *n == name.text) {
            let message = format!("the column `{}` is there already", name.text);
            e.fail(&frame, &codes::DUPLICATE, name.span, message, "a second one of that name");
            sound = false;
            continue;
        }
        let axes = e.index_axes(dims, &frame)?;
        let value_span = value.span;
        let value = e.eval(value, &frame);
        let tensor = match (value, drawn) {
            (Value::Distribution(d), true) => {
                let d = Distribution { dims: axes, ..d };
                e.sample(&d, true, hash_name(&name.text), &frame)
            }
            (Value::Error, _) => None,
            (Value::Distribution(_), false) => {
                let sign = crate::text::Span { start: name.span.end, end: value_span.start, ..entry.span };
                let d = Diagnostic::new(&codes::WRONG_KIND, "a column that is drawn is written with `~`")
                    .at(sign, "expected `~`")
                    .fix("write `~`", sign, " ~ ");
                e.report(&frame, d);
                None
            }
            (other, true) => {
                let message = format!("`~` draws from a distribution, and this is {}", other.kind());
                e.fail(&frame, &codes::WRONG_KIND, entry.span, message, "use `=` for a value that is computed");
                None
            }
            (other, false) => {
                let t = e.operand((other, entry.span), ast::BinaryOp::Add, &frame);
                t.and_then(|t| for_each_row(e, t, &frame, entry.span))
            }
        };
        let Some(tensor) = tensor else {
            sound = false;
            frame.values.insert(name.text.clone(), Value::Error);
            continue;
        };
        columns.push((name.text.clone(), tensor.node));
        frame.values.insert(name.text.clone(), Value::Tensor(tensor));
    }
    sound.then_some(columns)
}

/// A value that is the same for all rows, once for each.
fn for_each_row(e: &mut Elaborator<'_>, t: Tensor, frame: &Frame, span: crate::text::Span) -> Option<Tensor> {
    if t.batched {
        return Some(t);
    }
    let mut shape: Shape = e.graph.shape(t.node).clone();
    shape.0.insert(0, Axis::batch());
    let node = e.node_shaped(crate::engine::graph::Op::Expand { new: vec![0] }, &[t.node], shape, frame, span)?;
    Some(Tensor { node, batched: true, ..t })
}
