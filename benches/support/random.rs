//! Chance that is the same on every machine and with every version of every crate: the mails are
//! a function of the seed alone, so figures of different days speak of the same mails.

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Random(u64);

impl Random {
    /// Starts a sequence.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A sequence of its own for `part`, whatever other parts draw.
    pub fn part(seed: u64, part: u64) -> Random {
        let mut random = Random(seed ^ part.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// From `low` to `high`, both possible.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Log-normal with this median; `sigma` is the deviation of its logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        median * (sigma * normal).exp()
    }

    /// Bytes without any pattern, as a compressed file has them.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(n + 8);
        while out.len() < n {
            out.extend_from_slice(&self.next().to_le_bytes());
        }
        out.truncate(n);
        out
    }
}

/// Draws indexes as words occur in text: Zipf with Mandelbrot's shift, by Walker's alias table.
pub struct Zipf {
    keep: Vec<f64>,
    other: Vec<u32>,
}

impl Zipf {
    /// Over `n` indexes, the first the most frequent.
    pub fn new(n: usize, exponent: f64, shift: f64) -> Zipf {
        let weights: Vec<f64> = (0..n).map(|rank| (rank as f64 + 1.0 + shift).powf(-exponent)).collect();
        let sum: f64 = weights.iter().sum();
        let mut keep: Vec<f64> = weights.iter().map(|w| w * n as f64 / sum).collect();
        let mut other: Vec<u32> = (0..n as u32).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| keep[*i] < 1.0);
        while let (Some(s), Some(l)) = (small.pop(), large.pop()) {
            other[s] = l as u32;
            keep[l] -= 1.0 - keep[s];
            if keep[l] < 1.0 { small.push(l) } else { large.push(l) }
        }
        for rest in small.into_iter().chain(large) {
            keep[rest] = 1.0;
        }
        Zipf { keep, other }
    }

    /// The next index.
    pub fn draw(&self, random: &mut Random) -> usize {
        let at = random.below(self.keep.len());
        if random.unit() < self.keep[at] { at } else { self.other[at] as usize }
    }
}
