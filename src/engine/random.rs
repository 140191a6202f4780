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

/// 32 random bits for element `index`: two keyed rounds of the `lowbias32` permutation (Wellons 2018).
/// Only 32-bit operations, so that it runs in vector lanes.
#[inline(always)]
pub fn bits(words: [u32; 2], index: u32) -> u32 {
    lowbias32(lowbias32(index ^ words[0]) ^ words[1])
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
