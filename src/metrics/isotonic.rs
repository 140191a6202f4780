use super::{Calibration, Sample};

/// Scores that are this close are one point, as in scikit-learn.
const RESOLUTION: f64 = 1e-15;

/// Rows of one score, or neighbours that violate the order and so share their mean.
#[derive(Debug, Clone, Copy)]
struct Block {
    mean: f64,
    weight: f64,
    points: usize,
}

/// Isotonic regression of the target on the probability, as scikit-learn's with `out_of_bounds="clip"`.
pub(super) fn fit(sample: &Sample<'_>) -> Result<Calibration, String> {
    let weight = sample.weights();
    let rows = sample.values().iter().zip(sample.target).zip(&weight);
    let mut rows: Vec<(f64, f64, f64)> = rows.filter(|(_, w)| **w > 0.0).map(|((p, y), w)| (*p, *y, *w)).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (x, blocks) = distinct(&rows);
    let y: Vec<f64> = pool(&blocks).iter().flat_map(|b| std::iter::repeat_n(b.mean, b.points)).collect();
    // Inside a level part only its ends matter.
    let last = x.len().saturating_sub(1);
    let needed = |i: &usize| *i == 0 || *i == last || y[*i] != y[i - 1] || y[*i] != y[i + 1];
    let kept: Vec<usize> = (0..x.len()).filter(needed).collect();
    Ok(Calibration::Isotonic { x: kept.iter().map(|&i| x[i]).collect(), y: kept.iter().map(|&i| y[i]).collect() })
}

/// The distinct scores and the weighted mean of the targets at each.
fn distinct(rows: &[(f64, f64, f64)]) -> (Vec<f64>, Vec<Block>) {
    let mut x: Vec<f64> = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    for &(p, y, w) in rows {
        match (x.last(), blocks.last_mut()) {
            (Some(last), Some(block)) if p - last < RESOLUTION => {
                block.mean = (block.mean * block.weight + y * w) / (block.weight + w);
                block.weight += w;
            }
            _ => {
                x.push(p);
                blocks.push(Block { mean: y, weight: w, points: 1 });
            }
        }
    }
    (x, blocks)
}

/// Pools neighbours until their means rise.
fn pool(blocks: &[Block]) -> Vec<Block> {
    let mut pooled: Vec<Block> = Vec::with_capacity(blocks.len());
    for &block in blocks {
        let mut current = block;
        while let Some(before) = pooled.last().filter(|b| b.mean >= current.mean) {
            let weight = before.weight + current.weight;
            let mean = (before.mean * before.weight + current.mean * current.weight) / weight;
            current = Block { mean, weight, points: before.points + current.points };
            pooled.pop();
        }
        pooled.push(current);
    }
    pooled
}

/// The value at `p` of the straight lines between the points, constant outside of them; `p` if there are no points.
pub(super) fn interpolate(x: &[f64], y: &[f64], p: f64) -> f64 {
    let above = x.partition_point(|x| *x < p);
    let point = |i: usize| Some((*x.get(i)?, *y.get(i)?));
    match (above.checked_sub(1).and_then(point), point(above)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * ((p - x0) / (x1 - x0)),
        (Some((_, y)), None) | (None, Some((_, y))) => y,
        (None, None) => p,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_share_their_mean() {
        let blocks = [1.0, 3.0, 2.0, 2.0, 5.0, 4.0].map(|mean| Block { mean, weight: 1.0, points: 1 });
        let pooled: Vec<(f64, usize)> = pool(&blocks).iter().map(|b| (b.mean, b.points)).collect();
        assert_eq!(pooled, [(1.0, 1), (7.0 / 3.0, 3), (4.5, 2)]);
    }

    #[test]
    fn lines_between_points_and_level_outside() {
        let (x, y) = ([0.2, 0.4, 0.8], [0.1, 0.1, 0.9]);
        let at = |p| interpolate(&x, &y, p);
        assert_eq!([0.0, 0.2, 0.3, 0.8, 1.0].map(at), [0.1, 0.1, 0.1, 0.9, 0.9]);
        assert!((at(0.6) - 0.5).abs() < 1e-12);
    }
}
