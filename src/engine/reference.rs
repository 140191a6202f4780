//! Runs programs by the reference kernels of the primitives: plain, in the order of the nodes, written for reading.

use ndarray::{ArrayD, IxDyn};

use super::graph::{NodeId, Place, SlotId};
use super::ops::{self, Kernel, Memory, Site};
use super::program::{Program, SlotInfo};
use super::random::Key;

/// The numbers of a program. Kernels compute in `f64`; the value of each node is rounded to this type.
pub trait Float: Copy + std::fmt::Debug + 'static {
    fn from_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;
}

impl Float for f64 {
    fn from_f64(x: f64) -> Self {
        x
    }

    fn to_f64(self) -> f64 {
        self
    }
}

impl Float for f32 {
    fn from_f64(x: f64) -> Self {
        x as f32
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

/// What one run of a program reads and writes.
#[derive(Debug)]
pub struct Call<'a, T> {
    /// The extent of the batch axis.
    pub rows: usize,
    pub key: Key,
    /// For each input of the program, its rows one behind the other.
    pub inputs: &'a [&'a [T]],
    pub scalars: &'a [T],
    /// The memory of all slots; updates are written to it when all is computed.
    pub arena: &'a mut [T],
}

/// What a run gives back.
#[derive(Debug, Clone)]
pub struct Outcome<T> {
    pub outputs: Vec<ArrayD<T>>,
}

/// Why a node has no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct Fault {
    pub node: NodeId,
    pub place: Place,
    pub what: String,
}

/// Computes the outputs and writes the updates. At a fault the arena is as before.
pub fn run<T: Float>(program: &Program, call: &mut Call<T>) -> Result<Outcome<T>, Fault> {
    let targets: Vec<NodeId> = program.outputs.iter().chain(program.updates.iter().map(|(_, n)| n)).copied().collect();
    let needed = program.graph.ancestors(&targets);
    let mut kept = vec![false; program.graph.nodes.len()];
    targets.iter().for_each(|n| kept[n.0 as usize] = true);
    let values = compute(program, call, |i| needed[i], |i| kept[i])?;
    let nothing = ArrayD::default(IxDyn(&[]));
    let value = |n: &NodeId| values[n.0 as usize].as_ref().unwrap_or(&nothing);
    let outputs = program.outputs.iter().map(|n| value(n).mapv(T::from_f64)).collect();
    for (slot, n) in &program.updates {
        store(program, call, *slot, *n, value(n))?;
    }
    Ok(Outcome { outputs })
}

/// Computes all nodes, and writes nothing.
pub fn values<T: Float>(program: &Program, call: &Call<T>) -> Result<Vec<ArrayD<T>>, Fault> {
    let values = compute(program, call, |_| true, |_| true)?;
    Ok(values.into_iter().map(|v| v.unwrap_or_default().mapv(T::from_f64)).collect())
}

/// Computes the nodes that are wanted; one that is not kept is forgotten when the last that reads it is known.
fn compute<T: Float>(
    program: &Program,
    call: &Call<T>,
    wanted: impl Fn(usize) -> bool,
    kept: impl Fn(usize) -> bool,
) -> Result<Vec<Option<ArrayD<f64>>>, Fault> {
    let nodes = &program.graph.nodes;
    let mut readers = vec![0u32; nodes.len()];
    for arg in nodes.iter().enumerate().filter(|(i, _)| wanted(*i)).flat_map(|(_, node)| &node.args) {
        readers[arg.0 as usize] += 1;
    }
    let mut values: Vec<Option<ArrayD<f64>>> = Vec::with_capacity(nodes.len());
    for (i, node) in nodes.iter().enumerate() {
        let value = wanted(i).then(|| node_value(program, call, NodeId(i as u32), &values)).transpose()?;
        values.push(value);
        for arg in node.args.iter().filter(|_| wanted(i)).map(|arg| arg.0 as usize) {
            readers[arg] -= 1;
            if readers[arg] == 0 && !kept(arg) {
                values[arg] = None;
            }
        }
    }
    Ok(values)
}

/// The value of one node, rounded to `T`.
fn node_value<T: Float>(
    program: &Program,
    call: &Call<T>,
    id: NodeId,
    values: &[Option<ArrayD<f64>>],
) -> Result<ArrayD<f64>, Fault> {
    let node = program.graph.get(id);
    let fault = |what: String| Fault { node: id, place: node.place.clone(), what };
    let shape = node.shape.concrete(call.rows);
    let shape = shape.ok_or_else(|| fault(format!("the shape {} is not known in numbers", node.shape)))?;
    let args: Option<Vec<&ArrayD<f64>>> =
        node.args.iter().map(|a| values.get(a.0 as usize).and_then(Option::as_ref)).collect();
    let args = args.ok_or_else(|| fault("an argument comes after the node that uses it".into()))?;
    let memory = CallMemory { program, call };
    let site = Site { op: &node.op, args: &args, shape: &shape, key: call.key, memory: &memory };
    let value = apply(&ops::row(&node.op).kernel, &site).map_err(fault)?;
    if value.shape() != shape {
        return Err(fault(format!("the value has the shape {:?}, the node {shape:?}", value.shape())));
    }
    let value = if value.is_standard_layout() { value } else { value.as_standard_layout().into_owned() };
    Ok(value.mapv_into(|x| T::from_f64(x).to_f64()))
}

/// Applies a kernel; an elementwise one repeats scalars.
fn apply(kernel: &Kernel, site: &Site) -> Result<ArrayD<f64>, String> {
    let arg = |i: usize| {
        let x = site.args.get(i).ok_or("an argument is missing")?;
        x.broadcast(IxDyn(site.shape)).ok_or_else(|| format!("{:?} does not fit {:?}", x.shape(), site.shape))
    };
    Ok(match kernel {
        Kernel::Unary(f) => arg(0)?.mapv(f),
        Kernel::Binary(f) => ndarray::Zip::from(arg(0)?).and(arg(1)?).map_collect(|&a, &b| f(a, b)),
        Kernel::Ternary(f) => {
            ndarray::Zip::from(arg(0)?).and(arg(1)?).and(arg(2)?).map_collect(|&a, &b, &c| f(a, b, c))
        }
        Kernel::Array(f) => f(site)?,
    })
}

/// Writes a new value of a slot.
fn store<T: Float>(
    program: &Program,
    call: &mut Call<T>,
    slot: SlotId,
    node: NodeId,
    value: &ArrayD<f64>,
) -> Result<(), Fault> {
    let fault = |what: &str| Fault { node, place: program.graph.get(node).place.clone(), what: what.into() };
    let info = program.slots.get(slot.0 as usize).ok_or_else(|| fault("there is no such slot"))?;
    let memory = slot_range(info).and_then(|range| call.arena.get_mut(range));
    let memory = memory.ok_or_else(|| fault("the slot lies outside of the memory"))?;
    if memory.len() != value.len() {
        return Err(fault("the new value of a slot has another size"));
    }
    memory.iter_mut().zip(value).for_each(|(to, &x)| *to = T::from_f64(x));
    Ok(())
}

fn slot_range(info: &SlotInfo) -> Option<std::ops::Range<usize>> {
    Some(info.offset..info.offset.checked_add(info.len())?)
}

struct CallMemory<'a, 'c, T> {
    program: &'a Program,
    call: &'a Call<'c, T>,
}

impl<T: Float> Memory for CallMemory<'_, '_, T> {
    fn input(&self, index: usize, shape: &[usize]) -> Option<ArrayD<f64>> {
        array(self.call.inputs.get(index)?, shape)
    }

    fn slot(&self, index: usize, shape: &[usize]) -> Option<ArrayD<f64>> {
        let range = slot_range(self.program.slots.get(index)?)?;
        array(self.call.arena.get(range)?, shape)
    }

    fn scalar(&self, index: usize) -> Option<f64> {
        self.call.scalars.get(index).map(|x| x.to_f64())
    }
}

fn array<T: Float>(numbers: &[T], shape: &[usize]) -> Option<ArrayD<f64>> {
    ArrayD::from_shape_vec(IxDyn(shape), numbers.iter().map(|x| x.to_f64()).collect()).ok()
}

#[cfg(test)]
mod tests;
