use crate::engine::random::{Generator, Key};

use super::{Better, Score};

/// How much worse the score becomes when a feature is shuffled among the rows (Breiman 2001).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Importance {
    /// The mean loss in score over the repeats; negative if shuffling helped.
    pub mean: f64,
    /// The standard deviation over the repeats, 0 for a single one.
    pub deviation: f64,
}

/// The importance of each of `features` features: `rescore(feature, order)` predicts with row `i` of the feature taken from row
/// `order[i]` and gives the score. `None` where scores are undefined, and for tables.
pub fn permutation_importance(
    better: Better,
    base: &Score,
    features: usize,
    rows: usize,
    repeats: usize,
    seed: u64,
    mut rescore: impl FnMut(usize, &[u32]) -> Score,
) -> Vec<Option<Importance>> {
    let key = Key(seed).named("importance");
    let mut loss = |feature: usize, repeat: usize| {
        let mut order: Vec<u32> = (0..rows as u32).collect();
        Generator::new(key.derive(feature as u64).derive(repeat as u64)).shuffle(&mut order);
        let change = base.number()? - rescore(feature, &order).number()?;
        match better {
            Better::Higher => Some(change),
            Better::Lower => Some(-change),
            Better::Neither => None,
        }
    };
    (0..features)
        .map(|feature| {
            let losses: Option<Vec<f64>> = (0..repeats).map(|repeat| loss(feature, repeat)).collect();
            losses.filter(|l| !l.is_empty()).map(|l| summary(&l))
        })
        .collect()
}

fn summary(losses: &[f64]) -> Importance {
    let count = losses.len() as f64;
    let mean = losses.iter().sum::<f64>() / count;
    let squares: f64 = losses.iter().map(|l| (l - mean) * (l - mean)).sum();
    Importance { mean, deviation: if count > 1.0 { (squares / (count - 1.0)).sqrt() } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Predictions, Request, Sample, find_metric};

    #[test]
    fn a_used_feature_matters_and_an_unused_one_does_not() {
        let target: Vec<f64> = (0..50).map(f64::from).collect();
        let request = Request::plain(find_metric("rmse").unwrap());
        let score = |value: &[f64]| request.score(&Sample::new(Predictions::Number { value }, &target));
        let found =
            permutation_importance(
                request.metric.better,
                &score(&target),
                2,
                50,
                5,
                1,
                |feature, order| match feature {
                    0 => score(&order.iter().map(|&i| target[i as usize]).collect::<Vec<f64>>()),
                    _ => score(&target),
                },
            );
        // Two independent draws from 0..49 differ by 14.4 * sqrt(2) in the root mean square.
        assert!((found[0].unwrap().mean - 20.4).abs() < 3.0, "{found:?}");
        assert_eq!(found[1], Some(Importance { mean: 0.0, deviation: 0.0 }));
    }
}
