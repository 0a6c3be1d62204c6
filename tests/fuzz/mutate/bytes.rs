//! Bytes that are flipped, cut, spliced and repeated, whatever they mean.

use crate::random::Random;

/// Pieces that mean something in one format or another.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\r",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"'",
    b",",
    b";",
    b"\t",
    b"|",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"null",
    b"\\u",
    b"\\ud800",
    b"PAR1",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"---\n",
    b"&a *a",
    b"apiVersion:",
    b"\xc3",
    b"\xe2\x82",
    b"\n\n\n",
    b"-",
    b"9999999999999999999999",
];

/// Changes one to eight places.
pub fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let (start, end) = span(bytes, random);
        match random.below(7) {
            0 if !bytes.is_empty() => bytes[start.min(end - 1)] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[start.min(end - 1)] = random.next() as u8,
            2 => bytes.truncate(start),
            3 => drop(bytes.drain(start..end)),
            4 => drop(bytes.splice(start..start, random.pick(PIECES).iter().copied())),
            5 => {
                let (from, to) = span(other, random);
                bytes.splice(start..end, other[from..to].iter().copied());
            }
            _ => {
                let times = 1 + random.below(20);
                let repeated = bytes[start..end].repeat(times);
                bytes.splice(end..end, repeated);
            }
        }
        bytes.truncate(super::LONGEST);
    }
}

/// Some stretch, mostly short; its end is behind its start unless there are no bytes.
fn span(bytes: &[u8], random: &mut Random) -> (usize, usize) {
    let start = random.below(bytes.len());
    let longest = if random.once_in(4) { bytes.len() - start } else { (bytes.len() - start).min(16) };
    (start, (start + 1 + random.below(longest)).min(bytes.len()))
}
