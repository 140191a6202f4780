use pest::iterators::Pair;

use super::super::ast::{BinaryOp, Block, DimExpr, Entry, EntryKind, Expr, ExprKind, Ident, Selector, SlotKind};
use super::super::grammar::Rule;
use super::{Builder, Parts, parts};
use crate::text::Span;

impl Builder<'_> {
    pub(super) fn next_block(&mut self, parts: &mut Parts, at: Span) -> Block {
        match parts.next() {
            Some(pair) => self.block(pair),
            None => Block { entries: Vec::new(), span: at },
        }
    }

    pub(super) fn block(&mut self, pair: Pair<Rule>) -> Block {
        let span = self.span(&pair);
        let ready = self.ready.iter().position(|(open, _)| *open == span.start as usize);
        let entries = match ready {
            Some(index) => self.ready.swap_remove(index).1,
            None => parts(pair).map(|entry| self.entry(entry)).collect(),
        };
        Block { entries, span }
    }

    pub(in super::super) fn entry(&mut self, pair: Pair<Rule>) -> Entry {
        let span = self.span(&pair);
        let kind = match pair.into_inner().next() {
            Some(pair) => self.entry_kind(pair, span),
            None => EntryKind::Error,
        };
        let doc = self.docs.of(span);
        let doc = match opener(&kind) {
            Some(block) => self.docs.with_opener(doc, block),
            None => doc,
        };
        Entry { doc, allows: self.docs.allows(span), span, kind }
    }

    fn entry_kind(&mut self, pair: Pair<Rule>, span: Span) -> EntryKind {
        match pair.as_rule() {
            Rule::let_value => {
                let drawn = pair.clone().into_inner().any(|p| p.as_rule() == Rule::tilde);
                let mut parts = parts(pair);
                let name = self.next_ident(&mut parts, span);
                let value = self.next_expr(&mut parts, span);
                if drawn { EntryKind::LetDraw { name, dist: value } } else { EntryKind::Let { name, value } }
            }
            Rule::return_value => EntryKind::Return(self.next_expr(&mut parts(pair), span)),
            Rule::slot => self.slot(pair, span),
            Rule::each => EntryKind::Each(parts(pair).map(|binding| self.binding(binding)).collect()),
            Rule::prefixed => self.prefixed(pair, span),
            Rule::plain => self.plain(pair, span),
            _ => EntryKind::Error,
        }
    }

    fn slot(&mut self, pair: Pair<Rule>, span: Span) -> EntryKind {
        let mut parts = parts(pair);
        let kind = match parts.next().map(|word| word.as_str()) {
            Some("parameter") => SlotKind::Parameter,
            Some("buffer") => SlotKind::Buffer,
            _ => SlotKind::State,
        };
        let name = self.next_ident(&mut parts, span);
        let ty = parts.next_if(|p| p.as_rule() == Rule::type_expr).map(|ty| self.type_expr(ty));
        let init = parts.next_if(|p| p.as_rule() == Rule::expr).map(|init| self.expr(init));
        EntryKind::Slot { kind, name, ty, init, when: self.when(&mut parts) }
    }

    fn when(&mut self, parts: &mut Parts) -> Option<Expr> {
        let pair = parts.next_if(|p| p.as_rule() == Rule::when)?;
        let span = self.span(&pair);
        Some(self.next_expr(&mut super::parts(pair), span))
    }

    fn binding(&mut self, pair: Pair<Rule>) -> (Ident, Expr) {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        (self.next_ident(&mut parts, span), self.next_expr(&mut parts, span))
    }

    /// `target churned: binary`, `input wide { … }`.
    fn prefixed(&mut self, pair: Pair<Rule>, span: Span) -> EntryKind {
        let mut parts = parts(pair);
        let kind = self.next_ident(&mut parts, span);
        let Some(first) = parts.next().map(|selector| self.selector(selector)) else { return EntryKind::Error };
        match parts.next() {
            Some(rest) if rest.as_rule() == Rule::body => {
                let body = self.block(rest);
                match first {
                    Selector::Name(name) => EntryKind::Group { kind, name, body },
                    Selector::Pattern { span, .. } => {
                        self.report("a group has a plain name", span, "expected one word before `{`");
                        EntryKind::Error
                    }
                }
            }
            Some(rest) => {
                let target = &*kind.text == "target";
                let entry = self.named(target, first, rest, &mut parts, span);
                if !target {
                    let message = format!("`{}` can't stand before a name", kind.text);
                    self.report(message, kind.span, "only `target` can").help.push(
                        "two entries in one line are separated by `;`, several names of one entry by `,`".to_string(),
                    );
                }
                entry
            }
            None => EntryKind::Error,
        }
    }

    fn selector(&mut self, pair: Pair<Rule>) -> Selector {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let Some(first) = parts.next() else { return Selector::Name(Ident { text: "".into(), span }) };
        let name = self.name(&first);
        match parts.next() {
            Some(call) => Selector::Pattern { function: name, args: self.arguments(call, false), span },
            None => Selector::Name(name),
        }
    }

    fn named(&mut self, target: bool, first: Selector, rest: Pair<Rule>, after: &mut Parts, span: Span) -> EntryKind {
        let mut names = vec![first];
        let mut rest = parts(rest).peekable();
        while let Some(selector) = rest.next_if(|p| p.as_rule() == Rule::selector) {
            names.push(self.selector(selector));
        }
        let value = match rest.next() {
            Some(value) => self.expr(value),
            None => Expr { span, kind: ExprKind::Error },
        };
        EntryKind::Named { target, names, value, when: self.when(after) }
    }

    /// An entry that starts with an expression.
    fn plain(&mut self, pair: Pair<Rule>, span: Span) -> EntryKind {
        let mut parts = parts(pair);
        let first = self.next_expr(&mut parts, span);
        let Some(rest) = parts.next_if(|p| p.as_rule() != Rule::when) else {
            return EntryKind::Stage { value: first, when: self.when(&mut parts) };
        };
        let rule = rest.as_rule();
        if rule == Rule::named {
            return match self.as_selector(first) {
                Some(first) => self.named(false, first, rest, &mut parts, span),
                None => EntryKind::Error,
            };
        }
        let mut rest = super::parts(rest);
        let value = self.next_expr(&mut rest, span);
        let when = self.when(&mut parts);
        if rule == Rule::assign {
            return match self.as_name(&first, "a name before `<-`") {
                Some(name) => EntryKind::Assign { name, value, when },
                None => EntryKind::Error,
            };
        }
        if let Some(when) = when {
            let message = "`when` can close a layer, a parameter, a column and `<-`, but not this entry";
            self.report(message, when.span, "this condition")
                .help
                .push("a value that depends on something is written `if condition then a else b`".to_string());
        }
        if rule == Rule::draw {
            return self.draw(first, value);
        }
        // The check says what is written for `self.fc1 = …`.
        match member_of_self(&first).or_else(|| self.as_name(&first, "one name before `=`")) {
            Some(key) => EntryKind::Setting { key, value, to: rest.next().map(|to| self.expr(to)) },
            None => EntryKind::Error,
        }
    }

    /// `age ~ normal(0.5, 0.15)`, `other[4] ~ …`
    fn draw(&mut self, first: Expr, dist: Expr) -> EntryKind {
        let (base, dims) = match first.kind {
            ExprKind::Index { base, dims } => (*base, dims),
            kind => (Expr { span: first.span, kind }, Vec::<DimExpr>::new()),
        };
        match self.as_name(&base, "a name before `~`") {
            Some(name) => EntryKind::Draw { name, dims, dist },
            None => EntryKind::Error,
        }
    }

    /// An expression that has to be a name, quoted or not; reports it otherwise.
    pub(super) fn as_name(&mut self, expr: &Expr, expected: &str) -> Option<Ident> {
        match &expr.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Str(text) => Some(Ident { text: text.clone(), span: expr.span }),
            _ => {
                self.report(format!("this is not {expected}"), expr.span, format!("expected {expected}"));
                if is_hyphenated(expr) {
                    let name = self.source.slice(expr.span).replace([' ', '-'], "_");
                    self.fix(format!("write `{name}`"), expr.span, name);
                }
                None
            }
        }
    }

    fn as_selector(&mut self, expr: Expr) -> Option<Selector> {
        match expr.kind {
            ExprKind::Call { callee, args } if matches!(callee.kind, ExprKind::Name(_)) => {
                let function = self.as_name(&callee, "a function such as `columns`")?;
                Some(Selector::Pattern { function, args, span: expr.span })
            }
            _ => self.as_name(&expr, "a name before `:`").map(Selector::Name),
        }
    }
}

/// `fc1` of `self.fc1`.
fn member_of_self(expr: &Expr) -> Option<Ident> {
    match &expr.kind {
        ExprKind::Field { base, name } if matches!(&base.kind, ExprKind::Name(n) if &*n.text == "self") => {
            Some(Ident { text: name.text.clone(), span: expr.span })
        }
        _ => None,
    }
}

/// `learning-rate`
fn is_hyphenated(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Binary { op: BinaryOp::Sub, left, right, .. } => is_hyphenated(left) && is_hyphenated(right),
        _ => false,
    }
}

/// The block that ends an entry's first line.
fn opener(kind: &EntryKind) -> Option<Span> {
    match kind {
        EntryKind::Group { body, .. } => Some(body.span),
        EntryKind::Named { value, .. } | EntryKind::Stage { value, .. } => match &value.kind {
            ExprKind::WithBlock { block, .. } => Some(block.span),
            _ => None,
        },
        _ => None,
    }
}
