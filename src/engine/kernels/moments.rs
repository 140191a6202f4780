//! The update of an optimiser that keeps means of gradients and of their squares, as one kernel: a root, a division, and
//! three tensors read and written once. In instructions of one operation each, loads and stores would take longer.

use super::isa::{Isa, per_isa};
use super::vector::Vector;

/// How a running mean takes a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mean {
    /// `old + (new - old) * share`
    Lerp,
    /// `keep * old + new * share`
    Weighted,
}

/// What the step is divided by, from the second mean `v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// `sqrt(v) + eps`
    Plain,
    /// `sqrt(v) * scale + eps`
    Scaled,
    /// `sqrt(v * scale) + eps`
    OfScaled,
}

/// Which update it is: `value [* kept] - rate * m / root(v)` for the new means `m` of `g` and `v` of `g * g`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moments {
    pub first: Mean,
    pub second: Mean,
    pub root: Root,
    /// Whether the value shrinks first.
    pub shrinks: bool,
}

/// The scalars of an update, in the order of [`MomentsArgs::scalars`]; those that its form does not have are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    FirstKeep,
    FirstShare,
    SecondKeep,
    SecondShare,
    Scale,
    Eps,
    Rate,
    Kept,
}

pub const SCALARS: usize = 8;

/// Numbers at the same positions of all tensors; a result may lie where an operand does.
#[derive(Debug, Clone, Copy)]
pub struct MomentsArgs {
    /// New value, new first mean, new second mean.
    pub out: [*mut f32; 3],
    pub gradient: *const f32,
    /// Value, first mean, second mean.
    pub old: [*const f32; 3],
    pub scalars: [f32; SCALARS],
    pub len: usize,
}

/// # Safety
/// The instruction set that the kernel was chosen for is present; each tensor has `len` numbers, and two of them are the
/// same or do not overlap.
pub type MomentsKernel = unsafe fn(&MomentsArgs);

/// A form at compile time.
trait Form: 'static {
    const FORM: Moments;
}

struct Of<const LERPS: u8, const ROOT: u8, const SHRINKS: bool>;

const fn mean(lerp: bool) -> Mean {
    if lerp { Mean::Lerp } else { Mean::Weighted }
}

impl<const LERPS: u8, const ROOT: u8, const SHRINKS: bool> Form for Of<LERPS, ROOT, SHRINKS> {
    const FORM: Moments = Moments {
        first: mean(LERPS & 1 != 0),
        second: mean(LERPS & 2 != 0),
        root: match ROOT {
            0 => Root::Plain,
            1 => Root::Scaled,
            _ => Root::OfScaled,
        },
        shrinks: SHRINKS,
    };
}

per_isa!(fn entry<F: Form> => update(x: &MomentsArgs));

/// The kernel of a form of the update.
pub fn kernel(form: Moments, isa: Isa) -> MomentsKernel {
    let lerps = u8::from(form.first == Mean::Lerp) + 2 * u8::from(form.second == Mean::Lerp);
    match lerps {
        0 => of_root::<0>(form, isa),
        1 => of_root::<1>(form, isa),
        2 => of_root::<2>(form, isa),
        _ => of_root::<3>(form, isa),
    }
}

fn of_root<const LERPS: u8>(form: Moments, isa: Isa) -> MomentsKernel {
    match (form.root, form.shrinks) {
        (Root::Plain, false) => entry::<Of<LERPS, 0, false>>(isa),
        (Root::Plain, true) => entry::<Of<LERPS, 0, true>>(isa),
        (Root::Scaled, false) => entry::<Of<LERPS, 1, false>>(isa),
        (Root::Scaled, true) => entry::<Of<LERPS, 1, true>>(isa),
        (Root::OfScaled, false) => entry::<Of<LERPS, 2, false>>(isa),
        (Root::OfScaled, true) => entry::<Of<LERPS, 2, true>>(isa),
    }
}

/// # Safety
/// As [`MomentsKernel`].
#[inline(always)]
unsafe fn update<V: Vector, F: Form>(x: &MomentsArgs) {
    let form = F::FORM;
    // SAFETY: all offsets stay below `len`.
    unsafe {
        let s = x.scalars.map(|s| V::splat(s));
        let of = |scalar: Scalar| s[scalar as usize];
        let one = |g: V, old: [V; 3]| -> [V; 3] {
            let [value, m, v] = old;
            let m = match form.first {
                Mean::Lerp => (g - m).fma(of(Scalar::FirstShare), m),
                Mean::Weighted => of(Scalar::FirstKeep).fma(m, g * of(Scalar::FirstShare)),
            };
            let square = g * g;
            let v = match form.second {
                Mean::Lerp => (square - v).fma(of(Scalar::SecondShare), v),
                Mean::Weighted => of(Scalar::SecondKeep).fma(v, square * of(Scalar::SecondShare)),
            };
            let root = match form.root {
                Root::Plain => v.sqrt() + of(Scalar::Eps),
                Root::Scaled => v.sqrt().fma(of(Scalar::Scale), of(Scalar::Eps)),
                Root::OfScaled => (v * of(Scalar::Scale)).sqrt() + of(Scalar::Eps),
            };
            let step = of(Scalar::Rate) * m / root;
            let value = if form.shrinks { value.fma(of(Scalar::Kept), step.neg()) } else { value - step };
            [value, m, v]
        };
        let mut at = 0;
        while at + V::LANES <= x.len {
            let new = one(V::load(x.gradient.add(at)), x.old.map(|p| V::load(p.add(at))));
            for (to, number) in x.out.iter().zip(new) {
                number.store(to.add(at));
            }
            at += V::LANES;
        }
        if at < x.len {
            let n = x.len - at;
            let new = one(V::load_first(x.gradient.add(at), n), x.old.map(|p| V::load_first(p.add(at), n)));
            for (to, number) in x.out.iter().zip(new) {
                number.store_first(to.add(at), n);
            }
        }
    }
}
