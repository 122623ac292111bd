//! Numbers that look random and are the same for the same seed (SplitMix64): one seed is one simulation.

/// The numbers of one seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Returns the numbers of a seed.
    pub fn of(seed: u64) -> Random {
        Random(seed)
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let number = self.number();
        usize::try_from(number % (bound.max(1) as u64)).unwrap_or(0)
    }

    /// Returns true in so many cases of a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// Returns one of several.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_on_every_machine() {
        let mut random = Random::of(7);
        assert_eq!([random.number(), random.number()], [7_191_089_600_892_374_487, 309_689_372_594_955_804]);
        assert!((0..1000).all(|_| random.below(3) < 3));
    }
}
