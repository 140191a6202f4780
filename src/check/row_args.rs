//! Arguments of table rows (transforms, splits, metrics, …) from their signatures.

use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::syntax::{self, ast, ast::ExprKind, ast::TypeKind};
use crate::text::{FileId, Source, Span, closest};
use crate::types::{ArgValue, Args};

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::Value;

/// What was written for a row: its name, and arguments.
pub(super) struct Written<'a> {
    pub name: &'a ast::Ident,
    pub args: &'a [ast::Arg],
    pub span: Span,
}

/// A name or a call of a name.
pub(super) fn written(e: &ast::Expr) -> Option<Written<'_>> {
    match &e.kind {
        ExprKind::Name(name) => Some(Written { name, args: &[], span: e.span }),
        ExprKind::Call { callee, args } => match &callee.kind {
            ExprKind::Name(name) => Some(Written { name, args, span: e.span }),
            _ => None,
        },
        _ => None,
    }
}

impl Elaborator<'_> {
    /// The arguments of a row, checked against its signature. Arguments named in `left` are not values and stay out.
    pub(super) fn row_args(
        &mut self,
        signature: &str,
        given: &Written<'_>,
        columns: &[Arc<str>],
        left: &[&str],
        frame: &Frame,
    ) -> Option<Args> {
        let source = Source::new(FileId(u32::MAX), "signature", signature);
        let params = syntax::parse_signature(&source).map(|s| s.params).unwrap_or_default();
        let name = &given.name.text;
        let mut values: Vec<Option<ArgValue>> = vec![None; params.len()];
        let mut next = 0;
        let mut sound = true;
        // Given, though not as it should be: not missing.
        let mut tried = vec![false; params.len()];
        for arg in given.args {
            let at = match &arg.name {
                Some(n) => params.iter().position(|p| p.name.text == n.text),
                None => Some(next).filter(|&i| i < params.len()),
            };
            let Some(at) = at else {
                if let Some(meant) = self.no_such_argument(name, &params, arg, frame) {
                    tried[meant] = true;
                }
                tried.iter_mut().for_each(|t| *t |= arg.name.is_none());
                sound = false;
                continue;
            };
            tried[at] = true;
            if arg.name.is_none() && !is_variadic(&params[at]) {
                next += 1;
            }
            if left.contains(&&*params[at].name.text) && self.is_row_expression(&arg.value) {
                values[at] = Some(ArgValue::Absent);
                continue;
            }
            let Some(value) = self.row_arg(&params[at], &arg.value, columns, frame) else {
                sound = false;
                continue;
            };
            values[at] = Some(match (is_variadic(&params[at]), values[at].take()) {
                (true, Some(ArgValue::List(mut list))) => {
                    list.extend(as_list(value));
                    ArgValue::List(list)
                }
                (true, _) => ArgValue::List(as_list(value)),
                (false, _) => value,
            });
        }
        let mut out = Vec::new();
        for ((param, value), tried) in params.iter().zip(values).zip(tried) {
            let value = match (value, &param.default) {
                (Some(v), _) => v,
                (None, _) if tried => continue,
                (None, Some(default)) => default_value(default),
                (None, None) => {
                    let message = format!("`{name}` needs `{}`", param.name.text);
                    let d = Diagnostic::new(&codes::MISSING, message)
                        .at(given.span, "not given here")
                        .help(format!("it is `{signature}`"));
                    self.report(frame, d);
                    sound = false;
                    continue;
                }
            };
            out.push((param.name.text.clone(), value));
        }
        sound.then_some(Args(out))
    }

    fn is_row_expression(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ExprKind::Field { base, .. } => matches!(&base.kind, ExprKind::Name(n) if &*n.text == "row"),
            ExprKind::Binary { left, right, .. } => self.is_row_expression(left) || self.is_row_expression(right),
            ExprKind::Unary { value, .. } => self.is_row_expression(value),
            ExprKind::Call { args, .. } => args.iter().any(|a| self.is_row_expression(&a.value)),
            ExprKind::If { cond, then, otherwise } => [cond, then, otherwise].iter().any(|e| self.is_row_expression(e)),
            _ => false,
        }
    }

    fn no_such_argument(&mut self, row: &str, params: &[ast::Param], arg: &ast::Arg, frame: &Frame) -> Option<usize> {
        let names: Vec<&str> = params.iter().map(|p| &*p.name.text).collect();
        let close = arg.name.as_ref().and_then(|n| {
            let foreign = super::foreign::argument(&n.text).filter(|w| names.contains(w));
            foreign.or_else(|| closest(&n.text, names.iter().copied()))
        });
        let meant = close.and_then(|c| names.iter().position(|n| *n == c));
        let d = match &arg.name {
            Some(n) => Diagnostic::new(&codes::UNKNOWN_ARGUMENT, format!("`{row}` has no argument `{}`", n.text))
                .at(n.span, "unknown argument")
                .suggest(n.span, close),
            None => {
                let takes = super::call::count(params.len(), "argument");
                Diagnostic::new(&codes::ARITY, format!("`{row}` takes {takes}")).at(arg.value.span, "one too many")
            }
        };
        let d = if names.is_empty() { d } else { d.help(format!("its arguments are {}", names.join(", "))) };
        self.report(frame, d);
        meant
    }

    fn row_arg(
        &mut self,
        param: &ast::Param,
        value: &ast::Expr,
        columns: &[Arc<str>],
        frame: &Frame,
    ) -> Option<ArgValue> {
        let Some(TypeKind::Named { path, args, range, .. }) = param.ty.as_ref().map(|t| &t.kind) else { return None };
        let name = &param.name.text;
        let word = path.first().map_or("", |p| &*p.text);
        match word {
            "column" => self.column_arg(value, columns, frame),
            "columns" => match &value.kind {
                ExprKind::List(items) => {
                    let all = items.iter().map(|i| self.column_arg(i, columns, frame)).collect::<Option<Vec<_>>>()?;
                    Some(ArgValue::List(all))
                }
                _ => self.column_arg(value, columns, frame),
            },
            // Read where the source itself is.
            "source" => {
                written(value).map(|w| ArgValue::Word(w.name.text.clone())).or(Some(ArgValue::Word("source".into())))
            }
            "word" | "words" => self.word_arg(name, value, args, frame),
            "list" | "texts" => match &value.kind {
                ExprKind::List(items) => {
                    Some(ArgValue::List(items.iter().map(|i| self.plain_arg(i, frame)).collect::<Option<Vec<_>>>()?))
                }
                _ => self.plain_arg(value, frame),
            },
            _ => {
                let found = self.plain_arg(value, frame)?;
                let fits = matches!(
                    (word, &found),
                    ("int", ArgValue::Int(_))
                        | ("real", ArgValue::Int(_) | ArgValue::Real(_))
                        | ("bool", ArgValue::Bool(_))
                        | ("text", ArgValue::Text(_))
                );
                if !fits {
                    let wanted = match word {
                        "int" => "a whole number",
                        "real" => "a number",
                        "bool" => "true or false",
                        _ => "a text in quotes",
                    };
                    let message = format!("`{name}` must be {wanted}");
                    self.fail(frame, &codes::WRONG_KIND, value.span, message, &format!("expected {wanted}"));
                    return None;
                }
                self.row_range(name, &found, range.as_deref(), value.span, frame)?;
                Some(found)
            }
        }
    }

    fn row_range(
        &mut self,
        name: &str,
        found: &ArgValue,
        range: Option<&ast::Expr>,
        span: Span,
        frame: &Frame,
    ) -> Option<()> {
        let x = match found {
            ArgValue::Int(n) => *n as f64,
            ArgValue::Real(x) => *x,
            _ => return Some(()),
        };
        if let Some(range) = range
            && let Value::Range(low, high) = self.eval(range, &Frame::default())
            && !(low..=high).contains(&x)
        {
            let message = format!("`{name}` must lie in {low}..{high}, and this is {x}");
            let mut d = Diagnostic::new(&codes::OUT_OF_RANGE, message).at(span, "outside its range");
            if (low, high) == (0.0, 1.0) && x > 1.0 && x <= 100.0 {
                d = d.fix("write it as a percentage", span, format!("{x}%"));
            }
            self.report(frame, d);
            return None;
        }
        Some(())
    }

    fn plain_arg(&mut self, value: &ast::Expr, frame: &Frame) -> Option<ArgValue> {
        Some(match self.eval(value, frame) {
            Value::Int(d, _) => ArgValue::Int(d.constant()?),
            Value::Number(k) => ArgValue::Real(k.0?),
            Value::Bool(b) => ArgValue::Bool(b?),
            Value::Text(t) => ArgValue::Text(t),
            Value::Error => return None,
            other => {
                let message = format!("a plain value is expected, and this is {}", other.kind());
                self.fail(frame, &codes::WRONG_KIND, value.span, message, "not a plain value");
                return None;
            }
        })
    }

    fn word_arg(&mut self, name: &str, value: &ast::Expr, choices: &[ast::Expr], frame: &Frame) -> Option<ArgValue> {
        if let ExprKind::List(items) = &value.kind {
            let all = items.iter().map(|i| self.word_arg(name, i, choices, frame)).collect::<Option<Vec<_>>>()?;
            return Some(ArgValue::List(all));
        }
        let words: Vec<&str> = choices
            .iter()
            .filter_map(|c| match &c.kind {
                ExprKind::Name(n) => Some(&*n.text),
                _ => None,
            })
            .collect();
        match &value.kind {
            ExprKind::Name(n) if words.contains(&&*n.text) => Some(ArgValue::Word(n.text.clone())),
            ExprKind::Name(n) => {
                let d = Diagnostic::new(&codes::WRONG_KIND, format!("`{}` is not a choice for `{name}`", n.text))
                    .at(n.span, format!("one of {}", words.join(", ")))
                    .suggest(n.span, closest(&n.text, words.iter().copied()));
                self.report(frame, d);
                None
            }
            _ => {
                let message = format!("`{name}` is one of {}", words.join(", "));
                self.fail(frame, &codes::WRONG_KIND, value.span, message, "write one of these words");
                None
            }
        }
    }

    pub(super) fn column_arg(&mut self, value: &ast::Expr, columns: &[Arc<str>], frame: &Frame) -> Option<ArgValue> {
        let (name, span) = match &value.kind {
            ExprKind::Name(n) => (n.text.clone(), n.span),
            ExprKind::Str(s) => (s.clone(), value.span),
            _ => {
                self.fail(frame, &codes::WRONG_KIND, value.span, "the name of a column is expected", "not a name");
                return None;
            }
        };
        if columns.is_empty() || columns.contains(&name) {
            return Some(ArgValue::Word(name));
        }
        let d = Diagnostic::new(&codes::UNKNOWN_COLUMN, format!("there is no column `{name}`"))
            .at(span, "unknown column")
            .suggest(span, closest(&name, columns.iter().map(|c| &**c)));
        let shown: Vec<&str> = columns.iter().take(12).map(|c| &**c).collect();
        let more = if columns.len() > shown.len() { ", …" } else { "" };
        let d = d.help(format!("the columns are {}{more}", shown.join(", ")));
        self.report(frame, d);
        None
    }
}

fn is_variadic(param: &ast::Param) -> bool {
    matches!(param.ty.as_ref().map(|t| &t.kind), Some(TypeKind::Named { path, .. })
        if path.first().is_some_and(|p| matches!(&*p.text, "words" | "columns" | "texts" | "list")))
}

fn as_list(value: ArgValue) -> Vec<ArgValue> {
    match value {
        ArgValue::List(list) => list,
        one => vec![one],
    }
}

/// A default as the signature writes it; `none` is nothing.
fn default_value(e: &ast::Expr) -> ArgValue {
    match &e.kind {
        ExprKind::Number { value, integer: true, .. } => ArgValue::Int(*value as i64),
        ExprKind::Number { value, .. } => ArgValue::Real(*value),
        ExprKind::Unary { op: ast::UnaryOp::Neg, value } => match default_value(value) {
            ArgValue::Int(n) => ArgValue::Int(-n),
            ArgValue::Real(x) => ArgValue::Real(-x),
            other => other,
        },
        ExprKind::Bool(b) => ArgValue::Bool(*b),
        ExprKind::Str(s) => ArgValue::Text(s.clone()),
        ExprKind::Name(n) if &*n.text == "none" => ArgValue::Absent,
        ExprKind::Name(n) => ArgValue::Word(n.text.clone()),
        _ => ArgValue::Absent,
    }
}
