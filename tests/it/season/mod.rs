//! A season of many cases, day by day: what is mailed equals the published schedule, which is worked out here a second
//! time and in another way (see [`model`]).
//!
//! The short forms run always. `cargo season` runs the long ones.

mod killed;
pub(crate) mod model;
mod played;

/// Draws numbers: the same ones in every run (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below the limit.
    fn below(&mut self, limit: i64) -> i64 {
        i64::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// True so many times of a hundred.
    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }
}
