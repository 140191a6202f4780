use nnrun::engine::random::{Generator, Key};
use nnrun::metrics::*;
fn main() {
    let n = 100_000;
    let mut g = Generator::new(Key(5));
    let share: f64 = std::env::args().nth(1).map_or(0.3, |a| a.parse().unwrap());
    let target: Vec<f64> = (0..n).map(|_| f64::from(u8::from(g.unit() < share))).collect();
    let prob: Vec<f64> = target.iter().map(|y| 0.3 * y + 0.7 * g.unit()).collect();
    let sample = Sample::new(Predictions::Binary { prob: &prob }, &target);
    let names: &[&[&str]] = &[
        &["roc_auc", "pr_auc", "precision", "recall", "brier", "accuracy"],
        &["accuracy"],
        &["roc_auc"],
        &["pr_auc"],
        &["recall"],
        &["ece"],
        &["log_loss"],
        &["mcc"],
        &["f1"],
    ];
    for names in names {
        let m: Vec<Request> = names.iter().map(|n| Request::plain(find_metric(n).unwrap())).collect();
        for threads in [1, 2] {
            let t = std::time::Instant::now();
            let i = intervals(&sample, &m, &Resampling { threads, ..Resampling::default() });
            println!("{names:?} threads {threads}: {:.3} s {:?}", t.elapsed().as_secs_f64(), i[0]);
        }
    }
}
