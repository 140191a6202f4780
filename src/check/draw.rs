//! Random numbers.

use crate::engine::graph::{Map, Op, Place};
use crate::text::Span;
use crate::types::{Axis, Domain, Shape};

use super::builtin::Given;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::{Distribution, DistributionKind, Tensor, Value};

impl Elaborator<'_> {
    /// Draws of a distribution, for each example where `batched`.
    pub(super) fn sample(&mut self, d: &Distribution, batched: bool, stream: u64, frame: &Frame) -> Option<Tensor> {
        self.drawn(d, batched, Op::Uniform { stream }, stream, frame)
    }

    /// As [`Elaborator::sample`], for draws that every step makes anew: yes or no is decided by lots.
    pub(super) fn sample_each_step(
        &mut self,
        d: &Distribution,
        batched: bool,
        stream: u64,
        frame: &Frame,
    ) -> Option<Tensor> {
        self.drawn(d, batched, Op::Lots { stream }, stream, frame)
    }

    /// With the operation that a yes or no is decided by.
    fn drawn(&mut self, d: &Distribution, batched: bool, yes: Op, stream: u64, frame: &Frame) -> Option<Tensor> {
        let shape = Shape(batched.then(Axis::batch).into_iter().chain(d.dims.iter().cloned()).collect());
        let a = self.tensor_argument(((*d.a).clone(), d.span), frame)?;
        let b = self.tensor_argument(((*d.b).clone(), d.span), frame)?;
        let place: Place = self.place(frame, d.span);
        let raw = match d.kind {
            DistributionKind::Orthogonal => return self.orthogonal(shape, a, batched, stream, frame, d.span),
            DistributionKind::Sparse => return self.sparse(shape, [a, b], batched, stream, frame, d.span),
            DistributionKind::Uniform | DistributionKind::TruncatedNormal => Op::Uniform { stream },
            DistributionKind::Bernoulli => yes,
            DistributionKind::Normal => Op::Normal { stream },
        };
        let node = self.graph.node_shaped(raw, &[], shape, &place).ok()?;
        let t = Tensor { node, domain: Domain::Real, batched };
        let span = d.span;
        match d.kind {
            DistributionKind::Bernoulli => self.map(Map::Lt, &[t, a], Domain::Binary, frame, span),
            DistributionKind::Uniform => {
                let width = self.map(Map::Sub, &[b, a.clone()], Domain::Real, frame, span)?;
                let scaled = self.map(Map::Mul, &[t, width], Domain::Real, frame, span)?;
                self.map(Map::Add, &[scaled, a], Domain::Real, frame, span)
            }
            DistributionKind::Normal => {
                let scaled = self.map(Map::Mul, &[t, b], Domain::Real, frame, span)?;
                self.map(Map::Add, &[scaled, a], Domain::Real, frame, span)
            }
            DistributionKind::TruncatedNormal => match d.bounds {
                Some(bounds) => self.between(t, &d.a, &d.b, bounds, frame, span),
                None => self.truncated(t, a, b, frame, span),
            },
            // They have no draw for each element.
            DistributionKind::Orthogonal | DistributionKind::Sparse => None,
        }
    }

    /// By accepting the first of several normal draws within two deviations; what is left (1 in 4 million) is cut off.
    fn truncated(&mut self, first: Tensor, mean: Tensor, std: Tensor, frame: &Frame, span: Span) -> Option<Tensor> {
        let Op::Uniform { stream } = self.graph.nodes[first.node.0 as usize].op else { return None };
        let shape = self.graph.shape(first.node).clone();
        let place = self.place(frame, span);
        let two = Tensor { node: self.constant(2.0), domain: Domain::Real, batched: false };
        let minus_two = Tensor { node: self.constant(-2.0), domain: Domain::Real, batched: false };
        let mut kept: Option<Tensor> = None;
        for attempt in (0..5u64).rev() {
            let stream = crate::engine::random::mix64(stream ^ attempt);
            let node = self.graph.node_shaped(Op::Normal { stream }, &[], shape.clone(), &place).ok()?;
            let draw = Tensor { node, ..first.clone() };
            let low = self.map(Map::Max, &[draw.clone(), minus_two.clone()], Domain::Real, frame, span)?;
            let cut = self.map(Map::Min, &[low, two.clone()], Domain::Real, frame, span)?;
            kept = Some(match kept {
                None => cut,
                Some(rest) => {
                    let size = self.map(Map::Abs, std::slice::from_ref(&draw), Domain::Real, frame, span)?;
                    let inside = self.map(Map::Le, &[size, two.clone()], Domain::Binary, frame, span)?;
                    self.map(Map::Where, &[inside, draw, rest], Domain::Real, frame, span)?
                }
            });
        }
        let scaled = self.map(Map::Mul, &[kept?, std], Domain::Real, frame, span)?;
        self.map(Map::Add, &[scaled, mean], Domain::Real, frame, span)
    }
}

pub(super) fn distribution(name: &str, given: &Given, span: Span) -> Value {
    let value = |param: &str, default: f64| given.get(param).map_or(Value::number(default), |a| a.value.clone());
    let (kind, a, b) = match name {
        "uniform" => (DistributionKind::Uniform, value("low", 0.0), value("high", 1.0)),
        "normal" => (DistributionKind::Normal, value("mean", 0.0), value("std", 1.0)),
        "truncated_normal" => (DistributionKind::TruncatedNormal, value("mean", 0.0), value("std", 1.0)),
        "orthogonal_matrix" => (DistributionKind::Orthogonal, value("gain", 1.0), Value::number(0.0)),
        "sparse_matrix" => (DistributionKind::Sparse, value("sparsity", 0.0), value("std", 0.01)),
        _ => (DistributionKind::Bernoulli, value("p", 0.5), Value::number(1.0)),
    };
    Value::Distribution(Distribution { kind, a: Box::new(a), b: Box::new(b), bounds: None, dims: vec![], span })
}
