//! Counter-based randomness: a draw is a function of key, stream and index, so that any step can be repeated.

/// What a run of a program draws with; one for each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub u64);

impl Key {
    /// The key of a part: of a training (by its name's hash), then of a step (by its number), and so on.
    pub fn derive(self, part: u64) -> Key {
        Key(mix64(self.0 ^ mix64(part.wrapping_add(0x9E37_79B9_7F4A_7C15))))
    }

    /// The key of a part that has a name.
    pub fn named(self, name: &str) -> Key {
        self.derive(hash_name(name))
    }

    /// The two words that [`bits`] takes.
    pub fn words(self, stream: u64) -> [u32; 2] {
        let k = self.derive(stream).0;
        [k as u32, (k >> 32) as u32]
    }
}

/// FNV-1a, finished by [`mix64`]: stable across versions, since saved runs depend on it.
pub fn hash_name(name: &str) -> u64 {
    mix64(name.bytes().fold(0xCBF2_9CE4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3)))
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
pub fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// 32 random bits for element `index`.
#[inline(always)]
pub fn bits(words: [u32; 2], index: u32) -> u32 {
    hash(words, index)
}

/// As [`bits`] for draws that are only compared, as dropout's are; the lowest 8 are 0. Two neighbours share a hash, which
/// gives the upper 16 bits of each; the next 8, which are seldom asked for, come from a hash of the element's own.
#[inline(always)]
pub fn lot_bits(words: [u32; 2], index: u32) -> u32 {
    let both = hash(words, index >> 1);
    let upper = both >> (16 * (index & 1)) & 0xFFFF;
    upper << 16 | hash(lower_words(words), index) >> 24 << 8
}

/// The words that the lower bits of [`lot_bits`] are hashed with.
pub fn lower_words(words: [u32; 2]) -> [u32; 2] {
    [words[1] ^ 0x7F4A_7C15, words[0] ^ 0xC2B2_AE35]
}

/// Two keyed rounds of the `lowbias32` permutation (Wellons 2018). Only 32-bit operations, so that it runs in vector lanes.
#[inline(always)]
fn hash(words: [u32; 2], counter: u32) -> u32 {
    lowbias32(lowbias32(counter ^ words[0]) ^ words[1])
}

#[inline(always)]
fn lowbias32(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x21F0_AAAD);
    x ^= x >> 15;
    x = x.wrapping_mul(0xD35A_2D97);
    x ^ (x >> 15)
}

/// A number in `0..1`, 1 excluded, on a grid of 2^-24: exact in `f32`.
#[inline(always)]
pub fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A draw from the standard normal distribution for element `index`, from two independent draws from `0..1` (Box, Muller 1958).
/// At most 5.8 in size. Rounded to `f32` for programs in `f32`.
#[inline]
pub fn normal(words: [u32; 2], index: u32) -> f64 {
    let second = [words[0] ^ 0x9E37_79B9, words[1] ^ 0x85EB_CA6B];
    let radius = (-2.0 * (1.0 - f64::from(unit(bits(words, index)))).ln()).sqrt();
    let angle = std::f64::consts::TAU * f64::from(unit(bits(second, index)));
    radius * angle.cos()
}

/// A sequence of draws from one key, for work outside the graph: shuffles, splits, bootstraps.
#[derive(Debug, Clone)]
pub struct Generator {
    state: u64,
}

impl Generator {
    pub fn new(key: Key) -> Self {
        Generator { state: key.0 }
    }

    /// SplitMix64.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix64(self.state)
    }

    /// A number in `0..1`, 1 excluded, on a grid of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// A whole number below `n`, unbiased (Lemire 2019). `n` must be positive.
    pub fn below(&mut self, n: u64) -> u64 {
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            // The remainder, which takes a division, is below `n`.
            if (product as u64) >= n || (product as u64) >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }

    /// Shuffles in place (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: u32 = 1 << 20;

    /// How far the correlation of two sequences of draws is from 0, in standard errors.
    fn correlation(a: impl Fn(u32) -> u32, b: impl Fn(u32) -> u32) -> f64 {
        let centred = |bits: u32| f64::from(unit(bits)) - 0.5;
        let sum: f64 = (0..COUNT).map(|i| centred(a(i)) * centred(b(i))).sum();
        sum * 12.0 / f64::from(COUNT).sqrt()
    }

    #[test]
    fn all_bytes_are_as_likely() {
        let words = Key(3).words(1);
        for (draw, shift) in
            [(bits as fn([u32; 2], u32) -> u32, 0), (bits, 24), (lot_bits, 8), (lot_bits, 16), (lot_bits, 24)]
        {
            let mut counts = [0u32; 256];
            (0..COUNT).for_each(|i| counts[(draw(words, i) >> shift & 0xFF) as usize] += 1);
            let expected = f64::from(COUNT) / 256.0;
            let chi: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
            // 255 degrees of freedom: the mean is 255, the deviation 22.6.
            assert!((chi - 255.0).abs() < 5.0 * 22.6, "from bit {shift}: {chi}");
        }
    }

    #[test]
    fn neighbours_streams_and_steps_do_not_go_together() {
        let words = Key(5).words(1);
        for draw in [bits as fn([u32; 2], u32) -> u32, lot_bits] {
            for lag in [1, 2, 3, 16, 32, 64, 1000] {
                let z = correlation(|i| draw(words, i), |i| draw(words, i + lag));
                assert!(z.abs() < 5.0, "lag {lag}: {z}");
            }
            for other in [Key(5).words(2), Key(6).words(1), Key(5).derive(1).words(1)] {
                let z = correlation(|i| draw(words, i), |i| draw(other, i));
                assert!(z.abs() < 5.0, "{z}");
            }
        }
        // Lower bits and upper ones, and pairs that share a hash.
        let z = correlation(|i| lot_bits(words, i) << 16, |i| lot_bits(words, i));
        assert!(z.abs() < 5.0, "{z}");
        let z = correlation(|i| lot_bits(words, 2 * i), |i| lot_bits(words, 2 * i + 1));
        assert!(z.abs() < 5.0, "{z}");
    }
}
