//! Strided views of values: what shape operations are made of, without a copy.

/// A value in memory: see [`super::values`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub usize);

/// An axis: how long, and how far apart its elements are in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    pub len: usize,
    pub stride: isize,
}

/// Elements of a value (whose own numbers lie row by row) in some order and multiplicity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub root: ValueId,
    pub offset: isize,
    pub axes: Vec<Axis>,
}

impl View {
    /// The whole value.
    pub fn of(root: ValueId, dims: &[usize]) -> View {
        View { root, offset: 0, axes: dense(dims) }
    }

    pub fn len(&self) -> usize {
        self.axes.iter().map(|a| a.len).product()
    }

    /// Whether it is the value's first `len` numbers in their own order.
    pub fn is_dense(&self) -> bool {
        self.offset == 0 && self.is_contiguous()
    }

    /// Whether neighbours are neighbours in memory.
    pub fn is_contiguous(&self) -> bool {
        matches!(merged(&self.axes)[..], [] | [Axis { stride: 1, .. }]) || self.len() == 0
    }

    /// One number for all elements.
    pub fn is_one_number(&self) -> bool {
        self.axes.iter().all(|a| a.stride == 0 || a.len == 1)
    }

    /// The same elements in axes of other lengths; `None` if no strides say so.
    pub fn reshape(&self, dims: &[usize]) -> Option<View> {
        let with = |axes| Some(View { root: self.root, offset: self.offset, axes });
        if dims.contains(&0) {
            return with(dense(dims));
        }
        let mut left = merged(&self.axes);
        left.reverse();
        let mut axes: Vec<Axis> = Vec::with_capacity(dims.len());
        for &len in dims.iter().rev() {
            if len == 1 {
                axes.push(Axis { len, stride: 0 });
                continue;
            }
            let source = left.first_mut()?;
            if source.len % len != 0 {
                return None;
            }
            axes.push(Axis { len, stride: source.stride });
            source.len /= len;
            source.stride *= len as isize;
            if source.len == 1 {
                left.remove(0);
            }
        }
        axes.reverse();
        if left.is_empty() { with(axes) } else { None }
    }

    pub fn permute(&self, order: &[usize]) -> View {
        View { root: self.root, offset: self.offset, axes: order.iter().map(|&i| self.axes[i]).collect() }
    }

    /// New axes at `new` and axes of extent 1 stretched to `dims`.
    pub fn expand(&self, new: &[usize], dims: &[usize]) -> View {
        let mut old = self.axes.iter();
        let stretch = |(i, &len): (usize, &usize)| {
            let stride = if new.contains(&i) { 0 } else { old.next().filter(|a| a.len == len).map_or(0, |a| a.stride) };
            Axis { len, stride }
        };
        View { root: self.root, offset: self.offset, axes: dims.iter().enumerate().map(stretch).collect() }
    }

    pub fn slice(&self, axis: usize, start: usize, len: usize) -> View {
        let mut view = self.clone();
        view.offset += start as isize * view.axes[axis].stride;
        view.axes[axis].len = len;
        view
    }

    pub fn flip(&self, axis: usize) -> View {
        let mut view = self.clone();
        let Axis { len, stride } = view.axes[axis];
        view.offset += len.saturating_sub(1) as isize * stride;
        view.axes[axis].stride = -stride;
        view
    }
}

/// Axes of numbers that lie row by row.
pub fn dense(dims: &[usize]) -> Vec<Axis> {
    let mut stride = 1;
    let mut axes: Vec<Axis> = dims
        .iter()
        .rev()
        .map(|&len| {
            let axis = Axis { len, stride };
            stride *= len as isize;
            axis
        })
        .collect();
    axes.reverse();
    axes
}

/// The same elements in as few axes as possible.
pub fn merged(axes: &[Axis]) -> Vec<Axis> {
    let mut result: Vec<Axis> = Vec::with_capacity(axes.len());
    for &axis in axes.iter().filter(|a| a.len != 1) {
        match result.last_mut() {
            Some(last) if last.stride == axis.stride * axis.len as isize => {
                *last = Axis { len: last.len * axis.len, stride: axis.stride };
            }
            _ => result.push(axis),
        }
    }
    result
}

/// The axes cut into the lengths of `chain` (outermost first), which must divide them; `None` if they do not.
pub fn cut(axes: &[Axis], chain: &[usize]) -> Option<Vec<isize>> {
    let view = View { root: ValueId(0), offset: 0, axes: axes.to_vec() };
    Some(view.reshape(chain)?.axes.iter().map(|a| a.stride).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(view: &View) -> Vec<isize> {
        view.axes.iter().fold(vec![view.offset], |starts, axis| {
            starts.iter().flat_map(|s| (0..axis.len as isize).map(move |i| s + i * axis.stride)).collect()
        })
    }

    #[test]
    fn shape_operations_move_through_memory() {
        let x = View::of(ValueId(0), &[2, 3, 4]);
        assert!(x.is_dense());
        assert_eq!(elements(&x.permute(&[2, 0, 1]))[..4], [0, 4, 8, 12]);
        assert_eq!(elements(&x.slice(2, 1, 2).slice(0, 1, 1)), [13, 14, 17, 18, 21, 22]);
        assert_eq!(elements(&x.flip(0))[..2], [12, 13]);
        let row = View::of(ValueId(0), &[3]).expand(&[0], &[2, 3]);
        assert_eq!(elements(&row), [0, 1, 2, 0, 1, 2]);
        let column = View::of(ValueId(0), &[2, 1]).expand(&[], &[2, 2]);
        assert_eq!(elements(&column), [0, 0, 1, 1]);
    }

    #[test]
    fn a_reshape_keeps_the_order_or_is_refused() {
        let x = View::of(ValueId(0), &[2, 3, 4]);
        let y = x.slice(2, 0, 2);
        assert_eq!(elements(&y.reshape(&[6, 2]).unwrap()), elements(&y));
        assert_eq!(elements(&y.reshape(&[3, 1, 2, 2]).unwrap()), elements(&y));
        assert_eq!(y.reshape(&[12]), None);
        assert_eq!(x.permute(&[1, 0, 2]).reshape(&[6, 4]), None);
        assert_eq!(elements(&x.reshape(&[24]).unwrap()), elements(&x));
        let stretched = View::of(ValueId(0), &[1, 4]).expand(&[], &[6, 4]);
        assert_eq!(elements(&stretched.reshape(&[2, 3, 4]).unwrap()), elements(&stretched));
    }
}
