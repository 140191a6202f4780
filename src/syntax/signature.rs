use super::ast;

/// A header in the language's own syntax, for the tables of transforms, metrics and primitives: `clip(low: real, high: real = 1) -> real[*S]`.
#[derive(Debug, Clone)]
pub struct Signature {
    pub name: ast::Ident,
    /// Empty also where there is no list at all.
    pub params: Vec<ast::Param>,
    pub result: Option<ast::TypeExpr>,
}
