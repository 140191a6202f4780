//! The primitive operations: one row each, in files by family.

mod index;
mod leaf;
mod map_binary;
mod map_unary;
mod matmul;
mod movement;
mod primitive;
mod random;
mod reduce;
mod sample;
pub(crate) mod shape;

pub use primitive::{Derivative, Kernel, Memory, Primitive, Site, Step};
pub use sample::{Argument, Sample, SampleProgram, Values};
pub use shape::ShapeRule;

use super::graph::{Map, Op, Reduction};

macro_rules! rows {
    ($($pattern:pat => $row:path,)*) => {
        /// The row of an operation.
        pub fn row(op: &Op) -> &'static Primitive {
            match op { $($pattern => &$row,)* }
        }

        static ROWS: &[&Primitive] = &[$(&$row,)*];
    };
}

rows! {
    Op::Const(_) => leaf::CONST,
    Op::Literal(_) => leaf::LITERAL,
    Op::Input(_) => leaf::INPUT,
    Op::Slot(_) => leaf::SLOT,
    Op::Scalar(_) => leaf::SCALAR,
    Op::Length { .. } => leaf::LENGTH,
    Op::Iota { .. } => leaf::IOTA,
    Op::Uniform { .. } => random::UNIFORM,
    Op::Lots { .. } => random::LOTS,
    Op::Normal { .. } => random::NORMAL,
    Op::Map(Map::Neg) => map_unary::NEG,
    Op::Map(Map::Abs) => map_unary::ABS,
    Op::Map(Map::Sign) => map_unary::SIGN,
    Op::Map(Map::Exp) => map_unary::EXP,
    Op::Map(Map::Expm1) => map_unary::EXPM1,
    Op::Map(Map::Log) => map_unary::LOG,
    Op::Map(Map::Log1p) => map_unary::LOG1P,
    Op::Map(Map::SafeLog) => map_unary::SAFE_LOG,
    Op::Map(Map::Sqrt) => map_unary::SQRT,
    Op::Map(Map::Sin) => map_unary::SIN,
    Op::Map(Map::Cos) => map_unary::COS,
    Op::Map(Map::Tan) => map_unary::TAN,
    Op::Map(Map::Asin) => map_unary::ASIN,
    Op::Map(Map::Acos) => map_unary::ACOS,
    Op::Map(Map::Atan) => map_unary::ATAN,
    Op::Map(Map::Sinh) => map_unary::SINH,
    Op::Map(Map::Cosh) => map_unary::COSH,
    Op::Map(Map::Tanh) => map_unary::TANH,
    Op::Map(Map::Erf) => map_unary::ERF,
    Op::Map(Map::Sigmoid) => map_unary::SIGMOID,
    Op::Map(Map::Softplus) => map_unary::SOFTPLUS,
    Op::Map(Map::Floor) => map_unary::FLOOR,
    Op::Map(Map::Ceil) => map_unary::CEIL,
    Op::Map(Map::Round) => map_unary::ROUND,
    Op::Map(Map::Not) => map_unary::NOT,
    Op::Map(Map::IsFinite) => map_unary::IS_FINITE,
    Op::Map(Map::Add) => map_binary::ADD,
    Op::Map(Map::Sub) => map_binary::SUB,
    Op::Map(Map::Mul) => map_binary::MUL,
    Op::Map(Map::Div) => map_binary::DIV,
    Op::Map(Map::Pow) => map_binary::POW,
    Op::Map(Map::Max) => map_binary::MAX,
    Op::Map(Map::Min) => map_binary::MIN,
    Op::Map(Map::Mod) => map_binary::MOD,
    Op::Map(Map::Lt) => map_binary::LT,
    Op::Map(Map::Le) => map_binary::LE,
    Op::Map(Map::Eq) => map_binary::EQ,
    Op::Map(Map::And) => map_binary::AND,
    Op::Map(Map::Or) => map_binary::OR,
    Op::Map(Map::Where) => map_binary::WHERE,
    Op::Reduce(Reduction::Sum, _) => reduce::SUM,
    Op::Reduce(Reduction::Prod, _) => reduce::PROD,
    Op::Reduce(Reduction::Max, _) => reduce::AMAX,
    Op::Reduce(Reduction::Min, _) => reduce::AMIN,
    Op::ArgMax { .. } => reduce::ARGMAX,
    Op::ArgSort { .. } => reduce::ARGSORT,
    Op::CumSum { .. } => reduce::CUMSUM,
    Op::MatMul => matmul::MATMUL,
    Op::Reshape => movement::RESHAPE,
    Op::Permute(_) => movement::PERMUTE,
    Op::Expand { .. } => movement::EXPAND,
    Op::Slice { .. } => movement::SLICE,
    Op::Pad { .. } => movement::PAD,
    Op::Concat { .. } => movement::CONCAT,
    Op::Flip { .. } => movement::FLIP,
    Op::Take => index::TAKE,
    Op::ScatterAdd => index::SCATTER_ADD,
    Op::StopGradient => index::STOP_GRADIENT,
    Op::Checked { .. } => index::CHECKED,
}

/// All primitives, by family.
pub fn all() -> impl Iterator<Item = &'static Primitive> {
    ROWS.iter().copied()
}

/// The primitive of this name. Only one with a signature can be called from the language.
pub fn lookup(name: &str) -> Option<&'static Primitive> {
    all().find(|p| p.name == name)
}

/// The row of an elementwise operation.
pub fn of_map(map: Map) -> &'static Primitive {
    row(&Op::Map(map))
}

#[cfg(test)]
mod torch_tests;
