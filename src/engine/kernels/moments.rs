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

/// New value, first and second mean from the old ones. A function, since a closure that is not inlined would lose the
/// instruction set of its caller.
#[inline(always)]
fn new<V: Vector, F: Form>(s: &[V; SCALARS], g: V, [value, m, v]: [V; 3]) -> [V; 3] {
    let form = F::FORM;
    let m = match form.first {
        Mean::Lerp => (g - m).fma(s[Scalar::FirstShare as usize], m),
        Mean::Weighted => s[Scalar::FirstKeep as usize].fma(m, g * s[Scalar::FirstShare as usize]),
    };
    let square = g * g;
    let v = match form.second {
        Mean::Lerp => (square - v).fma(s[Scalar::SecondShare as usize], v),
        Mean::Weighted => s[Scalar::SecondKeep as usize].fma(v, square * s[Scalar::SecondShare as usize]),
    };
    let (scale, eps) = (s[Scalar::Scale as usize], s[Scalar::Eps as usize]);
    let root = match form.root {
        Root::Plain => v.sqrt() + eps,
        Root::Scaled => v.sqrt().fma(scale, eps),
        Root::OfScaled => (v * scale).sqrt() + eps,
    };
    let step = s[Scalar::Rate as usize] * m / root;
    let value = if form.shrinks { value.fma(s[Scalar::Kept as usize], step.neg()) } else { value - step };
    [value, m, v]
}

/// # Safety
/// As [`MomentsKernel`].
#[inline(always)]
unsafe fn update<V: Vector, F: Form>(x: &MomentsArgs) {
    // SAFETY: all offsets stay below `len`.
    unsafe {
        let mut s = [V::splat(0.0); SCALARS];
        for (vector, &number) in s.iter_mut().zip(&x.scalars) {
            *vector = V::splat(number);
        }
        let ([value, m, v], [value_out, m_out, v_out]) = (x.old, x.out);
        let mut at = 0;
        while at + V::LANES <= x.len {
            let old = [V::load(value.add(at)), V::load(m.add(at)), V::load(v.add(at))];
            let [value, m, v] = new::<V, F>(&s, V::load(x.gradient.add(at)), old);
            value.store(value_out.add(at));
            m.store(m_out.add(at));
            v.store(v_out.add(at));
            at += V::LANES;
        }
        if at < x.len {
            let n = x.len - at;
            let g = V::load_first(x.gradient.add(at), n);
            let old = [V::load_first(value.add(at), n), V::load_first(m.add(at), n), V::load_first(v.add(at), n)];
            let [value, m, v] = new::<V, F>(&s, g, old);
            value.store_first(value_out.add(at), n);
            m.store_first(m_out.add(at), n);
            v.store_first(v_out.add(at), n);
        }
    }
}
