//! Reductions, each with an order of combination that depends on lengths only.

use super::isa::{Isa, per_isa};
use super::map::{larger, smaller};
use super::vector::{Vector, fold};
use crate::engine::graph::Reduction;

/// Lanes of the reduction of everything: element `i` goes to lane `i % WHOLE_LANES`.
pub const WHOLE_LANES: usize = 64;

/// The value that changes nothing.
pub fn identity(reduction: Reduction) -> f32 {
    match reduction {
        Reduction::Sum => 0.0,
        Reduction::Prod => 1.0,
        Reduction::Max => f32::NEG_INFINITY,
        Reduction::Min => f32::INFINITY,
    }
}

/// One number joined to another.
pub fn join(reduction: Reduction, a: f32, b: f32) -> f32 {
    match reduction {
        Reduction::Sum => a + b,
        Reduction::Prod => a * b,
        Reduction::Max => {
            if a.is_nan() || a > b {
                a
            } else {
                b
            }
        }
        Reduction::Min => {
            if a.is_nan() || a < b {
                a
            } else {
                b
            }
        }
    }
}

/// A part of what is reduced: `rows` rows of `width` numbers, dense, with factors beside them if `factor` is not null.
#[derive(Debug, Clone, Copy)]
pub struct ReduceArgs {
    /// Columns: `width` running results. Rows: `rows` results. Whole: [`WHOLE_LANES`] running results.
    pub out: *mut f32,
    pub a: *const f32,
    /// What `a` is multiplied by first, if not null (sums of columns only).
    pub factor: *const f32,
    /// What is taken from `a` before that ([`shifted_columns_kernel`] only): a number for each column, or for each number
    /// of `a` if `shift_in_rows`.
    pub shift: *const f32,
    pub shift_in_rows: bool,
    pub rows: usize,
    pub width: usize,
    /// Whole: the position of the first number in all that is reduced.
    pub index: usize,
}

impl ReduceArgs {
    /// Without factors and shifts.
    pub fn new(out: *mut f32, a: *const f32, rows: usize, width: usize) -> Self {
        let none = std::ptr::null();
        ReduceArgs { out, a, factor: none, shift: none, shift_in_rows: false, rows, width, index: 0 }
    }
}

/// # Safety
/// The instruction set that the kernel was chosen for is present, and the memory is as [`ReduceArgs`] says.
pub type ReduceKernel = unsafe fn(&ReduceArgs);

trait Join: 'static {
    const REDUCTION: Reduction;
    fn join<V: Vector>(a: V, b: V) -> V;
}

macro_rules! joins {
    ($($name:ident, |$a:ident, $b:ident| $body:expr;)*) => {
        $(
            struct $name;
            impl Join for $name {
                const REDUCTION: Reduction = Reduction::$name;
                #[inline(always)]
                fn join<V: Vector>($a: V, $b: V) -> V {
                    $body
                }
            }
        )*

        /// Each column's numbers, in order of rows, joined to the running results.
        pub fn columns_kernel(reduction: Reduction, isa: Isa) -> ReduceKernel {
            match reduction {
                $(Reduction::$name => columns_entry::<$name>(isa),)*
            }
        }

        /// Each row's numbers.
        pub fn rows_kernel(reduction: Reduction, isa: Isa) -> ReduceKernel {
            match reduction {
                $(Reduction::$name => rows_entry::<$name>(isa),)*
            }
        }

        /// All numbers, joined to the running results of the lanes.
        pub fn whole_kernel(reduction: Reduction, isa: Isa) -> ReduceKernel {
            match reduction {
                $(Reduction::$name => whole_entry::<$name>(isa),)*
            }
        }
    };
}

joins! {
    Sum, |a, b| a + b;
    Prod, |a, b| a * b;
    Max, |a, b| larger(a, b);
    Min, |a, b| smaller(a, b);
}

per_isa!(fn columns_entry<J: Join> => columns(x: &ReduceArgs));
per_isa!(fn rows_entry<J: Join> => rows(x: &ReduceArgs));
per_isa!(fn whole_entry<J: Join> => whole(x: &ReduceArgs));
per_isa!(fn products_entry<> => products(x: &ReduceArgs));
per_isa!(fn shifted_entry<> => shifted(x: &ReduceArgs));
per_isa!(fn shifted_squares_entry<> => shifted_squares(x: &ReduceArgs));
per_isa!(fn shifted_products_entry<> => shifted_products(x: &ReduceArgs));

/// Sums of columns of products `a * factor`.
pub fn product_columns_kernel(isa: Isa) -> ReduceKernel {
    products_entry(isa)
}

/// What of `a - shift` is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shifted {
    Plain,
    Square,
    /// With the factor.
    Product,
}

/// Sums of columns of what is made of `a - shift`.
pub fn shifted_columns_kernel(form: Shifted, isa: Isa) -> ReduceKernel {
    match form {
        Shifted::Plain => shifted_entry(isa),
        Shifted::Square => shifted_squares_entry(isa),
        Shifted::Product => shifted_products_entry(isa),
    }
}

/// The running results of [`whole_kernel`] in one number: halves onto halves.
pub fn fold_whole(reduction: Reduction, lanes: &mut [f32; WHOLE_LANES]) -> f32 {
    let mut width = WHOLE_LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] = join(reduction, lanes[i], lanes[i + width]);
        }
    }
    lanes[0]
}

/// # Safety
/// As [`ReduceKernel`].
#[inline(always)]
unsafe fn columns<V: Vector, J: Join>(x: &ReduceArgs) {
    // SAFETY: passed on.
    unsafe { columns_of::<V, false, ABSENT>(x, |sum, a, _, _| J::join(sum, a)) }
}

/// # Safety
/// As [`ReduceKernel`], with factors.
#[inline(always)]
unsafe fn products<V: Vector>(x: &ReduceArgs) {
    // SAFETY: passed on.
    unsafe { columns_of::<V, true, ABSENT>(x, |sum, a, b, _| a.fma(b, sum)) }
}

/// # Safety
/// As [`ReduceKernel`], with shifts.
#[inline(always)]
unsafe fn shifted<V: Vector>(x: &ReduceArgs) {
    // SAFETY: passed on.
    unsafe { by_shift::<V, false>(x, |sum, a, _, shift| sum + (a - shift)) }
}

/// # Safety
/// As [`ReduceKernel`], with shifts.
#[inline(always)]
unsafe fn shifted_squares<V: Vector>(x: &ReduceArgs) {
    // SAFETY: passed on.
    unsafe { by_shift::<V, false>(x, |sum, a, _, shift| (a - shift).fma(a - shift, sum)) }
}

/// # Safety
/// As [`ReduceKernel`], with shifts and factors.
#[inline(always)]
unsafe fn shifted_products<V: Vector>(x: &ReduceArgs) {
    // SAFETY: passed on.
    unsafe { by_shift::<V, true>(x, |sum, a, b, shift| (a - shift).fma(b, sum)) }
}

/// # Safety
/// As [`columns_of`], with shifts.
#[inline(always)]
unsafe fn by_shift<V: Vector, const FACTOR: bool>(x: &ReduceArgs, f: impl Fn(V, V, V, V) -> V) {
    // SAFETY: passed on.
    unsafe {
        match x.shift_in_rows {
            true => columns_of::<V, FACTOR, EACH>(x, f),
            false => columns_of::<V, FACTOR, BY_COLUMN>(x, f),
        }
    }
}

/// How shifts are read: there are none, one for each column, one for each number.
const ABSENT: u8 = 0;
const BY_COLUMN: u8 = 1;
const EACH: u8 = 2;

/// `f` of the running result, the number, its factor and its shift, down the rows.
///
/// # Safety
/// As [`ReduceKernel`]; with `FACTOR`, `factor` is as long as `a`.
#[inline(always)]
unsafe fn columns_of<V: Vector, const FACTOR: bool, const SHIFT: u8>(x: &ReduceArgs, f: impl Fn(V, V, V, V) -> V) {
    // SAFETY: columns stay below `width`.
    unsafe {
        let mut c = 0;
        while c + 4 * V::LANES <= x.width {
            strip::<V, 4, true, FACTOR, SHIFT>(x, c, &f);
            c += 4 * V::LANES;
        }
        if c + 2 * V::LANES <= x.width {
            strip::<V, 2, true, FACTOR, SHIFT>(x, c, &f);
            c += 2 * V::LANES;
        }
        if c + V::LANES <= x.width {
            strip::<V, 1, true, FACTOR, SHIFT>(x, c, &f);
            c += V::LANES;
        }
        if c < x.width {
            strip::<V, 1, false, FACTOR, SHIFT>(x, c, &f);
        }
    }
}

/// `COUNT` vectors of columns from `c` on; what is left of the width if not `WHOLE`.
///
/// # Safety
/// As [`columns_of`].
#[inline(always)]
unsafe fn strip<V: Vector, const COUNT: usize, const WHOLE: bool, const FACTOR: bool, const SHIFT: u8>(
    x: &ReduceArgs,
    c: usize,
    f: &impl Fn(V, V, V, V) -> V,
) {
    // SAFETY: columns stay below `width`, rows below `rows`.
    unsafe {
        let n = x.width - c;
        let part = |from: *const f32| if WHOLE { V::load(from) } else { V::load_first(from, n) };
        let zero = V::splat(0.0);
        let (mut sums, mut shifts) = ([zero; COUNT], [zero; COUNT]);
        for k in 0..COUNT {
            sums[k] = part(x.out.add(c + k * V::LANES));
            if SHIFT == BY_COLUMN {
                shifts[k] = part(x.shift.add(c + k * V::LANES));
            }
        }
        for r in 0..x.rows {
            let at = r * x.width + c;
            for k in 0..COUNT {
                let a = part(x.a.add(at + k * V::LANES));
                let b = if FACTOR { part(x.factor.add(at + k * V::LANES)) } else { zero };
                let shift = if SHIFT == EACH { part(x.shift.add(at + k * V::LANES)) } else { shifts[k] };
                sums[k] = f(sums[k], a, b, shift);
            }
        }
        for (k, s) in sums.iter().enumerate() {
            let to = x.out.add(c + k * V::LANES);
            if WHOLE { s.store(to) } else { s.store_first(to, n) }
        }
    }
}

/// # Safety
/// As [`ReduceKernel`].
#[inline(always)]
unsafe fn rows<V: Vector, J: Join>(x: &ReduceArgs) {
    // SAFETY: rows stay below `rows`, columns below `width`.
    unsafe {
        for r in 0..x.rows {
            *x.out.add(r) = row::<V, J>(x.a.add(r * x.width), x.width);
        }
    }
}

/// # Safety
/// `n` numbers are readable at `a`.
#[inline(always)]
unsafe fn row<V: Vector, J: Join>(a: *const f32, n: usize) -> f32 {
    let scalar = |x: f32, y: f32| join(J::REDUCTION, x, y);
    // SAFETY: all offsets stay below `n`.
    unsafe {
        let none = V::splat(identity(J::REDUCTION));
        let mut at = 0;
        let mut result = none;
        if n >= 4 * V::LANES {
            let mut parts = [none; 4];
            while at + 4 * V::LANES <= n {
                for (k, p) in parts.iter_mut().enumerate() {
                    *p = J::join(*p, V::load(a.add(at + k * V::LANES)));
                }
                at += 4 * V::LANES;
            }
            result = J::join(J::join(parts[0], parts[1]), J::join(parts[2], parts[3]));
        }
        while at + V::LANES <= n {
            result = J::join(result, V::load(a.add(at)));
            at += V::LANES;
        }
        if J::REDUCTION == Reduction::Sum {
            if at < n {
                result = result + V::load_first(a.add(at), n - at);
            }
            return result.sum();
        }
        let mut tail = identity(J::REDUCTION);
        for i in at..n {
            tail = scalar(tail, *a.add(i));
        }
        if n < V::LANES { tail } else { scalar(fold(result, scalar), tail) }
    }
}

/// # Safety
/// As [`ReduceKernel`].
#[inline(always)]
unsafe fn whole<V: Vector, J: Join>(x: &ReduceArgs) {
    let n = x.rows * x.width;
    // SAFETY: lanes stay below `WHOLE_LANES`, numbers below `n`.
    unsafe {
        let one = |at: usize| {
            let lane = x.out.add((x.index + at) % WHOLE_LANES);
            *lane = join(J::REDUCTION, *lane, *x.a.add(at));
        };
        let mut at = 0;
        while at < n && !(x.index + at).is_multiple_of(V::LANES) {
            one(at);
            at += 1;
        }
        if (x.index + at).is_multiple_of(WHOLE_LANES) && at + WHOLE_LANES <= n && V::LANES == 16 {
            let mut lanes = [V::splat(0.0); 4];
            for (k, l) in lanes.iter_mut().enumerate() {
                *l = V::load(x.out.add(k * V::LANES));
            }
            while at + WHOLE_LANES <= n {
                for (k, l) in lanes.iter_mut().enumerate() {
                    *l = J::join(*l, V::load(x.a.add(at + k * V::LANES)));
                }
                at += WHOLE_LANES;
            }
            for (k, l) in lanes.iter().enumerate() {
                l.store(x.out.add(k * V::LANES));
            }
        }
        while at + V::LANES <= n {
            let lane = x.out.add((x.index + at) % WHOLE_LANES);
            J::join(V::load(lane), V::load(x.a.add(at))).store(lane);
            at += V::LANES;
        }
        while at < n {
            one(at);
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests;
