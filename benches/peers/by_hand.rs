//! What `workloads/own.nn` says, as loops fused by hand: LayerNorm and GELU, its loss, its optimiser. The products are
//! nnrun's own kernels, so that the difference is everything else.

use std::path::Path;
use std::time::Instant;

use nnrun::engine::exec::{Arena, Isa};
use nnrun::engine::kernels::gemm::{Extents, Gemm, Matrix};

const BATCH: usize = 200;
const FEATURES: usize = 20;
const WIDTHS: [usize; 2] = [100, 40];
const RATE: f32 = 1e-3;
const REPEATS: usize = 9;

/// A hidden layer: weights `[in][out]`, bias, scale and shift, each an offset into the parameters.
struct Layer {
    input: usize,
    width: usize,
    weight: usize,
    z: Arena,
    normal: Arena,
    y: Arena,
    out: Arena,
    d: Arena,
    deviation: Vec<f32>,
}

struct Net {
    layers: Vec<Layer>,
    /// Weights of the last layer, then its bias.
    last: usize,
    values: Arena,
    gradients: Arena,
    first: Arena,
    second: Arena,
    x: Arena,
    answers: Vec<f32>,
    dz: Vec<f32>,
    gemm: Gemm,
    scratch: Arena,
}

/// Steps through the rows of a table again and again, and prints a line of JSON as the peers do.
pub fn measure(table: &Path) {
    if Isa::detect() != Isa::Avx512 {
        return eprintln!("the loops by hand need AVX-512");
    }
    let text = std::fs::read_to_string(table).unwrap_or_default();
    let numbers = |line: &str| line.split(',').filter_map(|x| x.parse().ok()).collect::<Vec<f32>>();
    let rows: Vec<f32> = text.lines().skip(1).flat_map(numbers).collect();
    let count = rows.len() / (FEATURES + 1);
    let mut net = Net::new();
    let mut order: Vec<u32> = (0..count as u32).collect();
    let (mut seed, mut times, mut loss) = (7u32, Vec::new(), 0.0);
    for _ in 0..REPEATS {
        let start = Instant::now();
        for i in (1..count).rev() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            order.swap(i, ((u64::from(seed) * (i as u64 + 1)) >> 32) as usize);
        }
        for batch in order.chunks_exact(BATCH) {
            for (r, &i) in batch.iter().enumerate() {
                let row = &rows[i as usize * (FEATURES + 1)..][..FEATURES + 1];
                net.x[r * FEATURES..][..FEATURES].copy_from_slice(&row[..FEATURES]);
                net.answers[r] = row[FEATURES];
            }
            // SAFETY: AVX-512 is present.
            loss = unsafe { net.step() };
        }
        times.push(start.elapsed().as_secs_f64() * 1e6 / (count / BATCH) as f64);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{{\"peer\":\"by hand\",\"metric\":\"us_per_step\",\"value\":{:.4},\"best\":{:.4},\"loss\":{loss:.6}}}",
        times[REPEATS / 2],
        times[0]
    );
}

impl Net {
    fn new() -> Net {
        let gemm = Gemm::new(Isa::detect());
        let (mut values, mut layers, mut input, mut scratch) = (Vec::new(), Vec::new(), FEATURES, 0);
        let mut seed = 1u32;
        let mut draw = |bound: f32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((seed >> 8) as f32 / 8_388_608.0 - 1.0) * bound
        };
        for width in WIDTHS {
            let (weight, bound) = (values.len(), 1.0 / (input as f32).sqrt());
            values.extend((0..input * width + width).map(|_| draw(bound)));
            values.extend((0..2 * width).map(|i| if i < width { 1.0 } else { 0.0 }));
            let [z, normal, y, out, d] = std::array::from_fn(|_| Arena::new(BATCH * width));
            layers.push(Layer { input, width, weight, z, normal, y, out, d, deviation: vec![0.0; BATCH] });
            for x in [
                Extents { m: BATCH, n: width, k: input },
                Extents { m: input, n: width, k: BATCH },
                Extents { m: BATCH, n: input, k: width },
            ] {
                scratch = scratch.max(gemm.scratch(x));
            }
            input = width;
        }
        let (last, bound) = (values.len(), 1.0 / (input as f32).sqrt());
        values.extend((0..input + 1).map(|_| draw(bound)));
        let [gradients, first, second] = std::array::from_fn(|_| Arena::new(values.len()));
        let (x, answers, dz) = (Arena::new(BATCH * FEATURES), vec![0.0; BATCH], vec![0.0; BATCH]);
        let (values, scratch) = (Arena::from(&values[..]), Arena::new(scratch));
        Net { layers, last, values, gradients, first, second, x, answers, dz, gemm, scratch }
    }

    /// # Safety
    /// AVX-512 is present.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    unsafe fn step(&mut self) -> f32 {
        let matrix = |from: &[f32], row: usize, column: usize| Matrix {
            start: from.as_ptr(),
            row: row as isize,
            column: column as isize,
        };
        let mut product = |x: Extents, a: Matrix, b: Matrix, c: &mut [f32]| {
            // SAFETY: the buffers have the extents' lengths.
            unsafe { self.gemm.run(x, a, b, c.as_mut_ptr(), x.n, self.scratch.as_mut_ptr()) }
        };
        for l in 0..self.layers.len() {
            let (before, rest) = self.layers.split_at_mut(l);
            let layer = &mut rest[0];
            let (i, w) = (layer.input, layer.width);
            let input = before.last().map_or(&self.x[..], |b| &b.out[..]);
            let parameters = &self.values[layer.weight..];
            product(Extents { m: BATCH, n: w, k: i }, matrix(input, i, 1), matrix(parameters, w, 1), &mut layer.z);
            forward(layer, &parameters[i * w..][..3 * w]);
        }
        let (head, tail) = self.values[self.last..].split_at(WIDTHS[1]);
        let (gradient, bias) = self.gradients[self.last..].split_at_mut(WIDTHS[1]);
        let layer = &mut self.layers[1];
        gradient.fill(0.0);
        let (mut loss, mut sum) = (0.0, 0.0);
        for r in 0..BATCH {
            let out = &layer.out[r * WIDTHS[1]..][..WIDTHS[1]];
            // Sums in lanes, or they would stay scalar.
            let mut lanes = [0f32; 8];
            for (x, w) in out.chunks_exact(8).zip(head.chunks_exact(8)) {
                (0..8).for_each(|k| lanes[k] = x[k].mul_add(w[k], lanes[k]));
            }
            let z = tail[0] + lanes.iter().sum::<f32>();
            let sign = 2.0 * self.answers[r] - 1.0;
            let s = sign * z;
            let q = 1.0 / (1.0 + exp(s));
            let soft = (-s).max(0.0) + exp(-s.abs()).ln_1p();
            loss += q * q * soft;
            let d = sign * (-2.0 * q * q * (1.0 - q) * soft - q * q * q) / BATCH as f32;
            self.dz[r] = d;
            sum += d;
            gradient.iter_mut().zip(out).for_each(|(g, x)| *g = x.mul_add(d, *g));
            layer.d[r * WIDTHS[1]..][..WIDTHS[1]].iter_mut().zip(head).for_each(|(x, w)| *x = d * w);
        }
        bias[0] = sum;
        for l in (0..self.layers.len()).rev() {
            let (before, rest) = self.layers.split_at_mut(l);
            let layer = &mut rest[0];
            let (i, w) = (layer.input, layer.width);
            let parameters = &self.values[layer.weight..];
            let (weights, others) = self.gradients[layer.weight..].split_at_mut(i * w);
            backward(layer, &parameters[i * w..][..3 * w], &mut others[..3 * w]);
            let input = before.last().map_or(&self.x[..], |b| &b.out[..]);
            product(Extents { m: i, n: w, k: BATCH }, matrix(input, 1, i), matrix(&layer.d, w, 1), weights);
            if let Some(b) = before.last_mut() {
                let turned = matrix(parameters, 1, w);
                product(Extents { m: BATCH, n: i, k: w }, matrix(&layer.d, w, 1), turned, &mut b.d);
            }
        }
        let (m, v) = (self.first.iter_mut(), self.second.iter_mut());
        for (((p, g), m), v) in self.values.iter_mut().zip(&*self.gradients).zip(m).zip(v) {
            *m = (g - *m).mul_add(0.1, *m);
            *v = (g * g - *v).mul_add(0.01, *v);
            *p = *p * (1.0 - 0.01 * RATE) - RATE * *m / (v.sqrt() + 1e-6);
        }
        loss / BATCH as f32
    }
}

/// Bias, LayerNorm and GELU of each row.
#[inline(always)]
fn forward(layer: &mut Layer, parameters: &[f32]) {
    let w = layer.width;
    let (bias, rest) = parameters.split_at(w);
    let (scale, shift) = rest.split_at(w);
    for r in 0..BATCH {
        let at = r * w..(r + 1) * w;
        let (z, normal) = (&mut layer.z[at.clone()], &mut layer.normal[at.clone()]);
        let (y, out) = (&mut layer.y[at.clone()], &mut layer.out[at]);
        z.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        let mean = sum(z, |x| x) / w as f32;
        let variance = sum(z, |x| (x - mean) * (x - mean)) / w as f32;
        let deviation = 1.0 / (variance + 1e-5).sqrt();
        layer.deviation[r] = deviation;
        for c in 0..w {
            normal[c] = (z[c] - mean) * deviation;
            y[c] = normal[c].mul_add(scale[c], shift[c]);
            out[c] = y[c] * 0.5 * (1.0 + erf(y[c] * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

/// From the derivative of the output to that of `z`, in place; those of bias, scale and shift.
#[inline(always)]
fn backward(layer: &mut Layer, parameters: &[f32], gradients: &mut [f32]) {
    let w = layer.width;
    let scale = &parameters[w..2 * w];
    gradients.fill(0.0);
    let (of_bias, rest) = gradients.split_at_mut(w);
    let (of_scale, of_shift) = rest.split_at_mut(w);
    let mut inner = [0f32; 128];
    for r in 0..BATCH {
        let at = r * w..(r + 1) * w;
        let (d, normal, y) = (&mut layer.d[at.clone()], &layer.normal[at.clone()], &layer.y[at]);
        for c in 0..w {
            let density = exp(-0.5 * y[c] * y[c]) * 0.398_942_3;
            let below = 0.5 * (1.0 + erf(y[c] * std::f32::consts::FRAC_1_SQRT_2));
            let dy = d[c] * y[c].mul_add(density, below);
            of_scale[c] = dy.mul_add(normal[c], of_scale[c]);
            of_shift[c] += dy;
            d[c] = dy * scale[c];
            inner[c] = d[c] * normal[c];
        }
        let mean = sum(d, |x| x) / w as f32;
        let along = sum(&inner[..w], |x| x) / w as f32;
        for c in 0..w {
            d[c] = layer.deviation[r] * (d[c] - mean - normal[c] * along);
            of_bias[c] += d[c];
        }
    }
}

#[inline(always)]
fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for chunk in chunks {
        (0..16).for_each(|k| lanes[k] += f(chunk[k]));
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|&x| f(x)).sum::<f32>()
}

/// After Cephes; good for -87 to 88.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.7);
    const MAGIC: f32 = 12_582_912.0;
    let t = x.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let n = t - MAGIC;
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    let p = [1.398_2e-3, 8.333_452e-3, 4.166_58e-2, 1.666_666_5e-1, 0.5];
    let p = p.into_iter().fold(1.987_569_2e-4f32, |p, c| p.mul_add(r, c));
    let y = p.mul_add(r * r, r + 1.0);
    y * f32::from_bits((t.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// After N. Juffa.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let t = x.abs().min(4.0);
    let far = [3.831_971_3e-4, -3.883_964_4e-3, 2.425_462_2e-2, -1.067_778_8e-1, -6.348_467e-1, -1.287_175_1e-1];
    let far = far.into_iter().fold(-1.728_534_7e-5f32, |p, c| p.mul_add(t, c));
    let far = (1.0 - exp(far.mul_add(t, -t))).copysign(x);
    let near = [4.991_194_2e-3, -2.676_813_5e-2, 1.128_199_2e-1, -3.761_253_4e-1, 1.283_791_7e-1];
    let near = near.into_iter().fold(-5.967_617e-4f32, |p, c| p.mul_add(x * x, c)).mul_add(x, x);
    if x.abs() > 0.927_734_4 { far } else { near }
}
