//! Whether it matters to a program in which order the rows of a batch come.

use crate::engine::graph::{Graph, Node, Op};
use crate::types::{Dim, DimSymbol, Shape};

/// Whether another order of the batch's rows would give other results than the same ones in that order: whether anything
/// asks for a row's position or its neighbours. Sums over rows and products do not, nor do draws, which are alike for all
/// rows. `true` where it can't be told.
pub fn reads_row_order(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| reads(graph, node))
}

fn reads(graph: &Graph, node: &Node) -> bool {
    let first = node.args.first().map(|a| &graph.get(*a).shape);
    let counts_rows = |shape: &Shape, axis: usize| shape.0.get(axis).is_some_and(|a| has_batch(&a.dim));
    match &node.op {
        Op::ArgMax { axis }
        | Op::ArgSort { axis }
        | Op::CumSum { axis }
        | Op::Slice { axis, .. }
        | Op::Pad { axis, .. }
        | Op::Flip { axis } => first.is_none_or(|shape| counts_rows(shape, *axis)),
        Op::Concat { axis } | Op::Iota { axis } => counts_rows(&node.shape, *axis),
        Op::Take => first.is_none_or(|table| counts_rows(table, 0)),
        Op::ScatterAdd => counts_rows(&node.shape, 0),
        Op::Reshape => first.is_none_or(|from| !keeps_rows(from, &node.shape)),
        _ => false,
    }
}

fn has_batch(dim: &Dim) -> bool {
    dim.symbols().contains(&DimSymbol::Batch)
}

/// Whether rows stay what they are: only axes of extent 1 come and go, or the batch is the first axis of both shapes and
/// in no other, or in none.
fn keeps_rows(from: &Shape, to: &Shape) -> bool {
    let long = |shape: &Shape| shape.0.iter().map(|axis| axis.dim.clone()).filter(|d| !d.is(1)).collect::<Vec<_>>();
    if long(from) == long(to) {
        return true;
    }
    let with_batch = |shape: &Shape| (0..shape.rank()).filter(|&i| has_batch(&shape.0[i].dim)).collect::<Vec<_>>();
    let whole = |shape: &Shape| shape.0.first().is_some_and(|axis| axis.dim.is_batch());
    match (&with_batch(from)[..], &with_batch(to)[..]) {
        ([], []) => true,
        ([0], [0]) => whole(from) && whole(to),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::graph::{At, InputId, Map, NodeId, Place, Reduction};
    use crate::types::Axis;

    /// What `build` makes of an input of six columns.
    fn graph(build: impl FnOnce(&mut At<'_>, NodeId)) -> Graph {
        let mut graph = Graph::default();
        let place = Place::default();
        let shape = Shape(vec![Axis::batch(), Axis::new(6)]);
        let x = graph.node_shaped(Op::Input(InputId(0)), &[], shape, &place).unwrap();
        build(&mut graph.at_place(&place), x);
        graph
    }

    #[test]
    fn sums_products_and_what_is_done_row_by_row_do_not_ask_for_positions() {
        let symmetric = graph(|at, x| {
            let turned = at.node(Op::Permute(vec![1, 0]), &[x]);
            let gram = at.node(Op::MatMul, &[turned, x]);
            let sum = at.node(Op::Reduce(Reduction::Sum, vec![0]), &[x]);
            let part = at.slice(x, 1, 2, Axis::new(3));
            let sum_of_each = at.node(Op::Reduce(Reduction::Sum, vec![1]), &[x]);
            let folded = at.node_shaped(Op::Reshape, &[x], Shape(vec![Axis::batch(), Axis::new(2), Axis::new(3)]));
            // A column as a row, which the derivative of a single weight reads.
            at.node_shaped(Op::Reshape, &[sum_of_each], Shape(vec![Axis::new(1), Axis::batch()]));
            let first = at.node(Op::ArgMax { axis: 1 }, &[x]);
            at.map(Map::Exp, &[part]);
            assert!([gram, sum, folded, first].iter().all(|n| n.0 > 0));
        });
        assert!(!reads_row_order(&symmetric));
    }

    #[test]
    fn neighbours_positions_and_running_sums_do() {
        let cases: [fn(&mut At<'_>, NodeId); 6] = [
            |at, x| _ = at.slice(x, 0, 1, Axis::new(&Dim::batch() - &Dim::from(1))),
            |at, x| _ = at.node(Op::CumSum { axis: 0 }, &[x]),
            |at, x| _ = at.node(Op::Flip { axis: 0 }, &[x]),
            |at, x| _ = at.node(Op::ArgMax { axis: 0 }, &[x]),
            |at, _| _ = at.node_shaped(Op::Iota { axis: 0 }, &[], Shape(vec![Axis::batch(), Axis::new(2)])),
            |at, x| {
                let halves = Shape(vec![Axis::new(&Dim::batch() * &Dim::from(2)), Axis::new(3)]);
                at.node_shaped(Op::Reshape, &[x], halves);
            },
        ];
        for (i, case) in cases.into_iter().enumerate() {
            assert!(reads_row_order(&graph(case)), "case {i}");
        }
    }
}
