use crate::engine::graph::Map;

/// What an elementwise kernel computes: an operation of the graph, or several in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    Map(Map),
    Identity,
    /// `a * a`
    Square,
    /// `max(a, 0)`
    Relu,
    /// `max(a + b, 0)`
    AddRelu,
    /// `a * b + c`
    MulAdd,
    /// `a * b - c`
    MulSub,
    /// `c - a * b`
    SubMulFrom,
    /// `max(a * b + c, 0)`
    MulAddRelu,
    /// `(a + b) * c`
    AddThenMul,
    /// `(a - b) * c`
    SubThenMul,
    /// `a * b * c`
    MulMul,
    /// `a + b + b`
    AddTwice,
    /// `a - b - b`
    SubTwice,
    /// `b + (a - b) * c`
    Lerp,
    /// `sqrt(a) + b`
    SqrtAdd,
    /// `sqrt(a) * b + c`
    SqrtMulAdd,
    /// `a * b / c`
    MulDiv,
    /// `a - b / c`
    SubDiv,
    /// `1 / a`
    Recip,
    /// `b` where `a > 0`, half of it at 0, 0 below: the derivative of `max(a, 0)` times `b`
    ReluGradient,
    /// `b`, but 0 where `a <= 0`
    Gate,
    /// `b * c`, but 0 where `a <= 0`
    GateMul,
}

impl Function {
    pub fn arity(self) -> usize {
        match self {
            Function::Map(map) => map_arity(map),
            Function::Identity | Function::Square | Function::Relu | Function::Recip => 1,
            Function::AddRelu
            | Function::ReluGradient
            | Function::Gate
            | Function::AddTwice
            | Function::SubTwice
            | Function::SqrtAdd => 2,
            _ => 3,
        }
    }

    /// Whether it costs no more than about one load and one store.
    pub fn is_cheap(self) -> bool {
        use Map::*;
        !matches!(
            self,
            Function::Map(
                Exp | Expm1
                    | Log
                    | Log1p
                    | SafeLog
                    | Sin
                    | Cos
                    | Tan
                    | Asin
                    | Acos
                    | Atan
                    | Sinh
                    | Cosh
                    | Tanh
                    | Erf
                    | Sigmoid
                    | Softplus
                    | Pow
                    | Mod
                    | Div
                    | Sqrt
            ) | Function::MulDiv
                | Function::SqrtAdd
                | Function::SqrtMulAdd
                | Function::SubDiv
                | Function::Recip
        )
    }
}

fn map_arity(map: Map) -> usize {
    use Map::*;
    match map {
        Neg | Abs | Sign | Exp | Expm1 | Log | Log1p | SafeLog | Sqrt | Sin | Cos | Tan | Asin | Acos | Atan | Sinh
        | Cosh | Tanh | Erf | Sigmoid | Softplus | Floor | Ceil | Round | Not | IsFinite => 1,
        Add | Sub | Mul | Div | Pow | Max | Min | Mod | Lt | Le | Eq | And | Or => 2,
        Where => 3,
    }
}
