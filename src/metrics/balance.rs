/// Weights that give each class the same total: `rows / (classes present * rows of this class)`, as scikit-learn's `class_weight="balanced"`.
///
/// `target` has class numbers from 0 (0 and 1 for a binary target). A class without rows gets 1.
pub fn balanced_weights(target: &[f64], classes: usize) -> Vec<f64> {
    let mut rows = vec![0u64; classes];
    for &y in target {
        if y >= 0.0
            && let Some(count) = rows.get_mut(y as usize)
        {
            *count += 1;
        }
    }
    let total: u64 = rows.iter().sum();
    let present = rows.iter().filter(|&&count| count > 0).count();
    rows.iter().map(|&count| if count == 0 { 1.0 } else { total as f64 / (present as f64 * count as f64) }).collect()
}
