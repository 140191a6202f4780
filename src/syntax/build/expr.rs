use std::sync::Arc;

use pest::iterators::Pair;

use super::super::ast::{Arg, Expr, ExprKind, UnaryOp};
use super::super::grammar::Rule;
use super::operator::{Operator, Piece};
use super::{Builder, parts};
use crate::text::Span;

impl Builder<'_> {
    pub(in super::super) fn expr(&mut self, pair: Pair<Rule>) -> Expr {
        let span = self.span(&pair);
        let mut pieces = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::conditional => return self.conditional(part),
                Rule::prefix => pieces.push(self.prefix(&part)),
                Rule::infix => pieces.push(Piece::Infix(self.operator(&part), self.span(&part))),
                Rule::cast => {
                    let ty = part.into_inner().find(|p| p.as_rule() == Rule::type_expr);
                    pieces.extend(ty.map(|ty| Piece::Cast(self.type_expr(ty))));
                }
                Rule::call | Rule::index | Rule::field | Rule::prime | Rule::body => {
                    if let Some(Piece::Value(head)) = pieces.pop() {
                        let whole = self.postfix(head, part);
                        pieces.push(Piece::Value(whole));
                    }
                }
                _ => {
                    let value = self.primary(part);
                    pieces.push(Piece::Value(value));
                }
            }
        }
        self.climb(pieces, span)
    }

    fn prefix(&mut self, pair: &Pair<Rule>) -> Piece {
        let span = self.span(pair);
        match pair.as_str() {
            "-" => Piece::Prefix(UnaryOp::Neg, span),
            "not" => Piece::Prefix(UnaryOp::Not, span),
            _ => {
                self.report("`!` is written `not`", span, "not an operator of the language");
                self.fix("write `not`", span, "not ");
                Piece::Prefix(UnaryOp::Not, span)
            }
        }
    }

    fn operator(&mut self, pair: &Pair<Rule>) -> Operator {
        let (operator, instead) = Operator::read(pair.as_str());
        if let Some(instead) = instead {
            let (span, text) = (self.span(pair), pair.as_str());
            self.report(format!("`{text}` is written `{instead}`"), span, "not an operator of the language");
            self.fix(format!("write `{instead}`"), span, spaced(instead, span, &self.source.text));
        }
        operator
    }

    fn conditional(&mut self, pair: Pair<Rule>) -> Expr {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let cond = Box::new(self.next_expr(&mut parts, span));
        let then = Box::new(self.next_expr(&mut parts, span));
        let otherwise = Box::new(self.next_expr(&mut parts, span));
        Expr { span, kind: ExprKind::If { cond, then, otherwise } }
    }

    fn primary(&mut self, pair: Pair<Rule>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::number => self.number(&pair),
            // A string without its end was reported: what is in it is not known.
            Rule::string if self.base + pair.as_span().end() > self.end => ExprKind::Error,
            Rule::string => ExprKind::Str(self.string(&pair).into()),
            Rule::word_value => match pair.as_str() {
                "training" => ExprKind::Training,
                word => ExprKind::Bool(word == "true"),
            },
            Rule::list => ExprKind::List(self.exprs(pair)),
            Rule::parens => self.parens(pair, span),
            _ => ExprKind::Name(self.ident(&pair)),
        };
        Expr { span, kind }
    }

    /// `(e)` or a record; a group keeps the span with its parentheses.
    fn parens(&mut self, pair: Pair<Rule>, span: Span) -> ExprKind {
        let mut args = self.arguments(pair, false);
        if args.is_empty() {
            self.report("empty parentheses are no value", span, "expected `(value)` or `(name = value, …)`");
            return ExprKind::Error;
        }
        if let [Arg { name: None, .. }] = args[..] {
            return args.pop().map_or(ExprKind::Error, |arg| arg.value.kind);
        }
        let mut fields = Vec::new();
        for arg in args {
            match arg.name {
                Some(name) => fields.push((name, arg.value)),
                None => {
                    self.report("a value in a record needs a name", arg.value.span, "expected `name = value`")
                        .help
                        .push("a list of values is written `[a, b]`".to_string());
                    return ExprKind::Error;
                }
            }
        }
        ExprKind::Record(fields)
    }

    /// The arguments of a call or the fields of a record. `x in e` is for loops only.
    pub(super) fn arguments(&mut self, pair: Pair<Rule>, is_loop: bool) -> Vec<Arg> {
        parts(pair).map(|argument| self.argument(argument, is_loop)).collect()
    }

    fn argument(&mut self, pair: Pair<Rule>, is_loop: bool) -> Arg {
        let span = self.span(&pair);
        let mark = pair.clone().into_inner().nth(1);
        let mut parts = parts(pair);
        let first = self.next_expr(&mut parts, span);
        let (Some(value), Some(mark)) = (parts.next(), mark) else { return Arg { name: None, value: first } };
        let value = self.expr(value);
        match mark.as_rule() {
            Rule::colon => {
                let at = self.span(&mark);
                let name = self.source.slice(first.span);
                self.report(format!("the value of `{name}` is given with `=`"), at, "expected `=`");
                self.fix("write `=`", at, " =");
            }
            Rule::k_in if !is_loop => {
                self.report("`in` gives the range of a type, not a value", self.span(&mark), "expected `=` or `,`");
            }
            _ => {}
        }
        match self.as_name(&first, "a name before `=`") {
            Some(name) => Arg { name: Some(name), value },
            None => Arg { name: None, value: Expr { span, kind: ExprKind::Error } },
        }
    }

    fn postfix(&mut self, head: Expr, pair: Pair<Rule>) -> Expr {
        let at = self.span(&pair);
        let span = head.span.to(at);
        if matches!(pair.as_rule(), Rule::call | Rule::index) {
            self.check_comma(&head, at);
        }
        let base = Box::new(head);
        let kind = match pair.as_rule() {
            Rule::call => {
                let is_loop = matches!(&base.kind, ExprKind::Name(name) if &*name.text == "for");
                ExprKind::Call { args: self.arguments(pair, is_loop), callee: base }
            }
            Rule::index => ExprKind::Index { dims: parts(pair).map(|dim| self.dim(dim)).collect(), base },
            Rule::field => match pair.into_inner().next() {
                Some(name) => ExprKind::Field { name: self.name(&name), base },
                None => ExprKind::Error,
            },
            Rule::body => ExprKind::WithBlock { head: base, block: Arc::new(self.block(pair)) },
            _ => ExprKind::Prime(base),
        };
        Expr { span, kind }
    }

    /// In brackets, where line breaks mean nothing, a lost comma makes a call of two elements.
    fn check_comma(&mut self, head: &Expr, at: Span) {
        let between = self.source.text.get(head.span.end as usize..at.start as usize).unwrap_or("");
        let callable = !matches!(head.kind, ExprKind::Record(_) | ExprKind::Number { .. } | ExprKind::Str(_));
        if callable && !between.contains('\n') {
            return;
        }
        let end = head.span.after();
        self.report("a comma is missing between two elements", end, "expected `,`");
        self.fix("add the comma", end, ",");
    }
}

/// A word needs blanks where a sign did not.
fn spaced(word: &str, span: Span, text: &str) -> String {
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return word.to_string();
    }
    let bytes = text.as_bytes();
    let glued = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|b| !b.is_ascii_whitespace());
    let before = if glued((span.start as usize).checked_sub(1)) { " " } else { "" };
    let after = if glued(Some(span.end as usize)) { " " } else { "" };
    format!("{before}{word}{after}")
}
