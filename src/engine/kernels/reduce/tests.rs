use super::*;

const ALL: [Reduction; 4] = [Reduction::Sum, Reduction::Prod, Reduction::Max, Reduction::Min];

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| 1.0 + ((i * 37) % 101) as f32 / 512.0 * if i % 3 == 0 { -1.0 } else { 1.0 }).collect()
}

fn close(a: f32, b: f32) -> bool {
    a == b || (a - b).abs() <= 1e-4 * b.abs().max(1.0)
}

#[test]
fn rows_columns_and_wholes_agree_with_loops() {
    for isa in Isa::available() {
        for reduction in ALL {
            for (rows, width) in [(1, 1), (3, 5), (2, 16), (5, 70), (4, 131), (7, 64), (0, 3), (40, 17)] {
                let a = numbers(rows * width);
                let none = identity(reduction);
                let mut columns = vec![none; width];
                let mut by_row = vec![0.0; rows];
                let mut lanes = [none; WHOLE_LANES];
                let args = |out: *mut f32| ReduceArgs::new(out, a.as_ptr(), rows, width);
                // SAFETY: the results have the lengths that each kernel asks for.
                unsafe {
                    columns_kernel(reduction, isa)(&args(columns.as_mut_ptr()));
                    rows_kernel(reduction, isa)(&args(by_row.as_mut_ptr()));
                    whole_kernel(reduction, isa)(&args(lanes.as_mut_ptr()));
                }
                let of = |items: &mut dyn Iterator<Item = f32>| items.fold(none, |x, y| join(reduction, x, y));
                for (c, got) in columns.iter().enumerate() {
                    assert!(close(*got, of(&mut (0..rows).map(|r| a[r * width + c]))), "{isa:?} {reduction:?}");
                }
                for (r, got) in by_row.iter().enumerate() {
                    assert!(close(*got, of(&mut (0..width).map(|c| a[r * width + c]))), "{isa:?} {reduction:?}");
                }
                let whole = fold_whole(reduction, &mut lanes);
                let expected = of(&mut a.iter().copied());
                assert!(close(whole, expected), "{isa:?} {reduction:?}: {whole} {expected}");
            }
        }
    }
}

#[test]
fn a_whole_sum_does_not_depend_on_its_parts_nor_on_the_instruction_set() {
    let a = numbers(1000);
    let mut results = Vec::new();
    for isa in Isa::available() {
        for part in [1000, 64, 24, 7] {
            let mut lanes = [0.0; WHOLE_LANES];
            for index in (0..a.len()).step_by(part) {
                let width = part.min(a.len() - index);
                let out = lanes.as_mut_ptr();
                let args = ReduceArgs { index, ..ReduceArgs::new(out, a[index..].as_ptr(), 1, width) };
                // SAFETY: `width` numbers from `index` on are readable.
                unsafe { whole_kernel(Reduction::Sum, isa)(&args) };
            }
            results.push(fold_whole(Reduction::Sum, &mut lanes));
        }
    }
    assert!(results.iter().all(|x| *x == results[0]), "{results:?}");
}

#[test]
fn the_largest_of_numbers_with_a_nan_is_nan() {
    for isa in Isa::available() {
        for at in 0..40 {
            let mut a = numbers(40);
            a[at] = f32::NAN;
            let mut out = [0.0];
            let args = ReduceArgs::new(out.as_mut_ptr(), a.as_ptr(), 1, 40);
            // SAFETY: 40 numbers are readable, one is writable.
            unsafe { rows_kernel(Reduction::Max, isa)(&args) };
            assert!(out[0].is_nan(), "{isa:?} {at}");
        }
    }
}

#[test]
fn sums_of_what_is_shifted_of_its_squares_and_products_agree_with_loops() {
    for isa in Isa::available() {
        for (rows, width) in [(1, 1), (3, 5), (2, 16), (5, 70), (4, 131), (7, 64), (0, 3), (40, 17), (9, 32)] {
            let (a, b) = (numbers(rows * width), numbers(rows * width + 3)[3..].to_vec());
            let shift = numbers(width + 7)[7..].to_vec();
            let long: Vec<f32> = (0..rows).flat_map(|_| shift.iter().copied()).collect();
            let forms = [Shifted::Plain, Shifted::Square, Shifted::Product];
            for (form, in_rows) in forms.into_iter().flat_map(|form| [(form, false), (form, true)]) {
                let mut out = vec![0.5; width];
                let args = ReduceArgs {
                    factor: if form == Shifted::Product { b.as_ptr() } else { std::ptr::null() },
                    shift: if in_rows { long.as_ptr() } else { shift.as_ptr() },
                    shift_in_rows: in_rows,
                    ..ReduceArgs::new(out.as_mut_ptr(), a.as_ptr(), rows, width)
                };
                // SAFETY: all have the lengths that the kernel asks for.
                unsafe { shifted_columns_kernel(form, isa)(&args) };
                for (c, got) in out.iter().enumerate() {
                    let term = |r: usize| {
                        let x = a[r * width + c] - shift[c];
                        match form {
                            Shifted::Plain => x,
                            Shifted::Square => x * x,
                            Shifted::Product => x * b[r * width + c],
                        }
                    };
                    let expected = 0.5 + (0..rows).map(term).sum::<f32>();
                    assert!(close(*got, expected), "{isa:?} {rows} x {width}, {form:?} {in_rows}: {got} {expected}");
                }
            }
        }
    }
}
