//! Where a number that is not finite comes from.

use std::sync::Arc;

use crate::engine::graph::{Graph, InputId, Map, Node, NodeId, Op, Place, SlotId};
use crate::engine::ops;
use crate::engine::program::Program;
use crate::engine::reference;
use crate::plan::Feed;

use super::super::feed::Feeds;
use super::super::run::{Run, TrainFault, in_words};
use super::Batch;

/// Rows and operands that are told of.
const TOLD: usize = 8;

/// The first operation that gives a number that is not finite from numbers that are.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// `not a number`, `infinite` or `minus infinite`.
    pub what: &'static str,
    pub source: Source,
    /// Line and path.
    pub place: Place,
    /// Whether it arises while gradients are computed: the loss may be finite.
    pub backward: bool,
    /// Rows of the data (not of the batch) for which it does, the first few; empty where the value has no batch axis.
    pub rows: Vec<u32>,
    /// How many numbers of the value are not finite, and how many it has.
    pub count: (usize, usize),
    pub operands: Vec<Operand>,
}

/// What kind of thing gave the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `log`, `div`, `matmul`
    Operation(&'static str),
    /// A cell of the data: the column.
    Cell(String),
    /// A parameter or buffer had it already: its path.
    Weight(Arc<str>),
    /// A number that the trainer gives.
    Scalar,
}

/// What an operation was applied to.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand {
    /// `parameter 0.weight`, `column x`, the operation that gave it.
    pub name: String,
    /// Its number at the place of the first bad one, where it has such a place.
    pub value: Option<f64>,
    pub min: f64,
    pub max: f64,
}

type Array = ndarray::ArrayD<f32>;

impl Run {
    /// Computes a batch by plain kernels, loss and gradients, and says where the first bad number arises that reaches one of
    /// them; `None` if all are finite. Slow; nothing is changed.
    pub fn origin(&mut self, batch: Batch) -> Result<Option<Origin>, TrainFault> {
        let rows = self.rows_of(batch)?;
        let plan = self.setup.plan.clone();
        let clock = self.clock();
        let mut scalars = crate::plan::HostMemory::default();
        plan.step_host.run(|n| clock.read(n), &mut scalars);
        let lacks = || TrainFault::Compile("the data lacks a column that the loss reads".into());
        let mut feeds = Feeds::of_dataset(&plan.step_feeds, &self.setup.data, &self.setup.models).ok_or_else(lacks)?;
        feeds.gather(&rows);
        let inputs = feeds.batch();
        let key = self.step_key.derive(self.state.batch);
        let (rows_now, scalars) = (rows.len(), &scalars.results);
        let call = reference::Call::<f32> { rows: rows_now, key, inputs: &inputs, scalars, arena: &mut self.arena };
        let values =
            reference::values(&plan.step, &call).map_err(|f| TrainFault::Fault { what: f.what, place: f.place })?;
        Ok(self.find(&plan.step, &values, &rows))
    }

    fn find(&self, program: &Program, values: &[Array], rows: &[u32]) -> Option<Origin> {
        let graph = &program.graph;
        let targets = program.outputs.iter().chain(program.updates.iter().map(|(_, n)| n));
        let target = *targets.into_iter().find(|n| is_bad(&values[n.0 as usize]))?;
        let id = source(graph, values, target);
        let node = graph.get(id);
        let value = &values[id.0 as usize];
        let bad: Vec<usize> = (0..value.len()).filter(|i| !at(value, *i).is_finite()).collect();
        let first = *bad.first()?;
        let per_row = node.shape.0.first().is_some_and(|a| a.dim.is_batch()).then(|| value.len() / rows.len().max(1));
        let mut told: Vec<u32> = Vec::new();
        if let Some(each) = per_row.filter(|e| *e > 0) {
            for i in &bad {
                let row = rows.get(i / each).copied().unwrap_or(0);
                if !told.contains(&row) && told.len() < TOLD {
                    told.push(row);
                }
            }
        }
        let loss = program.outputs.first().copied().unwrap_or(target);
        let forward = graph.ancestors(&[loss]);
        let mut place = node.place.clone();
        let source = match &node.op {
            Op::Input(input) => Source::Cell(self.column(*input, first, value.len() / rows.len().max(1))),
            Op::Slot(slot) => {
                let part = self.setup.plan.parts.get(slot.0 as usize);
                place.span = part.map(|p| p.span).or(place.span);
                Source::Weight(self.slot_path(*slot))
            }
            Op::Scalar(_) => Source::Scalar,
            op => Source::Operation(ops::row(op).name),
        };
        let elementwise = matches!(node.op, Op::Map(_));
        let operand = |arg: &NodeId| {
            let (arg_node, x) = (graph.get(*arg), &values[arg.0 as usize]);
            let value = match x.len() {
                1 => Some(f64::from(at(x, 0))),
                n if elementwise && n == value.len() => Some(f64::from(at(x, first))),
                _ => None,
            };
            let (min, max) = x
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(f64::from(*x)), b.max(f64::from(*x))));
            Operand { name: self.name_of(arg_node), value, min, max }
        };
        Some(Origin {
            what: in_words(f64::from(at(value, first))),
            source,
            place,
            backward: !forward[id.0 as usize],
            rows: told,
            count: (bad.len(), value.len()),
            operands: node.args.iter().take(TOLD).map(operand).collect(),
        })
    }

    fn name_of(&self, node: &Node) -> String {
        match &node.op {
            Op::Const(x) => crate::text::format::number(*x, 6),
            Op::Input(i) => self.input_name(*i),
            Op::Slot(s) => self.slot_path(*s).to_string(),
            op => ops::row(op).name.to_string(),
        }
    }

    fn slot_path(&self, slot: SlotId) -> Arc<str> {
        self.setup.plan.slots.get(slot.0 as usize).map_or("".into(), |s| s.path.clone())
    }

    fn input_name(&self, input: InputId) -> String {
        match self.setup.plan.step_feeds.get(input.0 as usize) {
            Some(Feed::Input(n) | Feed::Target(n, _) | Feed::Column(n) | Feed::Balanced(n) | Feed::Model(n, _)) => {
                n.to_string()
            }
            None => String::new(),
        }
    }

    /// The column that a number of a row belongs to.
    fn column(&self, input: InputId, position: usize, width: usize) -> String {
        let at = position % width.max(1);
        if let Some(Feed::Input(name)) = self.setup.plan.step_feeds.get(input.0 as usize)
            && let Some(block) = self.setup.data.block(name)
            && let Some(piece) = block.pieces.iter().rev().find(|p| p.at <= at)
        {
            return piece.column.clone();
        }
        self.input_name(input)
    }
}

fn at(x: &Array, i: usize) -> f32 {
    x.as_slice().and_then(|s| s.get(i)).copied().unwrap_or(f32::NAN)
}

fn is_bad(x: &Array) -> bool {
    x.iter().any(|x| !x.is_finite())
}

/// Goes back from a bad node through bad arguments; the first node in order whose own arguments are all sound.
fn source(graph: &Graph, values: &[Array], target: NodeId) -> NodeId {
    let mut reached = vec![false; graph.nodes.len()];
    reached[target.0 as usize] = true;
    let mut first = target;
    for i in (0..=target.0 as usize).rev().filter(|i| *i < graph.nodes.len()) {
        if !reached[i] {
            continue;
        }
        let node = &graph.nodes[i];
        let bad: Vec<NodeId> = bad_arguments(node, &values[i], values);
        if bad.is_empty() {
            first = NodeId(i as u32);
        }
        bad.iter().for_each(|a| reached[a.0 as usize] = true);
    }
    first
}

/// Arguments that are not finite and reach the result: of a choice, only what was chosen.
fn bad_arguments(node: &Node, value: &Array, values: &[Array]) -> Vec<NodeId> {
    let bad = |a: &NodeId| is_bad(&values[a.0 as usize]);
    let (Op::Map(Map::Where), [condition, a, b]) = (&node.op, node.args.as_slice()) else {
        return node.args.iter().filter(|a| bad(a)).copied().collect();
    };
    let pick = |n: &NodeId, i: usize| {
        let x = &values[n.0 as usize];
        at(x, if x.len() == 1 { 0 } else { i })
    };
    let reaches = |arg: &NodeId, wanted: bool| {
        (0..value.len())
            .any(|i| !at(value, i).is_finite() && (pick(condition, i) != 0.0) == wanted && !pick(arg, i).is_finite())
    };
    let mut out: Vec<NodeId> = Vec::new();
    out.extend(bad(condition).then_some(*condition));
    out.extend(reaches(a, true).then_some(*a));
    out.extend(reaches(b, false).then_some(*b));
    out
}
