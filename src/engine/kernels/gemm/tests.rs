use super::*;
use crate::engine::kernels::Isa;

fn numbers(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

/// A product whose operands lie row by row, or column by column where `a_t`, `b_t` say so.
fn product(isa: Isa, x: Extents, a: &[f32], a_t: bool, b: &[f32], b_t: bool) -> Vec<f32> {
    let gemm = Gemm::new(isa);
    let matrix = |v: &[f32], rows: usize, columns: usize, t: bool| {
        let (row, column) = if t { (1, rows as isize) } else { (columns as isize, 1) };
        Matrix { start: v.as_ptr(), row, column }
    };
    let c_row = x.n + 3;
    let mut c = vec![f32::NAN; x.m * c_row];
    let mut scratch = vec![f32::NAN; gemm.scratch(x)];
    // SAFETY: the vectors have the extents' lengths.
    unsafe {
        gemm.run(x, matrix(a, x.m, x.k, a_t), matrix(b, x.k, x.n, b_t), c.as_mut_ptr(), c_row, scratch.as_mut_ptr())
    };
    for row in c.chunks(c_row) {
        assert!(row[x.n..].iter().all(|v| v.is_nan()), "{x:?}: written beyond a row");
    }
    c.chunks(c_row).flat_map(|row| row[..x.n].to_vec()).collect()
}

fn shapes() -> Vec<(usize, usize, usize)> {
    vec![
        (1, 1, 1),
        (5, 1, 7),
        (64, 1, 10),
        (16, 1, 256),
        (256, 16, 1),
        (3, 2, 0),
        (32, 12, 8),
        (13, 33, 17),
        (7, 20, 64),
        (25, 48, 70),
        (40, 200, 100),
        (26, 530, 40),
        (30, 70, 800),
        (12, 1000, 33),
        (1, 300, 129),
        (97, 64, 512),
        (64, 20, 33),
        (100, 20, 200),
        (48, 17, 40),
    ]
}

#[test]
fn products_agree_with_sums_in_double_precision() {
    for isa in Isa::available() {
        for (m, n, k) in shapes() {
            let x = Extents { m, n, k };
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            for (a_t, b_t) in [(false, false), (true, false), (false, true), (true, true)] {
                let c = product(isa, x, &a, a_t, &b, b_t);
                for i in 0..m {
                    for j in 0..n {
                        let term = |p: usize| {
                            let a = a[if a_t { p * m + i } else { i * k + p }];
                            let b = b[if b_t { j * k + p } else { p * n + j }];
                            f64::from(a) * f64::from(b)
                        };
                        let expected: f64 = (0..k).map(term).sum();
                        let error = (f64::from(c[i * n + j]) - expected).abs();
                        assert!(error <= 1e-6 * (k as f64 + 1.0), "{isa:?} {x:?} {a_t} {b_t} at {i}, {j}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_does_not_depend_on_the_other_rows() {
    for isa in Isa::available() {
        for (m, n, k) in shapes() {
            let (a, b) = (numbers(m * k, 3), numbers(k * n, 4));
            let all = product(isa, Extents { m, n, k }, &a, false, &b, true);
            for i in [0, m / 2, m - 1] {
                let one = product(isa, Extents { m: 1, n, k }, &a[i * k..(i + 1) * k], false, &b, true);
                assert_eq!(one, all[i * n..(i + 1) * n], "{isa:?} {m} {n} {k}");
            }
        }
    }
}

#[test]
fn a_sum_does_not_depend_on_how_operands_lie() {
    for isa in Isa::available() {
        // With one column it does: rows are summed in lanes, columns are not.
        for (m, n, k) in shapes().into_iter().filter(|s| s.1 > 1) {
            let x = Extents { m, n, k };
            let (a, b) = (numbers(m * k, 5), numbers(k * n, 6));
            let turned: Vec<f32> = (0..k * m).map(|i| a[i % m * k + i / m]).collect();
            let straight = product(isa, x, &a, false, &b, false);
            assert_eq!(product(isa, x, &turned, true, &b, false), straight, "{isa:?} {x:?}");
        }
    }
}
