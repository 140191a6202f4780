//! Speed of the engine: products, and training steps of small networks. `cargo bench --bench engine [NAME] [THREADS]`

mod models;

use std::time::Instant;

use models::{Layer, Model, linear, relu, training_step};
use nnrun::engine::exec::{Call, Executable, Isa, Options, StepTime};
use nnrun::engine::kernels::gemm::{Extents, Gemm, Matrix};
use nnrun::engine::random::{Generator, Key};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let wanted = |name: &str| args.first().is_none_or(|a| name.starts_with(a.as_str()));
    let threads = args.get(1).and_then(|t| t.parse().ok()).unwrap_or(1);
    println!("isa {}, {threads} threads", Isa::detect().name());
    if wanted("gemm") {
        products();
    }
    let hidden = |out, dropout| Layer { out, norm: true, relu: true, dropout };
    let fraud = [hidden(64, 0.3), hidden(32, 0.2), relu(16), linear(1)];
    let workloads: [(&str, usize, Vec<Layer>, bool, usize); 5] = [
        ("W1", 10, vec![linear(1)], false, 64),
        ("W2", 8, vec![relu(12), relu(8), linear(1)], true, 32),
        ("W3b32", 20, fraud.to_vec(), true, 32),
        ("W3", 20, fraud.to_vec(), true, 256),
        ("W4", 784, vec![relu(512), relu(256), linear(10)], true, 128),
    ];
    for (name, features, layers, adam, rows) in workloads {
        if wanted(name) {
            step(name, training_step(features, &layers, adam), rows, threads);
        }
    }
}

fn step(name: &str, mut model: Model, rows: usize, threads: usize) {
    let options = Options { max_rows: rows, threads, ..Options::default() };
    let start = Instant::now();
    let mut executable = Executable::compile(&model.program, &options).unwrap();
    let compiled = start.elapsed();
    let mut draws = Generator::new(Key(7));
    let classes = model.classes.max(2) as u64;
    let batches: Vec<(Vec<f32>, Vec<f32>)> = (0..32)
        .map(|_| {
            let x = (0..rows * model.features).map(|_| draws.unit() as f32 * 2.0 - 1.0).collect();
            (x, (0..rows).map(|_| draws.below(classes) as f32).collect())
        })
        .collect();
    let mut count = 0;
    // Each round starts from the same parameters: gradients that die out would be denormal and slow.
    let first = model.slots.clone();
    let mut run = |executable: &mut Executable, times: usize| {
        model.slots.copy_from_slice(&first);
        count = 0;
        let start = Instant::now();
        for _ in 0..times {
            count += 1;
            let scalars = [1e-3, count as f32];
            let (x, y) = &batches[count as usize % batches.len()];
            let inputs: [&[f32]; 2] = [x, y];
            let call = Call { rows, key: Key(count), inputs: &inputs, scalars: &scalars, slots: &mut model.slots };
            executable.run(call).unwrap();
        }
        start.elapsed().as_secs_f64() * 1e6 / times as f64
    };
    let once = run(&mut executable, 3);
    let times = ((20_000.0 / once) as usize).clamp(1, 2_000);
    let mut rounds: Vec<f64> = (0..15).map(|_| run(&mut executable, times)).collect();
    rounds.sort_by(f64::total_cmp);
    println!(
        "{name:<6} median {:>9.2} best {:>9.2} us/step   {} steps, compiled in {:.2} ms, {} KiB, loss {}",
        rounds[rounds.len() / 2],
        rounds[0],
        executable.steps(),
        compiled.as_secs_f64() * 1e3,
        executable.memory() / 1024,
        executable.output(0)[0]
    );
    if std::env::var("PROFILE").is_ok() {
        executable.start_profile();
        run(&mut executable, times);
        for StepTime { what, time, .. } in executable.profile() {
            println!("  {:>8.2} us  {what}", time.as_secs_f64() * 1e6 / times as f64);
        }
    }
}

/// Shapes, and whether `a` and `b` are read transposed.
const PRODUCTS: [(&str, [usize; 3], bool, bool); 22] = [
    ("square", [64, 64, 64], false, false),
    ("square", [256, 256, 256], false, false),
    ("square", [1024, 1024, 1024], false, false),
    ("fwd NT", [256, 20, 64], false, true),
    ("dW TN", [64, 256, 20], true, false),
    ("dX NN", [256, 64, 20], false, false),
    ("fwd NT", [256, 64, 32], false, true),
    ("dW TN", [32, 256, 64], true, false),
    ("dX NN", [256, 32, 64], false, false),
    ("fwd NT", [256, 32, 16], false, true),
    ("dW TN", [16, 256, 32], true, false),
    ("fwd NT", [256, 16, 1], false, true),
    ("dW TN", [1, 256, 16], true, false),
    ("dX NN", [256, 1, 16], false, false),
    ("fwd NT", [32, 8, 12], false, true),
    ("dW TN", [12, 32, 8], true, false),
    ("fwd NT", [128, 784, 512], false, true),
    ("dW TN", [512, 128, 784], true, false),
    ("dX NN", [128, 256, 512], false, false),
    ("fwd NT", [128, 256, 10], false, true),
    ("dW TN", [10, 128, 256], true, false),
    ("dX NN", [128, 10, 256], false, false),
];

fn products() {
    let gemm = Gemm::new(Isa::detect());
    let mut draws = Generator::new(Key(3));
    for (name, [m, k, n], a_t, b_t) in PRODUCTS {
        let mut numbers = |len: usize| (0..len).map(|_| draws.unit() as f32).collect::<Vec<f32>>();
        let (a, b, mut c) = (numbers(m * k), numbers(k * n), numbers(m * n));
        let extents = Extents { m, n, k };
        let mut scratch = vec![0.0; gemm.scratch(extents)];
        let matrix = |v: &[f32], rows: usize, columns: usize, t: bool| {
            let (row, column) = if t { (1, rows as isize) } else { (columns as isize, 1) };
            Matrix { start: v.as_ptr(), row, column }
        };
        let (ma, mb) = (matrix(&a, m, k, a_t), matrix(&b, k, n, b_t));
        let times = (200_000_000 / extents.flops().max(1000)).clamp(1, 20_000);
        let mut best = f64::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            for _ in 0..times {
                // SAFETY: the vectors have the extents' lengths.
                unsafe { gemm.run(extents, ma, mb, c.as_mut_ptr(), n, scratch.as_mut_ptr()) };
            }
            best = best.min(start.elapsed().as_secs_f64() / times as f64);
        }
        println!("{name} {m}x{k}x{n}: {:.2} us, {:.0} GFLOP/s", best * 1e6, extents.flops() as f64 / best / 1e9);
    }
}
