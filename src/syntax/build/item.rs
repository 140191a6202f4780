use std::sync::Arc;

use pest::iterators::Pair;

use super::super::ast::{Arg, Def, Ident, Item, ItemKind, Param, ParamList, Plot, TypeExpr, TypeKind, Use, UseFrom};
use super::super::grammar::Rule;
use super::super::signature::Signature;
use super::{Builder, Parts, parts};
use crate::text::Span;

/// An item, or the `edition` line, which is none.
pub(in super::super) enum Built {
    Item(Box<Item>),
    Edition(u32, Span),
}

impl Builder<'_> {
    pub(in super::super) fn item(&mut self, pair: Pair<Rule>) -> Built {
        let span = self.span(&pair);
        let Some(pair) = pair.into_inner().next() else {
            return Built::Item(Box::new(self.wrap(span, ItemKind::Error)));
        };
        let rule = pair.as_rule();
        let mut parts = parts(pair.clone());
        let kind = match rule {
            Rule::edition => return self.edition(parts, span),
            Rule::print => ItemKind::Print(self.exprs(pair)),
            Rule::plot => ItemKind::Plot(self.plot(parts)),
            Rule::hyper => ItemKind::Hyper {
                name: self.next_ident(&mut parts, span),
                ty: self.next_type(&mut parts, span),
                default: self.next_expr(&mut parts, span),
            },
            Rule::use_names => ItemKind::Use(self.use_names(parts, span)),
            Rule::weights => {
                ItemKind::Weights { name: self.next_ident(&mut parts, span), value: self.next_expr(&mut parts, span) }
            }
            Rule::definition => {
                let def = self.definition(parts, span);
                let mut item = self.wrap(span, ItemKind::Error);
                item.doc = self.docs.with_opener(item.doc, def.body.span);
                item.kind = ItemKind::Def(Arc::new(def));
                return Built::Item(Box::new(item));
            }
            _ => ItemKind::Error,
        };
        Built::Item(Box::new(self.wrap(span, kind)))
    }

    fn wrap(&self, span: Span, kind: ItemKind) -> Item {
        Item { doc: self.docs.of(span), allows: self.docs.allows(span), span, kind }
    }

    fn edition(&mut self, mut parts: Parts, span: Span) -> Built {
        let number = parts.next().and_then(|number| number.as_str().parse::<u32>().ok());
        if number.is_none() {
            self.report("an edition is a whole number", span, "as in `edition 1`");
        }
        Built::Edition(number.unwrap_or(1), span)
    }

    fn plot(&mut self, parts: Parts) -> Plot {
        let mut plot = Plot { what: Vec::new(), over: None, settings: Vec::new(), of: None, on: None, to: None };
        for part in parts {
            let (rule, span) = (part.as_rule(), self.span(&part));
            let slot = match rule {
                Rule::plotted => {
                    self.plotted(part, false, &mut plot);
                    continue;
                }
                Rule::with => {
                    part.into_inner()
                        .filter(|p| p.as_rule() == Rule::plotted)
                        .for_each(|p| self.plotted(p, true, &mut plot));
                    continue;
                }
                Rule::over => &mut plot.over,
                Rule::of => &mut plot.of,
                Rule::on => &mut plot.on,
                _ => &mut plot.to,
            };
            let value = self.next_expr(&mut super::parts(part), span);
            if slot.is_some() {
                self.report("this part of the plot is given twice", span, "the second time");
            }
            *slot = Some(value);
        }
        plot
    }

    /// What is drawn, or a setting.
    fn plotted(&mut self, pair: Pair<Rule>, setting: bool, plot: &mut Plot) {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let first = self.next_expr(&mut parts, span);
        match parts.next() {
            Some(value) => {
                let value = self.expr(value);
                if let Some(name) = self.as_name(&first, "the name of a setting") {
                    plot.settings.push(Arg { name: Some(name), value });
                }
            }
            None if setting => {
                self.report("`with` is followed by settings", span, "expected `name = value`, as in `mark = [0]`");
            }
            None => plot.what.push(first),
        }
    }

    fn use_names(&mut self, mut parts: Parts, span: Span) -> Use {
        let from = match parts.next() {
            Some(path) if path.as_rule() == Rule::string => UseFrom::File(self.name(&path)),
            Some(name) => UseFrom::Bundled(self.ident(&name)),
            None => UseFrom::Bundled(Ident { text: "".into(), span }),
        };
        Use { from, names: parts.map(|name| self.ident(&name)).collect() }
    }

    fn definition(&mut self, mut parts: Parts, span: Span) -> Def {
        let (mut idents, mut params, mut result) = (Vec::new(), Vec::new(), None);
        let header = parts.next();
        let header_span = header.as_ref().map_or(span, |h| self.span(h));
        for part in header.into_iter().flat_map(super::parts) {
            match part.as_rule() {
                Rule::params => params.push(self.params(part)),
                Rule::result => result = Some(self.next_type(&mut super::parts(part), span)),
                _ => idents.push(self.ident(&part)),
            }
        }
        if let Some(third) = params.get(2) {
            let span = third.span;
            self.report("a definition has two lists at most: its configuration and its input", span, "a third list");
            params.truncate(2);
        }
        let mut idents = idents.into_iter();
        let kind = idents.next().unwrap_or(Ident { text: "".into(), span });
        let body = self.next_block(&mut parts, span);
        Def { kind, name: idents.next(), params, result, body, span: header_span }
    }

    fn next_type(&mut self, parts: &mut Parts, at: Span) -> TypeExpr {
        match parts.next() {
            Some(pair) => self.type_expr(pair),
            None => TypeExpr { span: at, kind: TypeKind::Error },
        }
    }

    fn params(&mut self, pair: Pair<Rule>) -> ParamList {
        let span = self.span(&pair);
        ParamList { params: parts(pair).map(|param| self.param(param)).collect(), span }
    }

    fn param(&mut self, pair: Pair<Rule>) -> Param {
        let span = self.span(&pair);
        let (mut name, mut ty, mut default, mut draw, mut drawn) = (None, None, None, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::ident => name = Some(self.ident(&part)),
                Rule::type_expr => ty = Some(self.type_expr(part)),
                Rule::tilde => drawn = true,
                Rule::expr if drawn => draw = Some(self.expr(part)),
                Rule::expr => default = Some(self.expr(part)),
                _ => {}
            }
        }
        let name = name.unwrap_or(Ident { text: "".into(), span });
        Param { name, ty, default, draw, doc: self.docs.of(span), span }
    }

    pub(in super::super) fn signature(&mut self, pair: Pair<Rule>) -> Signature {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let name = self.next_ident(&mut parts, span);
        let (mut params, mut result) = (Vec::new(), None);
        for part in parts {
            match part.as_rule() {
                Rule::params => params = self.params(part).params,
                _ => result = Some(self.next_type(&mut super::parts(part), span)),
            }
        }
        Signature { name, params, result }
    }
}
