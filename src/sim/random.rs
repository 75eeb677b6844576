//! Seeded random numbers. Every consumer derives a stream of its own, so that one more pod shifts nobody's draws.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};

/// A reproducible stream of random numbers (PCG32: the same on 32 and 64 bit machines).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random(Pcg32);

impl Random {
    /// The stream named `stream` of the world with this `seed`.
    pub fn derive(seed: u64, stream: &str) -> Self {
        // FNV-1a: stable across versions and platforms, unlike the standard library's hashers.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in stream.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(Pcg32::seed_from_u64(hash))
    }

    /// The next number, uniform over all 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number in `0..bound`, uniform to within 2⁻³²; zero when `bound` is zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        let wide = u64::from(self.next_u32()) * u64::from(bound);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number in `low..=high`; `low` when the range is empty.
    pub fn between_ms(&mut self, low: u64, high: u64) -> u64 {
        let span = u32::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(u32::MAX);
        low + u64::from(self.below(span))
    }
}
