//! Kernels alone: `cargo bench --bench kernels [NAME]`. Items are floating-point operations for products, numbers for
//! everything else.

mod programs;

use std::fmt;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use nnrun::data::{self, CsvSource, SourceSpec};
use nnrun::diag::Problems;
use nnrun::engine::exec::{Call, Executable, Isa, Options};
use nnrun::engine::kernels::gather::gather;
use nnrun::engine::kernels::gemm::{Extents, Gemm, Matrix};
use nnrun::engine::program::Program;
use nnrun::engine::random::{Generator, Key};

fn main() {
    divan::main();
}

fn numbers(len: usize) -> Vec<f32> {
    let mut draws = Generator::new(Key(len as u64));
    (0..len).map(|_| draws.unit() as f32 - 0.5).collect()
}

/// `m x k x n`, and which operand is read transposed: forward (NT), derivative of the weights (TN), of the input (NN).
#[derive(Clone, Copy)]
struct Product(usize, usize, usize, &'static str);

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}x{}x{}", self.3, self.0, self.1, self.2)
    }
}

/// The products of the workloads, and squares.
const PRODUCTS: [Product; 18] = [
    Product(64, 64, 64, "NN"),
    Product(256, 256, 256, "NN"),
    Product(1024, 1024, 1024, "NN"),
    Product(256, 20, 64, "NT"),
    Product(64, 256, 20, "TN"),
    Product(256, 64, 32, "NT"),
    Product(32, 256, 64, "TN"),
    Product(256, 32, 64, "NN"),
    Product(256, 16, 1, "NT"),
    Product(16, 256, 1, "TN"),
    Product(32, 8, 12, "NT"),
    Product(12, 32, 8, "TN"),
    Product(32, 64, 32, "NT"),
    Product(128, 784, 512, "NT"),
    Product(512, 128, 784, "TN"),
    Product(128, 256, 512, "NN"),
    Product(128, 256, 10, "NT"),
    Product(200, 100, 40, "NT"),
];

#[divan::bench(args = PRODUCTS)]
fn product(bencher: Bencher, &Product(m, k, n, form): &Product) {
    let gemm = Gemm::new(Isa::detect());
    let (a, b, mut c) = (numbers(m * k), numbers(k * n), vec![0.0; m * n]);
    let extents = Extents { m, n, k };
    let mut scratch = vec![0.0; gemm.scratch(extents)];
    let matrix = |v: &[f32], rows: usize, columns: usize, turned: bool| {
        let (row, column) = if turned { (1, rows as isize) } else { (columns as isize, 1) };
        Matrix { start: v.as_ptr(), row, column }
    };
    let (a, b) = (matrix(&a, m, k, form.starts_with('T')), matrix(&b, k, n, form.ends_with('T')));
    bencher.counter(ItemsCount::new(extents.flops())).bench_local(|| {
        // SAFETY: the vectors have the extents' lengths, and live as long as this function.
        unsafe { gemm.run(extents, a, b, c.as_mut_ptr(), n, scratch.as_mut_ptr()) };
    });
}

/// What programs read as their scalars: a rate, and how much of a mean is kept.
const SCALARS: [f32; 2] = [1e-3, 0.9];

/// Runs a program again and again; `items` are the numbers that it works on.
fn run(bencher: Bencher, program: &Program, rows: usize, items: usize) {
    let mut executable = Executable::compile(program, &Options { max_rows: rows, ..Options::default() }).unwrap();
    let inputs: Vec<Vec<f32>> =
        program.inputs.iter().map(|i| numbers(rows * i.shape.iter().product::<usize>())).collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut slots = numbers(program.slots.iter().map(|s| s.offset + s.len()).max().unwrap_or(0));
    // Second moments are not negative.
    slots.iter_mut().for_each(|x| *x = x.abs() + 0.01);
    let mut step = 0;
    bencher.counter(ItemsCount::new(items)).bench_local(|| {
        step += 1;
        executable.run(Call { rows, key: Key(step), inputs: &inputs, scalars: &SCALARS, slots: &mut slots }).unwrap();
    });
}

#[divan::bench(args = ["relu", "sigmoid", "tanh", "exp", "log", "erf", "gelu", "dropout"])]
fn elementwise(bencher: Bencher, name: &str) {
    run(bencher, &programs::elementwise(name, 64), 256, 256 * 64);
}

/// Forward and backward, with its scale and shift.
#[divan::bench(args = [(256, 64), (256, 32), (32, 64), (200, 100)])]
fn batch_norm(bencher: Bencher, (rows, width): (usize, usize)) {
    run(bencher, &programs::normalised(width, 0), rows, rows * width);
}

#[divan::bench(args = [(256, 64), (200, 100), (128, 512)])]
fn layer_norm(bencher: Bencher, (rows, width): (usize, usize)) {
    run(bencher, &programs::normalised(width, 1), rows, rows * width);
}

#[divan::bench(args = [221, 4161, 535_818])]
fn adam(bencher: Bencher, parameters: usize) {
    run(bencher, &programs::adam(parameters), 1, parameters);
}

#[divan::bench(args = [221, 4161, 535_818])]
fn momentum(bencher: Bencher, parameters: usize) {
    run(bencher, &programs::momentum(parameters), 1, parameters);
}

/// 256 rows at random places of a table.
#[divan::bench(args = [(100_000, 20), (12_800, 784), (400, 8)])]
fn rows_of_a_table(bencher: Bencher, (rows, width): (usize, usize)) {
    let table = numbers(rows * width);
    let mut draws = Generator::new(Key(1));
    let mut out = Vec::new();
    bencher.counter(ItemsCount::new(256 * width)).bench_local(|| {
        let picks: [u32; 256] = std::array::from_fn(|_| draws.below(rows as u64) as u32);
        gather(&table, width, &picks, &[], &mut out);
    });
}

/// 20 000 lines of 21 numbers.
#[divan::bench(sample_count = 20)]
fn csv(bencher: Bencher) {
    let header: Vec<String> = (0..21).map(|i| format!("v{i}")).collect();
    let mut text = header.join(",") + "\n";
    for row in numbers(20_000 * 21).chunks(21) {
        text += &(row.iter().map(|x| format!("{x:.5}")).collect::<Vec<_>>().join(",") + "\n");
    }
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernels.csv");
    std::fs::write(&path, &text).unwrap();
    let source = SourceSpec::Csv(CsvSource::plain(path.to_string_lossy().as_ref(), None));
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        let table = data::read(&source, &mut Problems::default());
        assert_eq!(table.map(|t| t.rows()), Some(20_000));
    });
}
