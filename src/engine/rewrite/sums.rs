//! Sums of products with what is the same for all summands, and sums of sums.

use crate::engine::graph::{Map, NodeId, Op, Reduction};
use crate::types::Shape;

use super::rewriter::Rewriter;

/// The most terms that a sum is taken apart into.
const MOST_TERMS: usize = 8;

pub(super) fn rule(r: &mut Rewriter, op: &Op, args: &[NodeId], shape: &Shape) -> Option<NodeId> {
    let (Op::Reduce(Reduction::Sum, axes), &[x]) = (op, args) else { return None };
    let mut terms = Vec::new();
    collect(r, x, axes, Term::default(), &mut terms)?;
    let many = terms.len() > 1;
    let whole = terms.len() == 1 && terms[0].core == Some(x);
    // Terms are left together: where they cancel (the derivative of a mean), only their own sum, as it was rounded, does.
    if many {
        return None;
    }
    terms.retain(|t| t.core.is_none_or(|core| !is_centred(r, core, axes)));
    if whole && !terms.is_empty() {
        return None;
    }
    let mut total: Option<NodeId> = None;
    for term in terms {
        let mut value = r.reduce(Reduction::Sum, term.core?, axes);
        for (factor, divides) in term.factors {
            value = r.map(if divides { Map::Div } else { Map::Mul }, &[value, factor]);
        }
        total = Some(match (total, term.negative) {
            (None, false) => value,
            (None, true) => r.neg(value),
            (Some(before), false) => r.map(Map::Add, &[before, value]),
            (Some(before), true) => r.sub(before, value),
        });
    }
    Some(match total {
        Some(total) => total,
        None => {
            let zero = r.constant(0.0);
            r.of_shape(zero, shape)
        }
    })
}

/// `± factors * sum(core)`
#[derive(Debug, Clone, Default)]
struct Term {
    negative: bool,
    /// What is the same for all summands, and whether it divides.
    factors: Vec<(NodeId, bool)>,
    core: Option<NodeId>,
}

/// Takes apart what is summed; `None` if that leads nowhere.
fn collect(r: &mut Rewriter, x: NodeId, axes: &[usize], outside: Term, terms: &mut Vec<Term>) -> Option<()> {
    if terms.len() == MOST_TERMS || r.rank(x) == 0 {
        return None;
    }
    let full = |r: &Rewriter, n: NodeId| r.rank(n) == r.rank(x);
    match (r.op(x).clone(), r.args(x)) {
        (Op::Map(map @ (Map::Add | Map::Sub)), &[a, b]) if full(r, a) && full(r, b) && !is_centred(r, x, axes) => {
            let negative = outside.negative ^ (map == Map::Sub);
            collect(r, a, axes, outside.clone(), terms)?;
            return collect(r, b, axes, Term { negative, ..outside }, terms);
        }
        (Op::Map(Map::Neg), &[a]) => {
            let negative = !outside.negative;
            return collect(r, a, axes, Term { negative, ..outside }, terms);
        }
        _ => {}
    }
    let mut term = outside;
    let core = strip(r, x, axes, &mut term);
    if core != x && matches!(r.op(core), Op::Map(Map::Add | Map::Sub)) && !is_centred(r, core, axes) {
        return collect(r, core, axes, term, terms);
    }
    term.core = Some(core);
    terms.push(term);
    Some(())
}

/// What is left of a product when all that is the same along the axes has gone into the term's factors.
fn strip(r: &mut Rewriter, x: NodeId, axes: &[usize], term: &mut Term) -> NodeId {
    let same = |r: &Rewriter, n: NodeId| if r.rank(n) == 0 { Some(n) } else { r.repeated(n, axes) };
    match (r.op(x).clone(), r.args(x)) {
        (Op::Map(Map::Neg), &[a]) => {
            term.negative = !term.negative;
            strip(r, a, axes, term)
        }
        (Op::Map(Map::Mul), &[a, b]) => {
            for (factor, rest) in [(a, b), (b, a)] {
                if r.rank(rest) == r.rank(x)
                    && let Some(factor) = same(r, factor)
                {
                    term.factors.push((factor, false));
                    return strip(r, rest, axes, term);
                }
            }
            if r.rank(a) != r.rank(b) {
                return x;
            }
            let (c, d) = (strip(r, a, axes, term), strip(r, b, axes, term));
            if (c, d) == (a, b) { x } else { r.mul(c, d) }
        }
        (Op::Map(Map::Div), &[a, b]) if r.rank(a) == r.rank(x) => match same(r, b) {
            Some(factor) => {
                term.factors.push((factor, true));
                strip(r, a, axes, term)
            }
            None => x,
        },
        _ => x,
    }
}

/// Whether it is something less its own mean along the axes: the sum is 0.
fn is_centred(r: &Rewriter, x: NodeId, axes: &[usize]) -> bool {
    let Some([z, mean]) = r.args_of(x, Map::Sub) else { return false };
    r.repeated(mean, axes).is_some_and(|m| r.mean_of(m, axes) == Some(z))
}
