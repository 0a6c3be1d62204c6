//! Which bytes of sixty-four are a given one, as bits of a number: the alphabet in which `survey` and `fields` look at
//! text.
//!
//! Whoever looks at a whole text asks once what the processor can do (`fearless_simd::dispatch`), and everything in that
//! loop is compiled for it: the functions here are always inlined.

use fearless_simd::prelude::*;
use fearless_simd::u8x64;

/// A bit for every byte of the chunk, the lowest for the first: whether it equals `byte`.
#[inline(always)]
pub(super) fn equal<S: Simd>(simd: S, chunk: &[u8; 64], byte: u8) -> u64 {
    u8x64::from_slice(simd, chunk).simd_eq(u8x64::splat(simd, byte)).to_bitmask()
}

/// For every bit whether the number of bits up to it, itself counted, is odd.
#[inline(always)]
pub(super) fn is_odd(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;

    #[test]
    fn a_bit_is_set_where_the_byte_is_the_wanted_one() {
        let mut chunk = [b'x'; 64];
        for place in [0, 1, 7, 8, 15, 16, 31, 33, 62, 63] {
            chunk[place] = b'"';
        }
        chunk[40] = b'"' ^ 0x80;
        let expected = chunk.iter().enumerate().map(|(place, byte)| u64::from(*byte == b'"') << place).sum::<u64>();
        for level in [Level::new(), Level::baseline()] {
            dispatch!(level, simd => {
                assert_eq!(equal(simd, &chunk, b'"'), expected);
                assert_eq!(equal(simd, &chunk, 0), 0);
                assert_eq!(equal(simd, &[0; 64], 0), u64::MAX);
            });
        }
    }

    #[test]
    fn odd_places_begin_at_a_bit_and_end_before_the_next() {
        assert_eq!(is_odd(0b0001_0010), 0b0000_1110);
        assert_eq!(is_odd(1), u64::MAX);
        assert_eq!(is_odd(0), 0);
    }
}
