//! Random draws: functions of the run's key, the node's stream and the element's index.

use ndarray::{ArrayD, IxDyn};

use crate::engine::graph::Op;
use crate::engine::random;

use super::primitive::{Kernel, Primitive, Site};
use super::sample::Sample;
use super::shape;

pub static UNIFORM: Primitive = Primitive::new("uniform", shape::as_given, Kernel::Array(uniform))
    .doc("Independent draws from `0..1`, 1 excluded.")
    .not_differentiable()
    .samples_from(|| vec![Sample::shaped(Op::Uniform { stream: 3 }, vec![], &[4, 5])]);

pub static LOTS: Primitive = Primitive::new("lots", shape::as_given, Kernel::Array(lots))
    .doc("Independent draws from `0..1`, 1 excluded, for comparisons: two neighbours share a hash.")
    .not_differentiable()
    .samples_from(|| vec![Sample::shaped(Op::Lots { stream: 3 }, vec![], &[4, 5])]);

pub static NORMAL: Primitive = Primitive::new("normal", shape::as_given, Kernel::Array(normal))
    .doc("Independent draws from the normal distribution with mean 0 and standard deviation 1.")
    .not_differentiable()
    .samples_from(|| vec![Sample::shaped(Op::Normal { stream: 3 }, vec![], &[4, 5])]);

fn draws(shape: &[usize], draw: impl Fn(u32) -> f64) -> Result<ArrayD<f64>, String> {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| draw(i as u32)).collect();
    ArrayD::from_shape_vec(IxDyn(shape), values).map_err(|e| e.to_string())
}

fn uniform(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Uniform { stream } = *site.op else { return Err("not a uniform draw".into()) };
    let words = site.key.words(stream);
    draws(site.shape, |i| f64::from(random::unit(random::bits(words, i))))
}

fn lots(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Lots { stream } = *site.op else { return Err("not a draw of lots".into()) };
    let words = site.key.words(stream);
    draws(site.shape, |i| f64::from(random::unit(random::lot_bits(words, i))))
}

fn normal(site: &Site) -> Result<ArrayD<f64>, String> {
    let Op::Normal { stream } = *site.op else { return Err("not a normal draw".into()) };
    let words = site.key.words(stream);
    draws(site.shape, |i| random::normal(words, i))
}
