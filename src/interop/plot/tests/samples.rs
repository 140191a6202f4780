//! Figures to try: ordinary ones, and those that tend to go wrong. Only arithmetic, so that they are the same everywhere.

use super::super::chart::*;
use super::super::*;

/// A function that looks like a sigmoid.
fn squash(x: f64) -> f64 {
    0.5 + 0.5 * x / (1.0 + x.abs())
}

/// A fixed sequence between 0 and 1 that looks random (Weyl).
fn noise(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_895 + (i * i % 97) as f64 * 0.123).fract()
}

pub fn function() -> Figure {
    let of = |f: fn(f64) -> f64| (-100..=100).map(|i| (f64::from(i) / 10.0, f(f64::from(i) / 10.0))).collect();
    let marks = |f: fn(f64) -> f64| [-5.0, 0.0, 5.0].map(|x| (x, f(x))).to_vec();
    let slope = |x: f64| 0.5 / ((1.0 + x.abs()) * (1.0 + x.abs()));
    let functions = vec![
        Function { name: "squash".into(), points: of(squash), marks: marks(squash) },
        Function { name: "squash'".into(), points: of(slope), marks: marks(slope) },
    ];
    function_plot("squash and its derivative", "x", functions)
}

pub fn training() -> Figure {
    let curve = |floor: f64, rise: f64| -> Vec<Point> {
        (1..=30).map(|e| (f64::from(e), floor + 2.0 / f64::from(e + 2) + rise * f64::from(e))).collect()
    };
    training_curves("loss", vec![("train".into(), curve(0.1, 0.0)), ("val".into(), curve(0.15, 0.004))], Some(20.0))
}

pub fn matrix(classes: usize, name: impl Fn(usize) -> String) -> Figure {
    let count = |t: usize, p: usize| if t == p { 80 + (t * 7 % 20) as u64 } else { ((t * 5 + p * 3) % 11 / 8) as u64 };
    let counts: Vec<Vec<u64>> = (0..classes).map(|t| (0..classes).map(|p| count(t, p)).collect()).collect();
    confusion(&counts, &(0..classes).map(name).collect::<Vec<_>>())
}

pub fn reliability() -> Figure {
    let bin = |i: usize| CalibrationBin {
        predicted: 0.05 + 0.1 * i as f64,
        observed: (0.02 + 0.09 * i as f64 + 0.01 * noise(i)).min(1.0),
        rows: 1200 >> i,
    };
    calibration(&(0..10).map(bin).collect::<Vec<_>>(), Some(0.1312))
}

fn rankings(count: usize) -> Vec<Ranking> {
    let one = |i: usize| Ranking {
        name: format!("a_class_with_a_rather_long_name_{i}"),
        points: (0..=50)
            .map(|j| f64::from(j) / 50.0)
            .map(|f| (f, f / (f + 0.02 * (i + 1) as f64 * (1.0 - f))))
            .collect(),
        score: 0.98 - 0.009 * i as f64,
    };
    (0..count).map(one).collect()
}

fn features(count: usize) -> Figure {
    let one = |i: usize| Importance {
        feature: format!("a_feature_of_a_wide_table_{i}_[one_hot=Switzerland and Liechtenstein]"),
        mean: 0.2 / (1.0 + i as f64) - 0.01,
        std: 0.004,
    };
    importance((0..count).map(one).collect(), "roc_auc")
}

/// Distributions of very unlike widths.
fn tensors(count: usize) -> Figure {
    let one = |i: usize| {
        let values = (0..400).map(|j| (noise(j) + noise(j + 31 * (i + 1)) - 1.0) / (1 << i) as f64).collect();
        (format!("feature_extractor.{i}.0.weight"), values)
    };
    histogram("weight", "", "weights", (0..count).map(one).collect())
}

fn countries() -> Figure {
    let names = ["Switzerland", "United Kingdom of Great Britain and Northern Ireland", "Österreich", "日本国", "US"];
    let bar = |i: usize| Bar {
        at: i as f64,
        width: 0.7,
        from: 0.0,
        to: 12_000.0 / (i + 1) as f64,
        error: Some((1e4 / (i + 1) as f64, 14e3 / (i + 1) as f64)),
        text: ticks::count(12_000 / (i + 1)),
    };
    let layer = Layer::Bars {
        name: String::new(),
        bars: (0..5).map(bar).collect(),
        horizontal: false,
        style: Style::default(),
    };
    Figure {
        title: "Rows by country".into(),
        x: AxisSpec::new("country").categories(names.map(String::from).to_vec()),
        y: AxisSpec::new("rows"),
        layers: vec![layer],
        ..Figure::default()
    }
}

fn long_words() -> Figure {
    let line = |name: &str, f: fn(usize) -> f64| Layer::Line {
        name: name.repeat(30),
        points: (0..100_000).map(|i| (i as f64, f(i))).collect(),
        style: Style::default(),
    };
    Figure {
        title: "A title that says what is shown, from which data, on which rows and by which model. ".repeat(4),
        note: "transactions_of_the_year_2024_without_duplicates_and_refunds.csv".repeat(3),
        x: AxisSpec::new("step".repeat(40)).unit("thousands of batches of 32 rows"),
        y: AxisSpec::new("norm_of_the_gradient.of_the_feature_extractor.layer1.0.conv2.weight").unit("1e-3 per step"),
        layers: vec![line("a_long_name_", noise), line("words and more words ", |i| noise(i + 1) * 1e6)],
        ..Figure::default()
    }
}

fn two_bins() -> Vec<CalibrationBin> {
    [(0.02, 0.01, 100_000), (0.97, 0.5, 2)]
        .map(|(predicted, observed, rows)| CalibrationBin { predicted, observed, rows })
        .to_vec()
}

fn few_negative() -> Vec<Importance> {
    let one = |(i, mean): (usize, &f64)| Importance { feature: format!("v{i}"), mean: *mean, std: 0.002 };
    [0.0, -0.004, 0.0005].iter().enumerate().map(one).collect()
}

fn of_values(name: &str, values: &[f64]) -> Figure {
    let points = values.iter().enumerate().map(|(i, &v)| (i as f64, v)).collect();
    training_curves(name, vec![("train".into(), points)], None)
}

fn cloud(n: usize) -> Vec<Point> {
    (0..n).map(|i| (2e5 + 1e6 * noise(i), 2e5 + 1e6 * noise(i) + 3e5 * (noise(i + 7) - 0.5))).collect()
}

/// Every chart, and awkward contents.
pub fn all() -> Vec<(&'static str, Figure)> {
    let chosen = Some(OperatingPoint { threshold: 0.42, at: (0.2, 0.9) });
    let values = |shift: f64| (0..3000).map(|i| shift + noise(i) + noise(i + 13)).collect::<Vec<_>>();
    vec![
        ("function", function()),
        ("training", training()),
        ("confusion", matrix(3, |i| ["setosa", "versicolor", "virginica"][i].to_string())),
        ("confusion of 2", matrix(2, |i| i.to_string())),
        ("confusion of 50", matrix(50, |i| format!("class {i}"))),
        ("confusion of 50, long names", matrix(50, |i| format!("dermatofibroma, grade {i}, not otherwise specified"))),
        ("confusion of 130", matrix(130, |i| format!("class {i}"))),
        ("confusion, long names", matrix(6, |i| format!("dermatofibroma, not otherwise specified, grade {i}"))),
        ("calibration", reliability()),
        ("roc", roc(rankings(1), chosen)),
        ("roc of 3", roc(rankings(3), None)),
        ("roc of 60", roc(rankings(60), chosen)),
        ("pr", pr(rankings(2), Some(0.021), chosen)),
        (
            "threshold",
            threshold_cost(
                (0..=100).map(|i| (f64::from(i) / 100.0, f64::from((i - 30) * (i - 30)))).collect(),
                Some((0.3, 0.0)),
                "€",
            ),
        ),
        ("predicted", predicted_vs_true(cloud(60), "price", "€")),
        ("predicted of 500", predicted_vs_true(cloud(500), "price", "€")),
        ("residuals", residuals(cloud(60), "price", "€")),
        ("predicted of 100 000", predicted_vs_true(cloud(100_000), "price", "€")),
        ("residuals of 3", residuals(cloud(3), "price", "€")),
        ("residuals, negative", residuals(cloud(80).into_iter().map(|(x, y)| (-x, y - x)).collect(), "debt", "")),
        (
            "residuals, gaps",
            residuals(vec![(1.0, f64::NAN), (2.0, 0.5), (f64::INFINITY, 1.0), (3.0, -0.5)], "price", "€"),
        ),
        ("residuals, constant", residuals(vec![(5.0, 0.0); 200], "price", "€")),
        ("predicted of 3", predicted_vs_true(cloud(3), "price", "€")),
        ("residuals of 100 000", residuals(cloud(100_000), "price", "€")),
        ("importance", features(4)),
        ("importance of 90", features(90)),
        (
            "schedule",
            schedule(
                "lr",
                vec![(
                    String::new(),
                    (0..100_000).map(|i| (f64::from(i), 1e-3 / (1.0 + f64::from(i) / 1e4))).collect(),
                )],
            ),
        ),
        ("histogram", histogram("amount", "€", "rows", vec![("amount".into(), values(0.0))])),
        (
            "histogram of 2",
            histogram("score", "", "rows", vec![("no".into(), values(0.0)), ("yes".into(), values(0.5))]),
        ),
        ("histogram, negative", histogram("balance", "€", "rows", vec![(String::new(), values(-1.5))])),
        ("histogram, constant", histogram("balance", "€", "rows", vec![(String::new(), vec![-3.0; 50])])),
        (
            "histogram, gaps",
            histogram("balance", "€", "rows", vec![(String::new(), vec![f64::NAN, 1.0, 2.0, f64::INFINITY, 2.5])]),
        ),
        ("histogram of 3 values", histogram("balance", "€", "rows", vec![(String::new(), vec![1.0, 5.0, 5.5])])),
        ("weights", tensors(6)),
        ("weights of 3", tensors(3)),
        ("calibration of 2 bins", calibration(&two_bins(), None)),
        (
            "threshold, steep",
            threshold_cost(
                (0..=1000).map(|i| (f64::from(i) / 1e3, 1e6 / f64::from(1 + i))).collect(),
                Some((0.004, 2e5)),
                "",
            ),
        ),
        ("importance, negative", importance(few_negative(), "roc_auc")),
        ("countries", countries()),
        ("long words", long_words()),
        ("no lines", training_curves("loss", Vec::new(), None)),
        ("no points", of_values("loss", &[])),
        ("nothing finite", of_values("loss", &[f64::NAN, f64::INFINITY])),
        ("one point", of_values("loss", &[0.693])),
        ("gaps", of_values("loss", &[1.0, f64::NAN, 0.5, 0.4, f64::INFINITY, 0.3])),
        ("constant", of_values("accuracy", &[0.5; 5])),
        ("huge", of_values("loss", &[1e299, -1e299, f64::MAX, 1.0])),
        ("tiny", of_values("loss", &[1e-300, 5e-324, 0.0])),
        ("close", of_values("loss", &[1e9, 1e9 + 1e-6, 1e9 - 1e-6])),
        ("logarithmic", of_values("loss", &[1e-9, 1.0, 1e9])),
        ("no classes", confusion(&[], &[])),
        ("uneven matrix", confusion(&[vec![1], vec![2, 3, 4]], &["a".into(), "b".into()])),
        ("no features", importance(Vec::new(), "r2")),
        ("no bins", calibration(&[], None)),
        ("nobody", Figure::default()),
    ]
}
