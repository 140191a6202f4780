//! Expressions of constants and of the run's scalars alone (schedules, bias corrections), computed once a step in `f64` by the host.

use std::sync::Arc;

use crate::engine::graph::{Graph, NodeId, Op, ScalarId};
use crate::engine::ops::{self, Kernel};
use crate::engine::program::Program;
use crate::types::Shape;

/// Code for all such expressions of a program; its results are the program's scalars.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// Names of the numbers that the trainer gives.
    pub inputs: Vec<Arc<str>>,
    code: Vec<Instruction>,
    /// Positions of the results among inputs and instructions.
    results: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Instruction {
    Constant(f64),
    Unary(fn(f64) -> f64, usize),
    Binary(fn(f64, f64) -> f64, usize, usize),
    Ternary(fn(f64, f64, f64) -> f64, usize, usize, usize),
}

/// Room for the numbers in between; kept from step to step.
#[derive(Debug, Clone, Default)]
pub struct HostMemory {
    values: Vec<f64>,
    pub results: Vec<f32>,
}

impl Host {
    /// Takes the scalar expressions out of a program: what is left reads their values as its scalars.
    pub fn split(program: Program) -> (Program, Host) {
        let graph = &program.graph;
        let scalar = known(graph);
        if !scalar.iter().zip(&graph.nodes).any(|(known, n)| *known && matches!(n.op, Op::Scalar(_))) {
            let inputs = program.scalars.clone();
            let results = (0..inputs.len()).collect();
            return (program, Host { inputs, code: vec![], results });
        }
        let mut host = Host { inputs: program.scalars.clone(), ..Host::default() };
        let mut position: Vec<usize> = vec![0; graph.nodes.len()];
        for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| scalar[*i]) {
            let arg = |k: usize| position[node.args[k].0 as usize];
            let instruction = match &node.op {
                Op::Scalar(id) => {
                    position[i] = id.0 as usize;
                    continue;
                }
                Op::Const(x) => Instruction::Constant(*x),
                Op::Map(m) => match ops::of_map(*m).kernel {
                    Kernel::Unary(f) => Instruction::Unary(f, arg(0)),
                    Kernel::Binary(f) => Instruction::Binary(f, arg(0), arg(1)),
                    Kernel::Ternary(f) => Instruction::Ternary(f, arg(0), arg(1), arg(2)),
                    Kernel::Array(_) => Instruction::Constant(f64::NAN),
                },
                _ => {
                    position[i] = arg(0);
                    continue;
                }
            };
            position[i] = host.inputs.len() + host.code.len();
            host.code.push(instruction);
        }
        let program = host.rest(&program, &scalar, &position);
        (program, host)
    }

    /// The program without those nodes.
    fn rest(&mut self, program: &Program, scalar: &[bool], position: &[usize]) -> Program {
        let mut graph = Graph::default();
        let mut new: Vec<Option<NodeId>> = vec![None; program.graph.nodes.len()];
        let mut take = |n: NodeId, graph: &mut Graph, new: &mut Vec<Option<NodeId>>| -> NodeId {
            let i = n.0 as usize;
            if let Some(done) = new[i] {
                return done;
            }
            let old = &program.graph.nodes[i];
            let op = match &old.op {
                // A plain number stays where it is: kernels know what to do with it.
                Op::Const(x) => Op::Const(*x),
                _ => {
                    let at = position[i];
                    let known = self.results.iter().position(|r| *r == at);
                    let id = known.unwrap_or_else(|| {
                        self.results.push(at);
                        self.results.len() - 1
                    });
                    Op::Scalar(ScalarId(id as u32))
                }
            };
            let mut node = old.clone();
            node.op = op;
            node.args = vec![];
            node.shape = Shape::scalar();
            graph.nodes.push(node);
            let id = NodeId(graph.nodes.len() as u32 - 1);
            new[i] = Some(id);
            id
        };
        for (i, node) in program.graph.nodes.iter().enumerate().filter(|(i, _)| !scalar[*i]) {
            let mut node = node.clone();
            for arg in &mut node.args {
                *arg = match new[arg.0 as usize] {
                    Some(id) => id,
                    None => take(*arg, &mut graph, &mut new),
                };
            }
            graph.nodes.push(node);
            new[i] = Some(NodeId(graph.nodes.len() as u32 - 1));
        }
        let mut of = |n: NodeId| match new[n.0 as usize] {
            Some(id) => id,
            None => take(n, &mut graph, &mut new),
        };
        let outputs = program.outputs.iter().map(|n| of(*n)).collect();
        let updates = program.updates.iter().map(|(s, n)| (*s, of(*n))).collect();
        let scalars = (0..self.results.len()).map(|i| format!("host.{i}").into()).collect();
        Program { graph, outputs, updates, scalars, inputs: program.inputs.clone(), slots: program.slots.clone() }
    }

    /// What [`Host::run`] computed, before it was rounded.
    pub fn exact<'a>(&'a self, memory: &'a HostMemory) -> impl Iterator<Item = f64> + 'a {
        self.results.iter().map(|r| memory.values[*r])
    }

    /// Computes the scalars of the program into `memory.results`. Allocates the first time only.
    pub fn run(&self, input: impl Fn(&str) -> f64, memory: &mut HostMemory) {
        let v = &mut memory.values;
        v.clear();
        v.extend(self.inputs.iter().map(|n| input(n)));
        for instruction in &self.code {
            let x = match *instruction {
                Instruction::Constant(x) => x,
                Instruction::Unary(f, a) => f(v[a]),
                Instruction::Binary(f, a, b) => f(v[a], v[b]),
                Instruction::Ternary(f, a, b, c) => f(v[a], v[b], v[c]),
            };
            v.push(x);
        }
        memory.results.clear();
        memory.results.extend(self.results.iter().map(|r| v[*r] as f32));
    }
}

/// Nodes that depend on nothing but constants and scalars.
fn known(graph: &Graph) -> Vec<bool> {
    let mut known = vec![false; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate() {
        let scalar = node.shape.rank() == 0;
        let by_args = node.args.iter().all(|a| known[a.0 as usize]);
        known[i] = scalar
            && match node.op {
                Op::Const(_) | Op::Scalar(_) => true,
                Op::Map(_) | Op::StopGradient | Op::Reshape => by_args,
                _ => false,
            };
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::graph::{Map, Place};

    /// `slot * (1 / (1 - 0.999 ^ step))`
    fn program() -> Program {
        let mut graph = Graph::default();
        let place = Place::default();
        let slot = graph.node_shaped(Op::Slot(crate::engine::graph::SlotId(0)), &[], Shape::of([3]), &place).unwrap();
        let step = graph.node(Op::Scalar(ScalarId(0)), &[], &place).unwrap();
        let mut at = graph.at_place(&place);
        let (beta, one) = (at.constant(0.999), at.constant(1.0));
        let power = at.map(Map::Pow, &[beta, step]);
        let rest = at.sub(one, power);
        let factor = at.div(one, rest);
        let out = at.mul(slot, factor);
        Program { graph, outputs: vec![out], scalars: vec!["update".into()], ..Program::default() }
    }

    #[test]
    fn bias_corrections_are_computed_in_double_precision() {
        let (rest, host) = Host::split(program());
        let mut memory = HostMemory::default();
        host.run(|_| 1.0, &mut memory);
        assert_eq!(memory.results, vec![1000.0f32 * (1.0f64 - 0.0) as f32]);
        let left: Vec<&Op> = rest.graph.nodes.iter().map(|n| &n.op).collect();
        assert_eq!(left.len(), 3, "{left:?}");
        assert_eq!(rest.scalars.len(), 1);
    }
}
