//! Several operations in one instruction: a pass is bound by what its instructions read and write, so that fewer of
//! them do the same work sooner. Patterns match operations, never names, and are the same on all instruction sets.

use crate::engine::graph::{Map, Reduction};
use crate::engine::kernels::map::Function;
use crate::engine::kernels::reduce::Shifted;

use super::terms::{Kind, TermId, Terms};

/// Replaces patterns until none is left, then removes what is not needed.
pub fn peephole(terms: &mut Terms) {
    loop {
        let uses = terms.uses();
        let found = (0..terms.all.len()).find_map(|i| Some((i, Matcher { terms, uses: &uses }.term(i)?)));
        let Some((i, (kind, args))) = found else { break };
        terms.all[i].kind = kind;
        terms.all[i].args = args;
        remove_unused(terms);
    }
    remove_unused(terms);
}

/// Marks terms that are neither stored nor used.
pub fn remove_unused(terms: &mut Terms) {
    let mut uses = terms.uses();
    for i in (0..terms.all.len()).rev() {
        let term = &mut terms.all[i];
        let keeps = !term.stores.is_empty() || matches!(term.kind, Kind::Check { .. });
        if uses[i] == 0 && !keeps {
            for a in std::mem::take(&mut term.args) {
                uses[a] -= 1;
            }
            term.kind = Kind::Gone;
        }
    }
}

pub(super) struct Matcher<'a> {
    pub terms: &'a Terms,
    /// How often each term is an argument.
    pub uses: &'a [usize],
}

impl Matcher<'_> {
    /// The arguments of a term that nobody else needs, if it is this function.
    pub(super) fn inner(&self, term: TermId, function: Function) -> Option<&[TermId]> {
        let t = &self.terms.all[term];
        (t.kind == Kind::Map(function) && self.uses[term] == 1 && t.stores.is_empty()).then_some(&t.args[..])
    }

    pub(super) fn map(&self, term: TermId, map: Map) -> Option<&[TermId]> {
        self.inner(term, Function::Map(map))
    }

    /// Whether it has a number for each element.
    pub(super) fn is_dense(&self, term: TermId) -> bool {
        !matches!(self.terms.all[term].kind, Kind::Number { .. } | Kind::Constant { .. })
    }

    /// `to + (from - to) * share`, where `moved` is the product.
    fn lerp(&self, moved: TermId, to: TermId) -> Option<(Function, Vec<TermId>)> {
        let &[from, start, share] = self.inner(moved, Function::SubThenMul)? else { return None };
        (start == to).then(|| (Function::Lerp, vec![from, to, share]))
    }

    /// `rest + part + part`, where `sum` is one of the two sums.
    fn twice(&self, sum: TermId, part: TermId) -> Option<(Function, Vec<TermId>)> {
        let &[a, b] = self.map(sum, Map::Add)? else { return None };
        let rest = if a == part { b } else { a };
        (a == part || b == part).then(|| (Function::AddTwice, vec![rest, part]))
    }

    /// What of differences is summed up over columns. A difference that others read, too, costs nothing to have again.
    fn shifted(&self, sum: TermId) -> Option<(Shifted, Vec<TermId>)> {
        let difference = |t: TermId| {
            let term = &self.terms.all[t];
            (term.kind == Kind::Map(Function::Map(Map::Sub))).then(|| term.args.clone())
        };
        let square = || Some((Shifted::Square, difference(self.inner(sum, Function::Square)?[0])?));
        let product = || Some((Shifted::Product, self.inner(sum, Function::SubThenMul)?.to_vec()));
        let plain = || Some((Shifted::Plain, difference(sum)?));
        let (form, args) = product().or_else(square).or_else(plain)?;
        args.iter().all(|&a| self.is_dense(a)).then_some((form, args))
    }

    /// What is left of `x` where `keep` is what dropout keeps.
    fn drops(&self, x: TermId, keep: TermId) -> Option<(Kind, Vec<TermId>)> {
        let t = &self.terms.all[keep];
        let alone = matches!(t.kind, Kind::Keep { .. }) && t.args.is_empty() && self.uses[keep] == 1;
        (alone && t.stores.is_empty() && self.is_dense(x)).then(|| (t.kind.clone(), vec![x]))
    }

    /// A new kind and arguments for a term.
    fn term(&self, i: TermId) -> Option<(Kind, Vec<TermId>)> {
        let term = &self.terms.all[i];
        match (&term.kind, &term.args[..]) {
            (Kind::Map(function), args) => {
                let dropped = match (function, args) {
                    (Function::Map(Map::Mul), &[a, b]) => self.drops(a, b).or_else(|| self.drops(b, a)),
                    _ => None,
                };
                dropped.or_else(|| self.function(*function, args).map(|(f, args)| (Kind::Map(f), args)))
            }
            (Kind::Columns(Reduction::Sum), &[a]) => {
                if let Some((form, args)) = self.shifted(a) {
                    return Some((Kind::ShiftedColumns(form), args));
                }
                let product = self.map(a, Map::Mul).map(<[_]>::to_vec);
                let square = || self.inner(a, Function::Square).map(|x| vec![x[0], x[0]]);
                let factors = product.or_else(square)?;
                factors.iter().all(|&f| self.is_dense(f)).then_some((Kind::ProductColumns, factors))
            }
            _ => None,
        }
    }

    fn function(&self, function: Function, args: &[TermId]) -> Option<(Function, Vec<TermId>)> {
        let three = |f: Function, x: &[TermId], c: TermId| Some((f, vec![x[0], x[1], c]));
        match (function, args) {
            (Function::Map(Map::Add), &[a, b]) => self
                .map(a, Map::Mul)
                .and_then(|x| three(Function::MulAdd, x, b))
                .or_else(|| three(Function::MulAdd, self.map(b, Map::Mul)?, a))
                .or_else(|| Some((Function::Map(Map::Sub), vec![a, self.map(b, Map::Neg)?[0]])))
                .or_else(|| Some((Function::Map(Map::Sub), vec![b, self.map(a, Map::Neg)?[0]])))
                .or_else(|| self.lerp(a, b))
                .or_else(|| self.lerp(b, a))
                .or_else(|| Some((Function::SqrtAdd, vec![self.map(a, Map::Sqrt)?[0], b])))
                .or_else(|| Some((Function::SqrtAdd, vec![self.map(b, Map::Sqrt)?[0], a])))
                .or_else(|| self.twice(a, b))
                .or_else(|| self.twice(b, a)),
            (Function::MulAdd, &[a, b, c]) => {
                let of = |x: TermId, y: TermId| Some((Function::SqrtMulAdd, vec![self.map(x, Map::Sqrt)?[0], y, c]));
                of(a, b).or_else(|| of(b, a))
            }
            (Function::Map(Map::Sub), &[a, b]) => self
                .map(a, Map::Mul)
                .and_then(|x| three(Function::MulSub, x, b))
                .or_else(|| three(Function::SubMulFrom, self.map(b, Map::Mul)?, a))
                .or_else(|| {
                    let &[rest, part] = self.map(a, Map::Sub)? else { return None };
                    (part == b).then(|| (Function::SubTwice, vec![rest, part]))
                })
                .or_else(|| {
                    let x = self.map(b, Map::Div)?;
                    Some((Function::SubDiv, vec![a, x[0], x[1]]))
                }),
            (Function::Map(Map::Mul), &[a, b]) => {
                let of = |x: TermId, y: TermId| {
                    self.map(x, Map::Sub)
                        .and_then(|s| three(Function::SubThenMul, s, y))
                        .or_else(|| three(Function::AddThenMul, self.map(x, Map::Add)?, y))
                        .or_else(|| three(Function::MulMul, self.map(x, Map::Mul)?, y))
                        .or_else(|| {
                            let square = self.inner(x, Function::Square)?[0];
                            Some((Function::MulMul, vec![square, square, y]))
                        })
                };
                of(a, b).or_else(|| of(b, a))
            }
            (Function::Map(Map::Div), &[a, b]) => three(Function::MulDiv, self.map(a, Map::Mul)?, b),
            (Function::Relu, &[a]) => self
                .map(a, Map::Add)
                .map(|x| (Function::AddRelu, x.to_vec()))
                .or_else(|| Some((Function::MulAddRelu, self.inner(a, Function::MulAdd)?.to_vec()))),
            (Function::Gate, &[a, b]) => {
                let product = self.map(b, Map::Mul)?;
                Some((Function::GateMul, vec![a, product[0], product[1]]))
            }
            (Function::AddRelu, &[a, b]) => self
                .map(a, Map::Mul)
                .and_then(|x| three(Function::MulAddRelu, x, b))
                .or_else(|| three(Function::MulAddRelu, self.map(b, Map::Mul)?, a)),
            _ => None,
        }
    }
}
