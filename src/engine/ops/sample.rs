//! Arguments to try primitives with.

use std::sync::Arc;

use crate::engine::graph::{Graph, Map, NodeId, Op, Place, ShapeFault, SlotId};
use crate::engine::program::{InputInfo, Program, SlotInfo};
use crate::engine::random::{Generator, Key, hash_name};
use crate::types::{Axis, Dim, Shape};

/// One application of a primitive.
#[derive(Debug, Clone)]
pub struct Sample {
    pub op: Op,
    pub args: Vec<Argument>,
    /// For operations whose shape has to be given.
    pub shape: Option<Vec<usize>>,
    /// Whether the second derivative is right at these arguments, too.
    pub smooth: bool,
}

#[derive(Debug, Clone)]
pub struct Argument {
    pub shape: Vec<usize>,
    pub values: Values,
}

#[derive(Debug, Clone)]
pub enum Values {
    /// Drawn uniformly.
    Range(f64, f64),
    Given(Vec<f64>),
    /// Whole numbers below this one, drawn uniformly. No derivative is taken.
    Index(u64),
}

/// A sample as a program: its arguments are slots, its only output is the operation's result.
#[derive(Debug, Clone)]
pub struct SampleProgram {
    pub program: Program,
    pub arena: Vec<f64>,
    /// The arguments' nodes.
    pub args: Vec<NodeId>,
    /// The batch that goes with it: one input of 2 rows, and one scalar.
    pub rows: usize,
    pub input: Vec<f64>,
    pub scalar: f64,
}

impl Sample {
    pub fn new(op: Op, args: Vec<Argument>) -> Self {
        Sample { op, args, shape: None, smooth: true }
    }

    pub fn shaped(op: Op, args: Vec<Argument>, shape: &[usize]) -> Self {
        Sample { op, args, shape: Some(shape.to_vec()), smooth: true }
    }

    /// No check of the second derivative.
    pub fn first_only(mut self) -> Self {
        self.smooth = false;
        self
    }

    /// Vectors, a matrix, and each argument but one a scalar.
    pub(super) fn elementwise(map: Map, ranges: &[(f64, f64)]) -> Vec<Sample> {
        let shaped = |shape: &dyn Fn(usize) -> Vec<usize>| {
            let args = ranges.iter().enumerate().map(|(i, &(low, high))| range(&shape(i), low, high)).collect();
            Sample::new(Op::Map(map), args)
        };
        let mut samples = vec![shaped(&|_| vec![7]), shaped(&|_| vec![3, 5]), shaped(&|_| vec![])];
        if ranges.len() > 1 {
            samples.extend((0..ranges.len()).map(|full| shaped(&|i| if i == full { vec![2, 3] } else { vec![] })));
        }
        samples
    }

    /// The program that computes the sample. The batch symbol stands in no shape but that of an `Input`.
    pub fn program(&self) -> Result<SampleProgram, ShapeFault> {
        let mut graph = Graph::default();
        let place = Place::default();
        let mut arena = vec![0.5, -1.0, 1.5, 2.0, -0.25, 3.0];
        let mut slots = vec![SlotInfo { path: "slot".into(), shape: vec![2, 3], offset: 0 }];
        let mut draws = Generator::new(Key(hash_name(&format!("{:?}", self.op))));
        let mut args = Vec::new();
        for (i, argument) in self.args.iter().enumerate() {
            let id = SlotId(slots.len() as u32);
            let path: Arc<str> = format!("argument.{i}").into();
            slots.push(SlotInfo { path, shape: argument.shape.clone(), offset: arena.len() });
            arena.extend(argument.draw(&mut draws));
            args.push(graph.node_shaped(Op::Slot(id), &[], Shape::of(argument.shape.iter().copied()), &place)?);
        }
        let result = match (&self.op, &self.shape) {
            (Op::Input(_), _) => {
                let shape = Shape(vec![Axis::batch(), Axis::new(3)]);
                graph.node_shaped(self.op.clone(), &args, shape, &place)?
            }
            (_, Some(shape)) => {
                let shape = Shape::of(shape.iter().map(|&n| Dim::from(n)));
                graph.node_shaped(self.op.clone(), &args, shape, &place)?
            }
            (_, None) => graph.node(self.op.clone(), &args, &place)?,
        };
        let program = Program {
            graph,
            inputs: vec![InputInfo { name: "input".into(), shape: vec![3] }],
            slots,
            scalars: vec!["scalar".into()],
            outputs: vec![result],
            updates: Vec::new(),
        };
        Ok(SampleProgram { program, arena, args, rows: 2, input: vec![1.0, 2.0, 3.0, -4.0, 5.5, 0.0], scalar: 0.125 })
    }
}

impl Argument {
    fn draw(&self, draws: &mut Generator) -> Vec<f64> {
        let count = self.shape.iter().product();
        match &self.values {
            Values::Given(values) => values.clone(),
            Values::Range(low, high) => (0..count).map(|_| low + (high - low) * draws.unit()).collect(),
            Values::Index(bound) => (0..count).map(|_| draws.below((*bound).max(1)) as f64).collect(),
        }
    }
}

pub(super) fn range(shape: &[usize], low: f64, high: f64) -> Argument {
    Argument { shape: shape.to_vec(), values: Values::Range(low, high) }
}

/// Between -2 and 2.
pub(super) fn some(shape: &[usize]) -> Argument {
    range(shape, -2.0, 2.0)
}

pub(super) fn given(shape: &[usize], values: &[f64]) -> Argument {
    Argument { shape: shape.to_vec(), values: Values::Given(values.to_vec()) }
}

pub(super) fn index(shape: &[usize], bound: u64) -> Argument {
    Argument { shape: shape.to_vec(), values: Values::Index(bound) }
}
