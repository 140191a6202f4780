//! The matrix product.

use ndarray::{ArrayD, ArrayView3, Axis, IxDyn};

use crate::engine::graph::Op;

use super::primitive::{Kernel, Primitive, Site};
use super::sample::{Sample, some};
use super::shape;

pub static MATMUL: Primitive = Primitive::new("matmul", shape::matmul, Kernel::Array(matmul))
    .doc("The matrix product over the last two axes, `[.., m, k] @ [.., k, n]`; leading axes are equal.")
    .derivative(|at, s, i| {
        let other = at.transpose(s.args[1 - i]);
        Some(if i == 0 { at.matmul(s.gradient, other) } else { at.matmul(other, s.gradient) })
    })
    .samples_from(|| {
        let cases: [[&[usize]; 2]; 5] = [
            [&[3, 4], &[4, 2]],
            [&[1, 5], &[5, 1]],
            [&[3, 1], &[1, 2]],
            [&[2, 3, 4], &[2, 4, 2]],
            [&[2, 2, 1, 3], &[2, 2, 3, 2]],
        ];
        cases.iter().map(|[a, b]| Sample::new(Op::MatMul, vec![some(a), some(b)])).collect()
    })
    .plain(|| Op::MatMul);

/// A stack of matrices, the leading axes folded into one.
fn stack(x: &ArrayD<f64>) -> Option<ArrayView3<'_, f64>> {
    let [lead @ .., rows, columns] = x.shape() else { return None };
    x.view().into_shape_with_order((lead.iter().product(), *rows, *columns)).ok()
}

fn matmul(site: &Site) -> Result<ArrayD<f64>, String> {
    let mut result = ArrayD::zeros(IxDyn(site.shape));
    let [lead @ .., m, n] = site.shape else { return Err("a matrix product has 2 axes".into()) };
    let (Some(a), Some(b)) = (stack(site.args[0]), stack(site.args[1])) else {
        return Err("a matrix product takes tensors with 2 axes".into());
    };
    let folded = (lead.iter().product::<usize>(), *m, *n);
    let mut products = result.view_mut().into_shape_with_order(folded).map_err(|e| e.to_string())?;
    for (i, mut product) in products.outer_iter_mut().enumerate() {
        product.assign(&a.index_axis(Axis(0), i).dot(&b.index_axis(Axis(0), i)));
    }
    Ok(result)
}
