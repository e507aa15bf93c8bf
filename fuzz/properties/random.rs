//! Pseudo-random inputs for the properties, the same in every run.

/// A generator of numbers: xorshift64*, Marsaglia 2003 and Vigna 2016.
pub struct Random(u64);

impl Random {
    /// The numbers that belong to this seed, which is not zero.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }

    /// Bytes without any order.
    #[allow(dead_code, reason = "not every property needs it")]
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    /// Words such as structures hold: nothing, little, pointers near `base`, text, anything.
    #[allow(dead_code, reason = "not every property needs it")]
    pub fn words(&mut self, count: usize, base: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            let word = match self.below(8) {
                0 => 0,
                1 => self.next() % 64,
                2 => (self.next() % 64) | ((self.next() % 64) << 32),
                3 => u64::from(self.next() as u8).wrapping_neg(),
                4 | 5 => base + self.next() % 512,
                6 => self.next() & 0x7f7f_7f7f_7f7f_7f7f,
                _ => self.next(),
            };
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}
