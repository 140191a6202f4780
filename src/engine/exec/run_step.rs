//! Runs the steps that have kernels of their own.

use crate::engine::kernels::gemm::{Gemm, Matrix};

use super::Fault;
use super::memory::Address;
use super::split::{self, Side};
use super::step::{Lanes, MatMul, Move, Positions};

/// The base pointers of a run.
#[derive(Clone, Copy)]
pub struct Bases<'a>(pub &'a [*mut f32]);

impl Bases<'_> {
    fn at(self, address: Address) -> *mut f32 {
        self.0[address.base.0 as usize].wrapping_add(address.offset)
    }
}

/// One of the parts of a product; the parts of one product may run at the same time, each with scratch memory of its own.
///
/// # Safety
/// The plan that the step is of fits the memory behind the base pointers and the scratch memory.
pub unsafe fn matmul(x: &MatMul, (part, parts): (usize, usize), bases: Bases, gemm: &Gemm, scratch: *mut f32) {
    let range = split::of_product(x, part, parts);
    let mut extents = x.extents;
    let (mut stack, mut row, mut column) = (0..x.stack.len(), 0, 0);
    if parts > 1 {
        match split::side(x) {
            Side::Stack => stack = range,
            Side::Rows => (row, extents.m) = (range.start, range.len()),
            Side::Columns => (column, extents.n) = (range.start, range.len()),
        }
    }
    for &[a, b, c] in &x.stack[stack] {
        let matrix = |start: *mut f32, (row, column)| Matrix { start: start.cast_const(), row, column };
        let a = matrix(bases.at(x.a).wrapping_offset(a + row as isize * x.a_strides.0), x.a_strides);
        let b = matrix(bases.at(x.b).wrapping_offset(b + column as isize * x.b_strides.1), x.b_strides);
        let c = bases.at(x.c).wrapping_offset(c).wrapping_add(row * x.extents.n + column);
        // SAFETY: passed on; the part's rows and columns are within the product's.
        unsafe { gemm.run(extents, a, b, c, x.extents.n, scratch) };
    }
}

/// # Safety
/// As [`matmul`].
pub unsafe fn zero(to: Address, len: usize, bases: Bases) {
    // SAFETY: passed on.
    unsafe { std::slice::from_raw_parts_mut(bases.at(to), len) }.fill(0.0);
}

/// # Safety
/// As [`matmul`].
pub unsafe fn copy(x: &Move, bases: Bases) {
    // SAFETY: passed on.
    unsafe { copy_axes(&x.axes, bases.at(x.from), bases.at(x.to)) }
}

/// # Safety
/// All elements of both views are in memory; if they overlap, they are the same.
unsafe fn copy_axes(axes: &[(usize, isize, isize)], from: *const f32, to: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        match *axes {
            [] => *to = *from,
            [(len, 1, 1)] => std::ptr::copy(from, to, len),
            [(len, f, t)] => {
                for i in 0..len as isize {
                    *to.offset(i * t) = *from.offset(i * f);
                }
            }
            [(len, f, t), ref inner @ ..] => {
                for i in 0..len as isize {
                    copy_axes(inner, from.offset(i * f), to.offset(i * t));
                }
            }
        }
    }
}

/// Calls `f` with the start of each vector and where its results go.
fn each_lane(x: &Lanes, bases: Bases, results: usize, mut f: impl FnMut(*const f32, *mut f32)) {
    let count: usize = x.outer.iter().map(|o| o.0).product();
    for i in 0..count {
        let (mut rest, mut at) = (i, 0);
        for &(len, stride) in x.outer.iter().rev() {
            at += (rest % len) as isize * stride;
            rest /= len;
        }
        f(bases.at(x.from).wrapping_offset(at), bases.at(x.to).wrapping_add(i * results));
    }
}

/// # Safety
/// As [`matmul`].
pub unsafe fn arg_max(x: &Lanes, bases: Bases) {
    each_lane(x, bases, 1, |from, to| {
        let mut best = (f32::NEG_INFINITY, 0);
        for i in 0..x.len {
            // SAFETY: passed on.
            let y = unsafe { *from.offset(i as isize * x.stride) };
            if y > best.0 || y.is_nan() && !best.0.is_nan() {
                best = (y, i);
            }
        }
        // SAFETY: passed on.
        unsafe { *to = best.1 as f32 };
    });
}

/// # Safety
/// As [`matmul`].
pub unsafe fn cum_sum(x: &Lanes, bases: Bases) {
    each_lane(x, bases, x.len, |from, to| {
        let mut sum = 0.0;
        for i in 0..x.len {
            // SAFETY: passed on.
            unsafe {
                sum += *from.offset(i as isize * x.stride);
                *to.add(i) = sum;
            }
        }
    });
}

/// # Safety
/// As [`matmul`].
pub unsafe fn arg_sort(x: &Lanes, bases: Bases) {
    each_lane(x, bases, x.len, |from, to| {
        // SAFETY: passed on.
        let number = |i: f32| unsafe { *from.offset(i as isize * x.stride) };
        // SAFETY: passed on.
        let order = unsafe { std::slice::from_raw_parts_mut(to, x.len) };
        order.iter_mut().enumerate().for_each(|(i, o)| *o = i as f32);
        let rising = |a: f32, b: f32| a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
        // Not stable and so without memory of its own; equal numbers are told apart by their positions.
        order.sort_unstable_by(|&i, &j| rising(number(i), number(j)).then(i.total_cmp(&j)));
    });
}

impl Positions {
    /// Calls `f` with each row's position in the table.
    ///
    /// # Safety
    /// As [`matmul`].
    unsafe fn each(&self, bases: Bases, mut f: impl FnMut(usize, usize)) -> Result<(), Fault> {
        for i in 0..self.indices {
            // SAFETY: passed on.
            let value = unsafe { *bases.at(self.index).add(i) };
            if !(value >= 0.0 && value < self.count as f32 && value.fract() == 0.0) {
                return Err(Fault::Position { node: self.node, value, count: self.count });
            }
            f(i, value as usize);
        }
        Ok(())
    }
}

/// # Safety
/// As [`matmul`].
pub unsafe fn take(x: &Positions, bases: Bases) -> Result<(), Fault> {
    // SAFETY: positions are below `count`.
    unsafe {
        x.each(bases, |i, row| {
            let from = bases.at(x.table).add(row * x.width);
            std::ptr::copy_nonoverlapping(from, bases.at(x.rows).add(i * x.width), x.width);
        })
    }
}

/// # Safety
/// As [`matmul`].
pub unsafe fn scatter(x: &Positions, bases: Bases) -> Result<(), Fault> {
    // SAFETY: positions are below `count`.
    unsafe {
        zero(x.table, x.count * x.width, bases);
        x.each(bases, |i, row| {
            let (from, to) = (bases.at(x.rows).add(i * x.width), bases.at(x.table).add(row * x.width));
            for c in 0..x.width {
                *to.add(c) += *from.add(c);
            }
        })
    }
}
