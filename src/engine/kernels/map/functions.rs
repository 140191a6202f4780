//! The meaning of every [`Function`] on vectors, and the table of kernels.

#[cfg(doc)]
use super::Step;
use super::{Function, Lanes, MapArgs, MapKernel, map};
use crate::engine::graph::Map;
use crate::engine::kernels::isa::{Isa, per_isa};
use crate::engine::kernels::math;
use crate::engine::kernels::vector::Vector;

per_isa!(fn entry<F: Lanes> => map(x: &MapArgs));

/// The larger number, NaN if one is.
#[inline(always)]
pub fn larger<V: Vector>(a: V, b: V) -> V {
    V::select(a.eq(a), a.max(b), a)
}

/// The smaller number, NaN if one is.
#[inline(always)]
pub fn smaller<V: Vector>(a: V, b: V) -> V {
    V::select(a.eq(a), a.min(b), a)
}

#[inline(always)]
fn is_true<V: Vector>(a: V) -> V::Mask {
    !a.eq(a.all(0.0))
}

/// One row a function: its pattern, a name, arity, vectors in flight and body. Makes the table of kernels.
macro_rules! functions {
    ($($pattern:pat => $name:ident, $arity:literal, $unroll:literal, |$a:ident, $b:ident, $c:ident| $body:expr;)*) => {
        $(
            struct $name;
            impl Lanes for $name {
                const ARITY: usize = $arity;
                const UNROLL: usize = $unroll;
                const COLUMNS: bool = $unroll == 4 && $arity > 1;
                #[inline(always)]
                #[allow(unused_variables)]
                fn apply<V: Vector>($a: V, $b: V, $c: V) -> V {
                    $body
                }
            }
        )*

        impl Function {
            /// Whether operands may be rows of columns: see [`Step::Columns`].
            pub fn takes_columns(self) -> bool {
                match self {
                    $($pattern => $name::COLUMNS,)*
                }
            }
        }

        /// The loop for a function on an instruction set.
        pub fn kernel(function: Function, isa: Isa) -> MapKernel {
            match function {
                $($pattern => entry::<$name>(isa),)*
            }
        }
    };
}

functions! {
    Function::Identity => Identity, 1, 4, |a, b, c| a;
    Function::Map(Map::Neg) => Neg, 1, 4, |a, b, c| a.neg();
    Function::Map(Map::Abs) => Abs, 1, 4, |a, b, c| a.abs();
    Function::Map(Map::Sign) => Sign, 1, 2, |a, b, c| a.number(a.all(0.0).lt(a)) - a.number(a.lt(a.all(0.0)));
    Function::Map(Map::Exp) => Exp, 1, 2, |a, b, c| math::exp(a);
    Function::Map(Map::Expm1) => Expm1, 1, 2, |a, b, c| math::expm1(a);
    Function::Map(Map::Log) => Log, 1, 2, |a, b, c| math::log(a);
    Function::Map(Map::Log1p) => Log1p, 1, 1, |a, b, c| math::log1p(a);
    Function::Map(Map::SafeLog) => SafeLog, 1, 2, |a, b, c| a.all(-100.0).max(math::log(a));
    Function::Map(Map::Sqrt) => Sqrt, 1, 2, |a, b, c| a.sqrt();
    Function::Map(Map::Sin) => Sin, 1, 1, |a, b, c| math::sin(a);
    Function::Map(Map::Cos) => Cos, 1, 1, |a, b, c| math::cos(a);
    Function::Map(Map::Tan) => Tan, 1, 1, |a, b, c| a.each(f32::tan);
    Function::Map(Map::Asin) => Asin, 1, 1, |a, b, c| a.each(f32::asin);
    Function::Map(Map::Acos) => Acos, 1, 1, |a, b, c| a.each(f32::acos);
    Function::Map(Map::Atan) => Atan, 1, 1, |a, b, c| a.each(f32::atan);
    Function::Map(Map::Sinh) => Sinh, 1, 1, |a, b, c| a.each(f32::sinh);
    Function::Map(Map::Cosh) => Cosh, 1, 1, |a, b, c| a.each(f32::cosh);
    Function::Map(Map::Tanh) => Tanh, 1, 2, |a, b, c| math::tanh(a);
    Function::Map(Map::Erf) => Erf, 1, 1, |a, b, c| math::erf(a);
    Function::Map(Map::Sigmoid) => Sigmoid, 1, 2, |a, b, c| math::sigmoid(a);
    Function::Map(Map::Softplus) => Softplus, 1, 1, |a, b, c| math::softplus(a);
    Function::Map(Map::Floor) => Floor, 1, 2, |a, b, c| a.floor();
    Function::Map(Map::Ceil) => Ceil, 1, 2, |a, b, c| a.ceil();
    Function::Map(Map::Round) => Round, 1, 2, |a, b, c| a.round();
    Function::Map(Map::Not) => Not, 1, 2, |a, b, c| a.number(a.eq(a.all(0.0)));
    Function::Map(Map::IsFinite) => IsFinite, 1, 2, |a, b, c| a.number(a.abs().lt(a.all(f32::INFINITY)));
    Function::Map(Map::Add) => Add, 2, 4, |a, b, c| a + b;
    Function::Map(Map::Sub) => Sub, 2, 4, |a, b, c| a - b;
    Function::Map(Map::Mul) => Mul, 2, 4, |a, b, c| a * b;
    Function::Map(Map::Div) => Div, 2, 2, |a, b, c| a / b;
    Function::Map(Map::Pow) => Pow, 2, 1, |a, b, c| a.each2(b, f32::powf);
    Function::Map(Map::Max) => Max, 2, 2, |a, b, c| larger(a, b);
    Function::Map(Map::Min) => Min, 2, 2, |a, b, c| smaller(a, b);
    Function::Map(Map::Mod) => Mod, 2, 1, |a, b, c| a - b * (a / b).floor();
    Function::Map(Map::Lt) => Lt, 2, 2, |a, b, c| a.number(a.lt(b));
    Function::Map(Map::Le) => Le, 2, 2, |a, b, c| a.number(a.le(b));
    Function::Map(Map::Eq) => Eq, 2, 2, |a, b, c| a.number(a.eq(b));
    Function::Map(Map::And) => And, 2, 2, |a, b, c| a.number(is_true(a) & is_true(b));
    Function::Map(Map::Or) => Or, 2, 2, |a, b, c| a.number(is_true(a) | is_true(b));
    Function::Map(Map::Where) => Where, 3, 2, |a, b, c| V::select(is_true(a), b, c);
    Function::Square => Square, 1, 4, |a, b, c| a * a;
    Function::Relu => Relu, 1, 4, |a, b, c| a.all(0.0).max(a);
    Function::AddRelu => AddRelu, 2, 4, |a, b, c| a.all(0.0).max(a + b);
    Function::MulAdd => MulAdd, 3, 4, |a, b, c| a.fma(b, c);
    Function::MulSub => MulSub, 3, 4, |a, b, c| a.fma(b, c.neg());
    Function::SubMulFrom => SubMulFrom, 3, 4, |a, b, c| a.neg().fma(b, c);
    Function::MulAddRelu => MulAddRelu, 3, 4, |a, b, c| a.all(0.0).max(a.fma(b, c));
    Function::AddThenMul => AddThenMul, 3, 4, |a, b, c| (a + b) * c;
    Function::SubThenMul => SubThenMul, 3, 4, |a, b, c| (a - b) * c;
    Function::MulMul => MulMul, 3, 4, |a, b, c| a * b * c;
    Function::AddTwice => AddTwice, 2, 4, |a, b, c| b.fma(a.all(2.0), a);
    Function::SubTwice => SubTwice, 2, 4, |a, b, c| b.fma(a.all(-2.0), a);
    Function::Lerp => Lerp, 3, 4, |a, b, c| (a - b).fma(c, b);
    Function::SqrtAdd => SqrtAdd, 2, 2, |a, b, c| a.sqrt() + b;
    Function::SqrtMulAdd => SqrtMulAdd, 3, 2, |a, b, c| a.sqrt().fma(b, c);
    Function::MulDiv => MulDiv, 3, 2, |a, b, c| a * b / c;
    Function::SubDiv => SubDiv, 3, 2, |a, b, c| a - b / c;
    Function::Recip => Recip, 1, 2, |a, b, c| a.all(1.0) / a;
    Function::Gate => Gate, 2, 4, |a, b, c| V::select(a.le(a.all(0.0)), a.all(0.0), b);
    Function::GateMul => GateMul, 3, 4, |a, b, c| V::select(a.le(a.all(0.0)), a.all(0.0), b * c);
    Function::ReluGradient => ReluGradient, 2, 2, |a, b, c| {
        let zero = a.all(0.0);
        V::select(a.lt(zero), zero, V::select(a.eq(zero), b * a.all(0.5), b))
    };
}
