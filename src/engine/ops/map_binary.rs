//! Elementwise operations of two arguments, and `where`.

use crate::engine::graph::{At, Map, NodeId, Op};

use super::primitive::{Kernel, Primitive, Step};
use super::sample::{Sample, given, some};
use super::shape;

const fn binary(name: &'static str, map: Map, kernel: fn(f64, f64) -> f64) -> Primitive {
    let mut row = Primitive::new(name, shape::elementwise::<2>, Kernel::Binary(kernel));
    row.map = Some(map);
    row
}

const ANY: &[(f64, f64)] = &[(-2.0, 2.0), (-2.0, 2.0)];

pub static ADD: Primitive =
    binary("add", Map::Add, |x, y| x + y).doc("The sum, `x + y`.").derivative(|_, s, _| Some(s.gradient)).ranges(ANY);

pub static SUB: Primitive = binary("sub", Map::Sub, |x, y| x - y)
    .doc("The difference, `x - y`.")
    .derivative(|at, s, i| Some(if i == 0 { s.gradient } else { at.neg(s.gradient) }))
    .ranges(ANY);

pub static MUL: Primitive = binary("mul", Map::Mul, |x, y| x * y)
    .doc("The product, `x * y`.")
    .derivative(|at, s, i| Some(at.mul(s.gradient, s.args[1 - i])))
    .ranges(ANY);

pub static DIV: Primitive = binary("div", Map::Div, |x, y| x / y)
    .doc("The quotient, `x / y`.")
    .derivative(div_derivative)
    .ranges(&[(-2.0, 2.0), (0.5, 2.0)]);

pub static POW: Primitive = binary("pow", Map::Pow, f64::powf)
    .doc("The power, `x ^ y`.")
    .derivative(|at, s, i| if i == 0 { pow_by_base(at, s) } else { pow_by_exponent(at, s) })
    .ranges(&[(0.3, 2.0), (-2.0, 2.0)]);

pub static MAX: Primitive = binary("max", Map::Max, |x, y| if x > y || x.is_nan() { x } else { y })
    .signature("max(a: real[*S], b: real[*S]) -> real[*S]")
    .doc("The larger of two; not a number if one is. At a tie each gets half of the gradient.")
    .derivative(|at, s, i| {
        let [mine, other] = [s.args[i], s.args[1 - i]];
        let smaller = at.less(mine, other);
        Some(chosen(at, s, smaller))
    })
    .ranges(ANY);

pub static MIN: Primitive = binary("min", Map::Min, |x, y| if x < y || x.is_nan() { x } else { y })
    .signature("min(a: real[*S], b: real[*S]) -> real[*S]")
    .doc("The smaller of two; not a number if one is. At a tie each gets half of the gradient.")
    .derivative(|at, s, i| {
        let [mine, other] = [s.args[i], s.args[1 - i]];
        let larger = at.less(other, mine);
        Some(chosen(at, s, larger))
    })
    .ranges(ANY);

pub static MOD: Primitive = binary("mod", Map::Mod, |x, y| x - y * (x / y).floor())
    .signature("mod(a: real[*S], b: real[*S]) -> real[*S]")
    .doc("The remainder `a - b * floor(a / b)`, of the sign of `b`.")
    .derivative(|at, s, i| {
        if i == 0 {
            return Some(s.gradient);
        }
        let quotient = at.div(s.args[0], s.args[1]);
        let whole = at.floor(quotient);
        let slope = at.neg(whole);
        Some(at.mul(s.gradient, slope))
    })
    .ranges(&[(-5.0, 5.0), (0.7, 2.0)]);

pub static LT: Primitive = binary("lt", Map::Lt, |x, y| f64::from(x < y))
    .doc("1 where `x < y`, otherwise 0.")
    .not_differentiable()
    .ranges(ANY);

pub static LE: Primitive = binary("le", Map::Le, |x, y| f64::from(x <= y))
    .doc("1 where `x <= y`, otherwise 0.")
    .not_differentiable()
    .ranges(ANY);

pub static EQ: Primitive = binary("eq", Map::Eq, |x, y| f64::from(x == y))
    .doc("1 where `x == y`, otherwise 0.")
    .not_differentiable()
    .ranges(ANY);

pub static AND: Primitive = binary("and", Map::And, |x, y| f64::from(x != 0.0 && y != 0.0))
    .doc("1 where neither is 0, otherwise 0.")
    .not_differentiable()
    .ranges(ANY);

pub static OR: Primitive = binary("or", Map::Or, |x, y| f64::from(x != 0.0 || y != 0.0))
    .doc("1 where one is not 0, otherwise 0.")
    .not_differentiable()
    .ranges(ANY);

pub static WHERE: Primitive = {
    let kernel = Kernel::Ternary(|c, a, b| if c != 0.0 { a } else { b });
    let mut row = Primitive::new("where", shape::elementwise::<3>, kernel)
        .signature("where(cond: binary[*S], a: real[*S], b: real[*S]) -> real[*S]")
        .doc("`a` where the condition holds, otherwise `b`. The other one gets no gradient.")
        .derivative(|at, s, i| {
            let zero = at.constant(0.0);
            match i {
                1 => Some(at.where_(s.args[0], s.gradient, zero)),
                2 => Some(at.where_(s.args[0], zero, s.gradient)),
                _ => None,
            }
        })
        .samples_from(where_samples);
    row.map = Some(Map::Where);
    row
};

fn where_samples() -> Vec<Sample> {
    let shapes: [[&[usize]; 3]; 4] = [[&[2], &[2], &[2]], [&[2], &[], &[2]], [&[2], &[2], &[]], [&[], &[3], &[3]]];
    let conditions = [vec![1.0, 0.0], vec![0.0, 1.0], vec![0.0, 0.5], vec![0.0]];
    let sample = |([c, a, b], condition): ([&[usize]; 3], Vec<f64>)| {
        Sample::new(Op::Map(Map::Where), vec![given(c, &condition), some(a), some(b)])
    };
    shapes.into_iter().zip(conditions).map(sample).collect()
}

fn div_derivative(at: &mut At, s: &Step, i: usize) -> Option<NodeId> {
    if i == 0 {
        return Some(at.div(s.gradient, s.args[1]));
    }
    let slope = at.div(s.node, s.args[1]);
    let slope = at.neg(slope);
    Some(at.mul(s.gradient, slope))
}

/// `y * x^(y-1)`; 0 for the exponent 0, whatever `x` is.
fn pow_by_base(at: &mut At, s: &Step) -> Option<NodeId> {
    let [x, y] = [s.args[0], s.args[1]];
    let slope = match at.graph.get(y).op {
        Op::Const(0.0) => at.constant(0.0),
        Op::Const(2.0) => at.scale(x, 2.0),
        Op::Const(exponent) => {
            let less = at.constant(exponent - 1.0);
            let power = at.pow(x, less);
            at.scale(power, exponent)
        }
        _ => {
            let (zero, one) = (at.constant(0.0), at.constant(1.0));
            let less = at.sub(y, one);
            let power = at.pow(x, less);
            let slope = at.mul(y, power);
            let is_zero = at.equal(y, zero);
            at.where_(is_zero, zero, slope)
        }
    };
    Some(at.mul(s.gradient, slope))
}

/// `x^y * log(x)`; 0 at `x = 0` unless `y` is negative.
fn pow_by_exponent(at: &mut At, s: &Step) -> Option<NodeId> {
    let [x, y] = [s.args[0], s.args[1]];
    let (zero, one) = (at.constant(0.0), at.constant(1.0));
    let base_is_zero = at.equal(x, zero);
    let not_negative = at.less_or_equal(zero, y);
    let flat = at.and(base_is_zero, not_negative);
    // The logarithm of 1 in place of 0 keeps the second derivative free of 0 * infinity.
    let base = at.where_(flat, one, x);
    let log = at.log(base);
    let slope = at.mul(s.node, log);
    let slope = at.where_(flat, zero, slope);
    Some(at.mul(s.gradient, slope))
}

/// The gradient where this argument was chosen, half of it at a tie, 0 where the other was.
fn chosen(at: &mut At, s: &Step, not_chosen: NodeId) -> NodeId {
    let zero = at.constant(0.0);
    let tie = at.equal(s.args[0], s.args[1]);
    let half = at.scale(s.gradient, 0.5);
    let whole_or_half = at.where_(tie, half, s.gradient);
    at.where_(not_chosen, zero, whole_or_half)
}
