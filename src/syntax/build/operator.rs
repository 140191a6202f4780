//! Precedence, from loose to tight: `|>`; `or`; `and`; `not`; comparisons and `~=`; `..`; `+ -`; `* / // @`; `as`;
//! unary `-`; `^`. Comparisons and `..` do not chain; `^` groups to the right, all others to the left.

use std::vec::IntoIter;

use super::super::ast::{Arg, BinaryOp, Expr, ExprKind, Ident, TypeExpr, UnaryOp};
use super::Builder;
use crate::text::Span;

/// An expression before its operators are sorted.
pub(super) enum Piece {
    Value(Expr),
    Prefix(UnaryOp, Span),
    Infix(Operator, Span),
    Cast(TypeExpr),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operator {
    Pipe,
    Range,
    Binary(BinaryOp),
    /// `%` of other languages.
    Remainder,
}

impl Operator {
    /// The operator, and what to write instead where it is one of another language.
    pub fn read(text: &str) -> (Operator, Option<&'static str>) {
        use BinaryOp::*;
        let binary = match text {
            "|>" => return (Operator::Pipe, None),
            ".." => return (Operator::Range, None),
            "%" => return (Operator::Remainder, None),
            "&&" | "&" => return (Operator::Binary(And), Some("and")),
            "||" | "|" => return (Operator::Binary(Or), Some("or")),
            "**" => return (Operator::Binary(Pow), Some("^")),
            "+" => Add,
            "-" => Sub,
            "*" => Mul,
            "/" => Div,
            "//" => FloorDiv,
            "@" => MatMul,
            "^" => Pow,
            "==" => Eq,
            "!=" => Ne,
            "<" => Lt,
            "<=" => Le,
            ">" => Gt,
            ">=" => Ge,
            "~=" => Near,
            "and" => And,
            _ => Or,
        };
        (Operator::Binary(binary), None)
    }

    fn strength(self) -> u8 {
        use BinaryOp::*;
        match self {
            Operator::Pipe => 1,
            Operator::Binary(Or) => 2,
            Operator::Binary(And) => 3,
            Operator::Binary(Eq | Ne | Lt | Le | Gt | Ge | Near) => COMPARISON,
            Operator::Range => RANGE,
            Operator::Binary(Add | Sub) => 7,
            Operator::Binary(Mul | Div | FloorDiv | MatMul) | Operator::Remainder => 8,
            Operator::Binary(Pow) => POWER,
        }
    }
}

const NOT: u8 = 4;
const COMPARISON: u8 = 5;
const RANGE: u8 = 6;
const CAST: u8 = 9;
const NEGATION: u8 = 10;
const POWER: u8 = 11;

impl Builder<'_> {
    /// Sorts the pieces of one expression into a tree.
    pub(super) fn climb(&mut self, pieces: Vec<Piece>, span: Span) -> Expr {
        let mut pieces = pieces.into_iter().peekable();
        self.climb_from(&mut pieces, 0, span)
    }

    fn climb_from(&mut self, pieces: &mut std::iter::Peekable<IntoIter<Piece>>, least: u8, at: Span) -> Expr {
        let mut left = match pieces.next() {
            Some(Piece::Value(value)) => value,
            Some(Piece::Prefix(op, span)) => {
                let least = if op == UnaryOp::Not { NOT } else { NEGATION };
                let value = self.climb_from(pieces, least, at);
                Expr { span: span.to(value.span), kind: ExprKind::Unary { op, value: Box::new(value) } }
            }
            _ => return Expr { span: at, kind: ExprKind::Error },
        };
        let mut previous = None;
        loop {
            match pieces.peek() {
                Some(Piece::Cast(_)) if CAST >= least => {
                    if let Some(Piece::Cast(ty)) = pieces.next() {
                        let span = left.span.to(ty.span);
                        left = Expr { span, kind: ExprKind::Cast { value: Box::new(left), ty: Box::new(ty) } };
                    }
                }
                Some(Piece::Infix(op, _)) if op.strength() >= least => {
                    let Some(Piece::Infix(op, op_span)) = pieces.next() else { continue };
                    let strength = op.strength();
                    let least = if strength == POWER { NEGATION } else { strength + 1 };
                    let right = self.climb_from(pieces, least, at);
                    if previous == Some(strength) && matches!(strength, COMPARISON | RANGE) {
                        self.chained(&left, op_span, &right);
                    }
                    previous = Some(strength);
                    left = self.join(op, op_span, left, right);
                }
                _ => return left,
            }
        }
    }

    fn join(&mut self, op: Operator, op_span: Span, left: Expr, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        let (l, r) = (self.source.slice(left.span), self.source.slice(right.span));
        let remainder = format!("mod({l}, {r})");
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match op {
            Operator::Pipe => ExprKind::Pipe { value: left, stage: right },
            Operator::Range => ExprKind::Range { from: left, to: right },
            Operator::Binary(op) => ExprKind::Binary { op, op_span, left, right },
            Operator::Remainder => {
                self.report("there is no `%` operator", op_span, format!("write `{remainder}`"));
                self.fix(format!("write `{remainder}`"), span, remainder);
                let callee = Expr { span: op_span, kind: ExprKind::Name(Ident { text: "mod".into(), span: op_span }) };
                let args = [left, right].map(|value| Arg { name: None, value: *value }).into();
                ExprKind::Call { callee: Box::new(callee), args }
            }
        };
        Expr { span, kind }
    }

    fn chained(&mut self, left: &Expr, op_span: Span, right: &Expr) {
        let (all, op) = (self.source.slice(left.span), self.source.slice(op_span));
        let (l, r) = (all, self.source.slice(right.span));
        let middle = match &left.kind {
            ExprKind::Binary { right, .. } => self.source.slice(right.span),
            _ => {
                self.report("a range has two ends", op_span, "a second `..`");
                return;
            }
        };
        let instead = format!("{l} and {middle} {op} {r}");
        self.report("comparisons can't be chained", op_span, "a second comparison");
        self.fix(format!("write `{instead}`"), left.span.to(right.span), instead);
    }
}
