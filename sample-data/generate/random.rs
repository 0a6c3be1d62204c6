//! A small seeded random source (splitmix64), so that the sample is the same bytes on every machine.
//! It uses nothing from the platform's mathematics library, whose last digits differ between systems.

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number in [low, high].
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.bits() % (high - low + 1) as u64) as i64
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[(self.bits() % items.len() as u64) as usize]
    }

    /// One of the items, each as likely as its weight says.
    pub fn weighted<T: Copy>(&mut self, items: &[(T, f64)]) -> T {
        let total: f64 = items.iter().map(|(_, weight)| weight).sum();
        let mut left = self.uniform() * total;
        for (item, weight) in items {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        items[items.len() - 1].0
    }

    pub fn shuffled<T: Copy>(&mut self, items: &[T]) -> Vec<T> {
        let mut out = items.to_vec();
        for last in (1..out.len()).rev() {
            out.swap(last, self.between(0, last as i64) as usize);
        }
        out
    }

    /// Seconds from a log-normal distribution: `spread` is the standard deviation of the logarithm.
    pub fn log_normal(&mut self, median_s: i64, spread: f64) -> i64 {
        let normal: f64 = (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0;
        (median_s as f64 * exponential(spread * normal)) as i64
    }

    pub fn hex(&mut self, digits: usize) -> String {
        format!("{:016x}", self.bits())[..digits].to_string()
    }
}

/// e^x as (1 + x / 4096)^4096: exact arithmetic only, close enough for invented durations.
fn exponential(x: f64) -> f64 {
    let mut power = 1.0 + x / 4096.0;
    for _ in 0..12 {
        power *= power;
    }
    power
}
