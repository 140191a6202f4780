//! Finds updates with running means of gradients and of their squares, whoever wrote the optimiser, and makes one
//! instruction of each: see [`crate::engine::kernels::moments`].

use crate::engine::graph::Map;
use crate::engine::kernels::map::Function;
use crate::engine::kernels::moments::{Mean, Moments, Root, SCALARS, Scalar};

use super::pass::Level;
use super::peephole::{Matcher, remove_unused};
use super::terms::{Kind, TermId, Terms};

/// After [`super::peephole::peephole`].
pub fn moments(terms: &mut Terms) {
    for i in 0..terms.all.len() {
        let uses = terms.uses();
        let Some(found) = (Matcher { terms, uses: &uses }).update(i) else { continue };
        let stores = found.means.map(|m| std::mem::take(&mut terms.all[m].stores));
        let [first, second] = stores.map(|s| s[0]);
        terms.all[i].kind = Kind::Moments { form: found.form, means: [first, second] };
        terms.all[i].args = found.tensors.into_iter().chain(found.scalars).collect();
        remove_unused(terms);
    }
}

struct Found {
    form: Moments,
    /// The terms of the new means.
    means: [TermId; 2],
    /// Gradient, value, first and second mean.
    tensors: [TermId; 4],
    scalars: [TermId; SCALARS],
}

/// A running mean: old, new, and its weights.
struct Running {
    kind: Mean,
    old: TermId,
    new: TermId,
    keep: TermId,
    share: TermId,
}

impl Matcher<'_> {
    /// `value [* kept] - rate * m / root(v)`
    fn update(&self, i: TermId) -> Option<Found> {
        let term = &self.terms.all[i];
        let (value, kept, step) = match (&term.kind, &term.args[..]) {
            (Kind::Map(Function::Map(Map::Sub)), &[value, step]) => (value, None, step),
            (Kind::Map(Function::MulSub), &[a, b, step]) => {
                let (value, kept) = self.with_number(a, b)?;
                (value, Some(kept), step)
            }
            _ => return None,
        };
        let &[a, b, root] = self.inner(step, Function::MulDiv)? else { return None };
        let (m, rate) = self.with_number(a, b)?;
        let (v, kind, scale, eps) = self.root(root)?;
        let first = self.mean(m, |new| Some((new, None)))?;
        let second = self.mean(v, |new| {
            Some(match self.inner(new, Function::Square) {
                Some(&[g]) => (g, None),
                _ => match self.inner(new, Function::MulMul)? {
                    &[g, h, share] if g == h => (g, Some(share)),
                    _ => return None,
                },
            })
        })?;
        let form = Moments { first: first.kind, second: second.kind, root: kind, shrinks: kept.is_some() };
        let g = first.new;
        let tensors = [g, value, first.old, second.old];
        let dense = |t: TermId| self.is_dense(t) && self.terms.all[t].level == Level::Full;
        let numbers = [first.keep, first.share, second.keep, second.share, scale.unwrap_or(eps), eps, rate];
        let mut scalars = [eps; SCALARS];
        scalars[..numbers.len()].copy_from_slice(&numbers);
        scalars[Scalar::Kept as usize] = kept.unwrap_or(eps);
        let fits = second.new == g
            && term.level == Level::Full
            && tensors.into_iter().all(dense)
            && !tensors.contains(&m)
            && !tensors.contains(&v)
            && scalars.into_iter().all(|s| !self.is_dense(s));
        fits.then_some(Found { form, means: [m, v], tensors, scalars })
    }

    /// What the step is divided by.
    fn root(&self, root: TermId) -> Option<(TermId, Root, Option<TermId>, TermId)> {
        if let Some(&[v, scale, eps]) = self.inner(root, Function::SqrtMulAdd) {
            return Some((v, Root::Scaled, Some(scale), eps));
        }
        let &[x, eps] = self.inner(root, Function::SqrtAdd)? else { return None };
        Some(match self.map(x, Map::Mul) {
            Some(&[a, b]) => {
                let (v, scale) = self.with_number(a, b)?;
                (v, Root::OfScaled, Some(scale), eps)
            }
            _ => (x, Root::Plain, None, eps),
        })
    }

    /// A mean that is stored and used here alone. `new` takes apart what it is the mean of: the gradient, and the share
    /// that it was multiplied by already.
    fn mean(&self, id: TermId, new: impl Fn(TermId) -> Option<(TermId, Option<TermId>)>) -> Option<Running> {
        let term = &self.terms.all[id];
        if term.stores.len() != 1 || self.uses[id] != 1 {
            return None;
        }
        match (&term.kind, &term.args[..]) {
            (Kind::Map(Function::Lerp), &[from, old, share]) => {
                let (g, None) = new(from)? else { return None };
                Some(Running { kind: Mean::Lerp, old, new: g, keep: share, share })
            }
            (Kind::Map(Function::MulAdd), &[a, b, part]) => {
                let (old, keep) = self.with_number(a, b)?;
                let (g, share) = match self.map(part, Map::Mul) {
                    Some(&[x, y]) => {
                        let (x, share) = self.with_number(x, y)?;
                        (new(x)?.0, Some(share))
                    }
                    _ => new(part)?,
                };
                Some(Running { kind: Mean::Weighted, old, new: g, keep, share: share? })
            }
            _ => None,
        }
    }

    /// Two factors, the one that is one number for all last.
    fn with_number(&self, a: TermId, b: TermId) -> Option<(TermId, TermId)> {
        match (self.is_dense(a), self.is_dense(b)) {
            (true, false) => Some((a, b)),
            (false, true) => Some((b, a)),
            _ => None,
        }
    }
}
