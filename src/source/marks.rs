//! Which bytes of sixty-four are a given one, as bits of a number: the alphabet in which `survey` looks at text.

/// A bit for every byte of the chunk, the lowest for the first: whether it equals `byte`.
///
/// Every byte that equals becomes the power of two of its place among eight; the compiler does so for many at once.
/// One multiplication then adds the eight up.
#[inline]
pub(super) fn equal(chunk: &[u8; 64], byte: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut weights = [0u8; 64];
    for (place, weight) in weights.iter_mut().enumerate() {
        *weight = if chunk[place] == byte { 1 << (place % 8) } else { 0 };
    }
    let (words, _) = weights.as_chunks::<8>();
    let sums = words.iter().map(|word| u64::from_le_bytes(*word).wrapping_mul(ONES) >> 56);
    sums.enumerate().fold(0, |bits, (place, sum)| bits | (sum << (place * 8)))
}

/// For every bit whether the number of bits up to it, itself counted, is odd.
#[inline]
pub(super) fn is_odd(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_set_where_the_byte_is_the_wanted_one() {
        let mut chunk = [b'x'; 64];
        for place in [0, 1, 7, 8, 15, 16, 31, 33, 62, 63] {
            chunk[place] = b'"';
        }
        chunk[40] = b'"' ^ 0x80;
        let expected = chunk.iter().enumerate().map(|(place, byte)| u64::from(*byte == b'"') << place).sum::<u64>();
        assert_eq!(equal(&chunk, b'"'), expected);
        assert_eq!(equal(&chunk, 0), 0);
        assert_eq!(equal(&[0; 64], 0), u64::MAX);
    }

    #[test]
    fn odd_places_begin_at_a_bit_and_end_before_the_next() {
        assert_eq!(is_odd(0b0001_0010), 0b0000_1110);
        assert_eq!(is_odd(1), u64::MAX);
        assert_eq!(is_odd(0), 0);
    }
}
