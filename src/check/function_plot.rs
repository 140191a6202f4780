//! Functions of one number, sampled over a range, with their derivatives.

use crate::diag::{Diagnostic, Problems, codes};
use crate::engine::gradient;
use crate::engine::graph::Op;
use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::engine::reference;
use crate::syntax::ast::Expr;
use crate::types::{Axis, Domain, Shape};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::signature::Reading;
use super::value::{Argument, Tensor, Value};
use super::world::World;

/// `f`, derived `primes` times, at `points` evenly spaced numbers from `low` to `high`: pairs of argument and value.
pub fn sample(
    world: &World,
    f: &Expr,
    primes: u32,
    low: f64,
    high: f64,
    points: usize,
) -> Result<Vec<(f64, f64)>, Problems> {
    let xs: Vec<f64> = (0..points).map(|i| low + (high - low) * i as f64 / (points.max(2) - 1) as f64).collect();
    at(world, f, primes, &xs)
}

/// `f`, derived `primes` times, at the given numbers.
pub fn at(world: &World, f: &Expr, primes: u32, xs: &[f64]) -> Result<Vec<(f64, f64)>, Problems> {
    let mut e = Elaborator::new(world, false);
    values(&mut e, f, primes, xs).ok_or(e.problems)
}

/// As [`at`]; why there are no values is among the problems.
pub(super) fn values(e: &mut Elaborator<'_>, f: &Expr, primes: u32, xs: &[f64]) -> Option<Vec<(f64, f64)>> {
    let frame = Frame { has_batch: true, ..Frame::default() };
    let (program, rows) = program(e, f, primes, xs, &frame)?;
    let mut call = reference::Call::<f64> { rows, key: Key(0), inputs: &[xs], scalars: &[], arena: &mut [] };
    match reference::run(&program, &mut call) {
        Ok(outcome) => Some(xs.iter().copied().zip(outcome.outputs.iter().flatten().copied()).collect()),
        Err(fault) => {
            let d = Diagnostic::new(&codes::NOT_FINITE, format!("this function has no values here: {fault}"));
            e.report(&frame, d.at(f.span, "plotted here"));
            None
        }
    }
}

fn program(e: &mut Elaborator<'_>, f: &Expr, primes: u32, xs: &[f64], frame: &Frame) -> Option<(Program, usize)> {
    let x = e.input("x", Shape::scalar(), frame, f.span)?;
    let input = Tensor { node: x, domain: Domain::Real, batched: true };
    let function = match e.as_function(f, frame) {
        Some((function, args)) => {
            let first = Argument { name: None, value: Value::Tensor(input), span: f.span };
            let args = std::iter::once(first).chain(args).collect();
            e.call_value(function, args, frame, f.span, Reading::Free)
        }
        None => {
            e.fail(frame, &codes::WRONG_KIND, f.span, "a function of one number is expected", "not a function");
            return None;
        }
    };
    let Value::Tensor(t) = function else {
        if !function.is_error() {
            e.fail(frame, &codes::WRONG_KIND, f.span, "this function gives no number", "plotted here");
        }
        return None;
    };
    let mut node = t.node;
    for _ in 0..primes {
        node = match gradient::gradient(&mut e.graph, node, &[x]).first().copied().flatten() {
            Some(n) => n,
            // Constant: its derivative is 0.
            None => {
                let zero = e.constant(0.0);
                let shape = Shape(vec![Axis::batch()]);
                e.node_shaped(Op::Expand { new: vec![0] }, &[zero], shape, frame, f.span)?
            }
        };
    }
    let inputs = vec![crate::engine::program::InputInfo { name: "x".into(), shape: vec![] }];
    let graph = std::mem::take(&mut e.graph);
    Some((Program { graph, inputs, outputs: vec![node], ..Program::default() }, xs.len()))
}
