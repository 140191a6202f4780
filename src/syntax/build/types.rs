use pest::iterators::Pair;

use super::super::ast::{DimExpr, Expr, TypeExpr, TypeKind};
use super::super::grammar::Rule;
use super::{Builder, parts};

impl Builder<'_> {
    pub(super) fn type_expr(&mut self, pair: Pair<Rule>) -> TypeExpr {
        let span = self.span(&pair);
        let (mut path, mut args, mut fields) = (Vec::new(), Vec::new(), None);
        let (mut dims, mut range, mut log) = (None, None, false);
        for part in parts(pair) {
            match part.as_rule() {
                Rule::record_type => fields = Some(parts(part).map(|field| self.field_type(field)).collect()),
                Rule::named_type => {
                    for piece in parts(part) {
                        match piece.as_rule() {
                            Rule::type_args => args = self.exprs(piece),
                            Rule::field => path.extend(piece.into_inner().next().map(|name| self.name(&name))),
                            _ => path.push(self.ident(&piece)),
                        }
                    }
                }
                Rule::dims => dims = Some(parts(part).map(|dim| self.dim(dim)).collect::<Vec<_>>()),
                Rule::range => {
                    for piece in parts(part) {
                        match piece.as_rule() {
                            Rule::k_log => log = true,
                            _ => range = Some(Box::new(self.expr(piece))),
                        }
                    }
                }
                _ => {}
            }
        }
        let kind = match fields {
            Some(fields) => {
                if dims.is_some() || range.is_some() {
                    self.report("a record has no extents and no range", span, "these belong to its fields");
                }
                TypeKind::Record(fields)
            }
            None => TypeKind::Named { path, args, dims, range, log },
        };
        TypeExpr { span, kind }
    }

    fn field_type(&mut self, pair: Pair<Rule>) -> (super::Ident, TypeExpr) {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let name = self.next_ident(&mut parts, span);
        let ty = match parts.next() {
            Some(ty) => self.type_expr(ty),
            None => TypeExpr { span, kind: TypeKind::Error },
        };
        (name, ty)
    }

    pub(super) fn dim(&mut self, pair: Pair<Rule>) -> DimExpr {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        if parts.next_if(|part| part.as_rule() == Rule::star).is_some() {
            return DimExpr::Star(self.next_ident(&mut parts, span));
        }
        DimExpr::Expr(self.next_expr(&mut parts, span))
    }

    /// All children, as expressions.
    pub(super) fn exprs(&mut self, pair: Pair<Rule>) -> Vec<Expr> {
        parts(pair).map(|part| self.expr(part)).collect()
    }
}
