//! Finds chains of operations with what is the same in all rows, and makes one instruction of each: see
//! [`crate::engine::kernels::by_column`].

use crate::engine::graph::{Map, Reduction};
use crate::engine::kernels::by_column::ByColumn;
use crate::engine::kernels::map::Function;

use super::pass::Level;
use super::peephole::{Matcher, remove_unused};
use super::terms::{Kind, TermId, Terms};

/// After [`super::peephole::peephole`].
pub fn by_column(terms: &mut Terms) {
    for i in 0..terms.all.len() {
        let uses = terms.uses();
        let matcher = Matcher { terms, uses: &uses };
        let (kind, args) = match matcher.chain(i) {
            Some((function, args)) => (Kind::ByColumn(function), args),
            None => match matcher.sums(i) {
                Some((function, args)) => (Kind::ByColumnSums(function), args),
                None => continue,
            },
        };
        terms.all[i].kind = kind;
        terms.all[i].args = args;
        remove_unused(terms);
    }
}

impl Matcher<'_> {
    /// The function that a term is the end of, and its arguments: those with a number for each element first.
    fn chain(&self, i: TermId) -> Option<(ByColumn, Vec<TermId>)> {
        let term = &self.terms.all[i];
        let (function, args) = match (&term.kind, &term.args[..]) {
            (Kind::Map(Function::MulAddRelu), &[a, b, s]) => (ByColumn::NormaliseRelu, self.normalised(a, b, s)?),
            (Kind::Map(Function::MulAdd), &[a, b, s]) => (ByColumn::Normalise, self.normalised(a, b, s)?),
            (Kind::Map(Function::Map(Map::Sub)), &[a, r]) => (ByColumn::Denormalise, self.denormalised(a, r)?),
            _ => return None,
        };
        self.fits(i, function, &args).then_some((function, args))
    }

    /// The function whose results a term sums up over columns, and its arguments, if nobody else wants the results.
    fn sums(&self, i: TermId) -> Option<(ByColumn, Vec<TermId>)> {
        let (Kind::Columns(Reduction::Sum), &[x]) = (&self.terms.all[i].kind, &self.terms.all[i].args[..]) else {
            return None;
        };
        let args = self.uncentred(x)?;
        self.fits(i, ByColumn::Uncentred, &args).then_some((ByColumn::Uncentred, args))
    }

    /// Whether the arguments of a term are what the function takes.
    fn fits(&self, i: TermId, function: ByColumn, args: &[TermId]) -> bool {
        let (each, columns) = args.split_at(function.arguments().0);
        self.terms.all[i].level == Level::Full
            && each.iter().all(|&t| self.is_dense(t) && !self.terms.is_column(t))
            && columns.iter().all(|&t| self.terms.stays_in_registers(t))
    }

    /// The arguments of `(a - p) * q * r + s`, where one factor is the difference times `q`.
    fn normalised(&self, x: TermId, y: TermId, s: TermId) -> Option<Vec<TermId>> {
        let of = |scaled: TermId, r: TermId| match self.inner(scaled, Function::SubThenMul)? {
            &[a, p, q] => Some(vec![a, p, q, r, s]),
            _ => None,
        };
        of(x, y).or_else(|| of(y, x))
    }

    /// The arguments of `b - 2 * (a - p) * q - r`, where `rest` is all but `r`.
    fn denormalised(&self, rest: TermId, r: TermId) -> Option<Vec<TermId>> {
        let mut args = self.uncentred(rest)?;
        args.push(r);
        Some(args)
    }

    /// The arguments of `b - 2 * (a - p) * q`.
    fn uncentred(&self, rest: TermId) -> Option<Vec<TermId>> {
        let &[b, scaled] = self.inner(rest, Function::SubTwice)? else { return None };
        match self.inner(scaled, Function::SubThenMul)? {
            &[a, p, q] => Some(vec![a, b, p, q]),
            _ => None,
        }
    }
}
