//! The untyped tree of a `.nn` file. Every node knows its place.

use std::sync::Arc;

use crate::text::Span;

/// A name as written. Quoted names (`"state"`) are idents too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    pub text: Arc<str>,
    pub span: Span,
}

/// A whole file.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// Documentation at the head of the file that a blank line parts from the first item.
    pub doc: Doc,
    pub edition: Option<(u32, Span)>,
    pub items: Vec<Item>,
    /// All comments, documentation included, in order of place.
    pub comments: Vec<Comment>,
}

/// A comment with its `#` or `##`.
#[derive(Debug, Clone)]
pub struct Comment {
    pub text: Arc<str>,
    pub span: Span,
    /// Nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// `##` lines that precede an item or entry, or stand behind it on its line, without the marks, joined by line breaks.
pub type Doc = Option<Arc<str>>;

/// `# allow CODE: reason` in a comment line above.
#[derive(Debug, Clone)]
pub struct Allow {
    pub code: Ident,
    pub reason: Arc<str>,
}

#[derive(Debug, Clone)]
pub struct Item {
    pub doc: Doc,
    pub allows: Vec<Allow>,
    pub span: Span,
    pub kind: ItemKind,
}

#[derive(Debug, Clone)]
pub enum ItemKind {
    /// `print a, b`
    Print(Vec<Expr>),
    Plot(Plot),
    /// `hyper lr: real in 1e-5..1e-1 log = 1e-3`
    Hyper {
        name: Ident,
        ty: TypeExpr,
        default: Expr,
    },
    Use(Use),
    /// `weights pretrained = file("m.safetensors")`
    Weights {
        name: Ident,
        value: Expr,
    },
    Def(Arc<Def>),
    /// Text that is no item; already reported.
    Error,
}

/// `plot a, b' over -6..6 with mark = [0], log = true of tune on data.test to "name.svg"`; the clauses come in any order.
#[derive(Debug, Clone)]
pub struct Plot {
    pub what: Vec<Expr>,
    pub over: Option<Expr>,
    /// `with` settings.
    pub settings: Vec<Arg>,
    pub of: Option<Expr>,
    pub on: Option<Expr>,
    pub to: Option<Expr>,
}

/// `use vision (resnet50)` or `use "blocks.nn" (Block, other)`
#[derive(Debug, Clone)]
pub struct Use {
    pub from: UseFrom,
    pub names: Vec<Ident>,
}

#[derive(Debug, Clone)]
pub enum UseFrom {
    Bundled(Ident),
    File(Ident),
}

/// `kind name? (config)? (input)? (-> result)? { … }`
#[derive(Debug, Clone)]
pub struct Def {
    /// `data`, `model`, `layer`, `fn`, `train`, `evaluate`, `predict`, `test`, `optimizer`, or an unknown word.
    pub kind: Ident,
    pub name: Option<Ident>,
    /// None, one or two lists.
    pub params: Vec<ParamList>,
    pub result: Option<TypeExpr>,
    pub body: Block,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct ParamList {
    pub params: Vec<Param>,
    pub span: Span,
}

/// `name: type = default ~ distribution`
#[derive(Debug, Clone)]
pub struct Param {
    pub name: Ident,
    /// Missing only where the user left it out (reported by `check`).
    pub ty: Option<TypeExpr>,
    pub default: Option<Expr>,
    /// In `test` items: how the argument is drawn.
    pub draw: Option<Expr>,
    pub doc: Doc,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct TypeExpr {
    pub span: Span,
    pub kind: TypeKind,
}

#[derive(Debug, Clone)]
pub enum TypeKind {
    /// `(price: real, kind: logit(3))`
    Record(Vec<(Ident, TypeExpr)>),
    /// `real[*S, n]`, `logit(K)[h, w]`, `int in 1..10`, `customers.features`
    Named {
        /// `real`; `customers`, `features`
        path: Vec<Ident>,
        /// In parentheses: `logit(K)`, `layer`'s have none.
        args: Vec<Expr>,
        dims: Option<Vec<DimExpr>>,
        /// `in 0..1`
        range: Option<Box<Expr>>,
        /// `log` behind the range
        log: bool,
    },
    /// Not understood; already reported.
    Error,
}

#[derive(Debug, Clone)]
pub enum DimExpr {
    /// `*S`
    Star(Ident),
    Expr(Expr),
}

/// `{ entries }`
#[derive(Debug, Clone)]
pub struct Block {
    pub entries: Vec<Entry>,
    /// Braces included.
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub doc: Doc,
    pub allows: Vec<Allow>,
    pub span: Span,
    pub kind: EntryKind,
}

#[derive(Debug, Clone)]
pub enum EntryKind {
    /// `let y = e`
    Let { name: Ident, value: Expr },
    /// `let keep ~ bernoulli(0.5)[*S]`
    LetDraw { name: Ident, dist: Expr },
    /// `return e`
    Return(Expr),
    /// `parameter weight: real[n] = 0 when bias`, `buffer mean: real[c] = 0`, `state velocity: real[*P] = 0` (whose type may be left out)
    Slot { kind: SlotKind, name: Ident, ty: Option<TypeExpr>, init: Option<Expr>, when: Option<Expr> },
    /// `running_mean <- e when training`
    Assign { name: Ident, value: Expr, when: Option<Expr> },
    /// `key = value`, or `window = past(28) -> next(7)`
    Setting { key: Ident, value: Expr, to: Option<Expr> },
    /// `age ~ normal(0.5, 0.15)`, `other[4] ~ …`
    Draw { name: Ident, dims: Vec<DimExpr>, dist: Expr },
    /// `input wide { … }`, `target tags { … }`, `step d { … }`
    Group { kind: Ident, name: Ident, body: Block },
    /// `a, columns("v*"): kind |> transform`, `target y: binary`, and named layers: `conv1: Conv2d(3) when deep`
    Named { target: bool, names: Vec<Selector>, value: Expr, when: Option<Expr> },
    /// A bare expression: a layer of a sequence, a claim of a test.
    Stage { value: Expr, when: Option<Expr> },
    /// `each row in digits, z in normal(0, 1)[64]`: kept for later.
    Each(Vec<(Ident, Expr)>),
    /// Text that is no entry; already reported.
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    Parameter,
    Buffer,
    State,
}

/// What a named entry names.
#[derive(Debug, Clone)]
pub enum Selector {
    Name(Ident),
    /// `columns("v*")`
    Pattern {
        function: Ident,
        args: Vec<Arg>,
        span: Span,
    },
}

impl Selector {
    pub fn span(&self) -> Span {
        match self {
            Selector::Name(name) => name.span,
            Selector::Pattern { span, .. } => *span,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
    /// The value with its percent sign applied (`70%` is 0.7); `integer` if it was written without point, exponent and percent sign.
    Number {
        value: f64,
        integer: bool,
        percent: bool,
    },
    Str(Arc<str>),
    Bool(bool),
    /// The word `training`.
    Training,
    Name(Ident),
    List(Vec<Expr>),
    /// `(age = 0.62, bmi = 0.75)`
    Record(Vec<(Ident, Expr)>),
    Call {
        callee: Box<Expr>,
        args: Vec<Arg>,
    },
    /// `e[dims]`: of draws and of values
    Index {
        base: Box<Expr>,
        dims: Vec<DimExpr>,
    },
    /// `e.name`, `e.0`
    Field {
        base: Box<Expr>,
        name: Ident,
    },
    /// `f'`
    Prime(Box<Expr>),
    /// `seq { … }`, `Residual(…) { … }`: a trailing block, the last argument
    WithBlock {
        head: Box<Expr>,
        block: Arc<Block>,
    },
    If {
        cond: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// `x |> f`
    Pipe {
        value: Box<Expr>,
        stage: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Unary {
        op: UnaryOp,
        value: Box<Expr>,
    },
    /// `a..b`, both ends included
    Range {
        from: Box<Expr>,
        to: Box<Expr>,
    },
    /// `e as prob`
    Cast {
        value: Box<Expr>,
        ty: Box<TypeExpr>,
    },
    /// Not understood; already reported.
    Error,
}

/// An argument of a call, by position or `name = value`.
#[derive(Debug, Clone)]
pub struct Arg {
    pub name: Option<Ident>,
    pub value: Expr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    /// `//`: division of extents without remainder
    FloorDiv,
    MatMul,
    Pow,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `~=`: equal within tolerance
    Near,
    And,
    Or,
}

impl BinaryOp {
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::MatMul => "@",
            BinaryOp::Pow => "^",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::Near => "~=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Neg,
    Not,
}
